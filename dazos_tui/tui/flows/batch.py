"""Sending to several people: the plan, the run, the report."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import utc_now
from dazos_tui.notes.batch_note import render_batch_note
from dazos_tui.resets.batch import BatchRun, OtherInstanceError, new_batch_id
from dazos_tui.resets.batch_plan import Check
from dazos_tui.resets.batch_report import BatchReport, PersonResult
from dazos_tui.tui.batch_progress import BatchProgress
from dazos_tui.tui.dialogs.batch_plan import BatchConfirmed, PlanDialog
from dazos_tui.tui.dialogs.batch_progress import ProgressDialog
from dazos_tui.tui.dialogs.batch_report import ReportAction, ReportDialog, not_asked
from dazos_tui.tui.dialogs.note import NoteDialog
from dazos_tui.tui.flows.take_out_history import TakeOutHistoryFlow
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.job_errors import JOB_ERRORS
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.ticket_memory import InstanceTickets

_PICKED, _NOT_ASKED = "picked", "not asked or not sent"


class BatchFlow:
    """Makes a plan for the picked people (ended by the lock), and carries it out (ended only by quitting)."""

    def __init__(
        self,
        view: FlowView,
        panes: Panes,
        take_out: TakeOutHistoryFlow,
        tickets: InstanceTickets,
        note_taken: Callable[[Sequence[HistoryEntry]], None],
    ) -> None:
        """Build the flow; `note_taken` records that the note about these rows was taken."""
        self._view, self._panes, self._take_out, self._tickets = view, panes, take_out, tickets
        self._note_taken = note_taken
        self.progress: BatchProgress | None = None
        """How far the batch under way has come, or None without one."""

    def start(self) -> None:
        """Make a plan for everybody picked, with the ticket for the next link."""
        users = self._panes.users.picks.users
        self._plan(users, new_batch_id(utc_now()), _PICKED, self._tickets.next)

    def _plan(self, users: Sequence[User], batch_id: str, what: str, ticket: str) -> None:
        last = self._tickets.last
        box = PlanDialog(self._view.jobs.instance, users, what=what, ticket=ticket, last_ticket=last)
        answer = self._view.presenter.ask(box)
        answer.add_done_callback(self._stop_unless_confirmed)
        self._view.run("plan", partial(self._ask, box, answer, users, batch_id))

    def _stop_unless_confirmed(self, answer: "asyncio.Future[BatchConfirmed | None]") -> None:
        if answer.cancelled() or answer.result() is None:
            self._view.stop("plan")

    async def _ask(
        self,
        box: PlanDialog,
        answer: "asyncio.Future[BatchConfirmed | None]",
        users: Sequence[User],
        batch_id: str,
    ) -> None:
        jobs = self._view.jobs
        try:
            check = await jobs.batch_check(self._view.loaded_users())
            plan = await jobs.plan_batch(users, check, batch_id, box.show_progress)
        except (*JOB_ERRORS, OtherInstanceError) as error:
            box.call_later(box.show_trouble, error)
            return
        box.call_later(box.show_plan, plan, utc_now())
        confirmed = await answer
        if confirmed is not None:
            self._begin(confirmed, check)

    def _begin(self, confirmed: BatchConfirmed, check: Check) -> None:
        """Start the run, and show it."""
        plan, ticket, view = confirmed.plan, confirmed.ticket, self._view
        for person in plan.links:
            if person.user is not None:
                self._tickets.remember(person.user.id, ticket)
        run = view.jobs.batch_run(plan, check, ticket, view.config.batch)
        box = ProgressDialog(run)
        self.progress = BatchProgress(run)
        view.presenter.show(box)
        view.run_until_quit(partial(self._carry_out, run, box, ticket))

    async def _carry_out(self, run: BatchRun, box: ProgressDialog, ticket: str) -> None:
        def show(_: BatchRun) -> None:
            self._view.in_turn(box.show_run)

        report = await run.run(show)
        self._view.in_turn(self._finish, report, box, ticket)

    def _finish(self, report: BatchReport, box: ProgressDialog, ticket: str) -> None:
        """Show the report. If the lock has closed the screen of the run, it only stays in the history."""
        if self.progress is not None:
            self.progress.has_ended = True
        self.progress = None
        users, again = self._panes.users, {one.id for one in _users_of(not_asked(report))}
        planned = (one.user.id for one in report.plan.people if one.user is not None)
        users.picks.discard(user_id for user_id in planned if user_id not in again)
        users.show_picks()
        self._view.show_history()
        if box.is_attached:
            box.leave_at_end()
            self._show_report(report, ticket)

    def _show_report(self, report: BatchReport, ticket: str) -> None:
        def act(action: ReportAction) -> None:
            if action is ReportAction.NOTE:
                self._show_note(report, ticket)
            else:
                self._take_out.choose_format_for(
                    [one.entry for one in report.results if one.entry is not None]
                )

        def closed(answer: ReportAction | None) -> None:
            if answer is ReportAction.CONTINUE:
                self._plan(_users_of(not_asked(report)), report.plan.id, _NOT_ASKED, ticket)

        self._view.presenter.show(ReportDialog(report, act), closed)

    def _show_note(self, report: BatchReport, ticket: str) -> None:
        def note(masked: bool) -> str:  # noqa: FBT001 - as the dialog calls it
            return render_batch_note(report, not_asked(report), mask_address=masked)

        title = f"Note for {ticket or 'the ticket'}"
        entries = [one.entry for one in report.results if one.entry is not None]
        taken = partial(self._note_taken, entries)
        self._view.presenter.show(NoteDialog(title, note, None, self._view.config, on_taken=taken))


def _users_of(results: Iterable[PersonResult]) -> list[User]:
    return [one.person.user for one in results if one.person.user is not None]
