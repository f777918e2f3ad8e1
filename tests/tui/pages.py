"""Page objects: parts of the app as a user sees and uses them."""

from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Self

from rich.segment import Segment
from textual.strip import Strip

from dazos_tui.tui.widgets.history_list import HistoryList
from dazos_tui.tui.widgets.history_view import HistoryView
from dazos_tui.tui.widgets.user_list import UserList

if TYPE_CHECKING:
    from tests.tui.app_driver import Desk


class ConfirmBox:
    """The dialog that asks before the CRM does something.

    It opens when it is awaited, or with the first use: ``await desk.ask_to_send("garcia").confirm()``.
    """

    def __init__(self, desk: "Desk", ask: Callable[[], Awaitable[None]]) -> None:
        """Build the page; `ask` makes the app open the dialog."""
        self._desk, self._ask = desk, ask
        self._is_open = False

    def __await__(self) -> Generator[object, None, Self]:
        return self._open().__await__()

    async def _open(self) -> Self:
        if not self._is_open:
            self._is_open = True
            await self._ask()
            await self._desk.until(
                lambda: bool(self.text) and "Reading the profile" not in self.text, "nothing is asked"
            )
        return self

    @property
    def text(self) -> str:
        """Return what the dialog shows, as lines of plain text; empty while it is not on top."""
        return self._desk.box

    @property
    def keys(self) -> str:
        """Return the last row, with the keys."""
        return self._desk.frame[-1]

    @property
    def is_sending(self) -> bool:
        """Return whether a confirmation was accepted."""
        return "Sending …" in self.text

    async def shows(self, *words: str) -> Self:
        """Wait until the dialog shows all these words."""
        await self._open()
        await self._desk.asked(*words)
        return self

    async def type_ticket(self, ticket: str) -> Self:
        """Type a ticket, and go back to the keys."""
        await self._open()
        await self._desk.armed()
        await self._desk.press("t")
        await self._desk.type(ticket)
        await self._desk.press("enter")
        return self

    async def confirm(self) -> None:
        """Press ``y`` once it counts, and see the dialog close."""
        await self._open()
        await self._desk.confirm()

    async def confirm_despite_warnings(self) -> None:
        """Read one warning after the other, press ``A``, and see the dialog close."""
        await self._open()
        await self._desk.confirm_despite_warnings()

    async def cancel(self) -> None:
        """Press Escape, and see the dialog close."""
        await self._open()
        await self._desk.press("escape")
        await self._desk.until(lambda: not self.text, "the dialog stays")


class UserListPage:
    """The list of people."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    @property
    def widget(self) -> UserList:
        """Return the list itself, for what only a click or a measure needs."""
        return self._desk.work.query_one(UserList)

    @property
    def strips(self) -> list[Strip]:
        """Return the visible rows with their styles."""
        return self._desk.crop(self.widget.content_region)

    @property
    def lines(self) -> list[str]:
        """Return the visible rows as plain text."""
        return [strip.text.rstrip("▐ ") for strip in self.strips]

    @property
    def cursor_line(self) -> str:
        """Return the row under the cursor, as it is shown; empty if it is out of sight."""
        row = self.widget.cursor - self.widget.top
        return self.lines[row] if 0 <= row < len(self.lines) else ""

    def highlighted(self, row: int) -> list[str]:
        """Return the parts of a visible row that match the filter."""
        return [segment.text for segment in self.strips[row] if _is_underlined(segment)]

    @property
    def names(self) -> list[str]:
        """Return the names of all rows, in the order shown."""
        return [user.name for user in self.widget.rows]


class HistoryPane:
    """The history of the instance."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    @property
    def lines(self) -> list[str]:
        """Return the visible rows as plain text."""
        widget = self._desk.work.query_one("#history", HistoryList)
        return [strip.text.rstrip("▐ ") for strip in self._desk.crop(widget.content_region)]

    async def shows(self, *words: str) -> None:
        """Wait until one row shows all these words."""
        holds = lambda: any(all(word in line for word in words) for line in self.lines)  # noqa: E731
        await self._desk.until(holds, f"the history never shows {words}")


class FullHistoryPage:
    """The whole history, in place of the panes."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    @property
    def widget(self) -> HistoryView:
        """Return the view itself, for what only a measure needs."""
        return self._desk.work.query_one(HistoryView)

    @property
    def is_shown(self) -> bool:
        """Return whether it is on the screen."""
        return any(view.display for view in self._desk.work.query(HistoryView))

    @property
    def lines(self) -> list[str]:
        """Return the visible lines of the table as plain text: headings of days, and rows."""
        region = self.widget.table.content_region
        return [line for strip in self._desk.crop(region) if (line := strip.text.rstrip("▐ "))]

    @property
    def rows(self) -> list[str]:
        """Return the visible rows as plain text, without headings."""
        return [line for line in self.lines if not line.startswith("──")]

    @property
    def names(self) -> list[str]:
        """Return the names of all loaded rows, in the order shown."""
        return [row.request.name for row in self.widget.table.rows if row is not None]

    @property
    def cursor_name(self) -> str:
        """Return the name of the person under the cursor; empty for an empty table."""
        entry = self.widget.entry
        return entry.request.name if entry is not None else ""

    @property
    def detail(self) -> str:
        """Return the course of the send under the cursor, with its title, as lines of plain text."""
        top = self.widget.query_one("#history-detail-title").region
        below = self.widget.query_one("#history-detail").region
        return "\n".join(strip.text.rstrip() for strip in self._desk.crop(top.union(below)))

    async def shows(self, *words: str) -> Self:
        """Wait until the table shows all these words, each in some line."""
        holds = lambda: self.is_shown and all(any(word in line for line in self.lines) for word in words)  # noqa: E731
        await self._desk.until(holds, f"the whole history never shows {words}")
        return self

    async def search(self, text: str) -> Self:
        """Type a search in place of the last one, and wait until its rows are shown."""
        await self._desk.press("/")
        self.widget.search_line.value = ""
        await self._desk.type(text)
        await self.up_to_date()
        return self

    async def up_to_date(self) -> None:
        """Wait until the rows are those that are searched for, and added up."""
        browse = self._desk.work._flows.browse
        await self._desk.until(lambda: not browse.is_working, "the search never ends")

    async def detail_shows(self, *words: str) -> None:
        """Wait until the detail shows all these words, however they are wrapped."""
        holds = lambda: all(word in " ".join(self.detail.split()) for word in words)  # noqa: E731
        await self._desk.until(holds, f"the detail never shows {words}")


def _is_underlined(segment: Segment) -> bool:
    return segment.style is not None and bool(segment.style.underline)
