"""``dazos-tui send`` for many: plan, one question, one link after another, report."""

from dataclasses import dataclass
from functools import partial

import click

from dazos_tui.cli._support import prompts
from dazos_tui.cli._support.batch_controls import run_controlled
from dazos_tui.cli._support.batch_options import BatchOptions
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
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import OutputClosedError, echo_err, echo_note, show_progress, show_reading
from dazos_tui.cli._support.people_source import STDIN, people_of_arguments, read_people
from dazos_tui.cli._support.recording import recording_history
from dazos_tui.cli._support.signed_in import read_with_renewal, run_async, sign_in_again, signed_in
from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.models import Environment, Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.resets.accounts import UserSnapshot
from dazos_tui.resets.batch import BatchRun, batch_state, new_batch_id
from dazos_tui.resets.batch_plan import GUARDED, UNMATCHED, BatchPlan, PlanVerdict, plan_batch
from dazos_tui.resets.batch_report import BatchReport, plan_report
from dazos_tui.resets.batch_search import find_people
from dazos_tui.resets.people_file import WantedPerson
from dazos_tui.resets.service import PreparedReset, ResetService
from dazos_tui.text.sanitize import safe_text


@dataclass(frozen=True, slots=True)
class _BatchRequest:
    """A batch to send: its people, the options, and where the report goes.

    `can_repeat` is whether the same command continues it.
    """

    instance: Instance
    people: tuple[WantedPerson, ...]
    can_repeat: bool
    options: BatchOptions
    writer: BatchWriter
    limits: BatchTable

    @property
    def batch_id(self) -> str:
        """Return the batch's id."""
        return self.writer.batch_id

    @property
    def continue_advice(self) -> str:
        """Return how to continue with those who got no link."""
        how = "again" if self.can_repeat else f"with --batch {self.batch_id}"
        if self.options.new_batch:
            how += " in place of --new-batch"
        return f"To continue with who got no link: the same command {how}."


def run_batch(settings: Settings, instance: str | None, options: BatchOptions) -> ExitCode:
    """Send a link to everybody whom a file or the arguments name; return the exit code.

    Raises CommandError, PeopleFileError, OtherInstanceError, ConfigError, SecretError, CrmError: nothing was
    sent.
    """
    file = read_people(options.source, options.column) if options.source is not None else None
    for note in file.notes if file is not None else ():
        echo_err(note)
    people = file.people if file is not None else people_of_arguments(options.people)
    continues = file is not None and not options.new_batch
    new_id = file.batch_id if file is not None and continues else new_batch_id(utc_now())
    wanted = safe_text(instance or settings.instance or "")
    writer = BatchWriter(options.row_format, wanted, options.batch_id or new_id, options.ticket)
    try:
        chosen = settings.resolve_instance(instance)
        writer.instance = chosen.name
        _require_answerable(options)
        limits, can_repeat = settings.config().batch, continues or options.batch_id is not None
        return _run(settings, _BatchRequest(chosen, people, can_repeat, options, writer, limits))
    except click.Abort:
        writer.write_unplanned(people, "Not requested: the command was interrupted.")
        raise
    except OutputClosedError:
        raise
    except Exception as error:
        writer.write_unplanned(people, str(error))
        raise


def _require_answerable(options: BatchOptions) -> None:
    """Raise CommandError if the question before the send could not be answered."""
    if options.yes or options.dry_run:
        return
    if options.source == STDIN:
        raise CommandError(
            ExitCode.USAGE,
            "Could not ask before sending: stdin has the people.",
            advice="Use --yes to send without being asked, or --dry-run to see who would get a link.",
        )
    prompts.require_terminal()


def _run(settings: Settings, request: _BatchRequest) -> ExitCode:
    options = request.options
    with settings.open_history() if options.dry_run else recording_history(settings) as store:
        done = batch_state(store, request.batch_id, request.instance)
        if options.batch_id is not None and not done:
            begins = "." if options.dry_run else ": it begins now."
            echo_note(f"Nobody has a link from batch {options.batch_id} yet{begins}")
        return run_async(_send_batch(request, store, done))


@dataclass(frozen=True, slots=True)
class _Session:
    """A signed-in instance, and what a batch does in it."""

    request: _BatchRequest
    store: HistoryStore
    client: CrmClient
    service: ResetService

    async def check(self, user: User) -> PreparedReset:
        """Return the checked reset of a person, from a fresh profile. Raises CrmError, HistoryError."""
        snapshot = UserSnapshot.from_user(user)
        read = partial(self.service.prepare, user.id, snapshot=snapshot)
        return await read_with_renewal(self.client, self.request.instance, read)


