"""The words that a report may contain. Everything else is replaced by its shape.

They are names and labels of vtiger's own pages, in which no person and no company occurs (seen on vtiger 8.0
to 8.3 servers), and of Dazos' help pages; and words of HTML, HTTP and browsers.
"""

import re
from pathlib import Path


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


WORDS = frozenset(_read("words.txt").split())
"""Words of identifiers, in lower case: of names, ids, classes, addresses and scripts."""

PHRASES = frozenset(_read("phrases.txt").splitlines())
"""Whole texts that may stay: labels, buttons and messages. Compared without regard to case and spacing."""

STATES = frozenset({"active", "inactive", "yes", "no", "on", "off", "true", "false", "enabled", "disabled"})
"""Whole values that say nothing about who has them."""

SCRIPT_MARKS = ("csrfMagicToken", "csrfMagicName", "_USERMETA")
"""Variables whose presence in a script is kept, without their values."""

_PHRASES = frozenset("".join(phrase.split()).casefold() for phrase in PHRASES)
_TOKENS = re.compile(r"([A-Za-z0-9]+)")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NUMBERED = re.compile(r"([A-Za-z]+)([0-9]+)")
_SEPARATORS = frozenset("-_.:[]/")
_MAX_IDENTIFIER = 120


def is_known_phrase(text: str) -> bool:
    """Return whether a whole text is one of the known labels and messages."""
    return "".join(text.split()).casefold() in _PHRASES


def shape_identifier(text: str) -> str:
    """Return a name, id, class or part of an address with each unknown word replaced by its shape.

    A word ends at a separator, at a digit and where lower case turns to upper case. Characters other than
    ASCII letters, digits and ``-_.:[]/`` are dropped.
    """
    tokens = _TOKENS.split(text[:_MAX_IDENTIFIER])
    return "".join(
        _shape_token(token) if token.isalnum() else "".join(filter(_SEPARATORS.__contains__, token))
        for token in tokens
    )


def _shape_token(token: str) -> str:
    if token.lower() in WORDS:
        return token
    if token.isdigit():
        return "0"
    if numbered := _NUMBERED.fullmatch(token):
        return _shape_token(numbered[1]) + "0"
    if not token.isalpha():
        return "x0"
    parts = [_shape_part(part) for part in _PARTS.findall(token)]
    return "".join(part for index, part in enumerate(parts) if not index or part != parts[index - 1])


def _shape_part(part: str) -> str:
    # A single letter may be one of a secret's: as a word of its own it is known, as a part it is not.
    return part if len(part) > 1 and part.lower() in WORDS else shape_word(part)


def shape_word(word: str) -> str:
    """Return ``Xxxx``, ``xxxx`` or ``XXXX``, as the word is written, whatever its length."""
    if word[:1].isupper():
        return "XXXX" if len(word) > 1 and word.isupper() else "Xxxx"
    return "xxxx"
