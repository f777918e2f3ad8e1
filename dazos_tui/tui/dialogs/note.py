"""The dialog with the note for the ticket."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.widgets import Button, Static

from dazos_tui.config.models import Config
from dazos_tui.history.models import HistoryEntry
from dazos_tui.notes.note_command import NoteCommandError, run_note_command
from dazos_tui.tui.dialogs.copyable_text import CopyableDialog
from dazos_tui.tui.formatting import fit_width

_PROGRAM_WIDTH = 14
_TITLE_WIDTH = 36


class NoteDialog(CopyableDialog):
    """Shows the note; copies it, or passes it to the note command of the config."""

    # The width from which on all buttons fit beside each other.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide")]  # noqa: RUF012 - Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mask", "Mask the address"),
        Binding("h", "hand_over", "Hand over"),
    ]

    def __init__(  # noqa: PLR0913 - each is the caller's choice
        self,
        title: str,
        text_of: Callable[[bool], str],
        entry: HistoryEntry | None,
        config: Config,
        *,
        on_taken: Callable[[], None] | None = None,
        opens_by_itself: bool = False,
    ) -> None:
        """Build the dialog. `text_of` returns the note, with the address masked or not; `entry` is its reset.

        `on_taken` is called each time the note was copied, or accepted by the note command. A note that
        `opens_by_itself` closes as soon as the user types the next name.
        """
        super().__init__(fit_width(title, _TITLE_WIDTH), opens_by_itself=opens_by_itself)
        self._text_of, self._entry, self._config = text_of, entry, config
        self._masked, self._on_taken = config.note_mask_address, on_taken
        self._is_handing_over = False

    @property
    def text(self) -> str:
        """Return the note."""
        return self._text_of(self._masked)

    def buttons(self) -> ComposeResult:
        """Lay out the buttons."""
        if self._note_command:
            yield Button("", id="hand_over")
        yield Button("", id="mask")
        yield from super().buttons()

    def on_mount(self) -> None:
        """Stack the buttons where they do not fit beside each other."""
        self.query_one(".buttons").set_class(bool(self._note_command), "many")

    @property
    def _note_command(self) -> tuple[str, ...]:
        return (self._config.note_command or ()) if self._entry is not None else ()

    def label_buttons(self) -> None:
        """Label the buttons with the keys that act now."""
        super().label_buttons()
        mask, hand = (" (m)", " (h)") if not self.yields_to_typing else ("", "")
        self.query_one("#mask", Button).label = ("Show" if self._masked else "Mask") + mask
        if self._note_command:
            program = fit_width(self._note_command[0].rpartition("/")[2], _PROGRAM_WIDTH)
            self.query_one("#hand_over", Button).label = f"Hand to {program}{hand}"

    def action_mask(self) -> None:
        """Toggle the masking of the address."""
        self._masked = not self._masked
        self.query_one("#text", Static).update(self.text)
        self.label_buttons()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable handing over only if there is a note command, and once at a time."""
        return action != "hand_over" or (bool(self._note_command) and not self._is_handing_over)

    def typed_behind(self, text: str) -> None:
        """Close: the link is sent, and the user types the next name."""
        self.leave()

    def on_copied(self) -> None:
        """Report that the note was taken."""
        if self._on_taken is not None:
            self._on_taken()

    def action_hand_over(self) -> None:
        """Pass the note to the note command."""
        self.show_status(f"Handing the note to {self._note_command[0]} …")
        # On the app: closing the dialog must not stop a running command.
        self._is_handing_over = True
        self.app.run_worker(self._hand_over())

    async def _hand_over(self) -> None:
        if self._entry is None:
            return
        try:
            await run_note_command(
                self._note_command,
                self._entry,
                self.text,
                secret_variables=self._config.secret_variables,
                mask_address=self._masked,
            )
        except NoteCommandError as error:
            self._show_status(f"✗ {error} {error.advice}".strip(), "error")
        else:
            self.on_copied()
            ticket = f" for {self._entry.request.ticket}" if self._entry.request.ticket else ""
            self._show_status(f"✓ {self._note_command[0]} accepted the note{ticket}.", "information")
        self._is_handing_over = False

    def _show_status(self, words: str, severity: SeverityLevel) -> None:
        """Show the result in the dialog, or as a toast if it is closed."""
        if self.app.screen is self:
            self.show_status(words)
        else:
            self.app.notify(words, title="Ticket note", severity=severity, timeout=15, markup=False)
