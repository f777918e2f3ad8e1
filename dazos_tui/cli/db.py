"""``dazos-tui db``: keeping the history: backup, check, import, erase, move, upgrade, roles."""

import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.groups import SuggestingGroup
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, echo_note, json_line, show_progress, write_stdout
from dazos_tui.cli._support.output_options import json_options, quiet_option
from dazos_tui.history.audit import AuditReport, ChainMark, check_chain
from dazos_tui.history.backend import HistoryBackend
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Account
from dazos_tui.history.store import HistoryStore
from dazos_tui.text.sanitize import safe_text


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def db(context: click.Context) -> int:
    """Keep the history: back it up, check it, bring one in, erase people, share it with a team."""
    if context.invoked_subcommand is not None:
        return ExitCode.DONE
    echo_err(context.get_help())
    return ExitCode.USAGE


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_options
@click.pass_obj
def backup(settings: Settings, *, file: Path, as_json: bool) -> None:
    """Write the whole history to FILE, also while dazos-tui runs.

    FILE must not exist yet. It is an SQLite file that only you can read, as it was at one moment.
    """
    from dazos_tui.history.backup import back_up

    with settings.open_history(can_queue=False) as store:
        count = back_up(store.backend, file)
    _write_count(f"{_rows(count)} written to {_display(file)}.", count, file=_display(file), as_json=as_json)


