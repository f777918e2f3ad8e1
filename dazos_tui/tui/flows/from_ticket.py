"""Beginning with a ticket: its links, the people it names, and the ticket for the next link."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.directory.ticket_people import MAX_SEARCHES, NamedPeople, people_in_text
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry
from dazos_tui.notes.ticket_command import TicketCommandError, TicketText, read_ticket, require_ticket
from dazos_tui.tui.dialogs.find_user import FindUserDialog, FoundUser
from dazos_tui.tui.dialogs.ticket import TicketDialog
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.ticket_memory import InstanceTickets
from dazos_tui.tui.widgets.ticket_lines import TicketState

TYPED_SECONDS = 0.4
"""How long a ticket must stay unchanged before its command runs: T-1 is on the way to T-1042."""
_MAX_TOLD = 3
"""The most addresses that a sentence names."""


class FromTicketFlow:
    """Shows what is known of the ticket in the filter; `open_person` opens a profile.

    The ticket is for the next link as soon as it is typed. It stays so after a person is opened, or after
    Enter, until the link is sent or it is dropped with Esc.
    """

    def __init__(
        self,
        view: FlowView,
        panes: Panes,
        tickets: InstanceTickets,
        *,
        open_person: Callable[[User], None],
        go_to: Callable[[FoundUser], object],
    ) -> None:
        self._view, self._panes, self._tickets = view, panes, tickets
        self._open_person, self._go_to = open_person, go_to
        self._state: TicketState | None = None
        self._text: TicketText | None = None
        self._named = NamedPeople()
        self._is_kept = self._is_reading = False
        # The ticket whose only person opens by itself; empty if none does.
        self._opens_for = ""

    def ask(self) -> None:
        """Ask for a ticket, and begin with it."""
        box = TicketDialog(reads=self._view.config.ticket_command is not None)
        self._view.presenter.show(box, lambda ticket: self.start(ticket) if ticket else None)

    def start(self, ticket: str, *, opens_single: bool = False) -> None:
        """Put a ticket into the filter, whatever it looks like; open the only person in it if wanted."""
        try:
            require_ticket(ticket)
        except TicketCommandError as error:
            self._view.presenter.notify(str(error), severity="warning")
            return
        self._opens_for = ticket if opens_single else ""
        self._view.go_to("filter")
        self._panes.users.look_for_ticket(ticket)

    def follow(self, ticket: str) -> None:
        """Follow the filter: it holds this ticket now, or none if it is empty."""
        self._view.stop("ticket")
        self._text, self._named, self._is_reading = None, NamedPeople(), False
        if ticket != self._opens_for:
            self._opens_for = ""
        if not ticket:
            self._show(None)
            if not self._is_kept:
                self._tickets.drop()
            return
        self._is_kept = False
        self._tickets.plan(ticket)
        self._is_reading = reads = self._view.config.ticket_command is not None
        words = "reading the ticket …" if reads else "Enter, then type the name."
        self._show(TicketState(ticket, words=words))
        self._view.run("ticket", partial(self._read, ticket))

    async def _read(self, ticket: str) -> None:
        """Show the links for a ticket, then the people it names."""
        await asyncio.sleep(TYPED_SECONDS)
        entries = await self._links_for(ticket)
        self._update(entries=entries)
        self._show_people(self._people_of(entries))
        command = self._view.config.ticket_command
        if command is None:
            return
        secrets = self._view.config.secret_variables
        try:
            self._text = await read_ticket(
                command, ticket, self._view.jobs.instance, secret_variables=secrets
            )
        except TicketCommandError as error:
            self._is_reading = False
            self._update(words=f"✗ {error}", is_problem=True)
            return
        await self._search_unread(self._text)
        await self._show_named(entries)

    async def _links_for(self, ticket: str) -> Sequence[HistoryEntry]:
        try:
            return await self._view.jobs.entries_for_ticket(ticket)
        except HistoryError:
            # The history pane shows the error.
            return ()

    def _people_of(self, entries: Sequence[HistoryEntry]) -> list[User]:
        found = (self._view.loaded_users().with_id(entry.request.user_id) for entry in entries)
        return [user for user in found if user is not None]

    async def _search_unread(self, text: TicketText) -> None:
        """Search in the CRM for the addresses of people who are not loaded yet."""
        users = self._panes.users
        for address in people_in_text(text.text, ()).addresses[:MAX_SEARCHES]:
            if users.is_whole or users.has_address(address):
                continue
            users.add_found(address, await self._view.jobs.find_users(address))

    async def _show_named(self, entries: Sequence[HistoryEntry]) -> None:
        """Show the people whom the ticket names, among those who are loaded."""
        if self._text is None or self._state is None:
            return
        loaded = self._view.loaded_users()
        self._named = named = await asyncio.to_thread(people_in_text, self._text.text, loaded)
        self._is_reading = False
        self._show_people([*named.people, *self._people_of(entries)])
        cut = " The middle of the ticket was too long to be read." if self._text.is_cut else ""
        self._update(people=len(named.people), words=self._words_about(named) + cut)
        if self._panes.users.is_whole:
            opens, self._opens_for = bool(self._opens_for), ""
            if opens and len(named.people) == 1:
                self.open(named.people[0])

    def _words_about(self, named: NamedPeople) -> str:
        users = self._panes.users
        if named.people:
            return ""
        if not users.is_whole:
            return (
                "Nobody so far: the list is not complete." if users.is_reading else "The list is incomplete."
            )
        if not named.addresses:
            return "It has no e-mail address, and names nobody here. Enter, then type the name."
        elsewhere = (
            f"{self._view.key_while_typing('trouble')} looks in the other instances"
            if self._other_instances
            else "there is no other instance to look in"
        )
        more = len(named.addresses) - _MAX_TOLD
        seen = ", ".join(named.addresses[:_MAX_TOLD]) + (f" and {more} more" if more > 0 else "")
        return f"No address of it is a person here ({seen}) · {elsewhere}"

    def list_changed(self) -> None:
        """Look again who is named: the list is complete now, or has more people."""
        if self._state is None:
            return
        if self._text is not None:
            self._view.run("ticket", partial(self._show_named, self._state.entries))
        else:
            self._show_people(self._people_of(self._state.entries))

    # -- what Enter, F9 and Esc do --------------------------------------------------------------------

    def open(self, user: User) -> None:
        """Open a person; the ticket stays for their link."""
        self.keep()
        self._open_person(user)

    def keep(self) -> None:
        """Keep the ticket in the filter for the next link, whatever is typed now. Nobody opens by itself."""
        self._opens_for = ""
        if self._state is not None:
            self._is_kept = True

    def enter(self) -> None:
        """Keep the ticket for the next link, and clear the filter for a name.

        While the ticket is being read, Enter waits: it then opens the person, if the ticket names one only.
        """
        if self._is_reading and self._state is not None:
            self._opens_for = self._state.ticket
            return
        self.keep()
        self._panes.users.clear_filter()
        self._view.go_to("filter")

    def drop(self) -> bool:
        """Drop the ticket for the next link; return whether there was one."""
        self._is_kept = False
        return self._tickets.drop()

    def find_disabled_reason(self) -> str:
        """Return why the other instances cannot be searched for the ticket's addresses; empty if they can."""
        if not self._named.addresses:
            return "No address was found in the ticket."
        return "" if self._other_instances else "There is no other instance in the config."

    def find_elsewhere(self) -> None:
        """Look for the addresses of the ticket in the other instances."""

        def go(place: FoundUser | None) -> None:
            if place is not None:
                self.keep()
                self._go_to(place)

        addresses = self._named.addresses[:MAX_SEARCHES]
        self._view.presenter.show(FindUserDialog(self._other_instances, *addresses), go)

    @property
    def _other_instances(self) -> list[Instance]:
        here = self._view.jobs.instance.name
        return [instance for name, instance in self._view.config.instances.items() if name != here]

    # -- showing --------------------------------------------------------------------------------------

    def _update(self, **changes: object) -> None:
        if self._state is not None:
            self._show(replace(self._state, **changes))  # type: ignore[arg-type]

    def _show(self, state: TicketState | None) -> None:
        self._state = state
        self._panes.users.show_ticket(state)

    def _show_people(self, people: Sequence[User]) -> None:
        self._panes.users.show_ticket_people(tuple({user.id: user for user in people}.values()))
