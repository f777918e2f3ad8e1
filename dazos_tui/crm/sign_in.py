"""The sign-in of one session: the password is posted once, and the user answers what else the CRM asks for.

A successful sign-in redirects to a landing page that is not needed here, so it is not requested: it would
cost a request, and may be a set-up page, whose form changes the CRM for everybody. The next page that is
needed shows whether the session is open (`SignInExchange.handle_challenge`), or is a challenge that the CRM
shows in place of every page.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

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
from dazos_tui.crm.pages.html import csrf_token, parse_html, query_of
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
"""The values by field name, and the pressed button's if there are several."""
ChallengeHandler = Callable[[Challenge], Awaitable[ChallengeAnswers | None]]
"""Answers what the CRM asks for during a sign-in; None cancels the sign-in."""
FetchProbePage = Callable[[], Awaitable[Response]]
"""Requests a page that needs a session. Raises CrmError."""

_MAX_CHALLENGES = 8
"""Pages that may ask for something before the sign-in is given up, including those after wrong answers."""
_LANDING_VIEWS = frozenset({"SystemSetup", "UserSetup", "DashBoard", "List", "Index"})
"""Views to which vtiger 8 redirects after a successful sign-in, directly or by way of its landing pages."""
_REFUSAL_REDIRECT = re.compile(r"view=Login\b[^\s\"'<>]{0,200}\berror=login\b")
"""The target after a wrong password, as a page that redirects by script or meta tag contains it."""
_USE_COOKIE_ADVICE = (
    'With auth = "cookie" for this instance in the config, the session of your browser is used instead, once '
    "you have signed in there."
)
_ANSWER_REFUSED_ADVICE = (
    "Before you sign in again, wait for a new code, or find out the right answer. Each failed try counts: "
    "Dazos locks an account for an hour after too many."
)


