"""What the app starts with: its context, and a screen that accepts typing while the rest is loading."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.early_list import EarlyList
from dazos_tui.tui.layout import HORIZONTAL, VERTICAL
from dazos_tui.tui.ticket_memory import TicketMemory
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.start_pane import StartPane
from dazos_tui.tui.widgets.too_small import cover_while_too_small

if TYPE_CHECKING:
    from dazos_tui.config.models import Config
    from dazos_tui.crm.models import User
    from dazos_tui.directory.remembered_users import RememberedList
    from dazos_tui.history.store import HistoryStore


@dataclass(frozen=True, slots=True)
class AppContext:
    """What the app works with.

    `instance` is the one to open, `note` is shown below the instance picker, and `config_path` is the file
    that the config came from, or None. `demo` starts a demo CRM that the given stack stops; it is offered
    while there are no instances. `tickets` remembers the tickets of the links sent since the app started.
    Exported rows go to the folder `state_dir`.
    """

    config: "Config"
    store: "HistoryStore"
    instance: str | None = None
    note: str = ""
    config_path: Path | None = None
    demo: "Callable[[ExitStack], AppContext] | None" = None
    tickets: TicketMemory = field(default_factory=TicketMemory)
    state_dir: Path | None = None


Prepare = Callable[[], AppContext]
"""Loads the context. It is called in a thread; an error that it raises ends the app."""


class StartScreen(Screen[None]):
    """A filter, and below it the remembered list. What is typed here goes into the first instance's filter.

    `search` is in it from the start, as if it had been pasted; `early` reads the list, if there may be one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f10,ctrl+c,ctrl+q", "app.quit", "Quit"),
        # At once, and not by the field's own message: that may come only when another screen is in front.
        Binding("enter", "enter", "Open", show=False, priority=True),
    ]
    AUTO_FOCUS = "#filter"
    HORIZONTAL_BREAKPOINTS = HORIZONTAL
    VERTICAL_BREAKPOINTS = VERTICAL

    _submitted = ""
    """The filter's text when Enter was pressed."""

    def __init__(self, search: str = "", early: EarlyList | None = None) -> None:
        super().__init__()
        self.search = query_from_pasted(search)
        self._early = early
        self._waits_for = "starting …"

    def compose(self) -> ComposeResult:
        """Lay out the top bar, and the filter and the list in their final places."""
        yield Static(self._bar_text, id="bar", markup=False)
        frame = StartPane(self.search, self._early, self._show_bar, id="users-pane")
        frame.show_focus(here=True)
        yield frame

    def on_mount(self) -> None:
        """Cover the screen while the terminal is too small."""
        cover_while_too_small(self)

    def show_status(self, words: str) -> None:
        """Show what the start is waiting for."""
        self._waits_for = words
        self._show_bar()

    def _show_bar(self) -> None:
        self.query_one("#bar", Static).update(self._bar_text)

    @property
    def _bar_text(self) -> str:
        """Return the instance of the list that is shown, if any, and what the start is waiting for."""
        peek = self._early.first(0)[0] if self._early is not None else None
        name = "dazos-tui" if peek is None else f"{peek.name} {peek.environment.upper()}"
        return f" {safe_text(name)} · {self._waits_for}"

    @property
    def remembered(self) -> "RememberedList | None":
        """Return the list that is shown, if there is one."""
        return self.query_one(StartPane).remembered

    def forget_list(self) -> None:
        """Let the list go, once another screen is shown: it takes as much memory as the one that is read."""
        if self._early is not None:
            self._early.forget()

    @property
    def chosen(self) -> "User | None":
        """Return the person that the user moved the cursor to, if any."""
        return self.query_one(StartPane).chosen

    def action_move_in_list(self, how: str, by: int) -> None:
        """Move the cursor in the list while the focus stays in the filter."""
        self.query_one(StartPane).move(how, by)

    @property
    def typed(self) -> str:
        """Return what was typed so far."""
        return self.query_one(FilterInput).value

    def action_enter(self) -> None:
        """Remember the filter's text at the time Enter was pressed."""
        self._submitted = self.typed

    @property
    def has_submitted(self) -> bool:
        """Return whether Enter was pressed after the text was typed, with no change since."""
        return bool(self.typed) and self._submitted == self.typed

    def show_ready(self) -> None:
        """Show that everything is loaded."""
        self.query_one("#bar", Static).update(" dazos-tui")
