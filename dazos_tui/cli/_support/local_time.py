"""Times as commands write them for people."""

from datetime import datetime


def format_moment(moment: datetime) -> str:
    """Return an aware time in the machine's own time zone, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
