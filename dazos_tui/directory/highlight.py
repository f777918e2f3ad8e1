"""Where the words of a query are in a text, for highlighting."""

from collections.abc import Iterable

from dazos_tui.directory.query import QueryTerm
from dazos_tui.text.normalize import fold


def highlighted_spans(text: str, terms: Iterable[QueryTerm], field: str) -> list[tuple[int, int]]:
    """Return the parts of `text` that match the terms, as (start, end), in order and not overlapping.

    `field` is the text's field, as a query names it.
    """
    wanted = [term.text for term in terms if not term.exclude and term.field in {"", field}]
    if not wanted:
        return []
    folded, origin = _fold_with_origins(text)
    found = [
        (origin[place], origin[place + len(word) - 1] + 1)
        for word in wanted
        for place in _find_all(folded, word)
    ]
    return _merge_spans(sorted(found))


def _fold_with_origins(text: str) -> tuple[str, range | list[int]]:
    """Return the folded text, and for each of its letters the index of the original letter."""
    folded = fold(text)
    if text.isascii() and len(folded) == len(text):
        return folded, range(len(text))
    parts = [fold(letter) for letter in text]
    return "".join(parts), [index for index, part in enumerate(parts) for _ in part]


def _find_all(text: str, word: str) -> Iterable[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + len(word))


def _merge_spans(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            first, last = merged.pop()
            merged.append((first, max(last, end)))
        else:
            merged.append((start, end))
    return merged
