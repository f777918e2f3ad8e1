"""What is sensible to do next about a link after which nobody is back in yet."""

from datetime import datetime, timedelta

from dazos_tui.history.models import Entry, Outcome
from dazos_tui.resets.ages import is_ahead

LOOKED_BACK = timedelta(days=7)
"""How old a link may be to be waited for at all."""

_ON_ITS_WAY = timedelta(minutes=10)
_SAME_DAY = timedelta(hours=8)


def next_step(entry: Entry, now: datetime) -> str:
    """Return the next step for a link that went out, or may have, and was not followed by a sign-in."""
    age = now - entry.requested_at
    if entry.outcome is Outcome.UNKNOWN:
        return "Unknown whether it went out: ask whether a mail came before you send another."
    if is_ahead(entry.requested_at, now):
        return "When it was sent is not known, since a clock was wrong: ask whether the mail came."
    if age < _ON_ITS_WAY:
        return "Give the mail a few minutes."
    if age < _SAME_DAY:
        return "Ask whether the mail came: spam and junk folder, spelling of the address."
    return "Ask whether it is still needed: then send a fresh link, only the newest one counts."
