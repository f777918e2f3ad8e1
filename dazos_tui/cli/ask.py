"""Questions to the person at the terminal."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from pydantic import SecretStr

from dazos_tui.cli.exits import Exit, Stopped
from dazos_tui.cli.output import is_terminal, progress, words
from dazos_tui.config import Instance


def can_ask() -> bool:
    """Tell whether somebody sits there who can read a question and answer it."""
    return is_terminal("stdin") and is_terminal("stderr")


def ask_password(instance: Instance, notes: Sequence[str] = ()) -> SecretStr:
    """Ask for the password of an instance; `notes` are lines that say why it has to be typed.

    Raises Stopped if nobody can be asked.
    """
    if not can_ask():
        raise Stopped(
            Exit.SIGN_IN,
            " ".join([f"There is no password for {instance.name}, and no terminal to ask for it.", *notes]),
            advice="Set password_command or password_env for this instance in the config.",
        )
    for note in notes:
        words(note)
    with _interruptible():
        text = f"Password of {instance.username} in {instance.name}"
        return SecretStr(click.prompt(text, hide_input=True, err=True, type=str))


def confirm(question: str) -> bool:
    """Ask a question whose answer is no unless somebody says yes."""
    with _interruptible():
        return click.confirm(question, default=False, err=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    # asyncio turns the first Ctrl-C into the end of a task, which a question that waits for a key never sees.
    progress("")
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
