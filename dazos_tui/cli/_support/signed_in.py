"""The signed-in client of one command."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import click
from pydantic import SecretStr

from dazos_tui.cli._support.exit_codes import CommandError
from dazos_tui.cli._support.output import echo_err, show_progress
from dazos_tui.cli._support.prompts import answer_challenge, ask_credential
from dazos_tui.cli._support.terminal_keys import keys_suspended
from dazos_tui.config.models import Instance
from dazos_tui.crm.client import ChallengeAnswers, ChallengeHandler, CrmClient
from dazos_tui.crm.errors import SignedOutError, SignInError
from dazos_tui.crm.models import Challenge
from dazos_tui.instances.factory import Prompts, create_client, open_session, sign_out, watch_pauses
from dazos_tui.secrets import SecretError

T = TypeVar("T")

_PASSWORD_RETRIES = 2
"""How often a refused password is asked for again. Few, because Dazos locks an account after too many."""

_NOBODY_SIGNED_IN = "The session has ended, and nobody signed in again."


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine to its end and return its result. Raises Abort if the user interrupts it."""
    # A second Ctrl-C ends it in the middle of its clean-up: nobody needs a traceback of that.
    for name in ("asyncio", "concurrent.futures"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        # Not left to click, which would write a line to a stderr that may be closed.
        raise click.Abort from None


def report_pauses(instance: Instance) -> None:
    """Show a progress line while requests wait because the instance asked for a pause."""

    def show_pause(seconds: int) -> None:
        show_progress(f"{instance.name} asked for a pause: {seconds} s …" if seconds else "")

    watch_pauses(instance, show_pause)


@asynccontextmanager
async def signed_in(
    instance: Instance, on_pause: Callable[[int], object] | None = None
) -> AsyncIterator[CrmClient]:
    """Sign in to an instance with one attempt and yield the client; sign out and close at the end.

    A pause that the instance asks for is passed to `on_pause` (see `watch_pauses`), else shown. After an
    interrupt it does not sign out: a server that hangs may be why the user interrupted it.

    Raises SecretError, CommandError (no terminal to ask for the password), CrmError.
    """
    if on_pause is None:
        report_pauses(instance)
    else:
        watch_pauses(instance, on_pause)
    async with create_client(instance) as client:
        await _sign_in(client, instance, answer_challenge)
        try:
            yield client
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException:
            await _close(client, instance)
            raise
        await _close(client, instance)


async def read_with_renewal(client: CrmClient, instance: Instance, read: Callable[[], Awaitable[T]]) -> T:
    """Return the result of `read`. If the session has ended, sign in again and call `read` once more.

    Only for reading, which may be done twice. Raises CrmError, and whatever `read` raises.
    """
    try:
        return await read()
    except SignedOutError:
        await sign_in_again(client, instance)
    return await read()


async def sign_in_again(client: CrmClient, instance: Instance) -> None:
    """Sign in again after the session has ended. Raises CrmError."""
    show_progress("")
    echo_err(f"The session has ended. Signing in to {instance.name} again.")
    try:
        with keys_suspended():
            await _sign_in(client, instance, _answer_again)
    except (SecretError, CommandError) as error:
        raise SignedOutError(str(error), advice=error.advice) from None
    except click.Abort:
        # If the user gives up here, nothing was sent, and the history has to say so.
        raise SignedOutError(_NOBODY_SIGNED_IN, advice="") from None


async def _answer_again(challenge: Challenge) -> ChallengeAnswers | None:
    """Pass a challenge after a session that ended on to the user. Raises SignInError if they give up.

    The CRM may ask only in place of the next page, in the middle of a send or of a batch. Nothing was sent
    then, and the history has to say so.
    """
    try:
        with keys_suspended():
            return await answer_challenge(challenge)
    except click.Abort:
        raise SignInError(_NOBODY_SIGNED_IN, advice="") from None


async def _sign_in(client: CrmClient, instance: Instance, answer: ChallengeHandler) -> None:
    """Sign in with one attempt; a wrong password that was typed is asked for again.

    Raises SecretError, CommandError (no terminal to ask for the password), CrmError, and what `answer`
    raises, which may be called later, too.
    """
    _echo_account(instance)
    await open_session(client, instance, replace(prompts_for(instance), answer=answer))


def prompts_for(instance: Instance) -> Prompts:
    """Return the prompts of a sign-in at the terminal. A refused password is asked for at most twice more.

    They raise CommandError where there is no terminal.
    """

    async def credential(notes: Sequence[str]) -> SecretStr:
        typed = ask_credential(instance, notes)
        _echo_account(instance)
        return typed

    return Prompts(credential, answer_challenge, attempts=1 + _PASSWORD_RETRIES)


def _echo_account(instance: Instance) -> None:
    show_progress(f"Signing in to {instance.name} ({instance.environment.upper()}) as {instance.operator} …")


async def _close(client: CrmClient, instance: Instance) -> None:
    show_progress("")
    await sign_out(client, instance)
