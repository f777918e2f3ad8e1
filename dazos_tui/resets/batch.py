"""Carrying out a batch: one link after another, with a rate limit, pause and cancel.

Its state is in the history and nowhere else: each row has the batch's id.
"""

import asyncio
import os
from asyncio import to_thread
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.models import Instance
from dazos_tui.crm.errors import CrmError, SignedOutError, SignInError
from dazos_tui.crm.models import User
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.accounts import account_of
from dazos_tui.resets.batch_plan import BatchPlan, Check, PlannedPerson, PlanVerdict, done_person
from dazos_tui.resets.batch_report import WENT_OUT, BatchReport, PersonResult, StopReason, build_report
from dazos_tui.resets.findings import SENT_MEANWHILE
from dazos_tui.resets.service import (
    UNKNOWN_OUTCOME_ADVICE,
    PreparedReset,
    ResetBlockedError,
    ResetResult,
    ResetService,
)
from dazos_tui.secrets import SecretError
from dazos_tui.system.event_log import log

_INTERRUPTED = "Interrupted while the link was being requested: it may have been sent."
_INTERRUPTED_BEFORE = "Interrupted before anything was sent."
_SECONDS_PER_MINUTE = 60


DEFAULT_LIMITS = BatchTable()


class OtherInstanceError(Exception):
    """A batch that was begun in another instance would be continued in this one."""

    advice = "Continue it in the instance it was begun in, or begin a new batch."


def new_batch_id(now: datetime) -> str:
    """Return the id of a batch that is no file, or begins again: its time, and a random part."""
    return f"{now:%Y%m%d-%H%M}-{os.urandom(2).hex()}"


def batch_state(store: HistoryStore, batch_id: str, instance: Instance) -> dict[str, HistoryEntry]:
    """Return by record id who got a link in a batch, or may have: they are not asked for again.

    Raises OtherInstanceError if the batch has rows of another instance; HistoryError also if the history's
    server cannot be reached, since then nobody knows who has a link already.
    """
    store.require_complete()
    entries = store.entries_of_batch(batch_id)
    for entry in entries:
        if entry.request.server != instance.server:
            raise OtherInstanceError(
                f"Batch {batch_id} was begun in {entry.request.instance}, not in {instance.name}."
            )
    return {entry.request.user_id: entry for entry in entries if entry.outcome in WENT_OUT}


