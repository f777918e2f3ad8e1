"""Who is active and who is not, from two lists that may or may not overlap.

As seen on vtiger 8.0 and 8.2 servers, the usual list shows the active people, or everybody, as its owner
chose, and a second list the inactive ones. Nothing says which of the two it is, so it is found out: a Status
column decides where there is one; else whoever is in the second list is inactive, and all others are active
once that list was read whole, or once the usual list has no room left for anybody of it. Where the second
list shows all of the first, the server shows the same to whatever it is asked, and nothing is known.
"""

from collections.abc import Iterable
from dataclasses import replace

from dazos_tui.crm.models import Status, User, UserRow


class StatusResolver:
    """What is known so far of everybody's status. No I/O: tell it what came, then ask."""

    def __init__(self) -> None:
        self._known: dict[str, Status] = {}
        self._usual: set[str] = set()
        self._inactive: set[str] = set()
        self._both: set[str] = set()
        self.usual_list_size: int | None = None
        """How many people the usual list announces in all, None while that is not known."""
        self.is_inactive_list_complete = False
        """Whether the second list was read to its end, without a gap."""

    def add_known(self, users: Iterable[User]) -> None:
        """Believe the status that these people come with, as the access-key API's or a Status column's."""
        self._known |= {user.id: user.status for user in users}

    def add_listed(self, listing: Status, users: Iterable[User]) -> None:
        """Take in people of the usual list (ACTIVE) or of the second one (INACTIVE), as a page shows them.

        In the second list, INACTIVE is what the list says, and no more than that.
        """
        usual = listing is Status.ACTIVE
        here, there = (self._usual, self._inactive) if usual else (self._inactive, self._usual)
        for user in users:
            here.add(user.id)
            if user.id in there:
                self._both.add(user.id)
            if user.status is Status.ACTIVE or (usual and user.status is Status.INACTIVE):
                self._known[user.id] = user.status

    @property
    def has_overlap(self) -> bool:
        """Return whether somebody is in both lists: the usual one then shows everybody."""
        return bool(self._both)

    @property
    def decision_basis(self) -> tuple[bool, bool]:
        """Return what decides about those of whom nothing was told; while it stays, so do they.

        That is whether the two lists may be the same one, and whether those who are not in the second list
        are active.
        """
        same = bool(self._usual) and len(self._both) == len(self._usual)
        # In a list of everybody, somebody known to be inactive would have been seen by now: there are fewer
        # places left than inactive people.
        expected, read = self.usual_list_size, len(self._usual)
        apart = expected is not None and expected - read < len(self._inactive) and not self.has_overlap
        return same, self.is_inactive_list_complete or apart

    def resolve(self, users: Iterable[User]) -> tuple[User, ...]:
        """Return these people, each with the status that is known by now."""
        doubt, rest = self.decision_basis
        return tuple(self._with_status(user, doubt=doubt, rest=rest) for user in users)

    def _with_status(self, user: User, *, doubt: bool, rest: bool) -> User:
        status = self._known.get(user.id)
        if status is None:
            if doubt:
                status = Status.UNKNOWN
            elif user.id in self._inactive:
                status = Status.INACTIVE
            else:
                status = Status.ACTIVE if rest else Status.UNKNOWN
        return user if user.status is status else replace(user, status=status)


def merge_search_results(
    usual: Iterable[UserRow], inactive: Iterable[UserRow], *, is_complete: bool
) -> tuple[UserRow, ...]:
    """Return what one search found in both lists, each person once; `whole` if the second answer was.

    Somebody found in both may be one whom a server shows to whatever it is asked: the status is known then
    only if others were found in the usual list alone.
    """
    usual, inactive = list(usual), list(inactive)
    statuses = StatusResolver()
    statuses.add_listed(Status.ACTIVE, (row.user for row in usual))
    statuses.add_listed(Status.INACTIVE, (row.user for row in inactive))
    statuses.is_inactive_list_complete = is_complete
    mine = {row.user.id for row in usual}
    rows = [*usual, *(row for row in inactive if row.user.id not in mine)]
    people = statuses.resolve(row.user for row in rows)
    return tuple(replace(row, user=user) for row, user in zip(rows, people, strict=True))
