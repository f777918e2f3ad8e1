"""What the history of sends that were ended in their midst must agree with, and how they are told."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dazos_tui.history.models import HistoryEntry, Outcome
from tests.faults.crash_target import ENDS, OF_DISK, Way

_HEADS = (
    "ended", "processes", "by itself", "no row", "cut off, no mail", "cut off, mailed",
    "sent", "other", "mails",
)  # fmt: skip

_NOT_SENT = 3


@dataclass(frozen=True)
class Fate:
    """What became of one process that was to send one person a link."""

    aim: str
    by: str
    person: str
    code: int
    """Its exit code; below 0 if a signal ended it."""
    said: str
    words: str
    posts: int

    @property
    def outcome(self) -> str:
        """Return what it said on stdout, empty if it did not come to that."""
        line = self.said.strip()
        return str(json.loads(line)["outcome"]) if line else ""


@dataclass(frozen=True)
class Mail:
    """One mail in the outbox; `at` is ISO 8601, cut to whole seconds."""

    person: str
    at: str


def violations(fates: Sequence[Fate], rows: Sequence[HistoryEntry], mails: Sequence[Mail]) -> list[str]:
    """Return, a sentence each, what is not as it must be."""
    people = [fate.person for fate in fates]
    found = [
        f"{mail.person}: a mail that no process was to send" for mail in mails if mail.person not in people
    ]
    found += [
        f"{row.request.user_name}: a row that no process was to write"
        for row in rows
        if row.request.user_name not in people
    ]
    for fate in fates:
        theirs = [row for row in rows if row.request.user_name == fate.person]
        got = [mail for mail in mails if mail.person == fate.person]
        wrong = [*_counts(fate, theirs, got), *_row(fate, theirs, got), *_process(fate, theirs)]
        found += [f"{fate.person} (ended {fate.aim} by {fate.by}, {fate.code}): {words}" for words in wrong]
    return found


def _counts(fate: Fate, rows: Sequence[HistoryEntry], mails: Sequence[Mail]) -> Iterator[str]:
    if len(mails) > 1:
        yield f"{len(mails)} mails"
    if fate.posts > 1:
        yield f"{fate.posts} POSTs"
    if len(rows) > 1:
        yield f"{len(rows)} rows"
    if (mails or fate.posts) and not rows:
        yield "asked for, and no row"


def _row(fate: Fate, rows: Sequence[HistoryEntry], mails: Sequence[Mail]) -> Iterator[str]:
    for row in rows:
        if any(
            int(row.requested_at.timestamp()) > datetime.fromisoformat(mail.at).timestamp() for mail in mails
        ):
            yield "the row is younger than the mail"
        if row.outcome is Outcome.SENT and not mails:
            yield "sent, without a mail"
        if row.outcome in {Outcome.NOT_SENT, Outcome.REFUSED} and mails:
            yield f"{row.outcome}, with a mail"
        if row.finished_at is None and fate.code >= 0 and not _says_why(fate):
            yield "a row without outcome, though the process ended by itself"
        if row.finished_at is None and row.outcome is not Outcome.UNKNOWN:
            yield f"{row.outcome} before the answer"


def _process(fate: Fate, rows: Sequence[HistoryEntry]) -> Iterator[str]:
    if not _ends_well(fate):
        yield f"ended with {fate.code}: {fate.said} {fate.words[-500:]}"
    if "Traceback" in fate.words:
        yield f"it shows its inside: {fate.words[-500:]}"
    if fate.outcome and [row.outcome for row in rows] != [fate.outcome] and not _says_why(fate):
        yield f"it said {fate.outcome}, the history does not"


def _ends_well(fate: Fate) -> bool:
    if fate.code < 0:
        return -fate.code == ENDS.get(fate.by)
    if fate.code == 0:
        return fate.outcome == Outcome.SENT or (fate.by == Way.DEAF and not fate.outcome)
    # It could not even begin to record, and said so.
    return fate.code == _NOT_SENT and _says_why(fate) and not fate.posts


def _says_why(fate: Fate) -> bool:
    """Tell whether the disk kept a process from writing its history, and it said that."""
    return fate.by in OF_DISK and "The history" in fate.words


def table(fates: Sequence[Fate], rows: Sequence[HistoryEntry], mails: Sequence[Mail]) -> str:
    """Return how the processes ended, by the part of the send that was aimed at and the signal."""
    row_of = {row.request.user_name: row for row in rows}
    mailed = Counter(mail.person for mail in mails)
    lines: dict[str, Counter[str]] = {}
    for fate in fates:
        for name in (f"{fate.aim}, {fate.by}", "all"):
            line = lines.setdefault(name, Counter())
            line["processes"] += 1
            line["by itself"] += fate.code >= 0
            line["mails"] += mailed[fate.person]
            line[_state(row_of.get(fate.person), mailed[fate.person])] += 1
    lines["all"] = lines.pop("all", Counter())
    cells = [_HEADS, *((name, *(str(line[head]) for head in _HEADS[1:])) for name, line in lines.items())]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in cells
    )


def _state(row: HistoryEntry | None, mails: int) -> str:
    if row is None:
        return "no row"
    if row.finished_at is None:
        return "cut off, mailed" if mails else "cut off, no mail"
    return "sent" if row.outcome is Outcome.SENT else "other"
