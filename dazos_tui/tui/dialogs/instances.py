"""The instance picker, and the box that takes an instance out of the config."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from dazos_tui.config import Instance
from dazos_tui.folding import fold
from dazos_tui.history.store import utc_now
from dazos_tui.resets.checkup import CheckStep, Step, look_at_door
from dazos_tui.tui.dialogs.deliberate import DeliberateDialog
from dazos_tui.tui.dialogs.dialog import Box
from dazos_tui.tui.phrases import ago
from dazos_tui.tui.widgets.hints import Hints
from dazos_tui.tui.widgets.inputs import SteadyInput


class Verb(StrEnum):
    """What is to be done with an instance of the picker."""

    OPEN = "open"
    ADD = "add"
    EDIT = "edit"
    PIN = "pin"
    REMOVE = "remove"


Pick = tuple[str, Verb]
"""An instance's name, empty for one to be added, and what is to be done."""

_KEYS = "F3 pins · F4 changes · F7 adds · F8 removes"


class _Search(SteadyInput):
    """Takes letters to search by, while the keys that move do so in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move('cursor_up')", "Up", show=False),
        Binding("down", "screen.move('cursor_down')", "Down", show=False),
        Binding("home", "screen.move('first')", "First", show=False),
        Binding("end", "screen.move('last')", "Last", show=False),
        Binding("pageup", "screen.move('page_up')", "Page up", show=False),
        Binding("pagedown", "screen.move('page_down')", "Page down", show=False),
    ]


class InstancePicker(Box[Pick | None]):
    """Lists the configured instances, pinned ones first, else in the order of the config.

    The cursor begins on `before`, the one that was left last, so that switching is two keys. `used` says when
    a link was last asked for, with `changes` the config can be changed from here, and `back` says that there
    is something to go back to.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel"),
        Binding("enter", "choose", "Choose", show=False, priority=True),
        Binding("f5", "look", "Which answer?"),
        Binding("f3", "do('pin')", "Pin", show=False),
        Binding("f4", "do('edit')", "Change", show=False),
        Binding("f7,ctrl+n", "do('add')", "Add", show=False),
        Binding("f8", "do('remove')", "Remove", show=False),
    ]
    AUTO_FOCUS = "#search"

    def __init__(  # noqa: PLR0913 - each of them shows
        self,
        instances: Sequence[Instance],
        current: str | None = None,
        *,
        before: str | None = None,
        used: Mapping[str, datetime] | None = None,
        note: str = "",
        changes: bool = False,
        back: bool = False,
    ) -> None:
        super().__init__()
        self._instances = sorted(instances, key=lambda one: not one.pinned)
        self._current, self._before, self._note, self._changes = current, before, note, changes
        self._used, self._back = used or {}, back
        self._lights: dict[str, CheckStep | None] = {}
        self._shown: list[Instance] = []

    def compose(self) -> ComposeResult:
        """Lay out title, search, list and hint."""
        with Vertical(classes="box"):
            yield Static("Which CRM instance?", classes="title", markup=False)
            yield _Search(placeholder="Type to search", id="search", select_on_focus=False)
            yield OptionList(classes="body")
            if self._note:
                yield Static(self._note, classes="note", markup=False)
            leaves = "goes back" if self._back else "quits"
            hint = f"Enter chooses · Esc {leaves} · F5 sees which answer"
            yield Hints(f"{hint}\n{_KEYS}" if self._changes else hint)

    def on_mount(self) -> None:
        """Put the cursor on the likeliest choice."""
        self.query_one(OptionList).can_focus = False
        self._show_list(self._before or self._current)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show who fits."""
        self._show_list(None)

    def _show_list(self, at: str | None) -> None:
        """Show the instances that fit, the cursor on the one named, else on the first."""
        words = fold(self.query_one(Input).value).split()
        self._shown = [one for one in self._instances if _fits(one, words)]
        width = max((cell_len(one.name) for one in self._instances), default=0)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(self._words(one, width)) for one in self._shown])
        names = [one.name for one in self._shown]
        options.highlighted = (names.index(at) if at in names else 0) if names else None

    def _words(self, instance: Instance, width: int) -> Content:
        env = instance.environment
        used = self._used.get(instance.name)
        mark = "▸" if instance.name == self._current else "★" if instance.pinned else " "
        last = f" · link {ago(used, utc_now())}" if used else ""
        return Content.assemble(
            f"{mark} {set_cell_size(instance.name, width)}  ",
            (f" {env.upper():^10} ", f"$env-{env}-text on $env-{env} bold"),
            (f"  {instance.host} as {instance.operator}{last}", "dim"),
            *self._light(instance.name),
        )

    def _light(self, name: str) -> tuple[tuple[str, str], ...]:
        if name not in self._lights:
            return ()
        step = self._lights[name]
        if step is None:
            return (("\n    … asking", "dim"),)
        if step.ok:
            return (("\n    ● answers", "$text-success"),)
        what = "is no CRM" if step.step is Step.CRM else "does not answer"
        return ((f"\n    ○ {what}: {step.words}", "$text-error"),)

    def action_look(self) -> None:
        """Ask each instance's login page, without signing in."""
        self.run_worker(self._look(), group="look", exclusive=True)

    async def _look(self) -> None:
        self._lights = dict.fromkeys([one.name for one in self._instances])
        self._show_list(self._under_cursor)
        await asyncio.gather(*map(self._look_at, self._instances))

    async def _look_at(self, instance: Instance) -> None:
        self._lights[instance.name] = await look_at_door(instance)
        self._show_list(self._under_cursor)

    @property
    def _under_cursor(self) -> str | None:
        index = self.query_one(OptionList).highlighted
        return self._shown[index].name if index is not None else None

    def action_move(self, where: str) -> None:
        """Move in the list."""
        getattr(self.query_one(OptionList), f"action_{where}")()

    def on_option_list_option_selected(self) -> None:
        """Go to the one that was clicked on."""
        self.action_choose()

    def action_choose(self) -> None:
        """Give back the one under the cursor, before the next key is looked at."""
        if (name := self._under_cursor) is not None:
            self.leave((name, Verb.OPEN))

    def action_do(self, verb: str) -> None:
        """Give back what is to be done with the one under the cursor."""
        name = "" if verb == Verb.ADD else self._under_cursor
        if self._changes and name is not None:
            self.leave((name, Verb(verb)))


