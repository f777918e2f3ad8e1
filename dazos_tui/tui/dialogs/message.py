"""The dialog that says what happened, what it means and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.widgets import Button, Static

from dazos_tui import __version__
from dazos_tui.tui.dialogs.copyable_text import CopyableDialog


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something that helps: the label of its button, and what it runs after the message has closed."""

    label: str
    run: Callable[[], object]


class MessageDialog(CopyableDialog):
    """Title, reason, next step. Enter and Escape close it; Ctrl+Y copies all of it for a report.

    It opens by itself: letters go to the field behind; q and y act only after the user moved to a button.
    """

    AUTO_FOCUS = "#leave"

    def __init__(  # noqa: PLR0913 - each of them is shown
        self,
        title: str,
        reason: str,
        advice: str = "",
        *,
        tone: str = "error",
        instance: str = "",
        then: NextStep | None = None,
    ) -> None:
        """Build the message; `instance` is the name of the instance it is about, if any."""
        super().__init__(title, tone=tone, opens_by_itself=True)
        self._reason, self._advice, self._instance, self._then = reason, advice, instance, then

    def buttons(self) -> ComposeResult:
        """Lay out the buttons, that of the next step first."""
        if self._then is not None:
            yield Button(self._then.label, id="next_step")
        yield from super().buttons()

    def action_next_step(self) -> None:
        """Close the message, and run the next step."""
        self.leave()
        if self._then is not None:
            self.app.call_next(self._then.run)

    def words(self) -> ComposeResult:
        """Lay out the reason, and the advice if there is any."""
        yield Static(self._reason, markup=False, id="reason")
        if self._advice:
            yield Static(self._advice, markup=False, id="advice", classes="advice")

    @property
    def text(self) -> str:
        """Return the message, with the version and the instance for a report."""
        where = f" · {self._instance}" if self._instance else ""
        parts = (self._title, self._reason, self._advice, f"dazos-tui {__version__}{where}")
        return "\n\n".join(filter(None, parts))
