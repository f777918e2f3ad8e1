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
    ConnectionLost,
    CredentialRefused,
    CrmError,
    NoSuchUser,
    SignedOut,
    SignInFailed,
    UnclearAnswer,
    UnexpectedPage,
    Unreachable,
    WrongHost,
)
from dazos_tui.crm.forgot_password import mail_by_form
from dazos_tui.crm.gateway_errors import refused
from dazos_tui.crm.http.cookies import cookies_in
from dazos_tui.crm.http.network import DIRECT, Network
from dazos_tui.crm.http.response import Reply
from dazos_tui.crm.http.session import DEFAULT_TIMEOUTS, Session, Timeouts
from dazos_tui.crm.login_history import read_login_history
from dazos_tui.crm.menu_item_urls import judged, runnable_address
from dazos_tui.crm.models import (
    Answer,
    ItemKind,
    LoginHistory,
    MenuItem,
    OwnSettings,
    Profile,
    Status,
    User,
    UserPage,
    UserRow,
)
from dazos_tui.crm.own_settings import read_own_settings
from dazos_tui.crm.pages.action_results import parse_answer
from dazos_tui.crm.pages.html import csrf_token, is_record_id, parse
from dazos_tui.crm.pages.login import has_single_sign_on, parse_landing, parse_login
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.crm.pages.users import parse_users
from dazos_tui.crm.row_menu_cache import RowMenus, merged
from dazos_tui.crm.sign_in import Answerer, Answers, SignIn, login_form
from dazos_tui.crm.user_search import UserSearch, search_for
from dazos_tui.system.event_log import log
from dazos_tui.text.sanitize import safe_text

__all__ = ["Answerer", "Answers", "CrmClient"]

DEFAULT_DIALECT = Dialect()

_AJAX = {"X-Requested-With": "XMLHttpRequest"}
_FRAGMENT = {**_AJAX, "X-PJAX": "true"}

# Any order that is not unique makes the server lose and repeat people from page to page.
_UNIQUE_ORDER = {"orderby": "user_name", "sortorder": "ASC"}
_ONLY_INACTIVE = {"search_key": "status", "search_value": "Inactive", "operator": "e"}

_PATIENCE_AT_THE_DOOR = 2.0
"""Seconds that a sign-out may take: whoever leaves does not wait for a server that hangs, or that still
works on a request given up here, which the next one of the same session has to wait for."""
_LEAST_LOOKED_FOR = 2
"""Characters that a quick look needs: a single one would find nearly everybody."""


