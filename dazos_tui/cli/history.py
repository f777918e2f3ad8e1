"""``dazos-tui history``: shows, counts and exports what was sent."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TypeVar

import click

from dazos_tui.cli._support.history_output import csv_lines, json_lines, statistics_text, table_lines
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, json_line, write_stdout
from dazos_tui.history.export import statistics_to_record
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
from dazos_tui.history.statistics import collect_statistics
from dazos_tui.history.store import HistoryStore, utc_now

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


def _time(field: str, *, minutes: bool = False) -> _Callback[TimeTerm]:
    return _parsed(lambda text: time_term(field, text, utc_now(), minutes=minutes))


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
        "--since", callback=_time("since", minutes=True), metavar="WHEN",
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


def query_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the query and the options that narrow it."""
    for option in reversed(_query_options):
        command = option(command)
    return command


@click.command()
@query_options
@click.option("--limit", type=click.IntRange(1, 2**31), metavar="N", help="Only the newest N resets.")
@click.option("--stats", is_flag=True, help="Count instead: by day, outcome, hour, person and so on.")
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a report to print, with charts, to FILE. An existing file is not replaced without asking.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON Lines; times in UTC.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a header; times in UTC.")
@click.pass_obj
def history(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    /,
    *,
    query: tuple[str, ...],
    instance: str | None,
    limit: int | None,
    stats: bool,
    html_file: Path | None,
    as_json: bool,
    as_csv: bool,
    **terms: HistoryTerm | None,
) -> None:
    """Show the resets that were requested with dazos-tui, newest first.

    Each word of QUERY must be in a person's name, user name or e-mail, the ticket, instance, outcome, message
    or the account that sent it. Terms such as outcome:sent, by:kim, ticket:T-1, back:no or waiting:yes search
    one field, -word excludes (after “--”, or inside quotes with another word). Times are local.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot be combined.")
    if stats and (as_csv or limit):
        raise click.UsageError("--stats counts everything that is found, as text or with --json.")
    if html_file is not None and (as_json or as_csv or stats or limit):
        raise click.UsageError("--html is a report of everything that is found, and has the statistics, too.")
    wanted = _query(" ".join(query), instance if instance is not None else settings.instance, terms)
    with settings.open_history() as store, closing(indexed_search(store)) as search:
        if html_file is not None:
            # Imported here, since asking imports much that the other outputs do without.
            from dazos_tui.cli._support.history_report import write_report

            is_empty = not write_report(html_file, store, search, wanted)
        elif stats:
            is_empty = _write_statistics(store, search, wanted, as_json=as_json)
        else:
            entries, is_empty = _started(search.find(wanted, wanted=1, effort=None).entries(limit))
            written = json_lines if as_json else csv_lines if as_csv else table_lines
            write_stdout(written(entries))
        _echo_notes(store, search, wanted, is_empty=is_empty)


def _write_statistics(
    store: HistoryStore, search: HistorySearch, query: HistoryQuery, *, as_json: bool
) -> bool:
    """Write the statistics of what a query finds; return whether it finds nothing."""
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
        echo_err("No reset matches." if search.count_all() else f"No resets recorded yet in {store.place}.")
    if store.notice:
        echo_err(store.notice)
