"""Reading the whole list from the demo CRM: resumable, with a total, and with every gap reported."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from time import monotonic, sleep

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    UnexpectedPageError,
)
from dazos_tui.crm.models import Status, User, UserPage
from dazos_tui.crm.pages.users import parse_user_page
from dazos_tui.crm.reader import UserBatch, UserListReader
from dazos_tui.crm.webservice import WebServiceClient
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.presets import SANDBOX
from dazos_tui.demo.server import DemoServer
from tests.patience import patience

ALWAYS = None


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(replace(SANDBOX, name="clinic", users=240, page_size=7)) as server:
        yield server


@pytest.fixture
def instance(demo: DemoServer) -> Iterator[DemoInstance]:
    """240 users, 34 of them inactive: 30 pages of active ones, 5 of inactive ones, 7 users on each."""
    found = demo.instance("clinic")
    found.requests.clear()
    yield found
    found.faults.clear()


@pytest.fixture
async def client(instance: DemoInstance) -> AsyncIterator[CrmClient]:
    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        yield client


async def everything(reader: UserListReader) -> list[UserBatch]:
    return [batch async for batch in reader.read()]


def people(batches: list[UserBatch]) -> dict[str, User]:
    return {user.id: user for batch in batches for user in batch.users}


def ids(instance: DemoInstance) -> set[str]:
    return {str(person.id) for person in instance.people}


def listed(instance: DemoInstance) -> list[tuple[bool, int]]:
    """Return the requested pages in order, each with whether it is of the inactive list."""
    return [
        ("search_value=Inactive" in one.query, int(one.query.rpartition("page=")[2]))
        for one in list(instance.requests)
        if "view=List" in one.query
    ]


async def test_all_users_are_read_once_and_the_total_is_known_early(
    client: CrmClient, instance: DemoInstance
) -> None:
    reader = UserListReader(client)
    batches = await everything(reader)
    assert set(people(batches)) == reader.ids == ids(instance)
    # The users of the first page are yielded again, once all inactive users are known.
    assert sum(len(batch.users) for batch in batches) == 240 + 7
    assert {user.status for user in batches[0].users} == {Status.UNKNOWN}
    assert (reader.is_complete, reader.gaps, reader.notes) == (True, (), ())
    assert (batches[0].read_count, batches[0].expected_count) == (7, None)
    known = next(batch for batch in batches if batch.expected_count is not None)
    assert known.read_count <= 7 * 17
    assert {batch.expected_count for batch in batches[batches.index(known) :]} == {240}
    assert [batch.read_count for batch in batches] == sorted(batch.read_count for batch in batches)


async def test_no_page_is_requested_twice_except_an_earlier_read_last_one(
    client: CrmClient, instance: DemoInstance
) -> None:
    await everything(UserListReader(client))
    asked = listed(instance)
    assert asked[:5] == [(False, 1), *((True, number) for number in (1, 2, 3, 4))]
    assert sorted(page for page in set(asked) if asked.count(page) > 1) == [(False, 30)]
    assert len(asked) <= 35 + 2 + 6


async def test_the_next_page_is_under_way_while_one_is_parsed(
    client: CrmClient, instance: DemoInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefetched: list[bool] = []

    def parse(html: str, *, number: int, status: Status, labels: Labels, with_menus: bool) -> UserPage:
        if (status, number) == (Status.ACTIVE, 10):
            # The event loop is blocked here, so no request can leave: it has left before or never will.
            latest = monotonic() + patience(5)
            while (False, 11) not in listed(instance) and monotonic() < latest:
                sleep(0)
            prefetched.append((False, 11) in listed(instance))
        return parse_user_page(html, number=number, status=status, labels=labels, with_menus=with_menus)

    monkeypatch.setattr("dazos_tui.crm.client.parse_user_page", parse)
    await everything(UserListReader(client))
    assert prefetched == [True]


@pytest.mark.parametrize(("status", "count"), [(Status.ACTIVE, 206), (Status.INACTIVE, 34)])
async def test_only_one_status(client: CrmClient, status: Status, count: int) -> None:
    reader = UserListReader(client, statuses=[status])
    batches = await everything(reader)
    assert (len(people(batches)), batches[-1].expected_count, reader.is_complete) == (count, count, True)


async def test_a_read_list_is_not_read_again(client: CrmClient, instance: DemoInstance) -> None:
    reader = UserListReader(client)
    await everything(reader)
    before = len(listed(instance))
    assert await everything(reader) == []
    assert len(listed(instance)) == before


async def test_repeatedly_broken_connections_lose_nobody(client: CrmClient, instance: DemoInstance) -> None:
    instance.faults.drop_every_nth("list", 3)
    reader = UserListReader(client)
    assert set(people(await everything(reader))) == ids(instance)
    assert reader.is_complete


async def test_a_page_cut_short_once_is_no_gap(client: CrmClient, instance: DemoInstance) -> None:
    instance.faults.cut_page(30, rendered=1)
    reader = UserListReader(client)
    got: dict[str, User] = {}
    async with aclosing(reader.read()) as batches:
        async for batch in batches:
            got |= people([batch])
            if (False, 30) in listed(instance):
                instance.faults.clear()
    assert set(got) == ids(instance)
    assert reader.is_complete


async def test_a_truncated_page_is_reported_and_read_once_it_is_repaired(
    client: CrmClient, instance: DemoInstance
) -> None:
    instance.faults.cut_page(3, rendered=2)
    reader = UserListReader(client)
    got = people(await everything(reader))
    assert reader.gaps == (
        "Page 3 of the active accounts was cut short: 5 of 7 people are missing.",
        "Page 3 of the inactive accounts was cut short: 5 of 7 people are missing.",
    )
    assert (len(got), reader.is_complete) == (230, False)
    instance.faults.clear()
    instance.requests.clear()
    got |= people(await everything(reader))
    assert set(got) == ids(instance)
    assert reader.is_complete
    assert {page for page in listed(instance) if page[1] not in {30, 5}} == {(False, 3), (True, 3)}


async def test_reading_resumes_after_the_session_ended(client: CrmClient, instance: DemoInstance) -> None:
    reader = UserListReader(client)
    got: dict[str, User] = {}

    async def until_it_ends() -> None:
        async for batch in reader.read():
            got.update(people([batch]))
            if batch.read_count > 100 and instance.faults.is_empty:
                instance.faults.expire_before = "list"

    with pytest.raises(SignedOutError):
        await until_it_ends()
    assert 100 < len(got) < 200
    assert not reader.is_complete
    done = {page for page in listed(instance)[:-2] if page[1] not in {30, 5}}
    instance.requests.clear()
    await client.sign_in(instance.username, SecretStr(instance.password))
    got |= people(await everything(reader))
    assert (set(got), reader.ids, reader.is_complete) == (ids(instance), frozenset(ids(instance)), True)
    assert done.isdisjoint(listed(instance))


async def test_reading_can_be_cancelled_at_any_point(client: CrmClient, instance: DemoInstance) -> None:
    reader = UserListReader(client)
    got: dict[str, User] = {}
    for stop in range(1, 40, 3):

        async def until(stop: int) -> None:
            async with aclosing(reader.read()) as batches:
                async for number in counted(batches):
                    if number == stop:
                        asyncio.current_task().cancel()  # type: ignore[union-attr]

        async def counted(batches: AsyncIterator[UserBatch]) -> AsyncIterator[int]:
            number = 0
            async for batch in batches:
                got.update(people([batch]))
                number += 1
                yield number

        task = asyncio.create_task(until(stop))
        await asyncio.gather(task, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
    got.update(people(await everything(reader)))
    assert (set(got), reader.is_complete) == (ids(instance), True)


async def test_a_changed_page_size_restarts_the_reading(client: CrmClient, instance: DemoInstance) -> None:
    instance.faults.resize_after(9, 11)
    reader = UserListReader(client)
    assert set(people(await everything(reader))) == ids(instance)
    assert reader.is_complete


async def test_a_page_size_that_changes_twice_ends_the_reading(
    client: CrmClient, instance: DemoInstance
) -> None:
    reader = UserListReader(client, statuses=[Status.ACTIVE])
    instance.faults.resize_after(6, 11)
    async for _ in reader.read():
        if len(listed(instance)) == 10:
            instance.faults.resize_after(2, 5)
    (gap,) = reader.gaps
    assert gap.startswith("The active accounts could not be read from page ")
    assert "page size changed" in gap
    instance.faults.clear()
    assert set(people(await everything(reader))) < ids(instance)
    assert reader.is_complete


@pytest.mark.parametrize("page", [2, 4, 6, 29])
async def test_an_endlessly_repeated_page_ends_with_a_gap(
    client: CrmClient, instance: DemoInstance, page: int
) -> None:
    instance.faults.repeat_page(page)
    reader = UserListReader(client, statuses=[Status.ACTIVE])
    got = people(await everything(reader))
    assert len(got) == 7 * page
    assert not reader.is_complete
    assert reader.gaps
    assert len(listed(instance)) < 100


async def test_a_user_shown_twice_is_counted_once(client: CrmClient, instance: DemoInstance) -> None:
    instance.faults.repeat_person(10)
    reader = UserListReader(client, statuses=[Status.ACTIVE])
    batches = await everything(reader)
    assert (len(people(batches)), batches[-1].read_count) == (205, 205)
    assert reader.gaps == (
        "The CRM announced 206 active accounts and showed 205 different ones: somebody may be missing.",
    )
    instance.faults.clear()
    (found,) = await everything(reader)
    assert len(people([*batches, found])) == found.read_count == 206
    assert reader.is_complete


async def test_a_list_that_changes_meanwhile_is_reported(client: CrmClient, instance: DemoInstance) -> None:
    reader, added = UserListReader(client), None
    async for batch in reader.read():
        if batch.read_count > 150 and added is None:
            added = instance.add_person("zz.newcomer", "Zoe", "Newcomer")
    assert added is not None
    try:
        assert not reader.is_complete
        assert any("changed while it was read" in gap for gap in reader.gaps)
        await everything(reader)
        assert (reader.is_complete, reader.ids) == (True, frozenset(ids(instance)))
    finally:
        instance.remove_person(added)


async def test_a_server_that_stops_ends_the_reading_with_gaps(
    client: CrmClient, instance: DemoInstance
) -> None:
    reader = UserListReader(client)
    got: dict[str, User] = {}
    async for batch in reader.read():
        got |= people([batch])
        if batch.read_count > 150:
            instance.faults.inject("list", Fault("", status=500), times=ALWAYS)
    assert 150 < len(got) < 200
    assert any(gap.startswith("The active accounts could not be read from page ") for gap in reader.gaps)
    assert all("HTTP 500" in gap for gap in reader.gaps)
    instance.faults.clear()
    got |= people(await everything(reader))
    assert (set(got), reader.is_complete) == (ids(instance), True)


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault(drop=True), ConnectionLostError), (Fault("", status=500), UnexpectedPageError)],
)
async def test_a_list_without_a_single_page_is_an_error(
    client: CrmClient, instance: DemoInstance, fault: Fault, error: type[CrmError]
) -> None:
    instance.faults.inject("list", fault, times=ALWAYS)
    reader = UserListReader(client)
    with pytest.raises(error):
        await everything(reader)
    instance.faults.clear()
    assert len(people(await everything(reader))) == 240


async def test_without_admin_rights_there_is_no_list(instance: DemoInstance) -> None:
    account = instance.non_admin
    async with CrmClient(instance.url) as client:
        await client.sign_in(account.username, SecretStr(account.password))
        with pytest.raises(PermissionDeniedError):
            await everything(UserListReader(client))


class TestWithTheAccessKeyApi:
    @staticmethod
    def reader(client: CrmClient, instance: DemoInstance, key: str = "") -> UserListReader:
        async def service() -> WebServiceClient:
            found = WebServiceClient(instance.url, instance.username)
            try:
                await found.sign_in(SecretStr(key or instance.access_key))
            except CrmError:
                await found.close()
                raise
            return found

        return UserListReader(client, service)

    async def test_its_people_come_first_and_their_roles_last(
        self, client: CrmClient, instance: DemoInstance
    ) -> None:
        reader = self.reader(client, instance)
        batches = await everything(reader)
        early = [batch for batch in batches if batch.is_partial]
        assert batches[: len(early)] == early
        assert (len(people(early)), early[-1].read_count, early[-1].expected_count) == (206, 206, None)
        assert all(not user.role for user in people(early).values())
        late = batches[len(early) :]
        assert late[0].users[0].status is Status.INACTIVE
        assert set(people(late)) == ids(instance) == reader.ids
        assert all(user.role for user in people(late).values())
        assert (reader.is_complete, reader.notes, batches[-1].expected_count) == (True, (), 240)

    async def test_a_key_that_is_not_taken_stops_nothing_and_is_tried_once(
        self, client: CrmClient, instance: DemoInstance
    ) -> None:
        reader = self.reader(client, instance, "a-wrong-key")
        assert set(people(await everything(reader))) == ids(instance)
        (note,) = reader.notes
        assert note.startswith("The access-key API was left out. ")
        await everything(reader)
        assert sum("getchallenge" in one.query for one in instance.requests) == 1

    async def test_an_api_that_fails_halfway_stops_nothing(
        self, client: CrmClient, instance: DemoInstance
    ) -> None:
        reader = self.reader(client, instance)
        got: dict[str, User] = {}
        async for batch in reader.read():
            got |= people([batch])
            if batch.is_partial and batch.read_count == 100:
                instance.faults.inject("webservice", Fault("<p>Oops</p>"), times=ALWAYS)
        assert (set(got), reader.is_complete, len(reader.notes)) == (ids(instance), True, 1)
