"""Reading the login history, for `CrmClient`."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import UnexpectedPage
from dazos_tui.crm.http.response import Reply
from dazos_tui.crm.models import LoginHistory
from dazos_tui.crm.pages.login_history import parse_login_history

_FRAGMENT = {"X-Requested-With": "XMLHttpRequest", "X-PJAX": "true"}


class AskPage(Protocol):
    """Asks for a page of the session."""

    def __call__(
        self, path: str, params: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> Awaitable[Reply]:
        """Return the answer. Raises CrmError."""
        ...


async def read_login_history(ask: AskPage, dialect: Dialect, user_name: str) -> LoginHistory:
    """Return the newest sign-ins of this user name, of everybody if it is empty.

    The fragment is asked for; some pages of a vtiger 8.0 server have none, then it is the whole page. Raises
    SignedOut, PermissionDenied, UnexpectedPage, and what `ask` raises.
    """
    params = {"search_key": "user_name", "search_value": user_name} if user_name else {}
    path = dialect.paths.login_history
    reply = await ask(path, params, headers=_FRAGMENT)
    try:
        rows = parse_login_history(reply.text, dialect.labels)
    except UnexpectedPage:
        reply = await ask(path, params)
        rows = parse_login_history(reply.text, dialect.labels)
    return LoginHistory(rows, reply.server_time)
