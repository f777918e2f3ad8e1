"""Rewrites key reports of terminals in the form that Textual's parser reads.

A report is ``ESC [ key : shifted : base ; modifiers : event ; text u``, or ends as traditional function keys
do. Everything but the key is optional, and `text` is code points separated by colons. Source: "Comprehensive
keyboard handling in terminals" (kitty keyboard protocol). Textual accepts colons only in `text`, and takes an
unknown function key for the character with that number.
"""

import re
from collections.abc import Iterator
from itertools import islice

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS

_REPORT = re.compile(
    r"\x1b\[(?P<key>\d*)(?::(?P<shifted>\d*))?[\d:]*"
    r"(?:;(?P<modifiers>\d*)(?::(?P<event>\d*))?[\d:]*(?:;(?P<text>[\d:]*))?)?(?P<end>[u~A-FHPQRS])"
)
_RELEASE = "3"
_OTHER_KEYS = "27", "~"
"""The beginning and end of xterm's own reports, which have the key in the third place (modifyOtherKeys)."""
_SHIFT = 1
_LOCKS = 0b1100_0000
"""Caps lock and num lock in the modifiers, after subtracting one."""
_ALL_MODIFIERS = 256
_LONGEST_TEXT = 32
"""The most code points of one key: a word from an input method."""
_PRIVATE = range(0xE000, 0xF900)
"""Code points for keys without a character, some of which Textual knows."""


def plain_key(sequence: str) -> str:
    """Return a control sequence in the form that Textual reads; empty if it is not a key press or repeat."""
    report = _REPORT.fullmatch(sequence)
    if report is None:
        return sequence if sequence in ANSI_SEQUENCES_KEYS else ""
    key, modifiers = _number(report["key"] or "1"), _number(report["modifiers"] or "1")
    if report["event"] == _RELEASE or not 1 <= modifiers <= _ALL_MODIFIERS:
        return ""
    if (report["key"], report["end"]) == _OTHER_KEYS and report["text"]:
        return plain_key(f"\x1b[{report['text']};{modifiers}u")
    text = list(islice(_code_points(report["text"] or ""), _LONGEST_TEXT))
    if report["end"] == "u":
        text = text or _typed(key, modifiers, report["shifted"] or "")
        known = bool(text) or (_is_character(key) and key not in _PRIVATE)
    else:
        known = sequence in ANSI_SEQUENCES_KEYS
    if not known and f"{key}{report['end']}" not in FUNCTIONAL_KEYS:
        return ""
    if ":" in sequence or text:
        # One by one: Textual does not read sequences of more than 32 characters.
        parts = [f";{part}" for part in text] or [""]
        return "".join(f"\x1b[{key};{modifiers}{part}{report['end']}" for part in parts)
    return sequence


def _typed(key: int, modifiers: int, shifted: str) -> list[int]:
    """Return the text of a key that was reported without one: a character, with at most Shift."""
    held = modifiers - 1 & ~_LOCKS
    if held not in {0, _SHIFT} or key in _PRIVATE:
        return []
    if held == _SHIFT:
        return list(_code_points(shifted))
    return list(_code_points(str(key)))


def _code_points(text: str) -> Iterator[int]:
    """Yield the printable ones of these code points."""
    for part in text.split(":"):
        number = _number(part)
        if _is_character(number) and chr(number).isprintable():
            yield number


def _is_character(number: int) -> bool:
    return 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF


def _number(digits: str) -> int:
    """Return the number, or -1 if the digits are missing or too many."""
    return int(digits) if digits.isdecimal() and len(digits) <= 7 else -1
