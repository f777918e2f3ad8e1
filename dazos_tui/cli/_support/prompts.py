"""Prompts to the user at the terminal."""

import signal
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from pydantic import SecretStr

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.output import echo_err, is_terminal, show_progress
from dazos_tui.config.models import Instance
from dazos_tui.crm.models import Challenge, ChallengeField, ChallengeFieldKind, SubmitButton

_Parameters = ParamSpec("_Parameters")
_Answer = TypeVar("_Answer")


def discard_type_ahead() -> None:
    """Discard what was typed at the terminal and not read yet."""
    with suppress(termios.error, OSError, ValueError, AttributeError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _until_readable(ask: Callable[_Parameters, _Answer]) -> Callable[_Parameters, _Answer]:
    """Return a prompt that asks again after bytes that are no text.

    It first discards what was typed before it: that cannot be an answer to it.
    """

    @wraps(ask)
    def asked(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Answer:
        while True:
            discard_type_ahead()
            # The error holds what was typed, perhaps a password: it is dropped before the next question.
            with suppress(UnicodeError):
                answer = ask(*args, **kwargs)
                if isinstance(answer, str):
                    # Where Python reads such bytes as lone surrogates, nothing can be sent with them.
                    answer.encode()
                return answer
            # A hidden line break was not shown either.
            line_break = "\n" if kwargs.get("hide_input") else ""
            echo_err(f"{line_break}What you typed is not text in this terminal's encoding. Type it again.")

    return asked


_prompt = _until_readable(click.prompt)
_confirm = _until_readable(click.confirm)


def can_ask() -> bool:
    """Return whether a user can read a question and answer it: stdin and stderr are terminals."""
    return is_terminal("stdin") and is_terminal("stderr")


def require_terminal() -> None:
    """Raise CommandError if nobody can be asked whether to send."""
    if not can_ask():
        raise CommandError(
            ExitCode.USAGE,
            "Could not ask before sending: there is no terminal.",
            advice="To send without being asked, use --yes.",
        )


def ask_credential(instance: Instance, notes: Sequence[str] = ()) -> SecretStr:
    """Ask for the password of an instance, or its session cookie. `notes` say why it has to be typed.

    Raises CommandError if there is no terminal to ask on.
    """
    what, key = instance.credential_name, instance.auth
    if not can_ask():
        raise CommandError(
            ExitCode.SIGN_IN,
            " ".join([f"There is no {what} for {instance.name}, and no terminal to ask for it.", *notes]),
            advice=f"Set {key}_command or {key}_env for this instance in the config.",
        )
    return ask_hidden(f"{what.capitalize()} of {instance.username} in {instance.name}", notes)


def ask_hidden(question: str, notes: Sequence[str] = ()) -> SecretStr:
    """Ask for a secret at the terminal, which must be there. `notes` say why it has to be typed."""
    for note in notes:
        echo_err(note)
    with _default_interrupt():
        return SecretStr(_prompt(question, hide_input=True, err=True, type=str))


def confirm(question: str) -> bool:
    """Ask a yes-or-no question whose default is no."""
    with _default_interrupt():
        return _confirm(question, default=False, err=True)


def confirm_number(question: str, number: int) -> bool:
    """Ask for a number as the answer yes; anything else is a no."""
    with _default_interrupt():
        typed: str = _prompt(question, default="", show_default=False, err=True, type=str)
        return typed.strip() == str(number)


@contextmanager
def _default_interrupt() -> Iterator[None]:
    # asyncio turns the first Ctrl-C into a cancellation, which a prompt that waits for a key never sees.
    show_progress("")
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)


async def answer_challenge(question: Challenge) -> dict[str, str | SecretStr] | None:
    """Pass a challenge of the CRM on to the user. Return the form data, None if nobody can or will answer."""
    if not can_ask():
        return None
    with _default_interrupt():
        echo_err(
            f"The CRM asks: {question.text}"
            if question.text
            else "The CRM needs something more to sign you in."
        )
        if not question.fields and len(question.buttons) <= 1:
            return {} if _confirm(_continue_prompt(question.only_button), default=False, err=True) else None
        answers: dict[str, str | SecretStr] = {}
        for prompt in question.fields:
            answers |= _ask_field(prompt, optional=prompt.is_optional or len(question.buttons) > 1)
        return answers | _ask_button(question.buttons)


def _continue_prompt(button: SubmitButton | None) -> str:
    return f"Press “{button.label}”?" if button is not None else "Continue?"


def _ask_field(prompt: ChallengeField, *, optional: bool) -> dict[str, str | SecretStr]:
    """Ask for one field and return its form data. An `optional` one may stay empty."""
    match prompt.kind:
        case ChallengeFieldKind.CHOICE:
            labels = [label for _, label in prompt.choices]
            return {prompt.name: prompt.choices[_ask_number(prompt.label, labels, prompt.selected_index)][0]}
        case ChallengeFieldKind.CHECKBOX:
            [(value, _)] = prompt.choices
            ticked = _confirm(prompt.label, default=prompt.selected_index is not None, err=True)
            return {prompt.name: value} if ticked else {}
        case _:
            # Hidden even where the page would show it: it may be a code that is still valid.
            empty = "" if optional else None
            text = f"{prompt.label} (Enter leaves it empty)" if prompt.is_optional else prompt.label
            typed = _prompt(text, default=empty, show_default=False, hide_input=True, err=True, type=str)
            return {prompt.name: SecretStr(typed)}


def _ask_button(buttons: Sequence[SubmitButton]) -> dict[str, str]:
    """Let the user choose one of several buttons. There is no default: they may mean opposite things."""
    if len(buttons) <= 1:
        return {}
    return buttons[_ask_number("Which button?", [button.label for button in buttons], None)].form_data


def _ask_number(question: str, labels: Sequence[str], start: int | None) -> int:
    """Let the user choose a label by its number; return its index, from 0. Enter takes `start`, if given."""
    for number, label in enumerate(labels, start=1):
        echo_err(f"  {number}  {label}")
    numbers = click.IntRange(1, len(labels))
    default = start + 1 if start is not None else None
    text = f"{question} (1-{len(labels)})"
    return int(_prompt(text, type=numbers, default=default, err=True)) - 1
