"""Filters what the terminal sends by itself out of the input, before Textual's parser.

This includes device status reports: the program writes ``ESC[5n``, and the terminal answers ``ESC[0n`` (or
``ESC[3n`` if it has a fault) once it has processed everything written before (ECMA-48, 8.3.35, DSR). The
answer shows that the output has arrived, even over a slow line. With tmux, screen or mosh in between, these
answer instead of the user's own terminal.

The rest are answers to queries of other programs: of tmux, or of a program that has just ended.
Their forms: ECMA-48, 5.4 (control sequences) and 5.6 (control strings); XTerm Control Sequences.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from time import monotonic

from dazos_tui.system.event_log import log
from dazos_tui.tui.terminal.key_reports import plain_key

STATUS_QUERY = "\x1b[5n"
STATUS_REPORT = re.compile(rb"\x1b\[[03]n")

SILENT_SECONDS = 5.0
"""Output counts as drawn after this time on a terminal that has never answered."""

LOST_SECONDS = 30.0
"""An answer counts as lost after this time: a slow line takes seconds. A terminal that answered before is
asked again, as its connection may only have stalled: nothing counts as drawn until it answers."""

HELD_SECONDS = 1.0
"""How long to wait for the rest of a sequence: a slow line, or tmux, may split one."""

LONGEST_SECONDS = 3.0
"""The longest time for a whole sequence: what is typed after an unfinished one must not be lost to it."""

LAST_SECONDS, UNKNOWN_SECONDS = 2.0, 0.5
"""How long to wait for the last answers of a terminal that has answered before, and of one that has not."""

_ESCAPE = "\x1b"
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"

_PARAMETERS = r"\[(?![<M\[])[0-?]*[ -/]*"
_MOUSE = r"\[<[-+.:;\dNAaIinfFTtYy]*"
"""A mouse report, in which some terminals write NaN."""
_OLD_MOUSE = r"\[M"
_COLUMN = r"[^\x00-\x1f]"
_INSIDE = r"[^\x00-\x1f]*"
_STRING = rf"(?:\](?:\d+;|[lL])|P[\d;]*[!$+<=>?|]|_G){_INSIDE}"
"""OSC, DCS and APC answers without their end. Anything shorter is a key pressed together with Alt."""

_SEQUENCE = re.compile(
    rf"\x1b(?:(?P<answer>{_STRING}(?:\x07|\x1b\\)?|{_OLD_MOUSE}{_COLUMN}{{0,3}})|(?P<mouse>{_MOUSE}[Mm])"
    rf"|(?P<broken>{_MOUSE})|(?P<linux_key>\[\[[A-E])"
    rf"|(?P<rxvt_key>\[\d+\$)(?!y)|(?P<control>{_PARAMETERS}[@-~])|(?P<cut>\[[0-?]*[ -/]*)"
    rf"|(?P<shifted>O{_COLUMN})|(?P<alt>[^\x00-\x08\n-\x1f]?))"
)
"""A complete sequence, or one that was interrupted by something else.

