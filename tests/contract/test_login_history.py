"""The login history, and the settings in which it shows times."""

import pytest

from dazos_tui.crm.client import CrmClient
from tests.contract.conftest import Target

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_own_sign_in_is_its_newest_row(target: Target, crm: CrmClient) -> None:
    if crm.signed_in_at is None:
        pytest.skip("The session is a browser's: nobody signed in here.")
    history = await crm.fetch_login_history(target.instance.username)
    assert history.rows
    assert history.rows[0].succeeded
    assert history.server_time is not None


async def test_everybody_is_in_it_without_a_name(crm: CrmClient) -> None:
    assert (await crm.fetch_login_history()).rows


async def test_nobody_has_signed_in_under_a_name_that_does_not_exist(crm: CrmClient) -> None:
    assert (await crm.fetch_login_history("no.such.user.name")).rows == ()


async def test_time_zone_and_date_format_are_known(target: Target, crm: CrmClient) -> None:
    settings = await crm.fetch_own_settings()
    if not settings.time_zone and target.demo is None:
        pytest.skip("The account's own settings are not shown.")
    assert settings.time_zone
    assert set(settings.date_format) <= set("dmy-./")
