"""The dialog that confirms the unlocking of a login."""

from dataclasses import dataclass

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import Profile
from dazos_tui.tui.dialogs.guarded_dialog import GuardedDialog
from dazos_tui.tui.dialogs.guarded_layout import GuardedContent

_WORDS = (
    "The person can then sign in with the password they have, or with a reset link that you send "
    "afterwards. It is recorded in the history."
)


@dataclass(frozen=True, slots=True)
class EnableConfirmed:
    """The user confirmed that this login should be unlocked; `ticket` is empty without one."""

    profile: Profile
    ticket: str


class EnableLoginDialog(GuardedDialog[EnableConfirmed]):
    """Shows the person and the instance; returns exactly the profile it showed, with the ticket, or None."""

    confirm_label, busy_label = "enable", "Enabling …"
    nothing_done = "Nothing was done"

    def __init__(
        self, instance: Instance, profile: Profile, *, ticket: str = "", last_ticket: str = ""
    ) -> None:
        user = profile.user
        content = GuardedContent(
            title=f"{instance.labels.enable_login}?",
            short_title="Enable?",
            environment=instance.environment,
            person=user.name or user.user_name,
            email=user.email or "—",
            place=f"{instance.name} · {instance.host}",
            user_name=user.user_name,
            notes=(_WORDS,),
            asks=True,
            undone="Nothing done yet.",
        )
        super().__init__(content, ticket=ticket, last_ticket=last_ticket)
        self._profile = profile

    def confirmed_result(self) -> EnableConfirmed:
        """Return the profile that was shown, with the ticket."""
        return EnableConfirmed(self._profile, self.ticket)
