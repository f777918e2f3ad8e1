"""What is sensible to do next about a link after which nobody is back in yet."""

from datetime import datetime, timedelta

from dazos_tui.history.clock_skew import is_clock_ahead
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome

LOOKBACK = timedelta(days=7)
"""How old a link may be to be waited for at all."""

_MAIL_DELIVERY_TIME = timedelta(minutes=10)
_SAME_DAY = timedelta(hours=8)


SIGN_INS_NOT_LISTED = (
    "With an apostrophe in user name or e-mail, a stock vtiger never shows a sign-in: ask the person."
)
"""Why a sign-in may have been, and is not seen: its login history lacks such people."""


def has_apostrophe(*texts: str) -> bool:
    """Tell whether one of these is a text that a stock vtiger cannot compare (seen on vtiger 8.0 and 8.2)."""
    return any("'" in text for text in texts)


def has_unlisted_sign_ins(entry: HistoryEntry) -> bool:
    """Tell whether a stock vtiger's login history lacks this person's sign-ins."""
    return has_apostrophe(entry.request.user_name, entry.request.email)


def is_waiting(entry: HistoryEntry) -> bool:
    """Return whether a link was sent, or may have been, and nobody was seen to be back in since."""
    went_out = entry.outcome in {Outcome.SENT, Outcome.UNKNOWN}
    return entry.action is CrmAction.RESET_LINK and went_out and entry.back_in is None


def next_step(entry: HistoryEntry, now: datetime) -> str:
    """Return the next step for a link that went out, or may have, and was not followed by a sign-in."""
    step = _next_step(entry, now)
    return f"{SIGN_INS_NOT_LISTED} {step}" if has_unlisted_sign_ins(entry) else step


def short_next_step(entry: HistoryEntry, now: datetime) -> str:
    """Return the next step in words that fit into a row."""
    age = now - entry.requested_at
    if entry.outcome is Outcome.UNKNOWN:
        return "look first"
    if is_clock_ahead(entry.requested_at, now):
        return "ask if it came"
    if age < _MAIL_DELIVERY_TIME:
        return "give the mail time"
    return "ask if the mail came" if age < _SAME_DAY else "ask if still needed"


def _next_step(entry: HistoryEntry, now: datetime) -> str:
    age = now - entry.requested_at
    if entry.outcome is Outcome.UNKNOWN:
        return "Unknown whether it went out: ask whether a mail came before you send another."
    if is_clock_ahead(entry.requested_at, now):
        return "When it was sent is not known, since a clock was wrong: ask whether the mail came."
    if age < _MAIL_DELIVERY_TIME:
        return "Give the mail a few minutes."
    if age < _SAME_DAY:
        return "Ask whether the mail came: spam and junk folder, spelling of the address."
    return "Ask whether it is still needed: then send a fresh link, only the newest one counts."
