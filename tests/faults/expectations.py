"""What must be true for disrupted sends and their history, and a table of how they ended."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dazos_tui.history.models import HistoryEntry, Outcome
from tests.faults.crash_target import ENDS, OF_DISK, Disruption

_HEADS = (
    "ended", "processes", "by itself", "no row", "cut off, no mail", "cut off, mailed",
    "sent", "other", "mails",
)  # fmt: skip

_NOT_SENT = 3


@dataclass(frozen=True)
class SendResult:
    """How a process that sends one person a link ended."""

    aim: str
    by: str
    person: str
    code: int
    """The exit code; negative if a signal ended the process."""
    said: str
    words: str
    posts: int

    @property
    def outcome(self) -> str:
        """The outcome that it wrote to stdout; empty if it wrote none."""
        line = self.said.strip()
        return str(json.loads(line)["outcome"]) if line else ""


@dataclass(frozen=True)
class Mail:
    """One mail in the outbox; `at` is ISO 8601, cut to whole seconds."""

    person: str
    at: str


def violations(
    results: Sequence[SendResult], rows: Sequence[HistoryEntry], mails: Sequence[Mail]
) -> list[str]:
    """Return all violations, one sentence each."""
    people = [result.person for result in results]
    found = [
        f"{mail.person}: a mail that no process should send" for mail in mails if mail.person not in people
    ]
    found += [
        f"{row.request.user_name}: a row that no process should write"
        for row in rows
        if row.request.user_name not in people
    ]
    for result in results:
        theirs = [row for row in rows if row.request.user_name == result.person]
        got = [mail for mail in mails if mail.person == result.person]
        wrong = [*_counts(result, theirs, got), *_row(result, theirs, got), *_process(result, theirs)]
        found += [
            f"{result.person} (ended {result.aim} by {result.by}, {result.code}): {words}" for words in wrong
        ]
    return found


def _counts(result: SendResult, rows: Sequence[HistoryEntry], mails: Sequence[Mail]) -> Iterator[str]:
    if len(mails) > 1:
        yield f"{len(mails)} mails"
    if result.posts > 1:
        yield f"{result.posts} POSTs"
    if len(rows) > 1:
        yield f"{len(rows)} rows"
    if (mails or result.posts) and not rows:
        yield "requested, and no row"


def _row(result: SendResult, rows: Sequence[HistoryEntry], mails: Sequence[Mail]) -> Iterator[str]:
    for row in rows:
        if any(
            int(row.requested_at.timestamp()) > datetime.fromisoformat(mail.at).timestamp() for mail in mails
        ):
            yield "the row is newer than the mail"
        if row.outcome is Outcome.SENT and not mails:
            yield "sent, without a mail"
        if row.outcome in {Outcome.NOT_SENT, Outcome.REFUSED} and mails:
            yield f"{row.outcome}, with a mail"
        if row.finished_at is None and result.code >= 0 and not _reports_disk_error(result):
            yield "a row without outcome, though the process ended by itself"
        if row.finished_at is None and row.outcome is not Outcome.UNKNOWN:
            yield f"{row.outcome} before the answer"


def _process(result: SendResult, rows: Sequence[HistoryEntry]) -> Iterator[str]:
    if not _ends_well(result):
        yield f"ended with {result.code}: {result.said} {result.words[-500:]}"
    if "Traceback" in result.words:
        yield f"it shows a traceback: {result.words[-500:]}"
    if (
        result.outcome
        and [row.outcome for row in rows] != [result.outcome]
        and not _reports_disk_error(result)
    ):
        yield f"it reported {result.outcome}, the history does not"


def _ends_well(result: SendResult) -> bool:
    if result.code < 0:
        return -result.code == ENDS.get(result.by)
    if result.code == 0:
        return result.outcome == Outcome.SENT or (result.by == Disruption.DEAF and not result.outcome)
    # It could not record the reset before the send, and reported that.
    return result.code == _NOT_SENT and _reports_disk_error(result) and not result.posts


def _reports_disk_error(result: SendResult) -> bool:
    """Return whether the disk prevented a process from writing its history, and the process reported that."""
    return result.by in OF_DISK and "The history" in result.words


def table(results: Sequence[SendResult], rows: Sequence[HistoryEntry], mails: Sequence[Mail]) -> str:
    """Return a table of how the processes ended, by the disrupted part of the send and the disruption."""
    row_of = {row.request.user_name: row for row in rows}
    mailed = Counter(mail.person for mail in mails)
    lines: dict[str, Counter[str]] = {}
    for result in results:
        for name in (f"{result.aim}, {result.by}", "all"):
            line = lines.setdefault(name, Counter())
            line["processes"] += 1
            line["by itself"] += result.code >= 0
            line["mails"] += mailed[result.person]
            line[_state(row_of.get(result.person), mailed[result.person])] += 1
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