async def _send_batch(request: _BatchRequest, store: HistoryStore, done: dict[str, HistoryEntry]) -> ExitCode:
    """Plan a batch and carry it out, unless it is a dry run. `done` has who needs no link from it any more.

    Raises CommandError, SecretError, CrmError, HistoryError, each before anything was sent.
    """
    async with signed_in(request.instance) as client:
        renew = partial(sign_in_again, client, request.instance)
        service = ResetService(request.instance, client, store, renew_session=renew)
        session = _Session(request, store, client, service)
        plan = await _plan(session, done)
        if request.options.dry_run:
            return _report_dry_run(request, plan)
        echo_plan(plan)
        _refuse_unsendable(request, plan)
        if not plan.count(PlanVerdict.LINK):
            return _report_nothing_to_send(request, plan)
        _confirm(request, plan)
        report = await _carry_out(session, plan)
        # Before the sign-out, which may be interrupted.
        request.writer.write_report(report)
        echo_summary(report, request.continue_advice)
        return report_exit_code(report)


async def _plan(session: _Session, done: dict[str, HistoryEntry]) -> BatchPlan:
    request, client = session.request, session.client
    read = partial(read_with_renewal, client, request.instance)
    found = await find_people(client, request.people, read, partial(show_reading, request.instance.name))
    plan = await plan_batch(
        request.instance,
        found,
        session.check,
        batch_id=request.batch_id,
        done=done,
        allowed=request.options.allowed,
        on_progress=lambda looked, total: show_progress(f"Looking at everybody … {looked} of {total}"),
    )
    show_progress("")
    return plan


def _report_dry_run(request: _BatchRequest, plan: BatchPlan) -> ExitCode:
    request.writer.write_plan(plan, "Not requested: this is a dry run.")
    echo_err(f"{count_text(plan)} Nothing was sent: this is a dry run.")
    _hint_at_other_batch(plan)
    return plan_exit_code(plan, skip=request.options.skip, skip_unmatched=request.options.skip_unmatched)


def _refuse_unsendable(request: _BatchRequest, plan: BatchPlan) -> None:
    """Raise CommandError if somebody in the plan stops the batch, and no option leaves them out."""
    options = []
    unmatched, guarded = plan.count(*UNMATCHED), plan.count(*GUARDED)
    if unmatched and not request.options.skip_unmatched:
        options.append(f"--skip-unmatched leaves out the {unmatched} who match nobody or several.")
    if guarded and not request.options.skip:
        options.append(f"--skip leaves out the {guarded} who cannot get a link now.")
    if not options:
        return
    _hint_at_other_batch(plan)
    code = plan_exit_code(plan, skip=request.options.skip, skip_unmatched=request.options.skip_unmatched)
    request.writer.write_unsent(plan_report(plan, "Not requested: others in this batch cannot get a link."))
    raise CommandError(code, "Nothing was sent to anybody.", advice=" ".join(options))


def _hint_at_other_batch(plan: BatchPlan) -> None:
    if plan.other_batch:
        echo_err(
            f"Some got their link in batch {plan.other_batch}. If this is the same list, changed, use "
            f"--batch {plan.other_batch} to continue that."
        )


def _report_nothing_to_send(request: _BatchRequest, plan: BatchPlan) -> ExitCode:
    report = plan_report(plan, "")
    request.writer.write_unsent(report)
    if not plan.count(PlanVerdict.DONE):
        raise CommandError(
            ExitCode.NOT_SENT, "Nothing was sent: nobody is left who can get a link.", advice=""
        )
    echo_err(f"Nobody is left to send to in batch {plan.id}. To send to everybody again, use --new-batch.")
    return report_exit_code(report)


def _confirm(request: _BatchRequest, plan: BatchPlan) -> None:
    """Ask once before sending: in production, for the number of links. Raises CommandError if declined."""
    if request.options.yes:
        return
    number, instance = plan.count(PlanVerdict.LINK), plan.instance
    where = f"{instance.name} ({instance.environment.upper()})"
    what = "1 reset link" if number == 1 else f"{number} reset links"
    if instance.environment is Environment.PRODUCTION:
        agreed = prompts.confirm_number(f"Send {what} in {where}? Type the number of links, {number}", number)
    else:
        agreed = prompts.confirm(f"Send {what} in {where}?")
    if not agreed:
        request.writer.write_unsent(plan_report(plan, "Not requested: you did not confirm."))
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

    request.writer.has_begun = True
    try:
        return await run_controlled(run, show)
    finally:
        show_progress("")
