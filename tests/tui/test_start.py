"""The start: what the user sees and can do while the app is loading."""

import threading
from time import monotonic

import pytest
from textual import events

from dazos_tui.config.errors import ConfigError
from dazos_tui.demo.server import DemoServer
from dazos_tui.history import sqlite_file, upgrade_progress
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui import type_ahead
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.dialogs.dialog import QUIET_SECONDS
from dazos_tui.tui.dialogs.sign_in import SignInDialog
from dazos_tui.tui.startup import AppContext, StartScreen
from dazos_tui.tui.widgets.inputs import FilterInput, SafeInput
from tests.history.older_files import content, older_file
from tests.patience import patience
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


async def test_typing_while_loading_is_kept(demo, tmp_path):
    may_load = threading.Event()
    store = HistoryStore(tmp_path / "history.db")

    def prepare():
        may_load.wait(patience(10))
        return AppContext(config_of(demo_instance(demo)), store)

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


async def test_typing_while_loading_goes_to_the_first_instance_chosen(demo, tmp_path):
    store = HistoryStore(tmp_path / "history.db")
    may_load = threading.Event()

    def prepare():
        may_load.wait(patience(10))
        return AppContext(demo_config_of(demo), store)

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


async def test_a_search_is_in_the_filter_from_the_start_and_typing_goes_on_behind_it(demo, tmp_path):
    store = HistoryStore(tmp_path / "history.db")
    may_load = threading.Event()

    def prepare():
        may_load.wait(patience(10))
        return AppContext(demo_config_of(demo), store, "harbor-prod")

    app = DazosApp(prepare, search="elena garc")
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("starting …", "elena garc")
        await desk.type("ia")
        may_load.set()
        await desk.sees("1 match", "Elena García")
        assert desk.work.query_one("#filter", FilterInput).value == "elena garcia"
        await desk.press("f2")
        await desk.pick("summit-prod")
        await desk.sees("active ·")
        assert desk.work.query_one("#filter", FilterInput).value == ""
    store.close()


async def test_an_address_in_the_search_is_picked_out_and_control_characters_are_not(demo, tmp_path):
    store = HistoryStore(tmp_path / "history.db")

    def prepare():
        return AppContext(config_of(demo_instance(demo)), store)

    app = DazosApp(prepare, search='"Elena" <odd.garcia@harbor.example.com>\x1b[31m')
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("1 match", "Elena García")
        assert desk.work.query_one("#filter", FilterInput).value == "odd.garcia@harbor.example.com"
    store.close()


