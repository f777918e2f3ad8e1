"""What a terminal sends by itself, taken out of its input in front of Textual's parser.

So far these are device status reports: the program writes ``ESC[5n``, and the terminal answers ``ESC[0n`` (or
``ESC[3n``, if it has a fault) once it has dealt with all that was written before (ECMA-48, 8.3.35, DSR). The
answer tells that what was written has arrived, over however slow a line. Behind tmux, screen or mosh it is
these that answer, not the terminal in front of somebody.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from dazos_tui.logs import log

STATUS_QUERY = "\x1b[5n"

SILENT_SECONDS = 3.0
"""After so long without an answer, a terminal that never gave one counts as one that gives none."""

LOST_SECONDS = 30.0
"""After so long the answer of one that gave some before counts as lost: a slow line takes seconds."""

UNANSWERED_SECONDS = 2.0
"""So much longer it takes then until what was written counts as drawn."""

_SEQUENCE = re.compile(r"\x1b\[(?:(?P<status>[03])n|(?P<paste>20[01])~)")
_BEGINNING = re.compile(r"\x1b(?:\[(?:[03]|2(?:0[01]?)?)?)?\Z")
"""What may go on as one of these sequences in what is read next."""

_PASTE_BEGINS = "200"


class InputFilter:
    """Takes a terminal's answers out of what it sends, but not out of a paste (ESC[200~ to ESC[201~)."""

    def __init__(self, answered: Callable[[], object], awaits: Callable[[], bool]) -> None:
        """`answered` is called for each status report; `awaits` tells whether one is still to come."""
        self._answered = answered
        self._awaits = awaits
        self._held = ""
        self._pasting = False

    def feed(self, text: str) -> str:
        """Return what is left of `text` for the parser; the beginning of a sequence is held back."""
        text, self._held = self._held + text, ""
        beginning = _BEGINNING.search(text)
        # A lone Escape is a key as a rule, and must not wait for more unless more is likely to come.
        if beginning and (beginning[0] != "\x1b" or self._pasting or self._awaits()):
            text, self._held = text[: beginning.start()], beginning[0]
        return _SEQUENCE.sub(self._take, text)

    def flush(self) -> str:
        """Return what was held back: nothing came after it."""
        held, self._held = self._held, ""
        return held

    def _take(self, sequence: re.Match[str]) -> str:
        if sequence["paste"]:
            self._pasting = sequence["paste"] == _PASTE_BEGINS
        elif not self._pasting:
            if sequence["status"] == "0":
                self._answered()
            return ""
        return sequence[0]


@dataclass(slots=True, eq=False)
class _Query:
    then: Callable[[], object] | None
    context: Context = field(default_factory=copy_context)
    """Of whoever asked: the answer comes from the thread that reads, which knows of no app."""

    def done(self) -> None:
        then, self.then = self.then, None
        if then is not None:
            self.context.run(then)


class StatusReports:
    """Asks the terminal whether it has come as far as what was written last. For one thread, with a loop."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._queries: deque[_Query] = deque()
        self._has_answered = self._has_told = False

    @property
    def awaited(self) -> bool:
        """Tell whether an answer is still to come. May be asked in any thread."""
        return bool(self._queries)

    def ask(self, then: Callable[[], object]) -> None:
        """Ask the terminal, and call `then` once it has answered, or after a fixed time if it does not."""
        query = _Query(then)
        self._queries.append(query)
        self._write(STATUS_QUERY)
        loop = asyncio.get_running_loop()
        loop.call_later(LOST_SECONDS if self._has_answered else SILENT_SECONDS, self._miss, query)
        loop.call_later(LOST_SECONDS, self._drop, query)

    def answered(self) -> None:
        """Take an answer: they come in the order of the questions. One that nobody asked for is none."""
        if self._queries:
            self._has_answered = True
            self._queries.popleft().done()

    def _miss(self, query: _Query) -> None:
        if query.then is None:
            return
        if not self._has_told:
            self._has_told = True
            log("no status report")
        asyncio.get_running_loop().call_later(UNANSWERED_SECONDS, query.done)

    def _drop(self, query: _Query) -> None:
        """Wait no longer for this answer, nor for any before it."""
        if query in self._queries:
            while self._queries.popleft() is not query:
                pass
