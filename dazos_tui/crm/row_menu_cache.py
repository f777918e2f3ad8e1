"""The menus that rows of the list showed lately, so that the list need not be asked for them again."""

from collections.abc import Iterable
from time import monotonic

from dazos_tui.crm.dialect import same_label
from dazos_tui.crm.models import ItemKind, MenuItem, UserRow

_FRESH = 60.0
"""Seconds that a row's menu counts as read just now: whoever looks somebody up reads the profile next."""


class RowMenus:
    """What is known of the menus behind the rows' icons, by record id."""

    def __init__(self) -> None:
        self._menus: dict[str, tuple[float, tuple[MenuItem, ...]]] = {}
        self._locked: set[str] = set()

    def note(self, rows: Iterable[UserRow]) -> None:
        """Take note of rows that were read with their menus."""
        now = monotonic()
        self._menus = {one: seen for one, seen in self._menus.items() if now - seen[0] <= _FRESH}
        for row in rows:
            self._menus[row.user.id] = now, row.menu
            self._mark(row.user.id, locked=_is_locked(row))

    def note_locked(self, rows: Iterable[UserRow]) -> None:
        """Take note of who is locked out, by rows that were read with their menus some time before."""
        for row in rows:
            self._mark(row.user.id, locked=_is_locked(row))

    def fresh(self, user_id: str) -> tuple[MenuItem, ...] | None:
        """Return the menu of a row read within the last minute, None if there is none."""
        at, menu = self._menus.get(user_id, (0.0, ()))
        return menu if user_id in self._menus and monotonic() - at <= _FRESH else None

    def was_locked(self, user_id: str) -> bool:
        """Return whether the row showed, when it was read last, that the login is locked."""
        return user_id in self._locked

    def forget(self, user_id: str) -> None:
        """Drop what is known of one person, as an action may have changed it."""
        self._menus.pop(user_id, None)
        self._locked.discard(user_id)

    def _mark(self, user_id: str, *, locked: bool) -> None:
        (self._locked.add if locked else self._locked.discard)(user_id)


def _is_locked(row: UserRow) -> bool:
    return any(item.kind is ItemKind.ENABLE_LOGIN for item in row.menu)


def merged(more: tuple[MenuItem, ...], beside: tuple[MenuItem, ...]) -> tuple[MenuItem, ...]:
    """Return the More menu's items, then those that only the row's menu has, or has with an address."""
    usable = [item for item in beside if item.target]
    kept = [item for item in more if item.target or not _among(item, usable)]
    return (*kept, *(item for item in beside if not _among(item, kept)))


def _among(item: MenuItem, others: list[MenuItem]) -> bool:
    return any(same_label(item.label, other.label) for other in others)
