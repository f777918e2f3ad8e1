"""Texts of a row, as they are stored and as a search compares them."""

from dazos_tui.history.models import CrmAction, Outcome, ResetRequest
from dazos_tui.text.normalize import fold
from dazos_tui.text.sanitize import safe_text


def storable(text: str) -> str:
    """Return `text` as it is stored: safe for a terminal, with “?” for what UTF-8 cannot encode."""
    return safe_text(text.encode("utf-8", "replace").decode())


def fold_stored(text: str) -> str:
    """Return a text of a row, or what is looked for in it, as a search compares it.

    An acute accent used as an apostrophe is a blank: a check of the chain compares this with what rows have.
    """
    return fold(text.replace("´", " "))


def search_text(request: ResetRequest, outcome: Outcome | str, message: str, action: CrmAction | str) -> str:
    """Return a row's texts as a search compares them, a line each: the person's, an empty one, the others."""
    person = (request.name, request.user_name, request.email)
    others = (
        request.ticket,
        request.instance,
        request.operator,
        request.os_user,
        request.sudo_user,
        request.batch,
        outcome,
        message,
        # Not for a reset: it would be found in every row.
        "" if action == CrmAction.RESET_LINK else action,
    )
    # No search needs the empty line, but a check of the chain compares this with what older rows have.
    whole = "\n\n".join("\n".join(filter(None, texts)) for texts in (person, others))
    # At once where that is quicker: nothing that folding does reaches over the end of a line.
    return fold(whole) if whole.isascii() else "\n".join(map(fold_stored, whole.split("\n")))
