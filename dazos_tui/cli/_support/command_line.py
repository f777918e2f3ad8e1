"""A command line that is being typed, as bash or fish would read it."""

import re
from typing import NamedTuple

_ESCAPED_IN_DOUBLE_QUOTES = frozenset('$`"\\\n')
_REDIRECTION = re.compile(r"\d*(?:>>|>\||>&|<>|<<<|<<|<&|&>>|&>|>|<)")
_SEPARATORS = frozenset("|&;()\n")

BASH, FISH = "", "'\\"
"""What a backslash makes ordinary inside single quotes."""


class TypedLine(NamedTuple):
    """What is before the cursor."""

    words: tuple[str, ...]
    """Those that are finished, without quotes, from the command on."""
    word: str
    """The word at the cursor, without quotes."""
    raw: str
    """The same as it was typed."""
    quote: str
    """The quote that is open at the cursor: ``'``, ``"`` or none."""
    is_redirected: bool
    """Whether the word at the cursor is the file of a redirection, such as ``> FILE``."""


def parse_typed_line(line: str, shell: str = BASH) -> TypedLine:
    """Return the words of a line that ends at the cursor. Nothing in it is expanded or run."""
    words: list[str] = []
    at, after_redirection = 0, False
    while True:
        while at < len(line) and line[at].isspace():
            at += 1
        if operator := _REDIRECTION.match(line, at):
            at, after_redirection = operator.end(), True
            continue
        if at < len(line) and line[at] in _SEPARATORS:
            at, after_redirection, words = at + 1, False, []
            continue
        end, word, quote = _read_word(line, at, shell)
        if end == len(line):
            return TypedLine(tuple(words), word, line[at:], quote, after_redirection)
        if not after_redirection:
            words.append(word)
        at, after_redirection = end, False


def _read_word(line: str, start: int, shell: str) -> tuple[int, str, str]:
    """Return where a word ends, the word without its quotes, and the quote that is still open at its end."""
    escaped = {"'": frozenset(shell), '"': _ESCAPED_IN_DOUBLE_QUOTES}
    word, quote, at = "", "", start
    while at < len(line):
        char, following = line[at], line[at + 1 : at + 2]
        at += 1
        if char == "\\" and (not quote or following in escaped[quote]):
            word += following
            at += len(following)
        elif char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif not quote and (char.isspace() or char in _SEPARATORS or char in "<>"):
            return at - 1, word, ""
        else:
            word += char
    return at, word, quote
