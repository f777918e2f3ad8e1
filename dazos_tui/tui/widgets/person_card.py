"""The card of a person: identity from the list, resets from the history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import set_cell_size
from textual.content import Content

from dazos_tui.crm.models import Profile, Status, User
from dazos_tui.history.models import CrmAction, HistoryEntry
from dazos_tui.tui.formatting import fit_width, format_time, state_of
from dazos_tui.tui.widgets.history_list import MARKS, OUTCOME_LOOKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET, Rows, as_rows, wrap_text
from dazos_tui.verification.next_step import is_waiting

_CARD_RESETS, _PROFILE_RESETS = 4, 20
"""Most resets shown on the card, and above a profile that was read."""
_WHOLE, _MIDDLE = 8, 5
"""Height from which on the card is complete, and from which on the name shares a row with the account."""
_WITH_OPERATOR = 48
"""Width from which on the operator of a reset is shown."""

_STATUSES = {
    Status.ACTIVE: ("● active", "$text-success"),
    Status.INACTIVE: ("○ inactive", "$text-warning"),
    Status.UNKNOWN: (f"? {Status.UNKNOWN.label}", "$text-warning"),
}


@dataclass(frozen=True, slots=True)
class UnreadResets:
    """Resets that are not known: the sentence in their place."""

    words: str


Resets = Sequence[HistoryEntry] | UnreadResets


@dataclass(frozen=True, slots=True)
class PersonCard:
    """What is known about a person. `resets` are newest first; `hint` is the sentence below.

    `notes` say what is special about the row of the list, such as how old it is.
    """

    user: User
    resets: Resets
    hint: str = ""
    profile: Profile | None = None
    notes: Sequence[str] = ()

    def rows(self, width: int, height: int, now: datetime) -> Rows:
        """Return the rows of the card for this size. Where short, what the list shows is left out."""
        if height >= _WHOLE:
            return [
                *self._head(width),
                *self._notes(width),
                Content(""),
                *self._resets(width, now),
                *self._hint(width),
            ]
        name = Content.styled(self.user.name or self.user.user_name, "bold")
        whole = [name + Content(" · ") + self._account] if height >= _MIDDLE else [*self._mail(width)]
        others = [*self._mail(width)] if height >= _MIDDLE else [self._account]
        return [*whole, *others, *self._notes(width), *self._lines(width, now)][:height]

    def _head(self, width: int) -> Iterator[Content]:
        yield Content.styled(fit_width(self.user.name or self.user.user_name, width), "bold")
        yield from self._mail(width)
        account = self._account
        yield from [account] if account.cell_length <= width else account.wrap(max(1, width))

    def _notes(self, width: int) -> Iterator[Content]:
        for note in self.notes:
            yield from as_rows(wrap_text(note, width), "$text-warning")

    def _mail(self, width: int) -> Iterator[Content]:
        if self.user.email:
            yield from as_rows(wrap_text(self.user.email, width))
        else:
            yield Content.styled("no e-mail address", "$text-warning")

    @property
    def _account(self) -> Content:
        user = self.user
        more = [user.role] if user.role else []
        more += ["admin"] if user.admin else []
        row = Content.assemble(f"{user.user_name} · ", _STATUSES[user.status], *(f" · {one}" for one in more))
        if self.profile is not None and self.profile.is_locked:
            row += Content.styled(" · login locked", "$text-error")
        return row

    def _resets(self, width: int, now: datetime) -> Iterator[Content]:
        if isinstance(self.resets, UnreadResets):
            yield from self._lines(width, now)
            return
        links = [entry for entry in self.resets if entry.action is CrmAction.RESET_LINK]
        if not links:
            yield from as_rows(wrap_text("No link sent from this tool yet.", width), QUIET)
        else:
            waiting = sum(is_waiting(entry) for entry in links)
            words = f"Resets {len(links)}"
            yield Content(f"{words} · {waiting} not back in" if waiting else words)
        yield from self._lines(width, now)

    def _lines(self, width: int, now: datetime) -> Iterator[Content]:
        if isinstance(self.resets, UnreadResets):
            yield from as_rows(wrap_text(self.resets.words, width), QUIET)
            return
        most = _CARD_RESETS if self.profile is None else _PROFILE_RESETS
        # A row that says “1 more” could be that one.
        shown = self.resets if len(self.resets) == most + 1 else self.resets[:most]
        for entry in shown:
            yield reset_row(entry, width, now)
        if left := len(self.resets) - len(shown):
            words = f"… {left:,} earlier in the whole history"
            yield Content.styled(fit_width(words, width), QUIET)

    def _hint(self, width: int) -> Iterator[Content]:
        if self.hint:
            yield Content("")
            yield from as_rows(wrap_text(self.hint, width), QUIET)


def reset_row(entry: HistoryEntry, width: int, now: datetime) -> Content:
    """Return a row about one reset: outcome, time, ticket, operator and current state."""
    operator = set_cell_size(fit_width(entry.request.operator, 7), 8) if width >= _WITH_OPERATOR else ""
    ticket = set_cell_size(fit_width(entry.request.ticket or "–", 7), 8)
    start = f" {format_time(entry.requested_at, now):<11}{ticket}{operator}"
    mark = MARKS[entry.outcome]
    room = max(0, width - len(mark) - len(start))
    return Content.assemble(
        (mark, OUTCOME_LOOKS[entry.outcome]), start, (fit_width(state_of(entry, now), room), "dim")
    )
