"""The API of one CRM instance that an access key opens: a faster way to read the active people.

It knows neither inactive accounts nor roles, and cannot send anything. All it is ever asked is how many
people there are, and named columns of them: `SELECT *` and `retrieve` would bring every colleague's
password hash and access key (seen on a vtiger 8.0 server).
"""

import hashlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from dazos_tui.crm.dialect import Paths
from dazos_tui.crm.errors import SignedOut, UnexpectedPage
from dazos_tui.crm.http.network import DIRECT, Network
from dazos_tui.crm.http.response import Reply
from dazos_tui.crm.http.session import DEFAULT_TIMEOUTS, Session, Timeouts
from dazos_tui.crm.models import User
from dazos_tui.crm.pages.webservice_results import (
    COLUMNS,
    MOST_PEOPLE,
    parse_count,
    parse_handle,
    parse_page,
    parse_result,
    unexpected,
)

DEFAULT_PATHS = Paths()

PAGE_SIZE = 100
"""Rows of one query: the server gives no more, whatever it is asked for."""

_BARREN_PAGES = 3
"""Pages in a row that may bring nobody new; then the list is given up."""
_EMPTY_PAGES = 2
"""Pages in a row without any rows that end a list of unknown length: one may have been kept back whole."""


class WebService:
    """A session of the access-key API. Use it as an async context manager, or call `close`."""

    def __init__(
        self,
        url: str,
        username: str,
        *,
        paths: Paths = DEFAULT_PATHS,
        network: Network = DIRECT,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        """Take the instance's address, without connecting yet. Raises Unreachable if it is no address."""
        self._session = Session(url, network=network, timeouts=timeouts)
        self._username = username
        self._path = paths.webservice
        self._name: SecretStr | None = None

    def __repr__(self) -> str:
        return f"WebService({self._session.host!r})"

    async def sign_in(self, access_key: SecretStr) -> None:
        """Sign in, with exactly one attempt. The key itself is not sent.

        Raises SignInFailed, PermissionDenied, WrongHost, Unreachable, ConnectionLost, UnexpectedPage.
        """
        self._session.forget()
        self._name = None
        challenge = await self._session.get(
            self._path, params={"operation": "getchallenge", "username": self._username}
        )
        result = _result(challenge, signing_in=True)
        proof = _proof(parse_handle(result, "token"), access_key)
        reply = await self._session.post(
            self._path, {"operation": "login", "username": self._username, "accessKey": proof}
        )
        result = _result(reply, signing_in=True)
        self._name = SecretStr(parse_handle(result, "sessionName"))

    async def count(self) -> int | None:
        """Return how many active people there are, or None if the server does not count them.

        Raises SignedOut, PermissionDenied, WrongHost, Unreachable, ConnectionLost, UnexpectedPage.
        """
        return parse_count(await self._query("SELECT count(*) FROM Users;"))

    async def active_users(self) -> AsyncIterator[tuple[User, ...]]:
        """Yield the active people page by page, in the order of their ids, nobody twice.

        A page may bring few people or none and not be the last: rows the account may not read are dropped
        by the server after it has counted to a hundred. Where the server does not count people, two pages
        without any rows are the end. Raises what `count` raises; after UnexpectedPage some people may be
        missing.
        """
        promised = await self.count()
        end = MOST_PEOPLE if promised is None else promised
        seen: set[str] = set()
        barren = empty = 0
        for offset in range(0, end, PAGE_SIZE):
            people, has_rows = await self._page(offset)
            new = [user for user in people if user.id not in seen]
            seen.update(user.id for user in new)
            barren = 0 if new else barren + 1
            empty = 0 if has_rows else empty + 1
            yield tuple(new)
            if promised is None and empty == _EMPTY_PAGES:
                break
            if barren == _BARREN_PAGES and offset + PAGE_SIZE < end:
                raise unexpected(f"brings nobody new, and promises {_promise(promised)}")
        # Whoever signed in is one of them.
        if not seen:
            raise unexpected("brings nobody at all")

    async def close(self) -> None:
        """Close the connections."""
        self._name = None
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _page(self, offset: int) -> tuple[tuple[User, ...], bool]:
        """Return the people of a page, and whether it had any rows. No variable here holds its rows."""
        columns = ",".join(COLUMNS)
        return parse_page(
            await self._query(f"SELECT {columns} FROM Users ORDER BY id LIMIT {offset},{PAGE_SIZE};")  # noqa: S608
        )

    async def _query(self, query: str) -> object:
        if self._name is None:
            raise SignedOut(f"There is no session with {self._session.host}.")
        name = self._name.get_secret_value()
        params = {"operation": "query", "sessionName": name, "query": query}
        reply = await self._session.get(self._path, params=params)
        return _result(reply)


def _result(reply: Reply, *, signing_in: bool = False) -> object:
    try:
        return parse_result(reply.status, reply.text, signing_in=signing_in)
    except UnexpectedPage as error:
        raise UnexpectedPage(f"{error} {reply.pause_words}".rstrip(), advice=error.advice) from None


def _promise(count: int | None) -> str:
    return "more" if count is None else f"{count:,} people"


def _proof(challenge: str, access_key: SecretStr) -> SecretStr:
    """Return what proves that one has the key. That it is an MD5 is the protocol's choice."""
    # A key that cannot be encoded is no key of the CRM's; an error about it would quote it.
    whole = (challenge + access_key.get_secret_value()).encode(errors="replace")
    return SecretStr(hashlib.md5(whole, usedforsecurity=False).hexdigest())
