"""A request to an instance as its pages and actions see it, and the responses that they share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from dazos_tui.demo.faults import FaultPlace
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from dazos_tui.demo.sessions import DemoSession


@dataclass
class RequestContext:
    """A request with its parameters (a posted one wins over the query, as in PHP) and its session."""

    instance: DemoInstance
    session: DemoSession
    method: str
    params: dict[str, str]
    headers: Mapping[str, str]
    ip: str

    @property
    def now(self) -> float:
        """The current time in seconds since the epoch."""
        return self.instance.clock()

    @property
    def is_post(self) -> bool:
        """Whether this is a POST."""
        return self.method == "POST"

    @property
    def is_ajax(self) -> bool:
        """Whether a script sent this."""
        return self.headers.get("x-requested-with") == "XMLHttpRequest"

    @property
    def is_pjax(self) -> bool:
        """Whether only a fragment of the page is requested."""
        return self.is_ajax and self.headers.get("x-pjax") == "true"

    @property
    def user(self) -> Person | None:
        """The signed-in user, if any."""
        return self.instance.population.by_id.get(self.session.person_id or 0)

    @property
    def token(self) -> str:
        """A fresh CSRF token for this session."""
        return self.session.token(self.now)

    @property
    def is_cross_site(self) -> bool:
        """Whether the request says that it comes from a page of another site."""
        referer = self.headers.get("referer", "")
        return bool(referer) and not referer.startswith(self.instance.url)

    def record(self) -> Person | None:
        """The person whose record id the request names, if any."""
        text = self.params.get("record", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0
        return self.instance.population.by_id.get(number)


def fault_place_of(params: dict[str, str]) -> FaultPlace:
    """Return the part of the protocol that a request with these parameters belongs to."""
    action = params.get("action")
    if action:
        places: dict[str, FaultPlace] = {
            "Login": "sign-in",
            "OneTimeCode": "one-time-code",
            "Logout": "sign-out",
        }
        return places.get(action, "action")
    views: dict[tuple[str, str], FaultPlace] = {
        ("", ""): "home",
        ("Home", "DashBoard"): "home",
        ("Users", "Login"): "login-page",
        ("Users", "OneTimeCode"): "one-time-code-page",
        ("Users", "List"): "list",
        ("Users", "Detail"): "profile",
        ("LoginHistory", "List"): "login-history",
    }
    return views.get((params.get("module", ""), params.get("view", "")), "other")


def envelope(content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return the response to an action: JSON with the content type ``text/json``."""
    media = "text/json; charset=UTF-8"
    return Response(json.dumps(content), status, headers, media)


def success(message: str) -> Response:
    """Return the response to an action that succeeded."""
    return envelope({"success": True, "result": {"message": message}})


def error(code: str, message: str | None = None) -> Response:
    """Return the response to an action that failed. Its status is 200 too."""
    return envelope(_error(code, message))


def login_required() -> Response:
    """Return the response to an anonymous action: a redirect to the login page that also has JSON."""
    return envelope(_error("Login is required"), 302, {"Location": "index.php"})


def _error(code: str, message: str | None = None) -> dict[str, Any]:
    return {"success": False, "error": {"code": code, "message": message or code, "title": None}}


def redirect(target: str) -> Response:
    """Return a redirect: a 302 with a relative target."""
    return RedirectResponse(target, 302)


def invalid_request() -> Response:
    """Return the response to a POST with a wrong CSRF token: HTTP 200 and two words of plain text."""
    return PlainTextResponse("Invalid request")
