"""``dazos-tui send`` for many: plan, one question, one link after another, report."""

import asyncio
from dataclasses import dataclass
from functools import partial

from dazos_tui.cli._support import prompts
from dazos_tui.cli._support.batch_controls import controls
from dazos_tui.cli._support.batch_output import (
    BatchWriter,
    count_text,
    echo_plan,
    echo_result,
    echo_summary,
    plan_exit_code,
    report_exit_code,
    show_run,
)
from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.output import echo_err, show_progress
from dazos_tui.cli._support.signed_in import read_with_renewal, sign_in_again, signed_in
from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.models import Environment, Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.accounts import UserSnapshot
from dazos_tui.resets.batch import BatchRun, OtherInstanceError, batch_state
from dazos_tui.resets.batch_plan import GUARDED, UNMATCHED, BatchPlan, Verdict, plan_batch
from dazos_tui.resets.batch_report import BatchReport, plan_report
from dazos_tui.resets.batch_search import find_people
from dazos_tui.resets.people_file import WantedPerson
from dazos_tui.resets.service import PreparedReset, ResetService


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """The arguments of a batch, resolved.

    `is_file` is whether the id follows from a file, so that the same command continues it.
    """

    instance: Instance
    people: tuple[WantedPerson, ...]
    is_file: bool
    allowed: frozenset[str]
    writer: BatchWriter
    limits: BatchTable
    yes: bool = False
    dry_run: bool = False
    skip: bool = False
    skip_unmatched: bool = False

    @property
    def continue_advice(self) -> str:
        """Return how to continue with those who got no link."""
        how = (
            "the same command again"
            if self.is_file
            else f"the same command with --batch {self.writer.batch_id}"
        )
        return f"To continue with who got no link: {how}."


@dataclass(frozen=True, slots=True)
class _Session:
    """A signed-in instance, and what a batch does in it."""

    request: BatchRequest
    store: HistoryStore
    client: CrmClient
    service: ResetService

    async def check(self, user: User) -> PreparedReset:
        """Return the checked reset of a person, from a fresh profile. Raises CrmError, HistoryError."""
        snapshot = UserSnapshot.from_user(user)
        read = partial(self.service.prepare, user.id, snapshot=snapshot)
        return await read_with_renewal(self.client, self.request.instance, read)


def state_of_batch(request: BatchRequest, store: HistoryStore) -> dict[str, HistoryEntry]:
    """Return who has a link from this batch already, by record id. Raises CommandError, HistoryError."""
    try:
        return batch_state(store, request.writer.batch_id, request.instance)
    except OtherInstanceError as error:
        raise CommandError(ExitCode.USAGE, str(error), advice=f"Nothing was sent. {error.advice}") from None


async def send_batch(request: BatchRequest, store: HistoryStore, done: dict[str, HistoryEntry]) -> ExitCode:
    """Plan a batch and carry it out, unless it is a dry run. `done` has who needs no link from it any more.

    Raises CommandError, SecretError, CrmError, HistoryError, each before anything was sent.
    """
    async with signed_in(request.instance) as client:
        renew = partial(sign_in_again, client, request.instance)
        service = ResetService(request.instance, client, store, renew_session=renew)
        session = _Session(request, store, client, service)
        plan = await _plan(session, done)
        if request.dry_run:
            return _report_dry_run(request, plan)
        echo_plan(plan)
        _refuse_unsendable(request, plan)
        if not plan.count(Verdict.LINK):
            return _report_nothing_to_send(request, plan)
        _confirm(request, plan)
        report = await _carry_out(session, plan)
    request.writer.write_report(report)
    echo_summary(report, request.continue_advice)
    return report_exit_code(report)


