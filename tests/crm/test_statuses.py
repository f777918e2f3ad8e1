"""Which users are active, from two lists with unknown content."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import LISTED_STATUSES, Status, User, UserRow
from dazos_tui.crm.reader import UserListReader
from dazos_tui.crm.status_resolver import StatusResolver, merge_search_results
from dazos_tui.demo.presets import HARBOR, InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import (
    NO_INACTIVE_SWITCH,
    ONE_LIST,
    ONE_LIST_WITH_STATUS,
    SPANISH,
    WITH_STATUS,
)


def person(number: int, status: Status) -> User:
    return User(str(number), f"u{number}", "", "", "", status, None)


def shown(people: dict[int, bool], listing: Status, *, column: bool, one_list: bool) -> list[User]:
    """Return the users that a server shows in a list; `people` maps numbers to whether they are active."""
    active, inactive = Status.ACTIVE, Status.INACTIVE
    bare = Status.UNKNOWN if listing is active else inactive
    here = [
        n
        for n, is_active in people.items()
        if (is_active or one_list if listing is active else not is_active)
    ]
    return [person(n, (active if people[n] else inactive) if column else bare) for n in here]


@given(
    st.dictionaries(st.integers(1, 40), st.booleans()).filter(lambda people: True in people.values()),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_no_user_ever_gets_a_wrong_status(
    people: dict[int, bool], column: bool, one_list: bool, data: st.DataObject
) -> None:
    statuses, seen = StatusResolver(), set[User]()
    truth = {str(n): Status.ACTIVE if is_active else Status.INACTIVE for n, is_active in people.items()}
    parts: list[tuple[Status, User]] = [
        (listing, user)
        for listing in LISTED_STATUSES
        for user in shown(people, listing, column=column, one_list=one_list)
    ]
    statuses.default_list_size = sum(listing is Status.ACTIVE for listing, _ in parts)
    for listing, user in data.draw(st.permutations(parts)):
        statuses.add_listed(listing, [user])
        seen.add(user)
        for known in statuses.resolve(seen):
            # No status is given before it is certain.
            assert known.status in {
                Status.UNKNOWN,
                Status.ACTIVE if people[int(known.id)] else Status.INACTIVE,
            }
    statuses.is_inactive_list_complete = True
    for known in statuses.resolve(seen):
        assert known.status is truth[known.id]


@given(st.sets(st.integers(1, 20), min_size=1))
def test_two_identical_lists_leave_the_status_unknown(numbers: Iterable[int]) -> None:
    statuses = StatusResolver()
    statuses.add_listed(Status.ACTIVE, [person(n, Status.UNKNOWN) for n in numbers])
    statuses.add_listed(Status.INACTIVE, [person(n, Status.INACTIVE) for n in numbers])
    statuses.is_inactive_list_complete = True
    known = statuses.resolve(person(n, Status.INACTIVE) for n in numbers)
    assert {user.status for user in known} == {Status.UNKNOWN}


def test_a_default_list_with_no_room_for_the_inactive_shows_active_users() -> None:
    statuses = StatusResolver()
    default = [person(n, Status.UNKNOWN) for n in (1, 2)]
    statuses.add_listed(Status.ACTIVE, default)
    statuses.add_listed(Status.INACTIVE, [person(3, Status.INACTIVE)])
    assert {user.status for user in statuses.resolve(default)} == {Status.UNKNOWN}
    statuses.default_list_size = 3
    assert {user.status for user in statuses.resolve(default)} == {Status.UNKNOWN}
    statuses.default_list_size = 2
    assert {user.status for user in statuses.resolve(default)} == {Status.ACTIVE}


def test_a_merged_search_has_each_user_once() -> None:
    default = [UserRow(person(n, Status.UNKNOWN), ()) for n in (1, 2)]
    inactive = [UserRow(person(n, Status.INACTIVE), ()) for n in (2, 3)]
    found = merge_search_results(default, inactive, is_complete=True)
    assert [(row.user.id, row.user.status.value) for row in found] == [
        ("1", "active"),
        ("2", "inactive"),
        ("3", "inactive"),
    ]
    assert [row.user.status.value for row in merge_search_results(default, [], is_complete=False)] == [
        "unknown"
    ] * 2
    assert [
        row.user.status.value for row in merge_search_results(default[:1], inactive[:0], is_complete=True)
    ] == ["active"]
    only_in_both = merge_search_results(default[1:], inactive[:1], is_complete=True)
    assert [row.user.status for row in only_in_both] == [Status.UNKNOWN]


SHAPES = (HARBOR, WITH_STATUS, ONE_LIST, ONE_LIST_WITH_STATUS, SPANISH)


async def read(shape: InstancePreset, **limits: int) -> tuple[Counter[Status], int, set[int], UserListReader]:
    """Return the count of each status, the number of users, the reported totals, and the reader."""
    with DemoServer(shape) as server:
        instance = server.instances[0]
        async with CrmClient(instance.url) as client:
            await client.sign_in(instance.username, SecretStr(instance.password))
            reader = UserListReader(client)
            if "cut" in limits:
                instance.faults.cut_page(limits["cut"])
            batches = [batch async for batch in reader.read()]
    people = {user.id: user for batch in batches for user in batch.users}
    truth = {str(one.id): Status.ACTIVE if one.active else Status.INACTIVE for one in instance.people}
    assert all(user.status in {truth[user.id], Status.UNKNOWN} for user in people.values())
    totals = {batch.expected_count for batch in batches[-3:] if batch.expected_count is not None}
    return Counter(user.status for user in people.values()), len(people), totals, reader


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
async def test_all_users_get_their_true_status(shape: InstancePreset) -> None:
    count, people, totals, reader = await read(shape)
    assert reader.is_complete
    assert (people, totals) == (453, {453})
    assert count == {Status.ACTIVE: 389, Status.INACTIVE: 64}


async def test_without_evidence_the_status_is_unknown() -> None:
    count, people, _, reader = await read(replace(NO_INACTIVE_SWITCH, users=100))
    assert (people, count[Status.UNKNOWN], reader.is_complete) == (100, 100, True)


async def test_a_list_with_small_gaps_shows_who_is_active() -> None:
    count, people, _, reader = await read(HARBOR, cut=3)
    assert not reader.is_complete
    assert (people, count) == (453 - 18 - 18, {Status.ACTIVE: 389 - 18, Status.INACTIVE: 64 - 18})


async def test_a_list_with_gaps_makes_no_inactive_user_active() -> None:
    count, *_, reader = await read(replace(ONE_LIST, users=200), cut=2)
    assert not reader.is_complete
    assert count[Status.UNKNOWN] > 0
