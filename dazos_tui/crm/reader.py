"""Reading the whole list so that it is true: in one go or in several, with a total, and every gap named."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Protocol

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    TlsError,
    UnexpectedPageError,
    UnreachableError,
)
from dazos_tui.crm.models import LISTED_STATUSES, Status, User, UserPage
from dazos_tui.crm.pagination import PageCrawler
from dazos_tui.crm.status_resolver import StatusResolver

_PREFETCH_HEADSTART_SECONDS = 0.02
"""Seconds that parsing a page waits at most until the request for the next one has left, which it would
hold up. Parsing in a thread costs a third more than it saves."""


_SHORT_LIST_LENGTH = 200
"""People of one list that are read before another list's end is searched for."""


@dataclass(frozen=True, slots=True)
class UserBatch:
    """Some people that came, and how far the reading is.

    `read` is how many different people are known so far, `expected` how many there will be in all, None
    until that is known. People of a `is_partial` arrival lack their role, as the access-key API does not tell
    it: they must not take the place of a row known from the pages.
    """

    users: tuple[User, ...]
    read_count: int
    expected_count: int | None
    is_partial: bool = False


class ActiveUserSource(Protocol):
    """The access-key API, signed in: quick, but of active people and without roles only."""

    async def count(self) -> int | None:
        """Return how many active people there are, or None if the server does not count them."""

    def active_users(self) -> AsyncIterator[tuple[User, ...]]:
        """Yield them, some at a time."""

    async def close(self) -> None:
        """Close the connections."""


OpenActiveUserSource = Callable[[], Awaitable[ActiveUserSource | None]]


