"""What all tests of the app share: pictures and texts are the same on every machine and for every user."""

import pytest

from dazos_tui.resets import service
from dazos_tui.system.keyboard_user import KeyboardUser


@pytest.fixture(autouse=True)
def _nobody_at_the_keyboard(monkeypatch):
    monkeypatch.setattr(service, "keyboard_user", KeyboardUser)
