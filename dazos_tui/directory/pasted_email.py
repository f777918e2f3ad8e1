"""The e-mail address in what was pasted: a line of a mail's head, a link, a cell of a table."""

import re
from collections.abc import Callable

from dazos_tui.text.sanitize import safe_text

_EMAIL_PART = r"[^\s@<>()\[\]{},;:\"“”„«»|/\\?&=]+"
_EMAIL_LIKE = re.compile(f"{_EMAIL_PART}@{_EMAIL_PART}")
"""What can be an address in running text. Not RFC 5322: a quoted local part is nobody's login here."""

_SURROUNDING = re.compile(r"[<>()\[\];,\"“”„«»|\n\r]|mailto:", re.IGNORECASE)
"""What stands around an address where it was copied from, and in no query that somebody types."""


def emails_in(text: str) -> tuple[str, ...]:
    """Return the e-mail addresses in a text, in their order, each once, without invisible characters."""
    # Line by line, since a safe text is one line and as such has a greatest length.
    found = (
        match[0].strip(".'’") for line in text.splitlines() for match in _EMAIL_LIKE.finditer(safe_text(line))
    )
    return tuple({address.casefold(): address for address in found}.values())


def query_from_pasted(text: str, is_known: Callable[[str], bool] | None = None) -> str:
    """Return what to look for where `text` was pasted: the address in it, or the text as it is.

    Of several addresses it is the first that `is_known`, as a mail's head has a sender besides. Words that
    somebody typed, such as ``role:billing ann@example.com``, are left as they are.
    """
    addresses = emails_in(text)
    if is_known is not None and len(addresses) > 1:
        return next(filter(is_known, addresses), text)
    is_pasted = len(text.split()) == 1 or _SURROUNDING.search(text.strip())
    return addresses[0] if len(addresses) == 1 and is_pasted else text
