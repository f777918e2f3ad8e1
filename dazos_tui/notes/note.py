"""The note for the ticket: what was done for the person, written so that they may read it."""

import re
from datetime import timedelta, timezone

from dazos_tui.config.note_template import DEFAULT_TEMPLATE, fill_template
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome

__all__ = ["DEFAULT_TEMPLATE", "mask_email", "mask_emails_in", "note_values", "render_note"]

_EMAIL_LIKE = re.compile(r"\S*@\S*")

EMPTY_VALUE = "—"
"""What a field without a value is replaced by."""

_LOOK_FOR_MAIL = "If a mail has arrived anyway, use only the newest one, and reply here."
_NO_MAIL = "There is no mail to look for."
_OTHER_TEMPLATES = {
    (CrmAction.RESET_LINK, Outcome.UNKNOWN): (
        "On {date} at {time} we requested a link to set a new password, to be mailed to {email}. "
        f"No clear answer came, so it is not known whether the mail went out.\n{_LOOK_FOR_MAIL}"
    ),
    (CrmAction.RESET_LINK, Outcome.REFUSED): (
        "On {date} at {time} we requested a link to set a new password, to be mailed to {email}. "
        f"The CRM refused.\n{_NO_MAIL}"
    ),
    (CrmAction.RESET_LINK, Outcome.NOT_SENT): (
        "On {date} at {time} we tried to request a link to set a new password, to be mailed to {email}. "
        f"The request could not be made.\n{_NO_MAIL}"
    ),
    (CrmAction.ENABLE_LOGIN, Outcome.SENT): (
        "The login {user_name}, which was locked, was enabled again on {date} at {time}.\n"
        "Please sign in with your existing password, and reply here to say whether it worked."
    ),
    (CrmAction.ENABLE_LOGIN, Outcome.UNKNOWN): (
        "On {date} at {time} we asked for the locked login {user_name} to be enabled again. "
        "No clear answer came, so it is not known whether it is.\n"
        "Please try to sign in once, and reply here to say whether it worked."
    ),
    (CrmAction.ENABLE_LOGIN, Outcome.REFUSED): (
        "On {date} at {time} we asked for the locked login {user_name} to be enabled again. "
        "The CRM refused: the login is still locked."
    ),
    (CrmAction.ENABLE_LOGIN, Outcome.NOT_SENT): (
        "On {date} at {time} we tried to have the locked login {user_name} enabled again. "
        "The request could not be made: the login is still locked."
    ),
}
"""Notes for when no link was certainly sent: none of these may sound as if one was."""


def render_note(entry: HistoryEntry, *, template: str = DEFAULT_TEMPLATE, mask_address: bool = False) -> str:
    """Return the note about a row of the history: lines of plain text, without a line break at the end.

    The checked template is used for a link that was sent; every other outcome has a short text of its own
    that does not claim that. A field without a value becomes a dash. `mask_address` hides the person's
    address.
    """
    words = _OTHER_TEMPLATES.get((entry.action, entry.outcome), template)
    values = {
        name: value or EMPTY_VALUE for name, value in note_values(entry, mask_address=mask_address).items()
    }
    return fill_template(words, values).strip("\n")


def note_values(entry: HistoryEntry, *, mask_address: bool = False) -> dict[str, str]:
    """Return the values for the fields of template and command, empty where there is nothing.

    Date and time are local, of the moment the CRM was asked. `mask_address` hides addresses in everything
    about the person: their e-mail, their user name (it may be an address), the CRM's words.
    """
    request, moment = entry.request, entry.requested_at.astimezone()
    hidden = mask_emails_in if mask_address else str
    return {
        "user_name": hidden(request.user_name),
        "email": mask_email(request.email) if mask_address else request.email,
        "instance": request.instance,
        "environment": request.environment,
        "host": request.host,
        "operator": request.operator,
        "ticket": request.ticket,
        "time": f"{moment:%H:%M} {timezone(moment.utcoffset() or timedelta(0))}",
        "date": f"{moment:%Y-%m-%d}",
        "outcome": entry.outcome.value,
        "message": hidden(entry.message),
        "history_id": str(entry.id),
    }


def mask_email(email: str) -> str:
    """Return an address with its local part cut to one letter: ``j***@acme.example``; empty stays empty.

    A local part of one letter is removed, as it would be shown whole. Without an ``@`` the whole text counts
    as the local part; with several, everything before the last.
    """
    if not email:
        return ""
    local, at, domain = email.rpartition("@") if "@" in email else (email, "", "")
    return f"{local[0] if len(local) > 1 else ''}***{at}{domain}"


def mask_emails_in(text: str) -> str:
    """Return a text with each word that looks like an address masked."""
    return _EMAIL_LIKE.sub(lambda found: mask_email(found[0]), text)
