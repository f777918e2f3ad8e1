"""The layout of a dialog that asks before the CRM does something: its target is always shown whole.

Person, e-mail, instance with host, environment and keys are never cut and never scroll. The warnings scroll,
between two rules. Where there is too little room for that, the user can only cancel.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from textual.content import Content
from textual.geometry import Size

from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.widgets.reflowed_rows import QUIET

ROOMY_COLUMNS = 66
"""From this terminal width on, there is room on both sides of the dialog."""

MAX_EMAIL_ROWS = 4
MIN_WARNING_ROWS = 2

_USUAL_WIDTH = 64
_SIDES = 4
"""Columns of the frame to the left and right of a row."""
_ENDS = 6
"""Columns of the frame around the text in its top and bottom rows."""
_OUTSIDE_ROWS = 2
"""Rows of the screen that the dialog leaves free: the top line and the key bar."""
_STOP, _REFUSAL, _NOTE = "■ STOP", "✗", "·"
_STYLES = {
    _STOP: ("$text-warning reverse bold", "  "),
    _REFUSAL: ("$text-error bold", " "),
    _NOTE: (QUIET, " "),
}
"""The style of each mark, and the gap after it."""


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key, what it does in a few words and in fewer, and the action that a click runs (empty for none)."""

    key: str
    words: str
    short: str = ""
    action: str = ""

    def text(self, *, short: bool) -> str:
        """Return the key and its words as shown."""
        return f"{self.key} {(self.short if short else '') or self.words}".strip()


TOO_SMALL = (
    KeyHint("Esc", "cancel", action="cancel"),
    KeyHint("", "make the window larger to send", "make the window larger"),
)
"""The only keys where there is too little room."""

CONFIRM_KEYS = frozenset({"y", "A"})
"""Keys that confirm, or go on towards that."""


@dataclass(frozen=True, slots=True)
class GuardedContent:
    """What a dialog shows, as text. `stops` must be read one by one; `notes` are worth knowing."""

    title: str
    short_title: str
    environment: str
    person: str
    email: str
    place: str
    """Instance and host."""
    user_name: str = ""
    details: str = ""
    """More about the person: shown where there is room."""
    stops: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    """Why the action is impossible."""
    notes: tuple[str, ...] = ()
    asks: bool = False
    """Whether it can be confirmed: everything is known, and nothing blocks it."""
    ticket: str = ""
    has_ticket: bool = True
    undone: str = ""
    """Shown until the question can be answered, such as ``Not sent yet.``"""
    question: str = ""
    """The question once all stops have been read."""


@dataclass(frozen=True, slots=True)
class GuardedView:
    """Which stop is visible, from which of its rows on; and whether the ticket is being typed."""

    stop: int = 0
    row: int = 0
    in_ticket: bool = False


@dataclass(frozen=True, slots=True)
class GuardedLayout:
    """The rows of a dialog for one terminal size, without the keys in its last row.

    The ticket row, if `has_ticket_row`, comes between `head` and `foot`. `view` is within bounds.
    """

    width: int
    environment: str
    head: tuple[Content, ...]
    foot: tuple[Content, ...]
    has_ticket_row: bool
    view: GuardedView = GuardedView()
    fits: bool = True
    following: GuardedView | None = None
    """The next view on the way through the stops; None once the end of the last stop is visible."""

    def keys(self, hints: Sequence[KeyHint], *, ready: bool) -> tuple[Content, list[tuple[range, str]]]:
        """Return the last row, and the action that a click on each range of columns runs.

        Keys that confirm show as an ellipsis until the dialog is `ready`. The words are the longest that fit.
        """
        room = self.width - _ENDS
        gap, texts = next(
            (gap, texts)
            for gap, short in ((3, False), (2, False), (2, True))
            if _joined_length(texts := [hint.text(short=short) for hint in hints], gap) <= room or short
        )
        column = 3
        pieces: list[Content] = []
        places: list[tuple[range, str]] = []
        for hint, text in zip(hints, texts, strict=True):
            if pieces:
                pieces.append(Content(" " * gap))
                column += gap
            key, words = text[: len(hint.key)], text[len(hint.key) :]
            is_yes = hint.key in CONFIRM_KEYS
            pieces.append(Content.assemble(("…" if is_yes and not ready else key, "$accent bold"), words))
            places.append((range(column, column + cell_len(text)), hint.action))
            column += cell_len(text)
        words_ = Content.assemble(*pieces)
        fill = "─" * max(0, room - words_.cell_length)
        edge = edge_style(self.environment)
        return Content.assemble(("╰─ ", edge), words_, (f" {fill}─╯", edge)), places


