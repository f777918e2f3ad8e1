"""The checks before a link is sent. Each finding is one sentence for the user."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from dazos_tui.config.models import Instance, ResetRoute
from dazos_tui.crm.dialect import is_same_label
from dazos_tui.crm.menu_item_urls import advice_for_item
from dazos_tui.crm.models import MenuItem, MenuItemKind, Profile, Status, User
from dazos_tui.directory.email_typos import find_email_typos, is_email_like
from dazos_tui.history.clock_skew import describe_ahead, is_clock_ahead
from dazos_tui.history.models import HistoryEntry
from dazos_tui.resets.accounts import UserSnapshot, is_same_name
from dazos_tui.resets.findings import NO_MENU_ITEM, UNUSABLE_MENU_ITEM, Finding
from dazos_tui.text.sanitize import describe_character, hidden_characters


def check_profile(  # noqa: PLR0913 - one argument for each thing that is checked
    instance: Instance,
    profile: Profile,
    last_reset: HistoryEntry | None,
    now: datetime,
    *,
    snapshot: UserSnapshot | None = None,
    suspect_email: Finding | None = None,
) -> tuple[Finding, ...]:
    """Return everything that speaks against sending a link to this person now, or is worth knowing.

    `last_reset` is the newest reset that went out, or may have, to this account or its mailbox. `snapshot` is
    what the user saw of the person when they chose them. `suspect_email` says what looks misspelt in the
    e-mail.
    """
    bad_email = unusable_email_finding(profile)
    checks = (
        _menu_item_finding(instance, profile),
        *_changed_findings(profile, snapshot or UserSnapshot()),
        unknown_status_finding(profile),
        barred_role_finding(instance, profile),
        bad_email or suspect_email,
        locked_login_finding(instance, profile),
        _earlier_reset_finding(instance, profile, last_reset, now),
    )
    return tuple(finding for finding in checks if finding is not None)


def suspect_email_finding(user: User, domains: Mapping[str, int]) -> Finding | None:
    """Return the finding that a person's e-mail looks misspelt, if it does."""
    found = find_email_typos(user.email, user.name, user.user_name, domains)
    if not found:
        return None
    words = " ".join(typo.message for typo in found)
    suggestion = found[-1].suggestion
    return Finding("suspect_email", f"{words} Was {suggestion} meant?" if suggestion else words)


def inactive_account_finding(profile: Profile) -> Finding | None:
    """Return the finding that the account is inactive, if it is."""
    if profile.user.status is not Status.INACTIVE:
        return None
    words = "This account is inactive: a link does not help until the account is restored in the browser."
    return Finding("inactive", words, is_blocking=True)


def unknown_status_finding(profile: Profile) -> Finding | None:
    """Return the finding that the profile does not say whether the account is active, if so."""
    if profile.user.status is not Status.UNKNOWN:
        return None
    shown = next((f.value for block in profile.blocks for f in block.fields if f.name == "status"), "")
    words = (
        f"The profile's status is “{shown}”, which is neither of the words known for active and inactive. "
        "Set labels.active and labels.inactive of this instance in the config to the words it uses."
    )
    return Finding("unknown_status", words, is_blocking=True)


def menu_item_to_run(instance: Instance, profile: Profile) -> MenuItem | None:
    """Return the menu item that sends a link; None if it is missing, or if the form is used instead.

    The form is used if the instance is configured for it and the item has neither a URL nor a configured
    request.
    """
    item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
    by_form = instance.reset_route is ResetRoute.FORGOT_PASSWORD
    return None if item is not None and not item.has_target and by_form else item


def _menu_item_finding(instance: Instance, profile: Profile) -> Finding | None:
    if inactive := inactive_account_finding(profile):
        return inactive
    item = menu_item_to_run(instance, profile)
    if item is not None:
        return _unusable_item_finding(item) if item.problem else _unseen_item_finding(item)
    if found := profile.menu_item(MenuItemKind.SEND_RESET_LINK):
        return Finding("by_form", f"{found.problem} The CRM's public forgot-password form is used instead.")
    label = instance.labels.send_reset_link
    words = f"The CRM does not offer “{label}” for this person, neither under More nor in the list"
    if instance.reset_route is ResetRoute.FORGOT_PASSWORD:
        return Finding("by_form", f"{words}: its public forgot-password form is used instead.")
    if instance.reset_route is None:
        return Finding(
            NO_MENU_ITEM,
            f"{words}. Its public forgot-password form may mail the same link.",
            is_blocking=True,
        )
    return Finding(NO_MENU_ITEM, f"{words}.", is_blocking=True)


