"""What the rows of the login history prove about one reset. Pure: no I/O, no clock.

A wrong “back in” would be the worst result: a sign-in that may have happened before the reset proves nothing.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dazos_tui.crm.login_times import TimeCalibration, TimeSpan, UnreadableTimeError, is_implausible
from dazos_tui.crm.models import LoginHistoryRow
from dazos_tui.history.models import ResetRequest
from dazos_tui.text.sanitize import safe_text

_MAX_SAME_DATE_SPREAD = timedelta(days=2)
"""Time zones shift a time by 26 hours at most; exchanging day and month shifts it by weeks."""

ASK_PERSON_ADVICE = "Ask the person, and mark it as confirmed by them."
"""What can be done where the login history is not enough."""
# What PHP's strip_tags removes: a “<” before white space begins no tag, and a tag may lack its end.
_TAG = re.compile(r"""<(?!\s)(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^>"'])*+(?:>|\Z)""")
_MAX_PREFIXES = 3
"""How many prefixes are tried to find one that is nobody's user name."""


class NoProofError(Exception):
    """No sign-in can prove anything about a reset: `str(error)` says why."""


class Verdict(StrEnum):
    """What is known about a person who was sent a link. Scripts rely on these words."""

    BACK_IN = "back in"
    WAITING = "waiting"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rows prove: when the person was back in (UTC, by the server's clock), or why it is unclear."""

    verdict: Verdict
    at: datetime | None = None
    explanation: str = ""


def row_keys(rows: Sequence[LoginHistoryRow]) -> Counter[tuple[str, str, str]]:
    """Return the sign-ins by the fields that never change: signing out changes the others."""
    return Counter((row.name, row.ip, row.signed_in) for row in rows)


def is_row_of_user(row: LoginHistoryRow, request: ResetRequest) -> bool:
    """Return whether a row can be this person's, judged by its name, its words in any order.

    The name can be the full name, the user name, or what vtiger 8.3 keeps of a full name with quotes or tags.
    A row without a name matches nobody.
    """
    words = sorted(row.name.casefold().split())
    names = request.name, request.user_name, _userlabel_of(request.name)
    return bool(words) and words in (sorted(name.casefold().split()) for name in names)


def _userlabel_of(name: str) -> str:
    """Return what vtiger 8.3 keeps of a full name for its login history (`userlabel`, Users.php).

    It applies PHP's strip_tags, then vtlib_strip_quoted: quoted parts are removed, double quotes first. A
    quote that is never closed removes the rest too, so “Seán O'Brien” becomes “Seán O”.
    """
    kept, rest = "", _TAG.sub("", name)
    while quote := next((mark for mark in "\"'" if mark in rest), ""):
        before, _, after = rest.partition(quote)
        kept += before
        rest = after.partition(quote)[2]
    return kept + rest


def user_name_prefixes(user_name: str) -> list[str]:
    """Return prefixes of a user name, the longest first: several, as one may be another user's name."""
    shorter = [user_name[:-cut] for cut in range(1, min(len(user_name), _MAX_PREFIXES + 1))]
    return [prefix for prefix in shorter if prefix.strip()]


def is_possibly_later(
    row: LoginHistoryRow, requested_at: datetime, calibration: TimeCalibration, now: datetime
) -> bool:
    """Return whether a sign-in may have been after the reset. For the times see `assess`."""
    try:
        return calibration.possible_spans(row.signed_in, now)[-1].end > requested_at
    except UnreadableTimeError:
        return True


def assess(
    requested_at: datetime,
    rows: Sequence[LoginHistoryRow],
    calibration: TimeCalibration,
    now: datetime,
    baseline: Counter[tuple[str, str, str]] | None,
) -> Assessment:
    """Return what a person's rows prove about the link requested at `requested_at`.

    `baseline` has the rows that were there right after the request: they prove nothing, and any other row
    that may be later is proof. Without it, a time that may be earlier proves nothing. A sign-in that is not
    known to have succeeded never proves anything. Times are UTC, by the server's clock. Raises
    UnreadableTimeError if this calibration cannot read a time, unless none could.
    """
    fresh = _rows_since(rows, baseline)
    odd = [row for row in fresh if is_implausible(row.signed_in, now)]
    found = [(row, calibration.possible_spans(row.signed_in, now)) for row in fresh if row not in odd]
    touching = [(row, spans) for row, spans in found if spans[-1].end > requested_at]
    certain = [spans for row, spans in touching if row.succeeded]
    proofs = [spans[0].start for spans in certain if baseline is not None or spans[0].start > requested_at]
    if proofs:
        return Assessment(Verdict.BACK_IN, max(requested_at, min(proofs)))
    if touching:
        # The oldest one, so that the explanation stays the same when further ones come.
        return Assessment(Verdict.UNCLEAR, explanation=_explain_unclear(*touching[-1]))
    if odd:
        written = safe_text(odd[-1].signed_in, limit=40)
        return Assessment(
            Verdict.UNCLEAR,
            explanation=f"There is a sign-in whose time ({written}) cannot be right. {ASK_PERSON_ADVICE}",
        )
    return Assessment(Verdict.WAITING)


def _rows_since(
    rows: Sequence[LoginHistoryRow], baseline: Counter[tuple[str, str, str]] | None
) -> Sequence[LoginHistoryRow]:
    """Return the rows that are not in the baseline; of equal rows, the newest."""
    left = Counter(baseline or {})
    fresh: list[LoginHistoryRow] = []
    for row in reversed(rows):
        [key] = row_keys([row])
        if left[key] > 0:
            left[key] -= 1
        else:
            fresh.append(row)
    return fresh[::-1]


def _explain_unclear(row: LoginHistoryRow, spans: tuple[TimeSpan, ...]) -> str:
    written = f"There is a sign-in ({safe_text(row.signed_in, limit=40)})"
    if not row.succeeded:
        status = f"with the status “{safe_text(row.status, limit=40)}”" if row.status else "without a status"
        return (
            f"{written} {status}: it may have failed. If this status means a successful sign-in, set "
            "signed_in or signed_off in the instance's labels in the config."
        )
    if len(spans) == 1:
        return (
            f"{written} in the same minute in which the link was requested: it may have happened before the "
            "link."
        )
    if spans[-1].start - spans[0].start > _MAX_SAME_DATE_SPREAD:
        return f"{written} whose date can be read in two ways: set date_format in the config."
    return (
        f"{written} that may have happened before the link: your own sign-ins fit several time zones, or "
        "daylight saving time may have started or ended since. Set time_zone in the config."
    )
