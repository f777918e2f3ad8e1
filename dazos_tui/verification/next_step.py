"""The next step for a link whose recipient is not back in yet."""

from datetime import datetime, timedelta

from dazos_tui.history.clock_skew import is_clock_ahead
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome

LOOKBACK = timedelta(days=7)
"""The age up to which a link is followed up at all."""

_MAIL_DELIVERY_TIME = timedelta(minutes=10)
_SAME_DAY = timedelta(hours=8)


SIGN_INS_NOT_LISTED = (
    "With an apostrophe in user name or e-mail, a stock vtiger never shows a sign-in: ask the person."
)
"""Why a sign-in may go unseen: a stock vtiger's login history leaves such people out."""


def has_apostrophe(*texts: str) -> bool:
    """Return whether one of these has an apostrophe, which stock vtiger (8.0 and 8.2) fails to compare."""
    return any("'" in text for text in texts)


def has_unlisted_sign_ins(entry: HistoryEntry) -> bool:
    """Return whether a stock vtiger's login history leaves out this person's sign-ins."""
    return has_apostrophe(entry.request.user_name, entry.request.email)


def is_waiting(entry: HistoryEntry) -> bool:
    """Return whether a link was sent, or may have been, and the person was not seen to be back in since."""
    went_out = entry.outcome in {Outcome.SENT, Outcome.UNKNOWN}
    return entry.action is CrmAction.RESET_LINK and went_out and entry.back_in is None


def next_step(entry: HistoryEntry, now: datetime) -> str:
    """Return the next step for a link that went out, or may have, and was not followed by a sign-in."""
    step = _next_step(entry, now)
    return f"{SIGN_INS_NOT_LISTED} {step}" if has_unlisted_sign_ins(entry) else step


def short_next_step(entry: HistoryEntry, now: datetime) -> str:
    """Return the next step, short enough for a table row."""
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
        return "It is not known whether it went out: ask whether a mail came before you send another."
    if is_clock_ahead(entry.requested_at, now):
        return "It is not known when it was sent, since a clock was wrong: ask whether the mail came."
    if age < _MAIL_DELIVERY_TIME:
        return "Give the mail a few minutes."
    if age < _SAME_DAY:
        return "Ask whether the mail came. Check the spam and junk folders and the spelling of the address."
    return "Ask whether it is still needed. If so, send a fresh link: only the newest one works."
