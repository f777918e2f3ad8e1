"""``dazos-tui send``: a reset link for one or more people, each looked at first."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from dazos_tui.cli._support import prompts
from dazos_tui.cli._support.exit_codes import Exit, Stopped, code_of_outcome, report
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import OutputGone, interrupted, words
from dazos_tui.cli._support.resolve_users import find_each
from dazos_tui.cli._support.send_report import Writer, person, show
from dazos_tui.cli._support.signed_in import reopening, run_to_end, sign_in_again, signed_in
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.accounts import Chosen, account_of
from dazos_tui.resets.guards import AGAIN, DELIBERATE, Finding
from dazos_tui.resets.service import Blocked, Check, ResetService, Result
from dazos_tui.text.sanitize import safe_text

_AFTER_TROUBLE = "Not asked for, because of what happened before."
_FORM = "Ask the CRM's forgot-password form instead, in this instance from now on?"
_WITH_OTHERS = "Not asked for: somebody named with this person cannot be sent to."
_DECLINED = "Not asked for: the question before it was not answered with yes."


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for on the command line."""

    instance: Instance
    config_path: Path
    people: tuple[str, ...]
    allowed: frozenset[str]
    yes: bool
    writer: Writer


@click.command()
@click.argument("people", metavar="USER...", nargs=-1, required=True)
@instance_option
@click.option("--ticket", default="", metavar="T", help="The ticket it is for; kept in the history.")
@click.option("--again", is_flag=True, help="Send although one was sent a short while ago.")
@click.option(
    "--allow",
    type=click.Choice(DELIBERATE),
    multiple=True,
    metavar="GUARD",
    help=f"Send although this speaks against it: {', '.join(DELIBERATE)}. Can be given several times.",
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
    allowed = frozenset(allow) | (AGAIN if again else frozenset())
    writer = Writer(safe_text(ticket), as_json)
    order = _Order(settings.choose(instance), settings.config_path, people, allowed, yes, writer)
    if not yes and not prompts.can_ask():
        raise Stopped(
            Exit.USAGE,
            "There is no terminal to ask on before sending.",
            advice="To send without being asked, say --yes.",
        )
    try:
        return _run(order, settings.history_path)
    except (click.Abort, OutputGone):
        raise
    except Exception as error:
        # Whatever fails once something may have been sent is told where it happens.
        writer.nobody(order.instance, people, str(error))
        raise


def _run(order: _Order, history_path: Path) -> int:
    try:
        with HistoryStore(history_path) as store:
            _prepare(store)
            return run_to_end(_send(order, store))
    except HistoryError as error:
        raise Stopped(Exit.NOT_SENT, str(error), advice=f"Nothing was sent. {error.advice}") from None


def _prepare(store: HistoryStore) -> None:
    """Make sure, before the sign-in, that a reset can be recorded: else it will not be sent."""
    begins = store.missing()
    store.prepare()
    if begins:
        words(f"A new history begins: {safe_text(str(store.path))}")


async def _send(order: _Order, store: HistoryStore) -> Exit:
    async with signed_in(order.instance) as client:
        renew = partial(sign_in_again, client, order.instance)
        service = ResetService(order.instance, client, store, renew=renew)
        reading = partial(reopening, client, order.instance)
        people = await reading(lambda: find_each(client, order.people))
        checks = [await reading(partial(service.check, user.id, chosen=Chosen.of(user))) for user in people]
        for check in checks:
            show(check)
        if not order.yes and _only_form_lacks(checks) and prompts.confirm(_FORM):
            order = replace(order, instance=_with_form(order))
            service = ResetService(order.instance, client, store, renew=renew)
            looked = zip(checks, people, strict=True)
            checks = [
                await service.check_profile(check.profile, chosen=Chosen.of(user)) for check, user in looked
            ]
        _refuse_held(order, checks)
        if not order.yes and not prompts.confirm(_question(order.instance, checks)):
            for check in checks:
                order.writer.refused(check, _DECLINED)
            raise Stopped(Exit.NOT_SENT, "Nothing was sent.", advice="You did not say yes.")
        return await _send_all(order, service, store, checks)


def _only_form_lacks(checks: Sequence[Check]) -> bool:
    """Tell whether all could be sent to if the forgot-password form may be used."""
    held = [check for check in checks if check.blockers]
    return bool(held) and all(check.needs_form for check in held)


def _with_form(order: _Order) -> Instance:
    """Return the instance as one whose form may be used, and write that to the config."""
    from dazos_tui.config.edit import set_instance_key

    route = ResetRoute.FORGOT_PASSWORD
    try:
        set_instance_key(order.config_path, order.instance.name, "reset_route", route)
    except ConfigError as error:
        report(error)
    return order.instance.model_copy(update={"reset_route": route})


async def _send_all(
    order: _Order, service: ResetService, store: HistoryStore, checks: Sequence[Check]
) -> Exit:
    """Send one after the other. A lost connection or session, a history that fails, or somebody who sends
    at the same time ends it.
    """
    worst, waiting = Exit.DONE, list(checks)
    while waiting:
        try:
            result = await _send_one(order, service, store, waiting[0])
        except (Blocked, HistoryError) as error:
            worst = max(worst, Exit.NOT_SENT)
            order.writer.left_out(waiting.pop(0), str(error))
            report(error)
            break
        order.writer.done(waiting.pop(0), result)
        worst = max(worst, code_of_outcome(result.entry.outcome, result.error))
        if result.error is not None or result.record_error is not None:
            break
    for check in waiting:
        worst = max(worst, Exit.NOT_SENT)
        order.writer.left_out(check, _AFTER_TROUBLE)
    return worst


async def _send_one(order: _Order, service: ResetService, store: HistoryStore, check: Check) -> Result:
    try:
        return await service.send(check, ticket=order.writer.ticket, allowed=order.allowed)
    except asyncio.CancelledError:
        interrupted(f"Interrupted while a link for {person(check)} was being asked for.")
        words(f"The outcome is unknown: it may have been sent.{_row_of(store, check)}")
        words("Look in the mailbox and in the sign-in history before you send again.")
        raise


def _row_of(store: HistoryStore, check: Check) -> str:
    with suppress(HistoryError):
        if last := store.last_reset(account_of(check.instance, check.profile.user)):
            return f" It is row {last.id} of the history."
    return ""


def _refuse_held(order: _Order, checks: Sequence[Check]) -> None:
    """Raise Stopped if somebody cannot be sent to, or not without a word that was not said."""
    against = [(check, check.against(order.allowed)) for check in checks]
    found = [finding for _, findings in against for finding in findings]
    if not found:
        return
    for check, findings in against:
        order.writer.refused(check, " ".join(finding.sentence for finding in findings) or _WITH_OTHERS)
    lines = [f"{person(check)}: {finding.sentence}" for check, findings in against for finding in findings]
    raise Stopped(Exit.NOT_SENT, "\n".join(lines), advice=_by_form(checks) or _way_out(found))


def _by_form(checks: Sequence[Check]) -> str:
    instance = next((check.instance.name for check in checks if check.needs_form), "")
    line = f'reset_route = "{ResetRoute.FORGOT_PASSWORD}" under [instances.{instance}]'
    return f"Nothing was sent to anybody. To use the form, write {line} in the config." if instance else ""


def _way_out(findings: Sequence[Finding]) -> str:
    if any(finding.blocks for finding in findings):
        return "Nothing was sent to anybody."
    options = dict.fromkeys(_option_for(finding) for finding in findings)
    return f"Nothing was sent to anybody: say {' '.join(options)} to send all the same."


def _option_for(finding: Finding) -> str:
    """Return the option that overrides a finding."""
    return "--again" if finding.code in AGAIN else f"--allow {finding.code}"


def _question(instance: Instance, checks: Sequence[Check]) -> str:
    what = "this reset link" if len(checks) == 1 else f"these {len(checks)} reset links"
    return f"Send {what} in {instance.name} ({instance.environment.upper()})?"