class CrmClient:
    """A web session with one instance. Use it as an async context manager, or call `close`."""

    def __init__(
        self,
        url: str,
        *,
        dialect: Dialect = DEFAULT_DIALECT,
        network: Network = DIRECT,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        """Take the instance's address, without connecting yet. Raises Unreachable if it is no address."""
        self._new_session = partial(Session, url, network=network, timeouts=timeouts)
        self._session = self._new_session()
        self._dialect = dialect
        self._is_signed_in = False
        self._token: SecretStr | None = None
        # The sign-in that no page has confirmed yet: pages are asked for one at a time meanwhile.
        self._unconfirmed: SignIn | None = None
        self._first_page = asyncio.Lock()
        self._row_menus = RowMenus()
        self._searching = UserSearch(self._list, self._profile_page, dialect.labels)
        self.signed_in_at: datetime | None = None
        """When `sign_in` succeeded last, in UTC, by the server's clock if it tells it, else by ours. None if
        the session is a browser's."""

    def __repr__(self) -> str:
        return f"CrmClient({self._session.host!r})"

    async def recognise(self) -> tuple[str, ...]:
        """Look at the login page, without signing in: it tells that this is a CRM.

        Returns what its form asks for besides user name and password, in the words of its labels.

        Raises NotACrm, WrongHost, Unreachable, ConnectionLost, UnexpectedPage.
        """
        found = login_form(self._session.host, await self._session.get(self._dialect.paths.index))
        prompts = found.question.prompts if found.question is not None else ()
        captcha = ("a captcha, which only a browser can show",) if found.has_captcha else ()
        return (*(prompt.label for prompt in prompts), *captcha)

    async def sign_in(self, username: str, password: SecretStr, answer: Answerer | None = None) -> None:
        """Sign in, with exactly one attempt. `answer` is asked whatever the CRM asks besides, such as a code.

        The page that the CRM redirects to is not asked for. So a CRM that wants something more before it
        shows any page asks for it in place of the first one: `answer` may be called then, and that page may
        raise SignInFailed; `confirm` makes it happen. Raises SignInFailed, NotACrm, WrongHost, Unreachable,
        ConnectionLost, UnexpectedPage.
        """
        self._end()
        self.signed_in_at = None
        sign_in = SignIn(self._session, self._dialect, answer, partial(self._own_row, username))
        await sign_in.begin(username, password)
        self._token = SecretStr(sign_in.token) if sign_in.token else None
        self._unconfirmed = None if sign_in.is_certain else sign_in
        self._is_signed_in, self.signed_in_at = True, sign_in.at
        log("signed in")

    async def confirm(self) -> None:
        """Ask for a small page, unless one has come already, to see that the session is open.

        Raises SignInFailed, SignedOut, WrongHost, Unreachable, ConnectionLost, UnexpectedPage.
        """
        if self._unconfirmed is not None:
            page = await self._confirmed(self._unconfirmed.probe)
            if parse_login(page.text) is not None:
                raise SignedOut("The session has ended: the CRM shows its login page.")

    async def resume(self, cookie: SecretStr) -> None:
        """Go on with a session that a browser opened, by its cookie as `cookies_in` takes it.

        Raises SignInFailed if the CRM does not take them, NotACrm, WrongHost, Unreachable, ConnectionLost,
        UnexpectedPage.
        """
        cookies = cookies_in(cookie)
        self._end()
        self.signed_in_at = None
        self._session.use_cookies(cookies)
        not_taken = CredentialRefused(
            f"{self._session.host} does not take this session cookie.",
            advice="Sign in with the browser and copy the cookie anew: one ends with its session.",
        )
        try:
            page = await self._session.get(self._dialect.paths.index)
        except WrongHost:
            # To where people sign in.
            self._end()
            raise not_taken from None
        if page.status != HTTPStatus.OK:
            raise refused(self._session.host, page)
        if parse_login(page.text) is not None or has_single_sign_on(page.text):
            self._end()
            raise not_taken
        self._token = SecretStr(parse_landing(page.text))
        self._is_signed_in = True
        log("signed in")

    def leave(self) -> None:
        """Let go of the session without ending it: it is a browser's, too."""
        self._end()

    async def own_settings(self) -> OwnSettings:
        """Return the time zone and date format in which this account is shown times.

        Raises SignedOut, Unreachable, ConnectionLost, WrongHost, UnexpectedPage.
        """
        return await read_own_settings(self._page, self._dialect)

    async def users_page(
        self, status: Status, number: int, sent: Callable[[], object] | None = None
    ) -> Callable[[], UserPage]:
        """Ask for one page of active or inactive people; return what parses it, without the rows' menus.

        People are ordered by user name. Another request can be under way while this page is parsed: `sent` is
        called once this one has left. Raises
        SignedOut (nobody has signed in), Unreachable, ConnectionLost, WrongHost, UnexpectedPage; what is
        returned raises SignedOut, PermissionDenied, UnexpectedPage.
        """
        reply = await self._list(status, {}, number, sent)
        return partial(self._parsed, reply.text, status, number)

    async def search_like(self, text: str) -> tuple[UserRow, ...]:
        """Return people, active and inactive, whose name, user name or e-mail contains `text`.

        A quick look, of the first page of each alone, and whoever a page cut short lost is not missed. Fewer
        than two characters find nobody. Raises what `users_page` and its parsing raise.
        """
        wanted = text.strip()
        if len(wanted) < _LEAST_LOOKED_FOR:
            return ()
        rows = await self._searching.like(wanted)
        self._row_menus.note(rows)
        return tuple(rows)

    async def search(self, text: str) -> tuple[UserRow, ...]:
        """Return the rows, active and inactive, whose user name or primary e-mail is `text`.

        As `search_each` does for several texts, and raises what that raises.
        """
        (found,) = await self.search_each([text])
        return found

    async def search_each(self, texts: Sequence[str]) -> list[tuple[UserRow, ...]]:
        """Return for each text the rows whose user name or primary e-mail it is, in the order given.

        Upper and lower case are the same; many texts are asked for in one request. The inactive people are
        asked about only where they can matter: a user name without “@” that an active person has is nobody
        else's, as vtiger gives each once. A row that lacks one of the two, as columns are the instance's
        choice, is completed from the person's profile. Raises what `search_like` raises, and UnexpectedPage
        if an answer was cut short: somebody might be missing.
        """
        wanted = [text.strip() for text in texts]
        found = await self._searching.each([text for text in wanted if safe_text(text)])
        self._row_menus.note(row for rows in found.values() for row in rows)
        return [tuple(found.get(text, ())) for text in wanted]

    async def profile(self, user_id: str, *, both_menus: bool = False) -> Profile:
        """Return a person's profile, read afresh.

        The row's menu in the list is asked for where the profile lacks Send Reset Link or the list showed a
        locked login; else only with `both_menus`, and not if a search brought it within the last minute.

        Raises NoSuchUser, PermissionDenied, SignedOut, Unreachable, ConnectionLost, UnexpectedPage.
        """
        if not is_record_id(user_id):
            raise NoSuchUser(f"“{safe_text(user_id, limit=40)}” is not a record id.")
        profile = await self._profile_page(user_id)
        profile = replace(profile, menu=judged(profile.menu, self._session.resolve))
        needed = both_menus or not _can_send(profile) or self._row_menus.was_locked(user_id)
        if not needed and self._row_menus.fresh(user_id) is None:
            return profile
        return await self.with_row_menu(profile)

    async def with_row_menu(self, profile: Profile) -> Profile:
        """Return a profile with the items of the row's menu, too. Raises what `profile` raises."""
        if profile.has_row_menu or profile.user.status is Status.INACTIVE:
            return profile
        beside = self._row_menus.fresh(profile.user.id)
        if beside is None:
            try:
                beside = await self._searching.row_menu(profile.user)
            except UnexpectedPage:
                # The list fails, but what it is asked for is here already.
                if not _can_send(profile):
                    raise
                beside = ()
        menu = judged(merged(profile.menu, beside), self._session.resolve)
        return replace(profile, menu=menu, has_row_menu=True)

    def profile_url(self, user_id: str) -> str:
        """Return the address of a person's profile, for a browser."""
        return self._session.resolve(f"{self._dialect.paths.profile}&record={user_id}")

    async def login_history(self, user_name: str = "") -> LoginHistory:
        """Return the newest sign-ins of this user name, of everybody if it is empty: one page, newest first.

        Raises SignedOut, PermissionDenied, Unreachable, ConnectionLost, WrongHost, UnexpectedPage.
        """
        return await read_login_history(self._page, self._dialect, user_name)

    async def run(self, item: MenuItem) -> Answer:
        """Run Send Reset Link or Enable Login, once.

        Raises ForbiddenItem, SignedOut, PermissionDenied, Unreachable: it was not done. Raises
        ConnectionLost, UnclearAnswer: it may have been done.
        """
        address = runnable_address(item, self._session.resolve)
        token = self._token or await self._fetched_token(item.user_id)
        self._row_menus.forget(item.user_id)
        try:
            reply = await self._session.post(address, {"__vtrftk": token}, headers=_AJAX, alone=True)
        except UnexpectedPage as error:
            # The request was made, and its answer was too large or unreadable.
            raise UnclearAnswer(str(error)) from None
        try:
            return parse_answer(reply.status, reply.text, self._dialect.labels)
        except UnclearAnswer as error:
            raise UnclearAnswer(f"{error} {reply.pause_words}".rstrip()) from None

    async def mail_by_form(self, user: User) -> Answer:
        """Ask the CRM's public forgot-password form to mail this person a link, once. It needs no session.

        Raises Unreachable, WrongHost, UnexpectedPage: it was not done. Raises ConnectionLost,
        UnclearAnswer: it may have been done.
        """
        session = self._new_session()
        try:
            return await mail_by_form(session, self._dialect.paths.index, user)
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
            async with asyncio.timeout(_PATIENCE_AT_THE_DOOR):
                await self._session.get(self._dialect.paths.sign_out, once=True)
        self._end()

    async def close(self) -> None:
        """Close the connections."""
        self._end()
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _end(self) -> None:
        """Forget all of the session but that it can be opened again."""
        self._is_signed_in = False
        self._token = self._unconfirmed = None
        self._session.forget()

    def _parsed(self, html: str, status: Status, number: int) -> UserPage:
        """Return a page of the list; the rows' menus, half the work, only where somebody is locked out."""
        labels = self._dialect.labels
        menus = labels.enable_login in html
        page = parse_users(html, number=number, status=status, labels=labels, menus=menus)
        self._row_menus.note_locked(page.rows)
        return page

    async def _profile_page(self, user_id: str) -> Profile:
        """Return a profile, its menu as far as its own page has it."""
        page = await self._page(self._dialect.paths.profile, {"record": user_id})
        profile = parse_profile(page.text, user_id=user_id, labels=self._dialect.labels)
        if token := csrf_token(parse(page.text)):
            self._token = SecretStr(token)
        return profile

    async def _list(
        self, status: Status, query: Mapping[str, str], number: int, sent: Callable[[], object] | None = None
    ) -> Reply:
        switch = _ONLY_INACTIVE if status is Status.INACTIVE else {}
        params = {**_UNIQUE_ORDER, **switch, **query, "page": str(number)}
        return await self._page(self._dialect.paths.users, params, headers=_FRAGMENT, sent=sent)

    async def _page(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        sent: Callable[[], object] | None = None,
    ) -> Reply:
        if not self._is_signed_in:
            raise SignedOut(f"There is no session with {self._session.host}.")
        ask = partial(self._session.get, path, params=params, headers=headers, sent=sent)
        reply = await ask() if self._unconfirmed is None else await self._confirmed(ask)
        if reply.status != HTTPStatus.OK:
            raise refused(self._session.host, reply)
        return reply

    async def _confirmed(self, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return a page of a session that none has confirmed: a challenge in its place is answered first."""
        sign_in = self._unconfirmed
        async with self._first_page:
            if self._unconfirmed is not sign_in or sign_in is None:
                # Whoever was here before has found out meanwhile.
                if not self._is_signed_in:
                    raise SignInFailed("The CRM asked for something more, and was not answered.", advice="")
                return await ask()
            reply = await ask()
            self._unconfirmed = None
            try:
                if not await sign_in.met(reply):
                    return reply
            except CrmError:
                # The password may have opened it.
                await self.sign_out()
                raise
            if sign_in.token:
                self._token = SecretStr(sign_in.token)
            self.signed_in_at = sign_in.at
            return await ask()

    async def _own_row(self, username: str) -> Reply:
        """Return the answer to a search for the own account: a page as small as any that needs a session."""
        params = {**_UNIQUE_ORDER, "search_params": search_for([("user_name", username)]), "page": "1"}
        return await self._session.get(self._dialect.paths.users, params=params, headers=_FRAGMENT)

    async def _fetched_token(self, user_id: str) -> SecretStr:
        """Return the token of the person's profile page. Raises CrmError that means: nothing was done."""
        try:
            await self._profile_page(user_id)
        except ConnectionLost as error:
            raise Unreachable(str(error), advice=error.advice) from None
        if self._token is None:
            raise UnexpectedPage("The profile carries no csrfMagicToken, without which nothing can be sent.")
        return self._token


def _can_send(profile: Profile) -> bool:
    """Return whether a profile needs no other menu: its own sends links, or an inactive one's has none."""
    item = profile.item(ItemKind.SEND_RESET_LINK)
    return profile.user.status is Status.INACTIVE or (item is not None and not item.problem)
