"""How a list that was read again differs from the remembered one: signs and words."""

from dazos_tui.crm.models import User
from dazos_tui.directory.remembered_users import ListChanges
from dazos_tui.history.times import utc_now
from dazos_tui.tui.formatting import format_time

NEW_SIGN, CHANGED_SIGN = "+", "~"
"""Signs of a person who is not in the remembered list, or is different there."""


def sign_of(user: User, changes: ListChanges | None) -> str:
    """Return the sign of a person's row; empty if nothing changed."""
    if changes is None:
        return ""
    return NEW_SIGN if user.id in changes.new else CHANGED_SIGN if user.id in changes.changed else ""


def changes_in_words(changes: ListChanges) -> str:
    """Return how many people are new, changed and gone: ``+2 ~1 -1 since 09:12``."""
    counts = [(NEW_SIGN, changes.new), (CHANGED_SIGN, changes.changed), ("-", changes.gone)]
    words = " ".join(f"{sign}{len(people):,}" for sign, people in counts if people)
    return f"{words} since {format_time(changes.since, utc_now())}"


def notes_on_changes(user: User, changes: ListChanges | None) -> list[str]:
    """Return a sentence for each thing that changed about a person."""
    if changes is None:
        return []
    since = format_time(changes.since, utc_now())
    if user.id in changes.new:
        return [f"Not in the list as of {since}."]
    return [f"{what} as of {since}: {before or '—'}" for what, before in changes.facts_changed(user)]
