"""The people picked in a list, for a batch."""

from collections.abc import Iterable, Sequence

from dazos_tui.crm.models import User

_MAX_COUNTED = 1_000
"""Most people that are looked at to count the picked ones among them, so that a letter stays fast."""


class Picks:
    """The picked people of one instance, each as they were when picked, in that order.

    They are known by their record ids, so they outlast a filter, an order and a new reading of the list. They
    end with the screen of the instance: the idle lock and quitting drop them.
    """

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def __len__(self) -> int:
        return len(self._users)

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._users

    @property
    def users(self) -> Sequence[User]:
        """Return the picked people."""
        return tuple(self._users.values())

    def toggle(self, user: User) -> None:
        """Pick a person, or unpick them."""
        if self._users.pop(user.id, None) is None:
            self._users[user.id] = user

    def add(self, users: Iterable[User]) -> None:
        """Pick these people too."""
        for user in users:
            self._users.setdefault(user.id, user)

    def discard(self, user_ids: Iterable[str]) -> None:
        """Unpick these people, if they are picked."""
        for user_id in user_ids:
            self._users.pop(user_id, None)

    def clear(self) -> None:
        """Unpick everybody."""
        self._users.clear()

    def count_among(self, found: Sequence[User]) -> int | None:
        """Return how many of these people are picked; None if they are too many to look at."""
        if len(found) > _MAX_COUNTED:
            return None
        return sum(user.id in self._users for user in found)
