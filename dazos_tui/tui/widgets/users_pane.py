"""The pane in which people are found: a filter, a count, a list."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from dazos_tui.crm.models import Status, User, UserPage
from dazos_tui.directory.directory import Directory
from dazos_tui.tui.phrases import counted
from dazos_tui.tui.widgets.filter_input import FilterInput
from dazos_tui.tui.widgets.user_list import UserList


class UsersPane(Vertical):
    """Holds the people read so far and shows those that match what is typed."""

    class Opened(Message):
        """A person was chosen."""

        def __init__(self, user: User) -> None:
            self.user = user
            super().__init__()

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="pane")
        self.border_title = "Users"
        self.directory = Directory()
        self.missing: list[str] = []
        self._loading = False
        self._words = ""
        self._query = ""
        self._arrived: set[str] = set()

    def compose(self) -> ComposeResult:
        """Lay out filter, count and list."""
        # Whoever goes there selects: at the focus event it would come after the first letter.
        yield FilterInput(placeholder="Type a name, user name or e-mail", id="filter", select_on_focus=False)
        yield Static("", id="count", markup=False)
        yield UserList(id="users")

    @property
    def current(self) -> User | None:
        """Return the person under the cursor, of those who match what is typed by now."""
        self._catch_up()
        return self.query_one(UserList).current

    def begin_loading(self) -> None:
        """Say that people are being read. Those known stay until the whole list has come again."""
        self._loading, self._words, self.missing = True, "", []
        self._arrived = set()
        self._refresh()

    def add_page(self, page: UserPage, status: Status) -> None:
        """Show the people of one more page, and remember how many it kept back."""
        self.directory = self.directory.adding(row.user for row in page.rows)
        self._arrived.update(row.user.id for row in page.rows)
        if page.missing:
            self.missing.append(f"{page.missing} on page {page.number} of the {status} accounts")
        self._refresh()

    def end_loading(self) -> None:
        """Say that all have come. Whoever is not among them, in a complete list, is no more."""
        self._loading = False
        if not self.missing:
            self.directory = self.directory.keeping(self._arrived)
        self._refresh()

    def stop_loading(self, words: str) -> None:
        """Say in `words` why no more people come."""
        self._loading, self._words = False, words
        self._refresh()

    def clear_filter(self) -> None:
        """Show everybody."""
        self.query_one(FilterInput).value = ""

    def move(self, how: str, by: int) -> None:
        """Move the cursor of the list, whatever has the focus."""
        self._catch_up()
        users = self.query_one(UserList)
        if how == "page":
            users.action_page(by)
        else:
            users.action_move(by)

    @on(Input.Changed, "#filter")
    def _catch_up(self) -> None:
        """Show who matches, if something else is typed than what is shown."""
        if self.query_one(FilterInput).value != self._query:
            self._refresh(keep=False)

    @on(UserList.Chosen)
    def _open(self, event: Message) -> None:
        event.stop()
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def _refresh(self, *, keep: bool = True) -> None:
        self._query = query = self.query_one(FilterInput).value
        found = self.directory.matching(query)
        users = self.query_one(UserList)
        # Somebody looked for must stay under the cursor while others arrive; the mere top of the list not.
        keep = keep and (bool(query) or users.touched)
        users.show(found, empty=self._why_empty(query), keep=keep)
        self.query_one("#count", Static).update(self._count(query, len(found)), layout=False)

    def _why_empty(self, query: str) -> str:
        if self._words:
            return self._words
        if self._loading:
            return "Nobody yet: people are still arriving …" if query else "Reading the list of people …"
        return "Nobody matches. Esc clears the filter." if query else "The CRM lists no people here."

    def _count(self, query: str, found: int) -> str:
        people = self.directory
        if self._loading:
            total = f"reading … {counted(len(people), 'person', 'people')} so far"
        elif not len(people):
            return ""
        else:
            total = f"{people.count(Status.ACTIVE):,} active · {people.count(Status.INACTIVE):,} inactive"
            if self.missing or self._words:
                total += " · INCOMPLETE"
        return f"{found:,} match · {total}" if query.strip() else total
