"""``dazos-tui send``: a reset link for one or more people, each looked at first."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from dazos_tui.cli._support import prompts
from dazos_tui.cli._support.exit_codes import CommandError, ExitCode, echo_error, exit_code_for_outcome
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import OutputClosedError, echo_err, echo_interrupted
from dazos_tui.cli._support.resolve_users import resolve_users
from dazos_tui.cli._support.send_report import SendReport, echo_prepared, format_user
from dazos_tui.cli._support.signed_in import read_with_renewal, run_async, sign_in_again, signed_in
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.accounts import UserSnapshot, account_of
from dazos_tui.resets.findings import OVERRIDABLE_CODES, RESEND_CODES, Finding
from dazos_tui.resets.service import PreparedReset, ResetBlockedError, ResetResult, ResetService
from dazos_tui.text.sanitize import safe_text

_HISTORY_FAILED = "Not asked for, because of what happened before."
_FORM_ADVICE = "Ask the CRM's forgot-password form instead, in this instance from now on?"
_WITH_OTHERS = "Not asked for: somebody named with this person cannot be sent to."
_DECLINED = "Not asked for: the question before it was not answered with yes."


@dataclass(frozen=True, slots=True)
class _SendRequest:
    """What was asked for on the command line."""

    instance: Instance
    config_path: Path
    people: tuple[str, ...]
    overrides: frozenset[str]
    yes: bool
    report: SendReport


@click.command()
@click.argument("people", metavar="USER...", nargs=-1, required=True)
@instance_option
@click.option("--ticket", default="", metavar="T", help="The ticket it is for; kept in the history.")
@click.option("--again", is_flag=True, help="Send although one was sent a short while ago.")
@click.option(
    "--allow",
    type=click.Choice(OVERRIDABLE_CODES),
    multiple=True,
    metavar="GUARD",
    help=f"Send although this speaks against it: {', '.join(OVERRIDABLE_CODES)}. Can be given several times.",
)
@click.option("--yes", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each person.")
@click.pass_obj
def send(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    people: tuple[str, ...],
    instance: str | None,
    ticket: str,
    again: bool,
    allow: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> int:
    """Send USER a reset link.

    USER is an e-mail address, a user name or a record id, and must mean exactly one person. Of several,
    nothing is sent to any unless each can be sent to. Exit codes: 0 sent, 3 refused or not sent, 4 nobody
    or more than one matches, 7 unknown; of several, the highest.
    """
    if not all(text.strip() for text in people):
        raise click.BadParameter("is empty", param_hint="USER")
    allowed = frozenset(allow) | (RESEND_CODES if again else frozenset())
    writer = SendReport(safe_text(ticket), as_json)
    order = _SendRequest(
        settings.resolve_instance(instance), settings.config_path, people, allowed, yes, writer
    )
    if not yes and not prompts.can_ask():
        raise CommandError(
            ExitCode.USAGE,
            "There is no terminal to ask on before sending.",
            advice="To send without being asked, say --yes.",
        )
    try:
        return _run_send(order, settings.history_path)
    except (click.Abort, OutputClosedError):
        raise
    except Exception as error:
        # Whatever fails once something may have been sent is told where it happens.
        writer.write_unresolved(order.instance, people, str(error))
        raise


def _run_send(order: _SendRequest, history_path: Path) -> int:
    try:
        with HistoryStore(history_path) as store:
            _open_history(store)
            return run_async(_send(order, store))
    except HistoryError as error:
        raise CommandError(
            ExitCode.NOT_SENT, str(error), advice=f"Nothing was sent. {error.advice}"
        ) from None


def _open_history(store: HistoryStore) -> None:
    """Make sure, before the sign-in, that a reset can be recorded: else it will not be sent."""
    begins = store.is_missing()
    store.require_writable()
    if begins:
        echo_err(f"A new history begins: {safe_text(str(store.path))}")


async def _send(order: _SendRequest, store: HistoryStore) -> ExitCode:
    async with signed_in(order.instance) as client:
        renew = partial(sign_in_again, client, order.instance)
        service = ResetService(order.instance, client, store, renew_session=renew)
        reading = partial(read_with_renewal, client, order.instance)
        people = await reading(lambda: resolve_users(client, order.people))
        checks = [
            await reading(partial(service.prepare, user.id, snapshot=UserSnapshot.from_user(user)))
            for user in people
        ]
        for check in checks:
            echo_prepared(check)
        if not order.yes and _needs_form_route(checks) and prompts.confirm(_FORM_ADVICE):
            order = replace(order, instance=_use_form_route(order))
            service = ResetService(order.instance, client, store, renew_session=renew)
            looked = zip(checks, people, strict=True)
            checks = [
                await service.prepare_for_profile(check.profile, snapshot=UserSnapshot.from_user(user))
                for check, user in looked
            ]
        _refuse_blocked(order, checks)
        if not order.yes and not prompts.confirm(_confirm_question(order.instance, checks)):
            for check in checks:
                order.report.write_blocked(check, _DECLINED)
            raise CommandError(ExitCode.NOT_SENT, "Nothing was sent.", advice="You did not say yes.")
        return await _send_all(order, service, store, checks)


def _needs_form_route(checks: Sequence[PreparedReset]) -> bool:
    """Tell whether all could be sent to if the forgot-password form may be used."""
    held = [check for check in checks if check.blockers]
    return bool(held) and all(check.needs_forgot_password_form for check in held)


def _use_form_route(order: _SendRequest) -> Instance:
    """Return the instance as one whose form may be used, and write that to the config."""
    from dazos_tui.config.edit import set_instance_key

    route = ResetRoute.FORGOT_PASSWORD
    try:
        set_instance_key(order.config_path, order.instance.name, "reset_route", route)
    except ConfigError as error:
        echo_error(error)
    return order.instance.model_copy(update={"reset_route": route})


async def _send_all(
    order: _SendRequest, service: ResetService, store: HistoryStore, checks: Sequence[PreparedReset]
) -> ExitCode:
    """Send one after the other. A lost connection or session, a history that fails, or somebody who sends
    at the same time ends it.
    """
    worst, waiting = ExitCode.DONE, list(checks)
    while waiting:
        try:
            result = await _send_one(order, service, store, waiting[0])
        except (ResetBlockedError, HistoryError) as error:
            worst = max(worst, ExitCode.NOT_SENT)
            order.report.write_skipped(waiting.pop(0), str(error))
            echo_error(error)
            break
        order.report.write_result(waiting.pop(0), result)
        worst = max(worst, exit_code_for_outcome(result.entry.outcome, result.error))
        if result.error is not None or result.record_error is not None:
            break
    for check in waiting:
        worst = max(worst, ExitCode.NOT_SENT)
        order.report.write_skipped(check, _HISTORY_FAILED)
    return worst


async def _send_one(
    order: _SendRequest, service: ResetService, store: HistoryStore, check: PreparedReset
) -> ResetResult:
    try:
        return await service.send(check, ticket=order.report.ticket, allowed=order.overrides)
    except asyncio.CancelledError:
        echo_interrupted(f"Interrupted while a link for {format_user(check)} was being asked for.")
        echo_err(f"The outcome is unknown: it may have been sent.{_record_of(store, check)}")
        echo_err("Look in the mailbox and in the sign-in history before you send again.")
        raise


def _record_of(store: HistoryStore, check: PreparedReset) -> str:
    with suppress(HistoryError):
        if last := store.last_reset(account_of(check.instance, check.profile.user)):
            return f" It is row {last.id} of the history."
    return ""


def _refuse_blocked(order: _SendRequest, checks: Sequence[PreparedReset]) -> None:
    """Raise Stopped if somebody cannot be sent to, or not without a word that was not said."""
    against = [(check, check.unresolved(order.overrides)) for check in checks]
    found = [finding for _, findings in against for finding in findings]
    if not found:
        return
    for check, findings in against:
        order.report.write_blocked(check, " ".join(finding.message for finding in findings) or _WITH_OTHERS)
    lines = [
        f"{format_user(check)}: {finding.message}" for check, findings in against for finding in findings
    ]
    raise CommandError(
        ExitCode.NOT_SENT, "\n".join(lines), advice=_would_use_form(checks) or _override_advice(found)
    )


def _would_use_form(checks: Sequence[PreparedReset]) -> str:
    instance = next((check.instance.name for check in checks if check.needs_forgot_password_form), "")
    line = f'reset_route = "{ResetRoute.FORGOT_PASSWORD}" under [instances.{instance}]'
    return f"Nothing was sent to anybody. To use the form, write {line} in the config." if instance else ""


def _override_advice(findings: Sequence[Finding]) -> str:
    if any(finding.is_blocking for finding in findings):
        return "Nothing was sent to anybody."
    options = dict.fromkeys(_option_for(finding) for finding in findings)
    return f"Nothing was sent to anybody: say {' '.join(options)} to send all the same."


def _option_for(finding: Finding) -> str:
    """Return the option that overrides a finding."""
    return "--again" if finding.code in RESEND_CODES else f"--allow {finding.code}"


def _confirm_question(instance: Instance, checks: Sequence[PreparedReset]) -> str:
    what = "this reset link" if len(checks) == 1 else f"these {len(checks)} reset links"
    return f"Send {what} in {instance.name} ({instance.environment.upper()})?"
