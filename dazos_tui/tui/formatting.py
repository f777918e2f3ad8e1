"""Short texts for times, counts and history entries."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.cells import cell_len, chop_cells

from dazos_tui.history.clock_skew import duration, is_clock_ahead
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome
from dazos_tui.text.sanitize import safe_text
from dazos_tui.verification.next_step import is_waiting

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRONG_DATE = "wrong date"
"""Shown for an entry dated later than now, or later than the sign-in after it: a clock was wrong."""
_WEEKDAY_DAYS = 6
"""Times less than this many days back are shown with the name of the day."""


def format_age(then: datetime, now: datetime) -> str:
    """Return how long ago `then` was, such as ``14 min ago``; both are aware times.

    There are no seconds, since they would be wrong until the next repaint. For a time in the future, as
    written by a wrong clock, the text says how far ahead it is.
    """
    if is_clock_ahead(then, now):
        return f"{duration(int((then - now).total_seconds()))} in the future"
    seconds = max(0, int((now - then).total_seconds()))
    return f"{duration(seconds)} ago" if seconds >= 60 else "just now"


def format_duration(then: datetime, now: datetime) -> str:
    """Return the time between two aware times, such as ``9 min``; less than a minute if `now` is earlier."""
    seconds = max(0, int((now - then).total_seconds()))
    return duration(seconds) if seconds >= 60 else "< 1 min"


def format_length(length: timedelta) -> str:
    """Return a length of time, such as ``2 h 41``."""
    seconds = max(0, int(length.total_seconds()))
    return duration(seconds) if seconds >= 60 else "1 min"


def format_time(moment: datetime, now: datetime) -> str:
    """Return an aware time in the machine's time zone, in at most 10 cells.

    ``14:02`` today, ``Fri 14:02`` within six days, ``2026-11-02`` before, and for what is ahead of `now`.
    """
    local = moment.astimezone()
    days = (now.astimezone().date() - local.date()).days
    if days == 0:
        return local.strftime("%H:%M")
    # Not by strftime, which uses the machine's language.
    day = _DAYS[local.weekday()]
    return f"{day} {local:%H:%M}" if 0 < days <= _WEEKDAY_DAYS else local.strftime("%Y-%m-%d")


def format_day(day: date, now: datetime) -> str:
    """Return a local day as a heading: ``Today``, ``Yesterday``, ``Mon 23 Nov``, ``Mon 24 Nov 2025``."""
    today = now.astimezone().date()
    ago = (today - day).days
    if ago in {0, 1}:
        return "Yesterday" if ago else "Today"
    # Not by strftime, which uses the machine's language.
    year = f" {day.year}" if day.year != today.year else ""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}{year}"


def format_back_in(entry: HistoryEntry) -> str:
    """Return that the person is back in and when, such as ``back in 14 min later``; empty if not seen yet."""
    return entry.back_in_label


def state_of(entry: HistoryEntry, now: datetime) -> str:
    """Return the state after a reset in at most 18 cells: ``waiting 9 min``, ``back in 14 min``."""
    if entry.back_in is not None:
        by_person = entry.back_in.proof is BackInProof.PERSON
        return entry.back_in_label if by_person else _seen_after(entry, entry.back_in, "back in")
    if not is_waiting(entry):
        return entry.outcome_label
    if entry.outcome is Outcome.UNKNOWN:
        return "look first"
    return (
        _WRONG_DATE
        if is_clock_ahead(entry.requested_at, now)
        else f"waiting {format_duration(entry.requested_at, now)}"
    )


def short_state_of(entry: HistoryEntry, now: datetime) -> str:
    """Return the state in at most 10 cells, such as ``9 min…`` or ``in 14 min``, to go beside the outcome."""
    if entry.back_in is not None:
        by_person = entry.back_in.proof is BackInProof.PERSON
        return "in (said)" if by_person else _seen_after(entry, entry.back_in, "in")
    if not is_waiting(entry):
        return "–" if entry.action is CrmAction.RESET_LINK else entry.outcome_label
    long = state_of(entry, now)
    return f"{long.removeprefix('waiting ')}…" if long.startswith("waiting ") else long


def _seen_after(entry: HistoryEntry, seen: BackIn, words: str) -> str:
    wrong = is_clock_ahead(entry.requested_at, seen.at)
    return _WRONG_DATE if wrong else f"{words} {format_duration(entry.requested_at, seen.at)}"


def format_last_attempt(failed: HistoryEntry, now: datetime) -> str:
    """Return the result of a reset that did not go out, such as ``last attempt refused, 3 min ago``."""
    return f"last attempt {failed.outcome}, {format_age(failed.requested_at, now)}"


def format_outcome(entry: HistoryEntry) -> str:
    """Return the outcome for the user; for an enabled login it does not say “sent”."""
    return entry.outcome_label


def fit_width(text: str, width: int) -> str:
    """Return `text` cut to `width` terminal cells, ending in ``…`` if something is missing."""
    if cell_len(text) <= width:
        return text
    return f"{chop_cells(text, width - 1)[0]}…" if width > 1 else "…"


def truncate_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` terminal cells, cut in the middle: the ends tell names apart.

    Of a text that does not fit, ``…`` remains at the least, whatever `width` is.
    """
    if cell_len(text) <= width:
        return text
    room = max(0, (width - 1) // 2)
    tail = text[len(text) - room :]
    while cell_len(tail) > room:
        tail = tail[1:]
    head = fit_width(text, width - cell_len(tail))
    return f"{head}{tail}"


def short_path(path: Path) -> str:
    """Return a path that is safe to show, with ``~`` for the home directory."""
    with suppress(RuntimeError, ValueError):
        return safe_text(str(Path("~", path.relative_to(Path.home()))))
    return safe_text(str(path))


def format_count(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 user``, ``2 users``, ``12,345 users``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def format_recipient(entry: HistoryEntry) -> str:
    """Return name, e-mail and instance of a history entry, in one line."""
    request = entry.request
    return f"{request.name or request.user_name} <{request.email}> · {request.instance}"
