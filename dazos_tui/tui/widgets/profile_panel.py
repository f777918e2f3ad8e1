"""The profile of one person."""

from collections.abc import Callable, Iterator
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from dazos_tui.crm.models import Profile, Status
from dazos_tui.history.models import Entry
from dazos_tui.history.store import utc_now
from dazos_tui.tui.phrases import ago
from dazos_tui.tui.widgets.history_list import MARKS

_HINT = "Type a name, press Enter: the profile opens here."
_LABEL_WIDTH = 16

Piece = str | Content | tuple[str, str]


class ProfilePanel(VerticalScroll):
    """Shows one profile; `profile` and the time it was read are kept for whoever acts on it."""

    def __init__(self, *, id: str, clock: Callable[[], datetime] = utc_now) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self.profile: Profile | None = None
        self.read_at: datetime | None = None

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield Static(Content(_HINT), id="profile-text", classes="hint", markup=False)

    def show_words(self, words: str) -> None:
        """Show a sentence in place of a profile."""
        self.profile = self.read_at = None
        self._put(Content(words), hint=True)

    def show_profile(self, profile: Profile, last: Entry | None) -> None:
        """Show a profile just read, with the newest reset of this person."""
        self.profile, self.read_at = profile, self._clock()
        self.show_last_reset(last)
        self.scroll_home(animate=False)

    def show_last_reset(self, last: Entry | None) -> None:
        """Show the profile again, with this as the newest reset of the person."""
        if self.profile is not None:
            self._put(Content.assemble(*_pieces(self.profile, last, self._clock())), hint=False)

    def _put(self, content: Content, *, hint: bool) -> None:
        text = self.query_one("#profile-text", Static)
        text.set_class(hint, "hint")
        text.update(content)


def _pieces(profile: Profile, last: Entry | None, now: datetime) -> Iterator[Piece]:
    user = profile.user
    yield (f"{user.name or user.user_name}\n", "bold")
    yield (user.email or "no e-mail address", "" if user.email else "$text-warning")
    yield "\n"
    inactive = user.status is Status.INACTIVE
    yield ("○ inactive" if inactive else "● active", "$text-warning" if inactive else "$text-success")
    if user.role:
        yield f" · {user.role}"
    if user.admin:
        yield " · admin"
    if profile.locked:
        yield (" · login locked", "$text-error")
    yield "\n\n"
    yield from _last_reset(last, now)
    for block in profile.blocks:
        yield (f"\n{block.title}\n", "bold $text-accent")
        for field in block.fields:
            yield (f"{field.label[:_LABEL_WIDTH]:<{_LABEL_WIDTH}} ", "dim")
            yield f"{field.value or '—'}\n"


def _last_reset(last: Entry | None, now: datetime) -> Iterator[Piece]:
    if last is None:
        yield ("No link was asked for from here yet.\n", "dim")
        return
    words = f"{MARKS[last.outcome]} Last link: {last.outcome}, {ago(last.requested_at, now)}"
    ticket = f", ticket {last.request.ticket}" if last.request.ticket else ""
    yield f"{words}, by {last.request.operator}{ticket}\n"
