"""Finding a person: a name is typed, numbered people are read out, a number opens one."""

from collections.abc import Sequence
from functools import partial

from dazos_tui.cli._support.from_ticket import fetch_ticket
from dazos_tui.cli.plain.console import PAGE, as_number
from dazos_tui.cli.plain.visit import Visit
from dazos_tui.crm.client import MIN_SEARCH_LENGTH
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.models import User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.directory.query import plain_words, query_problems
from dazos_tui.directory.ticket_people import MAX_SEARCHES, people_in_text


class PeopleList:
    """The people whom the last search found, and how many of them were read out."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._found: Sequence[User] = ()
        self._said = 0
        self.unmatched = ""
        """What was looked for last, if nobody matches it exactly."""
        self.is_certain = False
        """Whether nobody matches it in the CRM, either: the list is current, or the CRM knows nobody."""

    async def search(self, text: str) -> None:
        """Look for people, and read out the first of them. Raises as `Visit.read` does."""
        query, console = query_from_pasted(text), self._visit.console
        self._forget()
        console.say(*query_problems(query))
        matches = self._visit.people.search(query)
        self.is_certain = self._visit.is_current
        if not matches.exact_count and not self.is_certain:
            self.is_certain = await self._ask_in_vain(query)
            matches = self._visit.people.search(query)
        exact = matches.exact_count
        self.unmatched = "" if exact else query
        self._found = matches if not exact else matches[:exact]
        nobody = "Nobody" if self.is_certain else "In the list, as far as it is known, nobody"
        if not self._found:
            console.say(f"{nobody} matches “{query}”, active or inactive. w finds out why.")
        elif exact:
            console.say(f"{exact} of {len(self._visit.people)} people match “{query}”.")
        else:
            console.say(f"{nobody} matches “{query}” exactly. {len(self._found)} similar:")
        self.read_more()

    def _forget(self) -> None:
        """Forget what was found: the next step may be cancelled."""
        self.unmatched, self._found, self._said = "", (), 0

    async def _ask_in_vain(self, query: str) -> bool:
        """Ask the CRM for one word after the other until somebody matches; return whether it knows nobody.

        It does not search in roles, so a word that it does not know may be one. Of several people, it may
        have answered with the first ones only.
        """
        counts = list[int | None]()
        for word in plain_words(query):
            if len(word) < MIN_SEARCH_LENGTH:
                break
            counts.append(await self._ask_crm(word))
            if counts[-1] is None or self._visit.people.search(query).exact_count:
                break
        return bool(counts) and all(count == 0 for count in counts)

    async def _ask_crm(self, word: str) -> int | None:
        """Ask the CRM for people whom an older or incomplete list may lack; return how many it answers with.

        An error of the CRM is said; it returns None then, and for a word that the CRM is not asked for.
        """
        if len(word) < MIN_SEARCH_LENGTH:
            return None
        search = partial(self._visit.client.quick_search, word)
        try:
            rows = await self._visit.read("Asking the CRM", search)
        except CrmError as error:
            # Those who are known are still of use.
            self._visit.console.report(error)
            return None
        found = Directory.from_users(row.user for row in rows)
        self._visit.people = self._visit.people.with_users(found.users)
        return len(found)

    def read_more(self) -> bool:
        """Read out the next people; return whether there are any."""
        more = self._found[self._said : self._said + PAGE]
        lines = [f"{self._said + at}. {person_line(user)}" for at, user in enumerate(more, start=1)]
        self._said += len(lines)
        left = len(self._found) - self._said
        self._visit.console.say(*lines, *([f"{left} more: m reads them."] if left else []))
        return bool(lines)

    def refuses_number(self, answer: str) -> bool:
        """Say that a number is none of the list; return False if it is no number, or nobody is listed."""
        if not (answer.isdecimal() and self._said):
            return False
        more = "; m reads more" if self._said < len(self._found) else ""
        self._visit.console.say(f"“{answer}” is not a number from 1 to {self._said}{more}.")
        return True

    def numbered(self, answer: str) -> User | None:
        """Return the person with this number, None if the answer is no number of the list."""
        number = as_number(answer, self._said)
        return self._found[number - 1] if number is not None else None

    async def read_ticket(self) -> None:
        """Read out whom the ticket of the next link names, if the config says how to read it.

        Raises TicketCommandError, SecretError, and as `Console.during` does.
        """
        visit, ticket = self._visit, self._visit.ticket
        if not ticket or visit.context.config.ticket_command is None:
            return
        self._forget()
        work = fetch_ticket(visit.context.config, ticket, visit.instance)
        text = (await visit.console.during(f"Reading {ticket}", work)).content.text
        addresses = people_in_text(text, ()).addresses
        if not visit.is_current:
            for address in self._strangers(addresses)[:MAX_SEARCHES]:
                if await self._ask_crm(address) is None:
                    break
        self._found = people_in_text(text, visit.people.users).people
        people = "1 person" if len(self._found) == 1 else f"{len(self._found)} people"
        visit.console.say(f"{ticket} names {people} of {visit.instance.name}.")
        if strangers := self._strangers(addresses):
            visit.console.say(f"In the list, nobody has the address {', '.join(strangers)}.")
        self.read_more()

    def _strangers(self, addresses: Sequence[str]) -> list[str]:
        """Return the addresses that are nobody's in the list."""
        return [address for address in addresses if not self._visit.people.has_address(address)]


def person_line(user: User) -> str:
    """Return a person in one line: name, e-mail or user name, status and role."""
    known = (user.name or user.user_name, user.email or user.user_name, user.status.label, user.role)
    return ", ".join(filter(None, known))
