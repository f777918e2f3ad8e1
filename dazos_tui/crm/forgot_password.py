"""The CRM's public form for a forgotten password: stock vtiger's own way to a reset link.

It needs no session, and is filled in without one: whoever asks is nobody in particular to the CRM.
"""

from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from dazos_tui.crm.errors import ConnectionLost, CrmError, UnclearAnswer, UnexpectedPage
from dazos_tui.crm.http.response import Reply
from dazos_tui.crm.http.session import Session
from dazos_tui.crm.models import Answer, User
from dazos_tui.crm.pages.login import LoginForm, parse_forgotten

_MAILED = Answer(
    success=True, message="The mail with the link was sent, says the CRM's forgot-password form."
)
_REFUSALS = {
    "statusError": Answer(
        success=False, message="The CRM could not send the mail: its own mail server failed."
    ),
    "fpError": Answer(
        success=False, message="The CRM's forgot-password form knows nobody with this user name and e-mail."
    ),
}


async def mail_by_form(session: Session, index: str, user: User) -> Answer:
    """Fill in the form on the login page `index` for this person, once, in a session without cookies.

    As seen on a vtiger 8.0 server, the answer is a redirect to the login page: `mailStatus=success`,
    `error=statusError` or `error=fpError`. Raises Unreachable, WrongHost, UnexpectedPage: nothing was asked
    for. Raises ConnectionLost, UnclearAnswer: the mail may have been sent.
    """
    page, form = await _form(session, index)
    fields = {**form.hidden, "username": user.exact_user_name, "emailId": user.exact_email}
    try:
        reply = await session.post(form.action or page.url, fields, base=page.url, alone=True)
    except UnexpectedPage as error:
        # The request was made, and its answer was too large or unreadable.
        raise UnclearAnswer(str(error)) from None
    return _answer(session, reply)


async def _form(session: Session, index: str) -> tuple[Reply, LoginForm]:
    try:
        page = await session.get(index)
    except ConnectionLost as error:
        # Only a page was asked for: what may have happened after a lost connection has not, here.
        raise UnexpectedPage(f"The forgot-password form could not be read. {error}") from None
    if page.status != HTTPStatus.OK:
        words = f"The login page of {session.host} could not be read (HTTP {page.status})."
        raise UnexpectedPage(f"{words} {page.pause_words}".rstrip())
    form = parse_forgotten(page.text)
    if form is None:
        raise UnexpectedPage(
            f"The login page of {session.host} has no forgot-password form.",
            advice='Send the link in the browser, and set reset_route = "menu" for this instance.',
        )
    session.resolve(form.action, base=page.url)
    return page, form


def _answer(session: Session, reply: Reply) -> Answer:
    """Return what the redirect says. Raises UnclearAnswer unless it says one thing, about this instance."""
    # Other redirects say that the form is to be asked elsewhere, and not that it was done.
    is_done = reply.status in {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER} and _is_here(session, reply)
    said = parse_qs(urlsplit(reply.location).query) if is_done else {}
    match said.get("mailStatus", []), said.get("error", []):
        case ["success"], []:
            return _MAILED
        case [], [error] if error in _REFUSALS:
            return _REFUSALS[error]
        case _:
            what = f"The forgot-password form's answer (HTTP {reply.status})"
            words = f"{what} is none that says whether it was done."
            raise UnclearAnswer(f"{words} {reply.pause_words}".rstrip())


def _is_here(session: Session, reply: Reply) -> bool:
    try:
        session.resolve(reply.location, base=reply.url)
    except CrmError:
        return False
    return True
