"""The access-key API as the demo CRM has it: client and demo are each written from the same protocol."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import SignedOut, SignInFailed
from dazos_tui.crm.models import Status
from dazos_tui.crm.reader import PeopleReader
from dazos_tui.crm.webservice import WebService
from dazos_tui.demo.server import DemoServer


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=450) as server:
        yield server


@pytest.fixture
async def service(demo: DemoServer) -> AsyncIterator[WebService]:
    crm = demo.instance("harbor-prod")
    async with WebService(crm.url, crm.username) as service:
        await service.sign_in(SecretStr(crm.access_key))
        yield service
    crm.faults.clear()


@pytest.mark.parametrize("name", ["harbor-prod", "summit-prod", "harbor-sandbox"])
async def test_the_demos_people_are_those_of_its_pages(demo: DemoServer, name: str) -> None:
    crm = demo.instance(name)
    async with WebService(crm.url, crm.username) as service, CrmClient(crm.url) as client:
        await service.sign_in(SecretStr(crm.access_key))
        found = {user.id: user async for page in service.active_users() for user in page}
        await client.sign_in(crm.username, SecretStr(crm.password))
        pages = PeopleReader(client, statuses=[Status.ACTIVE]).read()
        listed = {user.id: user async for arrival in pages for user in arrival.users}
    assert len(found) > 30
    every = crm.shape.unreadable_every
    assert len(listed) - len(found) == (len(listed) // every if every else 0)
    assert all(replace(listed[one], role="", admin=user.admin) == user for one, user in found.items())
    assert {user.user_name for user in found.values() if user.admin} >= {crm.username}


async def test_the_demo_refuses_a_wrong_key_and_knows_its_own(demo: DemoServer) -> None:
    crm = demo.instance("harbor-prod")
    async with WebService(crm.url, crm.username) as service:
        with pytest.raises(SignInFailed, match="INVALID_USER_CREDENTIALS"):
            await service.sign_in(SecretStr("wrong"))
        await service.sign_in(SecretStr(crm.access_key))
        assert await service.count() > 100


async def test_an_ended_session_is_signed_out(demo: DemoServer, service: WebService) -> None:
    crm = demo.instance("harbor-prod")
    crm.faults.expire_before = "webservice"
    with pytest.raises(SignedOut):
        await service.count()
    await service.sign_in(SecretStr(crm.access_key))
    assert await service.count() > 100


async def test_a_query_whose_connection_broke_is_made_again(demo: DemoServer, service: WebService) -> None:
    demo.instance("harbor-prod").faults.drop("webservice")
    assert await service.count() > 100
