"""The first thing that is seen: a screen that takes letters while all else is still being loaded."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from dazos_tui.tui.layout import HORIZONTAL, VERTICAL
from dazos_tui.tui.ticket_memory import TicketMemory
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.titled_pane import TitledPane
from dazos_tui.tui.widgets.too_small import cover_while_too_small

if TYPE_CHECKING:
    from dazos_tui.config.models import Config
    from dazos_tui.history.store import HistoryStore


@dataclass(frozen=True, slots=True)
class AppContext:
    """What the app works with.

    `instance` is the one to open, `note` stands below the choice of instances, and `config_path` is the file
    that the config came from, None if from none. `demo` starts a demo CRM, which its stack stops, for whom
    nothing is configured yet. `tickets` are those of the links sent since the app began.
    """

    config: "Config"
    store: "HistoryStore"
    instance: str | None = None
    note: str = ""
    config_path: Path | None = None
    demo: "Callable[[ExitStack], AppContext] | None" = None
    tickets: TicketMemory = field(default_factory=TicketMemory)


Prepare = Callable[[], AppContext]
"""Loads what the app works with. It is called in a thread, and what it raises ends the app."""


class StartScreen(Screen[None]):
    """A filter and nothing to filter yet. What is typed here, the first instance opened begins with."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f10,ctrl+c,ctrl+q", "app.quit", "Quit")]
    AUTO_FOCUS = "#filter"
    HORIZONTAL_BREAKPOINTS = HORIZONTAL
    VERTICAL_BREAKPOINTS = VERTICAL

    _entered = ""
    """What stood in the filter when Enter was pressed."""

    def compose(self) -> ComposeResult:
        """Lay out the line at the top, and the filter where it will stay."""
        yield Static(" dazos-tui · starting …", id="bar", markup=False)
        frame = TitledPane("Users", Horizontal(FilterInput.for_user_list(), id="filter-row"), id="users-pane")
        frame.show_focus(here=True)
        yield frame

    def on_mount(self) -> None:
        """Have a terminal that is too small say so."""
        cover_while_too_small(self)

    @property
    def typed(self) -> str:
        """Return what was typed so far."""
        return self.query_one(FilterInput).value

    @on(FilterInput.Submitted)
    def _on_submitted(self, event: FilterInput.Submitted) -> None:
        self._entered = event.value

    @property
    def has_pressed_enter(self) -> bool:
        """Tell whether Enter was pressed after what was typed, and nothing since."""
        return bool(self.typed) and self._entered == self.typed

    def show_ready(self) -> None:
        """Say that all is loaded."""
        self.query_one("#bar", Static).update(" dazos-tui")
