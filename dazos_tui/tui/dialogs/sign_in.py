"""The dialog that asks for the password of an instance."""

from typing import ClassVar

from pydantic import SecretStr
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from dazos_tui.config.models import Auth, Instance
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.widgets.inputs import PasswordInput
from dazos_tui.tui.widgets.titled_box import TitledBox

_COOKIE_HELP = (
    "Sign in with your browser, and copy the cookie PHPSESSID from its developer tools. "
    "It is the key to your session: paste it nowhere else."
)


class SignInDialog(Dialog[SecretStr | None]):
    """Asks for the password; returns it, or None if the user cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    AUTO_FOCUS = "#password"
    opens_by_itself = True
    secret = True

    def __init__(self, instance: Instance, note: str = "") -> None:
        """Build the dialog. `note` says why the password must be typed, if that is not obvious."""
        super().__init__()
        self._instance = instance
        self._note = note

    def compose(self) -> ComposeResult:
        """Lay out the dialog."""
        instance = self._instance
        who = "with a browser's session" if instance.auth is Auth.COOKIE else f"as {instance.username}"
        with TitledBox(f"Sign in to {instance.name}", instance.environment, short="Sign in"):
            yield Static(f"{instance.name} · {instance.host}\n{who}", markup=False)
            if instance.auth is Auth.COOKIE:
                yield Static(_COOKIE_HELP, markup=False)
            if self._note:
                yield Static(self._note, markup=False)
            what = instance.credential_name.capitalize()
            yield PasswordInput(password=True, placeholder=what, id="password")
            with Horizontal(classes="buttons"):
                yield Button("Sign in (Enter)", id="sign-in")
                yield Button("Cancel (Esc)", id="cancel")

    def on_input_submitted(self) -> None:
        """Sign in with what was typed."""
        self._submit()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run the action of the button."""
        if event.button.id == "sign-in":
            self._submit()
        else:
            self.action_cancel()

    def _submit(self) -> None:
        field = self.query_one(Input)
        if field.value:
            self.leave(SecretStr(field.value))

    def leave(self, answer: SecretStr | None = None) -> None:
        """Close the dialog and clear what was typed."""
        self.query_one(Input).value = ""
        super().leave(answer)

    def action_cancel(self) -> None:
        """Close without a password."""
        self.leave()
