"""What is looked at before a link is sent. Each finding is one sentence for the person at the screen."""

from dataclasses import dataclass

from dazos_tui.config import Environment, Instance
from dazos_tui.crm.models import ItemKind, Profile, Status
from dazos_tui.history.models import Entry


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing before a send. If `blocks`, there can be no send at all."""

    code: str
    sentence: str
    blocks: bool = False


def check_profile(instance: Instance, profile: Profile, last: Entry | None) -> tuple[Finding, ...]:
    """Return all that speaks against sending a link to this person now, and all that is worth knowing."""
    user, label = profile.user, instance.labels.send_reset_link
    found: list[Finding] = []
    if user.status is Status.INACTIVE:
        found.append(Finding(
            "inactive",
            "This account is inactive: the CRM offers no menu and no link until the account is restored in the browser.",
            blocks=True,
        ))
    elif profile.item(ItemKind.SEND_RESET_LINK) is None:
        found.append(Finding(
            "no_menu_item",
            f"The CRM offers no “{label}” for this person: not in the More menu and not in the row's menu.",
            blocks=True,
        ))
    if not user.email:
        found.append(Finding("no_email", "The profile has no e-mail address to send a link to.", blocks=True))
    if profile.locked:
        found.append(Finding("locked", "This login is locked: a new password helps only after Enable Login, or in an hour."))
    if last is not None:
        found.append(Finding("sent_before", f"A link was asked for before ({last.outcome}); a new one makes it useless."))
    if instance.environment is Environment.PRODUCTION:
        found.append(Finding("production", "This is a production instance."))
    return tuple(found)
