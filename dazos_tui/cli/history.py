"""``dazos-tui history``: shows what was sent."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

import click

from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, format_person, format_table, json_line, write_stdout
from dazos_tui.cli._support.time_args import parse_moment
from dazos_tui.history.export import CSV_HEADER, csv_row, entry_to_record
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.store import utc_now


def _parse_since(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    try:
        return parse_moment(value, utc_now()) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _parse_outcome(_context: click.Context, _option: click.Parameter, value: str | None) -> Outcome | None:
    try:
        return (
            Outcome(value.strip().lower().replace("-", " ").replace("_", " ")) if value is not None else None
        )
    except ValueError:
        raise click.BadParameter("expected sent, refused, not-sent or unknown") from None


@click.command()
@click.argument("query", nargs=-1)
@instance_option
@click.option(
    "--since", callback=_parse_since, metavar="WHEN",
    help="Only resets since WHEN, such as 2026-11-23, 2026-11-23T13:00, 2h, 3d or 1w.",
)  # fmt: skip
@click.option(
    "--outcome",
    callback=_parse_outcome,
    metavar="OUTCOME",
    help="Only resets with this outcome: sent, refused, not-sent or unknown.",
)
@click.option("--limit", type=click.IntRange(1, 2**31), metavar="N", help="Only the newest N resets.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines; times in UTC.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a header; times in UTC.")
@click.pass_obj
def history(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    query: tuple[str, ...],
    instance: str | None,
    since: datetime | None,
    outcome: Outcome | None,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show the resets that were requested with dazos-tui, newest first.

    Each word of QUERY must be in a person's name, user name or e-mail, the ticket, instance, outcome, message
    or the account that sent it. Times are local.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot be combined.")
    with settings.open_history() as store:
        entries = store.search(
            " ".join(query),
            instance=instance if instance is not None else settings.instance,
            since=since,
            outcome=outcome,
            limit=limit,
        )
        is_empty = not entries and not store.search(limit=1)
        where, notice = store.place, store.notice
    write_stdout(_json_lines(entries) if as_json else _csv_lines(entries) if as_csv else _table(entries))
    if not entries:
        echo_err(f"No resets recorded yet in {where}." if is_empty else "No reset matches.")
    if notice:
        echo_err(notice)


def _json_lines(entries: Sequence[HistoryEntry]) -> list[str]:
    return [json_line({**entry_to_record(entry)}) for entry in entries]


def _table(entries: Sequence[HistoryEntry]) -> list[str]:
    # The column is left out if nobody is back in.
    anybody = any(entry.back_in for entry in entries)
    return format_table([_row(entry, back_in=anybody) for entry in entries])


def _row(entry: HistoryEntry, *, back_in: bool) -> tuple[str, ...]:
    request = entry.request
    return (
        f"{entry.requested_at.astimezone():%Y-%m-%d %H:%M}",
        entry.outcome_label,
        request.instance,
        format_person(request.name, request.user_name, request.email),
        request.ticket,
        *([entry.back_in_label] if back_in else []),
        entry.message,
    )


def _csv_lines(entries: Sequence[HistoryEntry]) -> list[str]:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([CSV_HEADER, *map(csv_row, entries)])
    return file.getvalue().splitlines()
