"""What is looked at before a link is sent. Each finding is one sentence for the person at the screen."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dazos_tui.config import Environment, Instance
from dazos_tui.crm.models import ItemKind, Profile, Status
from dazos_tui.history.models import Entry

COOLDOWN = timedelta(minutes=15)
"""For so long after a link went out, the next one needs a deliberate word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing before a send.

    If it `blocks`, there can be no send; if it has an `override`, only without that command-line option.
    """

    code: str
    sentence: str
    blocks: bool = False
    override: str = ""


def check_profile(
    instance: Instance, profile: Profile, last: Entry | None, now: datetime
) -> tuple[Finding, ...]:
    """Return all that speaks against sending a link to this person now, and all that is worth knowing.

    `last` is the newest reset of this person that went out or may have.
    """
    looked = (
        _menu_item(instance, profile),
        _email(profile),
        _locked(profile),
        _sent_before(last, now),
        _production(instance),
    )
    return tuple(finding for finding in looked if finding is not None)


def _menu_item(instance: Instance, profile: Profile) -> Finding | None:
    if profile.user.status is Status.INACTIVE:
        words = "This account is inactive: the CRM offers no link until it is restored in the browser."
        return Finding("inactive", words, blocks=True)
    if profile.item(ItemKind.SEND_RESET_LINK) is None:
        label = instance.labels.send_reset_link
        words = f"The CRM offers no “{label}” for this person, neither under More nor in the list."
        return Finding("no_menu_item", words, blocks=True)
    return None


def _email(profile: Profile) -> Finding | None:
    if profile.user.email:
        return None
    return Finding("no_email", "The profile has no e-mail address to send a link to.", blocks=True)


def _locked(profile: Profile) -> Finding | None:
    if not profile.locked:
        return None
    words = "This login is locked: a new password helps only after Enable Login, or when the hour is over."
    return Finding("locked", words)


def _sent_before(last: Entry | None, now: datetime) -> Finding | None:
    if last is None:
        return None
    if now - last.requested_at >= COOLDOWN:
        words = "A link was asked for before: tell the person to use only the newest mail."
        return Finding("sent_before", words)
    minutes = int((now - last.requested_at).total_seconds() // 60)
    when = f"{minutes} min ago" if minutes > 0 else "less than a minute ago"
    words = f"A link was asked for {when} ({last.outcome}). Send again only if you mean to."
    return Finding("sent_recently", words, override="--again")


def _production(instance: Instance) -> Finding | None:
    if instance.environment is not Environment.PRODUCTION:
        return None
    return Finding("production", "This is a production instance.")
