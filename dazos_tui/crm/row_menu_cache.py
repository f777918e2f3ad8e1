"""A cache of the menus of rows in the user list, so that the list is not requested again for them."""

from collections.abc import Iterable
from time import monotonic

from dazos_tui.crm.dialect import is_same_label
from dazos_tui.crm.models import MenuItem, MenuItemKind, UserRow

_MAX_AGE_SECONDS = 60.0
"""Seconds that a row's menu counts as recent: after a search, the profile is usually opened next."""


class RowMenuCache:
    """The menus behind the rows' icons, and who was locked, by record id."""

    def __init__(self) -> None:
        self._menus: dict[str, tuple[float, tuple[MenuItem, ...]]] = {}
        self._locked: set[str] = set()

    def store(self, rows: Iterable[UserRow]) -> None:
        """Store the menus of rows that were just read, and drop those that are too old."""
        now = monotonic()
        self._menus = {one: seen for one, seen in self._menus.items() if now - seen[0] <= _MAX_AGE_SECONDS}
        for row in rows:
            self._menus[row.user.id] = now, row.menu
            self._set_locked(row.user.id, locked=_is_locked(row))

    def update_locked(self, rows: Iterable[UserRow]) -> None:
        """Update who is locked, from rows with menus that may no longer be recent."""
        for row in rows:
            self._set_locked(row.user.id, locked=_is_locked(row))

    def get_recent(self, user_id: str) -> tuple[MenuItem, ...] | None:
        """Return the menu of a row read within the last minute, or None."""
        at, menu = self._menus.get(user_id, (0.0, ()))
        return menu if user_id in self._menus and monotonic() - at <= _MAX_AGE_SECONDS else None

    def was_locked(self, user_id: str) -> bool:
        """Return whether the row showed a locked login when it was last read."""
        return user_id in self._locked

    def discard(self, user_id: str) -> None:
        """Drop what is known about one user, since an action may have changed it."""
        self._menus.pop(user_id, None)
        self._locked.discard(user_id)

    def _set_locked(self, user_id: str, *, locked: bool) -> None:
        (self._locked.add if locked else self._locked.discard)(user_id)


def _is_locked(row: UserRow) -> bool:
    return any(item.kind is MenuItemKind.ENABLE_LOGIN for item in row.menu)


def merge_menus(more_menu: tuple[MenuItem, ...], row_menu: tuple[MenuItem, ...]) -> tuple[MenuItem, ...]:
    """Return the More menu's items, then those that only the row menu has, or has a URL for."""
    usable = [item for item in row_menu if item.href]
    kept = [item for item in more_menu if item.href or not _has_same_label(item, usable)]
    return (*kept, *(item for item in row_menu if not _has_same_label(item, kept)))


def _has_same_label(item: MenuItem, others: list[MenuItem]) -> bool:
    return any(is_same_label(item.label, other.label) for other in others)
