"""The CRM's public form for a forgotten password: stock vtiger's own way to a reset link.

It needs no session, and is submitted without one.
"""

from http import HTTPStatus

from dazos_tui.crm.errors import ConnectionLostError, CrmError, UnclearAnswerError, UnexpectedPageError
from dazos_tui.crm.http.content import RequestContent
from dazos_tui.crm.http.request_trace import Preparation
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.http.session import HttpSession
from dazos_tui.crm.models import ActionResult, User
from dazos_tui.crm.pages.html import query_of
from dazos_tui.crm.pages.login import HtmlForm, parse_forgot_password_form

_SENT = ActionResult(
    success=True, message="The CRM's forgot-password form says that the mail with the link was sent."
)
_REFUSALS = {
    "statusError": ActionResult(
        success=False, message="The CRM could not send the mail: its own mail server failed."
    ),
    "fpError": ActionResult(
        success=False, message="The CRM's forgot-password form found nobody with this user name and e-mail."
    ),
}


async def submit_forgot_password_form(
    session: HttpSession, index: str, user: User, preparation: Preparation | None = None
) -> ActionResult:
    """Submit the form on the login page `index` for this user, once, in a session without cookies.

    It does not leave before the `preparation` is done.

    As seen on a vtiger 8.0 server, the answer is a redirect to the login page with `mailStatus=success`,
    `error=statusError` or `error=fpError`. Raises UnreachableError, WrongHostError, UnexpectedPageError:
    nothing was submitted. Raises ConnectionLostError, UnclearAnswerError: the mail may have been sent.
    """
    form, address = await _fetch_form(session, index)
    fields = {**form.hidden_fields, "username": user.exact_user_name, "emailId": user.exact_email}
    try:
        response = await session.send_once(address, RequestContent(form=fields), preparation)
    except UnexpectedPageError as error:
        # The request was made, and its answer was too large or unreadable.
        raise UnclearAnswerError(str(error)) from None
    return _parse_outcome(session, response)


async def _fetch_form(session: HttpSession, index: str) -> tuple[HtmlForm, str]:
    """Return the form, and the address to which it is submitted."""
    try:
        page = await session.get(index)
    except ConnectionLostError as error:
        # Only a page was requested, so the lost connection leaves no doubt: nothing was sent.
        raise UnexpectedPageError(f"The forgot-password form could not be read. {error}") from None
    if page.status != HTTPStatus.OK:
        message = f"The login page of {session.host} could not be read (HTTP {page.status})."
        raise UnexpectedPageError(f"{message} {page.pause_text}".rstrip())
    form = parse_forgot_password_form(page.text)
    if form is None:
        raise UnexpectedPageError(
            f"The login page of {session.host} has no forgot-password form.",
            advice='Send the link in the browser, and set reset_route = "menu" for this instance.',
        )
    return form, session.resolve(form.action or page.url, base=page.url)


def _parse_outcome(session: HttpSession, response: Response) -> ActionResult:
    """Return what the redirect says. Raises UnclearAnswerError unless it says exactly one known thing."""
    # Other redirects ask for the form at another address, and do not say that it was processed.
    is_done = response.status in {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER} and _is_same_instance(
        session, response
    )
    params = query_of(response.location) if is_done else {}
    match params.get("mailStatus", []), params.get("error", []):
        case ["success"], []:
            return _SENT
        case [], [error] if error in _REFUSALS:
            return _REFUSALS[error]
        case _:
            answer = f"The forgot-password form's answer (HTTP {response.status})"
            message = f"{answer} does not say whether the link was sent."
            raise UnclearAnswerError(f"{message} {response.pause_text}".rstrip())


def _is_same_instance(session: HttpSession, response: Response) -> bool:
    try:
        session.resolve(response.location, base=response.url)
    except CrmError:
        return False
    return True
