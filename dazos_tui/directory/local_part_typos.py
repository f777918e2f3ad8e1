"""Typos in the part of an address before the @, compared with the ways to build it from the person's name.

Deliberate differences are not typos: another given name that is one letter away (Jon, John), the initial of
another given name, a middle initial, a number that tells namesakes apart, and anything unrelated to the name.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

from dazos_tui.directory.edit_distance import Typo, TypoKind, find_typo
from dazos_tui.text.normalize import fold

_SEPARATORS = (".", "_", "-", "")
_PARTS = re.compile(r"[._-]")
_WORD = re.compile(r"[^\W_]+")
_MAX_WORDS = 6
"""Only the first words of a longer name are used: no address spells them all."""
_MAX_SPELLINGS = 8
_MIN_LETTERS = 4
"""Shorter words are one letter away from far too many others."""

_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})  # codespell:ignore ue
"""Letters with a second plain spelling besides the one without their mark, as in passports (ICAO 9303)."""

_SIMILAR_GIVEN_NAMES = tuple(
    frozenset(group.split())
    for group in (
        "ann anne anna", "alan allan allen", "alex alexa", "rob bob", "bill will", "brian bryan", "carl karl",
        "carol carole", "cathy kathy", "catherine katherine", "chris kris", "christina kristina",
        "christine kristine", "dan dana dani", "debora deborah", "elisabeth elizabeth", "eric erik",
        "frances francis", "gabriela gabriella", "hana hanna hannah", "isabel isabell isabelle isabella",
        "jan jane jana", "jean jeanne", "jen jenn jenni jenny", "jo joe", "joan joann joanne", "john jon",
        "jose josef joseph", "julia julie", "kat kate katy katie", "kristen kristin", "lea leah",
        "liz lisa liza", "louis luis", "lucas lukas", "marc mark", "maria marie mary", "marta martha",
        "mat matt", "michele michelle", "mike mick", "mohamed mohammed mohamad mohammad", "nic nick nik",
        "nichole nicole", "nora norah", "phil philip phillip", "rachael rachel", "rene renee",
        "sam sami", "sara sarah",
        "sean shaun shawn", "sofia sophia", "stefan stephan", "susan susann", "teresa theresa",
        "toni tony", "zoe zoey",
    )
)  # fmt: skip
"""Given names that one person may go by, one letter apart; common knowledge, and never complete."""


@dataclass(frozen=True, slots=True)
class LocalPartForm:
    """One way to build the local part of an address from a name.

    `initial_positions` are the indexes in `text` where one more letter may be an initial, `initials_at` those
    of letters that are a name's initial. `given_name_span` is where the given name starts and ends (equal if
    it is absent).
    """

    text: str
    initial_positions: frozenset[int] = frozenset()
    initials_at: frozenset[int] = frozenset()
    given_name_span: tuple[int, int] = (0, 0)


def suggest_local_part(local: str, name: str, user_name: str) -> str:
    """Return what the part before the @ was probably meant to be, or "" if it looks right.

    All arguments are as the CRM has them. The result is folded, and keeps a tag after + and a number at the
    end.
    """
    typed, plus, tag = fold(local).partition("+")
    bare = typed.rstrip("0123456789")
    number = typed[len(bare) :]
    forms = _forms(name, user_name, typed)
    if {typed, bare} & {form.text for form in forms}:
        return ""
    for word, rest in dict.fromkeys(((typed, ""), (bare, number))):
        meant = _suggest_whole(word, forms)
        if meant is None:
            return ""
        if meant := meant or _suggest_part(word, name):
            return f"{meant}{rest}{plus}{tag}"
    return ""


def _suggest_whole(typed: str, forms: tuple[LocalPartForm, ...]) -> str | None:
    """Return the first form that is one typo away, "" if none is, None if it may be intended."""
    found = ""
    for form in forms:
        typo = find_typo(form.text, typed)
        if typo is None or _is_only_separator(typo, typed):
            continue
        if _is_intended(form, typo, typed):
            return None
        found = found or (form.text if _count_letters(form.text) >= _MIN_LETTERS else "")
    return found


def _suggest_part(typed: str, name: str) -> str:
    """Return the word with one part corrected, as a surname beside a nickname; "" if none is a typo away."""
    parts = _PARTS.split(typed)
    words = dict.fromkeys(word for words in _words_of(name) for word in words)
    if len(parts) < 2 or words.keys() & set(parts):
        return ""
    for part, word in product(parts, words):
        form = LocalPartForm(
            word, initial_positions=frozenset({0, len(word)}), given_name_span=(0, len(word))
        )
        typo = find_typo(word, part)
        if typo is not None and len(word) > _MIN_LETTERS and not _is_intended(form, typo, part):
            return typed.replace(part, word, 1)
    return ""


def _is_only_separator(typo: Typo, typed: str) -> bool:
    """Return whether the only difference is one more separator, which may split a name (mary.ann)."""
    return (
        typo.kind is TypoKind.ADDED and typed[typo.index] in _SEPARATORS and 0 < typo.index < len(typed) - 1
    )


def _is_intended(form: LocalPartForm, typo: Typo, typed: str) -> bool:
    text, (begin, end) = form.text, form.given_name_span
    if typo.kind is TypoKind.ADDED:
        if any(
            _is_initial(typed, text, at, numbered=begin < end and at > 0) for at in form.initial_positions
        ):
            return True
    elif typo.kind is TypoKind.WRONG and typo.index in form.initials_at and typed[typo.index].isalpha():
        return True
    return _are_similar_names(text[begin:end], typed[begin : len(typed) - (len(text) - end)])


def _is_initial(typed: str, text: str, at: int, *, numbered: bool) -> bool:
    """Return whether the added character at this index is an initial, or a number after a given name."""
    added = typed[at : at + 1]
    return typed[:at] + typed[at + 1 :] == text and (added.isalpha() or (numbered and added.isdigit()))


def _are_similar_names(one: str, other: str) -> bool:
    return one != other and any(one in group and other in group for group in _SIMILAR_GIVEN_NAMES)


def _count_letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _forms(name: str, user_name: str, typed: str) -> tuple[LocalPartForm, ...]:
    """Return all forms of the name, and the user name if it is built differently.

    A user name that is an address may be a copy of the e-mail, typo included: then it proves nothing.
    """
    forms = tuple(dict.fromkeys(_forms_of_name(name)))
    local, at, _ = fold(user_name).partition("@")
    if not local or (at and local == typed) or any(form.text == local for form in forms):
        return forms
    if _PARTS.search(local):
        return *forms, LocalPartForm(local)
    return *forms, LocalPartForm(local, frozenset({0, 1, len(local)}), frozenset({0}))


def _words_of(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the folded words of the name, once for each way to write the letters that can be spelled out."""
    words = _WORD.findall(unicodedata.normalize("NFC", name.casefold().replace("'", "").replace("’", "")))
    spellings = (
        dict.fromkeys((fold(word), fold(word.translate(_SPELLED_OUT)))) for word in words[:_MAX_WORDS]
    )
    return islice(product(*spellings), _MAX_SPELLINGS)


