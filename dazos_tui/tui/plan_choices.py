"""Who of a plan gets a link, as the user chose: people left out, and people taken in despite warnings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dazos_tui.resets.batch_plan import BatchPlan, PlannedPerson, PlanVerdict

_ORDER = (
    PlanVerdict.STOPPED, PlanVerdict.AMBIGUOUS, PlanVerdict.UNKNOWN_PERSON, PlanVerdict.SKIPPED,
    PlanVerdict.DONE, PlanVerdict.REPEATED, PlanVerdict.LINK,
)  # fmt: skip
"""Links come last: of two hundred rows, the others are to be read."""


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """A plan and the choices on it. People are named by their place in the plan. It is immutable."""

    plan: BatchPlan
    left_out: frozenset[int] = frozenset()
    taken_in: frozenset[int] = frozenset()

    @property
    def places(self) -> Sequence[int]:
        """Return the places of all people in the order to show them, which no choice changes."""
        people = self.plan.people
        return sorted(range(len(people)), key=lambda place: _ORDER.index(people[place].verdict))

    @property
    def chosen(self) -> BatchPlan:
        """Return the plan with the choices made: what is carried out."""
        return self._with_taken_in.without(self._ids(self.left_out))

    @property
    def _with_taken_in(self) -> BatchPlan:
        return self.plan.with_stopped_taken_in(self._ids(self.taken_in))

    @property
    def people(self) -> Sequence[PlannedPerson]:
        """Return everybody, by place, also those left out."""
        return self._with_taken_in.people

    def _ids(self, places: frozenset[int]) -> frozenset[str]:
        users = (self.plan.people[place].user for place in places)
        return frozenset(user.id for user in users if user is not None)

    def toggled(self, place: int) -> "PlanChoices":
        """Return the choices with a person left out, or in again; who was taken in is stopped again."""
        if place in self.taken_in:
            return replace(self, taken_in=self.taken_in - {place})
        return replace(self, left_out=self.left_out ^ {place})

    def with_taken_in(self, place: int) -> "PlanChoices":
        """Return the choices with a person taken in despite a STOP; unchanged without one."""
        if self.plan.people[place].verdict is not PlanVerdict.STOPPED:
            return self
        return replace(self, taken_in=self.taken_in | {place}, left_out=self.left_out - {place})
