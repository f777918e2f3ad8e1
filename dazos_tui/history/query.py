"""The query language of the history.

Plain words must all be found, in any text of a row: the person, the ticket, the instance, the outcome, the
message, the account that sent it. ``field:value`` searches one field; a leading ``-`` excludes; quotes keep
spaces together and make a word of anything: ``person:"ann lee"``, ``"outcome:sent"``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dazos_tui.config.validation_messages import did_you_mean
from dazos_tui.history.models import Outcome
from dazos_tui.history.search_text import fold_stored, storable
from dazos_tui.history.when import parse_when
from dazos_tui.text.sanitize import safe_text

TEXT_FIELDS: dict[str, tuple[str, ...]] = {
    "person": ("name", "user_name", "email"),
    "name": ("name",),
    "user": ("user_name",),
    "email": ("email",),
    "by": ("operator", "os_user", "sudo_user"),
    "ticket": ("ticket",),
    "instance": ("instance",),
    "batch": ("batch",),
}
"""The fields that hold text, with the columns that each searches."""

_ALIASES = {"operator": "by"}
FIELDS = (*TEXT_FIELDS, "outcome", "since", "until", "on", "waiting", "back", "noted")
"""All fields of the language, in the order in which messages name them."""

MOST_TERMS = 100
"""As many as the databases surely take."""

# A quote counts only at the start of a word or of a field's value. Two of them inside quotes are one.
_WORD = re.compile(r'(-?)(?:([A-Za-z_]{2,20}):)?(?:"((?:[^"]|"")*)(?:"(?!")|$)|(\S*))')
_OUTCOME_NAMES = tuple(outcome.replace(" ", "-") for outcome in Outcome)
_OUTCOMES = f"{', '.join(_OUTCOME_NAMES[:-1])} or {_OUTCOME_NAMES[-1]}"
_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Rows with a text, which is folded. An empty `field` means any text of the row."""

    text: str
    field: str = ""
    exclude: bool = False


@dataclass(frozen=True, slots=True)
class ColumnTerm:
    """Rows with exactly this text in one of these columns; an e-mail may be in another case."""

    text: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutcomeTerm:
    """Rows with one of these outcomes."""

    outcomes: frozenset[Outcome]
    exclude: bool = False


@dataclass(frozen=True, slots=True)
class TimeTerm:
    """Rows requested from `start` on and before `end` (aware); None leaves that end open."""

    start: datetime | None = None
    end: datetime | None = None
    exclude: bool = False


@dataclass(frozen=True, slots=True)
class WaitingTerm:
    """Rows that are a person's newest link, went out (or may have), and were not followed by a sign-in."""

    exclude: bool = False


@dataclass(frozen=True, slots=True)
class BackInTerm:
    """Rows whose person was seen to be back in; if not `is_back`, links that went out and nobody was seen."""

    is_back: bool
    exclude: bool = False


@dataclass(frozen=True, slots=True)
class NotedTerm:
    """Rows about which a note was taken for the ticket."""

    exclude: bool = False


HistoryTerm = TextTerm | ColumnTerm | OutcomeTerm | TimeTerm | WaitingTerm | BackInTerm | NotedTerm


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """What to find: all `terms` must hold.

    `problems` has a sentence for each term whose value cannot be used: such a term is left out, so the query
    should not be run. `hints` has one for each field that does not exist: it is searched for as a word.
    """

    terms: tuple[HistoryTerm, ...] = ()
    problems: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    def with_terms(self, *terms: HistoryTerm) -> "HistoryQuery":
        """Return this query with further terms."""
        return HistoryQuery(tuple(dict.fromkeys([*self.terms, *terms])), self.problems, self.hints)

    @property
    def start(self) -> datetime | None:
        """Return the earliest time that a row can have been requested at, None if there is no limit."""
        return max((term.start for term in self._times if term.start), default=None)

    @property
    def end(self) -> datetime | None:
        """Return the time before which all rows were requested, None if there is no limit."""
        return min((term.end for term in self._times if term.end), default=None)

    @property
    def _times(self) -> Iterator[TimeTerm]:
        return (term for term in self.terms if isinstance(term, TimeTerm) and not term.exclude)


def parse_history_query(text: str, now: datetime) -> HistoryQuery:
    """Return what a query means at the time `now` (aware). It never fails: see `HistoryQuery.problems`."""
    terms, problems, hints = list[HistoryTerm](), list[str](), list[str]()
    for match in _WORD.finditer(text):
        word = _Word.from_match(match)
        if hint := word.hint:
            hints.append(hint)
        try:
            term = _parse_word(word, now)
        except ValueError as error:
            problems.append(str(error))
        else:
            terms += [term] if term else []
    if len(terms) > MOST_TERMS:
        problems.append(f"That is too much to search for: {MOST_TERMS} words at most.")
    first = dict.fromkeys(terms[:MOST_TERMS])
    return HistoryQuery(tuple(first), tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(hints)))


