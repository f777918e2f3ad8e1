"""A challenge of the CRM during sign-in, such as a one-time code, shown to the user."""

from typing import ClassVar

from pydantic import SecretStr
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.models import Challenge, ChallengeField, ChallengeFieldKind, SubmitButton
from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.widgets.inputs import PasswordInput
from dazos_tui.tui.widgets.titled_box import TitledBox

_MAX_BUTTONS_BESIDE_CANCEL = 20
"""Widest label, in columns, of a button that still has Cancel beside it on the narrowest terminal."""
_MAX_NAMED_LENGTH = 40
"""Characters of a label that are repeated in a message about its missing answer."""


class CheckboxField(Static, can_focus=True):
    """A checkbox with a label of any length, which may be the full terms of use."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", "Tick", show=False)]

    ticked = reactive(default=False)

    def __init__(self, label: str, *, ticked: bool) -> None:
        super().__init__(classes="prompt", markup=False)
        self._label = label
        self.set_reactive(CheckboxField.ticked, ticked)

    def render(self) -> Content:
        """Return the box, whose state does not depend on colour, and the label."""
        return Content(f"[{'x' if self.ticked else ' '}] {self._label}")

    def on_click(self) -> None:
        """Toggle the checkbox."""
        self.action_tick()

    def action_tick(self) -> None:
        """Toggle the checkbox."""
        self.ticked = not self.ticked


class _Choices(OptionList):
    """A list whose highlighted line is the choice. Enter or a click on a line submits nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.next", "Go on", show=False)]


class _Body(VerticalScroll, can_focus=False):
    """Text and fields. The focused field and its label stay visible, also after the dialog is resized."""

    def on_resize(self) -> None:
        """Scroll to the focused field."""
        self._follow_focus()

    def on_descendant_focus(self) -> None:
        """Scroll to the focused field."""
        self._follow_focus()

    def _follow_focus(self) -> None:
        for field in self.query(".field:focus-within"):
            field.scroll_visible(animate=False)


class _AnswerButton(Button):
    """A button of the CRM's page."""

    def __init__(self, button: SubmitButton | None, label: str, *, classes: str = "") -> None:
        super().__init__(Content(label), classes=f"answer {classes}")
        self.submit_button = button


