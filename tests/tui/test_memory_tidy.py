"""What was closed is freed while the user rests."""

import gc
import weakref

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.dialogs.help import HelpDialog
from dazos_tui.tui.memory_tidy import REST_SECONDS
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture
def collector_off():
    """Keep the garbage collector from running of itself."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("collector_off")
async def test_a_closed_dialog_is_freed_once_in_each_rest(tmp_path):
    with DemoServer(users=20) as demo:
        async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
            await desk.loaded()
            gc.disable()
            tidy, idle = desk.app.memory_tidy, 0.0
            tidy._idle_seconds = lambda: idle
            for _ in range(2):
                idle = 0.0
                await desk.press("f1")
                await desk.until(lambda: isinstance(desk.app.screen, HelpDialog), "no help")
                dialog = weakref.ref(desk.app.screen)
                await desk.press("escape")
                await desk.until(lambda: not isinstance(desk.app.screen, HelpDialog), "the help stays")
                await desk.settled()
                tidy.check()
                assert dialog() is not None
                idle = REST_SECONDS
                tidy.check()
                assert dialog() is None
