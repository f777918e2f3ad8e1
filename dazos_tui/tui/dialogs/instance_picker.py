"""The instance picker, and the dialog that removes an instance from the config."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from dazos_tui.config.models import Instance
from dazos_tui.history.times import utc_now
from dazos_tui.instances.doctor import DoctorStep, StepResult, check_reachable
from dazos_tui.instances.many import InstanceAnswer, ask_each
from dazos_tui.instances.tags import split_tags
from dazos_tui.text.normalize import fold
from dazos_tui.tui.dialogs.guarded_layout import wrap_rows
from dazos_tui.tui.dialogs.search_box import FIXED_ROWS, MAX_ROWS, SearchBox, cut_middle, pad_to
from dazos_tui.tui.dialogs.yes_no import YesNoDialog
from dazos_tui.tui.formatting import fit_width, format_age
from dazos_tui.tui.widgets.reflowed_rows import QUIET
from dazos_tui.tui.widgets.titled_box import TitledBox


class PickerAction(StrEnum):
    """What to do with an instance of the picker."""

    OPEN = "open"
    ADD = "add"
    EDIT = "edit"
    PIN = "pin"
    REMOVE = "remove"


PickerResult = tuple[str, PickerAction]
"""The name of an instance, empty to add one, and what to do."""

_HINTS = (
    ("Enter choose", 0),
    ("F3 pin", 6),
    ("F4 change", 4),
    ("F5 check all", 2),
    ("F7 add", 3),
    ("F8 remove", 5),
)
"""The key hints in the order shown, each with its priority where room is short (0 first)."""
_CHANGES = frozenset({3, 4, 5, 6})
_CHIP_WIDTH = 12
_LAST_USED_WIDTH = 14
"""Cells of the environment, and of the time of the last link or the result of a check."""
_CHECK_SECONDS = 15.0
"""How long an instance may take to answer a check."""
_MAX_NAME_WIDTH = 24
_GAP = 2


class InstancePicker(SearchBox[PickerResult | None]):
    """Lists the configured instances: pinned ones first, else in the order of the config.

    The cursor starts on `before`, the previous instance, so that switching takes two keys. `used` is when a
    link was last requested in each instance. With `changes` the config can be edited from here, and with
    `back` there is a screen to go back to.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", show=False, priority=True),
        Binding("f5", "check_all", "Check all"),
        Binding("f3", "do('pin')", "Pin", show=False),
        Binding("f4", "do('edit')", "Change", show=False),
        Binding("f7,ctrl+n", "do('add')", "Add", show=False),
        Binding("f8", "do('remove')", "Remove", show=False),
    ]
    heading = "Which CRM instance?"
    usual_width = 84

    def __init__(  # noqa: PLR0913 - each of them is shown
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
        self._current, self._note, self._changes = current, note, changes
        self._used, self._back = used or {}, back
        self._check_results: dict[str, StepResult | None] = {}
        self._shown = self._instances
        names = [one.name for one in self._instances]
        at = before or current
        self.at = names.index(at) if at in names else 0

    @property
    def max_rows(self) -> int:
        """Return the maximum height: a row for each instance, and the fixed rows."""
        return min(MAX_ROWS, FIXED_ROWS + len(self._instances) + len(self.notes()))

    def search(self, typed: str) -> None:
        """Find the instances that match."""
        text, tags = split_tags(typed)
        words = fold(text).split()
        self._shown = [
            one
            for one in self._instances
            if _is_match(one, words) and all(tag.accepts(one, is_prefix=True) for tag in tags)
        ]

    def count(self, width: int) -> int:
        """Return how many instances match."""
        return len(self._shown)

    def row(self, index: int, width: int, *, at_cursor: bool) -> Content:
        """Return an instance in one row: name, environment, host, account and last use."""
        one = self._shown[index]
        mark = "▸" if one.name == self._current else "★" if one.pinned else " "
        env = one.environment
        # The cursor row is reversed: without colours, a chip that is reversed too would show no edge.
        look = f"$env-{env}-text on $env-{env} bold" + " underline" * at_cursor
        chip = f" {env.upper():^10} ", look
        last, style = self._last_used(one.name)
        quiet, style = ("", "") if at_cursor else (QUIET, style)
        if not self.is_roomy:
            room = width - _CHIP_WIDTH - 2 * _GAP - 3
            answers = last[:1] if one.name in self._check_results else ""
            return Content.assemble(
                f"{mark} {_truncate_name(one.name, room)}  ", chip, "  ", (answers, style)
            )
        names = min(_MAX_NAME_WIDTH, max(cell_len(each.name) for each in self._instances))
        room = width - names - _CHIP_WIDTH - _LAST_USED_WIDTH - 4 * _GAP - 2
        operators = min(room // 2, max(cell_len(each.operator) for each in self._instances))
        where = f"  {pad_to(one.host, room - operators)}  {pad_to(one.operator, operators)}  "
        name = f"{mark} {_truncate_name(one.name, names)}  "
        return Content.assemble(name, chip, (where, quiet), (pad_to(last, _LAST_USED_WIDTH), style))

    def _last_used(self, name: str) -> tuple[str, str]:
        """Return when a link was last requested, or the result of a check, and its style."""
        if name not in self._check_results:
            used = self._used.get(name)
            return (f"link {format_age(used, utc_now()).removesuffix(' ago')}" if used else ""), QUIET
        step = self._check_results[name]
        if step is None:
            return "… checking", QUIET
        if step.ok:
            return "✓ answers", "$text-success"
        return ("✗ no CRM" if step.step is DoctorStep.CRM else "✗ no answer"), "$text-error"

    def show_used(self, used: Mapping[str, datetime]) -> None:
        """Show when a link was last requested in each instance."""
        self._used = used
        self.draw()

    def notes(self) -> Sequence[str]:
        """Return the note, and details of the cursor row that have no room in it."""
        note = wrap_rows(self._note, self.inner_width) if self._note else []
        one = self._shown[self.at] if self.at < len(self._shown) else None
        step = self._check_results.get(one.name) if one is not None else None
        if self.is_roomy and not self._check_results:
            return note
        known = [one.host, one.operator, self._last_used(one.name)[0]] if one is not None else []
        words = " · ".join(filter(None, known)) if not self.is_roomy else ""
        if step is not None and not step.ok:
            words = step.message
        return [fit_width(words, self.inner_width), *note]

    def footer(self, width: int) -> str:
        """Return as many key hints as fit."""
        leaves = "Esc back" if self._back else "Esc quit"
        hints = [(words, rank) for words, rank in _HINTS if self._changes or rank not in _CHANGES]
        hints.append((leaves, 1))
        kept: set[int] = set()
        for words, rank in sorted(hints, key=lambda hint: hint[1]):
            width -= cell_len(words) + _GAP
            if width + _GAP < 0:
                break
            kept.add(rank)
        return "  ".join(words for words, rank in hints if rank in kept)

    def action_check_all(self) -> None:
        """Request the login page of each instance, without signing in."""
        self.run_job(self._check_all, group="look")

    async def _check_all(self) -> None:
        self._check_results = dict.fromkeys([one.name for one in self._instances])
        self.draw()
        answers = ask_each(self._instances, check_reachable, seconds=_CHECK_SECONDS)
        async with aclosing(answers):
            async for answer in answers:
                self._check_results[answer.instance.name] = answer.value or _not_answered(answer)
                self.draw()

    def action_choose(self) -> None:
        """Return the instance under the cursor, before the next key is handled."""
        self.apply_typed()
        if self._shown:
            self.leave((self._shown[self.at].name, PickerAction.OPEN))

    def action_do(self, verb: str) -> None:
        """Return an action for the instance under the cursor."""
        self.apply_typed()
        name = "" if verb == PickerAction.ADD else self._shown[self.at].name if self._shown else None
        if self._changes and name is not None:
            self.leave((name, PickerAction(verb)))


def _not_answered(answer: InstanceAnswer[StepResult]) -> StepResult:
    return StepResult(DoctorStep.REACH, ok=False, message=str(answer.error), error=answer.error)


def _truncate_name(name: str, width: int) -> str:
    return pad_to(cut_middle(name, width), width)


def _is_match(instance: Instance, words: Sequence[str]) -> bool:
    texts = (instance.name, instance.host, instance.environment, instance.username, *instance.tags)
    text = fold(" ".join(texts))
    return all(word in text for word in words)


class RemoveInstanceDialog(YesNoDialog[str]):
    """Asks twice before it removes an instance from the config; returns its name, or None."""

    confirm_label, busy_label = "Remove (y)", "Removing …"
    nothing_done = "Nothing was removed"

    def __init__(self, instance: Instance) -> None:
        super().__init__(classes=f"env-{instance.environment}")
        self._instance = instance
        self._asked = False

    def compose(self) -> ComposeResult:
        """Lay out what would be removed, and the buttons."""
        one = self._instance
        with TitledBox(f"Remove {one.name}?"):
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(f"{one.environment.upper()} · {one.host} · as {one.operator}", markup=False)
                yield Static(
                    "This removes its table from the config, with its comments, and the remembered list of "
                    "its people. The CRM and the history of sent links do not change.",
                    classes="note",
                    markup=False,
                )
                yield Static("", id="again", classes="advice", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Remove …", id="yes", disabled=True)

    def confirm(self) -> None:
        """Ask once more, then confirm."""
        if self._asked:
            super().confirm()
            return
        self._asked = True
        self.query_one("#again", Static).update(f"Press y again to remove {self._instance.name}.")
        self.guard.arm()

    def confirmed_result(self) -> str:
        """Return the name of the instance to remove."""
        return self._instance.name
