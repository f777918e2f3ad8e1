"""What is looked at before a link is sent. Each finding is one sentence for the person at the screen."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from dazos_tui.config import Instance, ResetRoute
from dazos_tui.crm.dialect import same_label
from dazos_tui.crm.models import ItemKind, Profile, Status
from dazos_tui.history.models import Entry

_ADDRESS = re.compile(r"[^@\s<>(),;:\\\"]+@[^@\s<>(),;:\\\"]+\.[^@\s<>(),;:\\\".]{2,}")
"""What can be an address: no more than a slip of the hand is looked for, the mail server knows the rest."""


def looks_like_an_address(text: str) -> bool:
    """Tell whether this can be an e-mail address."""
    return _ADDRESS.fullmatch(text) is not None


AGAIN = frozenset({"sent_recently", "sent_meanwhile"})
"""What ``--again`` passes over: a finding, and a reset since the look, which no finding can tell."""

DELIBERATE = ("role", "invalid_email", "email_changed", "locked")
"""Codes of the findings that ``--allow`` passes over."""

OVERRIDES = {"sent_recently": "--again", **{code: f"--allow {code}" for code in DELIBERATE}}
"""Codes of the findings that stop a send, with the command-line option that passes over each.

The one table for both: the command line wants the option, the confirm box shows a STOP and wants another key.
"""

NO_MENU_ITEM = "no_menu_item"
"""Code of the finding that no menu holds the item that sends a link."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing before a send.

    If it `blocks`, there can be no send; if it has an `override`, only with that command-line option, or
    after the deliberate key of the confirm box.
    """

    code: str
    sentence: str
    blocks: bool = False

    @property
    def override(self) -> str:
        """Return the command-line option that passes over it, such as ``--again``; empty for a mere note."""
        return OVERRIDES.get(self.code, "")


def check_profile(
    instance: Instance, profile: Profile, last: Entry | None, now: datetime, *, listed: str = ""
) -> tuple[Finding, ...]:
    """Return all that speaks against sending a link to this person now, and all that is worth knowing.

    `last` is the newest reset of this person that went out or may have; `listed` the e-mail by which somebody
    chose the person, empty if they did not see one.
    """
    looked = (
        _menu_item(instance, profile),
        barred_role(instance, profile),
        unusable_email(profile),
        _changed(profile, listed),
        locked_login(instance, profile),
        _sent_before(instance, last, now),
    )
    return tuple(finding for finding in looked if finding is not None)


def inactive_account(profile: Profile) -> Finding | None:
    """Return the finding that the account is inactive, if it is."""
    if profile.user.status is not Status.INACTIVE:
        return None
    words = "This account is inactive: a link helps nobody until it is restored in the browser."
    return Finding("inactive", words, blocks=True)


def _menu_item(instance: Instance, profile: Profile) -> Finding | None:
    if inactive := inactive_account(profile):
        return inactive
    if profile.item(ItemKind.SEND_RESET_LINK) is not None:
        return None
    label = instance.labels.send_reset_link
    words = f"The CRM offers no “{label}” for this person, neither under More nor in the list"
    if instance.reset_route is ResetRoute.FORGOT_PASSWORD:
        return Finding("by_form", f"{words}: its public forgot-password form is asked instead.")
    if instance.reset_route is None:
        return Finding(
            NO_MENU_ITEM, f"{words}. Its public forgot-password form may mail the same link.", blocks=True
        )
    return Finding(NO_MENU_ITEM, f"{words}.", blocks=True)


def barred_role(instance: Instance, profile: Profile) -> Finding | None:
    """Return the finding that the person's role may not sign in, if the instance has it among those."""
    role = profile.user.role
    if not any(same_label(role, name) for name in instance.roles_without_sign_in):
        return None
    words = (
        f"The role “{role}” may not sign in: a link does not help, the role must be changed in the browser."
    )
    return Finding("role", words)


def unusable_email(profile: Profile) -> Finding | None:
    """Return the finding that there is no e-mail to send to, or none that can be one."""
    email = profile.user.email
    if not email:
        return Finding("no_email", "The profile has no e-mail address to send a link to.", blocks=True)
    if not looks_like_an_address(email):
        return Finding("invalid_email", f"“{email}” does not look like an e-mail address.")
    return None


def _changed(profile: Profile, listed: str) -> Finding | None:
    email = profile.user.email
    if not listed or listed.casefold() == email.casefold():
        return None
    return Finding("email_changed", f"The address is another one by now: it was {listed}, it is {email}.")


def locked_login(instance: Instance, profile: Profile) -> Finding | None:
    """Return the finding that the login is locked, if it is."""
    if not profile.locked:
        return None
    label = instance.labels.enable_login
    words = f"This login is locked: a new password helps only after “{label}”, or when the hour is over."
    return Finding("locked", words)


def _sent_before(instance: Instance, last: Entry | None, now: datetime) -> Finding | None:
    if last is None:
        return None
    if now - last.requested_at >= timedelta(minutes=instance.cooldown_minutes):
        words = "A link was asked for before: tell the person to use only the newest mail."
        return Finding("sent_before", words)
    minutes = int((now - last.requested_at).total_seconds() // 60)
    when = f"{minutes} min ago" if minutes > 0 else "less than a minute ago"
    by = last.request.operator
    words = f"A link was asked for {when} by {by} ({last.outcome}). Send again only if you mean to."
    return Finding("sent_recently", words)
