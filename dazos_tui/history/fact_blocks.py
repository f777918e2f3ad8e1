"""What statistics count, as columns of numbers in the search index: quick to add up, a year at a time.

The rows of a history are in blocks by their id. The chain of the history says which rows changed since a
block was made: such a block is made again from the history before it is used.
"""

import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress

from dazos_tui.history.backend import Row, Values
from dazos_tui.history.index_file import OutdatedIndexError, immediate
from dazos_tui.history.link_counts import SERVER, LinkCounts, with_most
from dazos_tui.history.models import Outcome
from dazos_tui.history.query import ColumnTerm, HistoryQuery, HistoryTerm, OutcomeTerm, TimeTerm
from dazos_tui.history.search_text import storable
from dazos_tui.history.times import format_time, parse_time

BLOCK_ROWS = 4096
SCHEMA = (
    "CREATE TABLE fact_state (seq INTEGER NOT NULL, event BLOB NOT NULL, made INTEGER NOT NULL, "
    "newest INTEGER NOT NULL, uid TEXT NOT NULL)",
    "CREATE TABLE stale_blocks (block INTEGER PRIMARY KEY)",
    "CREATE TABLE fact_names (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, one TEXT NOT NULL, "
    "other TEXT NOT NULL, newest INTEGER NOT NULL, UNIQUE (kind, one, other))",
    "CREATE TABLE fact_blocks (block INTEGER PRIMARY KEY, first_at INTEGER NOT NULL, "
    "last_at INTEGER NOT NULL, times BLOB NOT NULL, slots BLOB NOT NULL, delays BLOB NOT NULL, "
    "places BLOB NOT NULL, people BLOB NOT NULL)",
)

BLOCKS_AT_ONCE = 4
"""The blocks that are made at once: about 0.2 s."""

_SELECT_STATE = """
SELECT last.id, last.uid, head.seq, head.previous, head.personal, known.previous, known.personal,
    (SELECT uid FROM resets WHERE id = :newest)
FROM (SELECT 1 AS one) AS one
LEFT JOIN resets AS last ON last.id = (SELECT max(id) FROM resets)
LEFT JOIN events AS head ON head.seq = (SELECT max(seq) FROM events)
LEFT JOIN events AS known ON known.seq = :seq
"""

_OUTCOMES = tuple(Outcome)
_QUARTER = 15 * 60 * 1000
_NO_DELAY = -(2**31)
_NOBODY = 0

