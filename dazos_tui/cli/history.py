"""``dazos-tui history``: shows, counts and exports what was sent."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import click

from dazos_tui.cli._support.history_output import csv_lines, json_lines, table_lines
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, echo_note, json_line, write_stdout
from dazos_tui.cli._support.output_options import RowFormat, rows_options
from dazos_tui.cli._support.params import FilePath
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.query import (
    ColumnTerm,
    HistoryQuery,
    HistoryTerm,
    OutcomeTerm,
    TextTerm,
    TimeTerm,
    folded_text,
    parse_history_query,
    parse_outcomes,
    time_term,
)
from dazos_tui.history.search import HistorySearch
from dazos_tui.history.search_index import indexed_search
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
_Callback = Callable[[click.Context, click.Parameter, str | None], T | None]


def _parsed(parse: Callable[[str], T]) -> _Callback[T]:
    """Return a callback that parses an option's value, if it is given."""

    def callback(_context: click.Context, _option: click.Parameter, value: str | None) -> T | None:
        try:
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def _time(field: str) -> _Callback[TimeTerm]:
    def parse(text: str) -> TimeTerm:
        try:
            return time_term(field, text, utc_now())
        except ValueError as error:
            raise ValueError(f"“{safe_text(text, limit=40)}” {error}.") from None

    return _parsed(parse)


def _parse_outcomes(text: str) -> OutcomeTerm:
    outcomes = parse_outcomes(text)
    if not outcomes:
        raise ValueError("expected sent, refused, not-sent or unknown")
    return OutcomeTerm(outcomes)


def _text(field: str) -> _Callback[TextTerm]:
    return _parsed(lambda text: TextTerm(folded_text(text), field))


def _parse_user(text: str) -> ColumnTerm:
    return ColumnTerm(text, ("user_name", "email", "user_id"))


_query_options = (
    click.argument("query", nargs=-1),
    instance_option,
    click.option(
        "--since", callback=_time("since"), metavar="WHEN",
        help="Only since WHEN, such as 2026-11-23, 2026-11-23T13:00, 2h, 3d, yesterday, monday or month.",
    ),
    click.option(
        "--until", callback=_time("until"), metavar="WHEN",
        help="Only until WHEN. A day, month or year is included.",
    ),
    click.option(
        "--on", callback=_time("on"), metavar="WHEN", help="Only on a day, in a month or in a year."
    ),
    click.option(
        "--outcome", callback=_parsed(_parse_outcomes), metavar="OUTCOME",
        help="Only with this outcome: sent, refused, not-sent or unknown; several with commas between.",
    ),
    click.option(
        "--operator", callback=_text("by"), metavar="TEXT",
        help="Only by accounts, or people at the keyboard, with TEXT in their name.",
    ),
    click.option(
        "--user", callback=_parsed(_parse_user), metavar="USER",
        help="Only for this person: exactly this user name, e-mail or record id.",
    ),
    click.option(
        "--ticket", callback=_text("ticket"), metavar="TEXT", help="Only for tickets with TEXT in them."
    ),
)  # fmt: skip


_WRITTEN: dict[RowFormat, Callable[[Iterator[HistoryEntry]], Iterator[str]]] = {
    RowFormat.TABLE: table_lines,
    RowFormat.JSON: json_lines,
    RowFormat.CSV: csv_lines,
}


