"""The way into one session: the password once, and what the CRM asks besides, answered by a person.

A good sign-in redirects to a page nobody needs here, so that is not asked for: its set-up pages are forms
that change the CRM for everybody, and each costs a request. Whether the session is open shows in the next
page that is needed (`SignIn.met`), and so does a challenge that the CRM puts in the place of every page.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qs

from pydantic import SecretStr

from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import (
    CredentialRefused,
    CrmError,
    NotACrm,
    SignInFailed,
    SingleSignOn,
    UnexpectedPage,
)
from dazos_tui.crm.gateway_errors import quoted_title, refused
from dazos_tui.crm.http.response import Reply
from dazos_tui.crm.http.session import Session
from dazos_tui.crm.models import PromptKind, Question
from dazos_tui.crm.pages.action_results import first_words
from dazos_tui.crm.pages.challenge import (
    changes_settings,
    check_answerable,
    parse_question,
    shows_settings,
)
from dazos_tui.crm.pages.error_pages import is_stale
from dazos_tui.crm.pages.html import csrf_token, parse
from dazos_tui.crm.pages.login import (
    LoginForm,
    has_single_sign_on,
    parse_landing,
    parse_login,
    refusal_words,
)
from dazos_tui.crm.pages.sign_in_form import SignInForm, parse_sign_in
from dazos_tui.text.sanitize import safe_text

Answers = Mapping[str, str | SecretStr]
"""What is filled in, by the names of the prompts, and which of several buttons was pressed."""
Answerer = Callable[[Question], Awaitable[Answers | None]]
"""Answers what the CRM asks in the middle of a sign-in; None gives the sign-in up."""
Probe = Callable[[], Awaitable[Reply]]
"""Asks for some page that only a session gets. Raises CrmError."""

_MOST_QUESTIONS = 8
"""Pages that may ask for something before the sign-in is given up, wrong answers included."""
_BEHIND_THE_DOOR = frozenset({"SystemSetup", "UserSetup", "DashBoard", "List", "Index"})
"""Views that a good sign-in of vtiger 8 is seen to lead to, or its landing pages do."""
_REFUSED = re.compile(r"view=Login\b[^\s\"'<>]{0,200}\berror=login\b")
"""Where the answer to a wrong password leads, as a page that redirects by itself names it."""
_BY_BROWSER = (
    'With auth = "cookie" for this instance in the config it goes on with the session of your browser, '
    "signed in there."
)
_NOT_TAKEN = (
    "Before you sign in again, wait for a new code, or find out the right answer. Each try counts: Dazos "
    "locks an account for an hour after too many."
)


class SignIn:
    """One sign-in, with exactly one attempt. `answer` is asked whatever the CRM asks besides, such as a code.

    After `begin`, `token` is the CSRF token if a page gave one, `at` is when the CRM accepted the sign-in,
    and `is_certain` tells whether a page proved that the session is open; `probe` asks for such a page.
    """

    def __init__(self, session: Session, dialect: Dialect, answer: Answerer | None, probe: Probe) -> None:
        self._session = session
        self._index, self._labels = dialect.paths.index, dialect.labels
        self._answer = answer
        self.probe = probe
        self.token = ""
        self.at: datetime | None = None
        self.is_certain = False

    async def begin(self, username: str, password: SecretStr) -> None:
        """Post user name and password, and answer what is asked before the session is open.

        What else the sign-in form has is asked first: where nobody answers it, the password is not posted.
        Raises SignInFailed, NotACrm, WrongHost, Unreachable, ConnectionLost, UnexpectedPage.
        """
        page = await self._session.get(self._index)
        found = login_form(self._session.host, page)
        answers = await self._filled_in(found)
        held = self._session.cookies()
        own: dict[str, str | SecretStr] = {"username": username, "password": password}
        fields = {**found.form.hidden, **answers, **own}
        reply = await self._session.post(found.form.action or page.url, fields, base=page.url)
        given = "user name, password and the other answers" if answers else "this user name and password"
        await self._enter(reply, held, given, None)

    async def _filled_in(self, found: SignInForm) -> Answers:
        """Return what a person answers to the further fields of the sign-in form. Raises SignInFailed."""
        host, question = self._session.host, found.question
        if found.has_captcha:
            raise SignInFailed(
                f"The sign-in form of {host} has a captcha, which only a browser can show. The password was "
                "not sent.",
                advice=_BY_BROWSER,
            )
        if question is None:
            return {}
        check_answerable(question)
        answers = await self._answer(question) if self._answer is not None else None
        if answers is None:
            asked = ", ".join(prompt.label for prompt in question.prompts)
            raise SignInFailed(
                f"The sign-in form of {host} asks for more than user name and password: {asked}. Nobody "
                "answered it, and the password was not sent.",
                advice=f"At a terminal, you are asked for it. {_BY_BROWSER}",
            )
        return answers

    async def met(self, page: Reply) -> bool:
        """Return whether the first page of the session was a challenge instead, which is answered then.

        Raises what `begin` raises.
        """
        self.is_certain = True
        asked = parse_question(page.text) if page.status == HTTPStatus.OK else None
        if asked is None:
            return False
        held = self._session.cookies()
        await self._enter(await self._answered(page, *asked), held, "this answer", _NOT_TAKEN)
        self.is_certain = True
        return True

    async def _enter(
        self, reply: Reply, held: frozenset[tuple[str, str]], given: str, advice: str | None
    ) -> None:
        """Find out whether `given` opened the session; `held` are the cookies from before it was posted."""
        for _ in range(_MOST_QUESTIONS):
            if _leads_inside(reply) and self._session.cookies() != held:
                return self._entered(reply)
            page = await self._landing(reply, given, advice)
            if not _is_of_crm(page):
                page = await self._shown_after(page, given, advice)
            asked = parse_question(page.text)
            if asked is None:
                # From a set-up page nothing is taken, not even its token.
                self.is_certain = not shows_settings(page.text)
                self.token = parse_landing(page.text) if self.is_certain else ""
                return self._entered(page)
            if reply.redirects and not _is_plain(asked[0]) and await self._is_open():
                self.is_certain = True
                return self._entered(page)
            held = self._session.cookies()
            reply = await self._answered(page, *asked)
            given, advice = "this answer", _NOT_TAKEN
        raise UnexpectedPage(f"{self._session.host} asks for more and more before it lets anybody in.")

    def _entered(self, reply: Reply) -> None:
        self.at = reply.server_time or datetime.now(UTC)

    async def _is_open(self) -> bool:
        """Return whether the CRM shows other pages although it asks for something: then that can wait."""
        page = await self.probe()
        if page.status != HTTPStatus.OK or parse_login(page.text) is not None:
            return False
        try:
            return parse_question(page.text) is None
        except UnexpectedPage:
            return False

    async def _answered(self, page: Reply, question: Question, form: LoginForm) -> Reply:
        """Answer what the CRM asks, once, and return what it says to that."""
        answers = await self._answer(question) if self._answer is not None else None
        if answers is None:
            asked = ", ".join(prompt.label for prompt in question.prompts) or "a word of consent"
            raise SignInFailed(
                f"After the sign-in {self._session.host} asks for something more: {asked}.",
                advice="Nobody answered it. Sign in again and answer, or do it with a browser once.",
            )
        pressed = question.only_button.pressed if question.only_button is not None else {}
        fields = {**form.hidden, **pressed, **answers}
        if changes_settings(form.action, fields):
            raise UnexpectedPage(
                f"{self._session.host} asks for settings of the CRM, which are not changed from here.",
                advice="Answer it with a browser.",
            )
        return await self._session.post(form.action or page.url, fields, base=page.url)

    async def _landing(self, reply: Reply, given: str, advice: str | None) -> Reply:
        """Return the page after what was `given`. Raises SignInFailed if that is the login page again."""
        failed = "login" in _query(reply).get("error", [])
        try:
            page = await self._session.follow(reply)
        except CrmError:
            if failed:
                raise self._failed(given, "", advice) from None
            raise
        if failed or parse_login(page.text) is not None:
            words = refusal_words(page.text)
            if not failed and not words and self._session.lost_cookie is not None:
                raise self._shut_out("")
            raise self._failed(given, words, advice)
        if page.status == HTTPStatus.OK:
            return page
        if not reply.redirects:
            raise refused(self._session.host, page)
        raise UnexpectedPage(
            f"{self._session.host} did not refuse the sign-in, but the page after it failed "
            f"(HTTP {page.status}){quoted_title(page.text)}."
        )

    async def _shown_after(self, said: Reply, given: str, advice: str | None) -> Reply:
        """Return what the CRM shows after an answer that is no page of its own, nor a redirect.

        PHP cannot redirect where something was written before (“headers already sent”), and some pages
        redirect by themselves. To look at the start page repeats nothing. Raises SignInFailed if that is the
        login page, UnexpectedPage if it is none of the CRM either.
        """
        if _REFUSED.search(said.text):
            raise self._failed(given, "", advice)
        page = await self._session.get(self._index)
        if page.status != HTTPStatus.OK:
            raise refused(self._session.host, page)
        if parse_login(page.text) is not None:
            raise self._shut_out(said.text)
        if not _is_of_crm(page):
            raise UnexpectedPage(f"{self._session.host} {_answered(said.text)}, which is no page of the CRM.")
        return page

    def _shut_out(self, said: str) -> SignInFailed:
        """Return the error for a login page after a sign-in that the CRM did not refuse in words."""
        lost = self._session.lost_cookie
        told = f"{_answered(said)}, then " if said else ""
        words = f"{self._session.host} {told}shows its login page again."
        if lost is not None:
            return SignInFailed(
                f"{words} Its session cookie does not come back to it: {lost.reason}.", advice=lost.advice
            )
        if is_stale(safe_text(said), self._labels):
            words += (
                " It does so where its session cookie does not come back to it: one for https, for another "
                "domain, or expired."
            )
        return SignInFailed(words)

    def _failed(self, given: str, words: str, advice: str | None) -> SignInFailed:
        says = f" It says: {words}" if words else ""
        family = CredentialRefused if advice is None else SignInFailed
        return family(f"{self._session.host} did not take {given}.{says}", advice=advice)


def _answered(text: str) -> str:
    words = first_words(text)
    return f"answered the sign-in with “{words}”" if words else "answered the sign-in with an empty page"


def _is_of_crm(page: Reply) -> bool:
    """Return whether a page has a token, as all whole pages of the CRM, or asks for something."""
    return bool(csrf_token(parse(page.text))) or shows_settings(page.text) or _asks(page.text)


def _asks(html: str) -> bool:
    try:
        return parse_question(html) is not None
    except UnexpectedPage:
        return True


def login_form(host: str, page: Reply) -> SignInForm:
    """Return the sign-in form of the login page. Raises SingleSignOn, NotACrm, UnexpectedPage."""
    form = parse_sign_in(page.text) if page.status == HTTPStatus.OK else None
    if form is not None:
        return form
    if page.status == HTTPStatus.OK and has_single_sign_on(page.text):
        raise SingleSignOn(f"The login page of {host} leads to a single sign-on and has no form of its own.")
    if page.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        title = quoted_title(page.text)
        raise NotACrm(f"What answers at {host} is not the CRM's login page{title}.")
    raise refused(host, page)


def _query(reply: Reply) -> dict[str, list[str]]:
    return parse_qs(reply.location.partition("?")[2].partition("#")[0])


def _leads_inside(reply: Reply) -> bool:
    """Return whether a redirect is one of a good sign-in: to a page that only a session gets."""
    query = _query(reply)
    # Not urlsplit, which raises ValueError for some addresses that no server should send.
    path = reply.location.partition("?")[0].partition("#")[0] if reply.redirects else ""
    is_known = query.get("view", [""])[-1] in _BEHIND_THE_DOOR
    return path.endswith("index.php") and is_known and "error" not in query


def _is_plain(question: Question) -> bool:
    """Return whether a question is a challenge beyond doubt: for a code or a secret."""
    return any(prompt.is_code or prompt.kind is PromptKind.SECRET for prompt in question.prompts)
