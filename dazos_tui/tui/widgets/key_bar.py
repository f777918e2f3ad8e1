"""The line at the bottom: what the keys do here and now."""

from collections.abc import Iterator

from rich.cells import cell_len
from textual import events
from textual.app import RenderResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from dazos_tui.tui.commands import Command

_GAP = "  "


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

    def _keys_shown(self) -> Iterator[tuple[str, Binding]]:
        """Yield as many of the bindings as fit, each with its key in words."""
        left = self.content_size.width
        for key, binding in self._keys():
            left -= cell_len(f"{key} {binding.description}")
            if left < 0:
                return
            yield key, binding
            left -= len(_GAP)

    def _keys(self) -> Iterator[tuple[str, Binding]]:
        """Yield the bindings to show, in the order of the commands, each with its key in words."""
        active = self.screen.active_bindings
        typing = isinstance(self.screen.focused, Input)
        commands: tuple[Command, ...] = getattr(self.screen, "commands", ())
        for command in commands:
            found = active.get(command.typing_key if typing else next(iter(command.keys), ""))
            if found is not None and found.binding.action == command.action and found.binding.show:
                yield self.app.get_key_display(found.binding), found.binding

    def render(self) -> RenderResult:
        """Draw as many keys as fit."""
        pieces = [
            Content.assemble((key, "$accent bold"), f" {binding.description}")
            for key, binding in self._keys_shown()
        ]
        return Content(_GAP).join(pieces)

    async def on_click(self, event: events.Click) -> None:
        """Run the command that was clicked on."""
        end = self.styles.padding.left
        for key, binding in self._keys_shown():
            start, end = end, end + cell_len(f"{key} {binding.description}")
            if start <= event.x < end:
                await self.screen.run_action(binding.action)
            end += len(_GAP)