def _fits(instance: Instance, words: Sequence[str]) -> bool:
    text = fold(f"{instance.name} {instance.host} {instance.environment} {instance.username}")
    return all(word in text for word in words)


class RemoveDialog(DeliberateDialog[str]):
    """Takes a second yes before an instance's table goes out of the config; gives back its name, or None."""

    yes_label, busy_label = "Remove (y)", "Removing …"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]
    untouched = "Nothing was removed"

    def __init__(self, instance: Instance) -> None:
        super().__init__(classes=f"env-{instance.environment}")
        self._instance = instance
        self._asked = False

    def compose(self) -> ComposeResult:
        """Lay out what would go, and the buttons."""
        one = self._instance
        with Vertical(classes="box"):
            yield Static(f"Remove {one.name}?", classes="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(f"{one.environment.upper()} · {one.host} · as {one.operator}", markup=False)
                yield Static(
                    "Its table is taken out of the config, with its comments. The CRM and the history of "
                    "what was sent stay as they are.",
                    classes="note",
                    markup=False,
                )
                yield Static("", id="again", classes="advice", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Remove …", id="yes", disabled=True)

    def on_mount(self) -> None:
        """Take a yes once the target could be read."""
        super().on_mount()
        self.arm()

    def give_yes(self) -> None:
        """Ask once more, then give the name."""
        if self._asked:
            super().give_yes()
            return
        self._asked = True
        self.query_one("#again", Static).update(f"y once more removes {self._instance.name}.")
        self.arm()

    def yes(self) -> str:
        """Return the name of what is to be removed."""
        return self._instance.name