An escape before a control code is a key of its own: nothing here has Alt with one of these, and Textual would
read only the second. But the Linux console sends ``ESC TAB`` for Shift+Tab (terminfo, `kcbt`)."""
_BEGINNING = re.compile(
    rf"\x1b(?:{_STRING}\x1b?|{_OLD_MOUSE}{_COLUMN}{{0,2}}|{_MOUSE}|{_PARAMETERS}|\[\[?|\]\d*|P[\d;]*|_|O)?\Z"
)
"""The beginning of a sequence that may continue in the next read."""
_WITH_ALT = re.compile(r"\x1b[\[\]P_O]\Z")
"""Possibly a key pressed together with Alt."""

_STATUS = re.compile(r"\x1b\[([03])n")
_MODE = re.compile(r"\x1b\[\?(?:2026|2048);[0-4]\$y")
_FOCUS = frozenset({"\x1b[I", "\x1b[O"})
_CLICK = re.compile(r"\x1b\[<(\d{1,3});-?\d{1,6};-?\d{1,6}[Mm]")
_BUTTONS = 128
"""Textual takes buttons from this code on for the first buttons."""
_SIZE = re.compile(
    r"\x1b\[48;([1-9]\d{0,3})(?::[\d:]*)?;([1-9]\d{0,3})(?::[\d:]*)?;(\d{1,5})[\d:]*;(\d{1,5})[\d:]*t"
)


class InputFilter:
    """Removes everything from the terminal's input that is not a key, click, size or paste for Textual.

    It removes answers to other programs' queries, and sequences that Textual's parser misreads or fails on.
    It rewrites key reports so that Textual reads them. From a paste (ESC[200~ to ESC[201~) it removes only
    escape characters: after one, Textual takes the rest for keys.
    """

    def __init__(self, answered: Callable[[], object], clock: Callable[[], float] = monotonic) -> None:
        """Build the filter; `answered` is called for each status report."""
        self._answered = answered
        self._clock = clock
        self._held = ""
        self._held_since = self._sequence_began = self._escape_passed_at = float("-inf")
        self._pasting = False

    def feed(self, text: str) -> list[str]:
        """Return the filtered `text` in pieces for the parser. The beginning of a sequence is held back.

        No sequence spans two pieces: what is typed after an escape key does not form a sequence with it.
        """
        now = self._clock()
        if self._held and not self._pasting and now - self._sequence_began > LONGEST_SECONDS:
            self._held = ""
        if not self._held:
            self._sequence_began = now
        text, self._held = self._drop_rest_of_answer(self._held + text), ""
        self._escape_passed_at, self._held_since = float("-inf"), now
        out: list[str] = []
        while text:
            text = self._paste(text, out) if self._pasting else self._type(text, out)
        return [piece for piece in out if piece]

    def flush(self) -> list[str]:
        """Return the key that was held back, if nothing followed it. To be called regularly.

        A lone escape is a key at once. A longer beginning is kept for `HELD_SECONDS`, then dropped.
        """
        held, now = self._held, self._clock()
        if self._pasting or not held or (held != _ESCAPE and now - self._held_since < HELD_SECONDS):
            return []
        self._held = ""
        if held == _ESCAPE:
            self._escape_passed_at = now
        key = held if held == _ESCAPE or _WITH_ALT.match(held) else plain_key(held)
        return [key] if key else []

    def _drop_rest_of_answer(self, text: str) -> str:
        """Return the text without the rest of an answer whose escape came first and was taken for the key."""
        if self._clock() - self._escape_passed_at > HELD_SECONDS:
            return text
        if (_ESCAPE + text).startswith(_PASTE_BEGINS):
            return _ESCAPE + text
        whole = _SEQUENCE.match(_ESCAPE + text)
        if whole is None or whole["cut"] or whole["alt"] is not None or self._consume(whole):
            return text
        return text[whole.end() - 1 :]

    def _paste(self, text: str, out: list[str]) -> str:
        """Pass on a paste up to its end; return the rest of the text."""
        end = text.find(_PASTE_ENDS)
        if end >= 0:
            out.append(text[:end].replace(_ESCAPE, "") + _PASTE_ENDS)
            self._pasting = False
            return text[end + len(_PASTE_ENDS) :]
        last = text.rfind(_ESCAPE)
        if last >= 0 and _PASTE_ENDS.startswith(text[last:]):
            text, self._held = text[:last], text[last:]
        out.append(text.replace(_ESCAPE, ""))
        return ""

    def _type(self, text: str, out: list[str]) -> str:
        """Pass on typed input up to the beginning of a paste; return the rest of the text."""
        typed, begins, after = text.partition(_PASTE_BEGINS)
        beginning = None if begins else _BEGINNING.search(typed)
        if beginning:
            typed, self._held = typed[: beginning.start()], beginning[0]
        end = 0
        for found in _SEQUENCE.finditer(typed):
            out += typed[end : found.start()], self._consume(found)
            end = found.end()
        out += typed[end:], begins
        self._pasting = bool(begins)
        return after

    def _consume(self, found: re.Match[str]) -> str:
        """Return a sequence in the form that Textual reads; empty if it is to be removed."""
        sequence = found[0]
        if status := _STATUS.fullmatch(sequence):
            if status[1] == "0":
                self._answered()
            return ""
        if found["answer"] or found["broken"] or found["cut"]:
            return ""
        if click := _CLICK.fullmatch(sequence):
            return sequence if int(click[1]) < _BUTTONS else ""
        if size := _SIZE.fullmatch(sequence):
            return _size(*map(int, size.groups()))
        ours = found["alt"] is not None or sequence in _FOCUS or _MODE.fullmatch(sequence)
        return sequence if ours else plain_key(sequence)


def _size(height: int, width: int, pixel_height: int, pixel_width: int) -> str:
    # A terminal that does not know its size in pixels reports 0, by which Textual would divide.
    return f"\x1b[48;{height};{width};{pixel_height or height};{pixel_width or width}t"


@dataclass(slots=True, eq=False)
class _Query:
    then: Callable[[], object] | None
    answered: Callable[[], object]
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    context: Context = field(default_factory=copy_context)
    """The caller's context: the answer arrives in the input thread, which has no active app."""

    def done(self) -> None:
        then, self.then = self.then, None
        if then is not None:
            self.context.run(then)


class StatusReports:
    """Queries the terminal to find out when it has drawn the output. For one thread, with an event loop."""

    def __init__(self, write: Callable[[str], object], on_lost: Callable[[], object] = lambda: None) -> None:
        """Build it; `on_lost` is called when no answer is waited for any more because one never came."""
        self._write = write
        self._on_lost = on_lost
        self._queries: deque[_Query] = deque()
        self._has_answered = self._has_logged = False

    @property
    def pending_count(self) -> int:
        """Return how many answers are still to come. Safe in any thread."""
        return len(self._queries)

    @property
    def final_wait_seconds(self) -> float:
        """Return how long to wait for answers, at most, before another program gets the terminal."""
        return LAST_SECONDS if self._has_answered else UNKNOWN_SECONDS

    def ask(
        self, then: Callable[[], object] | None, *, answered: Callable[[], object] = lambda: None
    ) -> None:
        """Query the terminal; call `then` once it has answered, or soon if it has never answered at all.

        `answered` is called before it, and only if this query was answered.
        """
        query = _Query(then, answered)
        self._queries.append(query)
        self._write(STATUS_QUERY)
        loop = asyncio.get_running_loop()
        query.timers += (
            loop.call_later(SILENT_SECONDS, self._on_silence, query),
            loop.call_later(LOST_SECONDS, self._drop, query),
        )

    def on_answer(self) -> None:
        """Handle an answer: they come in the order of the queries. Ignore one without a query."""
        if self._queries:
            self._has_answered = True
            query = self._queries.popleft()
            for timer in query.timers:
                timer.cancel()
            query.answered()
            query.done()

    def _on_silence(self, query: _Query) -> None:
        if not self._has_answered:
            self._log()
            query.done()

    def _drop(self, query: _Query) -> None:
        """Stop waiting for this answer; ask again if something still waits for it."""
        self._log()
        self._queries.remove(query)
        if not self._queries:
            self._on_lost()
        if query.then is not None:
            self.ask(query.then)

    def _log(self) -> None:
        if not self._has_logged:
            self._has_logged = True
            log("no status report")
