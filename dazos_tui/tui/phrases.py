"""Times and counts in words a person reads at a glance."""

from datetime import datetime

from rich.cells import cell_len, chop_cells

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago `then` was, such as ``14 min ago``; both are aware times."""
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < 10:
        return "just now"
    name, length = next((name, length) for name, length in _UNITS if seconds >= length)
    return f"{seconds // length} {name} ago"


def local_time(moment: datetime) -> str:
    """Return an aware time in the machine's own time zone, to the minute."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def fitted(text: str, width: int) -> str:
    """Return `text` cut to `width` terminal cells, with a sign that something is missing."""
    if cell_len(text) <= width:
        return text
    return f"{chop_cells(text, width - 1)[0]}…" if width > 1 else "…"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 user``, ``2 users``, ``12,345 users``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
