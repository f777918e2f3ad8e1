"""``dazos-tui verify``: checks who is back in since their reset."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, echo_note, format_person, write_stdout
from dazos_tui.cli._support.output_options import RowFormat, rows_options
from dazos_tui.cli._support.rows import RowKind, note_limit
from dazos_tui.cli._support.signed_in import read_with_renewal, run_async, signed_in
from dazos_tui.cli._support.tables import GREEN, YELLOW, Column
from dazos_tui.config.models import Instance
from dazos_tui.crm.errors import PermissionDeniedError, UnexpectedPageError
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.export import entry_to_record
from dazos_tui.history.models import BackIn, BackInProof, HistoryEntry
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.history.times import format_local_time
from dazos_tui.history.when import parse_when
from dazos_tui.text.sanitize import safe_text
from dazos_tui.verification.service import BackInService, Verdict, Verification, describe_back_in_delay

_DEFAULT_SINCE = timedelta(days=7)
"""The age of the oldest resets that are checked without --since."""
_JSON_KEYS = ("history_id", "instance", "user", "ticket", "outcome", "requested_at", "back_in_at", "proof")


def _parse_since(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime:
    try:
        return parse_when(value, utc_now()).start if value is not None else utc_now() - _DEFAULT_SINCE
    except ValueError as error:
        raise click.BadParameter(f"“{safe_text(value or '', limit=40)}” {error}.") from None


@click.command()
@click.argument("query", nargs=-1)
@instance_option
@click.option(
    "--since", callback=_parse_since, metavar="WHEN",
    help="Only resets since WHEN, such as 2026-11-23T13:00, 2h, 3d, yesterday or monday.  [default: 7d]",
)  # fmt: skip
@click.option(
    "--confirm", type=click.IntRange(1, 2**31), metavar="ID",
    help="Record that the person of this history row says they are back in, without asking the CRM.",
)  # fmt: skip
@rows_options(json_help="JSON Lines; times in UTC.", limit_help="Show only the first N; all are checked.")
@click.pass_obj
def verify(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    query: tuple[str, ...],
    instance: str | None,
    since: datetime,
    confirm: int | None,
    as_json: bool,
    as_csv: bool,
    limit: int | None,
) -> int:
    """Check the CRM's login history for who is back in since their reset, and record it.

    QUERY narrows the resets as in “history”. Only people who are not known to be back in are looked up, by
    user name. With -i, --confirm accepts only a row of that instance.
    """
    if confirm is not None and query:
        raise click.UsageError("--confirm and QUERY cannot be combined.")
    row_format = RowFormat.of(as_json=as_json, as_csv=as_csv)
    with settings.open_history() as store:
        if confirm is not None:
            confirmed = _confirm_back_in(store, confirm, instance or settings.instance)
            return _echo_found([confirmed], row_format, limit)
        chosen = settings.resolve_instance(instance)
        found = store.search(" ".join(query), instance=chosen.name, since=since)
        if notice := store.notice:
            echo_err(notice.text)
        if query and not found:
            raise _no_match_error(chosen, query, since)
        known = [Verification(entry, Verdict.BACK_IN) for entry in found if entry.back_in is not None]
        wanted = {entry.id for entry in found}
        waiting = [
            entry
            for entry in store.resets_awaiting_sign_in(since, instance=chosen.name)
            if entry.id in wanted
        ]
        checked = run_async(_check_sign_ins(chosen, store, waiting)) if waiting else []
    if not waiting:
        when = format_local_time(since)
        echo_note(f"{_nobody(query)} is waiting in {chosen.name}: no reset since {when} is open.")
    return _echo_found(sorted([*known, *checked], key=lambda one: one.entry.id), row_format, limit)


async def _check_sign_ins(
    instance: Instance, store: HistoryStore, waiting: Sequence[HistoryEntry]
) -> list[Verification]:
    async with signed_in(instance) as client:
        service = BackInService(instance, client, store)
        try:
            return await read_with_renewal(client, instance, lambda: service.check(waiting))
        except (PermissionDeniedError, UnexpectedPageError) as error:
            error.advice += "\nOr ask the person, and record the answer: dazos-tui verify --confirm ID"
            raise


def _no_match_error(chosen: Instance, query: Sequence[str], since: datetime) -> CommandError:
    return CommandError(
        ExitCode.NO_MATCH,
        f"No reset in {chosen.name} since {format_local_time(since)} matches {_quoted(query)}.",
        advice="Others may be waiting: leave out QUERY, or look further back with --since.",
    )


def _nobody(query: Sequence[str]) -> str:
    return f"Nobody who matches {_quoted(query)}" if query else "Nobody"


def _quoted(query: Sequence[str]) -> str:
    return f"“{safe_text(' '.join(query))}”"


def _confirm_back_in(store: HistoryStore, entry_id: int, instance: str | None) -> Verification:
    if store.is_missing():
        where = store.place
        raise HistoryError(
            f"There is no entry {entry_id}: there is no history in {where} yet.",
            advice="Another history may be in use: check --state and DAZOS_TUI_STATE.",
        )
    if instance:
        _require_same_instance(instance, store.get(entry_id))
    return Verification(
        store.record_back_in(entry_id, BackIn(utc_now(), BackInProof.PERSON)), Verdict.BACK_IN
    )


def _require_same_instance(instance: str, entry: HistoryEntry | None) -> None:
    if entry is None or unicodedata.normalize("NFC", instance) == entry.request.instance:
        return
    owner = safe_text(entry.request.instance)
    raise CommandError(
        ExitCode.USAGE,
        f"Row {entry.id} of the history belongs to {owner}, not to {safe_text(instance)}. "
        "Nothing was recorded.",
        advice=f"Choose another row, or use -i {owner}.",
    )


def _echo_found(found: Sequence[Verification], row_format: RowFormat, limit: int | None) -> ExitCode:
    write_stdout(_VERIFIED_ROWS.lines(found[:limit], row_format))
    note_limit(len(found), limit)
    for one in found[:limit]:
        if one.verdict is Verdict.UNCLEAR:
            who = one.entry.request.name or one.entry.request.user_name
            echo_note(f"If {who} says they are back in: dazos-tui verify --confirm {one.entry.id}")
    return ExitCode.DONE


def _found_record(one: Verification) -> dict[str, object]:
    record: dict[str, object] = {**entry_to_record(one.entry)}
    return {
        "verdict": one.verdict.value,
        "words": one.explanation,
        **{key: record[key] for key in _JSON_KEYS},
    }


def _found_row(one: Verification) -> tuple[str, ...]:
    entry, request = one.entry, one.entry.request
    when = f"{entry.outcome} {format_local_time(entry.requested_at)}"
    how = "confirmed by the person" if entry.back_in and entry.back_in.proof is BackInProof.PERSON else ""
    state = " ".join(filter(None, (one.verdict, describe_back_in_delay(entry))))
    person = format_person(request.name, request.user_name, request.email)
    return str(entry.id), state, person, when, one.explanation or how


_VERIFIED_ROWS = RowKind(
    (
        Column("id", fixed=True),
        Column("state", colours={Verdict.WAITING: YELLOW, Verdict.UNCLEAR: YELLOW, Verdict.BACK_IN: GREEN}),
        Column("person"),
        Column("requested", fixed=True, optional=True),
        Column("explanation", optional=True),
    ),
    _found_row,
    _found_record,
    csv_header=(
        "verdict", "words", "history_id", "instance", "user_id", "user_name", "name", "email", "ticket",
        "outcome", "requested_at", "back_in_at", "proof",
    ),
)  # fmt: skip
"""The resets that were checked; the id is what “verify --confirm” and “note” take."""
