"""The access-key API: its users are those of the list."""

import pytest
from pydantic import SecretStr

from dazos_tui.crm.errors import SignInError
from dazos_tui.crm.models import Status
from dazos_tui.instances.factory import create_webservice_client
from dazos_tui.secrets.sources import access_key_for
from tests.contract.conftest import ReadList, Target

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_its_people_are_the_active_ones_of_the_list(target: Target, people: ReadList) -> None:
    service = create_webservice_client(target.instance)
    if service is None:
        pytest.skip("No access key was given (--crm-access-key-command).")
    key = await access_key_for(target.instance)
    assert key is not None
    async with service:
        await service.sign_in(key)
        found = {user.id: user async for page in service.active_users() for user in page}
    assert found
    assert {*found} <= {*people.users}
    assert Status.INACTIVE not in {people.users[one].status for one in found}
    names = {one: people.users[one].user_name for one in found if people.users[one].user_name}
    assert names == {one: found[one].user_name for one in names}


async def test_a_wrong_key_is_refused(target: Target) -> None:
    service = create_webservice_client(target.instance)
    if service is None or target.demo is None:
        pytest.skip("A wrong key may count as a failed sign-in of a real account.")
    async with service:
        with pytest.raises(SignInError):
            await service.sign_in(SecretStr("no such key"))
