"""The last look before a locked login is let in again."""

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from dazos_tui.config import Instance
from dazos_tui.crm.models import Profile
from dazos_tui.tui.dialogs.deliberate import TicketedDialog
from dazos_tui.tui.phrases import fitted

_WORDS = (
    "The person can then sign in with the password they have, or with a reset link that you send "
    "afterwards. It is recorded in the history."
)


@dataclass(frozen=True, slots=True)
class Enabling:
    """That the login of this profile is to be let in again, for this ticket (empty: for none)."""

    profile: Profile
    ticket: str


class EnableDialog(TicketedDialog[Enabling]):
    """Shows whose login it is, and where; gives back the very profile it showed, with the ticket, or None."""

    yes_label, busy_label = "Enable (y)", "Enabling …"
    untouched = "Nothing was done: another key than y was pressed."

    def __init__(
        self, instance: Instance, profile: Profile, *, ticket: str = "", last_ticket: str = ""
    ) -> None:
        super().__init__(classes=f"env-{instance.environment}", ticket=ticket, last_ticket=last_ticket)
        self._instance, self._profile = instance, profile

    def compose(self) -> ComposeResult:
        """Lay out the target and the buttons."""
        user, instance = self._profile.user, self._instance
        env = instance.environment
        who = Content.assemble(
            ("Name      ", "dim"), (f"{fitted(user.name or '—', 50)}\n", "bold"),
            ("User name ", "dim"), (f"{user.user_name}\n", "bold"),
            ("Instance  ", "dim"), (instance.name, "bold"), " ",
            (f" {env.upper()} ", f"$env-{env}-text on $env-{env} bold"), f"\n          {instance.host}\n\n",
            _WORDS,
        )  # fmt: skip
        with Vertical(classes="box"):
            yield Static(f"{instance.labels.enable_login}?", classes="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(who)
            yield from self.ticket_line()
            with Horizontal(classes="buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("Enable …", id="yes", disabled=True)

    def on_mount(self) -> None:
        """Take a yes once the target could be read."""
        self.arm()

    def yes(self) -> Enabling:
        """Return the profile that was shown, with the ticket."""
        return Enabling(self._profile, self.ticket)
