"""Signing in for one command."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import click

from dazos_tui.cli.ask import ask_password
from dazos_tui.cli.exits import Stopped
from dazos_tui.cli.output import progress
from dazos_tui.config import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import SignedOut
from dazos_tui.instances import client_for, sign_in
from dazos_tui.secrets import SecretError, password_for

T = TypeVar("T")


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end. Raises Abort if somebody interrupts it."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        # Not left to click: it would write a line to a stderr that may be closed.
        raise click.Abort from None


@asynccontextmanager
async def signed_in(instance: Instance) -> AsyncIterator[CrmClient]:
    """Sign in to an instance, with one attempt; sign out and close at the end, whatever happened.

    Only who is interrupted does not wait for the sign-out: a server that hangs may be the very reason.

    Raises SecretError, Stopped (nobody to ask for the password), CrmError.
    """
    notes: list[str] = []
    password = await password_for(instance, tell=notes.append) or ask_password(instance, notes)
    progress(f"Signing in to {instance.name} ({instance.environment.upper()}) as {instance.username} …")
    async with client_for(instance) as client:
        try:
            await sign_in(client, instance, password)
        finally:
            # This frame lives as long as the session.
            del password
        try:
            yield client
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException:
            await _leave(client)
            raise
        await _leave(client)


async def sign_in_again(client: CrmClient, instance: Instance) -> None:
    """Open a session again that had ended, with one attempt. Raises CrmError."""
    try:
        password = await password_for(instance) or ask_password(instance)
    except (SecretError, Stopped) as error:
        raise SignedOut(str(error), advice=error.advice) from None
    progress(f"The session had ended; signing in to {instance.name} again …")
    try:
        await sign_in(client, instance, password)
    finally:
        del password


async def _leave(client: CrmClient) -> None:
    progress("")
    await client.sign_out()
