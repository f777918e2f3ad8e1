"""Signing in at the screen, where a password alone is not enough."""

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.demo.server import DemoServer
from tests.support import config_of, demo_instance
from tests.tui.desk import at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


async def browser_cookie(instance):
    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        return dict(client._session._cookies)["PHPSESSID"]


async def test_the_command_gives_the_one_time_code(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    async with at_desk(config_of(demo_instance(demo, "ridge-prod")), tmp_path) as desk:
        await desk.loaded()
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (1, 1)


async def test_without_a_command_the_crms_own_words_ask_for_it(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    config = config_of(demo_instance(demo, "ridge-prod", one_time_code_command=None))
    async with at_desk(config, tmp_path, size=(45, 20)) as desk:
        await desk.sees("ridge-prod asks for more", "PRODUCTION", "One-time code", "Go on (Enter)")
        await desk.press("enter")
        assert ridge.code_attempts == 0
        await desk.type("000000")
        assert "000000" not in desk.text
        await desk.press("enter")
        await desk.sees("This code is not right.")
        await desk.type(ridge.one_time_code)
        await desk.press("enter")
        await desk.loaded()
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (2, 1)


async def test_a_command_whose_code_is_wrong_is_asked_once_and_then_the_person(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    config = config_of(demo_instance(demo, "ridge-prod", one_time_code_command=["echo", "000000"]))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("ridge-prod asks for more", "This code is not right.")
        assert ridge.code_attempts == 1
        await desk.press("escape")
        await desk.sees("Not signed in", "asks for something more", "Nobody answered it")
    assert ridge.code_attempts == 1


async def test_a_browsers_session_cookie_serves_and_stays_signed_in(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    cookie = await browser_cookie(harbor)
    config = config_of(demo_instance(demo, auth="cookie", password_command=None))
    for _ in range(2):
        async with at_desk(config, tmp_path) as desk:
            await desk.sees("Sign in to harbor-prod", "copy the cookie PHPSESSID", "Session cookie")
            await desk.type(cookie)
            assert cookie not in desk.text
            await desk.press("enter")
            await desk.loaded()
    assert harbor.sign_in_attempts == 1


async def test_a_session_that_ended_in_the_browser_is_told_as_that(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    cookie = await browser_cookie(harbor)
    config = config_of(
        demo_instance(demo, auth="cookie", cookie_command=["echo", cookie], password_command=None)
    )
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        harbor.expire_sessions()
        await desk.press("f5")
        await desk.sees("Not signed in", "does not take this session cookie", "copy the cookie anew")
