"""Finding a person: a name is typed, numbered people are read out, a number opens one."""

from collections.abc import Sequence

from dazos_tui.cli._support.from_ticket import fetch_ticket
from dazos_tui.cli.plain.console import PAGE, as_number
from dazos_tui.cli.plain.visit import Visit
from dazos_tui.crm.models import User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.directory.query import query_problems
from dazos_tui.directory.ticket_people import people_in_text

MIN_SERVER_SEARCH = 2
"""Letters that a word needs for the CRM's own search."""


class PeopleList:
    """The people whom the last search found, and how many of them were read out."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._found: Sequence[User] = ()
        self._said = 0
        self.last_search = ""
        """What was looked for last."""

    async def search(self, text: str) -> None:
        """Look for people, and read out the first of them. Raises as `Visit.read` does."""
        self.last_search = query = query_from_pasted(text)
        console = self._visit.console
        console.say(*query_problems(query))
        matches = self._visit.people.search(query)
        if not len(matches) and not self._visit.is_current:
            await self._ask_crm(query)
            matches = self._visit.people.search(query)
        exact = matches.exact_count
        self._found, self._said = matches if not exact else matches[:exact], 0
        if not self._found:
            console.say(f"Nobody matches “{query}”, active or inactive. w finds out why.")
        elif exact:
            console.say(f"{exact} of {len(self._visit.people)} people match “{query}”.")
        else:
            console.say(f"Nobody matches “{query}” exactly. {len(self._found)} similar:")
        self.read_more()

    async def _ask_crm(self, query: str) -> None:
        """Ask the CRM for somebody whom an older list may lack."""
        word = max(query.split(), key=len, default="")
        if len(word) >= MIN_SERVER_SEARCH:
            search = self._visit.client.quick_search
            rows = await self._visit.read("Asking the CRM", lambda: search(word))
            found = Directory.from_users(row.user for row in rows)
            self._visit.people = self._visit.people.with_users(found.users)

    def read_more(self) -> None:
        """Read out the next people, if there are any."""
        more = self._found[self._said : self._said + PAGE]
        lines = [f"{self._said + at}. {person_line(user)}" for at, user in enumerate(more, start=1)]
        self._said += len(lines)
        left = len(self._found) - self._said
        self._visit.console.say(*lines, *([f"{left} more: m reads them."] if left else []))

    def numbered(self, answer: str) -> User | None:
        """Return the person with this number, None if the answer is no number of the list."""
        number = as_number(answer, self._said)
        return self._found[number - 1] if number is not None else None

    async def begin_with_ticket(self, ticket: str) -> None:
        """Use a ticket for the next link, and read out whom it names, if the config says how to read it.

        Raises TicketCommandError, and as `Console.during` does.
        """
        visit = self._visit
        visit.ticket = ticket
        if not ticket or visit.context.config.ticket_command is None:
            return
        work = fetch_ticket(visit.context.config, ticket, visit.instance)
        content = (await visit.console.during(f"Reading {ticket}", work)).content
        self._found, self._said = people_in_text(content.text, visit.people.users).people, 0
        visit.console.say(f"{ticket} names {len(self._found)} people of {visit.instance.name}.")
        self.read_more()


def person_line(user: User) -> str:
    """Return a person in one line: name, e-mail or user name, status and role."""
    known = (user.name or user.user_name, user.email or user.user_name, user.status.label, user.role)
    return ", ".join(filter(None, known))
