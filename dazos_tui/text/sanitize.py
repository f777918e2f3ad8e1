"""Making outside text safe for a terminal.

Everything from a CRM passes through `safe_text` once, where its answer is parsed. The result has no character
that a terminal obeys instead of showing: no C0 or C1 control, no escape sequence, no bidirectional override,
nothing invisible, no lone surrogate, and no pile of marks on a letter that would spill over the lines above
and below. It is *not* escaped for markup: widgets take it as `Text` or with ``markup=False``.
"""

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Shown in place of each character a terminal would obey."""

DEFAULT_LIMIT = 1_000
"""The longest text, in characters, that is kept of one value."""

_WHITE_SPACE = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")

# Invisible, and able to make two different names look the same. The joiners and variation selectors
# are among them because terminals disagree about the width of what they join.
_INVISIBLE = dict.fromkeys(
    [
        0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0,
        *range(0x200B, 0x200E), *range(0x2060, 0x2065), *range(0xFE00, 0xFE10), 0xFEFF,
        *range(0xE0000, 0xE01F0),
    ]
)  # fmt: skip

# Unicode's general categories: control, format (with the bidi controls), surrogate, private use, unassigned.
_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

_MARKS = frozenset({"Mn", "Mc", "Me"})
_MAX_MARKS = 6
"""Marks kept on one letter: Burmese syllables need this many, Hebrew with all its points needs five."""

# Separate vowels and finals of Hangul are drawn onto what precedes them, like marks. (Those of whole
# syllables are composed before.)
_CONJOINING_JAMO = frozenset(map(chr, (*range(0x1161, 0x1200), *range(0xD7B0, 0xD800))))

# Letters and digits, except those above, and printable ASCII: all that most names consist of.
_PLAIN_TEXT = re.compile(r"(?:[^\W\u115f-\u11ff\u3164\ud7b0-\ud7ff\uffa0]|[ -~])*+")


def safe_text(value: str, *, limit: int = DEFAULT_LIMIT) -> str:
    """Return `value` as one line of plain, visible characters, at most `limit` long.

    Line breaks and tabs become spaces, and runs of spaces one space; invisible characters are removed; any
    other character that a terminal could obey becomes `REPLACEMENT`. Text is composed (NFC), so that an
    accent is part of its letter; a letter keeps up to six further marks and a space none. The function is
    idempotent.
    """
    # Nearly every value of a list is plain and short: this shortcut saves half of the time.
    if len(value) <= limit and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip(" ")
    head = value[: 4 * limit]
    shown = unicodedata.normalize("NFC", head) if _PLAIN_TEXT.fullmatch(head) else _replace_unsafe(head)
    line = " ".join(shown.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def hidden_characters(text: str) -> tuple[tuple[int, str], ...]:
    """Return the invisible characters of a text that should be one word, each with its position from 1.

    These are spaces other than the plain one, plain spaces at either end, and everything that `safe_text`
    removes or replaces because it is invisible or would be obeyed by a terminal.
    """
    if text.isascii() and text.isprintable() and text == text.strip():
        return ()
    last = len(text) - 1
    return tuple((at + 1, char) for at, char in enumerate(text) if _is_hidden(char, at_end=at in {0, last}))


def describe_character(char: str) -> str:
    """Return a character by its code point and Unicode's name for it, such as ``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip()


def _is_hidden(char: str, *, at_end: bool) -> bool:
    if char == " ":
        return at_end
    return char.isspace() or ord(char) in _INVISIBLE or unicodedata.category(char) in _CONTROL_CATEGORIES


def printable_text(text: str) -> str:
    """Return the printable part of typed or pasted `text`, with its spaces and not composed.

    It lacks everything that `safe_text` replaces or removes: what a terminal obeys, invisible characters, and
    marks that would pile up on a letter. Printable text stays printable if more is appended.
    """
    if text.isascii():
        return text if text.isprintable() else "".join(filter(str.isprintable, text))
    return _limit_marks("".join(filter(str.isprintable, text.translate(_INVISIBLE))))


def _replace_unsafe(text: str) -> str:
    # Before composing, which sorts the marks and takes seconds for a long row of them.
    limited = _limit_marks(text.translate(_WHITE_SPACE).translate(_INVISIBLE))
    # And after it, as a few characters are composed of several marks.
    composed = _limit_marks(unicodedata.normalize("NFC", limited))
    return "".join(
        REPLACEMENT if unicodedata.category(char) in _CONTROL_CATEGORIES else char for char in composed
    )


def _limit_marks(text: str) -> str:
    """Return `text` without the marks that follow six others, or that follow no letter."""
    kept, room = [], 0
    for char in text:
        if unicodedata.category(char) in _MARKS or char in _CONJOINING_JAMO:
            room -= 1
        else:
            room = 0 if char.isspace() else _MAX_MARKS
        if room >= 0:
            kept.append(char)
    return "".join(kept)