@pytest.fixture
def conversion(monkeypatch, tmp_path):
    """Make an older history whose conversion waits half-way until the event that this returns is set."""
    may_go_on = threading.Event()

    def wait(_database, on_work):
        on_work(0.5)
        may_go_on.wait(patience(10))
        on_work(0.5)

    monkeypatch.setattr(upgrade_progress, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(upgrade_progress, "_PAUSE", 0.0)
    monkeypatch.setattr(sqlite_file, "MIGRATIONS", (*sqlite_file.MIGRATIONS, (wait,)))
    monkeypatch.setattr(sqlite_file, "_WORK", {**sqlite_file._WORK, wait: 100})
    older_file(tmp_path / "history.db")
    yield may_go_on
    may_go_on.set()


@pytest.mark.parametrize(
    ("size", "words"), [((100, 30), "about 0 s left"), ((40, 15), "Updating the history:")]
)
async def test_while_an_older_history_is_converted_the_start_says_how_far_it_is(
    demo, tmp_path, conversion, size, words
):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
        await desk.sees("Updating the history: ", words)
        await desk.type("garc")
        conversion.set()
        await desk.sees("Elena García")
        assert desk.work.query_one("#filter", FilterInput).value == "garc"
    assert content(tmp_path / "history.db")[0] == len(sqlite_file.MIGRATIONS)


async def test_quitting_ends_the_conversion_and_leaves_the_file_as_it_was(demo, tmp_path, conversion):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees("Updating the history: ")
        await desk.press("f10")
        await desk.until(lambda: desk.app._exit, "it does not end")
        conversion.set()
        assert desk.app.failure is None
    assert content(tmp_path / "history.db")[0] == 5


async def test_an_error_while_loading_ends_the_app_and_is_kept():
    def prepare():
        raise ConfigError("config.toml: is no TOML.")

    app = DazosApp(prepare)
    async with app.run_test() as pilot:
        await Desk(app, pilot).until(lambda: isinstance(app.failure, ConfigError), "no error is kept")


async def test_the_user_can_quit_while_loading(tmp_path):
    may_load = threading.Event()

    def prepare():
        may_load.wait(patience(10))
        raise ConfigError("too late")

    app = DazosApp(prepare)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("starting …")
        await desk.press("f10")
        await desk.until(lambda: not app.is_running or app._exit, "the app stays")
        may_load.set()


async def test_a_pasted_address_with_enter_opens_that_person(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        desk.app.post_message(events.Paste("odd.garcia@harbor.example.com"))
        desk.app.post_message(events.Key("enter", "\r"))
        await desk.sees("Elena García", "User Name")
        assert desk.person_shown.user_name == "odd.garcia"


async def test_typing_right_after_choosing_goes_to_the_chosen_instance(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        for key in ("f2", "down", "enter", *"quinn"):
            desk.send(key)
        await desk.sees("summit-prod", "active ·")
        assert desk.work.jobs.instance.name == "summit-prod"
        await desk.until(
            lambda: desk.work.query_one("#filter", FilterInput).value == "quinn", "characters are lost"
        )


async def test_typing_before_the_password_box_is_neither_tried_nor_kept(demo, tmp_path, monkeypatch):
    """It may be the password itself, which would be shown in clear text, and searched for."""
    config = config_of(demo_instance(demo, password_command=None))
    store = HistoryStore(tmp_path / "history.db")
    may_load = threading.Event()
    now = 0.0
    monkeypatch.setattr(type_ahead, "monotonic", lambda: now)

    def prepare():
        may_load.wait(patience(10))
        return AppContext(config, store)

    app = DazosApp(prepare)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("starting …")
        await desk.type("qui")
        may_load.set()
        for letter in "nn hazel":
            await desk.type(letter)
        await desk.until(lambda: isinstance(app.screen, SignInDialog), "no password is asked for")
        for key in (*"lin", "enter"):
            await desk.press(key)
        assert isinstance(app.screen, SignInDialog)
        assert app.screen.query_one("#password", SafeInput).value == ""
        assert desk.work.query_one("#filter", FilterInput).value == ""
        await desk.sees("What you typed before was cleared.")
        now = 2 * QUIET_SECONDS
        await desk.type(demo.instance("harbor-prod").password)
        await desk.press("enter")
        await desk.loaded()
    asked = [request.query for request in demo.instance("harbor-prod").requests]
    assert not any("quinn" in query or "hazel" in query for query in asked)
    assert demo.instance("harbor-prod").sign_in_attempts == 1
    store.close()


@pytest.mark.parametrize("key", ["q", "s", "r", "7"])
async def test_a_key_while_the_first_instance_opens_is_typed(demo, tmp_path, key, monkeypatch):
    store = HistoryStore(tmp_path / "history.db")
    app = DazosApp(lambda: AppContext(config_of(demo_instance(demo)), store))
    ready = StartScreen.show_ready

    def say_ready(screen):
        app.post_message(events.Key(key, key))
        ready(screen)

    monkeypatch.setattr(StartScreen, "show_ready", say_ready)
    async with app.run_test(size=(100, 30)) as pilot:
        desk = Desk(app, pilot)
        await desk.sees("active ·")
        await desk.until(lambda: desk.work.query_one("#filter", FilterInput).value == key, "the key is lost")
    store.close()


async def test_a_narrow_screen_shows_that_the_list_is_incomplete(demo, tmp_path):
    demo.instance("harbor-prod").faults.cut_page(2)
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(45, 20)) as desk:
        await desk.sees("The list is not complete")
        await desk.press("escape")
        await desk.filter("anvil")
        await desk.sees("INCOMPLETE", "match")
    demo.instance("harbor-prod").faults.clear()


async def test_the_user_can_quit_from_a_box(demo, tmp_path):
    config = config_of(demo_instance(demo, password_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        await desk.press("f10")
        await desk.until(lambda: desk.app._exit, "the app stays")


async def test_lines_pasted_in_the_middle_of_a_word_are_not_a_password(demo, tmp_path):
    config = config_of(demo_instance(demo, password_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        desk.app.type_ahead._last_typed_at = monotonic()
        desk.app.post_message(events.Paste("garcia\nand more"))
        await desk.pilot.pause()
        assert desk.work.query_one("#filter", FilterInput).value == ""
        assert desk.app.screen.query_one("#password", SafeInput).value == ""


@pytest.mark.parametrize("configure", [lambda demo: config_of(demo_instance(demo)), demo_config_of])
async def test_a_key_of_the_config_with_a_new_name_is_named(demo, tmp_path, configure):
    config = configure(demo)
    config.record_deprecations(["config.toml: old_key: has a new name; write new_key instead"])
    async with at_desk(config, tmp_path) as desk:
        if len(config.instances) > 1:
            await desk.pick("harbor-prod")
        await desk.sees("Old key in the config", "write new_key instead")
