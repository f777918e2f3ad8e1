"""What became of the people of a batch."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.resets.batch_plan import BatchPlan, PlannedPerson, PlanVerdict

WENT_OUT = frozenset({Outcome.SENT, Outcome.UNKNOWN})
"""Outcomes after which nobody is asked for again in the same batch."""

NOT_ASKED = "Not requested: the batch ended before."
_ORDER = (Outcome.UNKNOWN, Outcome.REFUSED, Outcome.NOT_SENT, Outcome.SENT)


class StopReason(StrEnum):
    """Why a batch ended before everybody was asked for. Scripts rely on these words."""

    CANCELLED = "cancelled"
    """The user stopped it after the one under way."""
    INTERRUPTED = "interrupted"
    """It was ended at once: whose link was being requested is *unknown*, unless its outcome is known."""
    UNKNOWN_OUTCOME = "unknown"
    """It is not known whether the last link was sent."""
    FAILURES = "failures"
    """Several in a row were refused or not sent."""
    SESSION = "session"
    """The session ended and could not be renewed."""
    HISTORY = "history"
    """The history could not be read or written."""


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What became of one person of a plan.

    `entry` is the row in the history; None if nothing was requested, with the reason in `message`. `error` is
    the error behind it, if there was one.
    """

    person: PlannedPerson
    outcome: Outcome
    message: str
    entry: HistoryEntry | None = None
    advice: str = ""
    error: Exception | None = None

    @property
    def was_asked(self) -> bool:
        """Return whether the CRM was asked for the link, or may have been."""
        return self.entry is not None or self.outcome in WENT_OUT


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of everybody in a plan, in its order.

    `stopped` is None if everybody who was to get a link was asked for; else `message` and `advice` say more.
    """

    plan: BatchPlan
    results: tuple[PersonResult, ...]
    stopped: StopReason | None = None
    message: str = ""
    advice: str = ""

    def count(self, outcome: Outcome) -> int:
        """Return how many people have this outcome. People left out are *not sent*."""
        return Counter(result.outcome for result in self.results)[outcome]

    @property
    def unsent(self) -> tuple[PersonResult, ...]:
        """Return who was to get a link and provably did not: the same batch again continues with them."""
        return tuple(
            result
            for planned, result in zip(self.plan.people, self.results, strict=True)
            if planned.verdict is PlanVerdict.LINK and result.outcome not in WENT_OUT
        )

    @property
    def failures_first(self) -> tuple[PersonResult, ...]:
        """Return the results: first unknown, then refused, not sent, and sent."""
        return tuple(sorted(self.results, key=lambda result: _ORDER.index(result.outcome)))


def build_report(
    plan: BatchPlan, results: Mapping[int, PersonResult], not_asked: str = NOT_ASKED
) -> BatchReport:
    """Return the report of a run whose `results` are by the person's place in the plan.

    `not_asked` is what is said about the others who were to get a link.
    """
    every = (results.get(at) or _without_request(person, not_asked) for at, person in enumerate(plan.people))
    return BatchReport(plan, tuple(every))


def plan_report(plan: BatchPlan, not_asked: str) -> BatchReport:
    """Return the report of a plan that was not carried out; `not_asked` says why."""
    return build_report(plan, {}, not_asked)


def _without_request(person: PlannedPerson, not_asked: str) -> PersonResult:
    """Return the result of somebody who was not asked for in this run."""
    if person.entry is not None:
        return PersonResult(person, person.entry.outcome, person.reason, person.entry)
    message = not_asked if person.verdict is PlanVerdict.LINK else person.reason
    return PersonResult(person, Outcome.NOT_SENT, message)
