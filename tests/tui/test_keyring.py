"""The system's keyring at the screen: asked before a person is, and no line lies across the screen."""

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.secrets.keyring import SERVICE_NAME, keyring_user
from dazos_tui.tui.widgets.inputs import PasswordInput
from tests import keyrings
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


async def test_the_keyring_gives_the_password(demo, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", keyrings.FILE)
    monkeypatch.setenv(keyrings.PLACE, str(tmp_path / "keyring"))
    harbor = demo_instance(demo, password_command=None)
    keyrings.FileKeyring().set_password(
        SERVICE_NAME, keyring_user(harbor), demo.instance("harbor-prod").password
    )
    async with at_desk(config_of(harbor), tmp_path / "state") as desk:
        await desk.loaded()
    assert demo.instance("harbor-prod").sign_in_attempts == 1


@pytest.mark.parametrize("size", [(120, 40), (45, 20)])
async def test_the_box_that_asks_says_that_there_is_no_keyring(demo, tmp_path, size):
    harbor = demo_instance(demo, password_command=None)
    async with at_desk(config_of(harbor), tmp_path, size=size) as desk:
        await desk.sees("Sign in to harbor-prod", "No keyring service here", "Sign in (Enter)")
        await desk.type(demo.instance("harbor-prod").password)
        await desk.press("enter")
        await desk.loaded()


async def test_what_is_typed_as_a_password_cannot_be_copied(demo, tmp_path):
    harbor = demo_instance(demo, password_command=None, keyring=False)
    async with at_desk(config_of(harbor), tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        assert "keyring" not in desk.text
        await desk.type("hunter2")
        field = desk.app.screen.query_one("#password", PasswordInput)
        await desk.press("ctrl+shift+a", "ctrl+x")
        assert (field.value, desk.app.clipboard) == ("", "")
        await desk.type("hunter2")
        await desk.press("ctrl+shift+a", "ctrl+c")
        await desk.sees("Not signed in")
        assert (field.value, desk.app.clipboard) == ("", "")
