"""The first run, and instances added, changed and removed in the app."""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import tomli_w

from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.directory.remembered import people_path
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.dialogs.instance_picker import InstancePicker
from dazos_tui.tui.launch import _demo_context
from dazos_tui.tui.startup import AppContext
from tests.reset_requests import request
from tests.smoke.terminal import Terminal, needs_tmux
from tests.tui.app_driver import Desk, at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def file(tmp_path):
    return tmp_path / "made" / "config.toml"


def write(file: Path, demo: DemoServer, *names: str, **changes: object) -> Config:
    """Write a config with these demo instances, and a comment; return it as it is loaded."""
    tables = demo_config(demo.instances)["instances"]
    chosen = {name: tables[name] | changes for name in names}
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_text("# Ours, with care.\n" + tomli_w.dumps({"instances": chosen}))
    return load_config(file)


@asynccontextmanager
async def first_run(file: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    """Sit somebody down where nothing is configured yet."""
    store = HistoryStore(tmp_path / "history.db")
    start = partial(_demo_context, state_dir=tmp_path, users=45, seed=1, port=0)
    app = DazosApp(lambda: AppContext(Config(), store, config_path=file, demo=start))
    try:
        async with app.run_test(size=(120, 45), notifications=True) as pilot:
            yield Desk(app, pilot)
    finally:
        store.close()


async def test_the_demo_is_one_key_away_and_ends_with_the_app(file, tmp_path):
    async with first_run(file, tmp_path) as desk:
        await desk.sees(
            "Welcome to dazos-tui", "d  Try the demo", "a  Add your CRM instance", "would be written to"
        )
        await desk.press("enter")
        await desk.pick("harbor-prod")
        await desk.loaded()
        host = desk.work.jobs.instance.host
    with socket.socket() as probe:
        name, _, port = host.partition(":")
        assert probe.connect_ex((name, int(port))) != 0
    assert not file.exists()


@needs_tmux
def test_the_real_program_shows_the_welcome_without_a_config(file, tmp_path):
    command = [sys.executable, "-m", "dazos_tui", "--config", str(file), "--state", str(tmp_path)]
    with Terminal(command, width=80, height=24) as terminal:
        terminal.sees("Welcome to dazos-tui", "Try the demo")
        terminal.press("Enter")
        terminal.sees("Which CRM instance?", "harbor-prod")
    assert not file.exists()


@pytest.mark.parametrize("keys", [["escape"], ["end", "enter"]])
async def test_the_welcome_can_be_left(file, tmp_path, keys):
    async with first_run(file, tmp_path) as desk:
        await desk.sees("Welcome")
        await desk.press(*keys)
        await desk.until(lambda: not desk.app.is_running, "it stays")


async def test_an_instance_is_added_checked_saved_and_opened(demo, file, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with first_run(file, tmp_path) as desk:
        await desk.sees("Welcome")
        await desk.press("down", "enter")
        await desk.sees("Your instance · 1 of 5")
        pasted = f"{harbor.url}index.php?module=Users&view=Login"
        await desk.fill_in("acme", pasted, harbor.username, environment=2)
        await desk.sees(
            f"✓ Address      {harbor.url} · acme", f"✓ Account      {harbor.username}", "▸ Environment"
        )
        await desk.press("enter")
        await desk.sees("Sign in to acme")
        assert not file.exists()
        await desk.type(harbor.password)
        await desk.press("enter")
        await desk.until(file.exists, "nothing is saved")
        await desk.sees("acme", "SANDBOX")
        # Without being asked a second time.
        await desk.loaded()
        assert harbor.password not in file.read_text()
    saved = load_config(file).instance("acme")
    assert (saved.url, saved.username, saved.environment) == (harbor.url, harbor.username, "sandbox")
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_name_is_taken_once(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, size=(45, 20), config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f7")
        await desk.sees("Your instance · 1 of 5")
        await desk.type("https://crm.example.test")
        await desk.press("enter")
        await desk.type("harbor-prod")
        await desk.press("enter")
        await desk.sees("is taken")
        await desk.press("escape", "escape")
        await desk.sees("Which CRM instance?")
    assert load_config(file) == config


async def test_the_environment_is_never_assumed(demo, file, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with first_run(file, tmp_path) as desk:
        await desk.sees("Welcome")
        await desk.press("down", "enter")
        await desk.sees("Your instance · 1 of 5")
        for text in (harbor.url, "acme", harbor.username):
            await desk.type(text)
            await desk.press("enter")
        await desk.press("enter")
        await desk.sees("Environment is still missing.", "What is it for?")
    assert not harbor.requests


async def test_what_fails_can_be_corrected(demo, file, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with first_run(file, tmp_path) as desk:
        await desk.sees("Welcome")
        await desk.press("down", "enter")
        await desk.sees("Your instance · 1 of 5")
        await desk.fill_in("acme", f"{demo.url}/", "somebody", environment=0)
        await desk.press("enter")
        await desk.reads("not the CRM's login page")
        assert "w write" not in desk.text
        await desk.press("enter", "end")
        await desk.type("harbor-prod")
        await desk.sees_no("Compare the address")
        await desk.press("enter", "enter", "enter", "enter")
        await desk.sees("Sign in to acme")
        await desk.type("wrong")
        await desk.press("enter")
        await desk.reads("did not accept this user name and password")
        await desk.press("escape", "escape")
        await desk.sees("Welcome")
    assert harbor.sign_in_attempts == 1
    assert not file.exists()


async def test_an_unreachable_instance_may_be_saved_anyway(demo, file, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with first_run(file, tmp_path) as desk:
        await desk.sees("Welcome")
        await desk.press("down", "enter")
        await desk.sees("Your instance · 1 of 5")
        await desk.fill_in("acme", f"http://127.0.0.1:{port}", "admin", environment=1)
        await desk.press("enter")
        await desk.reads("w write", "Check the address")
        await desk.write_anyway()
        await desk.until(file.exists, "nothing is saved")
        await desk.sees("acme  STAGING")
    assert load_config(file).instance("acme").environment == "staging"


async def test_a_changed_instance_is_reopened(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.press("f2")
        await desk.sees("Which CRM instance?")
        await desk.press("f4")
        await desk.sees("Change harbor-prod")
        await desk.press("enter", "enter", "down", "enter")
        await desk.sees("Which CRM instance?", "STAGING")
        await desk.press("enter")
        await desk.sees("harbor-prod  STAGING")
        await desk.loaded()
    assert load_config(file).instance("harbor-prod").environment == "staging"
    assert file.read_text().startswith("# Ours, with care.\n")
    assert demo.instance("harbor-prod").sign_in_attempts == 3


async def test_an_instance_is_removed_after_two_yeses(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.press("f2", "f8")
        await desk.sees("Remove harbor-prod?", "Remove (y)")
        await desk.press("y", "y", "y")
        await desk.sees("y again to remove harbor-prod")
        await desk.settled()
        assert "harbor-prod" in load_config(file).instances
        await desk.yes_again()
        await desk.sees("Which CRM instance?")
        await desk.sees_no("harbor-prod")
        assert list(load_config(file).instances) == ["summit-prod"]
        await desk.press("f8")
        await desk.sees("Remove summit-prod?", "Remove (y)")
        await desk.press("x")
        await desk.sees("Which CRM instance?", "summit-prod")
    assert file.read_text().startswith("# Ours, with care.\n")


async def test_removing_the_last_instance_shows_the_welcome(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.loaded()
        await desk.press("f2", "f8")
        await desk.sees("Remove (y)")
        await desk.press("y")
        await desk.sees("y again to remove harbor-prod")
        await desk.yes_again()
        await desk.sees("Welcome to dazos-tui")


async def test_letters_search_and_two_keys_go_back(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod", "harbor-sandbox")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.press("f2")
        await desk.type("sum")
        await desk.sees_no("harbor-sandbox")
        await desk.press("enter")
        await desk.sees("summit-prod  PRODUCTION")
        await desk.loaded()
        await desk.press("f2", "enter")
        await desk.sees("harbor-prod  PRODUCTION")
        await desk.press("f2", "enter")
        await desk.sees("summit-prod  PRODUCTION")
    assert demo.instance("harbor-prod").sign_in_attempts == 1


async def test_a_pinned_instance_comes_first(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("down", "f3")
        await desk.until(lambda: load_config(file).instance("summit-prod").pinned, "it is not pinned")
        await desk.sees("★ summit-prod")
        await desk.until(lambda: isinstance(desk.app.screen, InstancePicker), "no picker")
        assert desk.text.index("summit-prod") < desk.text.index("harbor-prod")
        await desk.press("home", "f3")
        await desk.sees_no("★")
    assert not demo.instance("summit-prod").requests


async def test_the_picker_tells_when_a_link_was_last_asked_for(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    with HistoryStore(tmp_path / "history.db") as store:
        store.record_request(request(instance="summit-prod"))
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?", "link just now")
        [line] = [line for line in desk.text.splitlines() if "link just now" in line]
        assert "summit-prod" in line


async def test_a_light_shows_who_answers_without_signing_in(demo, file, tmp_path):
    write(file, demo, "harbor-prod", "summit-prod")
    text = file.read_text().replace(demo.instance("summit-prod").url, f"{demo.url}/")
    file.write_text(text)
    async with at_desk(load_config(file), tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f5")
        await desk.sees("✓ answers", "✗ no CRM")
    assert demo.instance("harbor-prod").sign_in_attempts == 0


async def test_a_config_changed_by_an_editor_is_picked_up(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        write(file, demo, "harbor-prod", "valley-staging")
        await desk.press("f2")
        await desk.sees("valley-staging")
        await desk.sees_no("summit-prod")
        await desk.press("escape")
        await desk.sees("harbor-prod  PRODUCTION")
    assert demo.instance("harbor-prod").sign_in_attempts == 1


async def test_f5_takes_in_what_changed_in_the_config(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        write(file, demo, "harbor-prod", environment="staging")
        await desk.press("f5")
        await desk.sees("harbor-prod  STAGING")
        await desk.loaded()
        file.write_text("not toml")
        await desk.press("f5")
        await desk.sees("The config has changed, but could not be used", "is not valid TOML")
        await desk.press("escape")
        write(file, demo, "summit-prod")
        await desk.press("f5")
        await desk.sees("Which CRM instance?", "summit-prod")
        await desk.sees_no("harbor-prod")


async def test_another_place_of_the_history_is_said_to_wait_for_the_next_start(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod")
    said = "takes effect at the next start"
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.loaded()
        before = file.read_text()
        file.write_text(before + "\n[history]\nkeep_days = 30\n")
        await desk.press("f5")
        await desk.sees(said)
        await desk.press("escape")
        await desk.sees_no(said)
        # Nothing is to be said again, nor about the table that is in force.
        file.write_text("theme = 'dazos-light'\n" + file.read_text())
        await desk.press("f5")
        await desk.until(lambda: desk.app.context.config.theme == "dazos-light", "the config is not read")
        file.write_text(before)
        await desk.press("f5")
        await desk.until(lambda: not desk.app.context.config.history.keep_days, "the config is not read")
        assert not any(said in toast for toast in desk.toasts)


async def test_a_broken_config_is_reported_and_the_old_one_stays(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        file.write_text("not toml")
        await desk.press("f2")
        await desk.sees("The config has changed, but could not be used", "is not valid TOML")
        await desk.press("escape")
        await desk.sees("Which CRM instance?", "summit-prod")


async def test_a_broken_config_is_reported_until_it_is_fixed(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        file.write_text("not toml")
        for _ in range(2):
            await desk.press("f5")
            await desk.sees("The config has changed, but could not be used")
            await desk.press("escape")
            await desk.sees_no("is not used")
        write(file, demo, "harbor-prod")
        await desk.press("f5")
        await desk.loaded()
        assert "is not used" not in desk.text


async def test_going_back_to_an_instance_that_was_changed_reopens_it(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    other = demo.instance("summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        text = file.read_text()
        file.write_text(
            text.replace(demo.instance("harbor-prod").url, other.url).replace("production", "staging", 1)
        )
        await desk.press("f2")
        await desk.sees("Which CRM instance?")
        await desk.press("escape")
        await desk.sees("harbor-prod  STAGING", f"{other.url.split('/')[2]}")
    assert other.sign_in_attempts == 1


@pytest.mark.parametrize("key", ["enter", "f3", "f4", "f8"])
async def test_an_instance_that_the_config_lost_while_the_picker_is_open_is_said_to_be_gone(
    demo, file, tmp_path, key
):
    config = write(file, demo, "harbor-prod", "harbor-sandbox", "valley-staging")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        write(file, demo, "harbor-sandbox", "valley-staging")
        assert desk.app.navigator.reload_config() is None
        await desk.pauses()
        await desk.press("home", key)
        await desk.sees("Could not open harbor-prod", "There is no instance “harbor-prod” in the config")
        await desk.press("escape")
        await desk.pick("harbor-sandbox")
        await desk.loaded()


async def test_the_cursor_stays_on_the_instance_that_was_changed(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod", "valley-staging")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.press("f2")
        await desk.type("valley")
        await desk.press("f3")
        await desk.sees("★ valley-staging")
        await desk.press("f3")
        await desk.sees_no("★")
        await desk.press("f8")
        await desk.sees("Remove valley-staging?")
        await desk.press("escape")
        await desk.sees("Which CRM instance?")
        await desk.press("f4")
        await desk.sees("Change valley-staging")
        await desk.press("escape")
        await desk.sees("Which CRM instance?")
        await desk.press("enter")
        await desk.sees("valley-staging  STAGING")
    kept = load_config(file).instances.values()
    assert not any(instance.pinned for instance in kept)


async def test_removing_the_open_instance_leads_back_to_the_other_that_is_open(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.look_for("an")
        await desk.press("f2")
        await desk.pick("summit-prod")
        await desk.sees("summit-prod  PRODUCTION")
        await desk.press("f2")
        await desk.sees("Esc back")
        await desk.type("summit")
        await desk.press("f8")
        await desk.sees("Remove summit-prod?")
        await desk.armed()
        await desk.press("y")
        await desk.sees("y again to remove")
        await desk.yes_again()
        await desk.sees("Which CRM instance?")
        await desk.sees_no("summit-prod")
        await desk.press("escape")
        await desk.sees("harbor-prod  PRODUCTION")
        assert desk.work.panes.users.typed == "an"


async def test_the_picker_says_that_esc_quits_where_nothing_is_open(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?", "Esc quit")
        await desk.press("escape")
        await desk.until(lambda: not desk.app.is_running, "it stays")


async def test_keys_and_theme_of_the_config_are_taken_in_everywhere(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.press("f2")
        await desk.pick("summit-prod")
        await desk.loaded()
        file.write_text(f'theme = "dazos-light"\n[keys]\nsend = "x"\nzoom = "s"\n{file.read_text()}')
        await desk.press("f5")
        await desk.until(lambda: desk.app.theme == "dazos-light", "the theme stays")
        for name in ("summit-prod", "harbor-prod"):
            await desk.press("f2")
            await desk.pick(name)
            await desk.sees(f"{name}  PRODUCTION")
            await desk.loaded()
            await desk.press("tab")
            await desk.sees("x Send link")
            assert "s Send link" not in desk.text
            await desk.press("s")
            assert "Send a reset link?" not in desk.text


async def test_the_demo_has_no_config_to_change(tmp_path):
    with ExitStack() as stack:
        start = _demo_context(stack, tmp_path, users=45, seed=1, port=0)
        app = DazosApp(lambda: start)
        async with app.run_test(size=(120, 40)) as pilot:
            desk = Desk(app, pilot)
            await desk.sees("Which CRM instance?")
            assert "F7" not in desk.text
            await desk.press("f7", "f8", "f4", "f3")
            await desk.pick("harbor-prod")
            await desk.loaded()
        start.store.close()


@pytest.mark.parametrize(("keys", "hours"), [(["enter"], 24), (["down", "enter"], 0), (["escape"], None)])
async def test_whether_the_list_is_kept_is_asked_once(demo, file, tmp_path, keys, hours):
    harbor, summit = demo.instance("harbor-prod"), demo.instance("summit-prod")
    config = write(file, demo, "harbor-prod")
    async with at_desk(config, tmp_path, instance="harbor-prod", config_path=file) as desk:
        await desk.loaded()
        await desk.press("f2")
        await desk.sees("Which CRM instance?")
        await desk.press("f7")
        await desk.fill_in("acme", summit.url, summit.username, environment=2)
        await desk.press("enter")
        await desk.sees("Sign in to acme")
        await desk.type(summit.password)
        await desk.press("enter")
        await desk.sees("Keep the list of people here?", "No, never")
        await desk.pauses()
        await desk.press(*keys)
        await desk.sees("acme was added to the config.")
        await desk.loaded()
        found = load_config(file)
        assert ("keep_people_hours" in found.model_fields_set) is (hours is not None)
        assert found.keep_people_hours == (24 if hours is None else hours)
        assert "# Ours, with care." in file.read_text()
    assert harbor.url


async def test_removing_an_instance_removes_its_list(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, instance="harbor-prod", config_path=file) as desk:
        await desk.loaded()
        path = people_path(tmp_path, "harbor-prod")
        await desk.until(path.exists, "the list is not kept")
        await desk.press("f2")
        await desk.sees("Which CRM instance?")
        await desk.pauses()
        await desk.press("f8")
        await desk.sees("Remove (y)", "remembered list")
        await desk.press("y")
        await desk.sees("y again to remove harbor-prod")
        await desk.yes_again()
        await desk.until(lambda: not path.exists(), "the list is still there")
        assert "harbor-prod" not in load_config(file).instances
