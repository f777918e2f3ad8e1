"""Lines out, lines in: the only way in which plain mode talks to its user."""

import asyncio
import os
import select
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import click

from dazos_tui.cli._support.exit_codes import echo_error, exit_code_for
from dazos_tui.cli._support.output import OutputFailedError, is_terminal, write_question, write_stdout
from dazos_tui.cli._support.prompts import discard_type_ahead
from dazos_tui.text.sanitize import safe_text

T = TypeVar("T")

PAGE = 10
"""How many rows of a list are read out at once."""

_LONGEST_LINE = 100_000
"""A line of a note may be long, and must be whole."""

_LONGEST_NAME = 80
"""A name in a question may be cut: the rest of the question comes after it."""

_QUIET_SECONDS = 1.0
"""A step that takes longer is announced."""
_TICK_SECONDS = 0.1
_IDLE_CHECK_SECONDS = 5.0
"""How often the time without input is compared. A single wait would not count the time the machine sleeps."""


class StepCancelledError(Exception):
    """The user pressed Ctrl+C: the step that is going on ends, and nothing else."""


class StepGivenUpError(StepCancelledError):
    """The user pressed Ctrl+C while the step was going on: a part of it may have been done."""


class EndOfInputError(Exception):
    """The input has ended, as after Ctrl+D: so does the program."""


class IdleError(Exception):
    """Nothing was typed for the configured time."""


