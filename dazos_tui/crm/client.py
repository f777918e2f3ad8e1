"""The client of one CRM instance: sign in, read people, run one menu item, sign out.

The calls mirror what a user does in the browser. A form is never posted twice automatically.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from dazos_tui.crm.dialect import Dialect, may_show_label
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CredentialRefusedError,
    CrmError,
    SignedOutError,
    SignInError,
    UnclearAnswerError,
    UnexpectedPageError,
    UnreachableError,
    UserNotFoundError,
    WrongHostError,
)
from dazos_tui.crm.forgot_password import submit_forgot_password_form
from dazos_tui.crm.gateway_errors import http_status_error
from dazos_tui.crm.http.content import content_of
from dazos_tui.crm.http.cookies import parse_cookies
from dazos_tui.crm.http.network import DEFAULT_NETWORK, NetworkSettings
from dazos_tui.crm.http.request_trace import Preparation
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.http.session import DEFAULT_TIMEOUTS, HttpSession, Timeouts
from dazos_tui.crm.json_list import JsonUserList
from dazos_tui.crm.login_history import fetch_login_history
from dazos_tui.crm.menu_item_urls import runnable_url, with_configured_requests, with_problems
from dazos_tui.crm.models import (
    LISTED_STATUSES,
    ActionResult,
    LoginHistory,
    MenuItem,
    MenuItemKind,
    OwnSettings,
    Profile,
    Status,
    User,
    UserPage,
    UserRow,
)
from dazos_tui.crm.own_settings import fetch_own_settings
from dazos_tui.crm.pages.action_results import parse_action_result
from dazos_tui.crm.pages.html import csrf_token, is_record_id, parse_html
from dazos_tui.crm.pages.login import has_single_sign_on, parse_landing_token, parse_login_form
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.crm.pages.users import parse_user_page
from dazos_tui.crm.request_template import MENU_ITEM_REQUEST, Offered
from dazos_tui.crm.row_menu_cache import RowMenuCache, merge_menus
from dazos_tui.crm.sign_in import ChallengeAnswers, ChallengeHandler, SignInExchange, require_sign_in_form
from dazos_tui.crm.user_search import UserSearch, containing_query, search_params
from dazos_tui.system.event_log import log
from dazos_tui.text.sanitize import safe_text

__all__ = ["ChallengeAnswers", "ChallengeHandler", "CrmClient"]

DEFAULT_DIALECT = Dialect()

_AJAX_HEADERS = {"X-Requested-With": "XMLHttpRequest"}
_FRAGMENT_HEADERS = {**_AJAX_HEADERS, "X-PJAX": "true"}

# With any order that is not unique, the server loses and repeats people from page to page.
_UNIQUE_ORDER = {"orderby": "user_name", "sortorder": "ASC"}
_INACTIVE_FILTER = {"search_key": "status", "search_value": "Inactive", "operator": "e"}

_SIGN_OUT_SECONDS = 2.0
"""Seconds that a sign-out may take. Quitting must not wait for a server that hangs, or that still works on
a cancelled request: the server handles the requests of one session one at a time."""
MIN_SEARCH_LENGTH = 2
"""Characters that a quick search needs: a single one would match nearly everybody."""


class CrmClient:
    """A web session with one instance. Use it as an async context manager, or call `close`."""

    def __init__(
        self,
        url: str,
        *,
        dialect: Dialect = DEFAULT_DIALECT,
        network: NetworkSettings = DEFAULT_NETWORK,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        """Build a client for the instance at `url`, without connecting yet.

        Raises UnreachableError if `url` is not a valid address.
        """
        self._new_session = partial(HttpSession, url, network=network, timeouts=timeouts)
        self._session = self._new_session()
        self._dialect = dialect
        self._is_signed_in = False
        self._token: SecretStr | None = None
        # The sign-in that no page has confirmed yet: until then, pages are requested one at a time.
        self._unconfirmed_sign_in: SignInExchange | None = None
        self._confirmation_lock = asyncio.Lock()
        self._row_menus = RowMenuCache()
        self._search = UserSearch(self._fetch_list_page, self._fetch_profile_page, dialect.labels)
        self._json_list = (
            JsonUserList(dialect.user_list, self._fetch_response, self._session.host, dialect.labels)
            if dialect.user_list is not None
            else None
        )
        self.signed_in_at: datetime | None = None
        """When `sign_in` last succeeded, in UTC: by the server's clock if it sends the time, else by ours.
        None if the session is a browser's."""

    def __repr__(self) -> str:
        return f"CrmClient({self._session.host!r})"

    def use_requests_of(self, dialect: Dialect) -> None:
        """Run the menu items with the requests of this dialect from now on, in the same session."""
        requests = {key: getattr(dialect, key) for key in ("reset_request", "enable_login_request")}
        self._dialect = self._dialect.model_copy(update=requests)

    async def probe_login_page(self) -> tuple[str, ...]:
        """Check that the login page is a CRM's, without signing in.

        Returns the labels of the fields that its form has besides user name and password.

        Raises NotACrmError, WrongHostError, UnreachableError, ConnectionLostError, UnexpectedPageError.
        """
        found = require_sign_in_form(self._session.host, await self._session.get(self._dialect.paths.index))
        fields = found.challenge.fields if found.challenge is not None else ()
        captcha = ("a captcha, which only a browser can show",) if found.has_captcha else ()
        return (*(field.label for field in fields), *captcha)

    async def sign_in(
        self, username: str, password: SecretStr, answer_challenge: ChallengeHandler | None = None
    ) -> None:
        """Sign in, with exactly one attempt.

        `answer_challenge` is called for whatever else the CRM asks for, such as a one-time code. The page
        that the CRM redirects to is not requested. So a CRM that wants something more before it shows any
        page asks for it in place of the first page that is read: `answer_challenge` may be called then, and
        reading that page may raise SignInError. `confirm_session` makes it happen at once.

        Raises SignInError, NotACrmError, WrongHostError, UnreachableError, ConnectionLostError,
        UnexpectedPageError.
        """
        self._drop_session()
        self.signed_in_at = None
        sign_in = SignInExchange(
            self._session, self._dialect, answer_challenge, partial(self._search_own_account, username)
        )
        await sign_in.submit_credentials(username, password)
        self._token = SecretStr(sign_in.csrf_token) if sign_in.csrf_token else None
        self._unconfirmed_sign_in = None if sign_in.is_confirmed else sign_in
        self._is_signed_in, self.signed_in_at = True, sign_in.accepted_at
        log("signed in")

    async def confirm_session(self) -> None:
        """Request a small page to check that the session is open, unless another page has shown it already.

        Raises SignInError, SignedOutError, WrongHostError, UnreachableError, ConnectionLostError,
        UnexpectedPageError.
        """
        if self._unconfirmed_sign_in is not None:
            page = await self._fetch_confirmed(self._unconfirmed_sign_in.fetch_probe_page)
            if parse_login_form(page.text) is not None:
                raise SignedOutError("The session has ended: the CRM shows its login page.")

    async def resume_session(self, cookie: SecretStr) -> None:
        """Use a session that a browser opened; `cookie` has the form that `parse_cookies` reads.

        Raises SignInError if the CRM does not accept it, NotACrmError, WrongHostError, UnreachableError,
        ConnectionLostError, UnexpectedPageError.
        """
        cookies = parse_cookies(cookie)
        self._drop_session()
        self.signed_in_at = None
        self._session.set_cookies(cookies)
        refused = CredentialRefusedError(
            f"{self._session.host} did not accept this session cookie.",
            advice="Sign in with the browser and copy the cookie again: a cookie ends with its session.",
        )
        try:
            page = await self._session.get(self._dialect.paths.index)
        except WrongHostError:
            # The redirect leads to where users sign in.
            self._drop_session()
            raise refused from None
        if page.status != HTTPStatus.OK:
            raise http_status_error(self._session.host, page)
        if parse_login_form(page.text) is not None or has_single_sign_on(page.text):
            self._drop_session()
            raise refused
        self._token = SecretStr(parse_landing_token(page.text))
        self._is_signed_in = True
        log("signed in")

    def detach(self) -> None:
        """Drop the session without ending it, since the browser uses it too."""
        self._drop_session()

    async def fetch_own_settings(self) -> OwnSettings:
        """Return the time zone and date format in which the CRM shows times to this account.

        Raises SignedOutError, UnreachableError, ConnectionLostError, WrongHostError, UnexpectedPageError.
        """
        return await fetch_own_settings(self._fetch_page, self._dialect)

    @property
    def user_lists(self) -> tuple[Status, ...]:
        """Return the lists that the instance has, out of `LISTED_STATUSES`."""
        return LISTED_STATUSES if self._json_list is None else self._json_list.statuses

    @property
    def has_server_search(self) -> bool:
        """Return whether the CRM itself searches. If it does not, a search reads the complete list."""
        return self._json_list is None

    async def request_user_page(
        self,
        status: Status,
        number: int,
        on_request_sent: Callable[[], object] | None = None,
        *,
        containing: str = "",
    ) -> Callable[[], UserPage]:
        """Request one page of active or inactive users; return a function that parses it, without row menus.

        Users are ordered by user name. With `containing`, only those are shown whose name, user name or
        e-mail contains it, except by a list in JSON, which has no search. `on_request_sent` is called once
        this request has left, so that another one can be under way while this page is parsed. Raises
        SignedOutError (nobody has signed in), UnreachableError, ConnectionLostError, WrongHostError,
        UnexpectedPageError; the returned function raises SignedOutError, PermissionDeniedError,
        UnexpectedPageError.
        """
        if self._json_list is not None:
            return await self._json_list.request_page(status, number, on_request_sent)
        query = containing_query(containing) if containing else {}
        response = await self._fetch_list_page(status, query, number, on_request_sent)
        return partial(self._parse_user_page, response.text, status, number)

    async def quick_search(self, text: str) -> tuple[UserRow, ...]:
        """Return users, active and inactive, whose name, user name or e-mail contains `text`.

        Only the first page of each list is searched, and a page that was cut short is not reported if anybody
        is on it. A list in JSON is read completely. Fewer than two characters find nobody. Raises what
        `request_user_page` and its parsing raise, and UnexpectedPageError if the answer was cut short before
        the first person.
        """
        stripped = text.strip()
        if len(stripped) < MIN_SEARCH_LENGTH:
            return ()
        if self._json_list is not None:
            return await self._json_list.find_containing(stripped)
        rows = await self._search.find_containing(stripped)
        self._row_menus.store(rows)
        return tuple(rows)

    async def find_exact(self, text: str) -> tuple[UserRow, ...]:
        """Return the rows, active and inactive, whose user name or primary e-mail is `text`.

        This is `find_exact_many` for a single text, and raises what that raises.
        """
        (found,) = await self.find_exact_many([text])
        return found

    async def find_exact_many(self, texts: Sequence[str]) -> list[tuple[UserRow, ...]]:
        """Return for each text the rows whose user name or primary e-mail it is, in the order given.

        Case is ignored; one request searches for many texts. The inactive users are searched only where they
        can matter: vtiger gives each user name once, so a user name without “@” that an active user has
        belongs to nobody else. Each instance chooses its columns: a row that lacks the user name or the
        e-mail is completed from the user's profile. A list in JSON is read completely instead. Raises what
        `quick_search` raises, and UnexpectedPageError if an answer was cut short, since a user might be
        missing.
        """
        stripped = [text.strip() for text in texts]
        search = self._search if self._json_list is None else self._json_list
        found = await search.find_exact([text for text in stripped if safe_text(text)])
        self._row_menus.store(row for rows in found.values() for row in rows)
        return [tuple(found.get(text, ())) for text in stripped]

    async def fetch_profile(self, user_id: str, *, include_row_menu: bool = False) -> Profile:
        """Return a user's profile, newly read from the CRM.

        The row's menu in the list is added if the profile lacks Send Reset Link, the list showed a locked
        login, a search read that menu within the last minute, or `include_row_menu` is true.

        Raises UserNotFoundError, PermissionDeniedError, SignedOutError, UnreachableError,
        ConnectionLostError, UnexpectedPageError.
        """
        if not is_record_id(user_id):
            raise UserNotFoundError(f"“{safe_text(user_id, limit=40)}” is not a record id.")
        profile = await self._fetch_profile_page(user_id)
        profile = replace(profile, menu=self._runnable_menu(profile.menu, profile.user, is_complete=False))
        needed = include_row_menu or not _can_send(profile) or self._row_menus.was_locked(user_id)
        if not needed and self._row_menus.get_recent(user_id) is None:
            return profile
        return await self.with_row_menu(profile)

    async def with_row_menu(self, profile: Profile) -> Profile:
        """Return a profile that includes the row menu's items. Raises what `fetch_profile` raises."""
        if profile.has_row_menu or profile.user.status is Status.INACTIVE:
            return profile
        # The rows of a list in JSON have no menus.
        row_menu = self._row_menus.get_recent(profile.user.id) if self._json_list is None else ()
        if row_menu is None:
            try:
                row_menu = await self._search.fetch_row_menu(profile.user)
            except UnexpectedPageError:
                # The list failed, but the profile or the config already has the item to send with.
                if not _can_send(profile) and not self._is_always_offered:
                    raise
                row_menu = ()
        merged = merge_menus(profile.menu, row_menu)
        menu = self._runnable_menu(merged, profile.user, is_complete=True)
        return replace(profile, menu=menu, has_row_menu=True)

    @property
    def _is_always_offered(self) -> bool:
        """Return whether the config offers the item that sends links even where no menu has it."""
        template = self._dialect.reset_request
        return template is not None and template.offered is Offered.ALWAYS

    def _runnable_menu(
        self, menu: tuple[MenuItem, ...], user: User, *, is_complete: bool
    ) -> tuple[MenuItem, ...]:
        """Return a menu with what each item would request, and why some must not be run."""
        configured = with_configured_requests(menu, user, self._dialect, is_complete=is_complete)
        return with_problems(configured, self._session.resolve)

    def profile_url(self, user_id: str) -> str:
        """Return the address of a user's profile, for a browser."""
        return self._session.resolve(f"{self._dialect.paths.profile}&record={user_id}")

    async def fetch_login_history(self, user_name: str = "") -> LoginHistory:
        """Return the newest sign-ins of this user name, or of all users if empty: one page, newest first.

        Raises SignedOutError, PermissionDeniedError, UnreachableError, ConnectionLostError, WrongHostError,
        UnexpectedPageError.
        """
        return await fetch_login_history(self._fetch_page, self._dialect, user_name)

    async def run_menu_item(self, item: MenuItem, preparation: Preparation | None = None) -> ActionResult:
        """Run Send Reset Link or Enable Login, once.

        What is requested is the item's address, or in its place the request that the config describes.
        The item is not requested before the `preparation` is done; what that raises is raised.

        Raises ForbiddenItemError, SignedOutError, PermissionDeniedError, UnreachableError: it was not done.
        Raises ConnectionLostError, UnclearAnswerError: it may have been done.
        """
        url = runnable_url(item, partial(self._session.resolve, base=self._session.resolve("")))
        request = item.request or MENU_ITEM_REQUEST
        token = None
        if request.needs_token:
            token = self._token or await self._fetch_token(item.user_id)
        self._row_menus.discard(item.user_id)
        try:
            response = await self._session.send_once(url, content_of(request, token), preparation)
        except UnexpectedPageError as error:
            # The request was made, and its answer was too large or unreadable.
            raise UnclearAnswerError(str(error)) from None
        try:
            return parse_action_result(response.status, response.text, self._dialect.labels, request.success)
        except UnclearAnswerError as error:
            raise UnclearAnswerError(f"{error} {response.pause_text}".rstrip()) from None

    async def submit_forgot_password_form(
        self, user: User, preparation: Preparation | None = None
    ) -> ActionResult:
        """Have the CRM's public forgot-password form mail this user a link, once. It needs no session.

        `preparation` as in `run_menu_item`. Raises UnreachableError, WrongHostError, UnexpectedPageError: it
        was not done. Raises ConnectionLostError, UnclearAnswerError: it may have been done.
        """
        session = self._new_session()
        try:
            return await submit_forgot_password_form(session, self._dialect.paths.index, user, preparation)
        finally:
            await session.close()

    async def sign_out(self) -> None:
        """End the session, or one that a failed sign-in may have opened.

        Sends one request and waits two seconds at most. Never raises, since a failure would change nothing.
        """
        if not self._is_signed_in and not self._session.cookies():
            return
        self._is_signed_in = False
        with suppress(CrmError, TimeoutError):
            async with asyncio.timeout(_SIGN_OUT_SECONDS):
                await self._session.get(self._dialect.paths.sign_out, single_request=True)
        self._drop_session()

    async def close(self) -> None:
        """Close the connections."""
        self._drop_session()
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _drop_session(self) -> None:
        """Clear the session's state; `sign_in` can open a new one."""
        self._is_signed_in = False
        self._token = self._unconfirmed_sign_in = None
        self._session.clear_cookies()

    def _parse_user_page(self, html: str, status: Status, number: int) -> UserPage:
        """Return a page of the list, with row menus (half the work) only if it may show Enable Login."""
        labels = self._dialect.labels
        menus = may_show_label(html, labels.enable_login)
        page = parse_user_page(html, number=number, status=status, labels=labels, with_menus=menus)
        self._row_menus.update_locked(page.rows)
        return page

    async def _fetch_profile_page(self, user_id: str) -> Profile:
        """Return a profile with the menu items of its own page."""
        page = await self._fetch_page(self._dialect.paths.profile, {"record": user_id})
        profile = parse_profile(page.text, user_id=user_id, labels=self._dialect.labels)
        if token := csrf_token(parse_html(page.text)):
            self._token = SecretStr(token)
        return profile

    async def _fetch_list_page(
        self,
        status: Status,
        query: Mapping[str, str],
        number: int,
        on_request_sent: Callable[[], object] | None = None,
    ) -> Response:
        status_filter = _INACTIVE_FILTER if status is Status.INACTIVE else {}
        params = {**_UNIQUE_ORDER, **status_filter, **query, "page": str(number)}
        return await self._fetch_page(
            self._dialect.paths.users, params, headers=_FRAGMENT_HEADERS, on_request_sent=on_request_sent
        )

    async def _fetch_page(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        on_request_sent: Callable[[], object] | None = None,
    ) -> Response:
        response = await self._fetch_response(
            path, params=params, headers=headers, on_request_sent=on_request_sent
        )
        if response.status != HTTPStatus.OK:
            raise http_status_error(self._session.host, response)
        return response

    async def _fetch_response(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        on_request_sent: Callable[[], object] | None = None,
    ) -> Response:
        """Return the response to a request with the session, whatever its HTTP status is."""
        if not self._is_signed_in:
            raise SignedOutError(f"There is no session with {self._session.host}.")
        fetch = partial(
            self._session.get, path, params=params, headers=headers, on_request_sent=on_request_sent
        )
        return await fetch() if self._unconfirmed_sign_in is None else await self._fetch_confirmed(fetch)

    async def _fetch_confirmed(self, fetch: Callable[[], Awaitable[Response]]) -> Response:
        """Return the first page of an unconfirmed session; a challenge in its place is answered first."""
        sign_in = self._unconfirmed_sign_in
        async with self._confirmation_lock:
            if self._unconfirmed_sign_in is not sign_in or sign_in is None:
                # Another task confirmed the session while this one waited for the lock.
                if not self._is_signed_in:
                    raise SignInError("The CRM asked for something more, and got no answer.", advice="")
                return await fetch()
            response = await fetch()
            try:
                if not await sign_in.handle_challenge(response):
                    self._unconfirmed_sign_in = None
                    return response
            except CrmError:
                # The password may have opened a session.
                self._unconfirmed_sign_in = None
                await self.sign_out()
                raise
            # Not before: while the challenge is open, other reads wait for it, and one that is cancelled
            # leaves it to the next read.
            self._unconfirmed_sign_in = None
            if sign_in.csrf_token:
                self._token = SecretStr(sign_in.csrf_token)
            self.signed_in_at = sign_in.accepted_at
            return await fetch()

    async def _search_own_account(self, username: str) -> Response:
        """Return the answer to a search for the signed-in account: a small page that needs a session."""
        params = {**_UNIQUE_ORDER, "search_params": search_params([("user_name", username)]), "page": "1"}
        return await self._session.get(self._dialect.paths.users, params=params, headers=_FRAGMENT_HEADERS)

    async def _fetch_token(self, user_id: str) -> SecretStr:
        """Return the token of the user's profile page. A CrmError from here means that nothing was done."""
        try:
            await self._fetch_profile_page(user_id)
        except ConnectionLostError as error:
            raise UnreachableError(str(error), advice=error.advice) from None
        if self._token is None:
            raise UnexpectedPageError(
                "The profile page has no csrfMagicToken, and nothing can be sent without it."
            )
        return self._token


def _can_send(profile: Profile) -> bool:
    """Return whether a profile needs no other menu: its own can send links, or the user is inactive."""
    item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
    return profile.user.status is Status.INACTIVE or (item is not None and not item.problem)