def _forms_of_name(name: str) -> Iterator[LocalPartForm]:
    for words in _words_of(name):
        for word in words:
            yield LocalPartForm(
                word, initial_positions=frozenset({0, len(word)}), given_name_span=(0, len(word))
            )
        for first_surname in range(1, len(words)):
            givens, surnames = words[:first_surname], words[first_surname:]
            for given, surname, separator in product(_join_words(givens), _join_words(surnames), _SEPARATORS):
                yield from _combine_names(given, surname, separator)


def _join_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words joined, with each separator, and each single word, as of two surnames."""
    return tuple(dict.fromkeys((*(separator.join(words) for separator in _SEPARATORS), *words)))


def _combine_names(given: str, surname: str, separator: str) -> Iterator[LocalPartForm]:
    """Yield given name and surname in either order, both in full or one as an initial."""
    g, s, gap = len(given), len(surname), len(separator)
    yield LocalPartForm(f"{given}{separator}{surname}", frozenset({g}), given_name_span=(0, g))
    yield LocalPartForm(f"{given[0]}{separator}{surname}", frozenset({0, 1}), frozenset({0}))
    last = s + gap
    yield LocalPartForm(
        f"{surname}{separator}{given}", frozenset({last + g}), given_name_span=(last, last + g)
    )
    yield LocalPartForm(f"{surname}{separator}{given[0]}", frozenset({last, last + 1}), frozenset({last}))
    yield LocalPartForm(
        f"{given}{separator}{surname[0]}", frozenset({g, g + gap + 1}), frozenset({g + gap}), (0, g)
    )
