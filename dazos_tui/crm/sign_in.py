"""The way into one session: the password once, and what the CRM asks besides, answered by a person.

A good sign-in redirects to a page nobody needs here, so that is not asked for: its set-up pages are forms
that change the CRM for everybody, and each costs a request. Whether the session is open shows in the next
page that is needed (`SignInFlow.handle_challenge`), and so does a challenge that the CRM puts in the place of
every page.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qs

from pydantic import SecretStr

from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import (
    CredentialRefusedError,
    CrmError,
    NotACrmError,
    SignInError,
    SingleSignOnError,
    UnexpectedPageError,
)
from dazos_tui.crm.gateway_errors import http_status_error, quoted_title
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.http.session import HttpSession
from dazos_tui.crm.models import Challenge, ChallengeFieldKind
from dazos_tui.crm.pages.action_results import page_excerpt
from dazos_tui.crm.pages.challenge import (
    is_settings_change,
    is_settings_page,
    parse_challenge,
    require_answerable,
)
from dazos_tui.crm.pages.error_pages import is_stale_request
from dazos_tui.crm.pages.html import csrf_token, parse_html
from dazos_tui.crm.pages.login import (
    HtmlForm,
    has_single_sign_on,
    parse_landing_token,
    parse_login_form,
    refusal_text,
)
from dazos_tui.crm.pages.sign_in_form import SignInForm, parse_sign_in_form
from dazos_tui.text.sanitize import safe_text

ChallengeAnswers = Mapping[str, str | SecretStr]
"""What is filled in, by the names of the prompts, and which of several buttons was pressed."""
ChallengeHandler = Callable[[Challenge], Awaitable[ChallengeAnswers | None]]
"""Answers what the CRM asks in the middle of a sign-in; None gives the sign-in up."""
FetchProbePage = Callable[[], Awaitable[Response]]
"""Asks for some page that only a session gets. Raises CrmError."""

_MAX_CHALLENGES = 8
"""Pages that may ask for something before the sign-in is given up, wrong answers included."""
_LANDING_VIEWS = frozenset({"SystemSetup", "UserSetup", "DashBoard", "List", "Index"})
"""Views that a good sign-in of vtiger 8 is seen to lead to, or its landing pages do."""
_REFUSAL_REDIRECT = re.compile(r"view=Login\b[^\s\"'<>]{0,200}\berror=login\b")
"""Where the answer to a wrong password leads, as a page that redirects by itself names it."""
_USE_COOKIE_ADVICE = (
    'With auth = "cookie" for this instance in the config it goes on with the session of your browser, '
    "signed in there."
)
_ANSWER_REFUSED_ADVICE = (
    "Before you sign in again, wait for a new code, or find out the right answer. Each try counts: Dazos "
    "locks an account for an hour after too many."
)


class SignInExchange:
    """One sign-in, with exactly one attempt. `answer` is asked whatever the CRM asks besides, such as a code.

    After `begin`, `token` is the CSRF token if a page gave one, `at` is when the CRM accepted the sign-in,
    and `is_confirmed` tells whether a page proved that the session is open; `probe` asks for such a page.
    """

    def __init__(
        self,
        session: HttpSession,
        dialect: Dialect,
        answer_challenge: ChallengeHandler | None,
        fetch_probe_page: FetchProbePage,
    ) -> None:
        self._session = session
        self._index, self._labels = dialect.paths.index, dialect.labels
        self._answer_challenge = answer_challenge
        self.fetch_probe_page = fetch_probe_page
        self.csrf_token = ""
        self.accepted_at: datetime | None = None
        self.is_confirmed = False

    async def submit_credentials(self, username: str, password: SecretStr) -> None:
        """Post user name and password, and answer what is asked before the session is open.

        What else the sign-in form has is asked first: where nobody answers it, the password is not posted.
        Raises SignInError, NotACrmError, WrongHostError, Unreachable, ConnectionLostError,
        UnexpectedPageError.
        """
        page = await self._session.get(self._index)
        found = require_sign_in_form(self._session.host, page)
        answers = await self._answer_sign_in_form(found)
        held = self._session.cookies()
        own: dict[str, str | SecretStr] = {"username": username, "password": password}
        fields = {**found.form.hidden_fields, **answers, **own}
        reply = await self._session.post(found.form.action or page.url, fields, base=page.url)
        given = "user name, password and the other answers" if answers else "this user name and password"
        await self._establish_session(reply, held, given, None)

    async def _answer_sign_in_form(self, found: SignInForm) -> ChallengeAnswers:
        """Return what a person answers to the further fields of the sign-in form. Raises SignInError."""
        host, question = self._session.host, found.challenge
        if found.has_captcha:
            raise SignInError(
                f"The sign-in form of {host} has a captcha, which only a browser can show. The password was "
                "not sent.",
                advice=_USE_COOKIE_ADVICE,
            )
        if question is None:
            return {}
        require_answerable(question)
        answers = await self._answer_challenge(question) if self._answer_challenge is not None else None
        if answers is None:
            asked = ", ".join(prompt.label for prompt in question.fields)
            raise SignInError(
                f"The sign-in form of {host} asks for more than user name and password: {asked}. Nobody "
                "answered it, and the password was not sent.",
                advice=f"At a terminal, you are asked for it. {_USE_COOKIE_ADVICE}",
            )
        return answers

    async def handle_challenge(self, page: Response) -> bool:
        """Return whether the first page of the session was a challenge instead, which is answered then.

        Raises what `begin` raises.
        """
        self.is_confirmed = True
        asked = parse_challenge(page.text) if page.status == HTTPStatus.OK else None
        if asked is None:
            return False
        held = self._session.cookies()
        await self._establish_session(
            await self._submit_answers(page, *asked), held, "this answer", _ANSWER_REFUSED_ADVICE
        )
        self.is_confirmed = True
        return True

    async def _establish_session(
        self,
        response: Response,
        cookies_before: frozenset[tuple[str, str]],
        submitted: str,
        advice: str | None,
    ) -> None:
        """Find out whether `given` opened the session; `held` are the cookies from before it was posted."""
        for _ in range(_MAX_CHALLENGES):
            if _is_success_redirect(response) and self._session.cookies() != cookies_before:
                return self._mark_accepted(response)
            page = await self._fetch_landing_page(response, submitted, advice)
            if not _is_crm_page(page):
                page = await self._fetch_start_page(page, submitted, advice)
            asked = parse_challenge(page.text)
            if asked is None:
                # From a set-up page nothing is taken, not even its token.
                self.is_confirmed = not is_settings_page(page.text)
                self.csrf_token = parse_landing_token(page.text) if self.is_confirmed else ""
                return self._mark_accepted(page)
            if response.is_redirect and not _is_certain_challenge(asked[0]) and await self._is_session_open():
                self.is_confirmed = True
                return self._mark_accepted(page)
            cookies_before = self._session.cookies()
            response = await self._submit_answers(page, *asked)
            submitted, advice = "this answer", _ANSWER_REFUSED_ADVICE
        raise UnexpectedPageError(f"{self._session.host} asks for more and more before it lets anybody in.")

    def _mark_accepted(self, response: Response) -> None:
        self.accepted_at = response.server_time or datetime.now(UTC)

    async def _is_session_open(self) -> bool:
        """Return whether the CRM shows other pages although it asks for something: then that can wait."""
        page = await self.fetch_probe_page()
        if page.status != HTTPStatus.OK or parse_login_form(page.text) is not None:
            return False
        try:
            return parse_challenge(page.text) is None
        except UnexpectedPageError:
            return False

    async def _submit_answers(self, page: Response, challenge: Challenge, form: HtmlForm) -> Response:
        """Answer what the CRM asks, once, and return what it says to that."""
        answers = await self._answer_challenge(challenge) if self._answer_challenge is not None else None
        if answers is None:
            asked = ", ".join(prompt.label for prompt in challenge.fields) or "a word of consent"
            raise SignInError(
                f"After the sign-in {self._session.host} asks for something more: {asked}.",
                advice="Nobody answered it. Sign in again and answer, or do it with a browser once.",
            )
        pressed = challenge.only_button.form_data if challenge.only_button is not None else {}
        fields = {**form.hidden_fields, **pressed, **answers}
        if is_settings_change(form.action, fields):
            raise UnexpectedPageError(
                f"{self._session.host} asks for settings of the CRM, which are not changed from here.",
                advice="Answer it with a browser.",
            )
        return await self._session.post(form.action or page.url, fields, base=page.url)

    async def _fetch_landing_page(self, response: Response, submitted: str, advice: str | None) -> Response:
        """Return the page after what was `given`. Raises SignInError if that is the login page again."""
        failed = "login" in _redirect_query(response).get("error", [])
        try:
            page = await self._session.follow_redirect(response)
        except CrmError:
            if failed:
                raise self._refused_error(submitted, "", advice) from None
            raise
        if failed or parse_login_form(page.text) is not None:
            words = refusal_text(page.text)
            if not failed and not words and self._session.lost_cookie is not None:
                raise self._login_page_again_error("")
            raise self._refused_error(submitted, words, advice)
        if page.status == HTTPStatus.OK:
            return page
        if not response.is_redirect:
            raise http_status_error(self._session.host, page)
        raise UnexpectedPageError(
            f"{self._session.host} did not refuse the sign-in, but the page after it failed "
            f"(HTTP {page.status}){quoted_title(page.text)}."
        )

    async def _fetch_start_page(self, response: Response, submitted: str, advice: str | None) -> Response:
        """Return what the CRM shows after an answer that is no page of its own, nor a redirect.

        PHP cannot redirect where something was written before (“headers already sent”), and some pages
        redirect by themselves. To look at the start page repeats nothing. Raises SignInError if that is the
        login page, UnexpectedPageError if it is none of the CRM either.
        """
        if _REFUSAL_REDIRECT.search(response.text):
            raise self._refused_error(submitted, "", advice)
        page = await self._session.get(self._index)
        if page.status != HTTPStatus.OK:
            raise http_status_error(self._session.host, page)
        if parse_login_form(page.text) is not None:
            raise self._login_page_again_error(response.text)
        if not _is_crm_page(page):
            raise UnexpectedPageError(
                f"{self._session.host} {_describe_response(response.text)}, which is no page of the CRM."
            )
        return page

    def _login_page_again_error(self, response_text: str) -> SignInError:
        """Return the error for a login page after a sign-in that the CRM did not refuse in words."""
        lost = self._session.lost_cookie
        told = f"{_describe_response(response_text)}, then " if response_text else ""
        words = f"{self._session.host} {told}shows its login page again."
        if lost is not None:
            return SignInError(
                f"{words} Its session cookie does not come back to it: {lost.reason}.", advice=lost.advice
            )
        if is_stale_request(safe_text(response_text), self._labels):
            words += (
                " It does so where its session cookie does not come back to it: one for https, for another "
                "domain, or expired."
            )
        return SignInError(words)

    def _refused_error(self, submitted: str, words: str, advice: str | None) -> SignInError:
        says = f" It says: {words}" if words else ""
        family = CredentialRefusedError if advice is None else SignInError
        return family(f"{self._session.host} did not take {submitted}.{says}", advice=advice)


def _describe_response(text: str) -> str:
    words = page_excerpt(text)
    return f"answered the sign-in with “{words}”" if words else "answered the sign-in with an empty page"


def _is_crm_page(page: Response) -> bool:
    """Return whether a page has a token, as all whole pages of the CRM, or asks for something."""
    return bool(csrf_token(parse_html(page.text))) or is_settings_page(page.text) or _has_challenge(page.text)


def _has_challenge(html: str) -> bool:
    try:
        return parse_challenge(html) is not None
    except UnexpectedPageError:
        return True


def require_sign_in_form(host: str, page: Response) -> SignInForm:
    """Return the form of the login page. Raises SingleSignOnError, NotACrmError, UnexpectedPageError."""
    form = parse_sign_in_form(page.text) if page.status == HTTPStatus.OK else None
    if form is not None:
        return form
    if page.status == HTTPStatus.OK and has_single_sign_on(page.text):
        raise SingleSignOnError(
            f"The login page of {host} leads to a single sign-on and has no form of its own."
        )
    if page.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        title = quoted_title(page.text)
        raise NotACrmError(f"What answers at {host} is not the CRM's login page{title}.")
    raise http_status_error(host, page)


def _redirect_query(response: Response) -> dict[str, list[str]]:
    return parse_qs(response.location.partition("?")[2].partition("#")[0])


def _is_success_redirect(response: Response) -> bool:
    """Return whether a redirect is one of a good sign-in: to a page that only a session gets."""
    query = _redirect_query(response)
    # Not urlsplit, which raises ValueError for some addresses that no server should send.
    path = response.location.partition("?")[0].partition("#")[0] if response.is_redirect else ""
    is_known = query.get("view", [""])[-1] in _LANDING_VIEWS
    return path.endswith("index.php") and is_known and "error" not in query


def _is_certain_challenge(challenge: Challenge) -> bool:
    """Return whether a question is a challenge beyond doubt: for a code or a secret."""
    return any(
        prompt.is_one_time_code or prompt.kind is ChallengeFieldKind.SECRET for prompt in challenge.fields
    )
