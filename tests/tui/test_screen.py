"""What is shown where, and that keys, footer, palette and help say the same."""

from typing import get_args

import pytest
from textual.widgets import Input

from dazos_tui.config.keymap import CommandName
from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.commands import COMMANDS
from dazos_tui.tui.dialogs.help import HelpDialog
from dazos_tui.tui.layout import SIDE_BY_SIDE, Pane, visible_panes
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


async def test_every_command_does_something(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        assert set(desk.work._table) == set(get_args(CommandName)) == {command.name for command in COMMANDS}


def test_no_two_commands_share_a_key_and_none_is_one_that_terminals_take():
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))
    assert not {f"ctrl+{letter}" for letter in "abshijmq"} & set(keys)


async def test_help_lists_every_command(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(120, 60)) as desk:
        await desk.loaded()
        await desk.press("tab", "?")
        await desk.sees("In the list")
        box = desk.app.screen
        assert isinstance(box, HelpDialog)
        lines = "\n".join(box.row(at, 200, at_cursor=False).plain for at in range(box.count(200)))
        assert all(command.help in lines for command in COMMANDS)


async def test_the_palette_runs_a_command(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press("ctrl+p")
        await desk.sees("Send a reset link to the selected person")
        await desk.type("keys")
        await desk.press("enter")
        await desk.sees("Esc close", "Look at the top line")


async def test_nothing_blinks(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        assert not any(field.cursor_blink for field in desk.app.screen.query(Input))
        await desk.press("ctrl+p")
        await desk.sees("Send a reset link to the selected person")
        assert not any(field.cursor_blink for field in desk.app.screen.query(Input))


async def test_the_palette_acts_from_the_filter_too(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("garcia")
        await desk.press("ctrl+p")
        await desk.sees("Send a reset link to the selected person")
        await desk.type("send link")
        await desk.press("enter")
        await desk.sees("Send a reset link?", "odd.garcia@")


async def test_going_to_the_filter_lets_one_type_over_its_text(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("tab", "/", *"zoe")
        await desk.sees("│ zoe ", "1 match")


async def test_a_question_mark_in_a_pane_is_help_and_among_letters_a_letter(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press("a", "?")
        assert "Look at the top line" not in desk.text
        await desk.press("f1")
        await desk.sees("Look at the top line")


LIST_AND_CARD = {Pane.USERS, Pane.PROFILE}


@pytest.mark.parametrize(
    ("size", "chosen", "shown"),
    [
        ((120, 40), Pane.USERS, set(SIDE_BY_SIDE)),
        ((100, 15), Pane.USERS, set(SIDE_BY_SIDE)),
        ((99, 30), Pane.USERS, LIST_AND_CARD),
        ((80, 24), Pane.HISTORY, {Pane.USERS, Pane.HISTORY}),
        ((80, 24), Pane.PROFILE, LIST_AND_CARD),
        ((80, 15), Pane.USERS, LIST_AND_CARD),
        ((80, 15), Pane.PROFILE, {Pane.PROFILE}),
        ((45, 20), Pane.USERS, LIST_AND_CARD),
        ((45, 20), Pane.HISTORY, {Pane.HISTORY}),
        ((120, 40), Pane.FULL_HISTORY, {Pane.FULL_HISTORY}),
        ((80, 24), Pane.FULL_HISTORY, {Pane.FULL_HISTORY}),
    ],
)
def test_panes_by_size(size, chosen, shown):
    width, height = size
    assert visible_panes(width, height, chosen) == shown
    assert visible_panes(width, height, chosen, zoomed=True) == {chosen}


async def test_a_pane_names_its_key_and_the_one_that_works_while_text_is_typed(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.sees("─ Users · / ─", "─ Now ─", "─ History · F3 ─", "─ 1 of 45 ─╯")
        await desk.press("tab")
        await desk.sees("─ History · h ─")
        await desk.press("down")
        await desk.sees("─ 2 of 45 ─╯")


async def test_the_focus_fills_a_title_and_leaves_the_frame_as_it_is(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        frames = desk.work.panes.frames
        assert [pane for pane, frame in frames.items() if frame.top.filled] == [Pane.USERS]
        await desk.press("h")
        await desk.look_for("")
        await desk.press("tab", "h")
        await desk.until(lambda: frames[Pane.HISTORY].top.filled, "the title is not filled")
        assert [pane for pane, frame in frames.items() if frame.top.filled] == [Pane.HISTORY]


async def test_between_70_and_99_columns_an_address_is_whole_and_there_are_no_side_frames(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(80, 24)) as desk:
        await desk.loaded()
        await desk.sees("dana.acorn@harbor.example.com", "── Users · / ─", " 1 of 45 ──")
        assert "│" not in desk.text


async def test_below_70_columns_a_small_card_is_below_the_list(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(40, 15)) as desk:
        await desk.loaded()
        assert "│" not in desk.text
        assert desk.work.panes.profile.size.height == 3
        await desk.press("tab", "h")
        await desk.sees("── History · h ─")
        assert "Type a name" not in desk.text


async def test_resizing_keeps_filter_selection_and_focus(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("a")
        await desk.press("down", "down", "down")
        chosen = desk.current
        for size in [(80, 24), (45, 20), (200, 50), (120, 40)]:
            await desk.pilot.resize_terminal(*size)
            await desk.pilot.pause()
            assert desk.current == chosen
            assert desk.focus == "filter"
            assert chosen.name[:6] in desk.text


async def test_the_instance_and_its_environment_are_named_at_every_size(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        for size in [(120, 40), (80, 24), (45, 20), (40, 15)]:
            await desk.pilot.resize_terminal(*size)
            await desk.sees("harbor-prod  PRODUCTION")


async def test_the_arrow_keys_move_in_the_list_while_one_types(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        names = [user.name for user in desk.work.panes.users.directory.users]
        await desk.press("down", "down", "up")
        assert desk.current.name == names[1]
        await desk.press("tab", "G")
        assert desk.current.name == names[-1]
        await desk.press("k", "g", "j")
        assert desk.current.name == names[1]


async def test_nobody_matching_says_what_to_do(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("zzzzzz")
        await desk.sees("Nobody matches. Esc clears the filter.")
        await desk.press("enter")
        await desk.press("tab", "s")
        await desk.sees("Select a person first")
        await desk.press("escape", "escape")
        await desk.sees_no("Nobody matches")


async def test_keys_that_arrive_together_act_one_after_the_other(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press(*"garcia", "enter", "s")
        await desk.sees("Send a reset link?", "odd.garcia@harbor.example.com", "never from here")
        await desk.press("escape")
        await desk.press("escape", "tab", "end", "up", "enter", "h")
        await desk.until(lambda: desk.focus == "history", "not in the history")
        await desk.sees("garcia")
        assert desk.work.panes.users.typed == "garcia"


async def test_a_click_on_a_key_runs_it(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press("tab")
        bar = desk.text.splitlines()[-1]
        await desk.pilot.click("KeyBar", offset=(bar.index("Help"), 0))
        await desk.sees("Look at the top line")


async def test_a_notice_is_where_the_ones_before_it_were(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        places = set()
        for word in ("first", "second", "third"):
            desk.app.notify(word)
            await desk.sees(word)
            places.add(next(place for place, line in enumerate(desk.text.splitlines()) if word in line))
            desk.app.clear_notifications()
            await desk.sees_no(word)
    assert len(places) == 1
