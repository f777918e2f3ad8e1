"""The note for the ticket about a batch: who was asked for, and what became of each."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.notes.note import EMPTY_VALUE, mask_email, mask_emails_in
from dazos_tui.resets.batch_report import BatchReport, PersonResult

_HEADINGS = {
    Outcome.SENT: "Sent",
    Outcome.UNKNOWN: "Not known whether it was sent: look in the mailbox before you send again",
    Outcome.REFUSED: "Refused by the CRM",
    Outcome.NOT_SENT: "Not sent",
}


def render_batch_note(
    report: BatchReport, not_asked: Sequence[PersonResult], *, mask_address: bool = False
) -> str:
    """Return the note about a batch: lines of plain text, without a line break at the end.

    It lists who has a row in the history, by outcome, and then `not_asked`, who were to get a link and did
    not. `mask_address` hides the addresses. Times are in UTC.
    """
    entries = [result.entry for result in report.results if result.entry is not None]
    lines = [_first_line(report, entries)]
    for outcome, heading in _HEADINGS.items():
        lines += _group(
            heading, [one for one in entries if one.outcome is outcome], mask_address=mask_address
        )
    left = [one for one in not_asked if one.entry is None]
    if left:
        lines += ["", f"Not asked ({len(left)}):"]
        lines += [f"- {_person(one, mask_address=mask_address)}" for one in left]
    return "\n".join(lines)


def _first_line(report: BatchReport, entries: Sequence[HistoryEntry]) -> str:
    instance, number = report.plan.instance, len(entries)
    people = "1 person" if number == 1 else f"{number} people"
    words = f"Links to set a new password were requested for {people} in {instance.name}"
    if not entries:
        return f"{words}. Batch {report.plan.id}."
    begun = min(entry.requested_at for entry in entries).astimezone(UTC)
    operator = entries[0].request.operator
    return f"{words} ({instance.host}) on {begun:%Y-%m-%d} by {operator}. Batch {report.plan.id}."


def _group(heading: str, entries: Sequence[HistoryEntry], *, mask_address: bool) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield f"{heading} ({len(entries)}):"
    for entry in entries:
        request = entry.request
        email = mask_email(request.email) if mask_address else request.email
        words = f": {mask_emails_in(entry.message) if mask_address else entry.message}"
        reason = words if entry.outcome is not Outcome.SENT and entry.message else ""
        person = f"{request.name or request.user_name} <{email or EMPTY_VALUE}>"
        yield f"- {person}, {_clock(entry.requested_at)}{reason}"


def _person(result: PersonResult, *, mask_address: bool) -> str:
    user = result.person.user
    if user is None:
        return mask_emails_in(result.person.wanted.text) if mask_address else result.person.wanted.text
    email = mask_email(user.email) if mask_address else user.email
    return f"{user.name or user.user_name} <{email or EMPTY_VALUE}>"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M} UTC"
