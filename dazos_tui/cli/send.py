"""``dazos-tui send``: sends a reset link to one or more people, each checked first."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dazos_tui.cli._support import prompts
from dazos_tui.cli._support.batch_options import BatchOptions
from dazos_tui.cli._support.choices import SuggestingChoice
from dazos_tui.cli._support.exit_codes import CommandError, ExitCode, echo_error, exit_code_for_outcome
from dazos_tui.cli._support.form_route import FORM_QUESTION, use_form_route
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import OutputClosedError, echo_err, echo_interrupted
from dazos_tui.cli._support.output_options import RowFormat, quiet_option
from dazos_tui.cli._support.recording import recording_history
from dazos_tui.cli._support.resolve_users import resolve_users
from dazos_tui.cli._support.send_report import (
    NOT_REQUESTED,
    SendReport,
    echo_prepared,
    format_user,
    interrupted_lines,
)
from dazos_tui.cli._support.signed_in import read_with_renewal, run_async, sign_in_again, signed_in
from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import User
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.accounts import UserSnapshot
from dazos_tui.resets.findings import OVERRIDABLE_CODES, RESEND_CODES, Finding
from dazos_tui.resets.service import PreparedReset, ResetBlockedError, ResetService
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from dazos_tui.cli._support.from_ticket import Ticket

_AFTER_FAILURE = "Not requested: an earlier send stopped this command."
_WITH_OTHERS = "Not requested: another person in this command cannot get a link."
_BATCH_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
_DECLINED = "Not requested: you did not confirm."


@dataclass(frozen=True, slots=True)
class _SendRequest:
    """The arguments of the command, resolved."""

    instance: Instance
    config_path: Path
    people: tuple[str, ...]
    overrides: frozenset[str]
    yes: bool
    report: SendReport
    from_ticket: "Ticket | None" = None
    """The ticket that names the person, in place of `people`."""


@click.command()
@click.argument("people", metavar="[USER...]", nargs=-1)
@instance_option
@click.option(
    "--from", "source", metavar="FILE", help="The people in FILE (CSV, or one a line); - is stdin. Resumable."
)
@click.option(
    "--column", default="", metavar="TITLE", help="The column of FILE that has them, or its number."
)
@click.option(
    "--from-ticket", default="", metavar="T", help="Send to the one person whom the ticket T names."
)
@click.option("--ticket", default="", metavar="T", help="The ticket this is for; kept in the history.")
@click.option("--again", is_flag=True, help="Send even though a link was sent a short while ago.")
@click.option(
    "--allow",
    type=SuggestingChoice(OVERRIDABLE_CODES),
    multiple=True,
    metavar="GUARD",
    help=f"Send despite this warning: {', '.join(OVERRIDABLE_CODES)}. Can be given several times.",
)
@click.option("--skip", is_flag=True, help="Leave out those whom a guard stops, and send to the others.")
@click.option("--skip-unmatched", is_flag=True, help="Leave out those who match nobody, or several.")
@click.option("--dry-run", is_flag=True, help="Show who would get a link, and why others would not.")
@click.option("--batch", "batch_id", metavar="ID", help="Continue this batch, also with a changed file.")
@click.option("--new-batch", is_flag=True, help="Send to everybody in FILE again, as a batch of its own.")
@click.option("--yes", is_flag=True, help="Send without asking. Required if there is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line for each person.")
@click.option("--csv", "as_csv", is_flag=True, help="The report of several as CSV.")
@quiet_option
@click.pass_obj
def send(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    people: tuple[str, ...],
    instance: str | None,
    source: str | None,
    column: str,
    from_ticket: str,
    ticket: str,
    again: bool,
    allow: tuple[str, ...],
    skip: bool,
    skip_unmatched: bool,
    dry_run: bool,
    batch_id: str | None,
    new_batch: bool,
    yes: bool,
    as_json: bool,
    as_csv: bool,
) -> int:
    """Send USER a reset link.

    USER is an e-mail address, a user name or a record id, and must match exactly one person. If you name
    several, nothing is sent unless all of them can be sent to, or --skip leaves the others out. The same FILE
    again continues with those who have no link yet. Exit codes: 0 sent, 3 refused or not sent, 4 nobody
    matches or more than one person does, 7 unknown; with several, the highest.

    --from-ticket T, in place of USER, reads the ticket with the ticket_command of the config.
    """
    allowed = frozenset(allow) | (RESEND_CODES if again else frozenset())
    options = BatchOptions(
        people=people,
        source=source,
        column=column,
        ticket=safe_text(ticket or from_ticket),
        allowed=allowed,
        batch_id=batch_id,
        new_batch=new_batch,
        yes=yes,
        dry_run=dry_run,
        skip=skip,
        skip_unmatched=skip_unmatched,
        row_format=RowFormat.of(as_json=as_json, as_csv=as_csv),
    )
    _check_usage(options, from_ticket)
    if options.is_batch:
        from dazos_tui.cli._support.send_batch import run_batch

        return run_batch(settings, instance, options)
    writer = SendReport(options.ticket, as_json)
    wanted = safe_text(instance or settings.instance or "")
    arguments = people or (from_ticket,)
    try:
        chosen = settings.resolve_instance(instance)
        wanted = chosen.name
        if not yes:
            prompts.require_terminal()
        request = _SendRequest(chosen, settings.config_path, people, allowed, yes, writer)
        if from_ticket:
            from dazos_tui.cli._support.from_ticket import fetch_ticket

            read = fetch_ticket(settings.config(), from_ticket, chosen)
            request = replace(request, from_ticket=run_async(read))
        return _run_send(request, settings)
    except click.Abort:
        writer.write_unresolved(wanted, arguments, NOT_REQUESTED)
        raise
    except OutputClosedError:
        raise
    except Exception as error:
        # Only errors from before the first send get here: later ones are reported where they happen.
        writer.write_unresolved(wanted, arguments, str(error))
        raise


def _check_usage(options: BatchOptions, from_ticket: str) -> None:
    """Raise UsageError if these options cannot be combined."""
    if not all(text.strip() for text in options.people):
        raise click.BadParameter("is empty", param_hint="USER")
    named = sum((bool(options.people), options.source is not None, bool(from_ticket)))
    if named > 1:
        raise click.UsageError("Name people, a file or a ticket, only one of them.")
    if not named:
        raise click.UsageError("Missing argument 'USER...': name people, or a file with --from FILE.")
    if from_ticket and options.is_batch:
        raise click.UsageError(
            "--from-ticket sends to one person: it cannot be combined with options of a batch."
        )
    if options.source is None and (options.column or options.new_batch):
        raise click.UsageError("--column and --new-batch need --from FILE.")
    if options.batch_id is not None and options.new_batch:
        raise click.UsageError("--batch and --new-batch cannot be combined.")
    if options.batch_id is not None and not _BATCH_ID.fullmatch(options.batch_id):
        raise click.BadParameter("is not the id of a batch", param_hint="--batch")


def _run_send(request: _SendRequest, settings: Settings) -> int:
    with recording_history(settings) as store:
        return run_async(_send(request, store))


async def _send(request: _SendRequest, store: HistoryStore) -> ExitCode:
    async with signed_in(request.instance) as client:
        renew = partial(sign_in_again, client, request.instance)
        service = ResetService(request.instance, client, store, renew_session=renew)
        read = partial(read_with_renewal, client, request.instance)
        people = await read(partial(_resolve, request, client))
        checks = [
            await read(partial(service.prepare, user.id, snapshot=UserSnapshot.from_user(user)))
            for user in people
        ]
        for check in checks:
            echo_prepared(check, is_question=not request.yes)
        if not request.yes and _needs_form_route(checks) and prompts.confirm(FORM_QUESTION):
            request = replace(request, instance=use_form_route(request.config_path, request.instance))
            service = ResetService(request.instance, client, store, renew_session=renew)
            pairs = zip(checks, people, strict=True)
            checks = [
                await service.prepare_for_profile(check.profile, snapshot=UserSnapshot.from_user(user))
                for check, user in pairs
            ]
        _refuse_blocked(request, checks)
        if not request.yes and not prompts.confirm(_confirm_question(request.instance, checks)):
            for check in checks:
                request.report.write_blocked(check, _DECLINED)
            raise CommandError(ExitCode.NOT_SENT, "Nothing was sent.", advice="You did not confirm.")
        return await _send_all(request, service, checks)


async def _resolve(request: _SendRequest, client: CrmClient) -> list[User]:
    if request.from_ticket is not None:
        from dazos_tui.cli._support.from_ticket import person_in_ticket

        return await person_in_ticket(client, request.instance, request.from_ticket)
    return await resolve_users(client, request.people)


def _needs_form_route(checks: Sequence[PreparedReset]) -> bool:
    """Return whether using the forgot-password form would unblock everybody who is blocked."""
    blocked = [check for check in checks if check.blockers]
    return bool(blocked) and all(check.needs_forgot_password_form for check in blocked)


async def _send_all(
    request: _SendRequest, service: ResetService, checks: Sequence[PreparedReset]
) -> ExitCode:
    """Send one after the other and return the highest exit code.

    Stops at a lost connection or session, a history that fails, or a concurrent send by somebody else.
    """
    worst, waiting = ExitCode.DONE, list(checks)
    while waiting:
        try:
            request.report.has_begun = True
            result = await service.send(waiting[0], ticket=request.report.ticket, allowed=request.overrides)
        except (ResetBlockedError, HistoryError) as error:
            worst = max(worst, ExitCode.NOT_SENT)
            request.report.write_skipped(waiting.pop(0), str(error))
            echo_error(error)
            break
        except asyncio.CancelledError:
            check, *others = waiting
            echo_interrupted(f"Interrupted while requesting a link for {format_user(check)}.")
            row = await service.read_begun()
            for line in interrupted_lines(row):
                echo_err(line)
            request.report.write_interrupted(check, row)
            for other in others:
                request.report.write_blocked(other, NOT_REQUESTED)
            raise
        request.report.write_result(waiting.pop(0), result)
        worst = max(worst, exit_code_for_outcome(result.entry.outcome, result.error))
        if result.error is not None or result.record_error is not None:
            break
    for check in waiting:
        worst = max(worst, ExitCode.NOT_SENT)
        request.report.write_skipped(check, _AFTER_FAILURE)
    return worst


def _refuse_blocked(request: _SendRequest, checks: Sequence[PreparedReset]) -> None:
    """Raise CommandError if a finding blocks somebody and no option overrides it."""
    unresolved = [(check, check.unresolved(request.overrides)) for check in checks]
    found = [finding for _, findings in unresolved for finding in findings]
    if not found:
        return
    for check, findings in unresolved:
        request.report.write_blocked(check, " ".join(finding.message for finding in findings) or _WITH_OTHERS)
    lines = [
        f"{format_user(check)}: {finding.message}" for check, findings in unresolved for finding in findings
    ]
    raise CommandError(
        ExitCode.NOT_SENT, "\n".join(lines), advice=_form_advice(checks) or _override_advice(found)
    )


def _form_advice(checks: Sequence[PreparedReset]) -> str:
    instance = next((check.instance.name for check in checks if check.needs_forgot_password_form), "")
    setting = f'reset_route = "{ResetRoute.FORGOT_PASSWORD}" under [instances.{instance}]'
    return f"Nothing was sent to anybody. To use the form, set {setting} in the config." if instance else ""


def _override_advice(findings: Sequence[Finding]) -> str:
    if any(finding.is_blocking for finding in findings):
        return "Nothing was sent to anybody."
    options = dict.fromkeys(_option_for(finding) for finding in findings)
    return f"Nothing was sent to anybody. Use {' '.join(options)} to send anyway."


def _option_for(finding: Finding) -> str:
    """Return the option that overrides a finding."""
    return "--again" if finding.code in RESEND_CODES else f"--allow {finding.code}"


def _confirm_question(instance: Instance, checks: Sequence[PreparedReset]) -> str:
    what = "this reset link" if len(checks) == 1 else f"these {len(checks)} reset links"
    return f"Send {what} in {instance.name} ({instance.environment.upper()})?"
