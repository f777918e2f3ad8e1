"""The lists of a batch: who gets a link, and what became of everybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dazos_tui.history.models import Outcome
from dazos_tui.resets.batch_plan import PlannedPerson, PlanVerdict
from dazos_tui.resets.batch_report import PersonResult
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.widgets.history_list import MARKS, STYLES
from dazos_tui.tui.widgets.user_list import PICKED_MARK
from dazos_tui.tui.widgets.virtual_list import Cell, VirtualList

ROOMY_LIST = 66
"""Width from which on a list of a batch has a column for the e-mail."""

_WORD = 8
"""Cells of a verdict, with the gap after it."""

_WORDS = {
    PlanVerdict.LINK: ("link", "good"),
    PlanVerdict.STOPPED: ("■ STOP", "stop"),
    PlanVerdict.SKIPPED: ("skip", "dim"),
    PlanVerdict.DONE: ("done", "dim"),
    PlanVerdict.AMBIGUOUS: ("several", "warn"),
    PlanVerdict.UNKNOWN_PERSON: ("gone", "warn"),
    PlanVerdict.REPEATED: ("twice", "dim"),
}
"""The word of each verdict, and its style."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One person of a plan, by their place in it. `person` is None until their profile was read."""

    place: int
    name: str
    email: str
    person: PlannedPerson | None = None
    is_left_out: bool = False

    @property
    def reason(self) -> str:
        """Return what speaks against the link, or is worth knowing; empty if nothing is."""
        return self.person.reason if self.person is not None else ""

    @property
    def word(self) -> tuple[str, str]:
        """Return what will happen, in a word, and its style."""
        if self.is_left_out:
            return "left out", "dim"
        return _WORDS[self.person.verdict] if self.person is not None else ("", "dim")


def person_name(person: PlannedPerson) -> str:
    """Return the name by which a list shows a planned person."""
    user = person.user
    return (user.name or user.user_name) if user is not None else person.wanted.text


def person_email(person: PlannedPerson) -> str:
    """Return a planned person's e-mail; empty if it is not known."""
    return person.user.email if person.user is not None else ""


class PlanList(VirtualList[PlanRow]):
    """People, one per line, with what will happen to them."""

    looking_at = -1
    """The place of the person whose profile is being read; -1 for nobody."""

    def identity(self, row: PlanRow) -> int:
        """Return the person's place in the plan."""
        return row.place

    def cells(self, row: PlanRow, index: int, width: int) -> Iterable[Cell]:
        """Return the mark, name, e-mail where there is room, and what will happen."""
        yield " " if row.is_left_out else PICKED_MARK, 2, "picked"
        name, email, rest = _columns(width - 2)
        yield fit_width(row.name, max(1, name - 1)), name, "dim" if row.is_left_out else "row"
        if email:
            yield fit_width(row.email or "—", email - 1), email, "dim"
        word, style = ("looking", "dim") if row.place == self.looking_at else row.word
        yield word, min(_WORD, rest), style
        if rest > _WORD:
            reason = "" if row.is_left_out else row.reason
            yield f" {fit_width(reason, rest - _WORD - 1)}" if reason else "", rest - _WORD, "dim"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One person of a batch that is being sent or has ended. `result` is None until their turn is over."""

    place: int
    person: PlannedPerson
    result: PersonResult | None = None
    is_current: bool = False


class ResultList(VirtualList[ResultRow]):
    """People, one per line, with what became of each."""

    def identity(self, row: ResultRow) -> int:
        """Return the person's place in the batch."""
        return row.place

    def cells(self, row: ResultRow, index: int, width: int) -> Iterable[Cell]:
        """Return the mark of the outcome, name, e-mail where there is room, and the outcome in words."""
        mark, words, style = _outcome(row)
        yield f"{mark} ", 2, style
        name, email, rest = _columns(width - 2)
        yield fit_width(person_name(row.person), max(1, name - 1)), name, "row"
        if email:
            yield fit_width(person_email(row.person) or "—", email - 1), email, "dim"
        yield fit_width(words, max(1, rest)), rest, "dim"


def clock_time(moment: datetime) -> str:
    """Return an aware time as the time of day on this machine."""
    return f"{moment.astimezone():%H:%M:%S}"


def was_not_reached(result: PersonResult) -> bool:
    """Return whether the batch ended before this person's turn."""
    return not result.was_asked and result.error is None and result.person.verdict is PlanVerdict.LINK


def column_titles(width: int, last: str) -> str:
    """Return the titles above a list of `width` cells that has a column for the e-mail."""
    name, email, _ = _columns(width - 3)
    return f"  {'Person'.ljust(name)}{'E-mail'.ljust(email)}{last}"


def _columns(width: int) -> tuple[int, int, int]:
    """Return the cells of the name, of the e-mail (0 without room) and of the rest, each with its gap."""
    if width < ROOMY_LIST:
        name = width * 45 // 100
        return name, 0, width - name
    name, email = width * 27 // 100, width * 36 // 100
    return name, email, width - name - email


def _outcome(row: ResultRow) -> tuple[str, str, str]:
    """Return the mark of a row, its words, and the style of the mark."""
    if row.result is None:
        return ("…", "asking", "warn") if row.is_current else (" ", "", "dim")
    result = row.result
    if result.entry is not None and result.outcome is Outcome.SENT:
        words = clock_time(result.entry.requested_at)
    else:
        words = "not asked" if was_not_reached(result) else result.message
    return MARKS[result.outcome], words, STYLES[result.outcome]