class UserListReader:
    """One reading of an instance's list, which may be broken off and gone on with.

    One request is under way at a time, since the server serves those of one session one by one, as seen on
    a vtiger 8.0 server; but the next page is asked for before the last one is parsed, so that both work.
    """

    def __init__(
        self,
        client: CrmClient,
        open_source: OpenActiveUserSource | None = None,
        *,
        statuses: Sequence[Status] = LISTED_STATUSES,
    ) -> None:
        """Take a client, which need not be signed in yet, and what opens the access-key API if there is one.

        `statuses` are the lists to read, of `LISTED_STATUSES`. Only both tell who is active where the list
        has no Status column.
        """
        self._client = client
        self._open_source = open_source if Status.ACTIVE in statuses else None
        # Whoever is not among the inactive is active: those are few, and read first.
        in_order = sorted(statuses, key=lambda status: status is Status.ACTIVE)
        self._crawlers = [PageCrawler(status) for status in in_order]
        self._has_read_a_page = False
        self._source_count: int | None = None
        self._source_ids: set[str] = set()
        self._yielded: dict[str, User] = {}
        self._status_resolver = StatusResolver()
        self._read_count = 0
        self._notes: list[str] = []

    @property
    def ids(self) -> frozenset[str]:
        """Return the record ids of everybody seen in this reading."""
        return frozenset(self._source_ids).union(*(listing.ids for listing in self._crawlers))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return a sentence or two, for the person at the screen, for each thing that is missing."""
        return tuple(gap for listing in reversed(self._crawlers) for gap in listing.gaps)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what else there is to tell, such as that the access-key API was left out."""
        return tuple(self._notes)

    @property
    def is_complete(self) -> bool:
        """Tell whether every page was read and nothing is missing."""
        return all(listing.is_complete for listing in self._crawlers)

    def clear(self) -> None:
        """Let go of everybody's ids, once all was read: there is nothing to go on with."""
        self._crawlers.clear()
        self._source_ids.clear()
        self._yielded.clear()
        self._status_resolver = StatusResolver()

    async def read(self) -> AsyncGenerator[UserBatch, None]:
        """Yield people as they come. Called again, it goes on with what is missing.

        A page that fails is left out and told in `gaps`, once some page has come at all. Closing it, or
        cancelling who reads, keeps what was read.

        Raises SignedOutError, PermissionDeniedError, TlsError, WrongHostError; and Unreachable,
        ConnectionLostError, UnexpectedPageError if not even one page came.
        """
        for listing in self._crawlers:
            listing.resume()
        async with aclosing(self._read_source()) as early:
            async for arrival in early:
                yield arrival
        ahead = _Prefetcher(self._client)
        try:
            while (wanted := self._next_page()) is not None:
                if users := await self._read_page(ahead, *wanted):
                    yield self._make_batch(users)
        finally:
            await ahead.cancel()

    def _next_page(self) -> tuple[PageCrawler, int] | None:
        """Return the next page to read.

        First somebody to show; then a short list of inactive people, or whatever tells how many there are in
        all; then the rest.
        """
        usual = self._crawlers[-1:]
        if usual and not self._source_ids and usual[0].next_probe() == 1:
            return usual[0], 1
        for listing in self._crawlers:
            few = listing.expected_count is not None and listing.expected_count <= _SHORT_LIST_LENGTH
            if (number := listing.next_page() if few else listing.next_probe()) is not None:
                return listing, number
        wishes = ((listing, listing.next_page()) for listing in self._crawlers)
        return next(((listing, number) for listing, number in wishes if number is not None), None)

    async def _read_page(
        self, prefetcher: "_Prefetcher", crawler: PageCrawler, number: int
    ) -> tuple[User, ...]:
        try:
            parse = await prefetcher.get(crawler.status, number)
            await prefetcher.start(crawler.status, crawler.page_after(number))
            page = parse()
        except (UnreachableError, ConnectionLostError, UnexpectedPageError) as error:
            if isinstance(error, TlsError) or not self._has_read_a_page:
                raise
            crawler.record_failure(number, str(error))
            return ()
        self._has_read_a_page = True
        crawler.add_page(page)
        return self._new_or_changed(crawler, {row.user.id: row.user for row in page.rows})

    def _new_or_changed(self, crawler: PageCrawler, users: dict[str, User]) -> tuple[User, ...]:
        """Return who is new on a page, and whose status is known now, or is no longer."""
        basis, statuses = self._status_resolver.decision_basis, self._status_resolver
        statuses.add_listed(crawler.status, users.values())
        if crawler.status is Status.ACTIVE:
            statuses.usual_list_size = crawler.expected_count
        else:
            statuses.is_inactive_list_complete = crawler.next_page() is None and crawler.is_complete
        news = users.keys() - self._yielded.keys()
        self._read_count += len(news - self._source_ids)
        pool = users if basis == statuses.decision_basis else {**self._yielded, **users}
        changed = tuple(
            user for user in statuses.resolve(pool.values()) if self._yielded.get(user.id) != user
        )
        self._yielded |= {user.id: user for user in changed}
        return changed

    async def _read_source(self) -> AsyncGenerator[UserBatch, None]:
        """Yield the active people that the access-key API knows, at most once; its failure is only noted."""
        if self._open_source is None:
            return
        service = None
        try:
            service = await self._open_source()
            if service is not None:
                self._source_count = await service.count()
                async for users in service.active_users():
                    news = {user.id for user in users} - self._source_ids
                    self._status_resolver.add_known(users)
                    self._read_count += len(news - self._yielded.keys())
                    self._source_ids |= news
                    yield self._make_batch(users, partial=True)
        except CrmError as error:
            self._notes.append(f"The access-key API was left out. {error}")
        finally:
            if service is not None:
                await service.close()
        self._open_source = None

    def _make_batch(self, users: tuple[User, ...], *, partial: bool = False) -> UserBatch:
        expected = self._expected_count()
        return UserBatch(
            users, self._read_count, None if expected is None else max(expected, self._read_count), partial
        )

    def _expected_count(self) -> int | None:
        total = 0
        for listing in self._crawlers:
            counted = self._source_count if listing.status is Status.ACTIVE else None
            expected = listing.expected_count if listing.expected_count is not None else counted
            if expected is None:
                return None
            total = max(total, expected) if self._status_resolver.has_overlap else total + expected
        return total


class _Prefetcher:
    """At most one page that is asked for before its turn."""

    def __init__(self, client: CrmClient) -> None:
        self._client = client
        self._requested: tuple[Status, int] | None = None
        self._task: asyncio.Task[Callable[[], UserPage]] | None = None

    async def start(self, status: Status, number: int | None) -> None:
        """Ask for a page, if there is one to ask for, and see to it that the request leaves."""
        if number is None:
            return
        sent = asyncio.Event()
        self._requested = status, number
        self._task = asyncio.create_task(self._client.request_user_page(status, number, sent.set))
        self._task.add_done_callback(lambda _: sent.set())
        with suppress(TimeoutError):
            async with asyncio.timeout(_PREFETCH_HEADSTART_SECONDS):
                await sent.wait()

    async def get(self, status: Status, number: int) -> Callable[[], UserPage]:
        """Return what parses a page, asked for before or now. Raises what the request does."""
        task = self._task if self._requested == (status, number) else None
        if task is None:
            await self.cancel()
            return await self._client.request_user_page(status, number)
        self._requested = self._task = None
        return await task

    async def cancel(self) -> None:
        """End the request that nobody waits for any more."""
        task, self._requested, self._task = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
