"""The client of one CRM instance: sign in, read people, run one menu item, sign out.

The calls mirror what a person does in the browser. Nothing that is sent is ever repeated by itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from dazos_tui.crm.cookies import cookies_in
from dazos_tui.crm.dialect import Dialect, same_label
from dazos_tui.crm.errors import (
    CrmError,
    ForbiddenItem,
    NoSuchUser,
    NotACrm,
    SignedOut,
    SignInFailed,
    UnclearAnswer,
    UnexpectedPage,
)
from dazos_tui.crm.forgotten import mail_by_form
from dazos_tui.crm.models import (
    Answer,
    ItemKind,
    LoginHistory,
    MenuItem,
    Profile,
    Question,
    Status,
    User,
    UserPage,
    UserRow,
)
from dazos_tui.crm.network import DIRECT, Network
from dazos_tui.crm.pages.answers import parse_answer
from dazos_tui.crm.pages.login import LoginForm, parse_landing, parse_login, refusal_words
from dazos_tui.crm.pages.markup import csrf_token, is_record_id, parse
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.crm.pages.question import parse_question
from dazos_tui.crm.pages.users import parse_users
from dazos_tui.crm.session import DEFAULT_TIMEOUTS, Reply, Session, Timeouts
from dazos_tui.crm.sign_ins import read_login_history
from dazos_tui.logs import log
from dazos_tui.text import safe_text

DEFAULT_DIALECT = Dialect()

Answers = Mapping[str, str | SecretStr]
"""What is filled in, by the names of the prompts, and which of several buttons was pressed."""
Answerer = Callable[[Question], Awaitable[Answers | None]]
"""Answers what the CRM asks in the middle of a sign-in; None gives the sign-in up."""

_RUNNABLE = frozenset({ItemKind.SEND_RESET_LINK, ItemKind.ENABLE_LOGIN})
_AJAX = {"X-Requested-With": "XMLHttpRequest"}
_FRAGMENT = {**_AJAX, "X-PJAX": "true"}

# Any order that is not unique makes the server lose and repeat people from page to page.
_UNIQUE_ORDER = {"orderby": "user_name", "sortorder": "ASC"}
_ONLY_INACTIVE = {"search_key": "status", "search_value": "Inactive", "operator": "e"}

_CLOSED_DOORS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
)

_BARREN_PAGES = 3
"""Pages in a row that may be cut short before their first row; then the list is given up."""
_MOST_QUESTIONS = 8
"""Pages that may ask for something before the sign-in is given up, wrong answers included."""
_PATIENCE_AT_THE_DOOR = 2.0
"""Seconds that a sign-out may take: whoever leaves does not wait for a server that hangs, or that still
works on a request given up here, which the next one of the same session has to wait for."""
_NOT_TAKEN = (
    "Before you sign in again, wait for a new code, or find out the right answer. Each try counts: Dazos "
    "locks an account for an hour after too many."
)
_LOOKED_IN = ("first_name", "last_name", "user_name", "email1")
_LEAST_LOOKED_FOR = 2
"""Characters that a quick look needs: a single one would find nearly everybody."""
_NAMELESS = 10
"""Rows of one search that are completed from their profiles at most."""


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
        self._token: SecretStr | None = None
        self.signed_in_at: datetime | None = None
        """When `sign_in` succeeded last, in UTC, by the server's clock if it tells it, else by ours. None if
        the session is a browser's."""

    def __repr__(self) -> str:
        return f"CrmClient({self._session.host!r})"

    async def recognise(self) -> None:
        """Look at the login page, without signing in: it tells that this is a CRM.

        Raises NotACrm, WrongHost, Unreachable, ConnectionLost, UnexpectedPage.
        """
        self._login_form(await self._session.get(self._dialect.paths.index))

    async def sign_in(self, username: str, password: SecretStr, answer: Answerer | None = None) -> None:
        """Sign in, with exactly one attempt. `answer` is asked whatever the CRM asks besides, such as a code.

        Raises SignInFailed, NotACrm, WrongHost, Unreachable, ConnectionLost, UnexpectedPage.
        """
        self._session.forget()
        self._token = self.signed_in_at = None
        page = await self._session.get(self._dialect.paths.index)
        form = self._login_form(page)
        fields: dict[str, str | SecretStr] = {**form.hidden, "username": username, "password": password}
        reply = await self._session.post(form.action or page.url, fields, base=page.url)
        landing = await self._landing(reply, "this user name and password")
        for _ in range(_MOST_QUESTIONS):
            asked = parse_question(landing.text)
            if asked is None:
                self._token = SecretStr(parse_landing(landing.text))
                self.signed_in_at = landing.server_time or datetime.now(UTC)
                log("signed in")
                return
            landing = await self._answered(landing, *asked, answer)
        raise UnexpectedPage(f"{self._session.host} asks for more and more before it lets anybody in.")

    async def resume(self, cookie: SecretStr) -> None:
        """Go on with a session that a browser opened, by its cookie as `cookies_in` takes it.

        Raises SignInFailed if the CRM does not take them, NotACrm, WrongHost, Unreachable, ConnectionLost,
        UnexpectedPage.
        """
        cookies = cookies_in(cookie)
        self._session.forget()
        self._token = self.signed_in_at = None
        self._session.use_cookies(cookies)
        page = await self._session.get(self._dialect.paths.index)
        if page.status != HTTPStatus.OK:
            raise self._refused(page.status)
        if parse_login(page.text) is not None:
            self._session.forget()
            raise SignInFailed(
                f"{self._session.host} does not take this session cookie.",
                advice="Sign in with the browser and copy the cookie anew: one ends with its session.",
            )
        self._token = SecretStr(parse_landing(page.text))
        log("signed in")

    def leave(self) -> None:
        """Let go of the session without ending it: it is a browser's, too."""
        self._token = None
        self._session.forget()

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
        labels = self._dialect.labels
        return partial(parse_users, reply.text, number=number, status=status, labels=labels, menus=False)

    async def search_like(self, text: str) -> tuple[UserRow, ...]:
        """Return people, active and inactive, whose name, user name or e-mail contains `text`.

        A quick look, of the first page of each alone, and whoever a page cut short lost is not missed. Fewer
        than two characters find nobody. Raises what `users_page` and its parsing raise.
        """
        wanted = text.strip()
        if len(wanted) < _LEAST_LOOKED_FOR:
            return ()
        query = {"search_params": _search(*((name, wanted) for name in _LOOKED_IN), operator="c")}
        rows: list[UserRow] = []
        for status in Status:
            reply = await self._list(status, query, 1)
            rows += parse_users(reply.text, number=1, status=status, labels=self._dialect.labels).rows
        return tuple(rows)

    async def search(self, text: str) -> tuple[UserRow, ...]:
        """Return the rows, active and inactive, whose user name or primary e-mail is `text`.

        Upper and lower case are the same. A row that lacks one of the two, as columns are the instance's
        choice, is completed from the person's profile. Raises what `search_like` raises, and UnexpectedPage
        if an answer was cut short: somebody might be missing.
        """
        wanted = safe_text(text)
        if not wanted:
            return ()
        query = _search(("user_name", text.strip()), ("email1", text.strip()))
        found = [row for status in Status for row in await self._found(status, query)]
        same = wanted.casefold()
        if (nameless := sum(_may_be(row, same) for row in found)) > _NAMELESS:
            raise UnexpectedPage(
                f"The search finds {nameless} rows that do not show whether they are the person.",
                advice="Let the user list in the CRM show the column user_name.",
            )
        rows = [await self._completed(row) if _may_be(row, same) else row for row in found]
        return tuple(row for row in rows if same in _names(row))

    async def profile(self, user_id: str) -> Profile:
        """Return a person's profile, read afresh, with the items of both menus.

        Raises NoSuchUser, PermissionDenied, SignedOut, Unreachable, ConnectionLost, UnexpectedPage.
        """
        if not is_record_id(user_id):
            raise NoSuchUser(f"“{safe_text(user_id, limit=40)}” is not a record id.")
        profile = await self._profile_page(user_id)
        if profile.user.status is not Status.ACTIVE:
            return profile
        try:
            beside = await self._row_menu(profile)
        except UnexpectedPage:
            # The list fails, but what it is asked for is here already.
            item = profile.item(ItemKind.SEND_RESET_LINK)
            if item is None or not item.target:
                raise
            beside = ()
        return replace(profile, menu=_merged(profile.menu, beside))

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
        address = self._address(item)
        if self._token is None:
            raise SignedOut(f"There is no session with {self._session.host}.")
        try:
            reply = await self._session.post(address, {"__vtrftk": self._token}, headers=_AJAX, alone=True)
        except UnexpectedPage as error:
            # The request was made, and its answer was too large or unreadable.
            raise UnclearAnswer(str(error)) from None
        return parse_answer(reply.status, reply.text, self._dialect.labels)

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
        if self._token is None and not self._session.cookies():
            return
        self._token = None
        with suppress(CrmError, TimeoutError):
            async with asyncio.timeout(_PATIENCE_AT_THE_DOOR):
                await self._session.get(self._dialect.paths.sign_out, once=True)
        self._session.forget()

    async def close(self) -> None:
        """Close the connections."""
        self._token = None
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _login_form(self, page: Reply) -> LoginForm:
        form = parse_login(page.text) if page.status == HTTPStatus.OK else None
        if form is not None:
            return form
        if page.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise NotACrm(f"What answers at {self._session.host} is not the CRM's login page.")
        raise self._refused(page.status)

    async def _answered(
        self, page: Reply, question: Question, form: LoginForm, answer: Answerer | None
    ) -> Reply:
        """Answer what the CRM asks, once, and return the page after it."""
        answers = await answer(question) if answer is not None else None
        if answers is None:
            asked = ", ".join(prompt.label for prompt in question.prompts) or "a word of consent"
            raise SignInFailed(
                f"After the sign-in {self._session.host} asks for something more: {asked}.",
                advice="Nobody answered it. Sign in again and answer, or do it with a browser once.",
            )
        pressed = question.only_button.pressed if question.only_button is not None else {}
        fields = {**form.hidden, **pressed, **answers}
        reply = await self._session.post(form.action or page.url, fields, base=page.url)
        return await self._landing(reply, "this answer", advice=_NOT_TAKEN)

    async def _landing(self, reply: Reply, given: str, *, advice: str | None = None) -> Reply:
        """Return the page after what was `given`. Raises SignInFailed if that is the login page again."""
        failed = "login" in parse_qs(reply.location.partition("?")[2].partition("#")[0]).get("error", [])
        try:
            page = await self._session.follow(reply)
        except CrmError:
            if failed:
                raise self._sign_in_failed(given, "", advice) from None
            raise
        if failed or parse_login(page.text) is not None:
            raise self._sign_in_failed(given, refusal_words(page.text), advice)
        if page.status == HTTPStatus.OK:
            return page
        if not reply.redirects:
            raise self._refused(page.status)
        raise UnexpectedPage(
            f"{self._session.host} did not refuse the sign-in, but the page after it failed "
            f"(HTTP {page.status})."
        )

    def _sign_in_failed(self, given: str, words: str, advice: str | None) -> SignInFailed:
        says = f" It says: {words}" if words else ""
        return SignInFailed(f"{self._session.host} did not take {given}.{says}", advice=advice)

    async def _pages(self, status: Status, query: Mapping[str, str]) -> AsyncIterator[UserPage]:
        seen: set[str] = set()
        number, barren = 0, 0
        while True:
            number += 1
            reply = await self._list(status, query, number)
            page = parse_users(reply.text, number=number, status=status, labels=self._dialect.labels)
            new = {row.user.id for row in page.rows} - seen
            barren = 0 if new else barren + 1
            if page.has_next and barren and (not page.missing or barren == _BARREN_PAGES):
                raise UnexpectedPage(f"Page {number} of the user list brings nobody new, and promises more.")
            seen |= new
            yield page
            if not page.has_next:
                return

    async def _found(self, status: Status, query: str) -> list[UserRow]:
        rows: list[UserRow] = []
        async for page in self._pages(status, {"search_params": query}):
            if page.missing:
                raise UnexpectedPage("The CRM's answer to the search was cut short: somebody may be missing.")
            rows += page.rows
        return rows

    async def _completed(self, row: UserRow) -> UserRow:
        """Return a row with the user name and e-mail of the person's profile, if there still is one."""
        try:
            shown = (await self._profile_page(row.user.id)).user
        except NoSuchUser:
            return row
        return replace(row, user=replace(row.user, user_name=shown.user_name, email=shown.email))

    async def _profile_page(self, user_id: str) -> Profile:
        """Return a profile, its menu as far as its own page has it."""
        page = await self._page(self._dialect.paths.profile, {"record": user_id})
        profile = parse_profile(page.text, user_id=user_id, labels=self._dialect.labels)
        if token := csrf_token(parse(page.text)):
            self._token = SecretStr(token)
        return profile

    async def _row_menu(self, profile: Profile) -> tuple[MenuItem, ...]:
        """Return the menu of the person's row in the list, looked up by user name."""
        query = _search(("user_name", profile.user.user_name))
        cut_short = False
        async for page in self._pages(Status.ACTIVE, {"search_params": query}):
            cut_short = cut_short or page.missing > 0
            if row := next((row for row in page.rows if row.user.id == profile.user.id), None):
                return row.menu
        if cut_short:
            raise UnexpectedPage("The CRM's answer was cut short: this person's row in the list is missing.")
        return ()

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
        if self._token is None:
            raise SignedOut(f"There is no session with {self._session.host}.")
        reply = await self._session.get(path, params=params, headers=headers, sent=sent)
        if reply.status != HTTPStatus.OK:
            raise self._refused(reply.status)
        return reply

    def _refused(self, status: int) -> UnexpectedPage:
        host = self._session.host
        if status in _CLOSED_DOORS:
            return UnexpectedPage(
                f"The web server or proxy at {host} refuses access (HTTP {status}), before the CRM is asked.",
                advice="Ask whoever runs the instance or your network whether you may reach it from here.",
            )
        return UnexpectedPage(f"{host} answered with an error (HTTP {status}).")

    def _address(self, item: MenuItem) -> str:
        """Return the address that runs an item. Raises ForbiddenItem unless it is one that may be run."""
        if item.kind not in _RUNNABLE:
            raise ForbiddenItem(f"“{item.label}” cannot be run from here.")
        if not item.target:
            raise ForbiddenItem(f"“{item.label}” has no address that could be run.")
        try:
            address = self._session.resolve(item.target)
        except CrmError:
            raise ForbiddenItem(f"“{item.label}” points away from {self._session.host}.") from None
        if parse_qs(urlsplit(address).query).get("record") != [item.user_id]:
            raise ForbiddenItem(f"“{item.label}” does not point at record {item.user_id}.")
        return address


def _search(*any_of: tuple[str, str], operator: str = "e") -> str:
    """Return a search for records where one of these fields is exactly its text, or contains it (“c”).

    As seen on a vtiger 8.0 server: two lists of conditions, all of the first and any of the second.
    """
    conditions = [[field, operator, text] for field, text in any_of]
    return json.dumps([conditions] if len(conditions) == 1 else [[], conditions])


def _names(row: UserRow) -> set[str]:
    return {row.user.user_name.casefold(), row.user.email.casefold()}


def _may_be(row: UserRow, same: str) -> bool:
    """Tell whether a row lacks what would show that it is the person, or that it is not."""
    names = _names(row)
    return same not in names and "" in names


def _merged(more: tuple[MenuItem, ...], beside: tuple[MenuItem, ...]) -> tuple[MenuItem, ...]:
    """Return the More menu's items, then those that only the row's menu has, or has with an address."""
    usable = [item for item in beside if item.target]
    kept = [item for item in more if item.target or not _among(item, usable)]
    return (*kept, *(item for item in beside if not _among(item, kept)))


def _among(item: MenuItem, others: list[MenuItem]) -> bool:
    return any(same_label(item.label, other.label) for other in others)