class SignInExchange:
    """One sign-in, with exactly one attempt.

    After `submit_credentials`, `csrf_token` is the CSRF token if a page had one, `accepted_at` (UTC) is when
    the CRM accepted the sign-in, and `is_confirmed` is whether a page proved that the session is open.
    `fetch_probe_page` requests such a page.
    """

    def __init__(
        self,
        session: HttpSession,
        dialect: Dialect,
        answer_challenge: ChallengeHandler | None,
        fetch_probe_page: FetchProbePage,
    ) -> None:
        """Build a sign-in to `session`; `answer_challenge` is called for what else the CRM asks for."""
        self._session = session
        self._index, self._labels = dialect.paths.index, dialect.labels
        self._answer_challenge = answer_challenge
        self.fetch_probe_page = fetch_probe_page
        self.csrf_token = ""
        self.accepted_at: datetime | None = None
        self.is_confirmed = False

    async def submit_credentials(self, username: str, password: SecretStr) -> None:
        """Post the user name and password, and answer what is asked before the session is open.

        Further fields of the sign-in form are asked for first: without answers, the password is not posted.
        Raises SignInError, NotACrmError, WrongHostError, UnreachableError, ConnectionLostError,
        UnexpectedPageError.
        """
        page = await self._session.get(self._index)
        sign_in_form = require_sign_in_form(self._session.host, page)
        answers = await self._answer_sign_in_form(sign_in_form)
        cookies_before = self._session.cookies()
        credential: dict[str, str | SecretStr] = {"username": username, "password": password}
        fields = {**sign_in_form.form.hidden_fields, **answers, **credential}
        response = await self._session.post(sign_in_form.form.action or page.url, fields, base=page.url)
        submitted = "the user name, password and other answers" if answers else "this user name and password"
        await self._establish_session(response, cookies_before, submitted, None)

    async def _answer_sign_in_form(self, sign_in_form: SignInForm) -> ChallengeAnswers:
        """Return the user's answers to the further fields of the sign-in form. Raises SignInError."""
        host, challenge = self._session.host, sign_in_form.challenge
        if sign_in_form.has_captcha:
            raise SignInError(
                f"The sign-in form of {host} has a captcha, which only a browser can show. The password was "
                "not sent.",
                advice=_USE_COOKIE_ADVICE,
            )
        if challenge is None:
            return {}
        require_answerable(challenge)
        answers = await self._answer_challenge(challenge) if self._answer_challenge is not None else None
        if answers is None:
            labels = ", ".join(field.label for field in challenge.fields)
            raise SignInError(
                f"The sign-in form of {host} asks for more than user name and password: {labels}. Nobody "
                "answered it, and the password was not sent.",
                advice=f"At a terminal, you are asked for it. {_USE_COOKIE_ADVICE}",
            )
        return answers

    async def handle_challenge(self, page: Response) -> bool:
        """Answer the challenge that came in place of the session's first page; return whether there was one.

        Raises what `submit_credentials` raises.
        """
        self.is_confirmed = True
        found = parse_challenge(page.text) if page.status == HTTPStatus.OK else None
        if found is None:
            return False
        cookies_before = self._session.cookies()
        response = await self._submit_answers(page, *found)
        await self._establish_session(response, cookies_before, "this answer", _ANSWER_REFUSED_ADVICE)
        self.is_confirmed = True
        return True

    async def _establish_session(
        self,
        response: Response,
        cookies_before: frozenset[tuple[str, str]],
        submitted: str,
        advice: str | None,
    ) -> None:
        """Check that what was `submitted` opened the session, and answer what the CRM asks for until it does.

        `cookies_before` are the cookies from before the post that `response` answers; `advice` is for an
        error that says that it was refused (None: the credential was).
        """
        for _ in range(_MAX_CHALLENGES):
            if _is_success_redirect(response) and self._session.cookies() != cookies_before:
                return self._mark_accepted(response)
            page = await self._fetch_landing_page(response, submitted, advice)
            if not _is_crm_page(page):
                page = await self._fetch_start_page(page, submitted, advice)
            found = parse_challenge(page.text)
            if found is None:
                # Nothing of a set-up page is used, not even its token.
                self.is_confirmed = not is_settings_page(page.text)
                self.csrf_token = parse_landing_token(page.text) if self.is_confirmed else ""
                return self._mark_accepted(page)
            if response.is_redirect and not _is_certain_challenge(found[0]) and await self._is_session_open():
                self.is_confirmed = True
                return self._mark_accepted(page)
            cookies_before = self._session.cookies()
            response = await self._submit_answers(page, *found)
            submitted, advice = "this answer", _ANSWER_REFUSED_ADVICE
        raise UnexpectedPageError(
            f"{self._session.host} keeps asking for something more and never completes the sign-in."
        )

    def _mark_accepted(self, response: Response) -> None:
        self.accepted_at = response.server_time or datetime.now(UTC)

    async def _is_session_open(self) -> bool:
        """Return whether the CRM shows other pages despite its question, which need not be answered then."""
        page = await self.fetch_probe_page()
        if page.status != HTTPStatus.OK or parse_login_form(page.text) is not None:
            return False
        try:
            return parse_challenge(page.text) is None
        except UnexpectedPageError:
            return False

    async def _submit_answers(self, page: Response, challenge: Challenge, form: HtmlForm) -> Response:
        """Answer the challenge once, and return the CRM's response."""
        answers = await self._answer_challenge(challenge) if self._answer_challenge is not None else None
        if answers is None:
            labels = ", ".join(field.label for field in challenge.fields) or "a confirmation"
            raise SignInError(
                f"After the sign-in {self._session.host} asks for something more: {labels}.",
                advice="Nobody answered it. Sign in again and answer it, or sign in once with a browser.",
            )
        button = challenge.only_button.form_data if challenge.only_button is not None else {}
        fields = {**form.hidden_fields, **button, **answers}
        if is_settings_change(form.action, fields):
            raise UnexpectedPageError(
                f"{self._session.host} asks for settings of the CRM, which cannot be changed from here.",
                advice="Answer it with a browser.",
            )
        return await self._session.post(form.action or page.url, fields, base=page.url)

    async def _fetch_landing_page(self, response: Response, submitted: str, advice: str | None) -> Response:
        """Return the page after what was `submitted`. Raises SignInError if that is the login page again."""
        failed = "login" in query_of(response.location).get("error", [])
        try:
            page = await self._session.follow_redirect(response)
        except CrmError:
            if failed:
                raise self._refused_error(submitted, "", advice) from None
            raise
        if failed or parse_login_form(page.text) is not None:
            reason = refusal_text(page.text)
            if not failed and not reason and self._session.lost_cookie is not None:
                raise self._login_page_again_error("")
            raise self._refused_error(submitted, reason, advice)
        if page.status == HTTPStatus.OK:
            return page
        if not response.is_redirect:
            raise http_status_error(self._session.host, page)
        raise UnexpectedPageError(
            f"{self._session.host} did not refuse the sign-in, but the page after it failed "
            f"(HTTP {page.status}){quoted_title(page.text)}."
        )

    async def _fetch_start_page(self, response: Response, submitted: str, advice: str | None) -> Response:
        """Return the start page, after a response that is neither a page of the CRM nor a redirect.

        PHP cannot redirect once output was sent (“headers already sent”), and some pages redirect by script.
        Requesting the start page repeats nothing. Raises SignInError if it is the login page,
        UnexpectedPageError if it is not a page of the CRM either.
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
                f"{self._session.host} {_describe_response(response.text)}, which is not a page of the CRM."
            )
        return page

    def _login_page_again_error(self, response_text: str) -> SignInError:
        """Return the error for a login page after a sign-in that the CRM did not explicitly refuse."""
        lost = self._session.lost_cookie
        first = f"{_describe_response(response_text)}, then " if response_text else ""
        message = f"{self._session.host} {first}shows its login page again."
        if lost is not None:
            return SignInError(
                f"{message} Its session cookie is not sent back to it: {lost.reason}.", advice=lost.advice
            )
        if is_stale_request(safe_text(response_text), self._labels):
            message += (
                " It does so when its session cookie is not sent back to it, because the cookie is only for "
                "https, is for another domain, or has expired."
            )
        return SignInError(message)

    def _refused_error(self, submitted: str, reason: str, advice: str | None) -> SignInError:
        says = f" It says: {reason}" if reason else ""
        error_class = CredentialRefusedError if advice is None else SignInError
        return error_class(f"{self._session.host} did not accept {submitted}.{says}", advice=advice)


def _describe_response(text: str) -> str:
    excerpt = page_excerpt(text)
    return f"answered the sign-in with “{excerpt}”" if excerpt else "answered the sign-in with an empty page"


def _is_crm_page(page: Response) -> bool:
    """Return whether a page has a token, as all whole pages of the CRM do, or asks for something."""
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


def _is_success_redirect(response: Response) -> bool:
    """Return whether a redirect is that of a successful sign-in: it leads to a page that needs a session."""
    query = query_of(response.location)
    # Not urlsplit, which raises ValueError for some addresses that no server should send.
    path = response.location.partition("?")[0].partition("#")[0] if response.is_redirect else ""
    is_known = query.get("view", [""])[-1] in _LANDING_VIEWS
    return path.endswith("index.php") and is_known and "error" not in query


def _is_certain_challenge(challenge: Challenge) -> bool:
    """Return whether a challenge is certainly part of the sign-in: it asks for a code or a secret."""
    return any(
        field.is_one_time_code or field.kind is ChallengeFieldKind.SECRET for field in challenge.fields
    )