async def _plan(session: _Session, done: dict[str, HistoryEntry]) -> BatchPlan:
    request, client = session.request, session.client
    read = partial(read_with_renewal, client, request.instance)

    def show_reading(known: int, total: int | None) -> None:
        of_all = f" of {total}" if total is not None else ""
        show_progress(f"Reading the people of {request.instance.name} … {known}{of_all}")

    found = await find_people(client, request.people, read, show_reading)
    plan = await plan_batch(
        request.instance,
        found,
        session.check,
        batch_id=request.writer.batch_id,
        done=done,
        allowed=request.allowed,
        on_progress=lambda looked, total: show_progress(f"Looking at everybody … {looked} of {total}"),
    )
    show_progress("")
    return plan


def _report_dry_run(request: BatchRequest, plan: BatchPlan) -> ExitCode:
    request.writer.write_report(plan_report(plan))
    echo_err(f"{count_text(plan)} Nothing was sent: this is a dry run.")
    _hint_at_other_batch(plan)
    return plan_exit_code(plan, skip=request.skip, skip_unmatched=request.skip_unmatched)


def _refuse_unsendable(request: BatchRequest, plan: BatchPlan) -> None:
    """Raise CommandError if somebody in the plan stops the batch, and no option leaves them out."""
    options = []
    unmatched, guarded = plan.count(*UNMATCHED), plan.count(*GUARDED)
    if unmatched and not request.skip_unmatched:
        options.append(f"--skip-unmatched leaves out the {unmatched} who match nobody or several.")
    if guarded and not request.skip:
        options.append(f"--skip leaves out the {guarded} who cannot get a link now.")
    if not options:
        return
    _hint_at_other_batch(plan)
    code = plan_exit_code(plan, skip=request.skip, skip_unmatched=request.skip_unmatched)
    request.writer.write_unsent(plan_report(plan))
    raise CommandError(code, "Nothing was sent to anybody.", advice=" ".join(options))


def _hint_at_other_batch(plan: BatchPlan) -> None:
    if plan.other_batch:
        echo_err(
            f"Some got their link in batch {plan.other_batch}. If this is the same list, changed, use "
            f"--batch {plan.other_batch} to continue that."
        )


def _report_nothing_to_send(request: BatchRequest, plan: BatchPlan) -> ExitCode:
    report = plan_report(plan)
    request.writer.write_unsent(report)
    if not plan.count(Verdict.DONE):
        raise CommandError(
            ExitCode.NOT_SENT, "Nothing was sent: nobody is left who can get a link.", advice=""
        )
    echo_err(
        f"Nothing to send: everybody else has their link from batch {plan.id}. To send to them again, use "
        "--new-batch."
    )
    return report_exit_code(report)


def _confirm(request: BatchRequest, plan: BatchPlan) -> None:
    """Ask once before sending: in production, for the number of links. Raises CommandError if declined."""
    if request.yes:
        return
    number, instance = plan.count(Verdict.LINK), plan.instance
    where = f"{instance.name} ({instance.environment.upper()})"
    what = "1 reset link" if number == 1 else f"{number} reset links"
    if instance.environment is Environment.PRODUCTION:
        agreed = prompts.confirm_number(f"Send {what} in {where}? Type the number of links, {number}", number)
    else:
        agreed = prompts.confirm(f"Send {what} in {where}?")
    if not agreed:
        request.writer.write_unsent(plan_report(plan))
        raise CommandError(ExitCode.NOT_SENT, "Nothing was sent.", advice="You did not confirm.")


async def _carry_out(session: _Session, plan: BatchPlan) -> BatchReport:
    request = session.request
    run = BatchRun(
        plan,
        session.service,
        session.store,
        session.check,
        ticket=request.writer.ticket,
        limits=request.limits,
    )
    shown = 0

    def show(run: BatchRun) -> None:
        nonlocal shown
        for result in list(run.results.values())[shown:]:
            shown += 1
            echo_result(run, result)
        show_run(run)

    task = asyncio.create_task(run.run(show))
    with controls(run, task, show):
        try:
            return await task
        except asyncio.CancelledError:
            return run.interrupted()
        finally:
            show_progress("")
