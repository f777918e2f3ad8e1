"""The last complete list of an instance's people, kept in the state folder for a look-up at once.

There is one file for each instance: a line of JSON that says what it is, then a line for each person with
the fields of `RememberedPerson`, separated by tabs. A text of the CRM has no control characters, so it has
neither tabs nor line breaks.

Shell completion reads such a file with each Tab, so nothing that is slow to import is imported here.
"""

import json
import os
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, NoReturn

from dazos_tui.system.files import UnsafeFileError, create_private_file, open_trusted
from dazos_tui.text.packed_texts import PackedTexts, decoded, encoded

FOLDER = "people"
"""The folder of these files, in the state folder."""

MAX_PEOPLE = 200_000
"""The longest list that is kept."""

_KIND, _VERSION = "dazos-tui people", 1
_MAX_BYTES = 64_000_000
_MAX_HEADER_BYTES = 4_000
_MAX_KEEP_HOURS = 100_000
"""The most hours that a file may say, far more than the config allows: a `timedelta` can hold them."""
_MAX_AHEAD = timedelta(minutes=5)
"""How far in the future a list may have been read: two clocks may differ so much. Else its age is unknown."""
_LINES_AT_ONCE = 1000
_UNFINISHED_SECONDS = 600
"""The age from which a file that was never finished is removed."""


class RememberedPerson(NamedTuple):
    """What is kept of a person, and nothing else. `status` is a value of `crm.models.Status`."""

    id: str
    user_name: str
    name: str
    email: str
    role: str
    status: str


_TABS = len(RememberedPerson._fields) - 1


class ListSource(NamedTuple):
    """Whose list it is: the instance's name in the config, its host and path, and who signed in to it.

    The name is not enough: an instance may be renamed, or moved to another CRM.
    """

    instance: str
    server: str
    operator: str


_NO_SOURCE = ListSource("", "", "")


class RememberedPeople:
    """A list as it was read at `read_at` (UTC). A person is made of their line only when asked for."""

    __slots__ = ("keep_hours", "lines", "read_at", "source")

    def __init__(
        self, source: ListSource, read_at: datetime, keep_hours: int, lines: Sequence[bytes] = ()
    ) -> None:
        """Build the list from the people's lines in the file, in UTF-8. It is kept for `keep_hours`."""
        self.source, self.read_at, self.keep_hours, self.lines = source, read_at, keep_hours, lines

    @classmethod
    def from_people(
        cls, source: ListSource, read_at: datetime, keep_hours: int, people: Iterable[RememberedPerson]
    ) -> "RememberedPeople":
        """Return the list of these people."""
        return cls(source, read_at, keep_hours, [encoded("\t".join(person)) for person in people])

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> RememberedPerson:
        return _person_in(self.lines[index])

    def __iter__(self) -> Iterator[RememberedPerson]:
        return map(_person_in, self.lines)

    def candidates_for(self, start: str) -> Iterator[RememberedPerson]:
        """Yield whose user name or e-mail starts so, whatever its case, and who has foreign letters there."""
        folded = encoded(start.casefold())
        for line in self.lines:
            _, user_name, _, email, _ = line.split(b"\t", 4)
            # What folds to several letters, or to those of another script, would take most of the time.
            if (
                user_name.lower().startswith(folded)
                or email.lower().startswith(folded)
                or not (user_name.isascii() and email.isascii())
            ):
                yield _person_in(line)

    def is_current(self, now: datetime, keep_hours: int | None = None) -> bool:
        """Return whether the list may still be shown; `keep_hours` is what the config says, if known.

        A list from the future may be of any age: the clock was wrong then, or is now.
        """
        hours = self.keep_hours if keep_hours is None else min(keep_hours, self.keep_hours)
        return -_MAX_AHEAD <= now - self.read_at < timedelta(hours=hours)


def _person_in(line: bytes) -> RememberedPerson:
    return RememberedPerson(*decoded(line).split("\t"))


class _UnusableListError(Exception):
    """A file is not used, for a reason that is a constant sentence."""


