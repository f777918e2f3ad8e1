"""The box of an error: what it says, what is copied, and where letters go that were not meant for it."""

import sys

import pytest
import tomli_w

from dazos_tui import __version__
from dazos_tui.config.keymap_table import KeyTable
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.tui import type_ahead
from dazos_tui.tui.dialogs.message import MessageDialog
from dazos_tui.tui.screens.instance import WorkScreen
from tests.smoke.terminal import Terminal, needs_tmux
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk

WRONG = "no-such-password-4711"
REFUSED = '{"success":false,"error":{"code":"MAIL","message":"The mail server said no."}}'


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def config(demo):
    """Return what makes a config, with keys of one's own if any are given."""

    def config(keys=None, **changes):
        return config_of(demo_instance(demo, **changes)).model_copy(update={"keys": KeyTable(**(keys or {}))})

    return config


async def send_a_link(desk: Desk) -> None:
    await desk.loaded()
    await desk.ask_to_send("garcia").confirm()


@needs_tmux
@pytest.mark.parametrize(("width", "height"), [(120, 40), (45, 20)])
def test_all_that_it_says_is_copied_and_no_password(demo, tmp_path, width, height):
    table = demo_config(demo.instances)["instances"]["harbor-prod"] | {"password_command": ["echo", WRONG]}
    file = tmp_path / "config.toml"
    file.write_text(tomli_w.dumps({"instances": {"harbor-prod": table}}))
    file.chmod(0o600)
    command = [sys.executable, "-m", "dazos_tui", "--config", str(file), "--state", str(tmp_path)]
    with Terminal(command, width=width, height=height) as terminal:
        terminal.sees("Not signed in", "Copy (^y)", "Close (Esc)")
        terminal.press("C-y")
        terminal.sees("Copied into tmux's buffer", "Not signed in", "Close (Esc)")
        copied = terminal._tmux("show-buffer")
        terminal.press("Enter")
        terminal.sees_no("Copy (^y)")
    title, reason, *advice, about = copied.strip().split("\n\n")
    assert title == "Not signed in"
    assert "did not accept this user name and password" in reason
    assert "F5 tries again." in " ".join(advice)
    assert about == f"dazos-tui {__version__} · harbor-prod"
    assert WRONG not in copied


async def test_the_letters_of_a_name_go_to_the_filter_also_those_that_mean_something_here(
    config, tmp_path, monkeypatch
):
    # The user never pauses.
    monkeypatch.setattr(type_ahead, "monotonic", lambda: 0.0)
    may_fail = tmp_path / "may-fail"
    slow = config(password_command=["sh", "-c", f"until [ -e {may_fail} ]; do sleep 0.05; done; exit 1"])
    async with at_desk(slow, tmp_path) as desk:
        await desk.until(lambda: isinstance(desk.app.screen, WorkScreen), "it never opened")
        may_fail.touch()
        typed = 0
        while not isinstance(desk.app.screen, MessageDialog):
            await desk.type("y")
            typed += 1
        await desk.type("yyq")
        await desk.sees("Not signed in", "Copy (^y)")
        assert desk.work.panes.users.typed == "y" * (typed + 2) + "q"
        assert "clipboard" not in desk.text


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_it_is_closed(config, tmp_path, key):
    async with at_desk(config(password_command=["false"]), tmp_path) as desk:
        await desk.sees("Not signed in", "F5 tries again.")
        await desk.press(key)
        await desk.sees_no("Copy (^y)")


async def test_the_other_button_copies_and_says_what_became_of_it(config, tmp_path):
    async with at_desk(config(password_command=["false"]), tmp_path) as desk:
        await desk.sees("Not signed in")
        await desk.press("left", "enter")
        await desk.sees("Sent to your terminal's clipboard", "Not signed in")


async def test_the_advice_names_the_command_that_helps_with_a_refusal(demo, config, tmp_path):
    demo.instance("harbor-prod").faults.answer_with("action", REFUSED)
    async with at_desk(config(), tmp_path) as desk:
        await send_a_link(desk)
        await desk.sees("Refused by the CRM", "F9 on the person shows what may be wrong.")
        await desk.press("escape", "f9")
        await desk.sees("Still can't get in · Elena García")


async def test_the_advice_names_the_command_that_searches_elsewhere(demo, config, tmp_path):
    demo.instance("harbor-prod").faults.answer_with("action", "<html>Oops</html>")
    async with at_desk(config(), tmp_path) as desk:
        await send_a_link(desk)
        await desk.sees("Unknown whether it was sent", "F8 checks the login history.")
        await desk.press("escape", "f8")
        await desk.sees("Not everybody is back in", "Elena García (odd.garcia): not back in yet")


async def test_messages_name_the_configured_keys(demo, config, tmp_path):
    mine = config({"reload": "f12", "stop": "ctrl+t", "open": ["f11"], "back": "ctrl+y"})
    faults = demo.instance("harbor-prod").faults
    faults.delay("list", 1.0)
    faults.inject("list", Fault(body="Fatal error", status=500), times=None)
    async with at_desk(mine, tmp_path) as desk:
        await desk.sees("Ctrl+T stops", "press F11: it opens here.")
        await desk.sees("The list is not complete", "F12 reads the missing part.")
        await desk.press("escape")
        await desk.sees("INCOMPLETE, F12 reads on")
        await desk.look_for("zzzz")
        await desk.sees("search failed. F12 loads the")
        faults.clear()
        await desk.press("f12")
        await desk.loaded()
        await desk.sees("Nobody matches. Ctrl+Y clears the filter.")
        await desk.press("ctrl+y")
        assert desk.work.panes.users.typed == ""


async def test_a_profile_that_cannot_be_read_names_the_key_that_tries_again(demo, config, tmp_path):
    async with at_desk(config({"open": ["f11"]}), tmp_path) as desk:
        await desk.loaded()
        demo.instance("harbor-prod").faults.answer_with("profile", "Fatal error", status=500)
        await desk.press("f11")
        await desk.sees("Could not read the profile", "F11", "on the person tries again.")
