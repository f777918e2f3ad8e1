"""The user list."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from rich.cells import cell_len

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.highlight import highlighted_spans
from dazos_tui.directory.index import UserIndex
from dazos_tui.directory.matches import Matches
from dazos_tui.directory.packed_people import search_line
from dazos_tui.directory.query import QueryTerm
from dazos_tui.directory.remembered_users import ListChanges
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import utc_now
from dazos_tui.tui.formatting import fit_width, format_time
from dazos_tui.tui.list_columns import LAST_LINK_COLUMN, MATCH_STYLE, columns_for
from dazos_tui.tui.list_columns import MARKS as STATUS_MARKS
from dazos_tui.tui.widgets.history_list import MARKS, STYLES
from dazos_tui.tui.widgets.list_changes import sign_of
from dazos_tui.tui.widgets.virtual_list import Cell, VirtualList

PICKED_MARK = "▪"
"""The first cell of the row of a picked person."""

_TERM_FIELDS = {"user_name": "user"}
"""The field name in queries, where it differs from the column."""


class UserList(VirtualList[User]):
    """People, one per line: a status mark, then as many columns as fit."""

    last_links: Mapping[str, HistoryEntry] = {}
    """Each person's newest reset, by record id."""

    changes: ListChanges | None = None
    """How the list differs from the remembered one that was shown before."""
    picked: Container[str] = ()
    """The record ids of the people picked for a batch."""

    def identity(self, row: User) -> str:
        """Return the record id."""
        return row.id

    def index_of(self, row: User, rows: Sequence[User]) -> int | None:
        """Return the index of a person among the exact matches."""
        if not isinstance(rows, Matches):
            return super().index_of(row, rows)
        place = rows.index_of(row)
        if place is None and not _is_unchanged(row, rows.user_index):
            place = super().index_of(row, rows)
        return place if place is not None and place < rows.exact_count else None

    def cells(self, row: User, index: int, width: int) -> Iterable[Cell]:
        """Return the status mark and the columns that fit, with the typed text highlighted."""
        inactive = row.status is Status.INACTIVE
        is_like = isinstance(self.rows, Matches) and index >= self.rows.exact_count
        mark_style = "good" if row.status is Status.ACTIVE else "dim"
        sign = sign_of(row, self.changes)
        # A blank cell in the style of the mark: another style would cost bytes in every row.
        yield (PICKED_MARK, 1, "picked") if row.id in self.picked else (" ", 1, mark_style)
        yield STATUS_MARKS[row.status.value], 1, mark_style
        yield sign or " ", MATCH_STYLE - 2, "warn" if sign else mark_style
        left = list(self.rows.terms) if isinstance(self.rows, Matches) and not is_like else []
        columns = columns_for(width, self.app.size.width)
        names = "user_name" not in dict(columns)
        for field, cell_width in columns:
            if field == LAST_LINK_COLUMN:
                yield from self._last_link(row, cell_width)
                continue
            text = str(getattr(row, field)) or "—"
            shown = f"≈ {text}" if is_like and field == "name" else text
            if field == "name" and names and self._has_namesake(row, index):
                shown = _with_user_name(shown, row.user_name, cell_width)
            style = "row" if field == "name" and not (inactive or is_like) else "dim"
            marked, left = _match_spans(text, left, _TERM_FIELDS.get(field, field))
            yield from _truncate_marked(fit_width(shown, cell_width), cell_width + 1, marked, style)

    def _last_link(self, row: User, width: int) -> Iterator[Cell]:
        """Yield the outcome and the time of the person's newest reset."""
        entry = self.last_links.get(row.id)
        if row.status is Status.INACTIVE:
            yield "inactive", width, "dim"
        elif entry is None:
            yield "", width, "dim"
        else:
            yield MARKS[entry.outcome], 1, STYLES[entry.outcome]
            yield f" {format_time(entry.requested_at, utc_now())}", width - 1, "dim"

    def _has_namesake(self, row: User, index: int) -> bool:
        """Return whether a neighbouring row has the same name."""
        beside = (self.rows[place] for place in (index - 1, index + 1) if 0 <= place < len(self.rows))
        return any(other.name == row.name for other in beside)


def _with_user_name(name: str, user_name: str, width: int) -> str:
    """Return a name with the user name, which distinguishes namesakes and so is cut last."""
    room = width - cell_len(f" · {user_name}")
    return f"{fit_width(name, room)} · {user_name}" if room > 1 else user_name


def _is_unchanged(row: User, people: UserIndex) -> bool:
    """Return whether the index has a person exactly as in this row: the role or the name may be new."""
    return any(
        people.users[place] == row
        for place in people.text.rows_equal_to(search_line(row.name, row.user_name, row.email))
    )


def _match_spans(
    text: str, terms: list[QueryTerm], field: str
) -> tuple[list[tuple[int, int]], list[QueryTerm]]:
    """Return the first span of each term in a text, and the terms that are not in it."""
    found, left = [], []
    for term in terms:
        places = highlighted_spans(text, [term], field)
        found += places[:1]
        if not places:
            left.append(term)
    return sorted(found), left


def _truncate_marked(text: str, width: int, marked: Iterable[tuple[int, int]], style: str) -> Iterator[Cell]:
    """Yield the pieces of a text of `width` cells, the `marked` spans in the style of a match."""
    done = 0
    for start, end in marked:
        if start >= done:
            yield from _styled_piece(text[done:start], style)
            yield from _styled_piece(text[start:end], "match")
            done = end
    rest = text[done:]
    yield rest, width - cell_len(text[:done]), style


def _styled_piece(text: str, style: str) -> Iterator[Cell]:
    if text:
        yield text, cell_len(text), style
