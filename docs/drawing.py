"""Terminal screens as SVG. Lines and blocks are drawn as shapes, so that they join in every font."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color, blend_rgb
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME

CELL, LINE, PADDING = 12, 24, 12
"""Width and height of a terminal cell, and the margin around the screen, in pixels."""

FONT = "20px 'Fira Code',Menlo,'DejaVu Sans Mono',Consolas,monospace"
"""Fonts that the reader may have. None is downloaded. Each text has its width, whatever the font."""

_LINES = {
    "─": (0, 12, "h12"),
    "│": (6, 0, "v24"),
    "╭": (12, 12, "h-2q-4 0-4 4v8"),
    "╮": (0, 12, "h2q4 0 4 4v8"),
    "╰": (12, 12, "h-2q-4 0-4-4v-8"),
    "╯": (0, 12, "h2q4 0 4-4v-8"),
}
"""Where each line begins in its cell, and how it continues."""

_BLOCKS = {
    "▀": (0, 0, 12, 12),
    "▐": (6, 0, 6, 24),
    "▔": (0, 0, 12, 3),
    "▕": (10.5, 0, 1.5, 24),
    **{chr(0x2580 + eighths): (0, 24 - 3 * eighths, 12, 3 * eighths) for eighths in range(1, 9)},
    **{chr(0x2590 - eighths): (0, 0, 1.5 * eighths, 24) for eighths in range(1, 8)},
}
"""The part of its cell that each block fills: x, y, width and height."""

_SHAPES = "".join([*_LINES, *_BLOCKS])
_PIECE = re.compile(rf"─+|[{_SHAPES}]|[^\s{_SHAPES}]+(?: [^\s{_SHAPES}]+)*")
"""A long line, another shape, or words. Words after more than one space are a piece of their own."""


class Look(NamedTuple):
    """Colours as in CSS, and the text's style as attributes of SVG."""

    colour: str
    background: str
    attributes: str


class Span(NamedTuple):
    """Text with one look, and the column where it begins."""

    column: int
    text: str
    look: Look

    @property
    def cells(self) -> int:
        """The number of columns."""
        return cell_len(self.text)

    @property
    def background(self) -> str:
        """The background colour."""
        return self.look.background


@dataclass(frozen=True)
class Frame:
    """A terminal's screen: its lines, from the top."""

    lines: tuple[tuple[Span, ...], ...]

    @classmethod
    def of(cls, strips: Iterable[Iterable[Iterable[Segment]]]) -> "Frame":
        """Return the frame of a screen, from the lines of Textual's compositor, each in several strips."""
        return cls(tuple(tuple(_spans(part for strip in line for part in strip)) for line in strips))

    @property
    def width(self) -> int:
        """In pixels."""
        return CELL * max(sum(span.cells for span in line) for line in self.lines)

    @property
    def height(self) -> int:
        """In pixels."""
        return LINE * len(self.lines)

    @property
    def ground(self) -> str:
        """The most frequent background colour."""
        areas: Counter[str] = Counter()
        for line in self.lines:
            for span in line:
                areas[span.background] += span.cells
        return areas.most_common(1)[0][0]


def svg(width: int, height: int, title: str, content: str) -> str:
    """Return a picture of this size in pixels, with a title for screen readers."""
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" style="font:{escape(FONT)}">\n'
        f"<title>{escape(title)}</title>\n{content}\n</svg>\n"
    )


def window(width: int, height: int, colour: str) -> str:
    """Return the window around a terminal: a rectangle of the picture's size in this colour."""
    place = f'x="1" y="1" width="{width - 2}" height="{height - 2}" rx="8"'
    return f'<rect {place} fill="{colour}" stroke="#465060"/>'


def draw(frame: Frame) -> str:
    """Return a frame with its top left corner at 0, 0, one element per line."""
    ground = f'<rect width="{frame.width}" height="{frame.height}" fill="{frame.ground}"/>'
    return "\n".join([ground, *_backgrounds(frame), *_shapes(frame), *_texts(frame)])


