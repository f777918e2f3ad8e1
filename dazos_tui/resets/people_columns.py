"""Which column of a table names the people: by its title, else by what is in it."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dazos_tui.directory.pasted_email import emails_in
from dazos_tui.resets.file_text import PeopleFileError, UnclearColumnError
from dazos_tui.text.normalize import fold
from dazos_tui.text.sanitize import safe_text

_DELIMITERS = ("\t", ";", ",")
_SEPARATOR_LINE = re.compile(r"sep=([;,\t])\r?\n", re.IGNORECASE)
"""The first line that Excel writes and reads to say which delimiter a file has."""
_SAMPLE_ROWS = 200
_MAX_NAMED = 12
"""The most columns that a message names."""


class IdentifierKind(StrEnum):
    """What a text of a file can be."""

    ANY = "e-mail, user name or record id"
    EMAIL = "e-mail"
    USER_NAME = "user name"
    RECORD_ID = "record id"


_TITLES = {
    IdentifierKind.EMAIL: """
        email mail emails emailaddress mailaddress emailadress primaryemail primaryemailaddress workemail
        email1 useremail emailadresse mailadresse adresseemail adressemail courriel correo correoelectronico
        direcciondecorreo endereçodeemail indirizzoemail""",
    IdentifierKind.USER_NAME: """
        username user login loginname userlogin signinname benutzername benutzer usuario nombredeusuario
        utilisateur nomdutilisateur utente nomeutente""",
    IdentifierKind.RECORD_ID: "record recordid crmid crmrecordid crmrecord",
    IdentifierKind.ANY: "id userid ids person people wanted identifier",
}
_KIND_OF_TITLE = {fold(title): kind for kind, titles in _TITLES.items() for title in titles.split()}
_CLEAR_KINDS = (IdentifierKind.EMAIL, IdentifierKind.USER_NAME, IdentifierKind.RECORD_ID)
"""Kinds of columns whose title decides, in the order in which they are preferred."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One record of a table: the number of its first line, counted from 1, and its cells."""

    line: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """Return a cell; empty if the row has none there."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class PeopleColumn:
    """The column that names people: its index, title (empty if it has none), and what it holds.

    `user_names` is the index of a column of user names beside one of e-mail addresses, else None.
    `has_titles` is whether the first row is titles.
    """

    index: int
    title: str
    kind: IdentifierKind
    has_titles: bool
    user_names: int | None = None


def read_rows(text: str) -> list[TableRow]:
    """Return the rows of a text with something in them. A text without columns has one cell a row.

    Raises PeopleFileError, with the line, if the quotes of a table do not match.
    """
    found, skipped = _SEPARATOR_LINE.match(text), 0
    if found:
        text, skipped = text[found.end() :], 1
    delimiter = found[1] if found else find_delimiter(text)
    rows = _read_table(text, delimiter) if delimiter else _read_lines(text)
    return [TableRow(row.line + skipped, row.cells) for row in rows if any(row.cells)]


def find_delimiter(text: str) -> str:
    """Return the delimiter of a table; empty if the text is one name a line."""
    head = "".join(io.StringIO(text, newline="").readlines()[:_SAMPLE_ROWS])
    best, best_score = "", 0.0
    for delimiter in _DELIMITERS:
        rows = [row.cells for row in _read_table(head, delimiter, strict=False) if any(row.cells)]
        widths = [len(cells) for cells in rows]
        if not widths or widths[0] == 1:
            continue
        score = sum(width == widths[0] for width in widths) / len(widths)
        # A known title is worth more than rows of the same width.
        score += any(_KIND_OF_TITLE.get(_title_key(cell)) for cell in rows[0])
        if score > max(best_score, 0.5):
            best, best_score = delimiter, score
    return best


def find_people_column(rows: Sequence[TableRow], chosen: str = "") -> PeopleColumn:
    """Return the column that names people, `chosen` by its title or its number from 1 if that is given.

    Raises PeopleFileError if no column is clear.
    """
    titles, sample = rows[0].cells, rows[:_SAMPLE_ROWS]
    if chosen:
        return _chosen_column(titles, sample, chosen)
    width = max(len(row.cells) for row in sample)
    holding = [index for index in range(width) if width > 1 and _holds_emails(sample, index)]
    by_title = _column_by_title(titles, sample, _CLEAR_KINDS)
    if by_title is None and not holding:
        by_title = _column_by_title(titles, sample, [IdentifierKind.ANY])
    if by_title is not None:
        return by_title
    if width == 1:
        return PeopleColumn(0, "", IdentifierKind.ANY, has_titles=False)
    if len(holding) != 1:
        raise _unclear(titles, holding, rows[0].line)
    [index] = holding
    first = rows[0].cell(index)
    has_titles = _may_be_title(first)
    return PeopleColumn(index, safe_text(first) if has_titles else "", IdentifierKind.EMAIL, has_titles)


def _column_by_title(
    titles: Sequence[str], sample: Sequence[TableRow], wanted: Sequence[IdentifierKind]
) -> PeopleColumn | None:
    kinds = [_KIND_OF_TITLE.get(_title_key(title)) for title in titles]
    for kind in wanted:
        found = [index for index, one in enumerate(kinds) if one is kind]
        used = [index for index in found if any(row.cell(index) for row in sample[1:])] or found[:1]
        if len(used) > 1:
            raise _unclear(titles, used, sample[0].line)
        if used:
            names = [index for index, one in enumerate(kinds) if one is IdentifierKind.USER_NAME]
            beside = names[0] if kind is IdentifierKind.EMAIL and len(names) == 1 else None
            return PeopleColumn(used[0], safe_text(titles[used[0]]), kind, has_titles=True, user_names=beside)
    return None


def _chosen_column(titles: Sequence[str], sample: Sequence[TableRow], chosen: str) -> PeopleColumn:
    wanted = _title_key(chosen)
    found = [index for index, title in enumerate(titles) if wanted and _title_key(title) == wanted]
    if len(found) == 1:
        kind = _KIND_OF_TITLE.get(wanted, IdentifierKind.ANY)
        return PeopleColumn(found[0], safe_text(titles[found[0]]), kind, has_titles=True)
    width = max(len(row.cells) for row in sample)
    if not found and chosen.isascii() and chosen.isdecimal() and 1 <= int(chosen) <= width:
        index = int(chosen) - 1
        first = sample[0].cell(index)
        known = _KIND_OF_TITLE.get(_title_key(first))
        is_title = known is not None or (width > 1 and _holds_emails(sample, index) and _may_be_title(first))
        kind = known or IdentifierKind.ANY
        return PeopleColumn(index, safe_text(first) if is_title else "", kind, has_titles=is_title)
    how_many = f"{len(found)} columns are" if found else "No column is"
    raise PeopleFileError(
        f"{how_many} called “{safe_text(chosen)}”. The first line has: {_list_titles(titles)}.",
        advice=f"Give its title, or its number from 1 to {width}.",
    )


def _holds_emails(rows: Sequence[TableRow], column: int) -> bool:
    filled = [cell for row in rows if (cell := row.cell(column))]
    return 2 * sum(len(emails_in(cell)) == 1 for cell in filled) > len(rows) - 1 > 0 or (
        len(rows) == 1 and len(emails_in(rows[0].cell(column))) == 1
    )


def _may_be_title(first: str) -> bool:
    """Return whether the first cell of a column of addresses can be its title.

    An empty cell, or an address with a mistake, is a person's: nobody is left out without a word.
    """
    return bool(first) and "@" not in first


def _unclear(titles: Sequence[str], holding: Sequence[int], line: int) -> UnclearColumnError:
    numbers = [str(index + 1) for index in holding]
    which = (
        f"Columns {', '.join(numbers[:-1])} and {numbers[-1]} can all name people"
        if holding
        else f"None of the {len(titles)} columns is clearly e-mail, user name or record id"
    )
    return UnclearColumnError(
        f"{which}. Line {line} has: {_list_titles(titles)}.", advice="Choose one by its title or its number."
    )


def _list_titles(titles: Sequence[str]) -> str:
    named = ", ".join(f"“{safe_text(title, limit=40)}”" for title in titles[:_MAX_NAMED])
    return f"{named}, …" if len(titles) > _MAX_NAMED else named


def _title_key(title: str) -> str:
    """Return a title's letters and digits, without case and accents."""
    return "".join(filter(str.isalnum, fold(title)))


def _read_table(text: str, delimiter: str, *, strict: bool = True) -> Iterator[TableRow]:
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict), 1
    try:
        for cells in reader:
            yield TableRow(line, tuple(map(clean_cell, cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise PeopleFileError(
            f"Line {line} cannot be read, perhaps because its quotes do not match ({safe_text(str(error))}).",
            advice="Correct the line, or write one e-mail address a line.",
        ) from None


def _read_lines(text: str) -> Iterator[TableRow]:
    for line, content in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        yield TableRow(line, (clean_cell(_unquoted(content.strip())),))


def _unquoted(line: str) -> str:
    is_quoted = len(line) > 1 and line[0] == line[-1] == '"' and '"' not in line[1:-1].replace('""', "")
    return line[1:-1].replace('""', '"') if is_quoted else line


def clean_cell(cell: str) -> str:
    """Return a cell without what Excel puts around a text, ``="0042"``, and our own exports before one."""
    text = cell.strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1]
    elif len(text) > 1 and text[0] == "'" and text[1] in "=+-@":
        text = text[1:]
    return text.strip()
