"""The steps of the instance form: five rows in a box, or on a narrow screen one step at a time."""

from dataclasses import dataclass, field
from pathlib import Path

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from dazos_tui.config.instance_url import normalize_base_url
from dazos_tui.config.models import Instance
from dazos_tui.instances.doctor import DoctorStep, StepResult
from dazos_tui.tui.dialogs.guarded_layout import KeyHint
from dazos_tui.tui.dialogs.instance_draft import Draft
from dazos_tui.tui.dialogs.key_line import KeyLine
from dazos_tui.tui.dialogs.search_box import FRAME_STYLE
from dazos_tui.tui.formatting import fit_width, short_path
from dazos_tui.tui.layout import MEDIUM
from dazos_tui.tui.widgets.environment_field import EnvironmentField
from dazos_tui.tui.widgets.inputs import SafeInput
from dazos_tui.tui.widgets.step_row import DONE, FAILED, HERE, StepField, StepNote, StepRow, hanging

STEPS = {
    "address": ("Address", "copied from the browser, and a name for it"),
    "account": ("Account", "the administrator you sign in as"),
    "environment": ("Environment", "production, staging or sandbox"),
    "check": ("Check", "sign-in, rights, list, menu; sends nothing"),
    "write": ("Write", ""),
}
"""The label of each step, and the hint shown until it is done."""

STEP_OF = {
    "url": "address",
    "name": "address",
    "username": "account",
    "environment": "environment",
    "check": "check",
    "write": "write",
}
"""The step of each stop: a field, the check, or the writing."""

_PLACEHOLDERS = {
    "url": "copied from the browser, any page",
    "name": "a name to choose it by, such as acme",
    "username": "the administrator's user name",
}

_MAY_BE_ELSEWHERE = frozenset({DoctorStep.REACH, DoctorStep.LIST, DoctorStep.MENU_ITEM})
"""Steps that may fail although the input is right, for example because a VPN is off."""

_TO_CHANGE = {
    DoctorStep.REACH: "url",
    DoctorStep.TLS: "url",
    DoctorStep.CRM: "url",
    DoctorStep.SIGN_IN: "username",
    DoctorStep.ADMIN: "username",
}
"""The field to change if a step fails; for other steps the only remedy is another check."""

_TEACH = "Press l to teach it the request from your browser, in two minutes."
_BY_FORM = (
    "Or write it anyway: at the first send, the app asks whether to use the CRM's forgot-password form."
)
_BACK = KeyHint("Shift+Tab", "back", action="step(-1)")
_LEAVE = KeyHint("Esc", "leave", action="leave")
_LEAVING = (KeyHint("Esc again", "discards what you typed.", "discards it.", action="leave"),)


@dataclass(slots=True)
class StepResults:
    """The results of a check so far; without an instance nothing was checked yet."""

    instance: Instance | None = None
    steps: list[StepResult] = field(default_factory=list)
    is_done: bool = False
    not_written: str = ""
    """Why the instance could not be written, after an attempt."""

    @property
    def is_well(self) -> bool:
        """Return whether all steps passed."""
        return self.is_done and self.failure is None

    @property
    def failure(self) -> StepResult | None:
        """Return the step that failed."""
        return self.steps[-1] if self.is_done and self.steps and not self.steps[-1].ok else None

    @property
    def can_be_taught(self) -> bool:
        """Return whether only the request behind the menu item is missing."""
        failure = self.failure
        return failure is not None and (failure.can_be_learned or failure.is_item_missing)

    @property
    def may_write(self) -> bool:
        """Return whether it may be written: all passed, or the input need not be the cause."""
        failure = self.failure
        return self.is_done and (failure is None or failure.step in _MAY_BE_ELSEWHERE)

    @property
    def to_change(self) -> str | None:
        """Return the field to change after a failure; None if no change would help."""
        return _TO_CHANGE.get(self.failure.step) if self.failure is not None else None

    @property
    def mark(self) -> str:
        """Return the mark of the check as a whole."""
        return FAILED if self.failure is not None else DONE if self.is_well else " "

    def rows(self, width: int) -> list[Content]:
        """Return the result of each step, with advice about a failed one, in rows of `width` cells."""
        if self.instance is None:
            return list(hanging(STEPS["check"][1], width))
        rows = [] if self.is_done else list(hanging(f"Checking {self.instance.host} …", width))
        for one in self.steps:
            mark, style = (DONE, "") if one.ok else (FAILED, "$text-error bold")
            rows += hanging(f"{mark} {one.message}", width, style)
            if not one.ok:
                rows += hanging(f"→ {advice_for(one)}", width, "$text-accent")
        return rows


def label_of(key: str) -> str:
    """Return the label of a stop; the first field of a step has the label of the step."""
    return "Name" if key == "name" else STEPS[STEP_OF[key]][0]


def advice_for(step: StepResult) -> str:
    """Return the advice about a failed step, as far as it applies here."""
    if step.is_item_missing:
        return f"{_TEACH} {_BY_FORM}"
    return _TEACH if step.can_be_learned else step.advice


