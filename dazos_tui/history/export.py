"""Entries of the history for other programs: JSON and CSV."""

import re
from datetime import UTC, datetime
from typing import TypedDict

from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.statistics import BUCKETS, HistoryStatistics


class UserRecord(TypedDict):
    """The person a reset was for, as they were then."""

    id: str
    user_name: str
    name: str
    email: str


class EntryRecord(TypedDict):
    """One entry, ready for `json.dumps`. Times are ISO 8601 in UTC, with a Z at their end."""

    history_id: int
    outcome: str
    message: str
    instance: str
    environment: str
    host: str
    operator: str
    user: UserRecord
    ticket: str
    requested_at: str
    finished_at: str | None
    action: str
    back_in_at: str | None
    proof: str | None
    uid: str
    server: str
    os_user: str
    os_host: str
    sudo_user: str
    batch: str
    noted_at: str | None


CSV_HEADER = (
    "history_id", "requested_at", "finished_at", "outcome", "message", "instance", "environment", "host",
    "operator", "user_id", "user_name", "name", "email", "ticket", "action", "back_in_at", "proof",
    "os_user", "os_host", "sudo_user", "batch", "noted_at",
)  # fmt: skip
"""The columns of `csv_row`."""

# Full-width signs too, as East Asian spreadsheets accept them. Spaces and quotes before a sign are skipped,
# as some programs do. A new cell may start inside ours where the semicolon, not the comma, separates cells.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=[\s\"']*[=+\-@＝＋－＠\t\r\n])")


def entry_to_record(entry: HistoryEntry) -> EntryRecord:
    """Return an entry as a record for JSON."""
    request = entry.request
    return {
        "history_id": entry.id,
        "outcome": entry.outcome.value,
        "message": entry.message,
        "instance": request.instance,
        "environment": request.environment,
        "host": request.host,
        "operator": request.operator,
        "user": {
            "id": request.user_id,
            "user_name": request.user_name,
            "name": request.name,
            "email": request.email,
        },
        "ticket": request.ticket,
        "requested_at": to_iso_utc(entry.requested_at),
        "finished_at": to_iso_utc(entry.finished_at) if entry.finished_at else None,
        "action": entry.action.value,
        "back_in_at": to_iso_utc(entry.back_in.at) if entry.back_in else None,
        "proof": entry.back_in.proof.value if entry.back_in else None,
        "uid": entry.uid,
        "server": request.server,
        "os_user": request.os_user,
        "os_host": request.os_host,
        "sudo_user": request.sudo_user,
        "batch": request.batch,
        "noted_at": to_iso_utc(entry.noted_at) if entry.noted_at else None,
    }


def csv_row(entry: HistoryEntry) -> tuple[str, ...]:
    """Return an entry as a row under `CSV_HEADER`. No spreadsheet takes any cell for a formula."""
    record = entry_to_record(entry)
    user = record["user"]
    cells = (
        str(record["history_id"]), record["requested_at"], record["finished_at"] or "", record["outcome"],
        record["message"], record["instance"], record["environment"], record["host"], record["operator"],
        user["id"], user["user_name"], user["name"], user["email"], record["ticket"],
        record["action"], record["back_in_at"] or "", record["proof"] or "", record["os_user"],
        record["os_host"], record["sudo_user"], record["batch"], record["noted_at"] or "",
    )  # fmt: skip
    return tuple(map(no_formula, cells))


def no_formula(cell: str) -> str:
    """Return a cell with an apostrophe wherever a spreadsheet may see the start of a formula.

    That is at the cell's start and after a semicolon, tab or line break, if an ``=``, ``+``, ``-`` or ``@``
    follows with only spaces and quotes before it. So phone numbers and negative numbers get an apostrophe,
    too. To restore the text, remove one apostrophe at each such place, or use the JSON, which is unchanged.
    """
    return _FORMULA.sub("'", cell)


def to_iso_utc(moment: datetime) -> str:
    """Return a time as ISO 8601 in UTC, to the millisecond: ``2026-11-23T13:37:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def statistics_to_record(found: HistoryStatistics) -> dict[str, object]:
    """Return statistics as a record for JSON. Days and hours are local; times are in minutes, rounded up."""
    back = found.back_in
    limits = [*(limit for limit, _ in BUCKETS), None]
    return {
        "links": found.total,
        "outcomes": {outcome.value: count for outcome, count in found.outcomes.items()},
        "days": [
            {"day": day.day.isoformat(), **{outcome.value: day.counts.get(outcome, 0) for outcome in Outcome}}
            for day in found.days
        ],
        "hours": list(found.hours),
        "back_in": {
            "count": back.count,
            "not_seen": back.not_yet,
            "misdated": back.misdated,
            "median_minutes": back.median,
            "slowest_tenth_minutes": back.slowest_tenth,
            "buckets": [
                {"up_to_minutes": limit, "count": count}
                for limit, count in zip(limits, back.buckets, strict=True)
            ],
        },
        "people": [{"name": one.name, "email": one.detail, "count": one.count} for one in found.people],
        **{
            key: [{"name": one.name, "count": one.count} for one in ranked]
            for key, ranked in (
                ("roles", found.roles),
                ("instances", found.instances),
                ("operators", found.operators),
            )
        },
    }
