"""The e-mail address in pasted text: a line of a mail's header, a link, a cell of a table."""

import re
from collections.abc import Callable

from dazos_tui.text.sanitize import safe_text

_IN_NO_ADDRESS = r"\s<>()\[\]{},;:\"“”„«»|/\\?&="
"""What no address has in running text. Not all of RFC 5322: nobody signs in with a quoted local part."""
_BETWEEN_ADDRESSES = re.compile(f"[{_IN_NO_ADDRESS}]+")
_EMAIL_LIKE = re.compile(f"[^@{_IN_NO_ADDRESS}]+@[^@{_IN_NO_ADDRESS}]+")
_LONGEST_ADDRESS = 320
"""The most characters of an address: 64 before the at sign, 255 after it (RFC 3696, erratum 1690)."""

_SURROUNDING = re.compile(r"[<>()\[\];,\"“”„«»|\n\r]|mailto:", re.IGNORECASE)
"""What surrounds an address in copied text and does not occur in a typed query."""


def emails_in(text: str) -> tuple[str, ...]:
    """Return the e-mail addresses in a text, in their order, each once, without invisible characters."""
    # Piece by piece, since lines may be of any length, and `safe_text` returns a limited one.
    pieces = (one for one in _BETWEEN_ADDRESSES.split(text) if "@" in one and len(one) <= _LONGEST_ADDRESS)
    found = (match[0].strip(".'’") for piece in pieces for match in _EMAIL_LIKE.finditer(safe_text(piece)))
    return tuple({address.casefold(): address for address in found}.values())


def query_from_pasted(text: str, is_known: Callable[[str], bool] | None = None) -> str:
    """Return the query for pasted `text`: the address in it, or the text unchanged.

    Of several addresses the first one that `is_known` is used, as a mail's header also has a sender. Typed
    words, such as ``role:billing ann@example.com``, are left unchanged.
    """
    addresses = emails_in(text)
    if is_known is not None and len(addresses) > 1:
        return next(filter(is_known, addresses), text)
    is_pasted = len(text.split()) == 1 or _SURROUNDING.search(text.strip())
    return addresses[0] if len(addresses) == 1 and is_pasted else text
