"""Fetches the login history, for `CrmClient`."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.models import LoginHistory
from dazos_tui.crm.pages.login_history import parse_login_history

_FRAGMENT_HEADERS = {"X-Requested-With": "XMLHttpRequest", "X-PJAX": "true"}


class FetchPage(Protocol):
    """Requests a page of the signed-in session."""

    def __call__(
        self, path: str, params: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> Awaitable[Response]:
        """Return the response. Raises CrmError."""
        ...


async def fetch_login_history(fetch_page: FetchPage, dialect: Dialect, user_name: str) -> LoginHistory:
    """Return the newest sign-ins of this user name, or of all users if it is empty.

    Requests the PJAX fragment first, then the whole page: some pages of a vtiger 8.0 server have no
    fragment. Raises SignedOutError, PermissionDeniedError, UnexpectedPageError, and what `fetch_page` raises.
    """
    params = {"search_key": "user_name", "search_value": user_name} if user_name else {}
    path = dialect.paths.login_history
    response = await fetch_page(path, params, headers=_FRAGMENT_HEADERS)
    try:
        rows = parse_login_history(response.text, dialect.labels)
    except UnexpectedPageError:
        response = await fetch_page(path, params)
        rows = parse_login_history(response.text, dialect.labels)
    return LoginHistory(rows, response.server_time)
