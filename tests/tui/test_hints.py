"""What keys do, said in a narrow terminal: no key without its words, no words without their key."""

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.widgets.key_hints import pack_hints
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (40, ["n ticket note · s send again", "F4 changes"]),
        (28, ["n ticket note · s send again", "F4 changes"]),
        (27, ["n ticket note", "s send again", "F4 changes"]),
        (5, ["n ticket note", "s send again", "F4 changes"]),
    ],
)
def test_a_line_breaks_only_between_hints(width, lines):
    assert list(pack_hints("n ticket note · s send again\nF4 changes", width)) == lines


async def test_the_bottom_line_ends_with_a_whole_key(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(45, 20)) as desk:
        await desk.loaded()
        assert desk.lines[-1].split("  ")[0].strip() == "⏎ Open"
        assert desk.lines[-1].rstrip().endswith("^x Quit")
        await desk.pilot.resize_terminal(60, 20)
        await desk.sees("⏎ Open  space Pick   ")
        assert desk.lines[-1].rstrip().endswith("^x Quit")


async def test_a_row_of_the_history_names_whole_keys(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(45, 20)) as desk:
        await desk.loaded()
        await desk.ask_to_send("garcia").confirm()
        await desk.sees("Success")
        await desk.press("f3")
        await desk.sees("< 1 min…", "Elena García")
        await desk.press("enter")
        await desk.sees(
            "n ticket note · w still can't get in ", "v check sign-ins ", "c confirmed by the person "
        )


@pytest.mark.parametrize("height", [15, 19])
async def test_a_list_leaves_room_for_what_its_keys_do(demo, tmp_path, height):
    async with at_desk(demo_config_of(demo), tmp_path, size=(45, height)) as desk:
        await desk.sees("Which CRM instance?", "harbor-prod", "Enter choose", "F5 check all")
        await desk.press("end")
        await desk.sees("ridge-prod", "Enter choose")
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.work.action_command("theme")
        await desk.sees("How should the screen look?", "dazos-dark", "Enter chooses")
