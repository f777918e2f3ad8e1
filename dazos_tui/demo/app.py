"""The web application: a folder per instance, and one outbox for all of them."""

import json
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dazos_tui.demo import routing
from dazos_tui.demo.drop import DROPPED
from dazos_tui.demo.fault_responses import fault_response, inject_faults
from dazos_tui.demo.instance import DemoInstance, RequestRecord, World
from dazos_tui.demo.pages import login, reset_form
from dazos_tui.demo.render import html_response
from dazos_tui.demo.request_context import RequestContext
from dazos_tui.demo.sessions import COOKIE
from dazos_tui.demo.webservice import service
from dazos_tui.demo.webservice.service import ApiCall


def make_app(world: World) -> ASGIApp:
    """Return the application that serves this world."""
    routes = [
        Route("/", _start_page),
        Route("/outbox", _outbox),
        Route("/{instance}", _folder),
        Route("/{instance}/", _index, methods=["GET", "POST"]),
        Route("/{instance}/index.php", _index, methods=["GET", "POST"]),
        Route("/{instance}/forgotPassword.php", _forgot_password, methods=["POST"]),
        Route("/{instance}/shorturl.php", _short_url, methods=["GET", "POST"]),
        Route("/{instance}/api/users/reset", _script_action, methods=["POST"]),
        Route("/{instance}/webservice.php", _webservice, methods=["GET", "POST"]),
    ]
    app = Starlette(routes=routes)
    app.state.world = world
    return RequestLogger(app, world)


class RequestLogger:
    """Redirects visitors to the canonical host, and keeps each instance's log of requests."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. It is in the log before its last byte leaves."""
        seen = {"status": 0, "bytes": 0}

        async def watch(message: Message) -> None:
            if message["type"] == DROPPED:
                self._log(scope, 0, 0)
                scope["state"]["transport"].abort()
                return
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                date = formatdate(self._world.clock(), usegmt=True).encode("ascii")
                message = {**message, "headers": [*message.get("headers", []), (b"date", date)]}
            elif message["type"] == "http.response.body":
                seen["bytes"] += len(message.get("body", b""))
                if not message.get("more_body"):
                    self._log(scope, seen["status"], seen["bytes"])
            await send(message)

        await self._app_for(scope)(scope, receive, watch)

    def _app_for(self, scope: Scope) -> ASGIApp:
        """Return the application, or a 301 to the canonical URL if the server was reached by another name."""
        base = self._world.base_url
        if Headers(scope=scope).get("host", "") == base.removeprefix("http://"):
            return self._app
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse(f"{base}{scope['path']}{'?' if query else ''}{query}", 301)

    def _log(self, scope: Scope, status: int, body_bytes: int) -> None:
        path: str = scope["path"]
        instance = self._world.instances.get(path.strip("/").partition("/")[0])
        if instance is not None:
            query = scope["query_string"].decode("latin-1")
            now = self._world.clock()
            instance.requests.append(RequestRecord(now, scope["method"], path, query, status, body_bytes))


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _instance(request: Request) -> DemoInstance:
    instance = _world(request).instances.get(request.path_params["instance"])
    if instance is None:
        raise HTTPException(404)
    return instance


async def _parameters(request: Request) -> dict[str, str]:
    """Return the parameters of query and urlencoded body; the body wins, as in PHP's ``$_REQUEST``."""
    return {**dict(request.query_params), **await _form_values(request)}


async def _form_values(request: Request) -> dict[str, str]:
    """Return the parameters of a urlencoded body, as in PHP's ``$_POST``."""
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))


async def _index(request: Request) -> Response:
    instance = _instance(request)
    context = _context(request, instance, await _parameters(request))
    return await routing.serve(context, request.cookies.get(COOKIE, ""))


def _context(request: Request, instance: DemoInstance, params: dict[str, str]) -> RequestContext:
    """Return the context of a request, with its session or a new one."""
    sessions, now = instance.sessions, instance.clock()
    session = sessions.find(request.cookies.get(COOKIE, ""), now) or sessions.start(now)
    ip = request.client.host if request.client else "127.0.0.1"
    return RequestContext(instance, session, request.method, params, request.headers, ip)


async def _script_action(request: Request) -> Response:
    """Serve the address that some items' scripts post JSON to."""
    instance = _instance(request)
    address = request.url.path.removeprefix(f"/{instance.name}/")
    item = next(
        (one for one in instance.preset.actions if one.request and one.request.address == address), None
    )
    if item is None or item.request is None:
        raise HTTPException(404)
    body = await _json_object(request)
    if not item.request.accepts(body):
        raise HTTPException(422)
    context = _context(request, instance, {"record": str(body[item.request.record_field])})
    return await routing.serve_script_action(context, request.cookies.get(COOKIE, ""), item)


async def _json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body; with any other body, the answer is HTTP 415 or 400."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise HTTPException(400) from None
    if not isinstance(body, dict):
        raise HTTPException(400)
    return body


async def _folder(request: Request) -> Response:
    return RedirectResponse(_instance(request).url, 301)


async def _forgot_password(request: Request) -> Response:
    instance = _instance(request)
    if not instance.preset.forgot_password_works:
        raise HTTPException(404)
    params = await _parameters(request)
    fault = await inject_faults(instance, "forgot-password")
    return fault_response(fault, lambda: login.forgot_password(instance, params))


async def _short_url(request: Request) -> Response:
    serve = reset_form.submit_form if request.method == "POST" else reset_form.show_form
    return serve(_instance(request), await _parameters(request))


async def _webservice(request: Request) -> Response:
    call = ApiCall(_instance(request), dict(request.query_params), await _form_values(request))
    return await service.serve(call)


async def _start_page(request: Request) -> Response:
    return html_response("welcome.html", instances=list(_world(request).instances.values()))


async def _outbox(request: Request) -> Response:
    """Show every mail: as JSON to programs (oldest first), as a page to people (newest first)."""
    mails = _world(request).mails
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse([mail.as_dict() for mail in mails])
    return html_response("outbox.html", mails=mails[::-1])
