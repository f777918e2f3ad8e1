"""The form that adds an instance to the config, or changes one: typed, checked, and only then written.

The form has steps, which are rows of one list; on a narrow screen each step fills the screen.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input
from textual.worker import Worker

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.models import Config, Instance
from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.errors import SignInError
from dazos_tui.crm.models import Challenge, MenuItemKind
from dazos_tui.instances.doctor import OpenedInstance, StepResult
from dazos_tui.instances.factory import Prompts
from dazos_tui.tui.dialogs.challenge import ChallengeDialog
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.dialogs.instance_check import InstanceCheck
from dazos_tui.tui.dialogs.instance_draft import Draft
from dazos_tui.tui.dialogs.instance_steps import STEP_OF, STEPS, StepResults, StepsBox
from dazos_tui.tui.dialogs.key_line import KeyLine
from dazos_tui.tui.dialogs.sign_in import SignInDialog
from dazos_tui.tui.dialogs.teach import TeachDialog
from dazos_tui.tui.dialogs.teach_pages import TeachSubject, Template
from dazos_tui.tui.job_end import Job
from dazos_tui.tui.widgets.environment_field import EnvironmentField, guess_environment
from dazos_tui.tui.widgets.step_row import StepRow


class AddInstanceDialog(Dialog[str | None]):
    """Asks for an instance, checks all that a send needs, and writes it to the config; returns its name.

    With `existing`, the form changes that table, except the name, by which the history knows the instance.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        Binding("escape", "leave", "Cancel"),
        Binding("enter", "next", "Go on", show=False, priority=True),
        Binding("tab", "step(1)", "Next", show=False),
        Binding("shift+tab", "step(-1)", "Back", show=False),
    ]
    AUTO_FOCUS = ".prompt"
    border_rows = 0

    def __init__(self, config: Config, path: Path, existing: Instance | None = None) -> None:
        super().__init__(classes="tone-plain")
        self._path, self._existing = path, existing
        self._draft = Draft(config, existing)
        self._box = StepsBox(self._draft, path)
        self._check = InstanceCheck()
        self._results = StepResults()
        self._problems: dict[str, str] = {}
        self._at = "url"
        self._tried: dict[str, str] = {}
        self._untouched: dict[str, str] = {}
        self._given_up: dict[str, str] | None = None
        self._saved = False
        self._check_under_way: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay out the title, the steps, and the keys."""
        yield self._box

    def on_mount(self) -> None:
        """Remember the initial values: as long as nothing differs from them, Esc asks nothing."""
        super().on_mount()
        self._untouched = self._typed()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Redraw for the new size."""
        self._show()

    # -- what is typed -----------------------------------------------------------------------------------

    def _typed(self) -> dict[str, str]:
        typed = {str(one.id): one.value.strip() for one in self.query(Input)}
        if (chosen := self._environment.value) is not None:
            typed["environment"] = str(chosen.value)
        self._draft.typed = typed
        return typed

    @property
    def _environment(self) -> EnvironmentField:
        return self.query_one(EnvironmentField)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Guess the environment from the address, and drop results about earlier input."""
        if event.input.id == "url":
            self._environment.suggest(guess_environment(event.value))
        self._problems.pop(str(event.input.id), None)
        self._forget_other()

    def on_environment_field_changed(self) -> None:
        """Drop results about the earlier choice."""
        self._problems.pop("environment", None)
        self._forget_other()

    def _forget_other(self) -> None:
        # The event arrives a moment after the change: what is typed may already be what is being checked.
        if self._typed() != self._tried:
            self._forget()
        self._show()

    def _forget(self) -> None:
        self.workers.cancel_group(self, "check")
        self._results = StepResults()
        if self._check.account not in (None, self._draft.account):
            self.app.run_worker(self._check.close())

    def take_opened(self) -> OpenedInstance | None:
        """Return the session that the check opened, once. Reusing it saves the user a second code."""
        return self._check.take()

    @property
    def was_taught(self) -> bool:
        """Return whether the request that sends a link was taught here."""
        return self._draft.taught is not None

    async def on_unmount(self) -> None:
        """Close the session of the check if nothing continues with it, as after a lock of the screen."""
        if not self._saved or self._existing is not None:
            await self._check.close()

    # -- from step to step -------------------------------------------------------------------------------

    def _go_to(self, key: str) -> None:
        self._at = key
        self._show()
        self.set_focus(self._box.prompt(key))
        self.call_after_refresh(self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        if self._at == "check":
            self.query_one(".body", VerticalScroll).scroll_end(animate=False)
        else:
            self._box.prompt(self._at).scroll_visible(animate=False)

    def on_descendant_focus(self) -> None:
        """Mark the focused field, in a way that does not depend on colour."""
        # Of two quick changes of focus, the first may be reported last.
        if self.focused is not None and self.focused.id in STEP_OF:
            self._at = self.focused.id
            self._show()

    def on_step_row_step_chosen(self, message: StepRow.StepChosen) -> None:
        """Go to the step that was clicked, if it is available."""
        key = next(key for key in self._box.stops if STEP_OF[key] == message.step)
        if key != "write" or self._results.may_write:
            self._go_to(key)

    def action_step(self, by: int) -> None:
        """Go to the next or previous field. This checks nothing and loses nothing."""
        stops = self._box.stops
        at = max(0, min(stops.index(self._at) + by, len(stops) - 1))
        if stops[at] != "write" or self._results.may_write:
            self._go_to(stops[at])

    def action_next(self) -> None:
        """Go on if the field is valid; after the last field check everything, then write it."""
        match self._at:
            case "check" if self._is_checking:
                return
            case "check" if (key := self._results.to_change) is not None:
                self._go_to(key)
            case "check":
                self._check_typed()
            case "write":
                self.action_anyway()
            case key:
                self._leave_field(key)

    def _leave_field(self, key: str) -> None:
        self._typed()
        problem = self._draft.problems().get(key)
        if problem is not None:
            self._problems[key] = problem
            self._show()
            return
        after = self._box.stops[self._box.stops.index(key) + 1]
        if after == "check":
            self._check_typed()
        else:
            self._go_to(after)

    def action_leave(self) -> None:
        """Close the form; if something was typed, only on the second try."""
        typed = self._typed()
        if typed in (self._untouched, self._given_up):
            self.leave()
            return
        self._given_up = typed
        self._show()

    # -- the check ---------------------------------------------------------------------------------------

    @property
    def _is_checking(self) -> bool:
        """Return whether the current input is being checked or written."""
        work = self._check_under_way
        return work is not None and not work.is_finished and self._typed() == self._tried

    def _work(self, job: Job) -> None:
        self._check_under_way = self.run_job(job, group="check")

    def action_again(self) -> None:
        """Check once more."""
        self._check_typed()

    def _check_typed(self) -> None:
        # Starting again would cost another sign-in.
        if self._is_checking:
            self._go_to("check")
            return
        self._tried = self._typed()
        self._problems = self._draft.problems()
        instance = self._draft.instance()
        if instance is None:
            self._go_to(next(iter(self._problems), "url"))
            return
        self._given_up = None
        self._forget()
        self._results = StepResults(instance)
        self._work(partial(self._check_all, instance))
        self._go_to("check")

    async def _check_all(self, instance: Instance) -> None:
        """Check each step, and write the instance if all pass."""

        async def answer(challenge: Challenge) -> ChallengeAnswers | None:
            return await self.app.push_screen_wait(ChallengeDialog(instance, challenge))

        prompts = Prompts(partial(self._credential, instance), answer)
        async with aclosing(self._check.run(instance, prompts)) as steps:
            async for step in steps:
                self._found(step)
        self._results.is_done = True
        if self._results.is_well:
            await self._save(instance)
        else:
            self._go_to("check")

    async def _credential(self, instance: Instance, notes: Sequence[str]) -> SecretStr:
        typed = await self.app.push_screen_wait(SignInDialog(instance, " ".join(notes)))
        if typed is None:
            raise SignInError(
                f"No {instance.credential_name} was entered.", advice="Check again, and enter it when asked."
            )
        return typed

    def _found(self, step: StepResult) -> None:
        self._results.steps.append(step)
        self._show()
        self.call_after_refresh(self._keep_in_sight)

    # -- teaching it -------------------------------------------------------------------------------------

    def action_teach(self) -> None:
        """Teach the request that sends a link, and check again with it; nothing is written yet."""
        instance, failure = self._results.instance, self._results.failure
        if instance is None or failure is None or not self._results.can_be_taught or self._is_checking:
            return
        title = f"Teach {instance.name} · step {list(STEPS).index('check') + 1} of {len(STEPS)}"
        kind = MenuItemKind.SEND_RESET_LINK
        subject = TeachSubject(instance, kind, self._path, title, is_in_menu=not failure.is_item_missing)
        self.app.push_screen(TeachDialog(subject), self._taught)

    def _taught(self, template: Template | None) -> None:
        if template is not None:
            self._draft.taught = template
            self._check_typed()

    # -- writing it --------------------------------------------------------------------------------------

    def action_anyway(self) -> None:
        """Write what was checked although a step failed, if the input need not be the cause."""
        instance = self._results.instance
        if instance is not None and self._results.may_write and not self._is_checking:
            self._work(partial(self._save, instance))

    async def _save(self, instance: Instance) -> None:
        self._go_to("write")
        try:
            # In a thread: the disk may be slow.
            await asyncio.to_thread(self._draft.write, self._path, instance)
        except ConfigError as error:
            self._results.not_written = f"{error} {error.advice}"
            self._show()
        else:
            self._saved = True
            self.leave(instance.name)

    def _show(self) -> None:
        """Show each step, the current field, and its keys."""
        if self.query(KeyLine):
            leaving = self._typed() == self._given_up
            self._box.show(self._at, self._results, self._problems, leaving=leaving)
