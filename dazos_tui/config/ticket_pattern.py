"""What a ticket looks like: a regular expression whose match takes no longer than its length allows.

Python's own matcher tries all ways to split a text, which for ``(a+)+b`` takes longer than the user lives.
This one keeps the places that it can be at, so each pattern ends. It knows what patterns of ticket numbers
need: characters, classes, groups, alternatives and repetitions.
"""

import re
from dataclasses import dataclass

DEFAULT_TICKET_PATTERN = r"[A-Za-z][A-Za-z0-9]{0,9}-\d{1,9}"
"""Letters, a hyphen, digits: T-1042."""

MAX_PATTERN = 200
"""The longest pattern, in characters."""
MAX_TICKET = 40
"""The longest word that is compared with a pattern, in characters."""
_MAX_REPEAT = 40

_ATOM = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\[dDwWsS]|\\[^A-Za-z0-9]|[^\\()|*+?{}^$\[\]]", re.DOTALL)
_REPEAT = re.compile(r"[*+?]|\{(\d{1,3})(?:(,)(\d{1,3})?)?\}")
_UNBOUNDED = -1

Places = frozenset[int]


@dataclass(frozen=True, slots=True)
class _Char:
    """One character that a class or an escape accepts."""

    accepts: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Edge:
    """The start or the end of the text."""

    is_start: bool


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of several sequences."""

    ways: "tuple[tuple[_Node, ...], ...]"


@dataclass(frozen=True, slots=True)
class _Repeat:
    """A node several times in a row; `most` may be unbounded."""

    node: "_Node"
    least: int
    most: int


_Node = _Char | _Edge | _Choice | _Repeat


class TicketPattern:
    """A pattern that a whole word has to match."""

    def __init__(self, pattern: str) -> None:
        """Parse a pattern. Raises ValueError saying what is wrong with it."""
        if not pattern:
            raise ValueError("is empty")
        if len(pattern) > MAX_PATTERN:
            raise ValueError(f"is longer than {MAX_PATTERN} characters")
        self._root = _Parser(pattern).parse()
        if self.matches(""):
            raise ValueError("matches an empty text")

    def matches(self, word: str) -> bool:
        """Return whether a word is a ticket. One of more than `MAX_TICKET` characters is not."""
        return len(word) <= MAX_TICKET and len(word) in _Matcher(word).ends_of(self._root, 0)


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text, self._at = pattern, 0

    def parse(self) -> _Node:
        node = self._choice()
        if self._at < len(self._text):
            raise ValueError("has a “)” without “(”")
        return node

    def _choice(self) -> _Choice:
        ways = [self._sequence()]
        while self._take("|"):
            ways.append(self._sequence())
        return _Choice(tuple(ways))

    def _sequence(self) -> tuple[_Node, ...]:
        nodes: list[_Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            nodes.append(self._repeated(self._node()))
        return tuple(nodes)

    def _node(self) -> _Node:
        if self._take("("):
            if self._take("?") and not self._take(":"):
                raise ValueError("has a group of the kind (?…), which is not known here; write (…)")
            inner = self._choice()
            if not self._take(")"):
                raise ValueError("has a “(” without “)”")
            return inner
        if self._take("^"):
            return _Edge(is_start=True)
        if self._take("$"):
            return _Edge(is_start=False)
        atom = _ATOM.match(self._text, self._at)
        if atom is None:
            rest = self._text[self._at :]
            what = "“\\” followed by a letter or digit" if rest[0] == "\\" else f"“{rest[0]}”"
            raise ValueError(f"has a {what} at place {self._at + 1} that is not known here")
        self._at = atom.end()
        try:
            return _Char(re.compile(atom[0], re.DOTALL))
        except re.error as error:
            raise ValueError(f"has a class that is not valid: {error.msg}") from None

    def _repeated(self, node: _Node) -> _Node:
        found = _REPEAT.match(self._text, self._at)
        if found is None:
            return node
        self._at = found.end()
        if _REPEAT.match(self._text, self._at):
            raise ValueError("has two repetitions in a row, such as “+*” or “+?”")
        least, most = {"*": (0, _UNBOUNDED), "+": (1, _UNBOUNDED), "?": (0, 1)}.get(found[0], (-1, -1))
        if least < 0:
            least = int(found[1])
            most = least if not found[2] else int(found[3]) if found[3] else _UNBOUNDED
            if max(least, most) > _MAX_REPEAT or most not in {_UNBOUNDED, *range(least, _MAX_REPEAT + 1)}:
                raise ValueError(f"has a repetition that is not within {{0,{_MAX_REPEAT}}}")
        return _Repeat(node, least, most)

    def _take(self, char: str) -> bool:
        is_next = self._text.startswith(char, self._at)
        self._at += is_next
        return is_next


class _Matcher:
    """Finds where the parts of a pattern can end in one text, each of them once for each start."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[tuple[int, int], Places] = {}

    def ends_of(self, node: _Node, start: int) -> Places:
        """Return the places at which a node that begins at `start` can end."""
        key = id(node), start
        if key not in self._known:
            self._known[key] = self._find_ends(node, start)
        return self._known[key]

    def _find_ends(self, node: _Node, start: int) -> Places:
        match node:
            case _Char(accepts):
                is_there = start < len(self._text) and accepts.fullmatch(self._text[start])
                return frozenset({start + 1}) if is_there else frozenset()
            case _Edge(is_start):
                return frozenset({start}) if start == (0 if is_start else len(self._text)) else frozenset()
            case _Choice(ways):
                return frozenset[int]().union(*(self._ends_of_sequence(way, start) for way in ways))
            case _Repeat():
                return self._ends_of_repeat(node, start)

    def _ends_of_sequence(self, nodes: tuple[_Node, ...], start: int) -> Places:
        places: Places = frozenset({start})
        for node in nodes:
            places = frozenset[int]().union(*(self.ends_of(node, place) for place in places))
        return places

    def _ends_of_repeat(self, repeat: _Repeat, start: int) -> Places:
        now: Places = frozenset({start})
        found = set(now) if repeat.least == 0 else set[int]()
        count = 0
        while now and count != repeat.most:
            count += 1
            now = frozenset[int]().union(*(self.ends_of(repeat.node, place) for place in now))
            if count >= repeat.least:
                # Those already found lead to nothing new, except where the number is limited.
                now = now - found if repeat.most == _UNBOUNDED else now
                found |= now
        return frozenset(found)


def check_ticket_pattern(pattern: str) -> str:
    """Return a pattern that can be used. Raises ValueError saying why another one cannot."""
    TicketPattern(pattern)
    return pattern
