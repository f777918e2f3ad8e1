"""The line above the list: totals, matches, and the progress of loading."""

from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

_ENTER_WAITS = "Enter waits"


@dataclass(frozen=True, slots=True)
class ListCount:
    """The content of the line. While loading, `expected` is the final number of people, if known.

    `stops` and `reads_on` are the keys that stop and resume loading. `pause` is how long a request waits, in
    seconds, because the CRM asked for it. `as_of` is the time of a remembered list; `is_renewed` is whether a
    part of it was read again. `changes` says what is different in the new list.
    """

    stops: str
    reads_on: str
    active: int = 0
    inactive: int = 0
    unknown: int = 0
    matching: int | None = None
    is_truncated: bool = False
    similar: int = 0
    reading: bool = False
    pause: int = 0
    read: int = 0
    expected: int | None = None
    incomplete: bool = False
    signed_out: bool = False
    enter_waits: bool = False
    order: str = ""
    as_of: str = ""
    is_renewed: bool = False
    changes: str = ""


class CountLine(Widget):
    """One line of text, to the right of the filter."""

    count: reactive[ListCount] = reactive(ListCount("", ""))

    def render(self) -> RenderResult:
        """Draw as many parts as fit, the most important first."""
        count, width = self.count, self.content_size.width
        state = _reading(count) if count.reading else _complete(count)
        words = _fitting([_pause(count), *state], width)
        return Content.styled(words, "$warning" if count.incomplete else "")


def _pause(count: ListCount) -> str:
    return f"the CRM asks to wait {count.pause} s" if count.pause else ""


def _reading(count: ListCount) -> list[str]:
    # The number of matches matters more, and both would not fit beside the filter.
    of = f" of {count.expected:,}" if count.expected and count.matching is None else ""
    state = f"reading … {count.read:,}{of}" if count.read else "reading …"
    if count.as_of:
        waits = _ENTER_WAITS if count.enter_waits else ""
        # While the app is still loading, there is nothing to stop.
        stops = f"{count.stops} stops" if count.stops else ""
        return [f"as of {count.as_of}", *_matching(count), state, waits, stops]
    return [state, _ENTER_WAITS if count.enter_waits else "", *_matching(count), f"{count.stops} stops"]


def _complete(count: ListCount) -> list[str]:
    if not count.active + count.inactive + count.unknown:
        return _incomplete(count) if count.incomplete else _matching(count)
    incomplete = _incomplete(count) if count.incomplete else []
    waits = _ENTER_WAITS if count.enter_waits else ""
    totals = [f"{count.active:,} active", f"{count.inactive:,} inactive"]
    if count.unknown:
        totals.append(f"{count.unknown:,} not known")
    if matching := _matching(count):
        # The top line also says that the list is incomplete.
        return [*matching, waits, *incomplete, count.changes, count.order, *totals]
    return [*incomplete, waits, count.changes, *totals, count.order]


def _incomplete(count: ListCount) -> list[str]:
    if count.signed_out and not count.active + count.inactive + count.unknown:
        return [f"not signed in, {count.reads_on} signs in"]
    if count.as_of and not count.is_renewed:
        return [f"as of {count.as_of}", f"{count.reads_on} {'signs in' if count.signed_out else 'reads it'}"]
    if count.as_of:
        return [f"in part as of {count.as_of}", f"{count.reads_on} reads on"]
    return [f"INCOMPLETE, {count.reads_on} reads on"]


def _matching(count: ListCount) -> list[str]:
    if count.matching is None:
        return []
    words = f"{count.matching:,}{'+' if count.is_truncated else ''} match"
    return [words, f"{count.similar:,} similar"] if count.similar else [words]


def _fitting(parts: list[str], width: int) -> str:
    """Return the joined parts, without the last ones if they are too wide."""
    parts = list(filter(None, parts))
    while len(parts) > 1 and cell_len(" · ".join(parts)) > width:
        parts.pop()
    return " · ".join(parts)
