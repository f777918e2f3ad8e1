"""What all tests of the app share: pictures and texts are the same on every machine and for every user."""

import pytest

from dazos_tui.resets import service
from dazos_tui.system.keyboard_user import KeyboardUser
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture
async def desk(demo, tmp_path):
    """A user at the production instance of the test module's demo CRM, whose list is loaded."""
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        yield desk


@pytest.fixture(autouse=True)
def _nobody_at_the_keyboard(monkeypatch):
    monkeypatch.setattr(service, "keyboard_user", KeyboardUser)