def _joined_length(texts: Sequence[str], gap: int) -> int:
    return sum(map(cell_len, texts)) + gap * (len(texts) - 1)


def layout_rows(content: GuardedContent, size: Size, view: GuardedView) -> GuardedLayout:
    """Return the layout for a terminal of this size, scrolled to this view."""
    width = _width(content, size)
    inner, limit, roomy = width - _SIDES, size.height - _OUTSIDE_ROWS, size.width >= ROOMY_COLUMNS
    email = chop_cells(content.email, inner)
    fixed = [*_bold_rows(wrap_rows(content.person, inner)), *_bold_rows(email)]
    place, details = _identity_rows(content, roomy=roomy)
    fixed += map(Content, wrap_rows(place, inner))
    least = MIN_WARNING_ROWS if content.stops or content.refusals or content.notes else 0
    below = _body_rows(content, roomy=roomy)
    # Two for the ends of the frame, one for the rule below the fixed rows.
    room = limit - 3 - len(fixed) - below
    fits = room >= least and len(email) <= MAX_EMAIL_ROWS
    if not fits:
        return _too_small_layout(content, width, fixed, limit)
    page = _WarningPage(content, inner, view)
    more = [Content(line) for line in wrap_rows(details, inner)] if details else []
    if room - len(more) >= max(least, page.longest):
        fixed += more
        room -= len(more)
    rows = min(room, page.longest)
    shown = page.shown(rows)
    if roomy and 0 < rows < room:
        shown.append(Content())
    frame = _FrameRows(width, content.environment)
    head = [frame.top(content, roomy=roomy), *map(frame.row, fixed)]
    if shown or roomy or not content.has_ticket:
        head.append(frame.rule(page.label(rows)))
    view, following = page.view(rows), page.following(rows)
    return GuardedLayout(
        width,
        content.environment,
        (*head, *map(frame.row, shown), *_ticket_rule(content, frame, view, roomy=roomy)),
        tuple(map(frame.row, _question_rows(content, view, is_read=following is None, roomy=roomy))),
        content.has_ticket and (roomy or view.in_ticket),
        view,
        following=following,
    )


def _too_small_layout(content: GuardedContent, width: int, fixed: list[Content], limit: int) -> GuardedLayout:
    """Return as much as fits: nothing can be confirmed here."""
    frame = _FrameRows(width, content.environment)
    body = _WarningPage(content, width - _SIDES, GuardedView()).shown(limit) if len(fixed) < limit - 3 else []
    rows = [*map(frame.row, fixed), *([frame.rule("")] if body else []), *map(frame.row, body)]
    head = (frame.top(content, roomy=False), *rows[: max(0, limit - 2)])
    return GuardedLayout(width, content.environment, head, (), has_ticket_row=False, fits=False)


