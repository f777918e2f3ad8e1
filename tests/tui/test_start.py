"""What one sees and can do before everything is loaded."""

import threading

import pytest

from dazos_tui.config import ConfigError
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.start import Start
from dazos_tui.tui.widgets.inputs import FilterInput
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.desk import Desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


async def test_what_is_typed_before_all_is_loaded_is_not_lost(demo, tmp_path):
    may_load = threading.Event()
    store = HistoryStore(tmp_path / "history.db")

    def prepare():
        may_load.wait(10)
        return Start(config_of(demo_instance(demo)), store)

    app = DazosApp(prepare)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("starting …", "Type a name")
        await desk.type("garc")
        await desk.sees("garc")
        may_load.set()
        await desk.sees("Elena García", "1 match")
        await desk.type("ia")
        assert desk.work.query_one("#filter", FilterInput).value == "garcia"
    store.close()


async def test_what_is_typed_before_the_choice_goes_to_the_instance_chosen_first(demo, tmp_path):
    store = HistoryStore(tmp_path / "history.db")
    may_load = threading.Event()

    def prepare():
        may_load.wait(10)
        return Start(demo_config_of(demo), store)

    app = DazosApp(prepare)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("starting …")
        await desk.type("garcia")
        may_load.set()
        await desk.pick("harbor-prod")
        await desk.sees("1 match", "Elena García")
        await desk.press("f2")
        await desk.pick("summit-prod")
        await desk.sees("active ·")
        assert desk.work.query_one("#filter", FilterInput).value == ""
    store.close()


async def test_whatever_fails_while_loading_ends_the_app_and_is_handed_on():
    def prepare():
        raise ConfigError("config.toml: is no TOML.")

    app = DazosApp(prepare)
    async with app.run_test() as pilot:
        await Desk(app, pilot).until(lambda: isinstance(app.failure, ConfigError), "no failure is told")


async def test_one_can_leave_before_anything_is_loaded(tmp_path):
    may_load = threading.Event()

    def prepare():
        may_load.wait(10)
        raise ConfigError("too late")

    app = DazosApp(prepare)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("starting …")
        await desk.press("f10")
        await desk.until(lambda: not app.is_running or app._exit, "the app stays")
        may_load.set()
