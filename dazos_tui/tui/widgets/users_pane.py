"""The pane that finds people: a filter, a count, a list."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer

from dazos_tui.config.keymap import CommandName
from dazos_tui.crm.models import LISTED_STATUSES, Status, User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.matches import Matches
from dazos_tui.directory.order import BY_RELEVANCE, SortOrder
from dazos_tui.directory.query import longest_word, query_problems
from dazos_tui.directory.remembered_users import ListChanges, ListRenewal
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import utc_now
from dazos_tui.system.memory import return_free_memory
from dazos_tui.tui.formatting import fit_width, format_time
from dazos_tui.tui.list_columns import TITLES
from dazos_tui.tui.picks import Picks
from dazos_tui.tui.widgets.column_titles import ColumnTitles, sort_arrow
from dazos_tui.tui.widgets.count_line import CountLine, ListCount
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.list_changes import changes_in_words, notes_on_changes
from dazos_tui.tui.widgets.ticket_lines import TicketLines, TicketState
from dazos_tui.tui.widgets.titled_pane import TitledPane
from dazos_tui.tui.widgets.user_list import UserList

if TYPE_CHECKING:
    from dazos_tui.crm.reader import UserBatch

_CATCH_UP_SECONDS = 0.2
"""The list adds arrived people at most once in this many seconds; below, in this many times what it took."""
_REST_FACTOR = 5
_TYPING_SECONDS = 0.15
"""Seconds without a key after which the typed text is searched in the CRM itself, while the list loads."""
_PREPARATION_SECONDS = 0.008
_SLICE_SECONDS = 0.002
"""Once the list is complete, searches are prepared in slices: the second of these in each of the first."""
SEEN_SECONDS = 0.5
"""Seconds after which the user has seen the cursor row before pressing Enter."""
_MAX_TYPED_WIDTH = 30
"""Cells of the typed text that a message repeats."""
_MAX_WORD_LENGTH = 100
"""Longest word, in characters, that the CRM is searched for: a pasted page is no name."""


class UsersPane(TitledPane):
    """Holds the people loaded so far and shows those that match the filter."""

    class Opened(Message):
        """A person was chosen."""

        def __init__(self, user: User) -> None:
            self.user = user
            super().__init__()

    class Sought(Message):
        """The user looks for a person who may not have been loaded yet."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class TicketChanged(Message):
        """Another ticket is in the filter; an empty one if it holds none any longer."""

        def __init__(self, ticket: str) -> None:
            self.ticket = ticket
            super().__init__()

    class ListEnded(Message):
        """The list was read to its end, or to where it was stopped."""

    is_ticket: Callable[[str], bool] = staticmethod(lambda _: False)
    """Returns whether a word looks like a ticket."""

    on_moved: Callable[[], object] = staticmethod(lambda: None)
    """Called at once when the cursor has moved, or the row under it has changed."""

    on_vanished: Callable[[User], object] = staticmethod(lambda _: None)
    """Called at once when the person under the cursor is no longer in the list that has the focus."""

    ticket = ""
    """The ticket in the filter; empty if it searches for people."""

    def __init__(self, typed: str, way: Callable[[CommandName], str], *, id: str) -> None:  # noqa: A002
        """Build the pane with `typed` in its filter. `way` returns the key of a command, for messages."""
        super().__init__("Users", id=id)
        self._way = way
        self._typed = typed
        self.directory = Directory()
        self.order = BY_RELEVANCE
        self.picks = Picks()
        """The people picked for a batch."""
        self._matches: Matches | None = None
        self._query = ""
        self._count = ListCount(stops=way("stop"), reads_on=way("reload"))
        self._stop_reason = ""
        self._arrived: list[User] = []
        self._next_batch_at = 0.0
        self._batch_timer: Timer | None = None
        self._search_timer: Timer | None = None
        self._preparation: Timer | None = None
        self._preparation_steps: Iterator[None] = iter(())
        self._search_text = ""
        self._searched: set[str] = set()
        self._failed_searches: set[str] = set()
        self._is_searchable = True
        self._renewal: ListRenewal | None = None
        self._enter_waits = False
        self._asked_ticket = ""
        self._ticket_people: tuple[User, ...] = ()
        self._best = "", ""
        self.best_since = 0.0
        """When the current first match came to the top, by the monotonic clock."""

    def inside(self) -> ComposeResult:
        """Lay out filter, count and list."""
        with Horizontal(id="filter-row"):
            yield FilterInput.for_user_list(self._typed)
            yield CountLine(id="count")
        yield TicketLines(id="ticket-lines")
        yield ColumnTitles(id="titles")
        users = UserList(id="users")
        users.picked = self.picks
        users.when_moved = self._follow_cursor
        yield users

    @property
    def current(self) -> User | None:
        """Return the person under the cursor, among those who match the current filter."""
        self._catch_up()
        return self.query_one(UserList).current

    @property
    def typed(self) -> str:
        """Return the text in the filter."""
        return self.query_one(FilterInput).value

    @property
    def is_reading(self) -> bool:
        """Return whether the list is still loading."""
        return self._count.reading

    @property
    def is_whole(self) -> bool:
        """Return whether the list is complete: a person who is not in it does not exist."""
        return not (self._count.reading or self._count.incomplete)

    # -- a remembered list ----------------------------------------------------------------------------

    @property
    def as_of(self) -> str:
        """Return when the remembered list was read that is shown, in words; empty if none is."""
        return "" if self._renewal is None else format_time(self._renewal.read_at, utc_now())

    @property
    def changes(self) -> ListChanges | None:
        """Return how the list differs from the remembered one, until it is read again."""
        return self.query_one(UserList).changes

    def is_remembered(self, user_id: str) -> bool:
        """Return whether what is shown of a person is of the remembered list."""
        return self._renewal is not None and self._renewal.is_remembered(user_id)

    def notes_on(self, user: User) -> list[str]:
        """Return a sentence for each thing to know about a person's row: how old it is, what changed."""
        if self.is_remembered(user.id):
            return [f"As of {self.as_of}."]
        return notes_on_changes(user, self.changes)

    def show_remembered(self, remembered: Directory, read_at: datetime) -> None:
        """Show a list that was read earlier, except for the people who have been read since."""
        self._apply_batches()
        if self.is_whole and len(self.directory):
            return
        self._renewal = renewal = ListRenewal(remembered, read_at)
        self.directory = remembered.with_users(renewal.completed(self.directory.users, is_partial=False))
        self._show_count(as_of=self.as_of)
        self._refresh()

    def _show_changes(self, changes: ListChanges | None) -> None:
        self.query_one(UserList).changes = changes
        words = changes_in_words(changes) if changes else ""
        self._show_count(as_of="", is_renewed=False, changes=words)

    # -- reading --------------------------------------------------------------------------------------

    def begin_reading(self, *, searchable: bool = True) -> None:
        """Show that the list is loading. Known people stay until the whole list has been read again.

        `searchable`: whether the CRM has a search of its own.
        """
        self._stop_reason = ""
        self._is_searchable = searchable
        self._searched.clear()
        self._failed_searches.clear()
        if self._renewal is None:
            self._show_changes(None)
        # A loading that is resumed does not request their pages again.
        self._apply_batches()
        self._show_count(reading=True, read=0, expected=None, incomplete=False, signed_out=False)
        self._refresh()

    def show_pause(self, seconds: int) -> None:
        """Show that a request waits this many seconds because the CRM asked for it; 0 ends that."""
        self._show_count(pause=seconds)

    def add_batch(self, arrival: "UserBatch") -> None:
        """Add more people: the first at once, later ones a few times a second."""
        users: Sequence[User] = arrival.users
        if self._renewal is not None:
            users = self._renewal.completed(users, is_partial=arrival.is_partial)
            self._show_count(is_renewed=True)
        self._arrived += (user for user in users if not (arrival.is_partial and self._is_read(user.id)))
        self._show_count(read=arrival.read_count, expected=arrival.expected_count)
        if (wait := self._next_batch_at - monotonic()) <= 0:
            self._apply_batches()
        elif self._batch_timer is None:
            self._batch_timer = self.set_timer(wait, self._apply_batches)
        self._request_search()

    def add_found(self, text: str, users: Iterable[User] | None) -> None:
        """Add what the CRM's own search found for a text; None if the search failed."""
        # Only now: a search that was replaced by another must be repeated.
        if users is None:
            self._failed_searches.add(text)
        else:
            self._searched.add(text)
            # A search may not know a status that the list already has.
            self._arrived += (
                user
                for user in self._with_missing(list(users))
                if user.status in LISTED_STATUSES or not self._is_read(user.id)
            )
        self._apply_batches()
        self._refresh()

    def _with_missing(self, users: Sequence[User]) -> Sequence[User]:
        return users if self._renewal is None else self._renewal.completed(users, is_partial=True)

    def _is_read(self, user_id: str) -> bool:
        """Return whether a person is in the list, with facts that were read."""
        return user_id in self.directory.ids and not self.is_remembered(user_id)

    def end_reading(self, ids: Set[str], *, complete: bool) -> None:
        """End the loading. People missing from a complete list of `ids` are removed."""
        self._apply_batches()
        if complete:
            self.directory = self.directory.with_only(ids)
            if self._renewal is not None:
                self._show_changes(self._renewal.changes(self.directory, ids))
                self._renewal = None
        self._show_count(reading=False, incomplete=not complete)
        self._request_search()
        self._refresh()
        self.post_message(self.ListEnded())
        self.call_after_refresh(self._end_loading)

    def _end_loading(self) -> None:
        if gc.get_freeze_count():
            # Quick, since little is new. Garbage must not become exempt: it would never be freed.
            gc.collect()
        # Otherwise the garbage collector would scan a hundred thousand people again and again.
        gc.freeze()
        return_free_memory()
        if self._preparation is not None:
            self._preparation.stop()
        self._preparation_steps = steps = self.directory.prepare()
        step = partial(self._prepare, self.directory, steps)
        self._preparation = self.set_interval(_PREPARATION_SECONDS, step)

    def _prepare(self, directory: Directory, steps: Iterator[None]) -> None:
        """Do a slice of what makes searches fast; keys are handled between slices."""
        if steps is not self._preparation_steps:
            # A late tick of the timer that was stopped.
            return
        until = monotonic() + _SLICE_SECONDS
        if directory is self.directory:
            for _ in steps:
                if monotonic() > until:
                    return
        if self._preparation is not None:
            self._preparation.stop()
            self._preparation = None
        if directory is self.directory and self._query.strip():
            self._refresh()

    def stop_reading(self, words: str, *, searchable: bool = True, signed_out: bool = False) -> None:
        """End the loading early; `words` say why. `searchable`: whether the CRM's own search still works.

        `signed_out`: whether the reason is that nobody is signed in.
        """
        self._stop_reason, self._is_searchable = words, searchable
        self._apply_batches()
        self._show_count(reading=False, incomplete=True, signed_out=signed_out)
        self._request_search()
        self._refresh()
        self.post_message(self.ListEnded())

    def _apply_batches(self) -> None:
        """Add the people who arrived since the last time."""
        if self._batch_timer is not None:
            self._batch_timer.stop()
            self._batch_timer = None
        began = monotonic()
        if self._arrived:
            self.directory = self.directory.with_users(self._arrived)
            self._arrived = []
            self._refresh()
        ended = monotonic()
        self._next_batch_at = ended + max(_CATCH_UP_SECONDS, _REST_FACTOR * (ended - began))

    def _request_search(self) -> None:
        """Request a search in the CRM once nothing was typed for a moment, if it may find more."""
        text = self._unsearched_text()
        # Only typing postpones it, not people who arrive.
        if text == self._search_text:
            return
        self._search_text = text
        if self._search_timer is not None:
            self._search_timer.stop()
            self._search_timer = None
        if text:
            self._search_timer = self.set_timer(_TYPING_SECONDS, self._ask)

    def _unsearched_text(self) -> str:
        """Return the longest typed word if a search may find people missing from the list; else empty."""
        if self.is_whole or not self._is_searchable or (self.is_reading and not self._count.read):
            return ""
        text = longest_word(self._query)
        known = text in self._searched or text in self._failed_searches
        return text if 1 < len(text) <= _MAX_WORD_LENGTH and not known else ""

    def _ask(self) -> None:
        self._search_timer = None
        self.post_message(self.Sought(self._search_text))

    # -- Enter ----------------------------------------------------------------------------------------

    @property
    def may_change(self) -> bool:
        """Return whether a better match than those in the list may still arrive.

        A remembered list is as good as one that was read when the app was opened this morning.
        """
        if self.ticket or (self._renewal is not None and self._has_exact_match):
            return False
        return bool(self.typed.strip()) and (self.is_reading or bool(self._unsearched_text()))

    @property
    def _has_exact_match(self) -> bool:
        return self._matches is not None and bool(self._matches.exact_count)

    def chosen_by_enter(self) -> User | None:
        """Return the person that Enter opens now; None if nobody, or if it waits until the match is certain.

        It does not wait if the row was chosen by hand or visible before, nor on a second Enter.
        """
        self._catch_up()
        current, again = self.current, self._enter_waits
        seen = again or self.query_one(UserList).touched or monotonic() - self.best_since > SEEN_SECONDS
        if not self.may_change or (current is not None and (seen or self._is_certain)):
            self.drop_enter()
            return current
        self._show_enter_waits(waits=True)
        now = f" Enter again opens {current.name or current.user_name} now." if current is not None else ""
        typed = fit_width(self.typed.strip(), _MAX_TYPED_WIDTH)
        self.notify(f"Enter waits until it is clear whom “{typed}” means.{now}", markup=False)
        return None

    def drop_enter(self) -> None:
        """Discard a waiting Enter: the user did something else."""
        if self._enter_waits:
            self._show_enter_waits(waits=False)

    def _show_enter_waits(self, *, waits: bool) -> None:
        self._enter_waits = waits
        self._show_count(enter_waits=waits)

    @property
    def _is_certain(self) -> bool:
        """Return whether the first row is the person meant, whatever else may arrive.

        User names are unique. Several people may share an address; the CRM's own search finds them.
        """
        if self._matches is None or not self._matches.exact_count:
            return False
        typed = self._query.strip()
        first, *others = self._matches[:2]
        if "@" in typed:
            is_unique = _is_named(first, typed) and not any(_is_named(other, typed) for other in others)
            return is_unique and typed in self._searched
        return first.user_name.casefold() == typed.casefold()

    def _try_enter(self) -> None:
        """Perform a waiting Enter once the match is certain, or say that it never will be."""
        current = self.query_one(UserList).current
        is_settled = self.is_whole or self._renewal is not None
        certain = self._is_certain or (is_settled and self._has_exact_match)
        if self.may_change and not certain:
            return
        self.drop_enter()
        if current is None or self.app.screen is not self.screen:
            return
        if certain:
            self.post_message(self.Opened(current))
            return
        why = "Nobody has exactly that name." if self.is_whole else "The list is not complete."
        self.notify(f"{why} Enter again opens {current.name or current.user_name}.", markup=False)

    @property
    def has_started(self) -> bool:
        """Return whether the user has begun: something is typed, or the cursor was moved."""
        return bool(self.typed.strip()) or self.query_one(UserList).touched

    # -- looking --------------------------------------------------------------------------------------

    def clear_filter(self) -> None:
        """Show everybody."""
        self.look_for("")

    def look_for(self, text: str) -> None:
        """Replace the text in the filter."""
        self.query_one(FilterInput).value = text

    def look_for_ticket(self, ticket: str) -> None:
        """Replace the text in the filter by a ticket, whatever it looks like."""
        self._asked_ticket = ticket
        self.look_for(ticket)
        self._refresh()

    def show_ticket(self, state: TicketState | None) -> None:
        """Show what is known of the ticket in the filter."""
        self.query_one(TicketLines).state = state
        self.set_class(state is not None, "-ticket")

    def show_ticket_people(self, people: tuple[User, ...]) -> None:
        """Show these people in the list while the ticket is in the filter."""
        if people != self._ticket_people:
            self._ticket_people = people
            self._refresh()

    def has_address(self, address: str) -> bool:
        """Return whether a loaded person has this e-mail."""
        return self.directory.has_address(address)

    def pause_updates(self) -> None:
        """Keep the cursor on its person while the user types, as long as they match."""
        self.drop_enter()
        self.query_one(UserList).touched = True

    def show_last_links(self, newest: Mapping[str, HistoryEntry]) -> None:
        """Show each person's newest reset; `newest` is by record id."""
        users = self.query_one(UserList)
        users.last_links = newest
        users.repaint()

    def move(self, how: str, by: int) -> None:
        """Move the cursor of the list, wherever the focus is."""
        self._catch_up()
        self.drop_enter()
        users = self.query_one(UserList)
        if how == "page":
            users.action_page(by)
        else:
            users.action_move(by)
        self.query_one(FilterInput).follow(users)

    def point_at(self, user: User | None) -> None:
        """Put the cursor on a person, if they are in the list."""
        if user is not None:
            self.query_one(UserList).point_at(user)

    # -- picking --------------------------------------------------------------------------------------

    def pick(self) -> None:
        """Pick the person under the cursor, or unpick them, and go to the next row."""
        if (user := self.current) is not None:
            self.picks.toggle(user)
            self.move("move", 1)
            self.show_picks()

    @property
    def pick_all_disabled_reason(self) -> str:
        """Return why nobody can be picked at once; empty if somebody matches the filter as typed."""
        self._catch_up()
        shown = self._shown
        if not shown:
            return "Nobody is shown for the ticket." if self.ticket else "Nobody matches."
        similar = isinstance(shown, Matches) and not shown.exact_count
        return "Only similar names match: pick them one by one." if similar else ""

    def pick_all(self) -> None:
        """Pick everybody who matches the filter as typed, or who is shown for the ticket in it."""
        self._catch_up()
        shown = self._shown
        self.picks.add(self.directory.all_matching(self._query) if isinstance(shown, Matches) else shown)
        self.show_picks()

    @property
    def _shown(self) -> Sequence[User]:
        """Return who is in the list: the people of the ticket in the filter, else who matches."""
        if self.ticket:
            return self._ticket_people
        return self._matches if self._matches is not None else ()

    def show_picks(self) -> None:
        """Show who is picked, and how many."""
        self.query_one(UserList).repaint()
        self._show_count(picked=len(self.picks), picked_here=self._picked_here())

    def _picked_here(self) -> int | None:
        if self._matches is None or not self.picks or not self._query.strip():
            return None
        return self.picks.count_among(self._shown)

    def sort_by(self, column: str) -> None:
        """Sort by a column; reverse the order if it already is. Empty sorts by name.

        While a filter is typed, the best matches come first, and the column orders equal ones.
        """
        again = column == self.order.column and not self.order.descending
        self.order = SortOrder(column, descending=bool(column) and again)
        self.query_one(ColumnTitles).order = self.order
        self._refresh()

    @on(ColumnTitles.Clicked)
    def _title_clicked(self, event: ColumnTitles.Clicked) -> None:
        event.stop()
        self.sort_by(event.column)

    def on_mount(self) -> None:
        """Follow the filter synchronously: with a message, filter and list would be painted separately."""
        people = self.query_one(FilterInput)
        people.is_known = self.has_address
        self.watch(people, "value", self._catch_up, init=False)

    def _catch_up(self) -> None:
        """Show who matches, if the filter has changed."""
        if self.query_one(FilterInput).value != self._query:
            self.drop_enter()
            self.query_one(UserList).scroll_to_cursor()
            self._refresh()
            self._request_search()

    def _follow_cursor(self) -> None:
        self.set_footer_note(self.query_one(UserList).position_words)
        self.on_moved()

    @on(UserList.Chosen)
    def _open(self, event: Message) -> None:
        event.stop()
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def _refresh(self) -> None:
        before, self._query = self._query, self.query_one(FilterInput).value
        query = self._query
        self._matches = found = self.directory.search(query, self.order, at_once=True)
        users = self.query_one(UserList)
        self._follow_ticket(query.strip(), found)
        self._show_rows(users, is_same_query=query == before)
        best = query, users.current.id if users.current is not None else ""
        if best != self._best:
            self._best, self.best_since = best, monotonic()
        typed = query.strip() if not self.ticket else ""
        self._show_count(
            active=self.directory.count(Status.ACTIVE),
            inactive=self.directory.count(Status.INACTIVE),
            unknown=self.directory.count(Status.UNKNOWN),
            matching=found.exact_count if typed else None,
            is_truncated=False,
            similar=len(found) - found.exact_count if typed else 0,
            order=self._order_words(found),
            picked_here=self._picked_here(),
        )
        if self._enter_waits:
            self._try_enter()

    def _show_rows(self, users: UserList, *, is_same_query: bool) -> None:
        """Show who matches; name the person that a key was meant for, if that is another one now."""
        # A key is meant for the person under the cursor, so no other may come there unseen, or later.
        stays = is_same_query and self.screen.focused is users
        meant = users.current if stays and users.touched else None
        empty = "" if self.ticket else self._empty_message(self._query)
        users.show_rows(self._shown, empty=empty, stays=stays)
        if meant is not None and (users.current is None or users.current.id != meant.id):
            self.on_vanished(meant)

    def _follow_ticket(self, typed: str, found: Matches) -> None:
        """Take what is typed for a ticket if it was asked for as one, or looks so and finds nobody."""
        is_asked = bool(typed) and typed == self._asked_ticket
        is_ticket = is_asked or (bool(typed) and not found.exact_count and self.is_ticket(typed))
        ticket = typed if is_ticket else ""
        if ticket != self.ticket:
            self.ticket, self._ticket_people = ticket, ()
            self.post_message(self.TicketChanged(ticket))

    def _order_words(self, found: Matches) -> str:
        if not self.order.column:
            return ""
        column = f"{TITLES[self.order.column].lower()} {sort_arrow(self.order)}"
        return f"best first, then {column}" if found.is_ranked else f"by {column}"

    def _show_count(self, **changes: object) -> None:
        self._count = self.query_one(CountLine).count = replace(self._count, **changes)  # type: ignore[arg-type]

    def _empty_message(self, query: str) -> str:
        if self.is_reading and self._renewal is not None:
            return f"Nobody in the list as of {self.as_of} matches. It is being read again …"
        if self.is_reading:
            return "No match yet: the list is still loading …" if query else "Reading the list of people …"
        if problems := query_problems(query):
            return " ".join(problems)
        if self.is_whole:
            nobody = f"Nobody matches. {self._way('back')} clears the filter."
            return nobody if query else "The CRM lists no people here."
        reads_on = self._stop_reason or f"{self._way('reload')} loads the rest of the list."
        return f"{self._own_search()} {reads_on}".strip()

    def _own_search(self) -> str:
        """Return the state of the CRM's own search, for a message."""
        if self._unsearched_text():
            return "Not in the list so far; asking the CRM …"
        text = longest_word(self._query)
        if text in self._failed_searches:
            return "Not in the list so far; the CRM's own search failed."
        shown = fit_width(text, _MAX_TYPED_WIDTH)
        return f"The CRM's own search for “{shown}” finds no match." if text in self._searched else ""


def _is_named(user: User, typed: str) -> bool:
    """Return whether the typed text is a person's user name or e-mail."""
    return typed.casefold() in {user.user_name.casefold(), user.email.casefold()}