def _width(content: GuardedContent, size: Size) -> int:
    """Return the usual width, or the width that a long address needs to fit in four rows."""
    if size.width < ROOMY_COLUMNS:
        return size.width
    needed = -(-cell_len(content.email) // MAX_EMAIL_ROWS) + _SIDES
    return min(size.width, max(_USUAL_WIDTH, needed))


def _identity_rows(content: GuardedContent, *, roomy: bool) -> tuple[str, str]:
    """Return the instance and the details; the user name joins whichever has room."""
    place, user_name, details = content.place, content.user_name, content.details
    if roomy:
        return " · ".join(filter(None, (place, user_name))), details
    return place, " · ".join(filter(None, (user_name, details)))


def _body_rows(content: GuardedContent, *, roomy: bool) -> int:
    """Return how many rows the ticket and the question take."""
    if not content.has_ticket:
        return 0
    return 1 + bool(content.stops) if roomy else 2


def _ticket_rule(
    content: GuardedContent, frame: "_FrameRows", view: GuardedView, *, roomy: bool
) -> Iterator[Content]:
    if content.has_ticket and not roomy:
        known = f"{content.ticket} · t" if content.ticket else "no ticket · t"
        yield frame.rule("ticket" if view.in_ticket else known)


def _question_rows(
    content: GuardedContent, view: GuardedView, *, is_read: bool, roomy: bool
) -> Iterator[Content]:
    """Yield the row above the last one, unless the ticket is there."""
    if not content.has_ticket or (view.in_ticket if not roomy else not content.stops):
        return
    asked = bool(content.stops) and is_read and content.asks
    yield Content.styled(content.question, "bold") if asked else Content.styled(content.undone, QUIET)


@dataclass(frozen=True, slots=True)
class _FrameRows:
    """Draws the frame around the rows, in the colour of the environment."""

    width: int
    environment: str

    def top(self, content: GuardedContent, *, roomy: bool) -> Content:
        env = self.environment
        chip = f" {env.upper()} "
        room = self.width - _ENDS - cell_len(chip) - 2
        title = content.title if roomy and cell_len(content.title) < room else content.short_title
        fill = "─" * max(1, room - cell_len(title))
        return Content.assemble(
            ("╭─ ", edge_style(env)), (title, "bold"), (f" {fill} ", edge_style(env)),
            (chip, f"$env-{env}-text on $env-{env} bold"), (" ─╮", edge_style(env)),
        )  # fmt: skip

    def row(self, content: Content) -> Content:
        edge, pad = edge_style(self.environment), self.width - _SIDES - content.cell_length
        return Content.assemble(("│ ", edge), content, " " * max(0, pad), (" │", edge))

    def rule(self, label: str) -> Content:
        words = f"├─ {fit_width(label, self.width - _ENDS)} " if label else "├"
        edge = edge_style(self.environment)
        return Content.assemble((words, edge), ("─" * max(0, self.width - cell_len(words) - 1) + "┤", edge))


class _WarningPage:
    """The rows that scroll: the current stop, and after the last one the notes."""

    def __init__(self, content: GuardedContent, width: int, view: GuardedView) -> None:
        self._view, self._in_ticket = view, view.in_ticket and content.has_ticket
        self._last = max(0, len(content.stops) - 1)
        self._at = min(view.stop, self._last)
        stops = [list(_marked_rows(_STOP, stop, width)) for stop in content.stops]
        marked = [
            *((_REFUSAL, words) for words in content.refusals),
            *((_NOTE, words) for words in content.notes),
        ]
        self._notes = [list(_marked_rows(mark, words, width)) for mark, words in marked]
        notes = [line for note in self._notes for line in note]
        self._must = len(stops[self._at]) if stops else 0
        self._pages = [*stops[:-1], [*(stops[-1] if stops else []), *notes]]
        self.longest = max(map(len, self._pages))

    def _top(self, rows: int) -> int:
        return max(0, min(self._view.row, len(self._pages[self._at]) - rows))

    def shown(self, rows: int) -> list[Content]:
        """Return this many rows, padded with blanks: nothing moves at the next stop."""
        top = self._top(rows)
        lines = self._pages[self._at][top : top + rows]
        return [*lines, *[Content()] * (min(rows, self.longest) - len(lines))]

    def view(self, rows: int) -> GuardedView:
        return GuardedView(self._at, self._top(rows), in_ticket=self._in_ticket)

    def following(self, rows: int) -> GuardedView | None:
        top = self._top(rows)
        if top + rows < self._must:
            return GuardedView(self._at, top + rows)
        return GuardedView(self._at + 1) if self._at < self._last else None

    def label(self, rows: int) -> str:
        """Return which warning is visible, of how many, and whether more follow."""
        top, page = self._top(rows), self._pages[self._at]
        more = " ↓" if top + rows < len(page) or self._at < self._last else ""
        if self._must:
            return f"{self._at + 1} of {self._last + 1}{more}"
        if rows >= len(page):
            return ""
        ends = [sum(map(len, self._notes[: number + 1])) for number in range(len(self._notes))]
        return f"{sum(end <= top for end in ends) + 1} of {len(ends)}{more}"


def _marked_rows(mark: str, sentence: str, width: int) -> Iterator[Content]:
    """Yield the rows of a warning; those after the first are indented by two columns."""
    style, gap = _STYLES[mark]
    indent = cell_len(mark + gap)
    first, *others = wrap_rows(sentence, width - 2, first=width - indent)
    yield Content.assemble((mark, style), gap, first)
    yield from (Content(f"  {line}") for line in others)


def wrap_rows(text: str, width: int, first: int = 0) -> list[str]:
    """Return `text` in rows of at most `width` cells, the first of `first` cells if given.

    Rows break between words, or within a word that is longer than a row. At least one row is returned.
    """
    # No character needs more than two cells, and less room than that is only momentary.
    width = max(2, width)
    rows, row, room = [], "", max(2, first or width)
    for word in filter(None, text.split(" ")):
        if row and cell_len(row) + 1 + cell_len(word) <= room:
            row += f" {word}"
            continue
        if row:
            rows.append(row)
            room = width
        while cell_len(word) > room:
            head = chop_cells(word, room)[0]
            rows.append(head)
            word, room = word[len(head) :], width  # noqa: PLW2901 - the rest of the word
        row = word
    return [*rows, row] if row or not rows else rows


def _bold_rows(rows: list[str]) -> list[Content]:
    return [Content.styled(row, "bold") for row in rows]


def edge_style(environment: str) -> str:
    """Return the style of the frame, in the colour of the environment."""
    return f"$env-{environment}"
