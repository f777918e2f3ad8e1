"""The panel with the card of a person and the profile below it; without a person, the overview card."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from dazos_tui.crm.models import Profile, User
from dazos_tui.history.times import utc_now
from dazos_tui.tui.widgets.now_card import NowCard
from dazos_tui.tui.widgets.person_card import PersonCard, Resets
from dazos_tui.tui.widgets.profile_fields import field_rows, has_folded
from dazos_tui.tui.widgets.reflowed_rows import QUIET, ReflowedRows, Rows, as_rows, wrap_text


class ProfilePanel(VerticalScroll):
    """Shows one person, `user`. `profile` is set once it has been requested and read."""

    def __init__(
        self,
        way_to_open: str,
        *,
        id: str,  # noqa: A002 - Textual's own name
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Build the panel. `way_to_open` is the key that opens a person, for the hints."""
        super().__init__(id=id)
        self._clock, self._way_to_open = clock, way_to_open
        self._read_at: datetime | None = None
        self._card: PersonCard | NowCard | None = None
        self._words = f"Type a name, press {way_to_open}: it opens here."
        self._all_open = False
        self.user: User | None = None
        self.profile: Profile | None = None
        self.is_reading = False
        """Whether the profile of `user` was requested and has not arrived."""

    def compose(self) -> ComposeResult:
        """Lay out the card above the profile fields."""
        yield ReflowedRows(id="who")
        yield ReflowedRows(id="fields")

    def on_mount(self) -> None:
        """Say how to begin."""
        self._draw()

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self._draw()

    def show_now(self, card: NowCard) -> None:
        """Show the overview card instead of a person."""
        self._clear()
        self._card = card
        self._draw()

    def show_card(self, user: User, resets: Resets, notes: Sequence[str] = ()) -> None:
        """Show what is known about this person without a request; `resets` are newest first."""
        self._clear()
        self.user = user
        self._card = PersonCard(user, resets, f"{self._way_to_open} reads the whole profile now", notes=notes)
        self._draw()
        self.scroll_home(animate=False)

    def show_reading(self, user: User, resets: Resets, waits: str = "") -> None:
        """Show that this person's profile is being read, or a sentence about what that waits for."""
        self._clear()
        self.user, self.is_reading = user, True
        words = waits or f"Reading the profile of {user.name or user.user_name} …"
        self._card = PersonCard(user, resets, words)
        self._draw()

    def show_words(self, words: str) -> None:
        """Show a sentence instead of a profile."""
        self._clear()
        self._card, self._words = None, words
        self._draw()

    def show_profile(self, profile: Profile, resets: Resets) -> None:
        """Show a profile that was just read, with the person's resets."""
        self._clear()
        self.user, self.profile, self._read_at = profile.user, profile, self._clock()
        self._card = PersonCard(profile.user, resets, profile=profile)
        self._draw()
        self.scroll_home(animate=False)

    def add_menu(self, profile: Profile) -> None:
        """Replace the menu of the shown profile by a fuller one; the profile keeps its age."""
        if (
            self.profile is not None
            and self.profile.user == profile.user
            and isinstance(self._card, PersonCard)
        ):
            self.profile = profile
            self._card = PersonCard(profile.user, self._card.resets, self._card.hint, profile)

    def show_resets(self, resets: Resets) -> None:
        """Update the resets of the shown person."""
        if isinstance(self._card, PersonCard):
            self._card = PersonCard(self._card.user, resets, self._card.hint, self._card.profile)
            self._draw()

    def refresh_age(self) -> None:
        """Update the relative times."""
        self._draw()

    def toggle_all(self) -> None:
        """Open the folded blocks, or fold them again."""
        self._all_open = not self._all_open
        self._draw()

    def recent_profile(self, user_id: str, age: timedelta) -> Profile | None:
        """Return this person's profile if it is shown and was read no longer than `age` ago."""
        read_at, profile = self._read_at, self.profile
        if profile is None or read_at is None or profile.user.id != user_id:
            return None
        return profile if self._clock() - read_at < age else None

    def mark_stale(self) -> None:
        """Require that the profile is read again before an action uses it."""
        self._read_at = None

    def _clear(self) -> None:
        self.user = self.profile = self._read_at = None
        self.is_reading = self._all_open = False

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#who", ReflowedRows).set_content(self._identity_rows)
        self.query_one("#fields", ReflowedRows).set_content(self._fields)

    def _identity_rows(self, width: int) -> Rows:
        card = self._card
        if card is None:
            return list(as_rows(wrap_text(self._words, width), QUIET))
        return card.rows(width, self.size.height, self._clock())

    def _fields(self, width: int) -> Rows:
        if self.profile is None:
            return []
        blocks = self.profile.blocks
        rows = field_rows(blocks, width, all_open=self._all_open)
        if has_folded(blocks):
            what = "folds them" if self._all_open else "opens them"
            rows += [Content.styled(f"  {self._way_to_open} {what}", QUIET)]
        return rows