class _StopError(Exception):
    """Ends a run, for this reason."""

    def __init__(self, reason: StopReason, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.advice = advice


class BatchRun:
    """One run of a batch. `pause`, `resume` and `cancel` are called in the event loop of `run`."""

    def __init__(  # noqa: PLR0913 - one argument for each thing it needs
        self,
        plan: BatchPlan,
        service: ResetService,
        store: HistoryStore,
        check: Check,
        *,
        ticket: str = "",
        limits: BatchTable = DEFAULT_LIMITS,
    ) -> None:
        """Build the run of a plan. `check` reads each person's profile afresh, before the send."""
        self.plan = plan
        self.results: dict[int, PersonResult] = {}
        """What became of those who were to get a link, so far, by their place in the plan."""
        self.current: PlannedPerson | None = None
        """Whose turn it is; None between two."""
        self.is_paused = False
        self.is_stopping = False
        self._service, self._store, self._check = service, store, check
        self._ticket, self._limits = ticket, limits
        self._changed = asyncio.Event()
        self._next_turn_at = 0.0
        self._failures_in_a_row = 0
        self._requesting_at: int | None = None

    @property
    def total(self) -> int:
        """Return how many people are to get a link."""
        return self.plan.count(PlanVerdict.LINK)

    def count(self, outcome: Outcome) -> int:
        """Return how many people have this outcome so far."""
        return sum(result.outcome is outcome for result in self.results.values())

    @property
    def seconds_left(self) -> int:
        """Return how long the rest takes at least, because of the rate limit."""
        return (self.total - len(self.results)) * _SECONDS_PER_MINUTE // self._limits.links_per_minute

    def pause(self) -> None:
        """Pause after the one under way."""
        self.is_paused = True
        self._changed.set()

    def resume(self) -> None:
        """Continue after a pause."""
        self.is_paused = False
        self._changed.set()

    def cancel(self) -> None:
        """Stop after the one under way."""
        self.is_stopping = True
        self._changed.set()

    async def run(self, on_change: Callable[["BatchRun"], object] = lambda run: None) -> BatchReport:
        """Ask for one link after another; return what became of everybody.

        `on_change` is called whenever whose turn it is or `results` changed. Stops by itself at the first
        unknown outcome, after several failures in a row, if the session cannot be renewed, and if the history
        fails; no CrmError or HistoryError is raised. Cancelling the task stops at once, and `interrupted`
        then says what became of everybody.
        """
        log("batch", count=self.total)
        try:
            for at, person in enumerate(self.plan.people):
                if person.verdict is PlanVerdict.LINK and person.user is not None:
                    await self._wait_for_turn()
                    self.current = person
                    on_change(self)
                    result = await self._ask_for(at, person, person.user)
                    self.results[at], self._requesting_at, self.current = result, None, None
                    on_change(self)
                    self._require_success(result)
        except _StopError as stop:
            log(f"batch stopped: {stop.reason}", count=len(self.results))
            self.current = None
            report = build_report(self.plan, self.results)
            return replace(report, stopped=stop.reason, message=str(stop), advice=stop.advice)
        return build_report(self.plan, self.results)

    async def interrupted(self) -> BatchReport:
        """Return what became of everybody after `run` was cancelled.

        Whose link was under way has the outcome of its row: *unknown* while that has none, *not sent* without
        a row, since what is not in the history has not left.
        """
        at, results = self._requesting_at, dict(self.results)
        if at is not None:
            results[at] = _interrupted_result(self.plan.people[at], await self._service.read_begun())
        report = build_report(self.plan, results)
        return replace(report, stopped=StopReason.INTERRUPTED, message="You interrupted the batch.")

    async def _wait_for_turn(self) -> None:
        """Wait as the rate limit says, and while paused. Raises _StopError if the user stops the batch."""
        loop = asyncio.get_running_loop()
        while not self.is_stopping:
            seconds = self._next_turn_at - loop.time()
            if not self.is_paused and seconds <= 0:
                self._next_turn_at = loop.time() + _SECONDS_PER_MINUTE / self._limits.links_per_minute
                return
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), None if self.is_paused else seconds)
        raise _StopError(StopReason.CANCELLED, "You stopped the batch.")

    async def _ask_for(self, at: int, person: PlannedPerson, user: User) -> PersonResult:
        """Return what became of one person. Raises _StopError if the history fails: nothing was requested."""
        try:
            prepared = await self._check(user)
            if done := await self._done_by_other(person, prepared):
                return done
            if stopping := prepared.unresolved(person.allowed):
                verdict = PlanVerdict.SKIPPED if prepared.blockers else PlanVerdict.STOPPED
                reason = " ".join(finding.message for finding in stopping)
                return _not_asked(replace(person, findings=prepared.findings), verdict, reason)
            if self.is_stopping:
                raise _StopError(StopReason.CANCELLED, "You stopped the batch.")
            self._requesting_at = at
            return await self._send(person, prepared)
        except (CrmError, SecretError) as error:
            return PersonResult(person, Outcome.NOT_SENT, str(error), None, error.advice, error)
        except HistoryError as error:
            self._requesting_at = None
            advice = f"Nothing was requested for {person.wanted.text}. {error.advice}"
            raise _StopError(StopReason.HISTORY, str(error), advice) from None

    async def _send(self, person: PlannedPerson, prepared: PreparedReset) -> PersonResult:
        # The profile and the history were read just now: a reset since then is another process's, perhaps of
        # the same batch, and no override is meant for that.
        allowed = person.allowed - {SENT_MEANWHILE}
        try:
            result = await self._service.send(
                prepared, ticket=self._ticket, allowed=allowed, batch=self.plan.id
            )
        except ResetBlockedError as error:
            done = await self._done_by_other(person, prepared)
            return done or _not_asked(person, PlanVerdict.STOPPED, str(error))
        return _result_of(person, result)

    async def _done_by_other(self, person: PlannedPerson, prepared: PreparedReset) -> PersonResult | None:
        """Return the result of somebody for whom this batch, in another process, asked already."""
        user = prepared.profile.user
        account = account_of(prepared.instance, user)
        entry = await to_thread(self._store.batch_entry, account, self.plan.id)
        if entry is None:
            return None
        done = done_person(person.wanted, user, entry)
        return PersonResult(done, entry.outcome, done.reason, entry)

    def _require_success(self, result: PersonResult) -> None:
        """Raise _StopError if the batch must not continue after this result."""
        is_own = result.person.verdict is PlanVerdict.LINK
        if isinstance(result.error, HistoryError):
            raise _StopError(StopReason.HISTORY, str(result.error), result.advice)
        if is_own and result.outcome is Outcome.UNKNOWN:
            raise _StopError(StopReason.UNKNOWN_OUTCOME, result.message, result.advice)
        if isinstance(result.error, SignedOutError | SignInError | SecretError):
            raise _StopError(StopReason.SESSION, result.message, result.advice)
        if result.outcome is Outcome.SENT:
            self._failures_in_a_row = 0
        elif is_own:
            self._failures_in_a_row += 1
        if self._failures_in_a_row >= self._limits.stop_after_failures:
            words = f"{self._failures_in_a_row} in a row failed, the last one with: {result.message}"
            raise _StopError(StopReason.FAILURES, words, result.advice)


def _not_asked(person: PlannedPerson, verdict: PlanVerdict, reason: str) -> PersonResult:
    """Return the result of somebody whom a guard stopped only now."""
    return PersonResult(replace(person, verdict=verdict, reason=reason), Outcome.NOT_SENT, reason)


def _interrupted_result(person: PlannedPerson, row: HistoryEntry | None) -> PersonResult:
    """Return the result of somebody whose send was cancelled, and has this row."""
    if row is None:
        return PersonResult(person, Outcome.NOT_SENT, _INTERRUPTED_BEFORE)
    message = _INTERRUPTED if row.finished_at is None else row.message
    advice = UNKNOWN_OUTCOME_ADVICE if row.outcome is Outcome.UNKNOWN else ""
    return PersonResult(person, row.outcome, message, row, advice)


def _result_of(person: PlannedPerson, result: ResetResult) -> PersonResult:
    entry, error = result.entry, result.record_error or result.error
    advice = result.record_error.advice if result.record_error is not None else result.advice
    return PersonResult(person, entry.outcome, entry.message, entry, advice, error)
