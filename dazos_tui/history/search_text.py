"""The text of a row that a search looks into."""

from dazos_tui.history.models import CrmAction, Outcome, ResetRequest
from dazos_tui.text.normalize import fold

PERSON_END = "\n\n"
"""Ends the person's part of the text: the first lines have name, user name and e-mail."""


def search_text(request: ResetRequest, outcome: Outcome | str, message: str, action: CrmAction | str) -> str:
    """Return a row's texts as a search compares them, a line each: first the person's, then the others."""
    person = (request.name, request.user_name, request.email)
    rest = (
        request.ticket,
        request.instance,
        request.operator,
        outcome,
        message,
        # Not for a reset: it would be found in every row.
        "" if action == CrmAction.RESET_LINK else action,
    )
    return PERSON_END.join("\n".join(map(fold, filter(None, texts))) for texts in (person, rest))
