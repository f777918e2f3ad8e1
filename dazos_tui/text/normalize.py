"""Folding text for searching: without case, accents and apostrophes."""

import unicodedata

# Letters that Unicode does not decompose, as people type them on a plain keyboard, and apostrophes, so that
# ``obrien`` finds O'Brien.
_PLAIN_LETTERS = str.maketrans(
    {
        "đ": "d", "ð": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n",
        "'": "", "’": "", "‘": "", "ʼ": "", "`": "",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """Return `text` as it is compared in a search. Folding is idempotent."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    # An acute accent used as an apostrophe would decompose into a blank.
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("´", ""))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.casefold().translate(_PLAIN_LETTERS)
