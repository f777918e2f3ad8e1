"""Signing in for one command."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import click
from pydantic import SecretStr

from dazos_tui.cli._support.exit_codes import CommandError
from dazos_tui.cli._support.output import echo_err, show_progress
from dazos_tui.cli._support.prompts import answer_challenge, ask_credential
from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import SignedOutError
from dazos_tui.instances.factory import Prompts, create_client, open_session, sign_out, watch_pauses
from dazos_tui.secrets import SecretError

T = TypeVar("T")

_SECOND_SIGN_IN = 2
"""How often a password that was refused is asked for again: Dazos locks an account after too many."""


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end. Raises Abort if somebody interrupts it."""
    # Who presses Ctrl-C twice ends it in the middle of its clearing up: nobody needs a trace of that.
    for name in ("asyncio", "concurrent.futures"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        # Not left to click: it would write a line to a stderr that may be closed.
        raise click.Abort from None


def report_pauses(instance: Instance) -> None:
    """Show it in passing when a request waits because the instance asked for a pause."""

    def tell(seconds: int) -> None:
        show_progress(f"{instance.name} asks to wait: {seconds} s …" if seconds else "")

    watch_pauses(instance, tell)


@asynccontextmanager
async def signed_in(instance: Instance) -> AsyncIterator[CrmClient]:
    """Sign in to an instance, as `_open` does; sign out and close at the end, whatever happened.

    Only who is interrupted does not wait for the sign-out: a server that hangs may be the very reason.

    Raises SecretError, Stopped (nobody to ask for the password), CrmError.
    """
    report_pauses(instance)
    async with create_client(instance) as client:
        await _sign_in(client, instance)
        try:
            yield client
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException:
            await _close(client, instance)
            raise
        await _close(client, instance)


async def read_with_renewal(client: CrmClient, instance: Instance, read: Callable[[], Awaitable[T]]) -> T:
    """Return what `read` reads; if the session has ended, open it again and read once more.

    Only for what may be done twice: reading. Raises CrmError, and whatever `read` raises.
    """
    try:
        return await read()
    except SignedOutError:
        await sign_in_again(client, instance)
    return await read()


async def sign_in_again(client: CrmClient, instance: Instance) -> None:
    """Open a session again that had ended, as `_open` does. Raises CrmError."""
    show_progress("")
    echo_err(f"The session had ended: signing in to {instance.name} again.")
    try:
        await _sign_in(client, instance)
    except (SecretError, CommandError) as error:
        raise SignedOutError(str(error), advice=error.advice) from None
    except click.Abort:
        # Whoever gives up here has sent nothing, and the history is to say so.
        raise SignedOutError("The session had ended, and nobody signed in again.", advice="") from None


async def _sign_in(client: CrmClient, instance: Instance) -> None:
    """Sign in, with one attempt; whoever types a wrong password is asked again.

    Raises SecretError, Stopped (nobody to ask for the password), CrmError.
    """
    _echo_account(instance)
    await open_session(client, instance, prompts_for(instance))


def prompts_for(instance: Instance) -> Prompts:
    """Return the questions of a sign-in, asked at the terminal; a refused password is asked for twice more.

    They raise Stopped where nobody can be asked.
    """

    async def credential(notes: Sequence[str]) -> SecretStr:
        typed = ask_credential(instance, notes)
        _echo_account(instance)
        return typed

    return Prompts(credential, answer_challenge, attempts=1 + _SECOND_SIGN_IN)


def _echo_account(instance: Instance) -> None:
    show_progress(f"Signing in to {instance.name} ({instance.environment.upper()}) as {instance.operator} …")


async def _close(client: CrmClient, instance: Instance) -> None:
    show_progress("")
    await sign_out(client, instance)
