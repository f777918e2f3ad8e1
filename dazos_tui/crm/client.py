"""The client of one CRM instance: sign in, read people, run one menu item, sign out.

The calls mirror what a person does in the browser. Nothing here is ever repeated by itself.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.models import Answer, MenuItem, Profile, Status, UserPage, UserRow

DEFAULT_DIALECT = Dialect()


class CrmClient:
    """A web session with one instance. Use it as an async context manager, or call `close`."""

    def __init__(self, url: str, *, dialect: Dialect = DEFAULT_DIALECT, ca_file: Path | None = None) -> None:
        raise NotImplementedError

    async def sign_in(self, username: str, password: SecretStr) -> None:
        """Sign in, with exactly one attempt. Raises SignInFailed, NotACrm, WrongHost, Unreachable, ..."""
        raise NotImplementedError

    def users(self, status: Status) -> AsyncIterator[UserPage]:
        """Yield the pages of active or inactive people, ordered by user name."""
        raise NotImplementedError

    async def search(self, text: str) -> tuple[UserRow, ...]:
        """Return the rows, active and inactive, whose user name or primary e-mail is `text`."""
        raise NotImplementedError

    async def profile(self, user_id: str) -> Profile:
        """Return a person's profile, read afresh. Raises NoSuchUser, PermissionDenied, SignedOut."""
        raise NotImplementedError

    async def run(self, item: MenuItem) -> Answer:
        """Run Send Reset Link or Enable Login, once."""
        raise NotImplementedError

    async def sign_out(self) -> None:
        """End the session. Never raises: whoever signs out is leaving."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close the connections."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.close()
