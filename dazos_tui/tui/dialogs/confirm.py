"""The last look before a link goes out."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from dazos_tui.config import Instance
from dazos_tui.crm.models import User
from dazos_tui.history.models import Entry
from dazos_tui.history.store import utc_now
from dazos_tui.resets.service import Check
from dazos_tui.tui.phrases import ago


class ConfirmDialog(ModalScreen[Check | None]):
    """Shows whom and where a link is for, as soon as the profile was read.

    Gives back the very check it showed, or None. Starts on Cancel: only ``y`` or the Send button sends.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "send", "Send"),
        Binding("n,escape,q", "cancel", "Cancel"),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, instance: Instance, user: User) -> None:
        super().__init__(classes=f"env-{instance.environment}")
        self._user = user
        self._check: Check | None = None

    def compose(self) -> ComposeResult:
        """Lay out target, warnings and buttons."""
        with Vertical(classes="box"):
            yield Static("Send a reset link?", classes="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                words = f"Reading the profile of {self._user.name or self._user.user_name} …"
                yield Static(Content(words), id="target")
                yield Static("", id="findings", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Send link (y)", id="send", disabled=True)

    def show_check(self, check: Check) -> None:
        """Show what was looked at; from now on the link can be sent, unless something stands in the way."""
        self._check = check
        # The look can be over before the box is there.
        if self.is_mounted:
            self._fill_in(check)

    def _fill_in(self, check: Check) -> None:
        self.query_one("#target", Static).update(target_of(check))
        sentences = "\n".join(f"! {finding.sentence}" for finding in check.findings)
        self.query_one("#findings", Static).update(sentences)
        self.query_one("#send", Button).disabled = bool(check.blockers)

    def on_mount(self) -> None:
        """Start on Cancel."""
        self.query_one("#cancel").focus()
        if self._check is not None:
            self._fill_in(self._check)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "send":
            self.action_send()
        else:
            self.action_cancel()

    def action_send(self) -> None:
        """Give the check back, unless something stands in the way."""
        if self._check is not None and not self._check.blockers:
            self.dismiss(self._check)

    def action_cancel(self) -> None:
        """Send nothing."""
        self.dismiss(None)


def target_of(check: Check) -> Content:
    """Return the target of a reset as aligned lines of label and value."""
    user, instance = check.profile.user, check.instance
    env = instance.environment
    pieces: list[tuple[str, str] | str] = [
        ("Instance  ", "dim"), (instance.name, "bold"), "  ",
        (f" {env.upper()} ", f"$env-{env}-text on $env-{env} bold"), f"\n          {instance.host}\n",
        ("Name      ", "dim"), (f"{user.name or '—'}\n", "bold"),
        ("E-mail    ", "dim"), (f"{user.email or '—'}\n", "bold"),
        ("User name ", "dim"), f"{user.user_name}\n",
        ("Status    ", "dim"), f"{user.status}\n",
        ("Role      ", "dim"), f"{user.role or '—'}\n",
        ("Last link ", "dim"), _last(check.last),
    ]  # fmt: skip
    return Content.assemble(*pieces)


def _last(entry: Entry | None) -> str:
    if entry is None:
        return "never from here"
    return f"{entry.outcome}, {ago(entry.requested_at, utc_now())} by {entry.request.operator}"
