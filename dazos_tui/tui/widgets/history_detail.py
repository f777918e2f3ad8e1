"""The course of one send as a time line: asked for, answer, what followed, back in, and the next step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from dazos_tui.history.models import BackInProof, CrmAction, HistoryEntry, Outcome
from dazos_tui.tui.formatting import fit_width, format_back_in
from dazos_tui.tui.layout import MEDIUM, WIDE
from dazos_tui.tui.widgets.history_list import OUTCOME_LOOKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET, Rows, wrap_text
from dazos_tui.verification.next_step import is_waiting, next_step

_MORE = "…"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that happened to a send, at a time (aware), or None for what is still open.

    `style` colours its first words, `head`.
    """

    at: datetime | None
    head: str
    text: str = ""
    style: str = ""


def timeline(entry: HistoryEntry, later: Sequence[HistoryEntry], now: datetime) -> list[TimelineEvent]:
    """Return what happened to a send, in order; `later` are the later entries of the same person."""
    return [*_events(entry, later), *_open_end(entry, later, now)]


def _events(entry: HistoryEntry, later: Sequence[HistoryEntry]) -> Iterator[TimelineEvent]:
    request = entry.request
    yield _asked(entry, request.asked_by)
    words = " ".join(entry.message.split()) or "(no answer was recorded)"
    yield TimelineEvent(entry.finished_at, entry.outcome_label, words, OUTCOME_LOOKS[entry.outcome])
    after = [_later_event(one) for one in later]
    if entry.back_in is not None:
        how = " (login history)" if entry.back_in.proof is BackInProof.SIGN_IN else ""
        words = f"{format_back_in(entry)}{how}"
        after.append(TimelineEvent(entry.back_in.at, words, style=OUTCOME_LOOKS[Outcome.SENT]))
    if entry.noted_at is not None:
        ticket = f" for {request.ticket}" if request.ticket else ""
        after.append(TimelineEvent(entry.noted_at, f"note{ticket} taken"))
    yield from sorted(after, key=lambda event: event.at or entry.requested_at)


def _asked(entry: HistoryEntry, by: str) -> TimelineEvent:
    ticket = f", ticket {entry.request.ticket}" if entry.request.ticket else ""
    what = "" if entry.action is CrmAction.RESET_LINK else " to enable the login"
    return TimelineEvent(entry.requested_at, f"asked for{what} by {by}{ticket}")


def _later_event(entry: HistoryEntry) -> TimelineEvent:
    what = "again" if entry.action is CrmAction.RESET_LINK else "login"
    return TimelineEvent(
        entry.requested_at, f"{what}: {entry.outcome_label} by {entry.request.asked_by} (no. {entry.id})"
    )


def _open_end(entry: HistoryEntry, later: Sequence[HistoryEntry], now: datetime) -> Iterator[TimelineEvent]:
    if not is_waiting(entry):
        return
    if any(is_waiting(one) or one.back_in is not None for one in later):
        yield TimelineEvent(None, "a later link counts: only the newest mail works")
    else:
        yield TimelineEvent(None, "not seen to be back in.", f"Next: {next_step(entry, now)}")


@dataclass(frozen=True, slots=True)
class HistoryDetail:
    """What the whole history shows of the row under the cursor."""

    entry: HistoryEntry
    later: Sequence[HistoryEntry] = ()

    def title(self, position: str) -> str:
        """Return whose row it is; `position` says which, such as ``4 of 31``."""
        request = self.entry.request
        name = request.name or request.user_name
        if not position:
            return name
        where = f"{request.instance} {request.environment.upper()}"
        return f"Row {position} · {name} <{request.email}> · {where}"

    def rows(self, width: int, height: int, now: datetime) -> Rows:
        """Return the rows for this size, in cells; what does not fit is in the full entry."""
        events = timeline(self.entry, self.later, now)
        if width >= WIDE - 2:
            return list(self._lines(events, width, height))
        if width >= MEDIUM - 2:
            # The next step has a row of its own: it is what the reader does.
            still_open = [event for event in events if event.at is None]
            past = [event for event in events[1:] if event.at is not None]
            # Who was at the keyboard is in the line above, where there is room for it.
            past.insert(0, _asked(self.entry, self.entry.request.operator))
            ends = [Content(fit_width(f"{event.head} {event.text}", width)) for event in still_open]
            rows = [*self._compact(past, width, height - 1 - len(ends)), *ends]
            return [Content(fit_width(self._whom, width)), *rows]
        email = self.entry.request.email or "no e-mail address"
        return [Content(fit_width(email, width)), *self._compact(events[1:], width, height - 1)]

    @property
    def _whom(self) -> str:
        request = self.entry.request
        return f"{request.email or 'no e-mail address'} · {request.instance} · by {request.asked_by}"

    def _lines(self, events: Sequence[TimelineEvent], width: int, height: int) -> Iterator[Content]:
        shown = [event for event in events if event.at is not None]
        still_open = [event for event in events if event.at is None]
        room = height - len(still_open)
        if len(shown) > room:
            # The request, its outcome, and what happened last.
            shown = [*shown[: max(1, room - 1)], *shown[len(shown) - 1 :]][:room]
        column = max((cell_len(self._time(event)) for event in shown), default=0) + 2
        spare = height - len(shown) - len(still_open)
        for event in [*shown, *still_open]:
            head = f"{event.head}  " if event.text else event.head
            lines = list(wrap_text(event.text, width - column, first=cell_len(head))) if event.text else [""]
            # What does not fit continues in the rows that are left.
            count = 1 + max(0, spare)
            room = width - column - (cell_len(head) if count == 1 else 0)
            rows, spare = _cut_to(lines, count, room), spare - len(lines) + 1
            time = set_cell_size(self._time(event), column)
            yield Content.assemble((time, QUIET), (fit_width(head, width - column), event.style), rows[0])
            yield from (Content(" " * column + row) for row in rows[1:])

    def _compact(self, events: Sequence[TimelineEvent], width: int, height: int) -> Iterator[Content]:
        """Yield the events one after the other, in lines as full as possible."""
        parts = [f"{self._time(event)} {event.head}{_with_colon(event)}".strip() for event in events]
        yield from map(Content, _cut_to(list(wrap_text(" · ".join(parts), width)), height, width))

    def _time(self, event: TimelineEvent) -> str:
        if event.at is None:
            return "–" if event.text else ""
        at, began = event.at.astimezone(), self.entry.requested_at.astimezone()
        return f"{at:%H:%M:%S}" if at.date() == began.date() else f"{at:%Y-%m-%d %H:%M}"


def _with_colon(event: TimelineEvent) -> str:
    if not event.text:
        return ""
    return f": {event.text}" if event.style else f" {event.text}"


def _cut_to(lines: list[str], count: int, width: int) -> list[str]:
    """Return at most so many lines, the last with a mark if others are left out."""
    if len(lines) <= count or count < 1:
        return lines[: max(0, count)]
    return [*lines[: count - 1], fit_width(f"{lines[count - 1]} {_MORE}", width)]
