"""Signing in and out, and the public form for a forgotten password."""

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from dazos_tui.demo.render import html_response
from dazos_tui.demo.request_context import RequestContext, redirect

LOGIN = "index.php?module=Users&parent=Settings&view=Login"
AFTER_SIGN_IN = "index.php?module=Users&parent=Settings&view=SystemSetup"
CODE_PAGE = "index.php?module=Users&parent=Settings&view=OneTimeCode"

FURTHER_FIELDS = {"letters": "K7M2", "company": "2", "terms": "agreed", "login": "Sign in"}
"""What a browser sends besides where the sign-in form has more fields; the letters are for a person."""

_WARNING = (
    "<br />\n<b>Warning</b>:  Cannot modify header information - headers already sent by (output started at "
    "/srv/crm/config.inc.php:1) in <b>/srv/crm/modules/Users/actions/Login.php</b> on line <b>52</b><br />\n"
)
_ERRORS = {
    "login": "Invalid credentials",
    "fpError": "Invalid Username or Email address",
    "statusError": "Outgoing mail server is not configured",
}


def login_page(call: RequestContext) -> Response:
    """Show the login page with its two forms."""
    mailed = call.params.get("mailStatus") == "success"
    return html_response(
        "login.html",
        shape=call.instance.shape,
        token=call.token,
        error=_ERRORS.get(call.params.get("error", ""), ""),
        notice="Mail was sent to your email. Follow the instructions in it." if mailed else "",
    )


def sign_in(call: RequestContext) -> Response:
    """Sign in; whatever is wrong, the answer is the same. Some instances ask for a one-time code first."""
    answer, shape = _has_valid_token(call), call.instance.shape
    if shape.sign_in_answer == "headers already sent":
        return HTMLResponse(_WARNING)
    if shape.sign_in_answer == "refresh":
        target = answer.headers["location"].replace("&", "&amp;")
        return HTMLResponse(f'<meta http-equiv="refresh" content="0;url={target}">')
    return answer


def _has_valid_token(call: RequestContext) -> Response:
    shape, password = call.instance.shape, call.params.get("password", "")
    if shape.asks_at_sign_in and any(
        call.params.get(name) != value for name, value in FURTHER_FIELDS.items()
    ):
        password = ""
    person = call.instance.accounts.sign_in(call.params.get("username", ""), password, call.now)
    if person is None:
        return redirect(f"{LOGIN}&error=login")
    if call.instance.one_time_code is None:
        return complete_sign_in(call, person)
    call.session.awaits_code_of, call.session.wrong_codes = person.id, 0
    if call.instance.shape.code_asked == "on every page":
        call.instance.sessions.regenerate(call.session)
        return redirect(AFTER_SIGN_IN)
    return redirect(CODE_PAGE)


def complete_sign_in(call: RequestContext, person: Person) -> Response:
    """Complete a good sign-in: the session gets a new id, the login history a row."""
    if call.instance.shape.sign_in_answer != "headers already sent":
        call.instance.sessions.regenerate(call.session)
    call.session.person_id = person.id
    call.session.history_row = call.instance.accounts.record_sign_in(person, call.ip, call.now)
    return redirect(AFTER_SIGN_IN)


def sign_out(call: RequestContext) -> Response:
    """Sign out: the session is gone, the visitor gets a new one."""
    call.instance.accounts.record_sign_out(call.session.history_row, call.now)
    call.instance.sessions.end(call.session)
    call.session = call.instance.sessions.start(call.now)
    return redirect("index.php")


def forgot_password(instance: DemoInstance, params: dict[str, str]) -> Response:
    """Mail a link to whoever knows a user name and its address: stock vtiger's way, inactive users too."""
    person = instance.accounts.find(params.get("username", ""))
    email = params.get("emailId", "").strip().casefold()
    if person is None or not email or person.email1.casefold() != email:
        return redirect(f"{LOGIN}&error=fpError")
    if not instance.shape.can_compare(person.user_name, person.email1):
        return redirect(f"{LOGIN}&error=fpError")
    if not instance.shape.mail_server_works:
        return redirect(f"{LOGIN}&error=statusError")
    instance.mail_reset_link(person)
    return redirect(f"{LOGIN}&mailStatus=success")
