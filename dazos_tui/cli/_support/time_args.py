"""Points in time as users type them."""

from datetime import datetime

from dazos_tui.history.when import parse_when


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the beginning of the time that is meant, such as ``2h``, ``yesterday`` or ``2026-11-23``.

    ``30m`` are minutes. A date or time without a zone is local. Raises ValueError.
    """
    return parse_when(text, now, minutes=True).start
