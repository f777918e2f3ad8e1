"""The line at the bottom: what the keys do here and now."""

from textual.app import RenderResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from dazos_tui.tui.commands import COMMANDS


class KeyBar(Widget):
    """Keys and labels of the screen's bindings; a click on one runs it.

    One line that is drawn, not a row of widgets: Textual's own footer makes and lays out a widget for
    each key again whenever the focus moves.
    """

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, _: Screen[object]) -> None:
        self.refresh()

    def render(self) -> RenderResult:
        """Draw as many keys as fit, in the order of the commands."""
        active = {one.binding.action: one.binding for one in self.screen.active_bindings.values()}
        bindings = [active[command.action] for command in COMMANDS if command.action in active]
        return Content("  ").join(self._piece(binding) for binding in bindings if binding.show)

    def _piece(self, binding: Binding) -> Content:
        key, label = self.app.get_key_display(binding), binding.description
        markup = f"[@click=screen.{binding.action}][$accent bold]$key[/] $label[/]"
        return Content.from_markup(markup, key=key, label=label)
