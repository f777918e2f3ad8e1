"""Sends links to many people, one after the other, as one of several processes that do so at the same time.

The first line of its stdin is an `Errand` in JSON. Signed in, it says so and waits for the end of its stdin.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr, TypeAdapter

from dazos_tui.config.models import Environment, Instance
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.service import ResetService


@dataclass(frozen=True)
class Errand:
    """Whom to send to, where, and the ticket that marks these rows of the history."""

    url: str
    username: str
    password: str
    history: Path
    ticket: str
    user_ids: tuple[str, ...]


async def do(errand: Errand) -> None:
    """Send to all, and see that each is sent and recorded."""
    instance = Instance(
        name="harbor-prod", url=errand.url, username=errand.username, environment=Environment.PRODUCTION
    )
    with HistoryStore(errand.history) as store:
        async with create_client(instance) as client:
            await client.sign_in(errand.username, SecretStr(errand.password))
            sys.stdout.write("signed in\n")
            sys.stdout.flush()
            sys.stdin.read()
            service = ResetService(instance, client, store)
            for user_id in errand.user_ids:
                result = await service.send(await service.prepare(user_id), ticket=errand.ticket)
                assert result.error is None
                assert result.record_error is None


if __name__ == "__main__":
    asyncio.run(do(TypeAdapter(Errand).validate_json(sys.stdin.readline())))
