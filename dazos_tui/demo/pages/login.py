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
"""The values of the further fields of a sign-in form. The letters are typed by a person."""

_WARNING = (
    "<br />\n<b>Warning</b>:  Cannot modify header information - headers already sent by (output started at "
    "/srv/crm/config.inc.php:1) in <b>/srv/crm/modules/Users/actions/Login.php</b> on line <b>52</b><br />\n"
)
_ERRORS = {
    "login": "Invalid credentials",
    "fpError": "Invalid Username or Email address",
    "statusError": "Outgoing mail server is not configured",
}


def login_page(context: RequestContext) -> Response:
    """Show the login page with its two forms."""
    mailed = context.params.get("mailStatus") == "success"
    return html_response(
        "login.html",
        preset=context.instance.preset,
        token=context.token,
        error=_ERRORS.get(context.params.get("error", ""), ""),
        notice="Mail was sent to your email. Follow the instructions in it." if mailed else "",
    )


def sign_in(context: RequestContext) -> Response:
    """Sign in. All failures get the same answer. Some instances ask for a one-time code first."""
    answer, preset = _has_valid_token(context), context.instance.preset
    if preset.sign_in_answer == "headers already sent":
        return HTMLResponse(_WARNING)
    if preset.sign_in_answer == "refresh":
        target = answer.headers["location"].replace("&", "&amp;")
        return HTMLResponse(f'<meta http-equiv="refresh" content="0;url={target}">')
    return answer


def _has_valid_token(context: RequestContext) -> Response:
    preset, password = context.instance.preset, context.params.get("password", "")
    if preset.asks_at_sign_in and any(
        context.params.get(name) != value for name, value in FURTHER_FIELDS.items()
    ):
        password = ""
    person = context.instance.accounts.sign_in(context.params.get("username", ""), password, context.now)
    if person is None:
        return redirect(f"{LOGIN}&error=login")
    if context.instance.one_time_code is None:
        return complete_sign_in(context, person)
    context.session.awaits_code_of, context.session.wrong_codes = person.id, 0
    if context.instance.preset.code_asked == "on every page":
        context.instance.sessions.regenerate(context.session)
        return redirect(AFTER_SIGN_IN)
    return redirect(CODE_PAGE)


def complete_sign_in(context: RequestContext, person: Person) -> Response:
    """Complete a successful sign-in: the session gets a new id, the login history a row."""
    if context.instance.preset.sign_in_answer != "headers already sent":
        context.instance.sessions.regenerate(context.session)
    context.session.person_id = person.id
    context.session.history_row = context.instance.accounts.record_sign_in(person, context.ip, context.now)
    return redirect(AFTER_SIGN_IN)


def sign_out(context: RequestContext) -> Response:
    """Sign out: end the session and start a new one for the visitor."""
    context.instance.accounts.record_sign_out(context.session.history_row, context.now)
    context.instance.sessions.end(context.session)
    context.session = context.instance.sessions.start(context.now)
    return redirect("index.php")


def forgot_password(instance: DemoInstance, params: dict[str, str]) -> Response:
    """Mail a link if user name and e-mail belong together. As in stock vtiger, inactive users get one too."""
    person = instance.accounts.find(params.get("username", ""))
    email = params.get("emailId", "").strip().casefold()
    if person is None or not email or person.email1.casefold() != email:
        return redirect(f"{LOGIN}&error=fpError")
    if not instance.preset.can_compare(person.user_name, person.email1):
        return redirect(f"{LOGIN}&error=fpError")
    if not instance.preset.mail_server_works:
        return redirect(f"{LOGIN}&error=statusError")
    instance.mail_reset_link(person)
    return redirect(f"{LOGIN}&mailStatus=success")
