"""The web-service API of one CRM instance, with an access key: a faster way to read the active users.

It knows neither inactive accounts nor roles, and is not used to send anything. It is only asked for the
number of users and for named columns: `SELECT *` and `retrieve` would return every colleague's password hash
and access key (seen on a vtiger 8.0 server).
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
"""Rows of one query: the server never returns more, whatever the query asks for."""

_MAX_PAGES_WITHOUT_NEW = 3
"""Pages in a row that may bring nobody new before the list is given up."""
_EMPTY_PAGES_AT_END = 2
"""Pages without rows that end a list of unknown length: the server may have withheld the rows of one page."""


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
        """Build a client for the instance at `url`, without connecting yet.

        Raises UnreachableError if `url` is not a valid address.
        """
        self._session = HttpSession(url, network=network, timeouts=timeouts)
        self._username = username
        self._path = paths.webservice
        self._session_name: SecretStr | None = None

    def __repr__(self) -> str:
        return f"WebServiceClient({self._session.host!r})"

    async def sign_in(self, access_key: SecretStr) -> None:
        """Sign in, with exactly one attempt. The key itself is not sent.

        Raises SignInError, PermissionDeniedError, WrongHostError, UnreachableError, ConnectionLostError,
        UnexpectedPageError.
        """
        self._session.clear_cookies()
        self._session_name = None
        challenge = await self._session.get(
            self._path, params={"operation": "getchallenge", "username": self._username}
        )
        result = _parse_response(challenge, signing_in=True)
        proof = _hash_access_key(parse_handle(result, "token"), access_key)
        response = await self._session.post(
            self._path, {"operation": "login", "username": self._username, "accessKey": proof}
        )
        result = _parse_response(response, signing_in=True)
        self._session_name = SecretStr(parse_handle(result, "sessionName"))

    async def count(self) -> int | None:
        """Return how many active users there are, or None if the server does not count them.

        Raises SignedOutError, PermissionDeniedError, WrongHostError, UnreachableError, ConnectionLostError,
        UnexpectedPageError.
        """
        return parse_count(await self._query("SELECT count(*) FROM Users;"))

    async def active_users(self) -> AsyncIterator[tuple[User, ...]]:
        """Yield the active users page by page, in the order of their ids, nobody twice.

        A page with few users or none need not be the last: the server drops rows that the account may not
        read after it has counted to a hundred. If the server does not count users, two pages without any
        rows end the list. Raises what `count` raises; after UnexpectedPageError some users may be missing.
        """
        announced = await self.count()
        end = MAX_USERS if announced is None else announced
        seen: set[str] = set()
        without_new = without_rows = 0
        for offset in range(0, end, PAGE_SIZE):
            users, has_rows = await self._query_page(offset)
            new = [user for user in users if user.id not in seen]
            seen.update(user.id for user in new)
            without_new = 0 if new else without_new + 1
            without_rows = 0 if has_rows else without_rows + 1
            yield tuple(new)
            if announced is None and without_rows == _EMPTY_PAGES_AT_END:
                break
            if without_new == _MAX_PAGES_WITHOUT_NEW and offset + PAGE_SIZE < end:
                expected = _describe_expected(announced)
                raise webservice_error(f"returned nobody new, although it announced {expected}")
        # At least the signed-in account must be in the list.
        if not seen:
            raise webservice_error("returned nobody at all")

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
        """Return the users of a page, and whether it had any rows. No variable here holds its rows."""
        columns = ",".join(USER_COLUMNS)
        return parse_query_page(
            await self._query(f"SELECT {columns} FROM Users ORDER BY id LIMIT {offset},{PAGE_SIZE};")  # noqa: S608
        )

    async def _query(self, query: str) -> object:
        if self._session_name is None:
            raise SignedOutError(f"There is no session with {self._session.host}.")
        name = self._session_name.get_secret_value()
        params = {"operation": "query", "sessionName": name, "query": query}
        return _parse_response(await self._session.get(self._path, params=params))


def _parse_response(response: Response, *, signing_in: bool = False) -> object:
    try:
        return parse_result(response.status, response.text, signing_in=signing_in)
    except UnexpectedPageError as error:
        raise UnexpectedPageError(f"{error} {response.pause_text}".rstrip(), advice=error.advice) from None


def _describe_expected(count: int | None) -> str:
    return "more" if count is None else f"{count:,} people"


def _hash_access_key(challenge: str, access_key: SecretStr) -> SecretStr:
    """Return the proof that the caller has the key. The protocol prescribes MD5."""
    # A key that cannot be encoded is not a key of the CRM; an encoding error would quote it.
    proof = (challenge + access_key.get_secret_value()).encode(errors="replace")
    return SecretStr(hashlib.md5(proof, usedforsecurity=False).hexdigest())