def _parse_mark(_context: click.Context, _option: click.Parameter, value: str | None) -> ChainMark | None:
    try:
        return ChainMark.parse(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@db.command()
@click.option(
    "--mark", callback=_parse_mark, metavar="MARK", help="A mark from an earlier check, kept elsewhere."
)
@json_options
@click.pass_obj
def check(settings: Settings, *, mark: ChainMark | None, as_json: bool) -> int:
    """Check that no row was changed or removed since it was recorded.

    The first one that was is named, and the exit code is 3. With --mark, also a history that was rewritten as
    a whole, or cut at its end, is noticed.
    """
    with settings.open_history(can_queue=False) as store:
        report = check_chain(store.backend, mark)
        place = store.place
    if as_json:
        write_stdout([json_line(_report_record(report))])
    if report.problem:
        raise CommandError(
            ExitCode.NOT_SENT,
            f"The history {place} is not as it was recorded. {report.problem}",
            advice="Rows before that are as they were. Compare it with a backup: dazos-tui db import FILE "
            "brings in what is missing.",
        )
    if not as_json:
        erased = f", {report.erased} of them erased" if report.erased else ""
        write_stdout([f"OK: {_rows(report.rows)}{erased}; nothing was changed.", f"Mark: {report.mark}"])
    return ExitCode.DONE


@db.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_options
@click.pass_obj
def import_(settings: Settings, *, file: Path, as_json: bool) -> None:
    """Bring in the rows of FILE that the history does not have.

    FILE is a backup, or the output of “history --json”. Doing it twice changes nothing. People who were
    erased here stay erased.
    """
    from dazos_tui.history.backup import is_sqlite_file

    with settings.open_history(can_queue=False) as store:
        try:
            _require_regular_file(file)
            import_rows = _import_backup if is_sqlite_file(file) else _import_json
            count = import_rows(store.backend, file)
        except OSError as error:
            raise CommandError(
                ExitCode.USAGE,
                f"Could not read {_display(file)}: {error.strerror or error}.",
                advice="Check the path.",
            ) from None
    _write_count(
        f"{_rows(count)} brought in from {_display(file)}.", count, file=_display(file), as_json=as_json
    )


def _require_regular_file(file: Path) -> None:
    """Raise CommandError for a pipe or a device, OSError for a path that cannot be looked at.

    The file is opened more than once, and what the first reader took from a pipe is not there for the next.
    """
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise CommandError(
            ExitCode.USAGE,
            f"Could not read {_display(file)}: it is a pipe, a device or a socket, not a regular file.",
            advice="Save the rows in a file first.",
        )


def _import_backup(target: HistoryBackend, file: Path) -> int:
    from dazos_tui.history.backup import opened_copy
    from dazos_tui.history.transfer import bring_in, iter_rows

    with opened_copy(file) as source:
        return bring_in(target, iter_rows(source, _display(file)))


def _import_json(target: HistoryBackend, file: Path) -> int:
    from dazos_tui.history.json_rows import iter_json_rows
    from dazos_tui.history.transfer import bring_in

    return bring_in(target, iter_json_rows(file))


@db.command()
@click.argument("who", metavar="[USER]", required=False, default="")
@instance_option
@click.option("--expired", is_flag=True, help="Erase everybody from rows older than keep_days in [history].")
@click.option("--rewrite", is_flag=True, help="Only rewrite the database, without what was erased before.")
@click.option("--yes", is_flag=True, help="Erase without asking. Required if there is no terminal.")
@json_options
@click.pass_obj
def erase(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    who: str,
    instance: str | None,
    expired: bool,
    rewrite: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Erase a person from the history.

    USER is an e-mail address, a user name or a record id, and must match one person. Name, user name, e-mail,
    record id, ticket, the batch's id and the CRM's words are erased from all rows of the account, and from
    the bytes of the database; time, instance, operator and outcome stay. Backups are not changed. The person
    is also taken out of the remembered lists of people.
    """
    from dazos_tui.history.erasure import erase_accounts

    if [bool(who.strip()), expired, rewrite].count(True) != 1:
        raise click.UsageError("Give USER, --expired or --rewrite.")
    with settings.open_history(can_queue=False) as store:
        if rewrite:
            store.backend.compact()
            count, words = 0, f"{store.place} was rewritten."
        elif expired:
            count, days = _erase_expired(settings, store)
            words = f"{_rows(count)} older than {days} days erased."
        else:
            chosen = instance or settings.instance or ""
            try:
                accounts = _accounts_to_erase(store, safe_text(who.strip()), chosen, yes=yes)
            except CommandError as error:
                error.advice = f"{settings.unknown_instance(chosen or None)} {error.advice}".strip()
                raise
            count = erase_accounts(store.backend, accounts, store.now())
            words = f"{_rows(count)} erased.{_take_out_of_lists(settings, accounts)}"
    _delete_caches(settings)
    _write_count(words, count, as_json=as_json)
    return ExitCode.DONE


def _delete_caches(settings: Settings) -> None:
    """Delete the local caches of servers' histories: they have record ids."""
    from dazos_tui.history.search_files import delete_index, server_index_paths

    for path in server_index_paths(settings.state_dir):
        with suppress(OSError):
            delete_index(path)


def _erase_expired(settings: Settings, store: HistoryStore) -> tuple[int, int]:
    """Erase old rows; return how many, and how many days are kept. Raises CommandError."""
    from dazos_tui.history.erasure import erase_expired

    days = settings.config().history.keep_days
    if not days:
        raise CommandError(
            ExitCode.USAGE,
            "There is no keep_days in [history].",
            advice="Rows are kept for ever. Set it first.",
        )
    return erase_expired(store.backend, days, store.now()), days


def _accounts_to_erase(store: HistoryStore, who: str, instance: str, *, yes: bool) -> Sequence[Account]:
    """Return the accounts of one person, once the user has confirmed to erase them. Raises CommandError."""
    from dazos_tui.cli._support import prompts
    from dazos_tui.history.erasure import find_accounts

    accounts = find_accounts(store.backend, who, instance)
    _require_one_person(accounts, who)
    for account in accounts:
        echo_err(f"{account.instance}: {account.user_name} <{account.email}>, record {account.user_id}")
    if not yes:
        if not prompts.can_ask():
            raise CommandError(
                ExitCode.USAGE,
                "Could not ask before erasing: there is no terminal.",
                advice="To erase without being asked, use --yes.",
            )
        if not prompts.confirm("Erase this person from the history? This cannot be undone."):
            raise CommandError(ExitCode.NOT_SENT, "Nothing was erased.", advice="You did not confirm.")
    return accounts


def _take_out_of_lists(settings: Settings, accounts: Sequence[Account]) -> str:
    """Take these accounts out of the remembered lists; return a sentence about it, empty if none had them."""
    from dazos_tui.directory.remembered import ListSource, RememberedPerson, forget_person

    def is_meant(source: ListSource, person: RememberedPerson) -> bool:
        return any(
            source.instance == account.instance
            and (person.id == account.user_id or person.user_name == account.user_name)
            for account in accounts
        )

    try:
        count = forget_person(settings.state_dir, is_meant)
    except OSError:
        return " The remembered lists could not be changed: “dazos-tui forget” removes them."
    lists = "the remembered list" if count == 1 else f"{count} remembered lists"
    again = "While the CRM lists this person, the next reading keeps them again."
    return f" Also taken out of {lists}. {again}" if count else ""


def _require_one_person(accounts: Sequence[Account], who: str) -> None:
    if not accounts:
        raise CommandError(
            ExitCode.NO_MATCH,
            f"The history has no rows of “{who}”.",
            advice="“dazos-tui history” lists all rows; “dazos-tui forget” removes remembered lists.",
        )
    if len({account.email.casefold() or account for account in accounts}) > 1:
        raise CommandError(
            ExitCode.NO_MATCH,
            f"“{who}” matches more than one person: "
            + ", ".join(f"{account.email or account.user_id} in {account.instance}" for account in accounts)
            + ".",
            advice="Use the e-mail address, or -i NAME for one instance.",
        )


@db.command()
@json_options
@click.pass_obj
def move(settings: Settings, *, as_json: bool) -> int:
    """Bring the history of this machine to the database that [history] names, and compare the two.

    The local file stays as it is. Doing it twice changes nothing.
    """
    from dazos_tui.history.search import HistorySearch
    from dazos_tui.history.transfer import bring_in, differences, iter_rows

    if settings.config().history.url is None:
        raise CommandError(
            ExitCode.USAGE,
            "There is no url in [history]: the history stays on this machine.",
            advice="docs/history.md says how to set it.",
        )
    with HistoryStore(settings.history_path) as local, settings.open_history(can_queue=False) as store:
        if local.is_missing():
            raise HistoryError(f"There is no history in {local.place}.", advice="Nothing has to be moved.")
        show_progress(f"Bringing rows to {store.place} …")
        count = bring_in(store.backend, iter_rows(local.backend))
        show_progress("Comparing …")
        different = list(differences(local.backend, store.backend))
        problem = check_chain(store.backend).problem
        if different or problem:
            raise HistoryError(
                f"Not everything arrived in {store.place}: {problem or _row_list(different)}",
                advice="The local history is unchanged. Run the command again.",
            )
        total = HistorySearch(local).count_all()
    words = f"{_rows(count)} brought to {store.place}; all {total} are there as they are here."
    _write_count(words, count, total=total, as_json=as_json)
    echo_note(f"{_display(settings.history_path)} is no longer used. Keep it as a backup, or remove it.")
    return ExitCode.DONE


def _row_list(uids: Sequence[str]) -> str:
    shown = ", ".join(uids[:3])
    return f"{len(uids)} rows differ (uid {shown}{' …' if len(uids) > 3 else ''})."


@db.command()
@json_options
@click.pass_obj
def upgrade(settings: Settings, *, as_json: bool) -> None:
    """Bring the history up to date, if an older dazos-tui made it.

    Otherwise that is done by the first use of a file, or by the first send of the owner of a database's
    tables. No older dazos-tui can use the history then.
    """
    with settings.open_history(can_queue=False) as store:
        if store.is_missing():
            raise HistoryError(f"There is no history in {store.place} yet.", advice="Nothing has to be done.")
        store.require_writable()
    echo_note(f"{store.place} is up to date.")
    if as_json:
        write_stdout([json_line({"ok": True, "place": store.place})])


@db.command()
@click.option("--owner", default="dazos_tui_owner", metavar="ROLE", help="The role that owns the tables.")
@click.option("--sender", default="dazos_tui_sender", metavar="ROLE", help="The role that sends.")
@click.option("--reader", default="dazos_tui_reader", metavar="ROLE", help="The role that only reads.")
@quiet_option
def roles(*, owner: str, sender: str, reader: str) -> None:
    """Print the SQL that sets up a PostgreSQL database for a team.

    Run it once as the database's administrator: dazos-tui db roles | psql DATABASE. The sender can add rows
    and complete them, but neither delete nor change what was requested.
    """
    from dazos_tui.history.postgres_schema import setup_script

    if not all(
        name.isascii() and name.isidentifier() and name == name.lower() for name in (owner, sender, reader)
    ):
        raise click.UsageError("A role is made of letters from a to z, digits and underscores.")
    example = f"CREATE ROLE kim LOGIN PASSWORD '…' IN ROLE {sender};"
    write_stdout(
        [*setup_script(owner, sender, reader), "-- Then, for each person who sends:", f"-- {example}"]
    )


def _write_count(words: str, count: int, *, as_json: bool, **facts: object) -> None:
    """Write what was done with so many rows: a remark, and with --json a line with the number and facts."""
    echo_note(words)
    if as_json:
        write_stdout([json_line({"rows": count, **facts})])


def _report_record(report: AuditReport) -> dict[str, object]:
    return {
        "ok": not report.problem,
        "problem": report.problem,
        "rows": report.rows,
        "erased": report.erased,
        "mark": str(report.mark),
    }


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _display(path: Path) -> str:
    return safe_text(str(path))
