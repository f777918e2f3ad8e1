"""The remembered list on the screen that is shown while the app loads, and how it is handed on."""

import threading
from contextlib import asynccontextmanager
from threading import Event

import pytest
import tomli_w

from dazos_tui.config.load import load_config
from dazos_tui.demo.settings import demo_config
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.early_list import EarlyList, EarlyPaths
from dazos_tui.tui.startup import AppContext
from dazos_tui.tui.widgets.start_pane import StartPane
from tests.patience import patience
from tests.tui.app_driver import Desk
from tests.tui.paged_demo import NAME, paged_server
from tests.tui.remembered_lists import keep, users_of


@pytest.fixture
def demo():
    with paged_server() as server:
        yield server


@pytest.fixture
def config_path(demo, tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(tomli_w.dumps(demo_config(demo.instances)))
    path.chmod(0o600)
    return path


@asynccontextmanager
async def starting(config_path, state, *, search="", find_paths=None):
    """Open the app, whose loading ends when the event is set."""
    early = EarlyList(find_paths or (lambda: EarlyPaths(config_path, state, NAME)))
    loads = Event()
    with HistoryStore(state / "history.db") as store:

        def prepare() -> AppContext:
            assert loads.wait(patience(30))
            return AppContext(load_config(config_path), store, NAME, config_path=config_path, state_dir=state)

        app = DazosApp(prepare, search=search, early=early)
        try:
            async with app.run_test(size=(120, 40), notifications=True) as pilot:
                yield Desk(app, pilot), loads
        finally:
            loads.set()


async def test_it_can_be_searched_while_the_app_loads(demo, config_path, tmp_path):
    instance = load_config(config_path).instance(NAME)
    since = keep(tmp_path, instance, users_of(demo.instance(NAME)))
    async with starting(config_path, tmp_path, search="bea") as (desk, _):
        await desk.sees(
            f"{NAME} PRODUCTION · starting …", "Bea Acorn", f"as of {since} · 11 match · reading … │"
        )
        await desk.type("zzqx")
        await desk.sees(f"Nobody in the list as of {since} matches.")
        await desk.press(*["backspace"] * 7, *"acorn")
        await desk.sees("Bea Acorn", "Ada Acorn")
        pane = desk.app.screen.query_one(StartPane)
        await desk.until(lambda: pane.remembered is not None and pane.remembered.is_indexed, "no index")
        await desk.press(*["backspace"] * 5)
        await desk.sees("Ada Acorn", "Ada Hazel")


def test_an_error_while_it_is_read_is_not_written_over_the_first_frame(capfd):
    def find_paths():
        raise ZeroDivisionError

    early = EarlyList(find_paths)
    for thread in threading.enumerate():
        if thread.name == "early list":
            thread.join()
    assert early.wait() is None
    assert capfd.readouterr() == ("", "")


async def test_the_bar_names_the_instance_of_the_list_whenever_that_is_read(demo, config_path, tmp_path):
    keep(tmp_path, load_config(config_path).instance(NAME), users_of(demo.instance(NAME)))
    is_first_frame_shown = Event()

    def find_paths():
        assert is_first_frame_shown.wait(patience(30))
        return EarlyPaths(config_path, tmp_path, NAME)

    async with starting(config_path, tmp_path, find_paths=find_paths) as (desk, _):
        await desk.sees("dazos-tui · starting …")
        is_first_frame_shown.set()
        await desk.sees(f"{NAME} PRODUCTION · starting …", "Bea Acorn")
        desk.app.navigator.start_screen.show_status("the history is brought up to date")
        await desk.sees(f"{NAME} PRODUCTION · the history is brought up to date")


async def test_filter_and_cursor_are_handed_on(demo, config_path, tmp_path):
    instance = load_config(config_path).instance(NAME)
    keep(tmp_path, instance, users_of(demo.instance(NAME)))
    demo.instance(NAME).faults.delay("sign-in", 1.0)
    async with starting(config_path, tmp_path, search="bea") as (desk, loads):
        await desk.sees("Bea Acorn")
        await desk.press("down", "down")
        chosen = desk.app.screen.query_one(StartPane).chosen
        assert chosen is not None
        loads.set()
        await desk.sees("Person · Enter")
        assert desk.current.id == chosen.id
        assert desk.value("#filter") == "bea"
        await desk.sees(chosen.email, "As of")
        await desk.loaded()
        assert desk.current.id == chosen.id


async def test_an_enter_while_the_app_loads_opens_the_person(demo, config_path, tmp_path):
    instance = load_config(config_path).instance(NAME)
    keep(tmp_path, instance, users_of(demo.instance(NAME)))
    async with starting(config_path, tmp_path, search="bea.acorn") as (desk, loads):
        await desk.sees("Bea Acorn")
        await desk.press("enter")
        loads.set()
        await desk.sees("User Login & Role")
        assert desk.person_shown.email == "bea.acorn@harbor.example.com"


async def test_nothing_is_shown_that_the_config_check_would_not_allow(demo, config_path, tmp_path):
    instance = load_config(config_path).instance(NAME)
    keep(tmp_path, instance.model_copy(update={"username": "other"}), users_of(demo.instance(NAME)))
    async with starting(config_path, tmp_path) as (desk, loads):
        await desk.sees("dazos-tui · starting …", "Type a name")
        await desk.settled()
        assert "as of" not in desk.text
        loads.set()
        await desk.loaded()
