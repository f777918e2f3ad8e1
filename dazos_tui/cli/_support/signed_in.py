"""Signing in for one command."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import click
from pydantic import SecretStr

from dazos_tui.cli._support.exit_codes import Stopped
from dazos_tui.cli._support.output import progress, words
from dazos_tui.cli._support.prompts import answer_question, ask_credential
from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import SignedOut
from dazos_tui.instances.factory import Prompts, client_for, open_session, sign_out, tell_pauses
from dazos_tui.secrets import SecretError

T = TypeVar("T")

_ASKED_AGAIN = 2
"""How often a password that was refused is asked for again: Dazos locks an account after too many."""


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end. Raises Abort if somebody interrupts it."""
    # Who presses Ctrl-C twice ends it in the middle of its clearing up: nobody needs a trace of that.
    for name in ("asyncio", "concurrent.futures"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        # Not left to click: it would write a line to a stderr that may be closed.
        raise click.Abort from None


def show_pauses(instance: Instance) -> None:
    """Show it in passing when a request waits because the instance asked for a pause."""

    def tell(seconds: int) -> None:
        progress(f"{instance.name} asks to wait: {seconds} s …" if seconds else "")

    tell_pauses(instance, tell)


@asynccontextmanager
async def signed_in(instance: Instance) -> AsyncIterator[CrmClient]:
    """Sign in to an instance, as `_open` does; sign out and close at the end, whatever happened.

    Only who is interrupted does not wait for the sign-out: a server that hangs may be the very reason.

    Raises SecretError, Stopped (nobody to ask for the password), CrmError.
    """
    show_pauses(instance)
    async with client_for(instance) as client:
        await _open(client, instance)
        try:
            yield client
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException:
            await _leave(client, instance)
            raise
        await _leave(client, instance)


async def reopening(client: CrmClient, instance: Instance, read: Callable[[], Awaitable[T]]) -> T:
    """Return what `read` reads; if the session has ended, open it again and read once more.

    Only for what may be done twice: reading. Raises CrmError, and whatever `read` raises.
    """
    try:
        return await read()
    except SignedOut:
        await sign_in_again(client, instance)
    return await read()


async def sign_in_again(client: CrmClient, instance: Instance) -> None:
    """Open a session again that had ended, as `_open` does. Raises CrmError."""
    progress("")
    words(f"The session had ended: signing in to {instance.name} again.")
    try:
        await _open(client, instance)
    except (SecretError, Stopped) as error:
        raise SignedOut(str(error), advice=error.advice) from None
    except click.Abort:
        # Whoever gives up here has sent nothing, and the history is to say so.
        raise SignedOut("The session had ended, and nobody signed in again.", advice="") from None


async def _open(client: CrmClient, instance: Instance) -> None:
    """Sign in, with one attempt; whoever types a wrong password is asked again.

    Raises SecretError, Stopped (nobody to ask for the password), CrmError.
    """
    _say_who(instance)
    await open_session(client, instance, prompts_for(instance))


def prompts_for(instance: Instance) -> Prompts:
    """Return the questions of a sign-in, asked at the terminal; a refused password is asked for twice more.

    They raise Stopped where nobody can be asked.
    """

    async def credential(notes: Sequence[str]) -> SecretStr:
        typed = ask_credential(instance, notes)
        _say_who(instance)
        return typed

    return Prompts(credential, answer_question, attempts=1 + _ASKED_AGAIN)


def _say_who(instance: Instance) -> None:
    progress(f"Signing in to {instance.name} ({instance.environment.upper()}) as {instance.operator} …")


async def _leave(client: CrmClient, instance: Instance) -> None:
    progress("")
    await sign_out(client, instance)
