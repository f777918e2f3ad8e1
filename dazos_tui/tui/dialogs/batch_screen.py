"""What the screens of a batch have in common: they take the whole terminal, and show where links go to."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from dazos_tui.config.models import Instance
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.dialogs.guarded_layout import KeyHint, edge_style, wrap_rows
from dazos_tui.tui.dialogs.key_line import packed
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.layout import is_too_small
from dazos_tui.tui.terminal.screen_diff import PlacedText
from dazos_tui.tui.widgets.batch_lists import ROOMY_LIST, column_titles
from dazos_tui.tui.widgets.reflowed_rows import QUIET

BatchAnswer = TypeVar("BatchAnswer")

LEAST_LIST_ROWS = 2
"""The fewest rows of the list with which something can be confirmed."""
_LEAST_DETAIL_ROWS, _MOST_DETAIL_ROWS = 3, 8
_OTHER_ROWS = 13
"""Rows of a small terminal that the detail leaves to all else, the list included."""
_RULE_FROM = 18
"""Height from which on a line separates the list from what is below it."""


class BatchScreen(Dialog[BatchAnswer | None], Generic[BatchAnswer]):
    """A title with the environment, rows that never scroll above and below a list, and the keys.

    Subclasses return the rows, and draw again whenever they may have changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "cancel", "Cancel", show=False)]
    uses_full_height = True
    border_rows = 0

    def __init__(self, instance: Instance) -> None:
        super().__init__(classes=f"batch env-{instance.environment}")
        self.instance = instance
        self._shown: dict[str, list[Content]] = {}
        self._longest_details: dict[int, int] = {}

    def compose(self) -> ComposeResult:
        """Lay out the rows above the list, the list, and the rows below it."""
        yield Static(id="batch-head", markup=False)
        yield from self.between()
        yield self.list_widget()
        yield Static(id="batch-foot", markup=False)

    def between(self) -> ComposeResult:
        """Lay out what is between the title and the list."""
        yield from ()

    def list_widget(self) -> Widget:
        """Return a new list."""
        raise NotImplementedError

    @property
    def title_words(self) -> str:
        """Return the title."""
        raise NotImplementedError

    def head_rows(self, width: int) -> list[str | Content]:
        """Return the rows below the title."""
        raise NotImplementedError

    def foot_rows(self, width: int) -> list[str | Content]:
        """Return the rows below the list, without the keys."""
        raise NotImplementedError

    def key_hints(self) -> Sequence[KeyHint]:
        """Return the keys that act now."""
        raise NotImplementedError

    def detail(self) -> tuple[str, str]:
        """Return who the cursor is on, and a sentence about them."""
        return "", ""

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self.draw()

    def draw(self) -> None:
        """Draw the rows above and below the list that differ."""
        if not self.query("#batch-foot") or is_too_small(*self.app.size):
            return
        width = self.app.size.width
        self._update("batch-head", [self._title_row(width), *self.head_rows(width)])
        self._update("batch-foot", [*self.foot_rows(width), *self._key_rows(width)])

    def _update(self, widget_id: str, rows: Sequence[str | Content]) -> None:
        contents = [row if isinstance(row, Content) else Content(row) for row in rows]
        if contents == self._shown.get(widget_id):
            return
        widget = self.query_one(f"#{widget_id}", Static)
        widget.styles.height = len(contents)
        widget.update(Content("\n").join(contents))
        self._shown[widget_id] = contents

    def _title_row(self, width: int) -> Content:
        environment = self.instance.environment
        chip, edge = f" {environment.upper()} ", edge_style(environment)
        title = fit_width(self.title_words, max(1, width - cell_len(chip) - 7))
        fill = "─" * (width - cell_len(title) - cell_len(chip) - 6)
        return Content.assemble(
            ("─ ", edge), (title, "bold"), (f" {fill} ", edge),
            (chip, f"$env-{environment}-text on $env-{environment} bold"), (" ─", edge),
        )  # fmt: skip

    def place_rows(self, width: int, *more: str, right: str = "") -> list[str | Content]:
        """Return where the links go to and more words, in rows that show all of it; `right` where it fits."""
        rows = [
            f" {row}" for row in _packed_parts([self.instance.name, self.instance.host, *more], width - 2)
        ]
        room = width - 1 - cell_len(rows[0]) - cell_len(right)
        if right and len(rows) == 1 and room > 1:
            return [Content.assemble(rows[0], " " * room, (right, QUIET))]
        return list(rows)

    def title_rows(self, width: int, last: str) -> list[str | Content]:
        """Return the titles of the columns, the last one as given, where there is room for them."""
        has_room = width >= ROOMY_LIST and self.app.size.height >= _RULE_FROM
        return [Content.styled(column_titles(width, last), "$secondary")] if has_room else []

    def longest_detail(self, width: int, details: Iterable[tuple[str, str]]) -> int:
        """Return the rows of the longest of these details, for `detail_rows`: nothing moves with the cursor.

        It is kept until `forget_details`: there may be thousands.
        """
        if width not in self._longest_details:
            self._longest_details[width] = max((len(detail_words(*one, width)) for one in details), default=0)
        return self._longest_details[width]

    def forget_details(self) -> None:
        """Forget the longest detail: there are other rows now."""
        self._longest_details.clear()

    def detail_rows(self, width: int, rows: int) -> list[str | Content]:
        """Return the detail of the row under the cursor in this many rows, below a line if there is room."""
        who, sentence = self.detail()
        words = [f" {row}" for row in detail_words(who, sentence, width)]
        who = who if _fits_in_rule(who, width) else ""
        cut = words[:rows]
        if len(words) > rows and cut:
            cut[-1] = fit_width(f"{cut[-1]} …", width - 1)
        padded = [*cut, *[""] * (rows - len(cut))]
        if self.app.size.height >= _RULE_FROM:
            rule = f"─ {who} " if who else ""
            return [Content.styled(rule + "─" * (width - cell_len(rule)), QUIET), *padded]
        return [Content.styled(f" {who}", "bold"), *padded]

    @property
    def max_detail_rows(self) -> int:
        """Return how many rows the detail of a row may take."""
        return min(_MOST_DETAIL_ROWS, max(_LEAST_DETAIL_ROWS, self.app.size.height - _OTHER_ROWS))

    def _key_rows(self, width: int) -> list[Content]:
        rows = []
        for row in packed(list(self.key_hints()), width - 2):
            pieces: list[Content] = []
            for hint, text in row.texts:
                pieces += [Content(" " * (row.gap if pieces else 1))]
                pieces.append(Content.assemble((hint.key, "$accent bold"), text[len(hint.key) :]))
            rows.append(Content.assemble(*pieces))
        return rows

    @property
    def fits(self) -> bool:
        """Return whether enough of the list is visible to confirm something."""
        return self.query_one(".batch-list").size.height >= LEAST_LIST_ROWS

    def rows_to_verify(self) -> Sequence[PlacedText] | None:
        """Return the rows above and below the list, if each is in its place on the screen and not covered."""
        if self.app.screen is not self or not self._shown or is_too_small(*self.app.size):
            return None
        strips = self._compositor.render_strips(self.app.size)
        pieces = []
        for widget_id, rows in self._shown.items():
            region = self.query_one(f"#{widget_id}").region
            if region.height != len(rows) or region.bottom > len(strips):
                return None
            pieces += [
                (region.y + at, region.x, row.plain) for at, row in enumerate(rows) if row.plain.strip()
            ]
        shown = all(strips[line].crop(x, x + cell_len(text)).text == text for line, x, text in pieces)
        return pieces if shown else None

    def action_cancel(self) -> None:
        """Close the screen, or ask."""
        self.leave()


def describe(name: str, email: str, width: int) -> str:
    """Return who a person is: name and e-mail, or where narrow the e-mail, as the list has the name."""
    shown = email or "no e-mail"
    return shown if width < ROOMY_LIST else f"{name} · {shown}"


def detail_words(who: str, sentence: str, width: int) -> list[str]:
    """Return the rows of a detail: the sentence, and before it `who` if it does not fit into the line."""
    rows = [] if _fits_in_rule(who, width) else wrap_rows(who, width - 2)
    return [*rows, *(wrap_rows(sentence, width - 2) if sentence else [])]


def _fits_in_rule(who: str, width: int) -> bool:
    return cell_len(who) <= width - 5


def _packed_parts(parts: Sequence[str], width: int) -> list[str]:
    """Return the parts in rows of at most `width` cells; only one that is longer than a row is broken."""
    rows: list[str] = []
    for part in parts:
        joined = f"{rows[-1]} · {part}" if rows else part
        if rows and cell_len(joined) <= width:
            rows[-1] = joined
        else:
            rows += wrap_rows(part, width)
    return rows
