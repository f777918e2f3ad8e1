"""The pane in which people are found: a filter, a count, a list."""

import gc
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import replace
from time import monotonic

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer

from dazos_tui.config.keymap import CommandName
from dazos_tui.crm.models import LISTED_STATUSES, Status, User
from dazos_tui.crm.reader import UserBatch
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.matches import Matches
from dazos_tui.directory.order import BY_RELEVANCE, SortOrder
from dazos_tui.directory.query import parse_query, query_problems
from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.widgets.column_titles import ColumnTitles, sort_arrow
from dazos_tui.tui.widgets.count_line import CountLine, ListCount
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.titled_pane import TitledPane
from dazos_tui.tui.widgets.user_list import TITLES, UserList

_CATCH_UP_SECONDS = 0.2
"""Seconds in which at most the list takes in those who came, and these times what that takes."""
_MAX_SLICES = 5
_TYPING = 0.15
"""Seconds without a key after which the CRM itself is asked for whom is typed, while the list is read."""
_SEEN = 0.5
"""Seconds after which whoever presses Enter has seen the row that the cursor is on."""
_SHOWN = 30
"""Cells of what is typed that a notice says again."""
_LONGEST = 100
"""Characters of the longest word that the CRM is asked for: a pasted page is nobody's name."""


class UsersPane(TitledPane):
    """Holds the people read so far and shows those that match what is typed."""

    class Opened(Message):
        """A person was chosen."""

        def __init__(self, user: User) -> None:
            self.user = user
            super().__init__()

    class Sought(Message):
        """Somebody is looked for who may not have been read yet."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    def __init__(self, typed: str, way: Callable[[CommandName], str], *, id: str) -> None:  # noqa: A002
        """Take what is typed already, and what gives the key of a command for a sentence."""
        super().__init__("Users", id=id)
        self._way = way
        self._typed = typed
        self.directory = Directory()
        self.order = BY_RELEVANCE
        self._matches: Matches | None = None
        self._query = ""
        self._count = ListCount(stops=way("stop"), reads_on=way("reload"))
        self._words = ""
        self._waiting: list[User] = []
        self._next_look = 0.0
        self._look: Timer | None = None
        self._asking: Timer | None = None
        self._sought = ""
        self._asked: set[str] = set()
        self._failed: set[str] = set()
        self._searchable = True
        self._enter_waits = False
        self._best = "", ""
        self._best_since = 0.0

    def inside(self) -> ComposeResult:
        """Lay out filter, count and list."""
        with Horizontal(id="filter-row"):
            yield FilterInput.without_addresses(self._typed)
            yield CountLine(id="count")
        yield ColumnTitles(id="titles")
        yield UserList(id="users")

    @property
    def current(self) -> User | None:
        """Return the person under the cursor, of those who match what is typed by now."""
        self._catch_up()
        return self.query_one(UserList).current

    @property
    def typed(self) -> str:
        """Return what stands in the filter."""
        return self.query_one(FilterInput).value

    @property
    def is_reading(self) -> bool:
        """Tell whether people are still being read."""
        return self._count.reading

    @property
    def is_whole(self) -> bool:
        """Tell whether everybody was read, so that who is not in the list is not there."""
        return not (self._count.reading or self._count.incomplete)

    # -- reading --------------------------------------------------------------------------------------

    def begin_reading(self) -> None:
        """Say that people are being read. Those known stay until the whole list has come again."""
        self._words = ""
        self._searchable = True
        self._asked.clear()
        self._failed.clear()
        # Their pages are not asked for again if this goes on with a reading that is not through.
        self._apply_batches()
        self._show_count(reading=True, read=0, expected=None, incomplete=False, signed_out=False)
        self._refresh()

    def show_pause(self, seconds: int) -> None:
        """Say that a request waits so long, as the CRM asked for a pause; 0: no longer."""
        self._show_count(pause=seconds)

    def add_batch(self, arrival: UserBatch) -> None:
        """Take in some more people: the first at once, later ones some times a second."""
        known = self.directory.ids if arrival.is_partial else frozenset[str]()
        self._waiting += (user for user in arrival.users if user.id not in known)
        self._show_count(read=arrival.read_count, expected=arrival.expected_count)
        if (wait := self._next_look - monotonic()) <= 0:
            self._apply_batches()
        elif self._look is None:
            self._look = self.set_timer(wait, self._apply_batches)
        self._request_search()

    def add_found(self, text: str, users: Iterable[User] | None) -> None:
        """Show those whom the CRM found itself for a text, and the list lacks; None: the search failed."""
        # Only now: a search that another one replaced has to be made again.
        if users is None:
            self._failed.add(text)
        else:
            self._asked.add(text)
            # A search alone may not tell who is active where the reading did already.
            known = self.directory.ids
            self._waiting += (
                user for user in users if user.status in LISTED_STATUSES or user.id not in known
            )
        self._apply_batches()
        self._refresh()

    def end_reading(self, ids: Set[str], *, complete: bool) -> None:
        """Say that no more people come. Whoever is not among `ids`, in a complete list, is no more."""
        self._apply_batches()
        if complete:
            self.directory = self.directory.with_only(ids)
        self._show_count(reading=False, incomplete=not complete)
        self._request_search()
        self._refresh()
        self.call_after_refresh(self._end_loading)

    def _end_loading(self) -> None:
        self.directory.warm_up()
        # Python would look through a hundred thousand people time and again for what can be thrown away.
        gc.freeze()

    def stop_reading(self, words: str, *, searchable: bool = True, signed_out: bool = False) -> None:
        """Say in `words` why no more people come; `searchable`: whether the CRM's own search may serve.

        `signed_out`: whether that is because nobody is signed in.
        """
        self._words, self._searchable = words, searchable
        self._apply_batches()
        self._show_count(reading=False, incomplete=True, signed_out=signed_out)
        self._request_search()
        self._refresh()

    def _apply_batches(self) -> None:
        """Take in those who came since the last time."""
        if self._look is not None:
            self._look.stop()
            self._look = None
        began = monotonic()
        if self._waiting:
            self.directory = self.directory.with_users(self._waiting)
            self._waiting = []
            self._refresh()
        ended = monotonic()
        self._next_look = ended + max(_CATCH_UP_SECONDS, _MAX_SLICES * (ended - began))

    def _request_search(self) -> None:
        """Have the CRM asked, once nothing was typed for a moment, for whom it has not shown yet."""
        text = self._not_asked_for()
        # Only what is typed puts it off, not the people who arrive meanwhile.
        if text == self._sought:
            return
        self._sought = text
        if self._asking is not None:
            self._asking.stop()
            self._asking = None
        if text:
            self._asking = self.set_timer(_TYPING, self._ask)

    def _not_asked_for(self) -> str:
        """Return the longest word typed, if whom it finds may not be in the list; empty if there is none."""
        if self.is_whole or not self._searchable or (self.is_reading and not self._count.read):
            return ""
        text = self._longest_word()
        known = text in self._asked or text in self._failed
        return text if 1 < len(text) <= _LONGEST and not known else ""

    def _longest_word(self) -> str:
        words = [word for word in self._query.split() if parse_query(word)[:1] and ":" not in word]
        return max((word for word in words if not word.startswith("-")), key=len, default="")

    def _ask(self) -> None:
        self._asking = None
        self.post_message(self.Sought(self._sought))

    # -- Enter ----------------------------------------------------------------------------------------

    @property
    def may_change(self) -> bool:
        """Tell whether somebody who fits what is typed better than those in the list may still come."""
        return bool(self.typed.strip()) and (self.is_reading or bool(self._not_asked_for()))

    def chosen_by_enter(self) -> User | None:
        """Return whom an Enter opens now; None if nobody, or if it waits until it is certain who is meant.

        It does not wait for a row that was chosen, or that could be seen before, nor if pressed again.
        """
        self._catch_up()
        current, again = self.current, self._enter_waits
        seen = again or self.query_one(UserList).touched or monotonic() - self._best_since > _SEEN
        if not self.may_change or (current is not None and (seen or self._is_certain)):
            self.drop_enter()
            return current
        self._show_enter_waits(waits=True)
        now = f" Enter again opens {current.name or current.user_name} now." if current is not None else ""
        typed = fit_width(self.typed.strip(), _SHOWN)
        self.notify(f"Enter waits until it is certain who “{typed}” is.{now}", markup=False)
        return None

    def drop_enter(self) -> None:
        """Forget an Enter that waits: something else was done meanwhile."""
        if self._enter_waits:
            self._show_enter_waits(waits=False)

    def _show_enter_waits(self, *, waits: bool) -> None:
        self._enter_waits = waits
        self._show_count(enter_waits=waits)

    @property
    def _is_certain(self) -> bool:
        """Tell whether the first row is who is meant, whoever may still come.

        No two people have one user name. An address may be that of several, whom the CRM's own search finds.
        """
        if self._matches is None or not self._matches.exact_count:
            return False
        typed = self._query.strip()
        first, *others = self._matches[:2]
        if "@" in typed:
            alone = _is_named(first, typed) and not any(_is_named(other, typed) for other in others)
            return alone and typed in self._asked
        return first.user_name.casefold() == typed.casefold()

    def _try_enter(self) -> None:
        """Do what an Enter waits to do, once it is certain who is meant, or say that it never will be."""
        found, current = self._matches, self.query_one(UserList).current
        certain = self._is_certain or (self.is_whole and bool(found and found.exact_count))
        if self.may_change and not certain:
            return
        self.drop_enter()
        if current is None or self.app.screen is not self.screen:
            return
        if certain:
            self.post_message(self.Opened(current))
            return
        why = "No name is spelled like that." if self.is_whole else "The list is not complete."
        self.notify(f"{why} Enter again opens {current.name or current.user_name}.", markup=False)

    @property
    def has_started(self) -> bool:
        """Tell whether somebody is looked for: something is typed, or the cursor was put on a row."""
        return bool(self.typed.strip()) or self.query_one(UserList).touched

    # -- looking --------------------------------------------------------------------------------------

    def clear_filter(self) -> None:
        """Show everybody."""
        self.look_for("")

    def look_for(self, text: str) -> None:
        """Put a text into the filter, in place of what is there."""
        self.query_one(FilterInput).value = text

    def pause_updates(self) -> None:
        """Keep the cursor on its person, whatever is typed next, as long as they match."""
        self.drop_enter()
        self.query_one(UserList).touched = True

    def show_last_links(self, newest: Mapping[str, HistoryEntry]) -> None:
        """Show beside each person what became of their newest reset; `newest` is by record id."""
        users = self.query_one(UserList)
        users.last_links = newest
        users.repaint()

    def move(self, how: str, by: int) -> None:
        """Move the cursor of the list, whatever has the focus."""
        self._catch_up()
        self.drop_enter()
        users = self.query_one(UserList)
        if how == "page":
            users.action_page(by)
        else:
            users.action_move(by)

    def sort_by(self, column: str) -> None:
        """Sort by a column; the other way round if it is sorted by already. Empty: by name.

        While words are typed, the best matches come first, and the column orders those that match equally.
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
        """Follow the filter at once: by a message, list and filter would be painted one after the other."""
        people = self.query_one(FilterInput)
        people.is_known = self._has_address
        self.watch(people, "value", self._catch_up, init=False)

    def _has_address(self, address: str) -> bool:
        same = address.casefold()
        return any(user.email.casefold() == same for user in self.directory.users)

    def _catch_up(self) -> None:
        """Show who matches, if something else is typed than what is shown."""
        if self.query_one(FilterInput).value != self._query:
            self.drop_enter()
            self.query_one(UserList).scroll_to_cursor()
            self._refresh()
            self._request_search()

    @on(UserList.Moved)
    def _show_place(self, event: UserList.Moved) -> None:
        self.set_footer_note(event.list.position_words)

    @on(UserList.Chosen)
    def _open(self, event: Message) -> None:
        event.stop()
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def _refresh(self) -> None:
        self._query = query = self.query_one(FilterInput).value
        self._matches = found = self.directory.search(query, self.order, previous=self._matches)
        users = self.query_one(UserList)
        users.show_rows(found, empty=self._empty_message(query))
        best = query, users.current.id if users.current is not None else ""
        if best != self._best:
            self._best, self._best_since = best, monotonic()
        typed = query.strip()
        self._show_count(
            active=self.directory.count(Status.ACTIVE),
            inactive=self.directory.count(Status.INACTIVE),
            unknown=self.directory.count(Status.UNKNOWN),
            matching=found.exact_count if typed else None,
            is_truncated=found.is_truncated,
            similar=len(found) - found.exact_count if typed else 0,
            order=self._order_words(found),
        )
        if self._enter_waits:
            self._try_enter()

    def _order_words(self, found: Matches) -> str:
        if not self.order.column:
            return ""
        column = f"{TITLES[self.order.column].lower()} {sort_arrow(self.order)}"
        return f"best first, then {column}" if found.is_ranked else f"by {column}"

    def _show_count(self, **changes: object) -> None:
        self._count = self.query_one(CountLine).count = replace(self._count, **changes)  # type: ignore[arg-type]

    def _empty_message(self, query: str) -> str:
        if self.is_reading:
            return "No match yet: the list is still loading …" if query else "Reading the list of people …"
        if problems := query_problems(query):
            return " ".join(problems)
        if self.is_whole:
            nobody = f"Nobody matches. {self._way('back')} clears the filter."
            return nobody if query else "The CRM lists no people here."
        reads_on = self._words or f"{self._way('reload')} reads what is missing of the list."
        return f"{self._own_search()} {reads_on}".strip()

    def _own_search(self) -> str:
        """Return what the CRM's own search says about who is not in the list."""
        if self._not_asked_for():
            return "Not in the list so far; asking the CRM …"
        text = self._longest_word()
        if text in self._failed:
            return "Not in the list so far; the CRM's own search failed."
        shown = fit_width(text, _SHOWN)
        return f"The CRM's own search for “{shown}” finds no match." if text in self._asked else ""


def _is_named(user: User, typed: str) -> bool:
    """Return whether a person's user name or e-mail is what was typed."""
    return typed.casefold() in {user.user_name.casefold(), user.email.casefold()}