Read = Callable[[str, Values], list[Row]]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The links of a block, each with one number in every column.

    `times` are milliseconds since 1970, `slots` quarters of an hour since then times four plus the outcome's
    number, `delays` minutes until back in, `places` and `people` numbers of names.
    """

    times: "array[int]"
    slots: "array[int]"
    delays: "array[int]"
    places: "array[int]"
    people: "array[int]"

    @classmethod
    def empty(cls) -> "_Columns":
        return cls(array("q"), array("I"), array("i"), array("I"), array("I"))

    @classmethod
    def from_blobs(cls, blobs: Sequence[bytes]) -> "_Columns":
        made = cls.empty()
        for column, blob in zip(made, blobs, strict=True):
            column.frombytes(blob)
        return made

    def __iter__(self) -> "Iterator[array[int]]":
        return iter((self.times, self.slots, self.delays, self.places, self.people))


@dataclass(frozen=True, slots=True)
class _State:
    """How far the blocks go: the events up to `seq`, the rows up to `newest`; `made` blocks are made.

    `event` and `uid` are of that event and of that row: another history has others in their place.
    """

    seq: int
    event: bytes
    made: int
    newest: int
    uid: str

    @classmethod
    def of(cls, database: sqlite3.Connection) -> "_State | None":
        found = database.execute("SELECT seq, event, made, newest, uid FROM fact_state").fetchone()
        return cls(*found) if found else None

    def store(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM fact_state")
        database.execute("INSERT INTO fact_state VALUES (?, ?, ?, ?, ?)", tuple(self))

    def __iter__(self) -> "Iterator[object]":
        return iter((self.seq, self.event, self.made, self.newest, self.uid))


def refresh(database: sqlite3.Connection, read: Read, most: int = BLOCKS_AT_ONCE) -> bool:
    """Make up to `most` blocks that are missing or stale; return whether there are more.

    Must be called in a transaction of the index. Raises OutdatedIndexError if the blocks are of another
    history, or have people who were erased; sqlite3.Error, HistoryError; ValueError or OverflowError for a
    row that another program wrote.
    """
    known = _State.of(database)
    now = _current_state(read, known)
    # What changes from here on is noticed, whenever its block is made.
    known = known or _State(now.seq, now.event, 0, 0, "")
    stale = _stale_blocks(read, known, now)
    database.executemany("INSERT OR IGNORE INTO stale_blocks VALUES (?)", [(block,) for block in stale])
    wanted = [row[0] for row in database.execute("SELECT block FROM stale_blocks LIMIT ?", (most + 1,))]
    made = known.made
    wanted += range(made, min(now.newest // BLOCK_ROWS + 1, made + most + 1))
    for block in wanted[:most]:
        _make(database, read, block)
        made = max(made, block + 1)
    replace(now, made=made).store(database)
    return len(wanted) > most


def require_current(database: sqlite3.Connection, read: Read) -> None:
    """Raise OutdatedIndexError if the blocks are of another history, or have people who were erased."""
    if (known := _State.of(database)) is not None:
        _stale_blocks(read, known, _current_state(read, known))


def current_counts(
    database: sqlite3.Connection, read: Read, query: HistoryQuery, most_people: int | None
) -> LinkCounts | None:
    """Return the counts of the links that a query finds; None if the blocks are far behind, too.

    Raises as `refresh` does; otherwise as `count_in_blocks`.
    """
    with immediate(database):
        is_behind = refresh(database, read)
    return None if is_behind else count_in_blocks(database, query, most_people)


def _current_state(read: Read, known: _State | None) -> _State:
    """Return how far the history goes. Raises OutdatedIndexError if `known` is of another one."""
    seq, newest = (known.seq, known.newest) if known else (0, 0)
    rows = read(_SELECT_STATE, {"seq": seq, "newest": newest})
    if not rows:
        return _State(0, b"", 0, 0, "")
    last, uid, head, head_hash, head_digest, known_hash, known_digest, known_uid = rows[0]
    if known and (known.event, known.uid) != (_joined(known_hash, known_digest), known_uid or ""):
        raise OutdatedIndexError
    return _State(int(head or 0), _joined(head_hash, head_digest), 0, int(last or 0), uid or "")


def _stale_blocks(read: Read, known: _State, now: _State) -> list[int]:
    """Return the blocks with rows that changed. Raises OutdatedIndexError if people in them were erased."""
    if now.seq == known.seq:
        return []
    changed = read(
        f"SELECT reset_id / {BLOCK_ROWS}, count(CASE WHEN kind = 'erased' THEN 1 END) FROM events "  # noqa: S608
        "WHERE seq > :seq AND seq <= :head GROUP BY 1",
        {"seq": known.seq, "head": now.seq},
    )
    made = [(block, erased) for block, erased in changed if block < known.made]
    if any(erased for _, erased in made):
        # Their record ids would stay among the names.
        raise OutdatedIndexError
    return [block for block, _ in made]


def _joined(*parts: bytes | None) -> bytes:
    return b"".join(bytes(part or b"") for part in parts)


def count_in_blocks(
    database: sqlite3.Connection, query: HistoryQuery, most_people: int | None
) -> LinkCounts | None:
    """Return the counts of the links that a query finds; None if the blocks do not have what it asks for.

    With `most_people`, only so many people are in them: those with most links.
    """
    if not all(map(_is_in_blocks, query.terms)):
        return None
    names = _names(database, "kind = 'place'")
    start, end = _milliseconds(query.start, -(2**62)), _milliseconds(query.end, 2**62)
    outcomes, places = _wanted_outcomes(query), _wanted_places(query, names)
    tallies = tuple(Counter[int]() for _ in range(4))
    blocks = database.execute(
        "SELECT first_at, last_at, times, slots, delays, places, people FROM fact_blocks "
        "WHERE last_at >= ? AND first_at < ?",
        (start, end),
    )
    for first_at, last_at, *blobs in blocks:
        columns = _Columns.from_blobs(blobs)
        counted: Sequence[Iterable[int]] = tuple(columns)[1:]
        if first_at < start or last_at >= end or outcomes is not None or places is not None:
            mask = [
                start <= at < end
                and (outcomes is None or slot & 3 in outcomes)
                and (places is None or place in places)
                for at, slot, place in zip(columns.times, columns.slots, columns.places, strict=True)
            ]
            counted = [compress(column, mask) for column in counted]
        for tally, column in zip(tallies, counted, strict=True):
            tally.update(column)
    people = tallies[-1]
    people.pop(_NOBODY, None)
    ranked = with_most(people, most_people or len(people))
    among = f"number IN ({', '.join(str(number) for number, _ in ranked)})"
    names |= _names(database, among if most_people else "kind = 'person'")
    return _link_counts(tallies[:-1], ranked, names)


_Names = dict[int, tuple[str, str, int]]


def _is_in_blocks(term: HistoryTerm) -> bool:
    match term:
        case TimeTerm():
            return not term.exclude
        case ColumnTerm():
            return term.columns == ("instance",)
    return isinstance(term, OutcomeTerm)


def _names(database: sqlite3.Connection, where: str) -> _Names:
    rows = database.execute(f"SELECT number, one, other, newest FROM fact_names WHERE {where}")  # noqa: S608
    return {number: (one, other, newest) for number, one, other, newest in rows}


def _wanted_outcomes(query: HistoryQuery) -> set[int] | None:
    """Return the numbers of the outcomes that a query allows, None if all."""
    terms = [term for term in query.terms if isinstance(term, OutcomeTerm)]
    if not terms:
        return None
    return {
        number
        for number, outcome in enumerate(_OUTCOMES)
        if all((outcome in term.outcomes) is not term.exclude for term in terms)
    }


def _wanted_places(query: HistoryQuery, names: _Names) -> set[int] | None:
    """Return the numbers of the places in the instances that a query allows, None if all."""
    wanted = [storable(term.text) for term in query.terms if isinstance(term, ColumnTerm)]
    if not wanted:
        return None
    return {number for number, (one, _, _) in names.items() if all(one == text for text in wanted)}


def _link_counts(
    tallies: "Sequence[Counter[int]]", people: Sequence[tuple[int, int]], names: _Names
) -> LinkCounts:
    slots, delays, places = tallies
    found, outcomes = LinkCounts(), [outcome.value for outcome in _OUTCOMES]
    found.times.update({((slot >> 2) * 15, outcomes[slot & 3]): count for slot, count in slots.items()})
    delays.pop(_NO_DELAY, None)
    found.delays.update(delays)
    found.places.update({names[number][:2]: count for number, count in places.items()})
    for number, count in people:
        one, other, newest = names[number]
        found.people[one, other] = count
        found.newest[one, other] = newest
    return found


def _make(database: sqlite3.Connection, read: Read, block: int) -> None:
    rows = read(
        f"SELECT id, requested_at, outcome, instance, operator, {SERVER}, user_id, back_in_at FROM resets "  # noqa: S608
        "WHERE id >= :first AND id < :end AND action = 'reset link'",
        {"first": block * BLOCK_ROWS, "end": (block + 1) * BLOCK_ROWS},
    )
    made, numbers = _Columns.empty(), _Numbers(database)
    for row_id, requested_at, outcome, instance, operator, server, user_id, back_in_at in rows:
        at = _stored_milliseconds(requested_at)
        made.times.append(at)
        made.slots.append(at // _QUARTER * 4 + _OUTCOMES.index(Outcome(outcome)))
        # Minutes, rounded up.
        made.delays.append(
            -((at - _stored_milliseconds(back_in_at)) // 60_000) if back_in_at is not None else _NO_DELAY
        )
        made.places.append(numbers.of("place", instance, operator, row_id))
        made.people.append(numbers.of("person", server, user_id, row_id) if user_id else _NOBODY)
    numbers.store()
    first, last = min(made.times, default=0), max(made.times, default=-1)
    blobs = [column.tobytes() for column in made]
    database.execute(
        "INSERT OR REPLACE INTO fact_blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (block, first, last, *blobs)
    )
    database.execute("DELETE FROM stale_blocks WHERE block = ?", (block,))


class _Numbers:
    """Gives each place and each person a number of its own, from 1."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._known = dict[tuple[str, str, str], int]()
        self._newest = dict[int, int]()

    def of(self, kind: str, one: str, other: str, row_id: int) -> int:
        """Return the number of a name, and remember the row as one that has it."""
        number = self._known.get((kind, one, other)) or self._find(kind, one, other)
        self._newest[number] = row_id
        return number

    def store(self) -> None:
        """Store which rows have the names."""
        newest = [(row_id, number) for number, row_id in self._newest.items()]
        self._database.executemany("UPDATE fact_names SET newest = max(newest, ?) WHERE number = ?", newest)

    def _find(self, kind: str, one: str, other: str) -> int:
        name = (kind, one, other)
        self._database.execute(
            "INSERT OR IGNORE INTO fact_names (kind, one, other, newest) VALUES (?, ?, ?, 0)", name
        )
        found = "SELECT number FROM fact_names WHERE kind = ? AND one = ? AND other = ?"
        self._known[name] = int(self._database.execute(found, name).fetchone()[0])
        return self._known[name]


def _stored_milliseconds(stamp: str) -> int:
    return round(parse_time(stamp).timestamp() * 1000)


def _milliseconds(moment: datetime | None, otherwise: int) -> int:
    # Compared as stored: without what is less than a millisecond.
    return otherwise if moment is None else _stored_milliseconds(format_time(moment))
