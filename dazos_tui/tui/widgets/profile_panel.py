"""The profile of one person."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from dazos_tui.crm.models import Block, Profile, Status, User
from dazos_tui.history.models import Entry
from dazos_tui.history.store import utc_now
from dazos_tui.tui.phrases import ago, back_in, last_attempt
from dazos_tui.tui.widgets.history_list import MARKS

_LABEL_WIDTH = 13


class ProfilePanel(VerticalScroll):
    """Shows one profile. `user` is whose it is, from when it is asked for; `profile` is there once read."""

    def __init__(
        self,
        way_to_open: str,
        *,
        id: str,  # noqa: A002 - Textual's own name
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take the key that opens a person, for a sentence."""
        super().__init__(id=id)
        self.border_title = "Profile"
        self._clock, self._way_to_open = clock, way_to_open
        self._read_at: datetime | None = None
        self._last: Entry | None = None
        self._failed: Entry | None = None
        self._age = ""
        self.user: User | None = None
        self.profile: Profile | None = None

    def compose(self) -> ComposeResult:
        """Lay out who it is above what the CRM says."""
        hint = f"Type a name, press {self._way_to_open}: it opens here."
        yield Static(Content(hint), id="who", classes="hint")
        yield Static("", id="fields", markup=False)

    def show_reading(self, user: User) -> None:
        """Say that this person's profile is being read."""
        self.show_words(f"Reading the profile of {user.name or user.user_name} …")
        self.user = user

    def show_words(self, words: str) -> None:
        """Show a sentence in place of a profile."""
        self.user = self.profile = self._read_at = None
        self._put(Content(words), "")
        self.query_one("#who").add_class("hint")

    def show_profile(self, profile: Profile, last: Entry | None, failed: Entry | None = None) -> None:
        """Show a profile just read, with the newest reset of this person, and one that failed after it."""
        self.user, self.profile, self._read_at = profile.user, profile, self._clock()
        self.show_last_reset(last, failed)
        self.scroll_home(animate=False)

    def add_menu(self, profile: Profile) -> None:
        """Show the profile that is shown with more in its menu; it is as old as before."""
        if self.profile is not None and self.profile.user == profile.user:
            self.profile = profile
            self.show_last_reset(self._last, self._failed)

    def show_last_reset(self, last: Entry | None, failed: Entry | None = None) -> None:
        """Show the profile again, with the newest reset of the person, and one that failed after it."""
        self._last, self._failed = last, failed
        self._age = self._age_of(last, failed)
        if self.profile is not None:
            who = Content.assemble(*_who(self.profile), *_last_reset(last, failed, self._clock()))
            self._put(who, _fields(self.profile.blocks))
            self.query_one("#who").remove_class("hint")

    def refresh_age(self) -> None:
        """Say anew how long ago the newest resets were, if that reads otherwise by now."""
        if self._age_of(self._last, self._failed) != self._age:
            self.show_last_reset(self._last, self._failed)

    def _age_of(self, *entries: Entry | None) -> str:
        now = self._clock()
        return " ".join(ago(entry.requested_at, now) for entry in entries if entry is not None)

    def fresh_profile(self, user_id: str, age: timedelta) -> Profile | None:
        """Return this person's profile if it is shown and was read no longer than `age` ago."""
        read_at, profile = self._read_at, self.profile
        if profile is None or read_at is None or profile.user.id != user_id:
            return None
        return profile if self._clock() - read_at < age else None

    def grow_stale(self) -> None:
        """Let the profile be read again before anything is done on it."""
        self._read_at = None

    def _put(self, who: Content, fields: Group | str) -> None:
        self.query_one("#who", Static).update(who)
        self.query_one("#fields", Static).update(fields)


_STATUSES = {
    Status.ACTIVE: ("\n● active", "$text-success"),
    Status.INACTIVE: ("\n○ inactive", "$text-warning"),
    Status.UNKNOWN: (f"\n? {Status.UNKNOWN.words}", "$text-warning"),
}


def _who(profile: Profile) -> Iterator[str | tuple[str, str]]:
    user = profile.user
    yield (f"{user.name or user.user_name}\n", "bold")
    yield (user.email or "no e-mail address", "" if user.email else "$text-warning")
    yield _STATUSES[user.status]
    if user.role:
        yield f" · {user.role}"
    if user.admin:
        yield " · admin"
    if profile.locked:
        yield (" · login locked", "$text-error")


def _last_reset(last: Entry | None, failed: Entry | None, now: datetime) -> Iterator[str | tuple[str, str]]:
    yield "\n"
    if failed is not None:
        words = last_attempt(failed, now).capitalize()
        yield f"\n{MARKS[failed.outcome]} {words}, by {failed.request.operator}"
    if last is None:
        if failed is None:
            yield ("\nNo link was asked for from here yet.", "dim")
        return
    ticket = f", ticket {last.request.ticket}" if last.request.ticket else ""
    when = ago(last.requested_at, now)
    yield f"\n{MARKS[last.outcome]} Last link: {last.outcome}, {when}, by {last.request.operator}{ticket}"
    if seen := back_in(last):
        yield (f"\n→ {seen}", "$text-success")


def _fields(blocks: tuple[Block, ...]) -> Group:
    """Return the fields that have a value, under the titles of their blocks."""
    parts: list[Text | Table] = []
    for block in blocks:
        filled = [field for field in block.fields if field.value]
        if not filled:
            continue
        table = Table.grid(padding=(0, 1))
        table.add_column(width=_LABEL_WIDTH, overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        for field in filled:
            table.add_row(Text(field.label, "dim"), Text(field.value))
        parts += [Text(f"\n{block.title}", "bold"), table]
    return Group(*parts)