def quote_value(text: str) -> str:
    """Return a text so that a query reads it as one word or one field's value, whatever is in it."""
    return '"' + text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class _Word:
    """One part of a query as it was typed: `field` is empty, known, or unknown; `value` without quotes."""

    value: str
    field: str
    exclude: bool

    @classmethod
    def from_match(cls, match: re.Match[str]) -> "_Word":
        minus, field, quoted, bare = match.groups()
        if quoted is None and not bare and not field:
            return cls(minus, "", exclude=False)
        value = bare if quoted is None else quoted.replace('""', '"')
        name = (field or "").lower()
        return cls(value, _ALIASES.get(name, name), exclude=bool(minus))

    @property
    def is_field(self) -> bool:
        return self.field in FIELDS

    @property
    def hint(self) -> str:
        if not self.field or self.is_field or not self.value or self.value.startswith("//"):
            return ""
        near = did_you_mean(self.field, FIELDS)
        return f"There is no field “{self.field}”{near}; there are {', '.join(FIELDS)}."


def _parse_word(word: _Word, now: datetime) -> HistoryTerm | None:
    if not word.is_field:
        # Data may contain a colon.
        text = folded_text(f"{word.field}:{word.value}" if word.field else word.value)
        return TextTerm(text, exclude=word.exclude) if text else None
    if word.field in TEXT_FIELDS:
        text = folded_text(word.value)
        return TextTerm(text, word.field, word.exclude) if text else None
    return _PARSERS[word.field](word, now) if word.value.strip() else None


def folded_text(text: str) -> str:
    """Return a typed text as the search compares it."""
    return fold_stored(storable(text))


def parse_outcomes(text: str) -> frozenset[Outcome]:
    """Return the outcomes of a list such as ``sent,not-sent``; each may be cut short. Raises ValueError."""
    found = set[Outcome]()
    for part in text.split(","):
        wanted = part.strip().lower().replace("-", " ").replace("_", " ")
        matching = {outcome for outcome in Outcome if outcome.startswith(wanted)}
        if wanted and not matching:
            near = did_you_mean(wanted.replace(" ", "-"), _OUTCOME_NAMES, cutoff=0.6)
            raise ValueError(f"takes {_OUTCOMES}, or several with commas between{near}")
        found |= matching if wanted else set()
    return frozenset(found)


def _outcomes(word: _Word, _now: datetime) -> HistoryTerm | None:
    try:
        outcomes = parse_outcomes(word.value)
    except ValueError as error:
        raise ValueError(f"“outcome:” {error}.") from None
    return OutcomeTerm(outcomes, word.exclude) if outcomes else None


def _times(word: _Word, now: datetime) -> HistoryTerm:
    try:
        return time_term(word.field, word.value, now, exclude=word.exclude)
    except ValueError as error:
        raise ValueError(f"“{word.field}:{safe_text(word.value, limit=40)}” {error}.") from None


def time_term(field: str, text: str, now: datetime, *, exclude: bool = False) -> TimeTerm:
    """Return the term of ``since``, ``until`` or ``on`` a time.

    ``until`` a day, month or year includes it; ``on`` a point in time means its day. Raises ValueError.
    """
    when = parse_when(text, now)
    match field:
        case "since":
            return TimeTerm(when.start, exclude=exclude)
        case "until":
            return TimeTerm(end=when.end, exclude=exclude)
    return TimeTerm(when.whole_days.start, when.whole_days.end, exclude)


def _waiting(word: _Word, _now: datetime) -> HistoryTerm:
    return WaitingTerm(exclude=_yes_or_no(word) is word.exclude)


def _back(word: _Word, _now: datetime) -> HistoryTerm:
    return BackInTerm(_yes_or_no(word), word.exclude)


def _noted(word: _Word, _now: datetime) -> HistoryTerm:
    return NotedTerm(exclude=_yes_or_no(word) is word.exclude)


def _yes_or_no(word: _Word) -> bool:
    value = word.value.strip().lower()
    for name, answer in _YES_NO.items():
        if name.startswith(value):
            return answer
    raise ValueError(f"“{word.field}:” takes yes or no.")


_PARSERS: dict[str, Callable[[_Word, datetime], HistoryTerm | None]] = {
    "outcome": _outcomes, "since": _times, "until": _times, "on": _times, "waiting": _waiting, "back": _back,
    "noted": _noted,
}  # fmt: skip
