"""Dialogs over a screen: what is behind them looks as before, and all search dialogs have one form."""

import re

import pytest
from rich.cells import cell_len
from rich.segment import Segment

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.commands import COMMANDS
from dazos_tui.tui.dialogs.palette import matching_commands
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk


@pytest.fixture(scope="module")
def demo():
    with DemoServer() as server:
        yield server


@pytest.fixture
def config(demo):
    return config_of(demo_instance(demo))


@pytest.mark.parametrize("key", ["f1", "ctrl+p", "f2", "f6"])
async def test_what_is_behind_a_box_is_drawn_as_it_was_whenever_that_is_asked_for(config, tmp_path, key):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        behind = desk.text.splitlines()[0]
        await desk.press(key)
        await desk.until(lambda: desk.app.screen is not desk.work, "no box")
        await desk.settled()
        desk.app.screen.refresh()
        assert desk.text.splitlines()[0] == behind


async def test_nothing_behind_a_box_changes_its_colours(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()

        def colours():
            row = desk.strips[0]
            looks = [(one.text, one.style.color, one.style.bgcolor) for one in row if one.style]
            return [(ink if one.strip() else None, ground) for text, ink, ground in looks for one in text]

        behind = colours()
        await desk.press("f1")
        await desk.sees("Esc close")
        assert colours() == behind


async def test_the_palette_has_one_row_a_command_and_the_first_hit_on_the_third_below_the_title(
    config, tmp_path
):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.press("ctrl+p")
        await desk.type("inst")
        await desk.sees_no("Redraw")
        box = desk.frame
        assert box[0].startswith("╭─ Commands ─")
        assert "inst" in box[1]
        assert box[2].startswith("├──")
        assert " ".join(box[3].split()) == "│ Instances Go to another CRM instance i F2 │"
        assert box[-1].startswith("╰─ Enter run   Esc close ─")
        assert re.search(r" 1 of \d+ ─╯$", box[-1])


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 20), (40, 15)], ids=str)
@pytest.mark.parametrize(("key", "most"), [("ctrl+p", 18), ("f1", 20)])
async def test_a_box_to_type_in_keeps_its_size(config, tmp_path, size, key, most):
    async with at_desk(config, tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.press(key)
        await desk.sees("Search for" if key == "ctrl+p" else "Type to find")
        whole = desk.app.screen.query_one(".frame").region
        assert whole.height == min(most, size[1] - 2)
        await desk.type("sort")
        await desk.sees("Sort")
        assert desk.app.screen.query_one(".frame").region == whole
        await desk.type("qqq")
        await desk.sees("No ")
        assert desk.app.screen.query_one(".frame").region == whole


@pytest.mark.parametrize("size", [(45, 20), (40, 15)], ids=str)
async def test_on_a_narrow_terminal_the_last_row_says_what_the_command_does(config, tmp_path, size):
    async with at_desk(config, tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.press("ctrl+p")
        await desk.type("inst")
        await desk.sees_no("Redraw")
        box = desk.frame
        assert "i  F2 │" in box[3]
        assert box[-1].startswith("╰─ Go to another CRM instance ─")
        assert all(len(row) == size[0] for row in box)


def test_the_rank_is_name_then_word_then_the_rest():
    names = [command.name for command in matching_commands(COMMANDS, "s")]
    begins = [one for one in COMMANDS if one.label.casefold().startswith("s")]
    words = [one for one in COMMANDS if any(word.startswith("s") for word in one.label.casefold().split())]
    assert names[: len(begins)] == [one.name for one in begins]
    assert set(names[: len(words)]) == {one.name for one in words}
    assert [one.name for one in matching_commands(COMMANDS, "who back")] == ["waiting", "check_sign_ins"]
    assert matching_commands(COMMANDS, "no such thing") == []


async def test_what_was_used_last_comes_first_and_what_cannot_be_done_now_last(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.press("ctrl+p")
        await desk.sees("Search for")
        assert "Theme" not in desk.frame[3]
        await desk.press("end")
        await desk.sees("Not now: ")
        assert "Not now: " in desk.frame[-2]
        await desk.type("theme")
        await desk.press("enter")
        await desk.sees("How should the screen look?")
        await desk.press("escape", "ctrl+p")
        await desk.sees("Search for")
        assert "Theme" in desk.frame[3]


async def test_a_click_runs_a_command_of_the_palette(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.press("ctrl+p")
        await desk.type("theme")
        await desk.sees("Choose a theme")
        await desk.pilot.click("#rows", offset=(5, 1))
        await desk.sees("How should the screen look?")


async def test_the_help_begins_with_the_pane_and_hangs_what_does_not_fit_below_its_column(config, tmp_path):
    async with at_desk(config, tmp_path, size=(45, 20)) as desk:
        await desk.loaded()
        await desk.press("f1")
        await desk.sees("Help · Users")
        box = desk.frame
        assert box[3].startswith("│ ─ In the list ")
        at = next(number for number, row in enumerate(box) if "Open the person" in row)
        column = box[at].index("Open the person")
        assert box[at + 1][:column].strip("│ ") == ""
        assert box[at + 1][column] != " "


async def test_the_help_scrolls_with_the_arrows_while_one_types(config, tmp_path):
    async with at_desk(config, tmp_path, size=(80, 24)) as desk:
        await desk.loaded()
        await desk.press("f1")
        await desk.sees("In the list")
        await desk.press("end")
        await desk.sees("A word with a minus")
        await desk.type("minus")
        await desk.sees_no("A word with a minus")


async def test_where_no_key_does_it_the_help_shows_what_the_palette_finds(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.press("f1")
        await desk.type("a preview")
        await desk.sees("In the palette", "Theme", "Choose a theme, with a preview")


QUIET_BOXES = {
    "m": "More ·",
    "w": "Still can't get in",
    "f4": "Note for",
    "f7": "Waiting ·",
    "Y": "Copy ·",
}
"""Keys that open a box in which the CRM does nothing, and what they show."""


def ink_of(segment: Segment) -> str:
    """Return the name of the foreground colour of a piece of text."""
    assert segment.style is not None
    assert segment.style.color is not None
    return segment.style.color.name


def frame_of(desk: Desk) -> tuple[set[str], str]:
    """Return the colours of the frame of the box in front, and the first row of it."""
    [box] = desk.app.screen.query(".box")
    row = desk.crop(box.region)[0]
    return {ink_of(one) for one in row if "─" in one.text and "╭" not in one.text}, row.text


async def test_a_frame_is_quiet_and_has_the_title_where_the_crm_does_nothing(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.ask_to_send("garcia").confirm()
        await desk.sees("Success")
        await desk.press("escape")
        await desk.press("tab", "tab")
        quiet = {desk.app.get_css_variables()["secondary"].lower()}
        for key, title in QUIET_BOXES.items():
            await desk.press(key)
            await desk.sees(title)
            await desk.settled()
            colours, row = frame_of(desk)
            assert (key, colours) == (key, quiet)
            assert row.startswith(f"╭─ {title}")
            assert row.endswith("─╮")
            await desk.press("escape")
            await desk.until(lambda: desk.app.screen is desk.work, "the box stays")


async def test_the_frame_of_an_error_is_quiet_too_and_its_title_is_not(config, tmp_path):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        desk.work.presenter.show_message("Something failed", "Why.", "What to do.")
        await desk.sees("─ Something failed ─")
        await desk.settled()
        colours, _ = frame_of(desk)
        variables = desk.app.get_css_variables()
        assert colours == {variables["secondary"].lower()}
        [box] = desk.app.screen.query(".box")
        strip = desk.strips[box.region.y]
        [ink] = {ink_of(one) for one in strip if "Something failed" in one.text}
        assert ink not in {variables["secondary"].lower(), variables["foreground"].lower()}


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 20), (40, 15)], ids=str)
async def test_the_frame_of_a_sign_in_names_the_environment(demo, tmp_path, size):
    config = config_of(demo_instance(demo, password_command=None))
    async with at_desk(config, tmp_path, size=size) as desk:
        await desk.sees("╭─ Sign in ", "harbor-prod · 127.0.0.1")
        await desk.settled()
        colours, row = frame_of(desk)
        assert desk.app.get_css_variables()["env-production"].lower() in colours
        assert row.startswith("╭─ Sign in to harbor-prod ─" if size[0] > 40 else "╭─ Sign in ─")
        assert row.endswith("─  PRODUCTION  ─╮")


@pytest.mark.parametrize("width", [40, 45, 80])
async def test_a_title_too_long_for_its_row_keeps_both_ends(config, tmp_path, width):
    async with at_desk(config, tmp_path, size=(width, 20)) as desk:
        await desk.loaded()
        desk.work.presenter.show_message(f"The one of {'many words ' * 9}and the end", "Why.")
        await desk.sees("╭─ The one of ", "Why.")
        await desk.settled()
        _, row = frame_of(desk)
        assert re.fullmatch(r"╭─ The one of .*….* the end ─╮", row)
        assert cell_len(row) == min(width, 72)


@pytest.mark.parametrize("key", ["f1", "ctrl+p", "f2"])
async def test_a_cut_of_nothing_leaves_the_clipboard_as_it_is(config, tmp_path, key):
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        desk.app.copy_to_clipboard("a ticket number")
        await desk.press(key)
        await desk.until(lambda: desk.frame, "no dialog")
        await desk.type("inst")
        await desk.press("ctrl+x")
        assert "inst" in desk.frame[1]
        assert desk.app.clipboard == "a ticket number"
        await desk.press("shift+home", "ctrl+x")
        assert "inst" not in desk.frame[1]
        assert desk.app.clipboard == "inst"


async def test_keys_that_arrive_together_choose_what_they_spell(demo, tmp_path):
    """Over a slow line, an Enter can be handled before the search field has reported its letters."""
    both = config_of(demo_instance(demo), demo_instance(demo, "summit-prod"))
    async with at_desk(both, tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        await desk.press("ctrl+p")
        await desk.sees("Search for commands")
        for key in (*"theme", "enter"):
            desk.send(key)
        await desk.sees("How should the screen look?")
        await desk.press("escape", "f2")
        await desk.sees("Which CRM instance?")
        for key in (*"summit", "enter"):
            desk.send(key)
        await desk.sees_no("Which CRM instance?")
        assert desk.work.jobs.instance.name == "summit-prod"
