"""The access-key API's client with the demo CRM's API; both were written from the same protocol."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import SignedOutError, SignInError
from dazos_tui.crm.models import Status
from dazos_tui.crm.reader import UserListReader
from dazos_tui.crm.webservice import WebServiceClient
from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=450) as server:
        yield server


@pytest.fixture
async def service(demo: DemoServer) -> AsyncIterator[WebServiceClient]:
    crm = demo.instance("harbor-prod")
    async with WebServiceClient(crm.url, crm.username) as service:
        await service.sign_in(SecretStr(crm.access_key))
        yield service
    crm.faults.clear()


@pytest.mark.parametrize("name", ["harbor-prod", "summit-prod", "harbor-sandbox"])
async def test_the_api_has_the_same_users_as_the_pages(demo: DemoServer, name: str) -> None:
    crm = demo.instance(name)
    async with WebServiceClient(crm.url, crm.username) as service, CrmClient(crm.url) as client:
        await service.sign_in(SecretStr(crm.access_key))
        found = {user.id: user async for page in service.active_users() for user in page}
        await client.sign_in(crm.username, SecretStr(crm.password))
        pages = UserListReader(client, statuses=[Status.ACTIVE]).read()
        listed = {user.id: user async for batch in pages for user in batch.users}
    assert len(found) > 30
    every = crm.preset.unreadable_every
    assert len(listed) - len(found) == (len(listed) // every if every else 0)
    # Without the second list, nothing shows who is active.
    known = {
        one: replace(listed[one], role="", admin=user.admin, status=user.status)
        for one, user in found.items()
    }
    assert known == found
    assert {user.user_name for user in found.values() if user.admin} >= {crm.username}


async def test_the_demo_refuses_a_wrong_key_and_accepts_its_own(demo: DemoServer) -> None:
    crm = demo.instance("harbor-prod")
    async with WebServiceClient(crm.url, crm.username) as service:
        with pytest.raises(SignInError, match="INVALID_USER_CREDENTIALS"):
            await service.sign_in(SecretStr("wrong"))
        await service.sign_in(SecretStr(crm.access_key))
        assert (await service.count() or 0) > 100


async def test_an_ended_session_is_reported_as_signed_out(
    demo: DemoServer, service: WebServiceClient
) -> None:
    crm = demo.instance("harbor-prod")
    crm.faults.expire_before = "webservice"
    with pytest.raises(SignedOutError):
        await service.count()
    await service.sign_in(SecretStr(crm.access_key))
    assert (await service.count() or 0) > 100


async def test_a_query_whose_connection_broke_is_made_again(
    demo: DemoServer, service: WebServiceClient
) -> None:
    demo.instance("harbor-prod").faults.drop_connection("webservice")
    assert (await service.count() or 0) > 100


@pytest.fixture(scope="module")
def newer() -> Iterator[DemoServer]:
    """A CRM with an access-key API like that of vtiger 8.3."""
    with DemoServer(replace(HARBOR, name="newer", api_version="8.3")) as server:
        yield server


async def test_an_api_that_does_not_count_people_is_read_to_its_end(newer: DemoServer) -> None:
    crm = newer.instance("newer")
    async with WebServiceClient(crm.url, crm.username) as service:
        await service.sign_in(SecretStr(crm.access_key))
        assert await service.count() is None
        found = {user.id async for page in service.active_users() for user in page}
    assert found == {str(person.id) for person in crm.people if person.active}


async def test_names_with_unescaped_control_characters_are_made_safe(newer: DemoServer) -> None:
    crm = newer.instance("newer")
    async with WebServiceClient(crm.url, crm.username) as service:
        await service.sign_in(SecretStr(crm.access_key))
        names = {user.user_name: user.name async for page in service.active_users() for user in page}
    assert names["odd.escape"] == "\ufffd[31mRed Alert\ufffd"
    assert names["odd.quotes"] == 'Quo"te Back\\slash'


async def test_the_reader_uses_such_an_api_too(newer: DemoServer) -> None:
    crm = newer.instance("newer")

    async def service() -> WebServiceClient:
        opened = WebServiceClient(crm.url, crm.username)
        await opened.sign_in(SecretStr(crm.access_key))
        return opened

    async with CrmClient(crm.url) as client:
        await client.sign_in(crm.username, SecretStr(crm.password))
        reader = UserListReader(client, service)
        batches = [batch async for batch in reader.read()]
    assert reader.notes == ()
    assert {user.id for batch in batches if batch.is_partial for user in batch.users} == {
        str(person.id) for person in crm.people if person.active
    }
    assert {user.id for batch in batches for user in batch.users} == {str(one.id) for one in crm.people}
    assert batches[-1].expected_count == len(crm.people)
