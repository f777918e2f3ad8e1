"""Copying from the screen: the texts that can be copied, and the clipboard."""

from textual.app import App

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import format_local_time
from dazos_tui.system.clipboard import CopyResult, copy_text
from dazos_tui.tui.formatting import format_back_in, format_outcome


async def copy_to_clipboard(app: App[object], text: str) -> CopyResult:
    """Copy a text to the clipboard; return what became of it."""

    def write(sequence: str) -> None:
        if (driver := app._driver) is not None:
            driver.write(sequence)
            driver.flush()

    return await copy_text(text, write)


def texts_of_person(user: User, instance: Instance, url: str, last: HistoryEntry | None) -> dict[str, str]:
    """Return the texts that can be copied about a user, by label, e-mail first; empty ones are left out.

    `url` is the address of their profile, `last` their newest reset.
    """
    person = f"{user.name} <{user.email}> ({user.user_name}), {user.status.label}, {user.role or 'no role'}"
    links = f"last link: {_outcome_line(last)}" if last is not None else "no link sent from here"
    texts = {
        "E-mail": user.email,
        "User name": user.user_name,
        "Name": user.name,
        "Profile address": url,
        "Row for the ticket": f"{person}, {instance.name}; {links}",
    }
    return {label: text for label, text in texts.items() if text}


def text_of_row(entry: HistoryEntry) -> str:
    """Return a history entry as one line for a ticket."""
    request = entry.request
    person = f"{request.name} <{request.email}> ({request.user_name})"
    parts = [_outcome_line(entry), person, f"{request.instance} ({request.host})", format_back_in(entry)]
    return " · ".join(filter(None, parts))


def _outcome_line(entry: HistoryEntry) -> str:
    request = entry.request
    ticket = f", ticket {request.ticket}" if request.ticket else ""
    return f"{format_outcome(entry)} {format_local_time(entry.requested_at)} by {request.operator}{ticket}"
