"""The line at the bottom with the keys that act now."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from rich.cells import cell_len
from textual import events
from textual.app import RenderResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from dazos_tui.config.keymap import CommandName
from dazos_tui.tui.commands import ALWAYS_IN_FOOTER, FOOTERS, Command
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.widgets.inputs import FilterInput

_GAP = "  "
_MAX_KEYS = 5
"""Most keys on the left: nobody reads more."""


class KeyBar(Widget):
    """Keys of this pane, and on the right those that always act; a click runs a command.

    It is one drawn line, not a row of widgets: Textual's footer builds and lays out a widget for each key
    whenever the focus moves.
    """

    def on_mount(self) -> None:
        """Redraw when the bindings change."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def follow(self, field: FilterInput) -> None:
        """Redraw when the filter becomes empty or not: ``?`` is a command while it is empty."""
        self.watch(field, "value", self._follow_filter, init=False)

    def _follow(self, _: Screen[object]) -> None:
        self.refresh()

    def _follow_filter(self, before: str, value: str) -> None:
        if bool(before) is not bool(value):
            self.refresh()

    def _places(self) -> Iterator[tuple[int, str, Binding]]:
        """Yield the visible bindings, each with its start column and display key.

        The keys on the right, which are the same in every pane, have priority.
        """
        width = self.content_size.width
        right = list(self._keys(ALWAYS_IN_FOOTER))
        left, end = 0, width - sum(_width(*one) + len(_GAP) for one in right)
        names: Sequence[str] = getattr(self.screen, "footer", FOOTERS[Pane.USERS])
        for key, binding in islice(self._keys(names), _MAX_KEYS):
            if left + _width(key, binding) > end:
                break
            yield left, key, binding
            left += _width(key, binding) + len(_GAP)
        start = max(0, end + len(_GAP))
        for key, binding in right:
            yield start, key, binding
            start += _width(key, binding) + len(_GAP)

    def _keys(self, names: Iterable[str]) -> Iterator[tuple[str, Binding]]:
        """Yield the active bindings of these commands, each with its display key, and labelled for now."""
        active = self.screen.active_bindings
        commands: tuple[Command, ...] = getattr(self.screen, "commands", ())
        known = {command.name: command for command in commands}
        label_of: Callable[[CommandName], str] | None = getattr(self.screen, "label_of", None)
        for command in (known[name] for name in names if name in known):
            found = active.get(self._key_of(command))
            if found is not None and found.binding.action == command.action:
                label = label_of(command.name) if label_of is not None else command.label
                labelled = replace(found.binding, description=label)
                yield self.app.get_key_display(found.binding), labelled

    def _key_of(self, command: Command) -> str:
        """Return the first key of the command that acts at the focus; empty if none does."""
        focused = self.screen.focused
        if not isinstance(focused, Input):
            return next(iter(command.keys), "")
        if isinstance(focused, FilterInput):
            return next((key for key in command.keys if focused.passes_on(key)), command.typing_key)
        return command.typing_key

    def render(self) -> RenderResult:
        """Draw the keys."""
        line, end = Content(""), 0
        for start, key, binding in self._places():
            words = Content.assemble((key, "$accent bold"), f" {binding.description}")
            line, end = line + Content(" " * (start - end)) + words, start + _width(key, binding)
        return line

    async def on_click(self, event: events.Click) -> None:
        """Run the command that was clicked."""
        column = event.x - self.styles.padding.left
        for start, key, binding in self._places():
            if start <= column < start + _width(key, binding):
                await self.screen.run_action(binding.action)


def _width(key: str, binding: Binding) -> int:
    return cell_len(f"{key} {binding.description}")
