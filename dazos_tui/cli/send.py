"""``dazos-tui send``: a reset link for one or more people, each looked at first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import click

from dazos_tui.cli import ask
from dazos_tui.cli.exits import Exit, Stopped, code_of_outcome, report
from dazos_tui.cli.options import Settings, instance_option
from dazos_tui.cli.output import OutputFailed, OutputGone, columns, json_line, out, words
from dazos_tui.cli.people import find_each
from dazos_tui.cli.session import signed_in
from dazos_tui.config import Instance
from dazos_tui.crm.models import User
from dazos_tui.history.export import entry_record
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.service import Check, ResetService, Result
from dazos_tui.text import safe_text

_NOT_ASKED_FOR = "Not asked for, because of what happened before."
_JSON_KEYS = ("outcome", "message", "instance", "user", "ticket", "history_id", "requested_at", "finished_at")


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for on the command line."""

    instance: Instance
    people: tuple[str, ...]
    ticket: str
    yes: bool
    as_json: bool


@click.command()
@click.argument("people", metavar="USER...", nargs=-1, required=True)
@instance_option
@click.option("--ticket", default="", metavar="T", help="The ticket it is for; kept in the history.")
@click.option("--again", is_flag=True, help="Send although one was sent a short while ago.")
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
    order = _Order(settings.choose(instance), people, safe_text(ticket), yes, as_json)
    if not yes and not ask.can_ask():
        raise Stopped(
            Exit.USAGE,
            "There is no terminal to ask on before sending.",
            advice="To send without being asked, say --yes.",
        )
    with HistoryStore(settings.history_path) as store:
        return asyncio.run(_send(order, store))


async def _send(order: _Order, store: HistoryStore) -> Exit:
    async with signed_in(order.instance) as client:
        service = ResetService(order.instance, client, store)
        checks = [await service.check(user.id) for user in await find_each(client, order.people)]
        for check in checks:
            _show(check)
        _refuse_blocked(checks)
        if not order.yes and not ask.confirm(_question(order.instance, checks)):
            raise Stopped(Exit.NOT_SENT, "Nothing was sent.", advice="You did not say yes.")
        return await _send_all(order, service, checks)


async def _send_all(order: _Order, service: ResetService, checks: Sequence[Check]) -> Exit:
    """Send one after the other. A lost connection or session, or a history that fails, ends it."""
    worst, waiting = Exit.DONE, list(checks)
    while waiting:
        check = waiting.pop(0)
        result = await _send_one(order, service, check)
        _tell(order, check.profile.user, result)
        worst = max(worst, code_of_outcome(result.entry.outcome, result.error))
        problems = [problem for problem in (result.error, result.record_error) if problem is not None]
        for problem in problems:
            report(problem)
        if problems:
            break
    for check in waiting:
        worst = max(worst, Exit.NOT_SENT)
        _tell(order, check.profile.user, None)
    return worst


async def _send_one(order: _Order, service: ResetService, check: Check) -> Result:
    try:
        return await service.send(check, ticket=order.ticket)
    except asyncio.CancelledError:
        words(f"Interrupted while a link for {_person(check.profile.user)} was being asked for.")
        words("It may have been sent: it stands as unknown in the history.")
        raise


def _show(check: Check) -> None:
    instance, user = check.instance, check.profile.user
    last = check.last
    facts = [
        ("instance", f"{instance.name}  {instance.environment.upper()}  {instance.host}"),
        ("name", user.name),
        ("user name", user.user_name),
        ("e-mail", user.email),
        ("role", user.role + ("  (admin)" if user.admin else "")),
        ("status", user.status.value),
        (
            "last reset",
            f"{last.requested_at.astimezone():%Y-%m-%d %H:%M}  {last.outcome}" if last else "none known",
        ),
    ]
    words("Reset link")
    for line in columns(facts):
        words(f"  {line}")
    for finding in check.findings:
        words(f"  {'✗' if finding.blocks else '!'} {finding.sentence}")


def _refuse_blocked(checks: Sequence[Check]) -> None:
    blocked = [check for check in checks if check.blockers]
    if blocked:
        reasons = [
            f"{_person(check.profile.user)}: {finding.sentence}"
            for check in blocked
            for finding in check.blockers
        ]
        raise Stopped(Exit.NOT_SENT, "\n".join(reasons), advice="Nothing was sent to anybody.")


def _question(instance: Instance, checks: Sequence[Check]) -> str:
    what = "this reset link" if len(checks) == 1 else f"these {len(checks)} reset links"
    return f"Send {what} in {instance.name} ({instance.environment.upper()})?"


def _tell(order: _Order, user: User, result: Result | None) -> None:
    """Write what became of one reset; None if it was not asked for. The sends go on if it cannot be."""
    try:
        out([json_line(_record(order, user, result)) if order.as_json else _line(user, result)])
    except OutputGone:
        return
    except OutputFailed as error:
        report(error)


def _line(user: User, result: Result | None) -> str:
    outcome = result.entry.outcome if result else Outcome.NOT_SENT
    return f"{outcome}  {_person(user)}  {result.entry.message if result else _NOT_ASKED_FOR}"


def _record(order: _Order, user: User, result: Result | None) -> dict[str, object]:
    if result is not None:
        record = dict(entry_record(result.entry))
        return {key: record[key] for key in _JSON_KEYS}
    return {
        "outcome": Outcome.NOT_SENT.value,
        "message": _NOT_ASKED_FOR,
        "instance": order.instance.name,
        "user": {"id": user.id, "user_name": user.user_name, "name": user.name, "email": user.email},
        "ticket": order.ticket,
        "history_id": None,
        "requested_at": None,
        "finished_at": None,
    }


def _person(user: User) -> str:
    return f"{user.name or user.user_name} <{user.email}>"
