"""A file of people who need a link: CSV, or one e-mail address, user name or record id a line."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from dazos_tui.directory.pasted_email import emails_in, query_from_pasted
from dazos_tui.resets.file_text import EmptyPeopleFileError, PeopleFileError, decode_people_text
from dazos_tui.resets.people_columns import (
    IdentifierKind,
    PeopleColumn,
    TableRow,
    find_people_column,
    read_rows,
)
from dazos_tui.text.sanitize import safe_text

__all__ = ["IdentifierKind", "PeopleFile", "PeopleFileError", "WantedPerson", "parse_people", "read_bounded"]

MAX_BYTES = 16 * 1024 * 1024
"""The largest file that is read."""
MAX_PEOPLE = 10_000
"""The most people of one batch: at a link a second, that is nearly three hours."""

_ID_LENGTH = 10


@dataclass(frozen=True, slots=True)
class WantedPerson:
    """One person as a row, an argument or a mark names them. The texts are safe for a terminal.

    `line` is the line of the file, from 1, or 0 if it is not from a file. `user_name` is the row's user name
    if the file has that beside `text`: it decides among several with the same e-mail. `written` is the cell
    if `text` is an address out of it: whose e-mail is exactly that, however odd, is meant.
    """

    text: str
    line: int = 0
    kind: IdentifierKind = IdentifierKind.ANY
    user_name: str = ""
    written: str = ""

    @property
    def place(self) -> str:
        """Return where the person is named, such as “line 7”; empty if not in a file."""
        return f"line {self.line}" if self.line else ""


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """The people a file names, in its order, with the id of the batch that the file is.

    `notes` are sentences about how it was read.
    """

    people: tuple[WantedPerson, ...]
    batch_id: str
    notes: tuple[str, ...] = ()


def read_bounded(file: BinaryIO) -> bytes:
    """Return a file's bytes. Raises PeopleFileError if they are too many, OSError if it cannot be read."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PeopleFileError(
            f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.",
            advice="Keep the column that names people, and delete the others.",
        )
    return data


def batch_id_of(data: bytes) -> str:
    """Return the id of the batch that a file with these bytes is: the same file has the same id."""
    return hashlib.sha256(data).hexdigest()[:_ID_LENGTH]


def parse_people(data: bytes, *, column: str = "") -> PeopleFile:
    """Return the people that a file names. `column` is the title or number of their column, empty: find it.

    A row without a name in that column is kept, with an empty text. Raises PeopleFileError if the file is
    empty, of another kind, too long, or has no clear column; messages name the line.
    """
    decoded = decode_people_text(data)
    rows = read_rows(decoded.text)
    if not rows:
        raise _nobody_in_file("The file is empty.")
    found = find_people_column(rows, column)
    people_rows = rows[1:] if found.has_titles else rows
    if not people_rows:
        raise _nobody_in_file(f"The file has only titles (line {rows[0].line}), and no people.")
    if len(people_rows) > MAX_PEOPLE:
        raise PeopleFileError(
            f"The file has {len(people_rows):,} rows. One batch has at most {MAX_PEOPLE:,} people.",
            advice="Split the file.",
        )
    people = tuple(_wanted_person(row, found) for row in people_rows)
    notes = filter(None, [decoded.note, _column_note(found, rows)])
    return PeopleFile(people, batch_id_of(data), tuple(notes))


def _wanted_person(row: TableRow, column: PeopleColumn) -> WantedPerson:
    cell = row.cell(column.index)
    found = emails_in(cell) if column.kind is IdentifierKind.EMAIL else ()
    text = found[0] if len(found) == 1 else safe_text(query_from_pasted(cell))
    beside = safe_text(row.cell(column.user_names)) if column.user_names is not None else ""
    written = safe_text(cell)
    return WantedPerson(text, row.line, column.kind, beside, written if written != text else "")


def _column_note(column: PeopleColumn, rows: list[TableRow]) -> str:
    """Return which column of several names the people, and which line is nobody because it is titles."""
    line = rows[0].line
    if max(len(row.cells) for row in rows) == 1:
        return f"Line {line} was read as a title." if column.has_titles else ""
    if column.has_titles:
        return f"People are read from the column “{column.title}”. Line {line} was read as titles."
    return f"People are read from column {column.index + 1}."


def _nobody_in_file(message: str) -> EmptyPeopleFileError:
    return EmptyPeopleFileError(message, advice="Write one e-mail address, user name or record id a line.")
