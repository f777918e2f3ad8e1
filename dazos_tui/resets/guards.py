"""What is looked at before a link is sent. Each finding is one sentence for the person at the screen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.dialect import same_label
from dazos_tui.crm.menu_item_urls import way_out
from dazos_tui.crm.models import ItemKind, MenuItem, Profile, Status
from dazos_tui.history.clock_skew import ahead_words, is_ahead
from dazos_tui.history.models import Entry
from dazos_tui.resets.accounts import Chosen, same_name
from dazos_tui.text.sanitize import hidden_characters, named_character

_ADDRESS = re.compile(r"[^@\s<>(),;:\\\"]+@[^@\s<>(),;:\\\"]+\.[^@\s<>(),;:\\\".]{2,}")
"""What can be an address: no more than a slip of the hand is looked for, the mail server knows the rest."""


def looks_like_an_address(text: str) -> bool:
    """Tell whether this can be an e-mail address."""
    return _ADDRESS.fullmatch(text) is not None


AGAIN = frozenset({"sent_recently", "sent_meanwhile"})
"""What a deliberate second send overrides: a finding, and a reset since the look, which is no finding."""

DELIBERATE = ("role", "invalid_email", "email_changed", "name_changed", "locked")
"""Codes of the other findings that stop a send unless the user overrides them."""

OVERRIDABLE = frozenset({"sent_recently", *DELIBERATE})
"""Codes of all findings that stop a send unless the user overrides them."""

NO_MENU_ITEM = "no_menu_item"
"""Code of the finding that no menu holds the item that sends a link."""

UNUSABLE_ITEM = "unusable_menu_item"
"""Code of the finding that the item that sends a link cannot be run from here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing before a send.

    If it `blocks`, there can be no send; if it `is_overridable`, only one that the user insists on.
    """

    code: str
    sentence: str
    blocks: bool = False

    @property
    def is_overridable(self) -> bool:
        """Return whether it stops a send until the user overrides it; a mere note does not."""
        return self.code in OVERRIDABLE


def check_profile(  # noqa: PLR0913 - one argument for each thing that is looked at
    instance: Instance,
    profile: Profile,
    last: Entry | None,
    now: datetime,
    *,
    chosen: Chosen | None = None,
    suspect: Finding | None = None,
) -> tuple[Finding, ...]:
    """Return all that speaks against sending a link to this person now, and all that is worth knowing.

    `last` is the newest reset that went out, or may have, to this account or its mailbox; `chosen` what
    somebody saw of the person when they chose them; `suspect` what looks misspelt in the e-mail.
    """
    bad_email = unusable_email(profile)
    looked = (
        _menu_item(instance, profile),
        *_other_by_now(profile, chosen or Chosen()),
        unknown_status(profile),
        barred_role(instance, profile),
        bad_email or suspect,
        locked_login(instance, profile),
        _sent_before(instance, profile, last, now),
    )
    return tuple(finding for finding in looked if finding is not None)


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
    return Finding("role", words)


def unusable_email(profile: Profile) -> Finding | None:
    """Return the finding that there is no e-mail to send to, or none that can be one."""
    email = profile.user.email
    if not email:
        return Finding("no_email", "The profile has no e-mail address to send a link to.", blocks=True)
    if hidden := hidden_in_email(profile):
        return hidden
    if not looks_like_an_address(email):
        return Finding("invalid_email", f"“{email}” does not look like an e-mail address.")
    return None


def hidden_in_email(profile: Profile) -> Finding | None:
    """Return the finding that the e-mail, as the CRM holds it, has characters that nobody sees."""
    words = hidden_words(profile.user.exact_email)
    return Finding("invalid_email", f"“{profile.user.email}” holds {words}.") if words else None


def hidden_words(text: str) -> str:
    """Return in words which characters of a text nobody sees, the first three; empty if there are none."""
    hidden = hidden_characters(text)
    if not hidden:
        return ""
    named = ", ".join(f"{named_character(char)} at position {at}" for at, char in hidden[:3])
    more = f" and {len(hidden) - 3} more" if len(hidden) > 3 else ""
    return f"{'a character' if len(hidden) == 1 else 'characters'} that cannot be seen: {named}{more}"


def _other_by_now(profile: Profile, chosen: Chosen) -> Iterator[Finding]:
    """Yield what the fresh profile shows otherwise than it was when the person was chosen."""
    user = profile.user
    if chosen.user_name and chosen.user_name.casefold() != user.user_name.casefold():
        words = f"This record is of “{user.user_name}” now, and was of “{chosen.user_name}”: choose again."
        yield Finding("other_user", words, blocks=True)
    # A row of the history has the user name in the place of a name that is not known.
    if chosen.name not in {"", chosen.user_name} and not same_name(chosen.name, user.name):
        words = f"The name is different now: it was {chosen.name}, it is {user.name or 'empty'}."
        yield Finding("name_changed", words)
    if chosen.email and chosen.email.casefold() != user.email.casefold():
        words = f"The address is another one by now: it was {chosen.email}, it is {user.email}."
        yield Finding("email_changed", words)


def locked_login(instance: Instance, profile: Profile) -> Finding | None:
    """Return the finding that the login is locked, if it is."""
    if not profile.locked:
        return None
    label = instance.labels.enable_login
    words = f"This login is locked: a new password helps only after “{label}”, or when the hour is over."
    return Finding("locked", words)


def _sent_before(instance: Instance, profile: Profile, last: Entry | None, now: datetime) -> Finding | None:
    if last is None:
        return None
    to = last.request
    whose = "" if to.user_id == profile.user.id else f" for “{to.user_name}”, who has the same e-mail,"
    where = "" if to.instance == instance.name else f" in {to.instance}, which is the same CRM,"
    other = f"{whose}{where}".rstrip(",")
    if now - last.requested_at >= timedelta(minutes=instance.cooldown_minutes):
        words = f"A link was asked for before{other}: tell the person to use only the newest mail."
        return Finding("sent_before", words)
    minutes = int((now - last.requested_at).total_seconds() // 60)
    when = f"{minutes} min ago" if minutes > 0 else "less than a minute ago"
    if is_ahead(last.requested_at, now):
        when = ahead_words(last.requested_at)
    words = f"A link was asked for {when} by {to.operator}{other} ({last.outcome})."
    words += " Send again only if you mean to."
    return Finding("sent_recently", words)
