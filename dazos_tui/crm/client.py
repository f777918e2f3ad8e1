"""The client of one CRM instance: sign in, read people, run one menu item, sign out.

The calls mirror what a person does in the browser. Nothing that is sent is ever repeated by itself.
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

from dazos_tui.crm.dialect import Dialect
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
from dazos_tui.crm.http.cookies import parse_cookies
from dazos_tui.crm.http.network import DEFAULT_NETWORK, NetworkSettings
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.http.session import DEFAULT_TIMEOUTS, HttpSession, Timeouts
from dazos_tui.crm.login_history import fetch_login_history
from dazos_tui.crm.menu_item_urls import runnable_url, with_problems
from dazos_tui.crm.models import (
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
from dazos_tui.crm.row_menu_cache import RowMenuCache, merge_menus
from dazos_tui.crm.sign_in import ChallengeAnswers, ChallengeHandler, SignInExchange, require_sign_in_form
from dazos_tui.crm.user_search import UserSearch, search_params
from dazos_tui.system.event_log import log
from dazos_tui.text.sanitize import safe_text

__all__ = ["ChallengeAnswers", "ChallengeHandler", "CrmClient"]

DEFAULT_DIALECT = Dialect()

_AJAX_HEADERS = {"X-Requested-With": "XMLHttpRequest"}
_FRAGMENT_HEADERS = {**_AJAX_HEADERS, "X-PJAX": "true"}

# Any order that is not unique makes the server lose and repeat people from page to page.
_UNIQUE_ORDER = {"orderby": "user_name", "sortorder": "ASC"}
_INACTIVE_FILTER = {"search_key": "status", "search_value": "Inactive", "operator": "e"}

_SIGN_OUT_SECONDS = 2.0
"""Seconds that a sign-out may take: whoever leaves does not wait for a server that hangs, or that still
works on a request given up here, which the next one of the same session has to wait for."""
_MIN_SEARCH_LENGTH = 2
"""Characters that a quick look needs: a single one would find nearly everybody."""


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
        """Take the instance's address, without connecting yet. Raises Unreachable if it is no address."""
        self._new_session = partial(HttpSession, url, network=network, timeouts=timeouts)
        self._session = self._new_session()
        self._dialect = dialect
        self._is_signed_in = False
        self._token: SecretStr | None = None
        # The sign-in that no page has confirmed yet: pages are asked for one at a time meanwhile.
        self._unconfirmed_sign_in: SignInExchange | None = None
        self._confirmation_lock = asyncio.Lock()
        self._row_menus = RowMenuCache()
        self._search = UserSearch(self._fetch_list_page, self._fetch_profile_page, dialect.labels)
        self.signed_in_at: datetime | None = None
        """When `sign_in` succeeded last, in UTC, by the server's clock if it tells it, else by ours. None if
        the session is a browser's."""

    def __repr__(self) -> str:
        return f"CrmClient({self._session.host!r})"

    async def probe_login_page(self) -> tuple[str, ...]:
        """Look at the login page, without signing in: it tells that this is a CRM.

        Returns what its form asks for besides user name and password, in the words of its labels.

        Raises NotACrmError, WrongHostError, Unreachable, ConnectionLostError, UnexpectedPageError.
        """
        found = require_sign_in_form(self._session.host, await self._session.get(self._dialect.paths.index))
        prompts = found.challenge.fields if found.challenge is not None else ()
        captcha = ("a captcha, which only a browser can show",) if found.has_captcha else ()
        return (*(prompt.label for prompt in prompts), *captcha)

    async def sign_in(
        self, username: str, password: SecretStr, answer_challenge: ChallengeHandler | None = None
    ) -> None:
        """Sign in, with exactly one attempt. `answer` is asked whatever the CRM asks besides, such as a code.

        The page that the CRM redirects to is not asked for. So a CRM that wants something more before it
        shows any page asks for it in place of the first one: `answer` may be called then, and that page may
        raise SignInError; `confirm` makes it happen. Raises SignInError, NotACrmError, WrongHostError,
        Unreachable, ConnectionLostError, UnexpectedPageError.
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
        """Ask for a small page, unless one has come already, to see that the session is open.

        Raises SignInError, SignedOutError, WrongHostError, Unreachable, ConnectionLostError,
        UnexpectedPageError.
        """
        if self._unconfirmed_sign_in is not None:
            page = await self._fetch_confirmed(self._unconfirmed_sign_in.fetch_probe_page)
            if parse_login_form(page.text) is not None:
                raise SignedOutError("The session has ended: the CRM shows its login page.")

    async def resume_session(self, cookie: SecretStr) -> None:
        """Go on with a session that a browser opened, by its cookie as `parse_cookies` takes it.

        Raises SignInError if the CRM does not take them, NotACrmError, WrongHostError, Unreachable,
        ConnectionLostError, UnexpectedPageError.
        """
        cookies = parse_cookies(cookie)
        self._drop_session()
        self.signed_in_at = None
        self._session.set_cookies(cookies)
        not_taken = CredentialRefusedError(
            f"{self._session.host} does not take this session cookie.",
            advice="Sign in with the browser and copy the cookie anew: one ends with its session.",
        )
        try:
            page = await self._session.get(self._dialect.paths.index)
        except WrongHostError:
            # To where people sign in.
            self._drop_session()
            raise not_taken from None
        if page.status != HTTPStatus.OK:
            raise http_status_error(self._session.host, page)
        if parse_login_form(page.text) is not None or has_single_sign_on(page.text):
            self._drop_session()
            raise not_taken
        self._token = SecretStr(parse_landing_token(page.text))
        self._is_signed_in = True
        log("signed in")

    def detach(self) -> None:
        """Let go of the session without ending it: it is a browser's, too."""
        self._drop_session()

    async def fetch_own_settings(self) -> OwnSettings:
        """Return the time zone and date format in which this account is shown times.

        Raises SignedOutError, Unreachable, ConnectionLostError, WrongHostError, UnexpectedPageError.
        """
        return await fetch_own_settings(self._fetch_page, self._dialect)

    async def request_user_page(
        self, status: Status, number: int, on_request_sent: Callable[[], object] | None = None
    ) -> Callable[[], UserPage]:
        """Ask for one page of active or inactive people; return what parses it, without the rows' menus.

        People are ordered by user name. Another request can be under way while this page is parsed: `sent` is
        called once this one has left. Raises SignedOutError (nobody has signed in), Unreachable,
        ConnectionLostError, WrongHostError, UnexpectedPageError; what is returned raises SignedOutError,
        PermissionDeniedError, UnexpectedPageError.
        """
        reply = await self._fetch_list_page(status, {}, number, on_request_sent)
        return partial(self._parse_user_page, reply.text, status, number)

    async def quick_search(self, text: str) -> tuple[UserRow, ...]:
        """Return people, active and inactive, whose name, user name or e-mail contains `text`.

        A quick look, of the first page of each alone, and whoever a page cut short lost is not missed. Fewer
        than two characters find nobody. Raises what `request_user_page` and its parsing raise.
        """
        wanted = text.strip()
        if len(wanted) < _MIN_SEARCH_LENGTH:
            return ()
        rows = await self._search.find_containing(wanted)
        self._row_menus.store(rows)
        return tuple(rows)

    async def find_exact(self, text: str) -> tuple[UserRow, ...]:
        """Return the rows, active and inactive, whose user name or primary e-mail is `text`.

        As `find_exact_many` does for several texts, and raises what that raises.
        """
        (found,) = await self.find_exact_many([text])
        return found

    async def find_exact_many(self, texts: Sequence[str]) -> list[tuple[UserRow, ...]]:
        """Return for each text the rows whose user name or primary e-mail it is, in the order given.

        Upper and lower case are the same; many texts are asked for in one request. The inactive people are
        asked about only where they can matter: a user name without “@” that an active person has is nobody
        else's, as vtiger gives each once. A row that lacks one of the two, as columns are the instance's
        choice, is completed from the person's profile. Raises what `quick_search` raises, and
        UnexpectedPageError if an answer was cut short: somebody might be missing.
        """
        wanted = [text.strip() for text in texts]
        found = await self._search.find_exact([text for text in wanted if safe_text(text)])
        self._row_menus.store(row for rows in found.values() for row in rows)
        return [tuple(found.get(text, ())) for text in wanted]

    async def fetch_profile(self, user_id: str, *, include_row_menu: bool = False) -> Profile:
        """Return a person's profile, read afresh.

        The row's menu in the list is asked for where the profile lacks Send Reset Link or the list showed a
        locked login; else only with `include_row_menu`, and not if a search brought it within the last
        minute.

        Raises UserNotFoundError, PermissionDeniedError, SignedOutError, Unreachable, ConnectionLostError,
        UnexpectedPageError.
        """
        if not is_record_id(user_id):
            raise UserNotFoundError(f"“{safe_text(user_id, limit=40)}” is not a record id.")
        profile = await self._fetch_profile_page(user_id)
        profile = replace(profile, menu=with_problems(profile.menu, self._session.resolve))
        needed = include_row_menu or not _can_send(profile) or self._row_menus.was_locked(user_id)
        if not needed and self._row_menus.get_recent(user_id) is None:
            return profile
        return await self.with_row_menu(profile)

    async def with_row_menu(self, profile: Profile) -> Profile:
        """Return a profile with the items of the row's menu, too. Raises what `profile` raises."""
        if profile.has_row_menu or profile.user.status is Status.INACTIVE:
            return profile
        beside = self._row_menus.get_recent(profile.user.id)
        if beside is None:
            try:
                beside = await self._search.fetch_row_menu(profile.user)
            except UnexpectedPageError:
                # The list fails, but what it is asked for is here already.
                if not _can_send(profile):
                    raise
                beside = ()
        menu = with_problems(merge_menus(profile.menu, beside), self._session.resolve)
        return replace(profile, menu=menu, has_row_menu=True)

    def profile_url(self, user_id: str) -> str:
        """Return the address of a person's profile, for a browser."""
        return self._session.resolve(f"{self._dialect.paths.profile}&record={user_id}")

    async def fetch_login_history(self, user_name: str = "") -> LoginHistory:
        """Return the newest sign-ins of this user name, of everybody if it is empty: one page, newest first.

        Raises SignedOutError, PermissionDeniedError, Unreachable, ConnectionLostError, WrongHostError,
        UnexpectedPageError.
        """
        return await fetch_login_history(self._fetch_page, self._dialect, user_name)

    async def run_menu_item(self, item: MenuItem) -> ActionResult:
        """Run Send Reset Link or Enable Login, once.

        Raises ForbiddenItemError, SignedOutError, PermissionDeniedError, Unreachable: it was not done. Raises
        ConnectionLostError, UnclearAnswerError: it may have been done.
        """
        address = runnable_url(item, self._session.resolve)
        token = self._token or await self._fetch_token(item.user_id)
        self._row_menus.discard(item.user_id)
        try:
            reply = await self._session.post(
                address, {"__vtrftk": token}, headers=_AJAX_HEADERS, fresh_connection=True
            )
        except UnexpectedPageError as error:
            # The request was made, and its answer was too large or unreadable.
            raise UnclearAnswerError(str(error)) from None
        try:
            return parse_action_result(reply.status, reply.text, self._dialect.labels)
        except UnclearAnswerError as error:
            raise UnclearAnswerError(f"{error} {reply.pause_text}".rstrip()) from None

    async def submit_forgot_password_form(self, user: User) -> ActionResult:
        """Ask the CRM's public forgot-password form to mail this person a link, once. It needs no session.

        Raises Unreachable, WrongHostError, UnexpectedPageError: it was not done. Raises ConnectionLostError,
        UnclearAnswerError: it may have been done.
        """
        session = self._new_session()
        try:
            return await submit_forgot_password_form(session, self._dialect.paths.index, user)
        finally:
            await session.close()

    async def sign_out(self) -> None:
        """End the session, or what a failed sign-in may have opened.

        One request, waited for two seconds at most. Never raises: whoever signs out is leaving.
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
        """Forget all of the session but that it can be opened again."""
        self._is_signed_in = False
        self._token = self._unconfirmed_sign_in = None
        self._session.clear_cookies()

    def _parse_user_page(self, html: str, status: Status, number: int) -> UserPage:
        """Return a page of the list; the rows' menus, half the work, only where somebody is locked out."""
        labels = self._dialect.labels
        menus = labels.enable_login in html
        page = parse_user_page(html, number=number, status=status, labels=labels, with_menus=menus)
        self._row_menus.update_locked(page.rows)
        return page

    async def _fetch_profile_page(self, user_id: str) -> Profile:
        """Return a profile, its menu as far as its own page has it."""
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
        switch = _INACTIVE_FILTER if status is Status.INACTIVE else {}
        params = {**_UNIQUE_ORDER, **switch, **query, "page": str(number)}
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
        if not self._is_signed_in:
            raise SignedOutError(f"There is no session with {self._session.host}.")
        ask = partial(
            self._session.get, path, params=params, headers=headers, on_request_sent=on_request_sent
        )
        reply = await ask() if self._unconfirmed_sign_in is None else await self._fetch_confirmed(ask)
        if reply.status != HTTPStatus.OK:
            raise http_status_error(self._session.host, reply)
        return reply

    async def _fetch_confirmed(self, fetch: Callable[[], Awaitable[Response]]) -> Response:
        """Return a page of a session that none has confirmed: a challenge in its place is answered first."""
        sign_in = self._unconfirmed_sign_in
        async with self._confirmation_lock:
            if self._unconfirmed_sign_in is not sign_in or sign_in is None:
                # Whoever was here before has found out meanwhile.
                if not self._is_signed_in:
                    raise SignInError("The CRM asked for something more, and was not answered.", advice="")
                return await fetch()
            reply = await fetch()
            self._unconfirmed_sign_in = None
            try:
                if not await sign_in.handle_challenge(reply):
                    return reply
            except CrmError:
                # The password may have opened it.
                await self.sign_out()
                raise
            if sign_in.csrf_token:
                self._token = SecretStr(sign_in.csrf_token)
            self.signed_in_at = sign_in.accepted_at
            return await fetch()

    async def _search_own_account(self, username: str) -> Response:
        """Return the answer to a search for the own account: a page as small as any that needs a session."""
        params = {**_UNIQUE_ORDER, "search_params": search_params([("user_name", username)]), "page": "1"}
        return await self._session.get(self._dialect.paths.users, params=params, headers=_FRAGMENT_HEADERS)

    async def _fetch_token(self, user_id: str) -> SecretStr:
        """Return the token of the person's profile page. Raises CrmError that means: nothing was done."""
        try:
            await self._fetch_profile_page(user_id)
        except ConnectionLostError as error:
            raise UnreachableError(str(error), advice=error.advice) from None
        if self._token is None:
            raise UnexpectedPageError(
                "The profile carries no csrfMagicToken, without which nothing can be sent."
            )
        return self._token


def _can_send(profile: Profile) -> bool:
    """Return whether a profile needs no other menu: its own sends links, or an inactive one's has none."""
    item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
    return profile.user.status is Status.INACTIVE or (item is not None and not item.problem)