class ChallengeDialog(Dialog[ChallengeAnswers | None]):
    """Shows the CRM's text and fields; returns the answers by field name, or None.

    Enter goes to the next field. After the last one it presses the button if the page has only one.
    Typed text is never shown: it may be a code that is still valid.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        Binding("escape", "cancel", "Cancel"),
        Binding("enter", "next", "Go on", show=False),
    ]
    AUTO_FOCUS = ".prompt, .only, #cancel"
    opens_by_itself = True

    def __init__(self, instance: Instance, challenge: Challenge) -> None:
        super().__init__()
        self._instance, self._challenge = instance, challenge
        self._several = len(challenge.buttons) > 1
        self._incomplete_button: Button | None = None
        self._left_empty: set[Widget] = set()

    def compose(self) -> ComposeResult:
        """Lay out the CRM's text, its fields, and the buttons."""
        instance = self._instance
        with TitledBox(
            f"{instance.name} needs one more step", instance.environment, short="Needs one more step"
        ):
            yield Static(f"{instance.name} · {instance.host}", markup=False)
            with _Body(classes="body"):
                if self._challenge.text:
                    yield Static(self._challenge.text, markup=False, id="words")
                for prompt in self._challenge.fields:
                    with Vertical(classes="field"):
                        if prompt.kind is not ChallengeFieldKind.CHECKBOX:
                            yield Static(prompt.label, classes="prompt-label", markup=False)
                        yield _field(prompt)
            yield Static(classes="missing", markup=False)
            buttons = self._buttons()
            stacked = (
                len(buttons) > 1 or Content(str(buttons[0].label)).cell_length > _MAX_BUTTONS_BESIDE_CANCEL
            )
            with Vertical(classes="buttons stacked") if stacked else Horizontal(classes="buttons"):
                yield from buttons
                yield Button("Cancel (Esc)", id="cancel")

    def _buttons(self) -> list[_AnswerButton]:
        if self._several:
            return [_AnswerButton(button, button.label) for button in self._challenge.buttons]
        only = self._challenge.only_button
        label = only.label if only is not None else "Go on"
        return [_AnswerButton(only, f"{label} (Enter)", classes="only")]

    def on_mount(self) -> None:
        """Hide the line for missing answers until there is something to say."""
        self.query_one(".missing").display = False

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if isinstance(event.button, _AnswerButton):
            self._press(event.button)
        else:
            self.action_cancel()

    def on_input_submitted(self) -> None:
        """Go to the next field, or submit after the last one."""
        self.action_next()

    def action_next(self) -> None:
        """Go to the next field, or submit after the last one."""
        fields = list(self.query(".prompt"))
        if self.focused in fields and (missing := self._missing_reason(self.focused)):
            self._show_missing(self.focused, missing)
            return
        after = fields[fields.index(self.focused) + 1 :] if self.focused in fields else []
        if after:
            self.set_focus(after[0])
        elif self._several:
            self._show_message("Now choose a button: press Tab to get there.")
        else:
            self._press(self.query_one(_AnswerButton))

    def _press(self, button: _AnswerButton) -> None:
        """Submit with this button. One of several may need fewer fields: pressed again, it submits anyway."""
        missing = self._first_missing()
        if missing is None or self._incomplete_button is button:
            self._submit(button)
            return
        field, words = missing
        if self._several:
            self._incomplete_button = button
            self._show_message(f"{words} Press the button again to go on without it.")
        else:
            self.set_focus(field)
            self._show_missing(field, words)

    def _first_missing(self) -> tuple[Widget, str] | None:
        """Return the first field without an answer, and a message. Of several text fields one is enough."""
        fields = list(self.query(".prompt"))
        typed = any(isinstance(field, Input) and field.value for field in fields)
        wanted = (field for field in fields if not (typed and isinstance(field, Input)))
        return next(((field, words) for field in wanted if (words := self._missing_reason(field))), None)

    def _prompt_of(self, field: Widget) -> ChallengeField:
        return self._challenge.fields[list(self.query(".prompt")).index(field)]

    def _show_missing(self, field: Widget, words: str) -> None:
        """Say that a field is empty, once if it is optional: an accidental Enter would cost an attempt."""
        if self._prompt_of(field).is_optional:
            self._left_empty.add(field)
            words = f"{words} Press Enter again to leave it empty."
        self._show_message(words)

    def _missing_reason(self, field: Widget) -> str:
        prompt = self._prompt_of(field)
        label = safe_text(prompt.label, limit=_MAX_NAMED_LENGTH)
        match field:
            # Attempts are limited: do not waste one on an empty answer.
            case Input() if not field.value and field not in self._left_empty:
                return f"“{label}” is still empty."
            case OptionList() if field.highlighted is None:
                return f"Nothing is chosen yet for “{label}”."
        return ""

    def _show_message(self, words: str) -> None:
        line = self.query_one(".missing", Static)
        line.update(words)
        line.display = True

    def _submit(self, button: _AnswerButton) -> None:
        answers: dict[str, str | SecretStr] = {}
        for prompt, field in zip(self._challenge.fields, self.query(".prompt"), strict=True):
            match field:
                case Input():
                    answers[prompt.name] = SecretStr(field.value)
                case CheckboxField() if field.ticked:
                    answers[prompt.name] = prompt.choices[0][0]
                case OptionList() if field.highlighted is not None:
                    answers[prompt.name] = prompt.choices[field.highlighted][0]
        if button.submit_button is not None:
            answers |= button.submit_button.form_data
        self.leave(answers)

    def leave(self, answer: ChallengeAnswers | None = None) -> None:
        """Close the dialog and clear what was typed."""
        for field in self.query(Input):
            field.value = ""
        super().leave(answer)

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.leave()


def _field(prompt: ChallengeField) -> Widget:
    match prompt.kind:
        case ChallengeFieldKind.CHOICE:
            choices = _Choices(*(label for _, label in prompt.choices), classes="prompt", markup=False)
            choices.highlighted = prompt.selected_index
            return choices
        case ChallengeFieldKind.CHECKBOX:
            return CheckboxField(prompt.label, ticked=prompt.selected_index is not None)
        case _:
            return PasswordInput(password=True, classes="prompt")