def words(x: float, y: float, text: str) -> str:
    """Return a text whose baseline begins at x, y."""
    cells = cell_len(text)
    length = f' textLength="{cells * CELL}"' if cells > 1 else ""
    return f'<text x="{x:g}" y="{y:g}"{length}>{escape(text, quote=False)}</text>'


def _spans(segments: Iterable[Segment]) -> Iterator[Span]:
    """Yield the spans of a line. Segments can be shorter, because they also end where a widget below ends."""
    column = 0
    for look, group in groupby(segments, lambda segment: _look(segment.style or Style())):
        text = "".join(segment.text for segment in group)
        yield Span(column, text, look)
        column += cell_len(text)


def _look(style: Style) -> Look:
    theme = SVG_EXPORT_THEME
    colour = (style.color or Color.default()).get_truecolor(theme)
    ground = (style.bgcolor or Color.default()).get_truecolor(theme, foreground=False)
    if style.reverse:
        colour, ground = ground, colour
    if style.dim:
        colour = blend_rgb(colour, ground, 0.4)
    also = {
        ' font-weight="700"': style.bold,
        ' font-style="italic"': style.italic,
        ' text-decoration="underline"': style.underline,
        ' text-decoration="line-through"': style.strike,
    }
    return Look(colour.hex, ground.hex, "".join(attribute for attribute, is_so in also.items() if is_so))


def _backgrounds(frame: Frame) -> Iterator[str]:
    """Yield the backgrounds that differ from the frame's, one path per colour."""
    paths: defaultdict[str, str] = defaultdict(str)
    for y, line in enumerate(frame.lines):
        for colour, group in groupby(line, attrgetter("background")):
            spans = list(group)
            if colour != frame.ground:
                cells = sum(span.cells for span in spans)
                paths[colour] += _rectangle(spans[0].column * CELL, y * LINE, cells * CELL, LINE)
    for colour, path in paths.items():
        yield f'<path shape-rendering="crispEdges" fill="{colour}" d="{path}"/>'


def _shapes(frame: Frame) -> Iterator[str]:
    """Yield lines and blocks, one path per colour."""
    lines: defaultdict[str, str] = defaultdict(str)
    blocks: defaultdict[str, str] = defaultdict(str)
    for x, y, piece, look in _pieces(frame):
        if piece[0] in _LINES:
            left, top, course = _LINES[piece[0]]
            long = f"h{CELL * len(piece)}" if len(piece) > 1 else course
            lines[look.colour] += f"M{x + left} {y + top}{long}"
        elif piece in _BLOCKS:
            across, down, width, height = _BLOCKS[piece]
            blocks[look.colour] += _rectangle(x + across, y + down, width, height)
    for colour, path in lines.items():
        yield f'<path fill="none" stroke="{colour}" stroke-width="1.5" d="{path}"/>'
    for colour, path in blocks.items():
        yield f'<path shape-rendering="crispEdges" fill="{colour}" d="{path}"/>'


def _texts(frame: Frame) -> Iterator[str]:
    """Yield the words, in one group for each look."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for x, y, piece, look in _pieces(frame):
        if piece[0] not in _SHAPES:
            groups[f'fill="{look.colour}"{look.attributes}'].append(words(x, y + 18, piece))
    for attributes, texts in groups.items():
        yield "\n".join([f"<g {attributes}>", *texts, "</g>"])


def _pieces(frame: Frame) -> Iterator[tuple[int, int, str, Look]]:
    """Yield shapes and words, with the left and the top of their cells in pixels."""
    for y, line in enumerate(frame.lines):
        for span in line:
            for found in _PIECE.finditer(span.text):
                column = span.column + cell_len(span.text[: found.start()])
                yield column * CELL, y * LINE, found[0], span.look


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:g} {y:g}h{width:g}v{height:g}h-{width:g}z"
