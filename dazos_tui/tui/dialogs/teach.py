"""The dialog that teaches an instance the request of a menu item, pasted from the browser.

What is pasted holds a live session and people's data. It is read at once and dropped: no part of it is kept
in the dialog, except a request without its credentials while the user is asked which field is the person.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import ClassVar, Protocol

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static
from textual.worker import Worker

from dazos_tui.config.errors import ConfigError
from dazos_tui.crm.models import MenuItemKind
from dazos_tui.instances.doctor import StepResult
from dazos_tui.learning.curl import parse_curl
from dazos_tui.learning.recording import RecordedRequest, RecordingError
from dazos_tui.learning.request_lesson import LearnedRequest, learn_request
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.dialogs.key_line import KeyLine
from dazos_tui.tui.dialogs.search_box import end_row
from dazos_tui.tui.dialogs.teach_pages import (
    TeachCheck,
    TeachPage,
    TeachSubject,
    Template,
    check_page,
    choice_page,
    lesson_page,
    refused_page,
    typing_page,
    waiting_page,
)
from dazos_tui.tui.dialogs.typed_paste import TypedPaste
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.job_errors import JOB_ERRORS
from dazos_tui.tui.widgets.reflowed_rows import ReflowedRows

_LOOK_SECONDS = 0.1
"""How often to look whether a paste that arrives as keys is complete."""


class InstanceTeacher(Protocol):
    """Keeps what was learned about an instance, and checks the instance with it."""

    async def save(self, template: Template) -> None:
        """Write the request to the config. Raises ConfigError; then nothing was written."""

    def check(self) -> AsyncGenerator[StepResult, None]:
        """Yield each step of a check of the instance, without sending anything. Raises JobError."""


class _Pages(ReflowedRows, can_focus=True):
    """The rows of the current page."""


class TeachDialog(Dialog[Template | None]):
    """Reads a pasted request, shows what it would write, and returns it once the user keeps it; else None.

    With a `teacher`, the request is written and checked before the dialog closes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        Binding("escape", "leave", "Cancel"),
        Binding("enter", "next", "Go on", show=False),
        Binding("ctrl+u", "again", "Paste again", show=False),
        Binding("a", "always", "Offer it always", show=False),
    ]
    AUTO_FOCUS = "_Pages"
    border_rows = 0

    def __init__(self, subject: TeachSubject, teacher: InstanceTeacher | None = None) -> None:
        super().__init__(classes="tone-plain")
        self._subject, self._teacher = subject, teacher
        self._typed = TypedPaste()
        self._request: RecordedRequest | None = None
        self._lesson: LearnedRequest | None = None
        self._at = 0
        self._check: TeachCheck | None = None
        self._kept: Template | None = None
        self._work: Worker[None] | None = None
        self._page = waiting_page(subject)

    def compose(self) -> ComposeResult:
        """Lay out the title, the page and the keys."""
        with Vertical(classes="frame steps teach"):
            yield Static(id="head", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield _Pages()
            yield KeyLine()

    def on_mount(self) -> None:
        """Show what to copy, and begin to look for a paste that arrives as keys."""
        super().on_mount()
        self._draw()
        self.set_interval(_LOOK_SECONDS, self._read_typed)

    def on_resize(self, event: events.Resize) -> None:
        """Redraw for the new size."""
        self._draw()

    def _show(self, page: TeachPage) -> None:
        self._page = page
        self.query_one(".body", VerticalScroll).scroll_home(animate=False)
        self._draw()

    def _draw(self) -> None:
        if not self.query(KeyLine):
            return
        width = self.query_one(".frame").size.width or self.app.size.width
        title = fit_width(self._subject.title, max(1, width - 6))
        self.query_one("#head", Static).update(end_row("╭╮", width, title, bold=True))
        self.query_one(_Pages).set_content(self._page.draw)
        self.query_one(KeyLine).hints = self._page.hints

    # -- what is pasted ----------------------------------------------------------------------------------

    @property
    def _is_busy(self) -> bool:
        return self._work is not None and not self._work.is_finished

    def receive_paste(self, text: str) -> bool:
        """Read a pasted request, unless one is being written or checked."""
        self._typed.forget()
        if not self._is_busy:
            try:
                # Terminals send a line break in a paste as the Enter key does, as a carriage return.
                self._read(text.replace("\r\n", "\n").replace("\r", "\n"))
            except RecordingError as error:
                self._refuse(error)
        return True

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Collect a character: it belongs to a paste that arrives as keys."""
        character = "\n" if key.key == "ctrl+j" else key.character if key.is_printable else None
        if character is None or self._is_busy:
            return False
        if not self._typed.is_open:
            self._forget()
            self._show(typing_page())
        self._typed.add(character)
        return True

    def _read_typed(self) -> None:
        if not self._typed.may_be_complete or self._is_busy:
            return
        try:
            self._read(self._typed.text)
        except RecordingError as error:
            if self._typed.wait_for_rest():
                return
            self._refuse(error, was_typed=True)
        self._typed.forget()

    def _read(self, text: str) -> None:
        """Show what a request teaches. Raises RecordingError; then nothing of it is kept."""
        self._forget()
        try:
            self._request = parse_curl(text)
            self._learn()
        except RecordingError:
            self._forget()
            raise

    def _refuse(self, error: RecordingError | ConfigError, *, was_typed: bool = False) -> None:
        """Forget what was pasted, and show why it is not used."""
        self._forget()
        name = self._subject.instance.name
        self._show(refused_page(str(error), error.advice, was_typed=was_typed, name=name))

    def _learn(self, person_field: str | None = None) -> None:
        """Show what the request teaches, or ask which field is the person. Raises RecordingError."""
        if self._request is None:
            return
        lesson = learn_request(self._subject.instance, self._request, person_field=person_field)
        self._lesson = lesson
        if lesson.template is None:
            self._show(choice_page(lesson.candidates, self._at))
        else:
            self._request = None
            self._show(lesson_page(self._subject, lesson, self._subject.template(lesson.template)))

    def _forget(self) -> None:
        self._request = self._lesson = self._check = None
        self._at = 0

    # -- keys --------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the letter where it does nothing: it is then a part of a paste."""
        return self._may_offer_always if action == "always" else super().check_action(action, parameters)

    def action_scroll_body(self, by: int) -> None:
        """Choose another field, or scroll."""
        if self._request is None or self._lesson is None:
            super().action_scroll_body(by)
            return
        self._at = max(0, min(self._at + by, len(self._lesson.candidates) - 1))
        self._show(choice_page(self._lesson.candidates, self._at))

    def action_again(self) -> None:
        """Drop what was read, and wait for another paste."""
        if not self._is_busy:
            self._typed.forget()
            self._forget()
            self._show(waiting_page(self._subject))

    def action_next(self) -> None:
        """Go on: choose the person's field, keep what was learned, check again, or close."""
        if self._typed.is_open:
            self._typed.add("\n")
        elif self._is_busy:
            return
        elif self._check is not None:
            self._check_again() if not self._check.is_well else self.leave(self._kept)
        elif self._lesson is not None and self._lesson.template is not None:
            self._keep(self._subject.template(self._lesson.template))
        elif self._lesson is not None:
            self._choose()

    def _choose(self) -> None:
        lesson = self._lesson
        if lesson is None or not lesson.candidates:
            return
        try:
            self._learn(lesson.candidates[self._at].name)
        except RecordingError as error:
            self._refuse(error)

    def action_leave(self) -> None:
        """Close the dialog; what was written stays."""
        self.leave(self._kept)

    def leave(self, answer: Template | None = None) -> None:
        """Close the dialog and forget what was pasted."""
        self._typed.forget()
        self._forget()
        super().leave(answer)

    # -- keeping it --------------------------------------------------------------------------------------

    def _keep(self, template: Template) -> None:
        if self._teacher is None:
            self.leave(template)
        else:
            self._work = self.run_job(partial(self._save, self._teacher, template))

    async def _save(self, teacher: InstanceTeacher, template: Template) -> None:
        try:
            await teacher.save(template)
        except ConfigError as error:
            self._refuse(error)
            return
        self._kept = template
        await self._run_check(teacher)

    def _check_again(self) -> None:
        if self._teacher is not None:
            self._work = self.run_job(partial(self._run_check, self._teacher))

    async def _run_check(self, teacher: InstanceTeacher) -> None:
        self._check = check = TeachCheck()
        self._show_check()
        try:
            async with aclosing(teacher.check()) as steps:
                async for step in steps:
                    check.steps.append(step)
                    self._show_check()
        except JOB_ERRORS as error:
            check.problem, check.advice = str(error), error.advice
        check.is_done = True
        self._show_check()
        self.call_after_refresh(self.query_one(".body", VerticalScroll).scroll_end, animate=False)

    def _show_check(self) -> None:
        if self._check is not None:
            always = self._may_offer_always
            self._show(check_page(self._subject, self._check, may_offer_always=always))

    @property
    def _may_offer_always(self) -> bool:
        """Return whether the check found that no menu shows the item."""
        check = self._check
        if check is None or not check.is_done or self._subject.kind is not MenuItemKind.SEND_RESET_LINK:
            return False
        return any(one.is_item_missing for one in check.steps)

    def action_always(self) -> None:
        """Offer the link whatever the menus show: write that, and check again."""
        if self._kept is not None and not self._is_busy:
            self._keep({**self._kept, "offered": "always"})
