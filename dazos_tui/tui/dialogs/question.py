"""What the CRM asks in the middle of a sign-in, asked of the person at the screen."""

from typing import ClassVar

from pydantic import SecretStr
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, OptionList, Static

from dazos_tui.config import Instance
from dazos_tui.crm.models import Prompt, PromptKind, Question
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.widgets.inputs import PasswordInput

Answers = dict[str, str | SecretStr]


class QuestionDialog(Dialog[Answers | None]):
    """Shows the CRM's words and what is to be filled in; gives back the answers by name, or None.

    Enter goes to the next field, and from the last one on. What is typed is never shown: it may be a code
    that is still good.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]
    AUTO_FOCUS = ".prompt, #go-on"
    unasked = True
    secret = True

    def __init__(self, instance: Instance, question: Question) -> None:
        super().__init__(classes=f"env-{instance.environment}")
        self._instance, self._question = instance, question

    def compose(self) -> ComposeResult:
        """Lay out the CRM's words, a field for each prompt, and the buttons."""
        instance = self._instance
        with Vertical(classes="box"):
            yield Static(f"{instance.name} asks for more", classes="title", markup=False)
            yield Static(f"{instance.environment.upper()} · {instance.host}", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(self._question.words, markup=False, id="words")
            for prompt in self._question.prompts:
                if prompt.kind is not PromptKind.TICK:
                    yield Static(prompt.label, classes="prompt-label", markup=False)
                yield _field(prompt)
            with Horizontal(classes="buttons"):
                yield Button("Go on (Enter)", id="go-on")
                yield Button("Cancel (Esc)", id="cancel")

    def on_input_submitted(self) -> None:
        """Go to the next field, or on."""
        self._next()

    def on_option_list_option_selected(self) -> None:
        """Go to the next field, or on."""
        self._next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "go-on":
            self._give()
        else:
            self.action_cancel()

    def _next(self) -> None:
        if isinstance(self.focused, Input) and not self.focused.value:
            return
        fields: list[Widget] = list(self.query(".prompt"))
        after = fields[fields.index(self.focused) + 1 :] if self.focused in fields else []
        if after:
            self.set_focus(after[0])
        else:
            self._give()

    def _give(self) -> None:
        typed = list(self.query(Input))
        if typed and not any(field.value for field in typed):
            # Each try counts: an empty one is none.
            return
        answers: Answers = {}
        for prompt, field in zip(self._question.prompts, self.query(".prompt"), strict=True):
            match field:
                case Input():
                    answers[prompt.name] = SecretStr(field.value)
                case Checkbox():
                    if field.value:
                        answers[prompt.name] = prompt.choices[0][0]
                case OptionList():
                    answers[prompt.name] = prompt.choices[field.highlighted or 0][0]
        self.leave(answers)

    def leave(self, answer: Answers | None = None) -> None:
        """Close the box, and keep nothing of what was typed."""
        for field in self.query(Input):
            field.value = ""
        super().leave(answer)

    def action_cancel(self) -> None:
        """Give no answer."""
        self.leave()


def _field(prompt: Prompt) -> Widget:
    match prompt.kind:
        case PromptKind.CHOICE:
            choices = OptionList(*(label for _, label in prompt.choices), classes="prompt", markup=False)
            choices.highlighted = 0
            return choices
        case PromptKind.TICK:
            return Checkbox(Content(prompt.label), classes="prompt")
        case _:
            return PasswordInput(password=True, classes="prompt")
