"""The text of a file that was exported somewhere: its encoding, and what it is if it is no text."""

import codecs
from dataclasses import dataclass

_BINARY_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or another Office file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3\x00", "a database"),
    (b"{\\rtf", "a Rich Text document"),
)
_MARKUP_STARTS = ("<!doctype", "<html", "<?xml")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4_096
_WINDOWS_NOTE = "The file is not in UTF-8: it was read as Windows-1252. Check the accents in the list below."


class PeopleFileError(Exception):
    """A file of people cannot be used. `advice` says what helps."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class EmptyPeopleFileError(PeopleFileError):
    """A file names nobody: it is empty, or has only titles."""


class UnclearColumnError(PeopleFileError):
    """It is not clear which column of a file names people."""


@dataclass(frozen=True, slots=True)
class FileText:
    """The decoded text of a file, and a sentence about how it was read (empty if it needs none)."""

    text: str
    note: str = ""


def decode_people_text(data: bytes) -> FileText:
    """Return the text of a file: UTF-8, UTF-16 (with or without a mark), else Windows-1252.

    Raises PeopleFileError if it is another kind of file.
    """
    if kind := next((kind for start, kind in _BINARY_KINDS if data.startswith(start)), None):
        raise _wrong_kind(kind)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return FileText(_decode(data.removeprefix(mark), encoding))
    if encoding := _utf_16_without_mark(data):
        return FileText(_decode(data, encoding))
    if b"\x00" in data:
        raise _wrong_kind("no text")
    try:
        decoded = FileText(data.decode("utf-8"))
    except UnicodeDecodeError:
        decoded = FileText(_decode(data, "cp1252"), _WINDOWS_NOTE)
    if decoded.text.lstrip()[:9].lower().startswith(_MARKUP_STARTS):
        raise _wrong_kind("a web page or XML")
    return decoded


def _utf_16_without_mark(data: bytes) -> str:
    """Return the encoding if every second byte of the beginning is mostly zero; empty if not."""
    sample = data[:_SAMPLE]
    if len(data) % 2 or len(sample) < 4:
        return ""
    half = len(sample) // 2
    low, high = sample[1::2].count(0), sample[0::2].count(0)
    if low > 0.8 * half and not high:
        return "utf-16-le"
    return "utf-16-be" if high > 0.8 * half and not low else ""


def _decode(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count("\n".encode(encoding)) + 1
        raise PeopleFileError(
            f"Line {line} is not valid text in {encoding.upper()}.",
            advice="Save the file as CSV in UTF-8.",
        ) from None
    if "\x00" in text:
        raise _wrong_kind("no text")
    return text


def _wrong_kind(kind: str) -> PeopleFileError:
    return PeopleFileError(
        f"This is {kind}, not a list of people.",
        advice="Save it as CSV, or write one e-mail address, user name or record id a line.",
    )
