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
from dazos_tui.crm.errors import SignedOutError, UnexpectedPageError
from dazos_tui.crm.http.network import DEFAULT_NETWORK, NetworkSettings
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.http.session import DEFAULT_TIMEOUTS, HttpSession, Timeouts
from dazos_tui.crm.models import User
from dazos_tui.crm.pages.webservice_results import (
    MAX_USERS,
    USER_COLUMNS,
    parse_count,
    parse_handle,
    parse_query_page,
    parse_result,
    webservice_error,
)

DEFAULT_PATHS = Paths()

PAGE_SIZE = 100
"""Rows of one query: the server gives no more, whatever it is asked for."""

_MAX_PAGES_WITHOUT_NEW = 3
"""Pages in a row that may bring nobody new; then the list is given up."""
_EMPTY_PAGES_AT_END = 2
"""Pages in a row without any rows that end a list of unknown length: one may have been kept back whole."""


class WebServiceClient:
    """A session of the access-key API. Use it as an async context manager, or call `close`."""

    def __init__(
        self,
        url: str,
        username: str,
        *,
        paths: Paths = DEFAULT_PATHS,
        network: NetworkSettings = DEFAULT_NETWORK,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        """Take the instance's address, without connecting yet. Raises Unreachable if it is no address."""
        self._session = HttpSession(url, network=network, timeouts=timeouts)
        self._username = username
        self._path = paths.webservice
        self._session_name: SecretStr | None = None

    def __repr__(self) -> str:
        return f"WebServiceClient({self._session.host!r})"

    async def sign_in(self, access_key: SecretStr) -> None:
        """Sign in, with exactly one attempt. The key itself is not sent.

        Raises SignInError, PermissionDeniedError, WrongHostError, Unreachable, ConnectionLostError,
        UnexpectedPageError.
        """
        self._session.clear_cookies()
        self._session_name = None
        challenge = await self._session.get(
            self._path, params={"operation": "getchallenge", "username": self._username}
        )
        result = _parse_response(challenge, signing_in=True)
        proof = _hash_access_key(parse_handle(result, "token"), access_key)
        reply = await self._session.post(
            self._path, {"operation": "login", "username": self._username, "accessKey": proof}
        )
        result = _parse_response(reply, signing_in=True)
        self._session_name = SecretStr(parse_handle(result, "sessionName"))

    async def count(self) -> int | None:
        """Return how many active people there are, or None if the server does not count them.

        Raises SignedOutError, PermissionDeniedError, WrongHostError, Unreachable, ConnectionLostError,
        UnexpectedPageError.
        """
        return parse_count(await self._query("SELECT count(*) FROM Users;"))

    async def active_users(self) -> AsyncIterator[tuple[User, ...]]:
        """Yield the active people page by page, in the order of their ids, nobody twice.

        A page may bring few people or none and not be the last: rows the account may not read are dropped
        by the server after it has counted to a hundred. Where the server does not count people, two pages
        without any rows are the end. Raises what `count` raises; after UnexpectedPageError some people may be
        missing.
        """
        promised = await self.count()
        end = MAX_USERS if promised is None else promised
        seen: set[str] = set()
        barren = empty = 0
        for offset in range(0, end, PAGE_SIZE):
            people, has_rows = await self._query_page(offset)
            new = [user for user in people if user.id not in seen]
            seen.update(user.id for user in new)
            barren = 0 if new else barren + 1
            empty = 0 if has_rows else empty + 1
            yield tuple(new)
            if promised is None and empty == _EMPTY_PAGES_AT_END:
                break
            if barren == _MAX_PAGES_WITHOUT_NEW and offset + PAGE_SIZE < end:
                raise webservice_error(f"brings nobody new, and promises {_describe_expected(promised)}")
        # Whoever signed in is one of them.
        if not seen:
            raise webservice_error("brings nobody at all")

    async def close(self) -> None:
        """Close the connections."""
        self._session_name = None
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _query_page(self, offset: int) -> tuple[tuple[User, ...], bool]:
        """Return the people of a page, and whether it had any rows. No variable here holds its rows."""
        columns = ",".join(USER_COLUMNS)
        return parse_query_page(
            await self._query(f"SELECT {columns} FROM Users ORDER BY id LIMIT {offset},{PAGE_SIZE};")  # noqa: S608
        )

    async def _query(self, query: str) -> object:
        if self._session_name is None:
            raise SignedOutError(f"There is no session with {self._session.host}.")
        name = self._session_name.get_secret_value()
        params = {"operation": "query", "sessionName": name, "query": query}
        reply = await self._session.get(self._path, params=params)
        return _parse_response(reply)


def _parse_response(response: Response, *, signing_in: bool = False) -> object:
    try:
        return parse_result(response.status, response.text, signing_in=signing_in)
    except UnexpectedPageError as error:
        raise UnexpectedPageError(f"{error} {response.pause_text}".rstrip(), advice=error.advice) from None


def _describe_expected(count: int | None) -> str:
    return "more" if count is None else f"{count:,} people"


def _hash_access_key(challenge: str, access_key: SecretStr) -> SecretStr:
    """Return what proves that one has the key. That it is an MD5 is the protocol's choice."""
    # A key that cannot be encoded is no key of the CRM's; an error about it would quote it.
    whole = (challenge + access_key.get_secret_value()).encode(errors="replace")
    return SecretStr(hashlib.md5(whole, usedforsecurity=False).hexdigest())
