"""The plan of a batch: who gets a link, who does not and why, and the confirmation for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.resets.batch_plan import BatchPlan, PlanVerdict
from dazos_tui.tui.dialogs.batch_screen import BatchScreen, describe, detail_words
from dazos_tui.tui.dialogs.confirm_guard import ConfirmGuard
from dazos_tui.tui.dialogs.guarded_layout import KeyHint, wrap_rows
from dazos_tui.tui.formatting import format_count
from dazos_tui.tui.job_errors import JobError
from dazos_tui.tui.plan_choices import PlanChoices
from dazos_tui.tui.widgets.batch_lists import PlanList, PlanRow, person_email, person_name
from dazos_tui.tui.widgets.inputs import TicketInput
from dazos_tui.tui.widgets.reflowed_rows import QUIET
from dazos_tui.tui.widgets.virtual_list import VirtualList

_MAX_DIGITS = 6
_OWN_CHARACTERS = frozenset("xAt0123456789")
"""The keys of the plan: pressed a little early, they are no name."""


@dataclass(frozen=True, slots=True)
class BatchConfirmed:
    """The user confirmed this plan; `ticket` is empty without one."""

    plan: BatchPlan
    ticket: str


def looked_at(moment: datetime) -> str:
    """Return when the profiles were read, in words."""
    return f"looked {moment.astimezone():%H:%M}"


class PlanDialog(BatchScreen[BatchConfirmed]):
    """Shows who is looked at, then the plan. Only the number of its links, typed, and Enter confirm it.

    A key counts once the terminal has drawn the plan. Pasted text never does. Returns exactly the plan that
    was shown, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "leave_out", "Leave out"),
        Binding("A,shift+a", "take_in", "Take in"),
        Binding("t", "ticket", "Ticket"),
        Binding("enter", "confirm", "Send", show=False),
        Binding("escape", "cancel", "Cancel"),
        Binding("backspace", "erase", "Erase", show=False),
        *(Binding(digit, f"digit('{digit}')", digit, show=False) for digit in "0123456789"),
    ]
    AUTO_FOCUS = "#plan-list"
    confirm_key = "Enter"

    def __init__(
        self, instance: Instance, users: Sequence[User], *, what: str, ticket: str = "", last_ticket: str = ""
    ) -> None:
        """Build the screen for these people; `what` says in a word why these, such as ``picked``."""
        super().__init__(instance)
        self.guard: ConfirmGuard[BatchConfirmed] = ConfirmGuard(self, "Nothing was sent")
        self._rows = [PlanRow(at, one.name or one.user_name, one.email) for at, one in enumerate(users)]
        self._what, self._tickets = what, (ticket, last_ticket)
        self._choices: PlanChoices | None = None
        self._looked, self._looked_at = 0, ""
        self._error: JobError | None = None
        self._links, self._counts = 0, ""
        self._typed = ""
        self._message = ""
        self._seen: object = None
        self._was_armed = False

    # -- what is on it --------------------------------------------------------------------------------

    def between(self) -> ComposeResult:
        """Lay out the line for the ticket, which is visible while one is typed."""
        with Horizontal(id="batch-ticket"):
            yield Static("Ticket (t) ", markup=False)
            yield TicketInput(*self._tickets)

    def list_widget(self) -> Widget:
        """Return a new list."""
        widget = PlanList(id="plan-list")
        widget.add_class("batch-list")
        return widget

    @property
    def _list(self) -> PlanList:
        return self.query_one(PlanList)

    def on_mount(self) -> None:
        """Show whose profiles will be read."""
        self._list.looking_at = 0
        self._list.show_rows(self._rows)
        self.query_one("#batch-ticket").display = False
        self.draw()

    def show_progress(self, looked: int, total: int) -> None:
        """Show how many of the profiles have been read."""
        if self._choices is None and self.is_attached:
            self._looked = looked
            self._list.looking_at = looked
            self._list.touched = True
            self._list.action_move(looked - self._list.cursor)
            self._list.repaint()
            self.draw()

    def show_plan(self, plan: BatchPlan, now: datetime) -> None:
        """Show the plan, and accept keys once it is drawn. `now` is when the last profile was read."""
        self._looked_at = looked_at(now)
        self._list.looking_at = -1
        self._choose(PlanChoices(plan))
        self._list.action_edge(-1)

    def show_trouble(self, trouble: JobError) -> None:
        """Show why there is no plan."""
        self._error = trouble
        self.forget_details()
        self._list.looking_at = -1
        self._list.repaint()
        self.draw()

    def _choose(self, choices: PlanChoices) -> None:
        self._choices, self._typed, self._message = choices, "", ""
        people = choices.people
        self._rows = [
            PlanRow(at, person_name(people[at]), person_email(people[at]), people[at], at in choices.left_out)
            for at in choices.places
        ]
        self.forget_details()
        self._list.touched = True
        self._list.show_rows(self._rows)
        self._links = choices.chosen.count(PlanVerdict.LINK)
        self._counts = _counts_of(choices)
        self.draw()

    @property
    def title_words(self) -> str:
        """Return how many people the plan is for."""
        return f"{len(self._rows):,} {self._what} · plan"

    def head_rows(self, width: int) -> list[str | Content]:
        """Return where the links go to, and the ticket."""
        ticket = [] if self._is_typing else [f"ticket {self.ticket} (t)" if self.ticket else "no ticket (t)"]
        right = self._looked_at
        if self._choices is None and self._error is None:
            right = f"looking {min(self._looked + 1, len(self._rows)):,} of {len(self._rows):,}"
        rows = self.place_rows(width, *ticket, right=right)
        if self._choices is None and self._error is None and len(rows) > 1:
            rows.append(Content.styled(f" {right}", QUIET))
        return [*rows, *self.title_rows(width, "What will happen")]

    def detail(self) -> tuple[str, str]:
        """Return the name and e-mail of the row under the cursor, and what speaks against a link."""
        row = self._list.current
        if row is None:
            return "", ""
        if self._error is not None:
            return "No plan could be made", f"{self._error} {self._error.advice}".strip()
        return describe(row.name, row.email, self.app.size.width), row.reason

    def foot_rows(self, width: int) -> list[str | Content]:
        """Return the detail, the counts, and the line in which the number is typed."""
        return [*self.detail_rows(width, self._detail_height(width)), *self._count_rows(width)]

    def _detail_height(self, width: int) -> int:
        """Return the rows of the detail, the same for every person: nothing moves with the cursor."""
        shown = ((describe(row.name, row.email, width), row.reason) for row in self._rows)
        details = shown if self._error is None else iter([self.detail()])
        return min(self.longest_detail(width, details), self.max_detail_rows)

    def _count_rows(self, width: int) -> list[str | Content]:
        if self._error is not None:
            return [""]
        if self._choices is None:
            return [" The profiles are read; nothing is sent."[: width - 1]]
        rows: list[str | Content] = [f" {row}" for row in wrap_rows(self._counts, width - 2)]
        if self._message:
            message = wrap_rows(self._message, width - 2)
            rows += [Content.styled(f" {row}", "$text-warning bold") for row in message]
        if not self._links:
            return [*rows, Content.styled(" Nobody gets a link.", "bold")]
        asks = f"Type the number of links, {self._links}, then Enter: "
        short = f"Links ({self._links}), then Enter: "
        words = asks if len(asks) + _MAX_DIGITS + 2 < width else short
        style = "bold" if self.guard.is_armed else QUIET
        # The cursor shows that digits are taken.
        cursor = "▏" if self._was_armed else ""
        busy = "Sending …" if self.guard.is_confirmed else f"{words}{self._typed}{cursor}"
        return [*rows, Content.styled(f" {busy}", style)]

    def key_hints(self) -> Sequence[KeyHint]:
        """Return the keys that act now."""
        cancel = KeyHint("Esc", "cancel")
        if self._is_typing:
            return KeyHint("Enter", "done"), cancel
        if self._error is not None:
            return KeyHint("Esc", "close"), KeyHint("", "the picks are kept")
        if self._choices is None:
            return (cancel,)
        if not self.fits:
            return cancel, KeyHint("", "make the window larger to send", "make the window larger")
        return (
            KeyHint("x", "leave out"),
            KeyHint("A", "take a stopped one in", "take in"),
            KeyHint("t", "ticket"),
            cancel,
        )

    # -- being seen -----------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw what differs. A plan that looks different must be seen again before Enter counts."""
        super().draw()
        if self._choices is None:
            return
        seen = self._counts, self._looked_at, tuple(self.app.size)
        if self._seen != seen:
            self._seen = seen
            self.guard.arm()

    def on_screen_resume(self) -> None:
        """Require that the plan is seen again after a dialog covered it."""
        if self._choices is not None:
            self.guard.arm()

    def show_readiness(self) -> None:
        """Show whether Enter counts."""
        self._was_armed = self._was_armed or self.guard.is_armed
        super().draw()

    def confirmed_result(self) -> BatchConfirmed | None:
        """Return the plan that was shown, with the ticket."""
        return None if self._choices is None else BatchConfirmed(self._choices.chosen, self.ticket)

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        self._message = ""
        super().draw()

    # -- keys -----------------------------------------------------------------------------------------

    @property
    def _is_typing(self) -> bool:
        return isinstance(self.focused, TicketInput)

    @property
    def _accepts_choices(self) -> bool:
        # After each choice the plan must be drawn before Enter counts, but the next choice needs not wait.
        return self._was_armed and not self.guard.is_confirmed

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys of the plan where they do nothing."""
        if action in {"leave_out", "take_in", "digit", "ticket"}:
            return self._accepts_choices and not self._is_typing
        return super().check_action(action, parameters)

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Cancel at a letter typed before the plan is drawn, or just after Enter: it may be a name.

        The keys of the plan do nothing then. Later a letter only says what sends.
        """
        if not key.is_printable or self._error is not None:
            return key.is_printable
        if key.character in _OWN_CHARACTERS and not self.guard.is_confirmed:
            return True
        if not self._accepts_choices:
            words = "Nothing was sent: a letter was typed. The picks are kept."
            self.notify(words, severity="warning", markup=False)
            self.guard.cancel()
        else:
            self._say_what_sends()
        return True

    def _say_what_sends(self) -> None:
        self._say(
            f"Nothing was sent: type {self._links}, then Enter." if self._links else "Nothing was sent."
        )

    def _say(self, words: str) -> None:
        """Show a message until the next key. Not as a toast: that would cover what must be seen."""
        self._message = words
        super().draw()

    def receive_paste(self, text: str) -> bool:
        """Ignore pasted text, except in the ticket: a number that was not typed confirms nothing."""
        if not self._is_typing:
            self._say("Pasted text confirms nothing: type the number.")
        return not self._is_typing

    def action_digit(self, digit: str) -> None:
        """Type a digit of the number."""
        self._typed, self._message = (self._typed + digit)[:_MAX_DIGITS], ""
        super().draw()

    def action_erase(self) -> None:
        """Erase the last digit."""
        self._typed, self._message = self._typed[:-1], ""
        super().draw()

    def action_confirm(self) -> None:
        """Confirm the plan if the number typed is that of its links."""
        if self._choices is None or not self._links or not self.fits:
            return
        if self._typed != str(self._links):
            wrong = f"{self._typed} is not the number of links. " if self._typed else ""
            self._typed = ""
            self._say(f"{wrong}Type {self._links}, then Enter.")
        elif self.guard.accepts_key("enter"):
            self.guard.confirm()

    def action_leave_out(self) -> None:
        """Leave the person under the cursor out, or take them back."""
        if self._choices is not None and (row := self._list.current) is not None:
            self._choose(self._choices.toggled(row.place))

    def action_take_in(self) -> None:
        """Take the person under the cursor in despite the warning, if all of it was visible."""
        choices, row = self._choices, self._list.current
        if choices is None or row is None:
            return
        taken = choices.with_taken_in(row.place)
        if taken == choices:
            self._say("Only a person with ■ STOP can be taken in.")
        elif self._is_cut(row):
            self._say("Make the window larger to read the whole warning first.")
        else:
            self._choose(taken)

    def _is_cut(self, row: PlanRow) -> bool:
        width = self.app.size.width
        words = detail_words(describe(row.name, row.email, width), row.reason, width)
        return len(words) > self._detail_height(width)

    # -- the ticket -----------------------------------------------------------------------------------

    @property
    def ticket(self) -> str:
        """Return the ticket; empty for none."""
        return self.query_one(TicketInput).value.strip()

    def action_ticket(self) -> None:
        """Show the line for the ticket, and type there."""
        self.query_one("#batch-ticket").display = True
        self.set_focus(self.query_one(TicketInput))
        self.draw()

    def action_leave_ticket(self) -> None:
        """Go back to the list: Enter in the ticket does nothing else."""
        self.set_focus(self._list)
        self.query_one("#batch-ticket").display = False
        self.draw()

    def action_cancel(self) -> None:
        """Leave the ticket, or close the screen without sending anything."""
        if self._is_typing:
            self.action_leave_ticket()
        else:
            self.guard.cancel()


def _counts_of(choices: PlanChoices) -> str:
    """Return how many people get a link, and how many do not and why, in words."""
    chosen = choices.chosen
    counts = [format_count(chosen.count(PlanVerdict.LINK), "gets a link", "get a link")]
    for words, number in (
        ("stopped", chosen.count(PlanVerdict.STOPPED)),
        ("skipped", chosen.count(PlanVerdict.SKIPPED)),
        ("done already", chosen.count(PlanVerdict.DONE, PlanVerdict.REPEATED)),
        ("gone", chosen.count(PlanVerdict.AMBIGUOUS, PlanVerdict.UNKNOWN_PERSON)),
        ("left out", len(choices.left_out)),
    ):
        counts += [f"{number:,} {words}"] if number else []
    return " · ".join(counts)
