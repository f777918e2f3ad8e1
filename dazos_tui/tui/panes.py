"""The panes of a work screen: which are visible, which has the focus, and which user is meant there."""

from collections.abc import Callable

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui.layout import Pane, heights, visible_panes
from dazos_tui.tui.widgets.history_list import HistoryList
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.instance_bar import InstanceBar
from dazos_tui.tui.widgets.notice import Notice
from dazos_tui.tui.widgets.profile_panel import ProfilePanel
from dazos_tui.tui.widgets.titled_pane import TitledPane
from dazos_tui.tui.widgets.users_pane import UsersPane

_TAB_ORDER = ("filter", "users", "profile", "history")


class Panes:
    """Finds and arranges the panes of a screen. `pane_in_focus` returns the pane that has the focus."""

    def __init__(self, screen: Screen[None], pane_in_focus: Callable[[], Pane]) -> None:
        self._screen, self._pane_in_focus = screen, pane_in_focus
        self._zoomed = False

    @property
    def in_focus(self) -> Pane:
        """Return the pane that has the focus."""
        return self._pane_in_focus()

    @property
    def is_typing(self) -> bool:
        """Return whether the focus is in a text field."""
        return isinstance(self._screen.focused, Input)

    @property
    def is_in_filter(self) -> bool:
        """Return whether the focus is in the filter."""
        focused = self._screen.focused
        return focused is not None and focused.id == "filter"

    @property
    def bar(self) -> InstanceBar:
        """Return the bar at the top."""
        return self._screen.query_one(InstanceBar)

    @property
    def notice(self) -> Notice:
        """Return the widget that shows a success."""
        return self._screen.query_one(Notice)

    @property
    def users(self) -> UsersPane:
        """Return the pane with the filter and the list."""
        return self._screen.query_one(UsersPane)

    @property
    def profile(self) -> ProfilePanel:
        """Return the panel that shows one person."""
        return self._screen.query_one(ProfilePanel)

    @property
    def history(self) -> HistoryList:
        """Return the list of history entries."""
        return self._screen.query_one(HistoryList)

    @property
    def frames(self) -> dict[Pane, TitledPane]:
        """Return the frame of each pane."""
        return {pane: self._screen.query_one(f"#{pane}-pane", TitledPane) for pane in Pane}

    def arrange(self) -> None:
        """Show as many panes as fit."""
        width, height = self._screen.size
        visible = visible_panes(width, height, self.in_focus, zoomed=self._zoomed)
        side = self._screen.query_one("#side")
        side.display = bool(visible - {Pane.USERS})
        for pane, frame in self.frames.items():
            frame.display = pane in visible
        self.users.styles.height, side.styles.height = heights(width, height, self.in_focus)

    def zoom(self) -> None:
        """Show only the pane in focus, or all panes again."""
        self._zoomed = not self._zoomed
        self.arrange()

    def show_keys(self, key_to: Callable[[Pane], str]) -> None:
        """Mark the pane in focus, and show in each title which key goes to that pane."""
        for pane, frame in self.frames.items():
            frame.show_focus(here=pane is self.in_focus)
            nobody = pane is Pane.PROFILE and self.profile.user is None
            frame.name_key("" if nobody else key_to(pane))

    def go_to(self, widget_id: str) -> None:
        """Focus a widget, by its id, before the next key is handled."""
        # Not `Widget.focus`, which takes effect later: the next key must already go there.
        widget = self._screen.query_one(f"#{widget_id}", Widget)
        self._screen.set_focus(widget)
        if isinstance(widget, FilterInput):
            widget.action_select_all()

    def step(self, by: int) -> str:
        """Return the id of the widget `by` steps after the one in focus, in Tab order."""
        focused = self._screen.focused
        here = focused.id if focused is not None else None
        index = _TAB_ORDER.index(here) if here in _TAB_ORDER else 0
        return _TAB_ORDER[(index + by) % len(_TAB_ORDER)]

    @property
    def entry_in_focus(self) -> HistoryEntry | None:
        """Return the selected history entry if the history has the focus, else None."""
        return self.history.current if self.in_focus is Pane.HISTORY else None

    @property
    def user_in_focus(self) -> User | None:
        """Return the selected person if the list has the focus, else the person in the profile panel."""
        return self.users.current if self.in_focus is Pane.USERS else self.profile.user


def pane_of(widget_id: str | None) -> Pane:
    """Return the pane that contains the widget with this id."""
    return Pane(widget_id) if widget_id in {Pane.PROFILE, Pane.HISTORY} else Pane.USERS
