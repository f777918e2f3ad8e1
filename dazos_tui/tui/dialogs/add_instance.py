"""An instance to be added to the config, or changed there: typed, checked, and only then written."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr, ValidationError
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static
from textual.worker import Worker

from dazos_tui.address import base_address
from dazos_tui.config import Config, ConfigError, Instance
from dazos_tui.config_edit import add_instance, change_instance
from dazos_tui.crm.client import Answers
from dazos_tui.crm.models import Question
from dazos_tui.resets.checkup import CheckStep, Opened, Step, check_up
from dazos_tui.secrets import credential_for
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.dialogs.question import QuestionDialog
from dazos_tui.tui.dialogs.sign_in import SignInDialog
from dazos_tui.tui.widgets.environment_field import EnvironmentField, environment_of
from dazos_tui.tui.widgets.inputs import SteadyInput

_LABELS = {"name": "Name", "url": "Address", "username": "User name", "environment": "Environment"}
_HINTS = {
    "name": "what you choose it by, such as acme",
    "url": "copied from the browser, any page",
    "username": "the administrator's you sign in as",
}
_MISSING = {"environment": "is still missing: what is this instance for? Choose with ← →"}

SAVED_ANYWAY = frozenset({Step.REACH, Step.LIST, Step.MENU_ITEM})
"""Steps whose failure may lie elsewhere than in what was typed, such as in a VPN that is off."""

_BY_FORM = (
    "Save it all the same: at the first send you are asked whether the CRM's forgot-password form may serve."
)
_AGAIN = "Esc again throws away what you typed."
_TO_CORRECT = {Step.SIGN_IN: "username", Step.ADMIN: "username"}


class AddInstanceDialog(Dialog[str | None]):
    """Asks for an instance, checks all that a send needs, and writes it to the config; gives back its name.

    With `existing`, its table is changed: all but its name, which the history knows it by.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        Binding("escape", "leave", "Cancel"),
        Binding("enter", "next", "Go on", show=False, priority=True),
    ]
    AUTO_FOCUS = ".prompt"

    def __init__(self, config: Config, path: Path, existing: Instance | None = None) -> None:
        super().__init__(classes="tone-plain")
        self._config, self._path, self._existing = config, path, existing
        self._checked: Instance | None = None
        self._tried: list[object] = []
        self._untouched: list[object] = []
        self._saved = False
        self._given_up: list[object] = []
        self._check_under_way: Worker[None] | None = None
        self._opened: Opened | None = None

    def compose(self) -> ComposeResult:
        """Lay out the fields, what the check finds, and the buttons."""
        old = self._existing
        with Vertical(classes="box"):
            yield Static(f"Change {old.name}" if old else "Add a CRM instance", classes="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                for key, hint in _HINTS.items():
                    if not (old and key == "name"):
                        yield from self._field(key, hint)
                with Vertical(classes="field"):
                    yield Static(_label("environment"), classes="label", markup=False)
                    yield EnvironmentField(old.environment if old else None)
                yield Static("", id="steps")
            yield Static(classes="lacking", markup=False)
            with Horizontal(classes="buttons many"):
                yield Button("Check and save (Enter)", id="check")
                yield Button("Save anyway", id="anyway")
                yield Button("Cancel (Esc)", id="cancel")

    def _field(self, key: str, hint: str) -> ComposeResult:
        value = str(getattr(self._existing, key)) if self._existing else ""
        with Vertical(classes="field"):
            yield Static(_label(key), classes="label", markup=False)
            yield SteadyInput(value, placeholder=hint, id=key, classes="prompt", select_on_focus=False)
            if key == "url":
                yield Static("", id="cut", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Begin with nothing to throw away."""
        super().on_mount()
        self._untouched = self._content()
        self._say("")
        self.query_one("#anyway").display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the address as it will be used, and forget what was found of another one."""
        if event.input.id == "url":
            self._show_cut(event.value)
            self._environment.suggest(environment_of(event.value))
        self._forget_other()

    def on_environment_field_changed(self) -> None:
        """Forget what was found before."""
        self._forget_other()

    def on_descendant_focus(self) -> None:
        """Mark the field one is in, where that is seen without colours too."""
        for field in self.query(".field"):
            key = next(str(one.id) for one in field.query(".prompt"))
            # Of two changes at once, the first may be told last.
            at = self.focused in list(field.query(".prompt"))
            field.query_one(".label", Static).update(_label(key, at=at))

    @property
    def _environment(self) -> EnvironmentField:
        return self.query_one(EnvironmentField)

    def _show_cut(self, text: str) -> None:
        try:
            words = f"→ {base_address(text)}" if text.strip() else ""
        except ValueError as error:
            words = f"It {error}."
        self.query_one("#cut", Static).update(words)

    def _forget_other(self) -> None:
        # A change is told a moment after it was made: by then it may be just what is being checked.
        if self._content() != self._tried:
            self._forget()

    def take_opened(self) -> Opened | None:
        """Return, once, the session that the check opened: nobody is to be asked for a code twice."""
        opened, self._opened = self._opened, None
        return opened

    async def on_unmount(self) -> None:
        """Close what the check opened if nobody took it, as where the screen is locked meanwhile."""
        if self._opened is not None and not self._saved:
            await self._opened.close()

    def _content(self) -> list[object]:
        return [*(one.value for one in self.query(Input)), self._environment.value]

    def _forget(self) -> None:
        self.workers.cancel_group(self, "check")
        self._checked = None
        if (opened := self.take_opened()) is not None:
            self.app.run_worker(opened.close())
        self.query_one("#steps", Static).update("")
        self.query_one("#anyway").display = False
        self._say(_AGAIN if self._content() == self._given_up else "")

    def action_leave(self) -> None:
        """Throw away what was typed only on the second try."""
        content = self._content()
        if content in (self._untouched, self._given_up):
            self.leave()
            return
        self._given_up = content
        self._say(_AGAIN)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        match event.button.id:
            case "check":
                self._check_typed()
            case "anyway":
                if self._checked is not None and not self._is_checking:
                    self._work(self._save(self._checked))
            case _:
                self.leave()

    def action_next(self) -> None:
        """Go to the next field, from the last one on; press the button in focus."""
        if isinstance(self.focused, Button):
            self.focused.press()
            return
        fields = list(self.query(".prompt"))
        after = fields[fields.index(self.focused) + 1 :] if self.focused in fields else []
        if after:
            self._go_to(after[0])
        else:
            self._check_typed()

    def _go_to(self, field: Widget) -> None:
        self.set_focus(field)
        field.scroll_visible(animate=False)

    @property
    def _is_checking(self) -> bool:
        """Tell whether what is typed is being checked, or written."""
        work = self._check_under_way
        return work is not None and not work.is_finished and self._content() == self._tried

    def _work(self, job: Coroutine[None, None, None]) -> None:
        self._check_under_way = self.run_worker(job, group="check", exclusive=True)

    def _check_typed(self) -> None:
        # To begin again would be another sign-in, and another code.
        if self._is_checking:
            return
        instance = self._typed()
        if instance is not None:
            self._given_up = []
            self._forget()
            self._tried = self._content()
            self._work(self._check(instance))

    def _typed(self) -> Instance | None:
        """Return the instance that was typed; if it cannot be one, say why and go there."""
        typed: dict[str, object] = {str(one.id): one.value.strip() for one in self.query(Input)}
        if (chosen := self._environment.value) is not None:
            typed["environment"] = chosen.value
        if typed.get("name") in self._config.instances:
            self._correct("name", "is taken: there is such an instance already.")
            return None
        old = self._existing.model_dump(exclude_unset=True) if self._existing else {}
        try:
            return Instance.model_validate({**old, **typed})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            key = str(first["loc"][0])
            missing = _MISSING.get(key, "is still missing")
            reason = str(first["ctx"]["error"]) if first["type"] == "value_error" else missing
            self._correct(key, f"{reason}.")
            return None

    def _correct(self, key: str, words: str) -> None:
        self._say(f"{_LABELS.get(key, key)} {words}")
        for field in self.query(f"#{key}").results(Widget):
            self._go_to(field)

    async def _check(self, instance: Instance) -> None:
        """Check each step, and write the instance if all is well."""

        async def credential() -> SecretStr | None:
            return await self._credential(instance)

        async def answer(question: Question) -> Answers | None:
            return await self.app.push_screen_wait(QuestionDialog(instance, question))

        self._say(f"Checking {instance.host} …")
        passed: list[CheckStep] = []
        async with aclosing(check_up(instance, credential, answer, self._keeping)) as steps:
            async for step in steps:
                passed.append(step)
                self._show_steps(passed)
        self._say("")
        if passed[-1].ok:
            await self._save(instance)
        else:
            self._failed(instance, passed[-1])

    async def _credential(self, instance: Instance) -> SecretStr | None:
        notes: list[str] = []
        found = await credential_for(instance, tell=notes.append)
        if found is None:
            found = await self.app.push_screen_wait(SignInDialog(instance, " ".join(notes)))
        return found

    @property
    def _keeping(self) -> Callable[[Opened], object] | None:
        """Return what keeps the session for the instance that is opened next: one that is added."""
        return partial(setattr, self, "_opened") if self._existing is None else None

    def _failed(self, instance: Instance, step: CheckStep) -> None:
        """Offer what is sensible: to correct what was typed, or to save it all the same."""
        self._checked = instance if step.step in SAVED_ANYWAY else None
        self.query_one("#anyway").display = self._checked is not None
        self._go_to(self.query_one(f"#{_TO_CORRECT.get(step.step, 'url')}"))
        self.call_after_refresh(self.query_one(".body").scroll_end, animate=False)

    def _show_steps(self, steps: list[CheckStep]) -> None:
        lines: list[str | tuple[str, str]] = []
        for one in steps:
            mark = ("✓ ", "$text-success") if one.ok else ("✗ ", "$text-error")
            lines += [mark, f"{one.words}\n"]
            advice = _BY_FORM if one.step is Step.MENU_ITEM and one.error is None else one.advice
            if not one.ok:
                lines.append((f"  {advice}\n", "$text-accent"))
        self.query_one("#steps", Static).update(Content.assemble("\n", *lines))
        self.call_after_refresh(self.query_one(".body").scroll_end, animate=False)

    async def _save(self, instance: Instance) -> None:
        try:
            # In a thread: the disk may be slow.
            await asyncio.to_thread(self._write, instance)
        except ConfigError as error:
            self._say(f"{error} {error.advice}")
        else:
            self._saved = True
            self.leave(instance.name)

    def _write(self, instance: Instance) -> None:
        keys = {key: str(getattr(instance, key)) for key in ("url", "username", "environment")}
        old = self._existing
        if old is None:
            add_instance(self._path, instance.name, keys)
            return
        changed = {key: value for key, value in keys.items() if value != str(getattr(old, key))}
        if changed:
            change_instance(self._path, instance.name, changed)

    def _say(self, words: str) -> None:
        line = self.query_one(".lacking", Static)
        line.update(words)
        line.display = bool(words)


def _label(key: str, *, at: bool = False) -> Content:
    """Return what stands over a field, with a mark where one is."""
    return Content.styled(f"▸ {_LABELS[key]}", "bold") if at else Content(f"  {_LABELS[key]}")