def hints_at(at: str, results: StepResults) -> tuple[KeyHint, ...]:
    """Return the keys that act at a stop, the one that goes on first."""
    match at:
        case "url":
            return KeyHint("Enter", "next", action="next"), _LEAVE
        case "environment":
            choose = KeyHint("←→", "choose")
            return choose, KeyHint("Enter", "check", action="next"), _BACK, _LEAVE
        case "check":
            return *_after_check(results), _BACK, _LEAVE
        case "write":
            return KeyHint("Enter", "write", action="anyway"), _BACK, _LEAVE
        case _:
            return KeyHint("Enter", "next", action="next"), _BACK, _LEAVE


def _after_check(results: StepResults) -> list[KeyHint]:
    if results.instance is None:
        return [KeyHint("Enter", "check", action="next")]
    if not results.is_done:
        return []
    anyway = [KeyHint("w", "write anyway", "write", action="anyway")] if results.may_write else []
    if results.can_be_taught:
        teach = KeyHint("l", "teach it", "teach", action="teach")
        return [teach, KeyHint("Enter", "check again", "again", action="again"), *anyway]
    if (key := results.to_change) is None:
        return [KeyHint("Enter", "check again", action="again"), *anyway]
    label = label_of(key).lower()
    again = KeyHint("r", "check again", "again", action="again")
    return [KeyHint("Enter", f"change {label}", action="next"), again, *anyway]


class StepsBox(Vertical):
    """The title, the steps, and the keys in the last row."""

    def __init__(self, draft: Draft, path: Path) -> None:
        super().__init__(classes="frame steps")
        self._draft = draft
        self._where = short_path(path)
        self._head = Static(id="head", markup=False)
        self._keys = KeyLine()
        self._fields = {
            key: StepField(label_of(key), self._prompt(key), further=key == "name") for key in self.stops
        }
        self._rows = {
            step: StepRow(step, label, *(self._fields[key] for key in self.stops if STEP_OF[key] == step))
            for step, (label, _) in STEPS.items()
        }

    @property
    def stops(self) -> list[str]:
        """Return the stops of the form, in order."""
        return [*self._draft.keys, "check", "write"]

    def _prompt(self, key: str) -> Widget:
        old = self._draft.existing
        match key:
            case "check" | "write":
                return StepNote(key)
            case "environment":
                return EnvironmentField(old.environment if old else None)
            case _:
                value, hint = self._draft.at_first.get(key, ""), _PLACEHOLDERS[key]
                return SafeInput(value, placeholder=hint, id=key, classes="prompt", select_on_focus=False)

    def compose(self) -> ComposeResult:
        """Lay out the title, the steps and the keys."""
        yield self._head
        with VerticalScroll(classes="body", can_focus=False):
            yield from self._rows.values()
        yield self._keys

    def prompt(self, key: str) -> Widget:
        """Return the widget of a stop: an input, or a note to read."""
        return self._fields[key].prompt

    @property
    def is_narrow(self) -> bool:
        """Return whether each step fills the screen."""
        return self.app.size.width < MEDIUM

    def show(self, at: str, results: StepResults, problems: dict[str, str], *, leaving: bool) -> None:
        """Show each step, the current stop, the problems of fields, and the keys that act."""
        self._show_title(list(STEPS).index(STEP_OF[at]) + 1)
        self._keys.hints = _LEAVING if leaving else hints_at(at, results)
        self._show_notes(results)
        faulty = {STEP_OF[key] for key in self._draft.problems()}
        for step, row in self._rows.items():
            row.open(current=step == STEP_OF[at], shown=step == "check" and results.instance is not None)
            mark = results.mark if step == "check" else DONE
            row.show(" " if step == "write" or step in faulty else mark, self._answer(step), self._hint(step))
        for key, one in self._fields.items():
            mark = HERE if key == at else results.mark if key == "check" else " "
            problem = problems.get(key, "") or self._found_at(key, results)
            one.show(mark, here=key == at, hint=self._cut if key == "url" else "", problem=problem)

    def _show_title(self, number: int) -> None:
        width = self.size.width or self.app.size.width
        old = self._draft.existing
        title = f"Change {old.name}" if old else "Your instance"
        place = f" · {number} of {len(STEPS)} "
        words = f"{fit_width(title, max(1, width - 6 - cell_len(place)))}{place}"
        fill = "─" * max(0, width - cell_len(words) - 4)
        self._head.update(Content.assemble(("╭─ ", FRAME_STYLE), (words, "bold"), (f"{fill}╮", FRAME_STYLE)))

    def _show_notes(self, results: StepResults) -> None:
        check, write = self.prompt("check"), self.prompt("write")
        if isinstance(check, StepNote) and isinstance(write, StepNote):
            check.set_content(results.rows)
            write.set_content(lambda width: list(hanging(self._where, width)))

    def _answer(self, step: str) -> str:
        return self._draft.answer(step) if step in {"address", "account", "environment"} else ""

    def _hint(self, step: str) -> str:
        return self._where if step == "write" else STEPS[step][1]

    @property
    def _cut(self) -> str:
        """Return the address as it will be used, or what is wrong with it so far."""
        text = self._draft.typed.get("url", "")
        try:
            return f"→ {normalize_base_url(text)}" if text else ""
        except ValueError as error:
            return f"It {error}."

    def _found_at(self, key: str, results: StepResults) -> str:
        """Return the failure that is shown at this field too."""
        failure = results.failure
        if key == "write":
            return results.not_written
        if failure is None or key != results.to_change or not self.is_narrow:
            return ""
        return f"{failure.message} {advice_for(failure)}"
