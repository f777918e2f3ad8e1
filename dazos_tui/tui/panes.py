"""The panes of a work screen: which are visible, which has the focus, and which user is meant there."""

from collections.abc import Callable

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui.layout import SIDE_BY_SIDE, Pane, heights, visible_panes
from dazos_tui.tui.widgets.history_list import HistoryList
from dazos_tui.tui.widgets.history_view import PART_IDS, SEARCH_ID, HistoryView
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
        return focused is not None and focused.id == self.search_field_id

    @property
    def focused_id(self) -> str:
        """Return the id of the widget in focus; the filter if nothing has it."""
        focused = self._screen.focused
        return (focused.id if focused is not None else None) or "filter"

    @property
    def search_field_id(self) -> str:
        """Return the id of the field for a search in what is shown."""
        return SEARCH_ID if self.in_focus is Pane.FULL_HISTORY else "filter"

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
    def full_history(self) -> HistoryView | None:
        """Return the view of the whole history, or None before it was opened."""
        return next(iter(self._screen.query(HistoryView)), None)

    @property
    def frames(self) -> dict[Pane, TitledPane]:
        """Return the frame of each pane that has one."""
        return {pane: self._screen.query_one(f"#{pane}-pane", TitledPane) for pane in SIDE_BY_SIDE}

    def arrange(self) -> None:
        """Show as many panes as fit."""
        width, height = self._screen.size
        visible = visible_panes(width, height, self.in_focus, zoomed=self._zoomed)
        covered = self.in_focus.covers_others
        self._screen.query_one("#panes").display = not covered
        if (view := self.full_history) is not None:
            view.display = covered
        if covered:
            return
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
        if self.full_history is not None and self.in_focus is Pane.FULL_HISTORY:
            self.full_history.show_focus()

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
        view = self.full_history if self.in_focus is Pane.FULL_HISTORY else None
        order = view.tab_order if view is not None else _TAB_ORDER
        index = order.index(here) if here in order else 0
        return order[(index + by) % len(order)]

    @property
    def entry_in_focus(self) -> HistoryEntry | None:
        """Return the selected history entry if a history has the focus, else None."""
        if self.in_focus is Pane.FULL_HISTORY:
            return self.full_history.entry if self.full_history is not None else None
        return self.history.current if self.in_focus is Pane.HISTORY else None

    @property
    def user_in_focus(self) -> User | None:
        """Return the selected person if the list has the focus, else the person in the profile panel.

        In the whole history nobody is: what is behind it is not visible.
        """
        if self.in_focus is Pane.FULL_HISTORY:
            return None
        return self.users.current if self.in_focus is Pane.USERS else self.profile.user


def pane_of(widget_id: str | None) -> Pane:
    """Return the pane that contains the widget with this id."""
    if widget_id in PART_IDS:
        return Pane.FULL_HISTORY
    return Pane(widget_id) if widget_id in {Pane.PROFILE, Pane.HISTORY} else Pane.USERS
