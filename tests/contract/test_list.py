"""The user list: whole, nobody twice, active and inactive people, their roles, and searching in it."""

import pytest

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.models import Status
from tests.contract.conftest import ReadList, Target

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_list_is_complete(people: ReadList) -> None:
    assert people.gaps == ()
    assert len(people.users) == people.count
    assert people.expected in {None, people.count}


async def test_nobody_is_in_it_twice(people: ReadList) -> None:
    names = [user.user_name.casefold() for user in people.users.values() if user.user_name]
    assert len(names) == len(set(names))


async def test_everybody_of_the_demo_is_in_it(target: Target, people: ReadList) -> None:
    if target.demo is None:
        pytest.skip("Only the demo says who has to be in the list.")
    assert {*people.users} == {str(person.id) for person in target.demo.people}


async def test_the_own_account_is_in_it_and_not_inactive(target: Target, people: ReadList) -> None:
    own = [user for user in people.users.values() if user.user_name == target.instance.username]
    if not any(user.user_name for user in people.users.values()):
        people.target.skip("The list has no column with the user name.")
    assert [user.status is not Status.INACTIVE for user in own] == [True]


async def test_inactive_people_are_a_list_of_their_own(crm: CrmClient, people: ReadList) -> None:
    inactive = {user.id for user in people.with_status(Status.INACTIVE)}
    try:
        page = (await crm.request_user_page(Status.INACTIVE, 1))()
    except UnexpectedPageError as error:
        people.target.skip(str(error))
    # A list of everybody has a state in each row.
    shown = {row.user.id for row in page.rows if row.user.status is Status.INACTIVE}
    assert shown
    assert shown <= inactive


async def test_a_page_past_the_end_has_nobody(crm: CrmClient, people: ReadList) -> None:
    page = (await crm.request_user_page(Status.ACTIVE, len(people.users) + 10))()
    assert (page.rows, page.announced, page.has_next) == ((), 0, False)


async def test_roles_are_known(people: ReadList) -> None:
    roles = {user.role for user in people.users.values()}
    if roles == {""}:
        people.target.skip("The list has no column with the role.")
    assert "" not in roles


async def test_a_user_name_finds_its_account(target: Target, crm: CrmClient) -> None:
    found = await crm.find_exact(target.instance.username)
    assert [row.user.user_name for row in found] == [target.instance.username]


async def test_a_part_of_a_user_name_finds_it_too(target: Target, crm: CrmClient) -> None:
    found = await crm.quick_search(target.instance.username[:-1])
    assert target.instance.username in {row.user.user_name for row in found}