def _unusable_item_finding(item: MenuItem) -> Finding:
    return Finding(UNUSABLE_MENU_ITEM, f"{item.problem} {advice_for_item(item)}", is_blocking=True)


def _unseen_item_finding(item: MenuItem) -> Finding | None:
    """Return the finding that no menu shows an item that the config offers always, if so."""
    if item.is_shown:
        return None
    words = (
        f"No menu of the CRM shows “{item.label}” for this person: the configured request is used, as "
        'offered = "always" says.'
    )
    return Finding("by_request", words)


def barred_role_finding(instance: Instance, profile: Profile) -> Finding | None:
    """Return the finding that the person's role may not sign in, if the instance is configured so."""
    role = profile.user.role
    if not any(is_same_label(role, name) for name in instance.roles_without_sign_in):
        return None
    words = (
        f"The role “{role}” may not sign in: a link does not help, the role must be changed in the browser."
    )
    return Finding("role", words)


def unusable_email_finding(profile: Profile) -> Finding | None:
    """Return the finding that the e-mail is missing or cannot be an address, if so."""
    email = profile.user.email
    if not email:
        return Finding("no_email", "The profile has no e-mail address to send a link to.", is_blocking=True)
    if hidden := hidden_email_finding(profile):
        return hidden
    if not is_email_like(email):
        return Finding("invalid_email", f"“{email}” does not look like an e-mail address.")
    return None


def hidden_email_finding(profile: Profile) -> Finding | None:
    """Return the finding that the e-mail, as the CRM has it, contains invisible characters, if it does."""
    words = describe_hidden_characters(profile.user.exact_email)
    return Finding("invalid_email", f"“{profile.user.email}” contains {words}.") if words else None


def describe_hidden_characters(text: str) -> str:
    """Return a description of a text's invisible characters, the first three by name; empty if none."""
    hidden = hidden_characters(text)
    if not hidden:
        return ""
    named = ", ".join(f"{describe_character(char)} at position {at}" for at, char in hidden[:3])
    more = f" and {len(hidden) - 3} more" if len(hidden) > 3 else ""
    return f"{'an invisible character' if len(hidden) == 1 else 'invisible characters'}: {named}{more}"


def _changed_findings(profile: Profile, snapshot: UserSnapshot) -> Iterator[Finding]:
    """Yield what has changed on the profile since the person was chosen."""
    user = profile.user
    if snapshot.user_name and snapshot.user_name.casefold() != user.user_name.casefold():
        words = (
            f"This record now belongs to “{user.user_name}”, no longer to “{snapshot.user_name}”: "
            "choose again."
        )
        yield Finding("other_user", words, is_blocking=True)
    # A row of the history has the user name in place of a name that is not known.
    if snapshot.name not in {"", snapshot.user_name} and not is_same_name(snapshot.name, user.name):
        words = f"The name has changed: it was {snapshot.name}, it is now {user.name or 'empty'}."
        yield Finding("name_changed", words)
    if snapshot.email and snapshot.email.casefold() != user.email.casefold():
        words = f"The e-mail has changed: it was {snapshot.email}, it is now {user.email}."
        yield Finding("email_changed", words)


def locked_login_finding(instance: Instance, profile: Profile) -> Finding | None:
    """Return the finding that the login is locked, if it is."""
    if not profile.is_locked:
        return None
    label = instance.labels.enable_login
    words = f"This login is locked: a new password helps only after “{label}”, or after the one-hour lock."
    return Finding("locked", words)


def _earlier_reset_finding(
    instance: Instance, profile: Profile, last_reset: HistoryEntry | None, now: datetime
) -> Finding | None:
    if last_reset is None:
        return None
    to = last_reset.request
    whose = "" if to.user_id == profile.user.id else f" for “{to.user_name}”, who has the same e-mail,"
    where = "" if to.instance == instance.name else f" in {to.instance}, which is the same CRM,"
    other = f"{whose}{where}".rstrip(",")
    if now - last_reset.requested_at >= timedelta(minutes=instance.cooldown_minutes):
        words = f"A link was requested before{other}: tell the person to use only the newest mail."
        return Finding("sent_before", words)
    minutes = int((now - last_reset.requested_at).total_seconds() // 60)
    when = f"{minutes} min ago" if minutes > 0 else "less than a minute ago"
    if is_clock_ahead(last_reset.requested_at, now):
        when = describe_ahead(last_reset.requested_at)
    words = f"A link was requested {when} by {to.operator}{other} ({last_reset.outcome})."
    words += " Send again only if you mean to."
    return Finding("sent_recently", words)
