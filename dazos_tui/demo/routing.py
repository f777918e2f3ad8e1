"""The front controller: what ``index.php`` does with a request, in the order a vtiger 8.0 server does it."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import Response

from dazos_tui.demo import actions
from dazos_tui.demo.fault_responses import fault_response, inject_faults
from dazos_tui.demo.pages import history, home, login, one_time_code, profile, setup, users
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


async def serve(call: RequestContext, cookie: str) -> Response:
    """Answer a request to ``index.php``; ``cookie`` is the session id the visitor sent, if any."""
    place = fault_place_of(call.params)
    async with call.session.lock:
        fault = await inject_faults(call.instance, place)
        _resolve_session(call)
        response = fault_response(fault, lambda: _dispatch(call))
    if call.session.id != cookie:
        _set_cookie(call, response)
    return response


def _set_cookie(call: RequestContext, response: Response) -> None:
    trap = call.instance.shape.cookie_trap
    response.set_cookie(
        COOKIE,
        call.session.id,
        path=f"/{call.instance.name}/",
        httponly=True,
        secure=trap == "secure",
        domain="crm.example.com" if trap == "other domain" else None,
        expires=datetime.fromtimestamp(call.now + 1800, UTC) if trap == "expires" else None,
    )


def _resolve_session(call: RequestContext) -> None:
    """Give the visitor a new session if theirs ended while the request waited its turn."""
    sessions = call.instance.sessions
    if sessions.find(call.session.id, call.now) is not call.session:
        call.session = sessions.start(call.now)


def _dispatch(call: RequestContext) -> Response:
    """Check the CSRF token of a POST before anything else, then serve an action or a view."""
    if call.is_post and not call.session.accepts_token(call.params.get("__vtrftk", ""), call.now):
        return invalid_request()
    action = call.params.get("action", "")
    if action == "Logout":
        return login.sign_out(call)
    if action:
        return _action(call, action)
    return _view(call)


def _action(call: RequestContext, action: str) -> Response:
    """Serve an action: method and origin are checked before anybody asks who is signed in."""
    if not call.is_post:
        return error("Invalid request")
    if action == "Login":
        return login.sign_in(call)
    if call.is_cross_site:
        return error("Illegal request")
    if action == "OneTimeCode" and one_time_code.is_code_awaited(call):
        return one_time_code.check_code(call)
    if call.user is None:
        return login_required()
    save = setup.SAVES.get(action)
    return save(call) if save else actions.run_action(call)


def _view(call: RequestContext) -> Response:
    module, view = call.params.get("module", ""), call.params.get("view", "")
    if (module, view) == ("Users", "OneTimeCode") and one_time_code.is_code_awaited(call):
        return one_time_code.code_form(call)
    if one_time_code.guards_every_page(call):
        return redirect(login.CODE_PAGE)
    if call.user is None:
        at_login = (module, view) in {("", ""), ("Users", "Login")}
        return login.login_page(call) if at_login else redirect("index.php")
    serve_view = _VIEWS.get((module, view))
    return serve_view(call) if serve_view else message_page("This screen is not part of the demo.")
