"""Reading the whole list so that it is true: in one go or in several, with a total, and every gap named."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Protocol

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import ConnectionLost, CrmError, TlsFailed, UnexpectedPage, Unreachable
from dazos_tui.crm.models import LISTS, Status, User, UserPage
from dazos_tui.crm.pagination import Listing
from dazos_tui.crm.status_resolver import Statuses

_HEADSTART = 0.02
"""Seconds that parsing a page waits at most until the request for the next one has left, which it would
hold up. Parsing in a thread costs a third more than it saves."""


_FEW = 200
"""People of one list that are read before another list's end is searched for."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Some people that came, and how far the reading is.

    `read` is how many different people are known so far, `expected` how many there will be in all, None
    until that is known. People of a `partial` arrival lack their role, as the access-key API does not tell
    it: they must not take the place of a row known from the pages.
    """

    users: tuple[User, ...]
    read: int
    expected: int | None
    partial: bool = False


class PeopleService(Protocol):
    """The access-key API, signed in: quick, but of active people and without roles only."""

    async def count(self) -> int | None:
        """Return how many active people there are, or None if the server does not count them."""

    def active_users(self) -> AsyncIterator[tuple[User, ...]]:
        """Yield them, some at a time."""

    async def close(self) -> None:
        """Close the connections."""


OpenService = Callable[[], Awaitable[PeopleService | None]]


class PeopleReader:
    """One reading of an instance's list, which may be broken off and gone on with.

    One request is under way at a time, since the server serves those of one session one by one, as seen on
    a vtiger 8.0 server; but the next page is asked for before the last one is parsed, so that both work.
    """

    def __init__(
        self,
        client: CrmClient,
        service: OpenService | None = None,
        *,
        statuses: Sequence[Status] = LISTS,
    ) -> None:
        """Take a client, which need not be signed in yet, and what opens the access-key API if there is one.

        `statuses` are the lists to read, of `LISTS`. Only both tell who is active where the list has no
        Status column.
        """
        self._client = client
        self._service = service if Status.ACTIVE in statuses else None
        # Whoever is not among the inactive is active: those are few, and read first.
        in_order = sorted(statuses, key=lambda status: status is Status.ACTIVE)
        self._listings = [Listing(status) for status in in_order]
        self._begun = False
        self._counted: int | None = None
        self._early: set[str] = set()
        self._given: dict[str, User] = {}
        self._statuses = Statuses()
        self._read = 0
        self._notes: list[str] = []

    @property
    def ids(self) -> frozenset[str]:
        """Return the record ids of everybody seen in this reading."""
        return frozenset(self._early).union(*(listing.ids for listing in self._listings))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return a sentence or two, for the person at the screen, for each thing that is missing."""
        return tuple(gap for listing in reversed(self._listings) for gap in listing.gaps)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what else there is to tell, such as that the access-key API was left out."""
        return tuple(self._notes)

    @property
    def complete(self) -> bool:
        """Tell whether every page was read and nothing is missing."""
        return all(listing.complete for listing in self._listings)

    def forget(self) -> None:
        """Let go of everybody's ids, once all was read: there is nothing to go on with."""
        self._listings.clear()
        self._early.clear()
        self._given.clear()
        self._statuses = Statuses()

    async def read(self) -> AsyncGenerator[Arrival, None]:
        """Yield people as they come. Called again, it goes on with what is missing.

        A page that fails is left out and told in `gaps`, once some page has come at all. Closing it, or
        cancelling who reads, keeps what was read.

        Raises SignedOut, PermissionDenied, TlsFailed, WrongHost; and Unreachable, ConnectionLost,
        UnexpectedPage if not even one page came.
        """
        for listing in self._listings:
            listing.resume()
        async with aclosing(self._from_service()) as early:
            async for arrival in early:
                yield arrival
        ahead = _Ahead(self._client)
        try:
            while (wanted := self._wanted()) is not None:
                if users := await self._page(ahead, *wanted):
                    yield self._arrival(users)
        finally:
            await ahead.drop()

    def _wanted(self) -> tuple[Listing, int] | None:
        """Return the next page to read.

        First somebody to show; then a short list of inactive people, or whatever tells how many there are in
        all; then the rest.
        """
        usual = self._listings[-1:]
        if usual and not self._early and usual[0].opening() == 1:
            return usual[0], 1
        for listing in self._listings:
            few = listing.expected is not None and listing.expected <= _FEW
            if (number := listing.next() if few else listing.opening()) is not None:
                return listing, number
        wishes = ((listing, listing.next()) for listing in self._listings)
        return next(((listing, number) for listing, number in wishes if number is not None), None)

    async def _page(self, ahead: "_Ahead", listing: Listing, number: int) -> tuple[User, ...]:
        try:
            parse = await ahead.page(listing.status, number)
            await ahead.ask(listing.status, listing.after(number))
            page = parse()
        except (Unreachable, ConnectionLost, UnexpectedPage) as error:
            if isinstance(error, TlsFailed) or not self._begun:
                raise
            listing.failed(number, str(error))
            return ()
        self._begun = True
        listing.take(page)
        return self._news(listing, {row.user.id: row.user for row in page.rows})

    def _news(self, listing: Listing, people: dict[str, User]) -> tuple[User, ...]:
        """Return who is new on a page, and whose status is known now, or is no longer."""
        basis, statuses = self._statuses.basis, self._statuses
        statuses.take(listing.status, people.values())
        if listing.status is Status.ACTIVE:
            statuses.usual_expected = listing.expected
        else:
            statuses.inactive_is_whole = listing.next() is None and listing.complete
        news = people.keys() - self._given.keys()
        self._read += len(news - self._early)
        pool = people if basis == statuses.basis else {**self._given, **people}
        changed = tuple(user for user in statuses.known(pool.values()) if self._given.get(user.id) != user)
        self._given |= {user.id: user for user in changed}
        return changed

    async def _from_service(self) -> AsyncGenerator[Arrival, None]:
        """Yield the active people that the access-key API knows, at most once; its failure is only noted."""
        if self._service is None:
            return
        service = None
        try:
            service = await self._service()
            if service is not None:
                self._counted = await service.count()
                async for users in service.active_users():
                    news = {user.id for user in users} - self._early
                    self._statuses.tell(users)
                    self._read += len(news - self._given.keys())
                    self._early |= news
                    yield self._arrival(users, partial=True)
        except CrmError as error:
            self._notes.append(f"The access-key API was left out. {error}")
        finally:
            if service is not None:
                await service.close()
        self._service = None

    def _arrival(self, users: tuple[User, ...], *, partial: bool = False) -> Arrival:
        expected = self._expected()
        return Arrival(users, self._read, None if expected is None else max(expected, self._read), partial)

    def _expected(self) -> int | None:
        total = 0
        for listing in self._listings:
            counted = self._counted if listing.status is Status.ACTIVE else None
            expected = listing.expected if listing.expected is not None else counted
            if expected is None:
                return None
            total = max(total, expected) if self._statuses.overlap else total + expected
        return total


class _Ahead:
    """At most one page that is asked for before its turn."""

    def __init__(self, client: CrmClient) -> None:
        self._client = client
        self._which: tuple[Status, int] | None = None
        self._task: asyncio.Task[Callable[[], UserPage]] | None = None

    async def ask(self, status: Status, number: int | None) -> None:
        """Ask for a page, if there is one to ask for, and see to it that the request leaves."""
        if number is None:
            return
        sent = asyncio.Event()
        self._which = status, number
        self._task = asyncio.create_task(self._client.users_page(status, number, sent.set))
        self._task.add_done_callback(lambda _: sent.set())
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEADSTART):
                await sent.wait()

    async def page(self, status: Status, number: int) -> Callable[[], UserPage]:
        """Return what parses a page, asked for before or now. Raises what the request does."""
        task = self._task if self._which == (status, number) else None
        if task is None:
            await self.drop()
            return await self._client.users_page(status, number)
        self._which = self._task = None
        return await task

    async def drop(self) -> None:
        """End the request that nobody waits for any more."""
        task, self._which, self._task = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
