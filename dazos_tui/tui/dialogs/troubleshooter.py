"""The "Still can't get in" dialog: each possible cause, checked one by one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from dazos_tui.config.models import Instance
from dazos_tui.crm.errors import UserNotFoundError
from dazos_tui.crm.models import Profile
from dazos_tui.troubleshooting.steps import Remedy, StepStatus, TroubleshootingStep
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.job_errors import JobError
from dazos_tui.tui.widgets.key_hints import GAP, KeyHints
from dazos_tui.tui.widgets.titled_box import TitledBox


@dataclass(frozen=True, slots=True)
class RemedyChosen:
    """What to do (None: write a note for the ticket), and the steps it came from.

    Without a `profile`, nobody was found under this `name`.
    """

    remedy: Remedy | None
    name: str
    profile: Profile | None
    steps: tuple[TroubleshootingStep, ...]


_MARKS = {
    StepStatus.FOUND: ("✗", "$text-error"),
    StepStatus.ASK: ("?", "$text-warning"),
    StepStatus.FINE: ("✓", "$text-success"),
}
_KEYS = {
    Remedy.ENABLE_LOGIN: ("e", "enables the login"),
    Remedy.SEND_AGAIN: ("s", "sends a fresh link"),
    Remedy.CHECK_SIGN_INS: ("v", "looks for sign-ins"),
    Remedy.OPEN_IN_BROWSER: ("o", "opens the profile in the browser"),
    Remedy.OTHER_INSTANCES: ("f", "looks in the other instances"),
}


class TroubleshooterDialog(Dialog[RemedyChosen | None]):
    """Shows the steps once the profile has been read; returns the chosen remedy, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        *(Binding(key, f"do('{remedy}')", words) for remedy, (key, words) in _KEYS.items()),
        Binding("n", "note", "Note for the ticket"),
        Binding("escape,q", "leave", "Close"),
    ]
    AUTO_FOCUS = "#close"

    def __init__(
        self,
        instance: Instance,
        name: str,
        steps: Sequence[TroubleshootingStep] = (),
        *,
        gone: Sequence[TroubleshootingStep] = (),
        only_instance: bool = False,
    ) -> None:
        """Build the dialog. Without known `steps`, `show_found` shows them later.

        `gone` are the steps to show if the person no longer exists. With `only_instance`, there is no other
        instance to search.
        """
        super().__init__(classes=f"env-{instance.environment}")
        self._name_shown, self._steps = name, tuple(steps)
        self._gone, self._only_instance = tuple(gone), only_instance
        self._profile: Profile | None = None

    def compose(self) -> ComposeResult:
        """Lay out the dialog."""
        with TitledBox(f"Still can't get in · {self._name_shown}"):
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(Content(f"Reading the profile of {self._name_shown} …"))
            yield KeyHints(id="keys")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close")

    def on_mount(self) -> None:
        """Show what is known."""
        if self._steps:
            self._show_steps()

    def on_button_pressed(self) -> None:
        """Close the dialog."""
        self.leave()

    def show_found(self, profile: Profile, steps: Sequence[TroubleshootingStep]) -> None:
        """Show the steps for the person of this profile."""
        self._profile, self._steps = profile, tuple(steps)
        self._show_steps()

    def show_trouble(self, trouble: JobError) -> None:
        """Show why the profile could not be read."""
        if isinstance(trouble, UserNotFoundError) and self._gone:
            self._steps = self._gone
            self._show_steps()
            return
        words = f"The profile could not be read.\n\n{trouble}\n{trouble.advice}"
        self._show([Static(Content(words))])

    def _show(self, lines: Iterable[Static]) -> None:
        body = self.query_one(VerticalScroll)
        body.remove_children()
        body.mount(*lines)

    def _show_steps(self) -> None:
        self._show(_step_lines(self._steps))
        keys = [f"{key} {words}" for remedy, (key, words) in _KEYS.items() if remedy in self._remedies]
        if self._profile is not None:
            keys.append("n makes a note for the ticket")
        self.query_one(KeyHints).text = GAP.join(keys)

    @property
    def _remedies(self) -> frozenset[Remedy]:
        offered = {step.remedy for step in self._steps if step.remedy is not None}
        return frozenset(offered - ({Remedy.OTHER_INSTANCES} if self._only_instance else set()))

    @property
    def _found_name(self) -> str:
        return self._profile.user.user_name if self._profile is not None else self._name_shown

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable only what some step offers."""
        if action == "note":
            return self._profile is not None
        return action != "do" or parameters[0] in self._remedies

    def action_do(self, remedy: str) -> None:
        """Return the chosen remedy."""
        self.leave(RemedyChosen(Remedy(remedy), self._found_name, self._profile, self._steps))

    def action_note(self) -> None:
        """Return that a note should be written."""
        self.leave(RemedyChosen(None, self._found_name, self._profile, self._steps))


def _step_lines(steps: Iterable[TroubleshootingStep]) -> Iterator[Static]:
    for step in steps:
        mark, colour = _MARKS[step.status]
        if step.status is StepStatus.FINE:
            yield Static(Content.assemble((f"{mark} ", colour), (f"{step.title}: {step.message}", "dim")))
            continue
        yield Static(Content.assemble((f"{mark} {step.title}", f"{colour} bold")))
        yield Static(step.message, classes="step", markup=False)
        if step.advice:
            yield Static(Content.assemble(("→ ", "$text-accent"), step.advice), classes="step")