def people_path(state_folder: Path, instance_name: str) -> Path:
    """Return the path of an instance's file, whether it exists or not."""
    name = unicodedata.normalize("NFC", instance_name)
    # Two names may look the same to a file system, or hold what no file name can.
    check = zlib.crc32(name.encode("utf-8", "surrogatepass"))
    return state_folder / FOLDER / f"{re.sub('[^A-Za-z0-9_.-]', '_', name)[:60]}-{check:08x}.tsv"


def remembered_people(
    state_folder: Path, instance_name: str, *, now: datetime | None = None
) -> RememberedPeople | None:
    """Return the list kept for an instance; None if no list may be shown.

    A list that is too old is removed. A file that is damaged, newer than this version, of another instance or
    of another user is left out, which is logged. Whether the list is of the CRM that the config names now is
    for the caller to compare, with its `source`.
    """
    path = people_path(state_folder, instance_name)
    try:
        people = _read(path)
        if people.source.instance != unicodedata.normalize("NFC", instance_name):
            raise _UnusableListError("a remembered list is of another instance")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnsafeFileError, _UnusableListError) as error:
        _log_unused(error)
        return None
    if people.is_current(now or datetime.now(UTC)):
        return people
    forget_people(state_folder, instance_name)
    return None


def remember_people(state_folder: Path, people: RememberedPeople) -> bool:
    """Replace the list kept for an instance, whole or not at all; return whether that succeeded.

    A failure is logged only: the list in memory is complete anyway.
    """
    path = people_path(state_folder, people.source.instance)
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        header = _header_of(people)
        create_private_file(draft, expected_prefixes=("",))
        try:
            with draft.open("wb") as file:
                file.write(header)
                file.writelines(_parts(people.lines))
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _remove_unfinished(path, older_than=_UNFINISHED_SECONDS)
    except (OSError, UnsafeFileError, _UnusableListError) as error:
        _log_unused(error)
        return False
    return True


def forget_people(state_folder: Path, instance_name: str) -> bool:
    """Remove what is kept for an instance; return whether there was something. Raises OSError."""
    path = people_path(state_folder, instance_name)
    found = _remove_unfinished(path, older_than=0)
    with suppress(FileNotFoundError, NotADirectoryError):
        path.unlink()
        found = True
    return found


def forget_all_people(state_folder: Path) -> list[str]:
    """Remove all lists; return their instances, or the file names of those that say none. Raises OSError."""
    removed = []
    for path in _files(state_folder):
        removed.append(_instance_in(path) or path.name)
        path.unlink()
    with suppress(OSError):
        (state_folder / FOLDER).rmdir()
    return list(dict.fromkeys(removed))


def forget_outdated(state_folder: Path, keep_hours: int, now: datetime) -> None:
    """Remove lists that are older than `keep_hours`, and files that are none, whatever their instance.

    Nobody may ever open their instance again. Raises OSError.
    """
    for path in _files(state_folder):
        try:
            with open_trusted(path) as file:
                head = file.read(_MAX_HEADER_BYTES).partition(b"\n")[0]
            read_at = _read_at(_header(head))
        except (OSError, UnsafeFileError, _UnusableListError) as error:
            _log_unused(error)
            read_at = None
        is_draft = path.name.startswith(".")
        if is_draft:
            _remove_unfinished(
                path.with_name(path.name[1:].rpartition(".")[0]), older_than=_UNFINISHED_SECONDS
            )
        elif read_at is None or not RememberedPeople(_NO_SOURCE, read_at, keep_hours).is_current(now):
            path.unlink(missing_ok=True)


def forget_person(state_folder: Path, is_meant: Callable[[ListSource, RememberedPerson], bool]) -> int:
    """Take a person out of all lists; return how many lists had them. Raises OSError.

    A list that cannot be read or written again is removed: it may have them.
    """
    changed = 0
    for path in _files(state_folder):
        try:
            people = _read(path)
        except (OSError, UnsafeFileError, _UnusableListError) as error:
            _log_unused(error)
            path.unlink(missing_ok=True)
            continue
        kept = [person for person in people if not is_meant(people.source, person)]
        if len(kept) == len(people):
            continue
        changed += 1
        rest = RememberedPeople.from_people(people.source, people.read_at, people.keep_hours, kept)
        if not remember_people(state_folder, rest):
            path.unlink(missing_ok=True)
    return changed


