"""Which users are active, from two lists that may or may not overlap.

As seen on vtiger 8.0 and 8.2 servers, the default list shows the active users, or everybody, depending on the
view's owner, and a second list shows the inactive ones. Nothing says which of the two the default list is, so
it is derived:

- If there is a Status column, it decides.
- Otherwise users in the second list are inactive. All others are active once that list was read completely,
  or once the default list has too few unread places left to contain those inactive users.
- If the second list shows everybody of the first, the server ignores the filter, and nothing is known.
"""

from collections.abc import Iterable
from dataclasses import replace

from dazos_tui.crm.models import Status, User, UserRow


class StatusResolver:
    """What is known so far about each user's status. No I/O: add what was read, then call `resolve`."""

    def __init__(self) -> None:
        self._known: dict[str, Status] = {}
        self._default: set[str] = set()
        self._inactive: set[str] = set()
        self._both: set[str] = set()
        self.default_list_size: int | None = None
        """How many users the default list announces in all, None while that is not known."""
        self.is_inactive_list_complete = False
        """Whether the second list was read to its end without gaps."""

    def add_known(self, users: Iterable[User]) -> None:
        """Accept the status of these users as known, such as that from the access-key API."""
        self._known |= {user.id: user.status for user in users}

    def add_listed(self, listing: Status, users: Iterable[User]) -> None:
        """Add users of the default list (ACTIVE) or of the second one (INACTIVE), as a page shows them.

        In the second list, the status INACTIVE only repeats which list it is, and proves nothing.
        """
        is_default = listing is Status.ACTIVE
        this, other = (self._default, self._inactive) if is_default else (self._inactive, self._default)
        for user in users:
            this.add(user.id)
            if user.id in other:
                self._both.add(user.id)
            if user.status is Status.ACTIVE or (is_default and user.status is Status.INACTIVE):
                self._known[user.id] = user.status

    @property
    def has_overlap(self) -> bool:
        """Return whether anybody is in both lists: then the default one shows everybody."""
        return bool(self._both)

    @property
    def decision_basis(self) -> tuple[bool, bool]:
        """Return what decides the status of users without a known one; while it is unchanged, so is theirs.

        These are: whether the two lists may be the same one, and whether users who are not in the second list
        are active.
        """
        may_be_same = bool(self._default) and len(self._both) == len(self._default)
        # If the default list showed everybody, an inactive user would already have been seen in it: it has
        # fewer unread places left than there are inactive users.
        expected, read = self.default_list_size, len(self._default)
        are_disjoint = expected is not None and expected - read < len(self._inactive) and not self.has_overlap
        return may_be_same, self.is_inactive_list_complete or are_disjoint

    def resolve(self, users: Iterable[User]) -> tuple[User, ...]:
        """Return these users, each with the status known so far."""
        may_be_same, others_are_active = self.decision_basis
        return tuple(
            self._with_status(user, may_be_same=may_be_same, others_are_active=others_are_active)
            for user in users
        )

    def _with_status(self, user: User, *, may_be_same: bool, others_are_active: bool) -> User:
        status = self._known.get(user.id)
        if status is None:
            if may_be_same:
                status = Status.UNKNOWN
            elif user.id in self._inactive:
                status = Status.INACTIVE
            else:
                status = Status.ACTIVE if others_are_active else Status.UNKNOWN
        return user if user.status is status else replace(user, status=status)


def merge_search_results(
    default: Iterable[UserRow], inactive: Iterable[UserRow], *, is_complete: bool
) -> tuple[UserRow, ...]:
    """Return what one search found in both lists, each user once.

    `is_complete` is whether the result from the inactive list was complete. The server may ignore the filter
    and show the same users in both lists: the status of users found in both is known only if others were
    found in the default list but not in the inactive one.
    """
    default, inactive = list(default), list(inactive)
    statuses = StatusResolver()
    statuses.add_listed(Status.ACTIVE, (row.user for row in default))
    statuses.add_listed(Status.INACTIVE, (row.user for row in inactive))
    statuses.is_inactive_list_complete = is_complete
    default_ids = {row.user.id for row in default}
    rows = [*default, *(row for row in inactive if row.user.id not in default_ids)]
    users = statuses.resolve(row.user for row in rows)
    return tuple(replace(row, user=user) for row, user in zip(rows, users, strict=True))