def query_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the query and the options that narrow it."""
    for option in reversed(_query_options):
        command = option(command)
    return command


@click.command()
@query_options
@click.option("--stats", is_flag=True, help="Count instead: by day, outcome, hour, person and so on.")
@click.option(
    "--html",
    "html_file",
    type=FilePath(),
    metavar="FILE",
    help="Write a report to print, with charts, to FILE. An existing file is not replaced without asking.",
)
@rows_options(json_help="JSON Lines; times in UTC.", limit_help="Only the newest N resets.")
@click.pass_obj
def history(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    /,
    *,
    query: tuple[str, ...],
    instance: str | None,
    limit: int | None,
    stats: bool,
    html_file: "Path | None",
    as_json: bool,
    as_csv: bool,
    **terms: HistoryTerm | None,
) -> None:
    """Show the resets that were requested with dazos-tui, newest first.

    Each word of QUERY must be in a person's name, user name or e-mail, the ticket, instance, outcome, message
    or the account that sent it. Terms such as outcome:sent, by:kim, ticket:T-1, back:no or waiting:yes search
    one field, -word excludes (after “--”, or inside quotes with another word). Times are local.
    """
    row_format = RowFormat.of(as_json=as_json, as_csv=as_csv)
    if stats and (as_csv or limit):
        raise click.UsageError("--stats counts everything that is found, as text or with --json.")
    if html_file is not None and (as_json or as_csv or stats or limit):
        raise click.UsageError("--html is a report of everything that is found, and has the statistics, too.")
    chosen = instance if instance is not None else settings.instance
    wanted = _query(" ".join(query), chosen, terms)
    with settings.open_history() as store, closing(indexed_search(store)) as search:
        if html_file is not None:
            # Imported here, since asking imports much that the other outputs do without.
            from dazos_tui.cli._support.history_report import write_report

            is_empty = not write_report(html_file, store, search, wanted)
        elif stats:
            is_empty = _write_statistics(store, search, wanted, as_json=as_json)
        else:
            entries, is_empty = _started(search.find(wanted, wanted=1, effort=None).entries(limit))
            write_stdout(_WRITTEN[row_format](entries))
        _echo_notes(store, search, wanted, is_empty=is_empty)
        if is_empty and chosen is not None and (words := _unknown_instance(settings, search, chosen)):
            echo_err(words)


def _unknown_instance(settings: Settings, search: HistorySearch, name: str) -> str:
    """Return a sentence if neither the history nor the config has this instance; else nothing."""
    of_it = HistoryQuery((ColumnTerm(name, ("instance",)),))
    is_known = next(search.find(of_it, wanted=1, effort=None).entries(1), None) is not None
    return "" if is_known else settings.unknown_instance(name)


def _write_statistics(
    store: HistoryStore, search: HistorySearch, query: HistoryQuery, *, as_json: bool
) -> bool:
    """Write the statistics of what a query finds; return whether it finds nothing."""
    # Imported here: the rows, which are asked for most, do without all of it.
    from dazos_tui.cli._support.statistics_output import statistics_text
    from dazos_tui.history.statistics import collect_statistics
    from dazos_tui.history.statistics_record import statistics_to_record

    found = collect_statistics(store, query, search=search)
    write_stdout([json_line(statistics_to_record(found))] if as_json else statistics_text(found))
    return not found.total


def _query(text: str, instance: str | None, terms: "dict[str, HistoryTerm | None]") -> HistoryQuery:
    """Return the query of all arguments. Raises click.UsageError for a term that cannot be used."""
    query = parse_history_query(text, utc_now())
    if query.problems:
        raise click.UsageError(" ".join(query.problems))
    if instance is not None:
        terms = {**terms, "instance": ColumnTerm(instance, ("instance",))}
    return query.with_terms(*(term for term in terms.values() if term is not None))


def _started(entries: Iterator[HistoryEntry]) -> tuple[Iterator[HistoryEntry], bool]:
    """Return the entries again, and whether there are none: an error must come before any output."""
    first = next(entries, None)
    return (iter(()), True) if first is None else (chain([first], entries), False)


def _echo_notes(store: HistoryStore, search: HistorySearch, query: HistoryQuery, *, is_empty: bool) -> None:
    for hint in query.hints:
        echo_err(hint)
    if is_empty:
        echo_note("No reset matches." if search.count_all() else f"No resets recorded yet in {store.place}.")
    if notice := store.notice:
        echo_err(notice.text)