class Console:
    """Writes lines to stdout and reads lines from stdin; never more than a line at a time."""

    def __init__(self, idle_minutes: int) -> None:
        """Build the console. After `idle_minutes` without input a question raises IdleError; 0: never."""
        self._idle_seconds = idle_minutes * 60
        self._typed = b""
        self._is_asking = self._was_interrupted = False
        self._cancel_step: Callable[[], object] | None = None

    def on_interrupt(self, *_: object) -> None:
        """Handle SIGINT: end the question or the step that is going on, else the next one.

        A second one with neither, as while a session is ended, ends the program: raises KeyboardInterrupt.
        """
        if self._is_asking or (self._was_interrupted and self._cancel_step is None):
            raise KeyboardInterrupt
        if self._cancel_step is not None:
            self._cancel_step()
        else:
            self._was_interrupted = True

    def say(self, *lines: str) -> None:
        """Write lines. Raises OutputClosedError, OutputFailedError."""
        write_stdout([safe_text(line, limit=_LONGEST_LINE) for line in lines])

    def ask(self, question: str, *, fresh: bool = False, is_timed: bool = True) -> str:
        """Return the line that the user types, without spaces around it.

        A `fresh` answer is one typed after the question: what was typed before is discarded. Where no session
        is open, the question need not be timed.
        Raises StepCancelledError, EndOfInputError, IdleError.
        """
        if fresh:
            self._typed = b""
            discard_type_ahead()
        try:
            self._is_asking = True
            if self._was_interrupted:
                raise KeyboardInterrupt
            write_question(f"{safe_text(question, limit=_LONGEST_LINE)} ")
            line = self._read_line(may_end_early=not fresh, is_timed=is_timed)
        except KeyboardInterrupt:
            self.say("")
            raise StepCancelledError from None
        except (EndOfInputError, IdleError):
            self.say("")
            raise
        finally:
            self._is_asking = self._was_interrupted = False
        if not is_terminal("stdin"):
            # A terminal has shown the line break that was typed.
            self.say("")
        return safe_text(line.decode(getattr(sys.stdin, "encoding", None) or "utf-8", "replace"))

    def agrees(self, question: str) -> bool:
        """Return whether the user answers yes, after the question. Raises as `ask` does."""
        answer = self.ask(f"{question} y and Enter for yes, anything else is no:", fresh=True)
        return answer.casefold() in {"y", "yes"}

    def say_numbered(self, choices: Sequence[str]) -> None:
        """Write choices with their numbers, from 1."""
        self.say(*(f"{number}. {choice}" for number, choice in enumerate(choices, start=1)))

    def ask_number(self, question: str, count: int) -> int | None:
        """Return the index, from 0, of the choice whose number is typed; None for anything else.

        Raises as `ask` does.
        """
        number = as_number(answer := self.ask(question), count)
        if answer and number is None:
            self.say(f"“{answer}” is not a number from 1 to {count}.")
        return None if number is None else number - 1

    def choose(self, choices: Sequence[str]) -> int | None:
        """Write numbered choices and return the index of the chosen one, None for none.

        Raises as `ask` does.
        """
        self.say_numbered(choices)
        return self.ask_number("Number, or Enter to go back:", len(choices))

    async def during(self, label: str, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of a step, which Ctrl+C cancels. A long one is announced, and so is its end.

        Raises StepGivenUpError, StepCancelledError if nothing of it was done, and what the step raises.
        """
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
        self._cancel_step = partial(loop.call_soon_threadsafe, task.cancel)
        # Only now: from here on, Ctrl+C cancels the step.
        has_begun, self._was_interrupted = not self._was_interrupted, False
        if not has_begun:
            task.cancel()
        announced = False
        try:
            waited = 0.0
            # Counted in ticks: while the step asks the user something, none passes.
            while not (await asyncio.wait([task], timeout=_TICK_SECONDS))[0]:
                waited += _TICK_SECONDS
                if waited >= _QUIET_SECONDS and not announced:
                    announced = True
                    self.say(f"{label}, please wait. Ctrl+C cancels.")
            result = task.result()
        except asyncio.CancelledError:
            raise (StepGivenUpError if has_begun else StepCancelledError) from None
        except click.Abort as aborted:
            raise _ended_question(aborted) from None
        finally:
            if not task.done():
                # Nobody hears how it goes on. But what was requested ends, and its outcome is recorded.
                await asyncio.wait([task])
            self._cancel_step = None
        if announced:
            self.say(f"{label}: done.")
        return result

    async def attempt(self, step: Awaitable[None]) -> bool:
        """Do a step and return whether it was done; if not, say that it was cancelled, or its error.

        Raises unexpected errors, as `report` does.
        """
        try:
            await step
        except StepCancelledError:
            self.say("Cancelled.")
        except Exception as error:  # noqa: BLE001 - `report` raises unexpected ones again
            self.report(error)
        else:
            return True
        return False

    def report(self, error: Exception) -> None:
        """Say what an expected error says; raise any other one again, and that nothing can be said."""
        if exit_code_for(error) is None or isinstance(error, OutputFailedError):
            raise error
        echo_error(error)

    def _read_line(self, *, may_end_early: bool, is_timed: bool) -> bytes:
        """Return the next line of stdin without its end, which the last one need not have if it may.

        Raises EndOfInputError, IdleError.
        """
        while b"\n" not in self._typed:
            if is_timed:
                self._wait_for_input()
            try:
                # Not by `sys.stdin`, whose buffer hides from `select` what it has read ahead.
                read = os.read(sys.stdin.fileno(), 4096)
            except (OSError, ValueError, AttributeError):
                # Python has no stdin if it was closed before the start.
                read = b""
            if not read and not (self._typed and may_end_early):
                raise EndOfInputError
            self._typed += read or b"\n"
        line, _, self._typed = self._typed.partition(b"\n")
        return line

    def _wait_for_input(self) -> None:
        begun = _clock()
        while self._idle_seconds:
            left = self._idle_seconds - (_clock() - begun)
            if left <= 0:
                raise IdleError
            with suppress(OSError, ValueError, AttributeError):
                if not select.select([sys.stdin.fileno()], [], [], min(left, _IDLE_CHECK_SECONDS))[0]:
                    continue
            return


def brief(name: str) -> str:
    """Return a name short enough that a question with it can be heard to its end."""
    return safe_text(name, limit=_LONGEST_NAME)


def as_number(answer: str, count: int) -> int | None:
    """Return the number from 1 to `count` that an answer is, None if it is none."""
    is_number = answer.isascii() and answer.isdecimal() and len(answer) <= len(str(count))
    return int(answer) if is_number and 1 <= int(answer) <= count else None


def _ended_question(aborted: click.Abort) -> Exception:
    """Return what ended a question within a step, of which a part may have been done: Ctrl+D, or Ctrl+C."""
    return EndOfInputError() if isinstance(aborted.__context__, EOFError) else StepGivenUpError()


def _clock() -> float:
    """Return seconds from an arbitrary point, with those that the machine slept (clock_gettime(2))."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
