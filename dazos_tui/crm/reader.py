"""Reads the whole user list, in one go or in several, with a total count, and reports every gap."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
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
from dazos_tui.crm.yielded_users import YieldedUsers

_PREFETCH_HEADSTART_SECONDS = 0.02
"""The most seconds that parsing a page waits for the request for the next page to leave, since parsing would
block it. Parsing in a thread costs a third more than it saves."""


_SHORT_LIST_LENGTH = 200
"""A list of at most this many users is read to its end before another list is probed for its end."""


@dataclass(frozen=True, slots=True)
class UserBatch:
    """Some users that were read, and the progress so far.

    `read_count` is how many different users are known so far, `expected_count` how many there will be in
    all, None until that is known. The users of an `is_partial` batch lack their role, which the access-key
    API does not give: they must not replace a row that came from the pages.
    """

    users: tuple[User, ...]
    read_count: int
    expected_count: int | None
    is_partial: bool = False


class ActiveUserSource(Protocol):
    """The access-key API, signed in: fast, but limited to active users and without their roles."""

    async def count(self) -> int | None:
        """Return how many active users there are, or None if the server does not count them."""

    def active_users(self) -> AsyncIterator[tuple[User, ...]]:
        """Yield the active users in batches."""

    async def close(self) -> None:
        """Close the connections."""


OpenActiveUserSource = Callable[[], Awaitable[ActiveUserSource | None]]


class UserListReader:
    """One reading of an instance's user list, which can be interrupted and resumed.

    Only one request is under way at a time, since the server handles the requests of one session one at a
    time (seen on a vtiger 8.0 server). But the next page is requested before the latest one is parsed, so
    that client and server work at the same time.
    """

    def __init__(
        self,
        client: CrmClient,
        open_source: OpenActiveUserSource | None = None,
        *,
        statuses: Sequence[Status] = LISTED_STATUSES,
        containing: str = "",
    ) -> None:
        """Build a reader for `client`, which need not be signed in yet.

        `open_source` opens the access-key API, if there is one. `statuses` are the lists to read, out of
        `LISTED_STATUSES`: where the list has no Status column, only both together show who is active. If the
        instance has only one list, that is read. With `containing`, only those are read whose name, user name
        or e-mail contains it; where the CRM does not search, everybody.
        """
        statuses = [status for status in statuses if status in client.user_lists] or client.user_lists
        self._request_page = partial(client.request_user_page, containing=containing)
        self._open_source = open_source if Status.ACTIVE in statuses else None
        # Users who are not in the inactive list are active. That list is short, and read first.
        in_order = sorted(statuses, key=lambda status: status is Status.ACTIVE)
        accounts = "" if len(client.user_lists) > 1 else "accounts"
        self._crawlers = [PageCrawler(status, accounts=accounts) for status in in_order]
        self._has_read_a_page = False
        self._source_count: int | None = None
        self._source_ids: set[str] = set()
        self._yielded = YieldedUsers()
        self._status_resolver = StatusResolver()
        self._read_count = 0
        self._notes: list[str] = []

    @property
    def ids(self) -> frozenset[str]:
        """Return the record ids of all users seen in this reading."""
        return frozenset(self._source_ids).union(*(crawler.ids for crawler in self._crawlers))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return a sentence or two, written for the user, for each thing that is missing."""
        return tuple(gap for crawler in reversed(self._crawlers) for gap in crawler.gaps)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return other remarks for the user, such as that the access-key API was left out."""
        return tuple(self._notes)

    @property
    def is_complete(self) -> bool:
        """Return whether every page was read and nothing is missing."""
        return all(crawler.is_complete for crawler in self._crawlers)

    def clear(self) -> None:
        """Free the memory of a complete reading, which never needs to be resumed."""
        self._crawlers.clear()
        self._source_ids.clear()
        self._yielded = YieldedUsers()
        self._status_resolver = StatusResolver()

    async def read_into(
        self, users: dict[str, User], on_progress: Callable[[int, int | None], object]
    ) -> None:
        """Read to the end, into `users` by record id. Another call resumes. Raises what `read` raises.

        `on_progress` gets how many users are known, and how many there will be (None: not known yet).
        """
        async with aclosing(self.read()) as batches:
            async for batch in batches:
                users |= {user.id: user for user in batch.users}
                on_progress(batch.read_count, batch.expected_count)

    async def read(self) -> AsyncGenerator[UserBatch, None]:
        """Yield users as they are read. Another call resumes with what is missing.

        A page that fails is skipped and reported in `gaps`, once any page has been read. Closing the
        generator, or cancelling the task that reads it, keeps what was read.

        Raises SignedOutError, PermissionDeniedError, TlsError, WrongHostError; also UnreachableError,
        ConnectionLostError, UnexpectedPageError if no page could be read at all.
        """
        for crawler in self._crawlers:
            crawler.resume()
        async with aclosing(self._read_source()) as batches:
            async for batch in batches:
                yield batch
        prefetcher = _Prefetcher(self._request_page)
        try:
            while (following := self._next_page()) is not None:
                if users := await self._read_page(prefetcher, *following):
                    yield self._make_batch(users)
        finally:
            await prefetcher.cancel()

    def _next_page(self) -> tuple[PageCrawler, int] | None:
        """Return the next page to read.

        The order is: the first page with somebody to show; all of a short list of inactive users, else the
        pages that show how many there are in all; then the rest.
        """
        default = self._crawlers[-1:]
        if default and not self._source_ids and default[0].next_probe() == 1:
            return default[0], 1
        for crawler in self._crawlers:
            is_short = crawler.expected_count is not None and crawler.expected_count <= _SHORT_LIST_LENGTH
            if (number := crawler.next_page() if is_short else crawler.next_probe()) is not None:
                return crawler, number
        candidates = ((crawler, crawler.next_page()) for crawler in self._crawlers)
        return next(((crawler, number) for crawler, number in candidates if number is not None), None)

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
        """Return users who are new on a page, and those whose status is newly known or no longer known."""
        basis, statuses = self._status_resolver.decision_basis, self._status_resolver
        statuses.add_listed(crawler.status, users.values())
        if crawler.status is Status.ACTIVE:
            statuses.default_list_size = crawler.expected_count
        else:
            statuses.is_inactive_list_complete = crawler.next_page() is None and crawler.is_complete
        new_ids = users.keys() - self._yielded.ids
        self._read_count += len(new_ids - self._source_ids)
        if basis != statuses.decision_basis:
            users = {user.id: user for user in self._yielded} | users
        return self._yielded.new_or_changed(statuses.resolve(users.values()))

    async def _read_source(self) -> AsyncGenerator[UserBatch, None]:
        """Yield the active users that the access-key API knows, only in the first reading.

        If it fails, that only becomes a note: the pages have the same users.
        """
        if self._open_source is None:
            return
        source = None
        try:
            source = await self._open_source()
            if source is not None:
                self._source_count = await source.count()
                async for users in source.active_users():
                    new_ids = {user.id for user in users} - self._source_ids
                    self._status_resolver.add_known(users)
                    self._read_count += len(new_ids - self._yielded.ids)
                    self._source_ids |= new_ids
                    yield self._make_batch(users, is_partial=True)
        except CrmError as error:
            self._notes.append(f"The access-key API was left out. {error}")
        finally:
            if source is not None:
                await source.close()
        self._open_source = None

    def _make_batch(self, users: tuple[User, ...], *, is_partial: bool = False) -> UserBatch:
        expected = self._expected_count()
        return UserBatch(
            users, self._read_count, None if expected is None else max(expected, self._read_count), is_partial
        )

    def _expected_count(self) -> int | None:
        total = 0
        for crawler in self._crawlers:
            counted = self._source_count if crawler.status is Status.ACTIVE else None
            expected = crawler.expected_count if crawler.expected_count is not None else counted
            if expected is None:
                return None
            total = max(total, expected) if self._status_resolver.has_overlap else total + expected
        return total


class _Prefetcher:
    """Requests at most one page ahead of its turn."""

    def __init__(self, request_page: Callable[..., Awaitable[Callable[[], UserPage]]]) -> None:
        self._request_page = request_page
        self._requested: tuple[Status, int] | None = None
        self._task: asyncio.Task[Callable[[], UserPage]] | None = None

    async def start(self, status: Status, number: int | None) -> None:
        """Request page `number`, unless it is None, and wait until the request has left."""
        if number is None:
            return
        sent = asyncio.Event()
        self._requested = status, number
        self._task = asyncio.ensure_future(self._request_page(status, number, sent.set))
        self._task.add_done_callback(lambda _: sent.set())
        with suppress(TimeoutError):
            async with asyncio.timeout(_PREFETCH_HEADSTART_SECONDS):
                await sent.wait()

    async def get(self, status: Status, number: int) -> Callable[[], UserPage]:
        """Return the function that parses a page, requested ahead or now. Raises what the request raises."""
        task = self._task if self._requested == (status, number) else None
        if task is None:
            await self.cancel()
            return await self._request_page(status, number)
        self._requested = self._task = None
        return await task

    async def cancel(self) -> None:
        """Cancel the request that is no longer needed."""
        task, self._requested, self._task = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