def _files(state_folder: Path) -> list[Path]:
    try:
        return sorted(path for path in (state_folder / FOLDER).iterdir() if ".tsv" in path.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _instance_in(path: Path) -> str:
    with suppress(OSError, UnsafeFileError, _UnusableListError):
        return _read(path).source.instance
    return ""


def _remove_unfinished(path: Path, *, older_than: float) -> bool:
    """Remove files that a process began to write for `path` and never finished; return whether there were."""
    latest = datetime.now(UTC).timestamp() - older_than
    found = False
    for draft in path.parent.glob(f".{path.name}.*"):
        with suppress(FileNotFoundError):
            if older_than == 0 or draft.stat().st_mtime < latest:
                draft.unlink()
                found = True
    return found


def _header_of(people: RememberedPeople) -> bytes:
    """Return the first line of a file. Raises _UnusableListError for a list that cannot be kept."""
    if len(people) > MAX_PEOPLE:
        raise _UnusableListError("a list is too long to be remembered")
    check = 0
    for lines in _slices(people.lines):
        if not _is_sound(lines):
            raise _UnusableListError("a list has a text that cannot be remembered")
    for part in _parts(people.lines):
        check = zlib.crc32(part, check)
    header = {
        "kind": _KIND, "version": _VERSION, **people.source._asdict(),
        "read_at": people.read_at.isoformat(), "keep_hours": people.keep_hours,
        "people": len(people), "check": check,
    }  # fmt: skip
    return json.dumps(header).encode() + b"\n"


def _slices(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield some lines at once: a copy of a long list takes memory."""
    return (lines[first : first + _LINES_AT_ONCE] for first in range(0, len(lines), _LINES_AT_ONCE))


def _parts(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield what follows the first line of a file, in small parts."""
    for number, some in enumerate(_slices(lines)):
        yield (b"\n" if number else b"") + b"\n".join(some)


def _read(path: Path) -> RememberedPeople:
    """Return the list in a file. Raises OSError, UnsafeFileError, _UnusableListError."""
    with open_trusted(path) as file:
        header = _header(file.readline(_MAX_HEADER_BYTES + 1))
        body = file.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise _UnusableListError("a remembered list is too large")
    try:
        source = ListSource(*(str(header[key]) for key in ListSource._fields))
        keep_hours = int(header["keep_hours"])
    except (KeyError, TypeError, ValueError, OverflowError):
        _damaged()
    lines = PackedTexts.from_lines(body)
    people = RememberedPeople(source, _read_at(header), keep_hours, lines)
    if header.get("check") != zlib.crc32(body) or header.get("people") != len(people):
        _damaged()
    if len(people) > MAX_PEOPLE or not all(map(_is_sound, _slices(people.lines))):
        _damaged()
    if not 0 <= keep_hours <= _MAX_KEEP_HOURS:
        _damaged()
    return people


def _read_at(header: dict[str, str | int]) -> datetime:
    try:
        return datetime.fromisoformat(str(header["read_at"])).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        _damaged()


def _header(head: bytes) -> dict[str, str | int]:
    try:
        header = json.loads(head) if len(head) <= _MAX_HEADER_BYTES else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("kind") != _KIND:
        _damaged()
    if header.get("version") != _VERSION:
        raise _UnusableListError("a remembered list was written by another version")
    return header


def _is_sound(lines: Sequence[bytes]) -> bool:
    """Return whether lines have all fields, and nothing that a terminal would obey instead of showing."""
    try:
        # With its separators: without them, two halves of a letter would make a whole one.
        text = b"\n".join(lines).decode()
    except UnicodeDecodeError:
        return False
    printable = text.replace("\t", "").replace("\n", "").isprintable()
    return printable and all(line.count(b"\t") == _TABS for line in lines)


def _damaged() -> NoReturn:
    raise _UnusableListError("a remembered list is damaged")


def _log_unused(error: Exception) -> None:
    # Imported here: logging takes as long to import as a long list to read.
    from dazos_tui.system.event_log import log, log_error

    if isinstance(error, _UnusableListError):
        log(str(error))
    else:
        log_error("a remembered list could not be used", error)
