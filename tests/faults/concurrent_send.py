"""Sends links to many people, one after the other, while other processes do the same.

The first line of its stdin is a `SendJob` in JSON. After the sign-in it prints a line and waits until stdin
ends.
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
class SendJob:
    """The people to send to, the CRM, and the ticket that marks these rows of the history."""

    url: str
    username: str
    password: str
    history: Path
    ticket: str
    user_ids: tuple[str, ...]


async def run(job: SendJob) -> None:
    """Send to all, and check that each send is recorded."""
    instance = Instance(
        name="harbor-prod", url=job.url, username=job.username, environment=Environment.PRODUCTION
    )
    with HistoryStore(job.history) as store:
        async with create_client(instance) as client:
            await client.sign_in(job.username, SecretStr(job.password))
            sys.stdout.write("signed in\n")
            sys.stdout.flush()
            sys.stdin.read()
            service = ResetService(instance, client, store)
            for user_id in job.user_ids:
                result = await service.send(await service.prepare(user_id), ticket=job.ticket)
                assert result.error is None
                assert result.record_error is None


if __name__ == "__main__":
    asyncio.run(run(TypeAdapter(SendJob).validate_json(sys.stdin.readline())))
