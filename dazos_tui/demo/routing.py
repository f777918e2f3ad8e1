"""The front controller: what ``index.php`` does with a request, in the order of a vtiger 8.0 server."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import Response

from dazos_tui.demo import actions
from dazos_tui.demo.fault_responses import fault_response, inject_faults
from dazos_tui.demo.faults import FaultPlace
from dazos_tui.demo.pages import history, home, login, one_time_code, profile, setup, users
from dazos_tui.demo.presets import DemoMenuItem
from dazos_tui.demo.render import message_page
from dazos_tui.demo.request_context import (
    RequestContext,
    error,
    fault_place_of,
    invalid_request,
    login_required,
    redirect,
)
from dazos_tui.demo.sessions import COOKIE

View = Callable[[RequestContext], Response]

_VIEWS: dict[tuple[str, str], View] = {
    ("", ""): home.dashboard,
    ("Home", "DashBoard"): home.dashboard,
    ("Users", "SystemSetup"): setup.system_setup,
    ("Users", "UserSetup"): setup.user_setup,
    ("Vtiger", "Index"): home.settings,
    ("Users", "Login"): home.already_signed_in,
    ("Users", "List"): users.user_list,
    ("Users", "ListAjax"): users.records_count,
    ("Users", "Detail"): profile.profile,
    ("Users", "Calendar"): profile.own_calendar,
    ("LoginHistory", "List"): history.login_history,
}


async def serve(context: RequestContext, cookie: str) -> Response:
    """Return the response to a request to ``index.php``. ``cookie`` is the session id that it has, if any."""
    return await _serve(context, cookie, fault_place_of(context.params), lambda: _dispatch(context))


async def serve_script_action(context: RequestContext, cookie: str, item: DemoMenuItem) -> Response:
    """Return the response to the request of an item's script to an address of its own.

    It is checked as `serve` checks an action, except that the CSRF token is in a header.
    """
    return await _serve(context, cookie, "action", lambda: _dispatch_script_action(context, item))


async def _serve(
    context: RequestContext, cookie: str, place: FaultPlace, work: Callable[[], Response]
) -> Response:
    async with context.session.lock:
        fault = await inject_faults(context.instance, place)
        _resolve_session(context)
        response = fault_response(fault, work)
    if context.session.id != cookie:
        _set_cookie(context, response)
    return response


def _set_cookie(context: RequestContext, response: Response) -> None:
    trap = context.instance.preset.cookie_trap
    response.set_cookie(
        COOKIE,
        context.session.id,
        path=f"/{context.instance.name}/",
        httponly=True,
        secure=trap == "secure",
        domain="crm.example.com" if trap == "other domain" else None,
        expires=datetime.fromtimestamp(context.now + 1800, UTC) if trap == "expires" else None,
    )


def _resolve_session(context: RequestContext) -> None:
    """Start a new session if the visitor's ended while the request waited for its turn."""
    sessions = context.instance.sessions
    if sessions.find(context.session.id, context.now) is not context.session:
        context.session = sessions.start(context.now)


def _dispatch(context: RequestContext) -> Response:
    """Check the CSRF token of a POST before anything else, then serve an action or a view."""
    if context.is_post and not context.session.accepts_token(context.params.get("__vtrftk", ""), context.now):
        return invalid_request()
    action = context.params.get("action", "")
    if action == "Logout":
        return login.sign_out(context)
    if action:
        return _action(context, action)
    return _view(context)


def _dispatch_script_action(context: RequestContext, item: DemoMenuItem) -> Response:
    token = context.headers.get("x-csrf-token", "")
    if not context.session.accepts_token(token, context.now):
        return invalid_request()
    if context.is_cross_site:
        return error("Illegal request")
    return login_required() if context.user is None else actions.run_script_action(context, item)


def _action(context: RequestContext, action: str) -> Response:
    """Serve an action. Method and origin are checked before the session is."""
    if not context.is_post:
        return error("Invalid request")
    if action == "Login":
        return login.sign_in(context)
    if context.is_cross_site:
        return error("Illegal request")
    if action == "OneTimeCode" and one_time_code.is_code_awaited(context):
        return one_time_code.check_code(context)
    if context.user is None:
        return login_required()
    save = setup.SAVES.get(action)
    return save(context) if save else actions.run_action(context)


def _view(context: RequestContext) -> Response:
    module, view = context.params.get("module", ""), context.params.get("view", "")
    if (module, view) == ("Users", "OneTimeCode") and one_time_code.is_code_awaited(context):
        return one_time_code.code_form(context)
    if one_time_code.guards_every_page(context):
        return redirect(login.CODE_PAGE)
    if context.user is None:
        at_login = (module, view) in {("", ""), ("Users", "Login")}
        return login.login_page(context) if at_login else redirect("index.php")
    serve_view = _VIEWS.get((module, view))
    return serve_view(context) if serve_view else message_page("This screen is not part of the demo.")
