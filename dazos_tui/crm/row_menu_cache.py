"""The menus that rows of the list showed lately, so that the list need not be asked for them again."""

from collections.abc import Iterable
from time import monotonic

from dazos_tui.crm.dialect import is_same_label
from dazos_tui.crm.models import MenuItem, MenuItemKind, UserRow

_MAX_AGE_SECONDS = 60.0
"""Seconds that a row's menu counts as read just now: whoever looks somebody up reads the profile next."""


class RowMenuCache:
    """What is known of the menus behind the rows' icons, by record id."""

    def __init__(self) -> None:
        self._menus: dict[str, tuple[float, tuple[MenuItem, ...]]] = {}
        self._locked: set[str] = set()

    def store(self, rows: Iterable[UserRow]) -> None:
        """Take note of rows that were read with their menus."""
        now = monotonic()
        self._menus = {one: seen for one, seen in self._menus.items() if now - seen[0] <= _MAX_AGE_SECONDS}
        for row in rows:
            self._menus[row.user.id] = now, row.menu
            self._set_locked(row.user.id, locked=_is_locked(row))

    def update_locked(self, rows: Iterable[UserRow]) -> None:
        """Take note of who is locked out, by rows that were read with their menus some time before."""
        for row in rows:
            self._set_locked(row.user.id, locked=_is_locked(row))

    def get_recent(self, user_id: str) -> tuple[MenuItem, ...] | None:
        """Return the menu of a row read within the last minute, None if there is none."""
        at, menu = self._menus.get(user_id, (0.0, ()))
        return menu if user_id in self._menus and monotonic() - at <= _MAX_AGE_SECONDS else None

    def was_locked(self, user_id: str) -> bool:
        """Return whether the row showed, when it was read last, that the login is locked."""
        return user_id in self._locked

    def discard(self, user_id: str) -> None:
        """Drop what is known of one person, as an action may have changed it."""
        self._menus.pop(user_id, None)
        self._locked.discard(user_id)

    def _set_locked(self, user_id: str, *, locked: bool) -> None:
        (self._locked.add if locked else self._locked.discard)(user_id)


def _is_locked(row: UserRow) -> bool:
    return any(item.kind is MenuItemKind.ENABLE_LOGIN for item in row.menu)


def merge_menus(more_menu: tuple[MenuItem, ...], row_menu: tuple[MenuItem, ...]) -> tuple[MenuItem, ...]:
    """Return the More menu's items, then those that only the row's menu has, or has with an address."""
    usable = [item for item in row_menu if item.href]
    kept = [item for item in more_menu if item.href or not _has_same_label(item, usable)]
    return (*kept, *(item for item in row_menu if not _has_same_label(item, kept)))


def _has_same_label(item: MenuItem, others: list[MenuItem]) -> bool:
    return any(is_same_label(item.label, other.label) for other in others)
