"""Minimizes style sequences (SGR) in terminal output.

Textual writes the whole style before each piece of text and resets it afterwards. With 24-bit colours over a
slow line, that is more than the text itself. This module writes only what changes from one piece to the
next. Codes: ECMA-48, 8.3.117 (SGR); 24-bit colours: ISO 8613-6.

For a terminal without colours, only attributes distinguish light from dark.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_STYLE = re.compile(r"\x1b\[([0-9;]{0,200})m")
_REDUNDANT = re.compile(r"(?:\x1b\[\d+;\d+H\n?)+(?=\x1b\[\d+;\d+H)")
"""Cursor moves that are followed by another one at once."""
_MOVES = re.compile(r"(?:\x1b\[(?:\d+;\d+H|\d*[BCD])|[\n\x08])*")
"""Output that draws nothing, so that the style does not matter."""

_OFF = {
    1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 6: 25, 7: 27, 8: 28, 9: 29, 21: 24, 51: 54, 52: 54, 53: 55,
}  # fmt: skip
"""Each attribute with the code that ends it. Attributes with the same end code, such as single and double
underline, exclude each other, and the last one counts; only bold and dim can be combined."""
_COLOUR_LENGTHS = {5: 3, 2: 5}
"""How many numbers a colour code has, by its second number: for 256 colours, and for 24-bit colours."""


class Style(NamedTuple):
    """The style of a piece of text: the codes of both colours, and of the attributes."""

    foreground: tuple[int, ...] = (39,)
    background: tuple[int, ...] = (49,)
    attributes: frozenset[int] = frozenset()


PLAIN = Style()

_SEEN_ON_BLANKS = frozenset({4, 5, 6, 7, 9, 21, 51, 52, 53})
"""Attributes that are visible on a blank: lines, reverse video and blinking."""

_LIGHT_BACKGROUND = 128
"""A background is light, and shown in reverse video, if its mean of red, green and blue is at least this."""
_LOW_CONTRAST = 160
"""Text is dim if its mean differs from that of the background by less than this."""


def minimize_sgr(data: str, *, colours: bool = True) -> str:
    """Return a shorter text with escape sequences that shows the same. Both begin and end without a style.

    Without `colours`, a light background becomes reverse video, and low contrast becomes dim.
    """
    shown = wanted = PLAIN
    out: list[str] = []
    pieces = _STYLE.split(_REDUNDANT.sub("", data))
    for index, piece in enumerate(pieces):
        if index % 2:
            wanted = apply_codes(wanted, piece)
        elif _MOVES.fullmatch(piece):
            out.append(piece)
        else:
            look = wanted if colours else _without_colours(wanted)
            if piece.isspace() and blank_style(look) == blank_style(shown):
                # A blank looks the same in the previous style.
                look = shown
            out += (transition(shown, look), piece)
            shown = look
    out.append(transition(shown, PLAIN))
    return "".join(out)


@lru_cache(maxsize=4096)
def blank_style(style: Style) -> Style:
    """Return the part of a style that is visible on a blank."""
    return style if style.attributes & _SEEN_ON_BLANKS else Style(background=style.background)


@lru_cache(maxsize=4096)
def apply_codes(style: Style, codes: str) -> Style:
    """Return the style after applying these SGR codes."""
    numbers = [int(code or 0) for code in codes.split(";")]
    while numbers:
        length = 1
        if numbers[0] in {38, 48}:
            length = _COLOUR_LENGTHS.get(numbers[1], 0) if len(numbers) > 1 else 0
            if not 0 < length <= len(numbers):
                # An invalid colour: there is no way to know where its numbers end.
                return style
        style = _apply_code(style, tuple(numbers[:length]))
        del numbers[:length]
    return style


def _apply_code(style: Style, code: tuple[int, ...]) -> Style:
    first = code[0]
    if first == 0:
        return PLAIN
    if first in {38, 39} or 30 <= first <= 37 or 90 <= first <= 97:
        return style._replace(foreground=code)
    if first in {48, 49} or 40 <= first <= 47 or 100 <= first <= 107:
        return style._replace(background=code)
    ended = _OFF.get(first, first) if first not in {1, 2} else None
    left = frozenset(one for one in style.attributes if _OFF[one] != ended)
    return style._replace(attributes=left | {first} if first in _OFF else left)


@lru_cache(maxsize=4096)
def _without_colours(style: Style) -> Style:
    ink, paper = _lightness(style.foreground, 255), _lightness(style.background, 0)
    attributes = style.attributes
    if paper >= _LIGHT_BACKGROUND:
        # Reverse video on a reversed background cancels out.
        attributes ^= {7}
    if abs(ink - paper) < _LOW_CONTRAST:
        attributes |= {2}
    return Style(attributes=attributes)


def _lightness(colour: tuple[int, ...], unknown: int) -> int:
    """Return the mean of red, green and blue of a 24-bit colour, 0 to 255; else `unknown`."""
    return sum(colour[2:]) // 3 if colour[:2] in {(38, 2), (48, 2)} else unknown


@lru_cache(maxsize=4096)
def transition(before: Style, after: Style) -> str:
    """Return the shortest sequence that changes one style into another."""
    if before == after:
        return ""
    if after == PLAIN:
        return "\x1b[0m"
    return min(
        _sequence(_attribute_codes(before, after)), _sequence([0, *_attribute_codes(PLAIN, after)]), key=len
    )


def _attribute_codes(before: Style, after: Style) -> list[int]:
    """Return the SGR codes for the differences between two styles."""
    off = {_OFF[one] for one in before.attributes - after.attributes}
    kept = {one for one in before.attributes if _OFF[one] not in off}
    codes = [*sorted(off), *sorted(after.attributes - kept)]
    for colour, earlier in ((after.foreground, before.foreground), (after.background, before.background)):
        codes += colour if colour != earlier else ()
    return codes


def _sequence(codes: list[int]) -> str:
    return f"\x1b[{';'.join(map(str, codes))}m"
