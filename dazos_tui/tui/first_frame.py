"""The frame before the app's first: a filter and the remembered list, while Textual is being imported.

It needs neither Textual nor colours. What is typed is searched for here, and handed to the app, which draws
over it, in the same places. Nothing is known here that the config's check might not refuse later.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import FrameType

from dazos_tui.config.peek import InstancePeek
from dazos_tui.crm.models import Status, User
from dazos_tui.directory.remembered_users import RememberedList
from dazos_tui.text.cells import cell_width, pad_cells, truncate_cells
from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.early_keys import EarlyKeys
from dazos_tui.tui.layout import MEDIUM, SHORT_ROWS, WIDE, is_too_small
from dazos_tui.tui.list_columns import LAST_LINK_COLUMN, MARKS, MATCH_STYLE, columns_for

ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
"""Sequences that switch to the alternate screen and back (xterm's control sequences)."""

_BOLD, _DIM, _REVERSE, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[7m", "\x1b[0m"
_MOST_ROWS = 300

PLACEHOLDER = "Type a name or an e-mail"
"""What is in the filter while it is empty."""


class FirstFrame:
    """Draws the frame on the terminal of stderr, as the app does. `is_shown` until the app takes over."""

    def __init__(self) -> None:
        self.is_shown = False
        self._error: Exception | None = None
        self._keys = EarlyKeys()

    @property
    def errors(self) -> list[Exception]:
        """Return what went wrong: the frame begins before the log."""
        return [error for error in (self._error, self._keys.error) if error is not None]

    def show(self, instance: InstancePeek | None, remembered: RememberedList | None, search: str) -> None:
        """Draw who matches `search`, unless the terminal is too small for the app. Never raises."""
        try:
            columns, rows = os.get_terminal_size(sys.__stderr__.fileno() if sys.__stderr__ else 2)
        except (OSError, ValueError):
            return
        if is_too_small(columns, rows):
            return

        def draw(typed: str) -> str:
            lines = frame_lines(instance, remembered, typed, columns, rows)
            drawn = "\r\n".join(lines)
            return f"\x1b[H\x1b[2J{drawn}{_filter_line(typed, columns, rows)}"

        try:
            drawn = draw(search)
        except Exception as error:  # noqa: BLE001 - the app starts without a frame, too
            self._error = error
            return
        # Until the app handles it, the signal would leave the terminal on this screen.
        signal.signal(signal.SIGTERM, self._end)
        # Before it is written: the user may interrupt at any time.
        self.is_shown = True
        self._keys.silence()
        self._write(f"{ENTER_SCREEN}{drawn}")
        self._keys.begin(search, lambda typed: self._write(draw(typed)))

    def remove(self) -> None:
        """Give the screen back, unless the app has taken over."""
        if self.take_over() is not None:
            self._write(LEAVE_SCREEN)

    def take_over(self) -> bytes | None:
        """Return what was typed, if the frame is on the screen, which is the app's from now on; else None."""
        was_shown, self.is_shown = self.is_shown, False
        typed = self._keys.end()
        return typed if was_shown else None

    def _end(self, number: int, _: FrameType | None) -> None:
        self.remove()
        os._exit(128 + number)

    def _write(self, text: str) -> None:
        try:
            if sys.__stderr__ is not None:
                sys.__stderr__.write(text)
                sys.__stderr__.flush()
        except (OSError, ValueError):
            # The app finds out, and says so.
            self.is_shown = False


FIRST_FRAME = FirstFrame()
"""The frame of this process."""


def is_low(columns: int, rows: int) -> bool:
    """Return whether the list has no title line, as in `styles/app.tcss`."""
    return columns < MEDIUM or (columns < WIDE and rows < SHORT_ROWS)


def frame_lines(
    instance: InstancePeek | None, remembered: RememberedList | None, search: str, columns: int, rows: int
) -> Iterator[str]:
    """Yield the lines of the frame: the instance, the filter, and as many people as fit."""
    side = _side(columns)
    head = [f" {_BOLD}{_named(instance)} starting …"]
    if not is_low(columns, rows):
        head.append(f"╭─ Users {'─' * (columns - 10)}╮" if side else f"── Users {'─' * (columns - 9)}")
    typed, count = _typed(search, columns), ""
    matches: Sequence[User] = ()
    if remembered is not None:
        directory = remembered.directory_for(search, _MOST_ROWS)
        found = directory.search(search)
        more = "+" if not remembered.is_indexed and len(directory) >= _MOST_ROWS else ""
        count = f"as of {_time(remembered.read_at)}"
        count += f" · {found.exact_count:,}{more} match" if search else ""
        matches = found[: min(found.exact_count, rows - len(head) - 2 - len(side))]
    width = columns - 2 * len(side)
    head.append(f"{side}{typed}{' ' * (width - cell_width(typed) - len(count) - 1)}{count} {side}")
    if columns >= MEDIUM:
        head.append(side)
    yield from head
    for user in matches:
        yield f"{side}{_row(user, columns_for(width - 1, columns))}"


def _named(instance: InstancePeek | None) -> str:
    if instance is None:
        return f"dazos-tui{_PLAIN} ·"
    return f"{safe_text(instance.name)} {_REVERSE} {safe_text(instance.environment).upper()} {_PLAIN}"


def _filter_line(typed: str, columns: int, rows: int) -> str:
    """Return what draws the text of the filter, with the cursor behind it."""
    row, column = 2 if is_low(columns, rows) else 3, 1 + len(_side(columns))
    shown = _typed(typed or PLACEHOLDER, columns)
    looks = shown if typed else f"{_DIM}{shown}{_PLAIN}"
    rest = " " * (_filter_room(columns) - cell_width(shown))
    behind = column + cell_width(_typed(typed, columns))
    return f"\x1b[{row};{column}H{looks}{rest}\x1b[{row};{behind}H"


def _side(columns: int) -> str:
    """Return the edge of the list's frame, where there is room for one."""
    return "│" if columns >= WIDE else ""


def _typed(search: str, columns: int) -> str:
    """Return the text of the filter as it is shown, from the frame's edge."""
    return truncate_cells(f" {safe_text(search)}", _filter_room(columns))


def _filter_room(columns: int) -> int:
    return (columns - 2 * len(_side(columns))) * 9 // 20


def _row(user: User, columns: Sequence[tuple[str, int]]) -> str:
    mark = f" {MARKS[user.status.value]} "
    cells = [pad_cells(mark, MATCH_STYLE)]
    for field, width in columns:
        text = "" if field == LAST_LINK_COLUMN else str(getattr(user, field)) or "—"
        if field == LAST_LINK_COLUMN and user.status is Status.INACTIVE:
            text = "inactive"
        shown = pad_cells(truncate_cells(text, width), width + 1)
        cells.append(shown if field == "name" else f"{_DIM}{shown}{_PLAIN}")
    return "".join(cells).rstrip()


def _time(moment: datetime) -> str:
    local = moment.astimezone()
    return (
        local.strftime("%H:%M") if local.date() == datetime.now().astimezone().date() else f"{local:%Y-%m-%d}"
    )
