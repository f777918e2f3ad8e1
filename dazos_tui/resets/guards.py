"""What is looked at before a link is sent. Each finding is one sentence for the person at the screen."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from dazos_tui.config import Environment, Instance, ResetRoute
from dazos_tui.crm.dialect import same_label
from dazos_tui.crm.menu_address import way_out
from dazos_tui.crm.models import ItemKind, MenuItem, Profile, Status
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


NO_MENU_ITEM = "no_menu_item"
"""Code of the finding that no menu holds the item that sends a link."""

UNUSABLE_ITEM = "unusable_menu_item"
"""Code of the finding that the item that sends a link cannot be run from here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing before a send.

    If it `blocks`, there can be no send; if it has an `override`, only with that command-line option.
    """

    code: str
    sentence: str
    blocks: bool = False
    override: str = ""


def check_profile(
    instance: Instance, profile: Profile, last: Entry | None, now: datetime, *, listed: str = ""
) -> tuple[Finding, ...]:
    """Return all that speaks against sending a link to this person now, and all that is worth knowing.

    `last` is the newest reset of this person that went out or may have; `listed` the e-mail by which somebody
    chose the person, empty if they did not see one.
    """
    looked = (
        _menu_item(instance, profile),
        unknown_status(profile),
        barred_role(instance, profile),
        unusable_email(profile),
        _changed(profile, listed),
        locked_login(instance, profile),
        _sent_before(instance, last, now),
        _production(instance),
    )
    return tuple(finding for finding in looked if finding is not None)


def _held(code: str, sentence: str) -> Finding:
    """Return a finding that is meant to be passed over deliberately, by its code."""
    return Finding(code, sentence, override=f"--allow {code}")


def inactive_account(profile: Profile) -> Finding | None:
    """Return the finding that the account is inactive, if it is."""
    if profile.user.status is not Status.INACTIVE:
        return None
    words = "This account is inactive: a link helps nobody until it is restored in the browser."
    return Finding("inactive", words, blocks=True)


def unknown_status(profile: Profile) -> Finding | None:
    """Return the finding that the profile does not tell whether the account is active, if so."""
    if profile.user.status is not Status.UNKNOWN:
        return None
    shown = next((f.value for block in profile.blocks for f in block.fields if f.name == "status"), "")
    words = (
        f"The profile's status is “{shown}”, and neither of the words known for active and inactive. Set "
        "labels.active and labels.inactive of this instance in the config to the words it uses."
    )
    return Finding("unknown_status", words, blocks=True)


def item_to_run(instance: Instance, profile: Profile) -> MenuItem | None:
    """Return the menu item that sends a link; None if there is none, or if the form is asked in its place.

    That is so where the instance is to use the form, and the item has no address.
    """
    item = profile.item(ItemKind.SEND_RESET_LINK)
    by_form = instance.reset_route is ResetRoute.FORGOT_PASSWORD
    return None if item is not None and not item.target and by_form else item


def _menu_item(instance: Instance, profile: Profile) -> Finding | None:
    if inactive := inactive_account(profile):
        return inactive
    item = item_to_run(instance, profile)
    if item is not None:
        return (
            Finding(UNUSABLE_ITEM, f"{item.problem} {way_out(item)}", blocks=True) if item.problem else None
        )
    if found := profile.item(ItemKind.SEND_RESET_LINK):
        return Finding("by_form", f"{found.problem} The CRM's public forgot-password form is asked instead.")
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
    return _held("role", words)


def unusable_email(profile: Profile) -> Finding | None:
    """Return the finding that there is no e-mail to send to, or none that can be one."""
    email = profile.user.email
    if not email:
        return Finding("no_email", "The profile has no e-mail address to send a link to.", blocks=True)
    if not looks_like_an_address(email):
        return _held("invalid_email", f"“{email}” does not look like an e-mail address.")
    return None


def _changed(profile: Profile, listed: str) -> Finding | None:
    email = profile.user.email
    if not listed or listed.casefold() == email.casefold():
        return None
    return _held("email_changed", f"The address is another one by now: it was {listed}, it is {email}.")


def locked_login(instance: Instance, profile: Profile) -> Finding | None:
    """Return the finding that the login is locked, if it is."""
    if not profile.locked:
        return None
    label = instance.labels.enable_login
    words = f"This login is locked: a new password helps only after “{label}”, or when the hour is over."
    return _held("locked", words)


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
    return Finding("sent_recently", words, override="--again")


def _production(instance: Instance) -> Finding | None:
    if instance.environment is not Environment.PRODUCTION:
        return None
    return Finding("production", "This is a production instance.")
