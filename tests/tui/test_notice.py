"""What the CRM said after a send: at the top, and over nothing that is needed."""

import pytest

from dazos_tui.demo.server import DemoServer
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk

WORDS = "Reset Password Instruction has been sent successfully!"


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


async def test_on_a_wide_terminal_it_lies_at_the_top_right_and_not_over_the_row_just_sent(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.ask_to_send("garcia").confirm()
        await desk.sees("✓ Success", "odd.garcia@harbor.example.com>")
        first = desk.lines[0]
        assert first.startswith(" harbor-prod  PRODUCTION ")
        assert first.rstrip().endswith("Esc")
        assert "✓ Success" in first
        # The list's row and the history's, with the mark of the link.
        assert sum("✓ " in line and "Elena García" in line for line in desk.lines) == 2


@pytest.mark.parametrize("size", [(80, 24), (45, 20), (40, 15)])
async def test_elsewhere_it_has_rows_of_its_own_below_the_top_line_and_covers_nothing(demo, tmp_path, size):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.ask_to_send("garcia").confirm()
        await desk.sees("✓ Success", "● Elena García", "garcia ")
        first, second, *_ = desk.lines
        assert "PRODUCTION" in first
        assert "✓ Success" in second
        height = desk.work.panes.notice.size.height
        words = " ".join(line.strip("▌▐ ") for line in desk.lines[1 : 1 + height]).replace("Esc ", "")
        assert WORDS in " ".join(words.split())
        assert "odd.garcia@harbor.example.com" in words
        await desk.press("escape")
        await desk.sees_no("Success")
        assert "Users" in desk.lines[1] or "Type a name" in desk.lines[1]


async def test_it_stays_while_the_next_name_is_typed_and_goes_with_the_next_person(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.ask_to_send("garcia").confirm()
        await desk.sees("✓ Success")
        # The filter's text is not selected: nothing is typed over, so it is emptied by hand.
        desk.work.panes.users.look_for("")
        await desk.type("dana.acorn")
        await desk.settled()
        await desk.sees("✓ Success", "1 match")
        await desk.press("enter")
        await desk.sees_no("✓ Success")


async def test_a_second_one_takes_the_place_of_the_first_and_counts_it(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        notice = desk.work.panes.notice
        notice.show_notice("Success", "The first.", "Ann")
        await desk.sees("The first.")
        notice.show_notice("Success", "The second.", "Bea")
        await desk.sees("The second.", "+1  Esc")
        assert "The first." not in desk.text
        notice.show_notice("Success", "word " * 200, "Cid")
        await desk.sees("+2  Esc", "Cid")
        assert notice.size.height < 8


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=str)
async def test_the_next_toast_is_not_covered_by_it(demo, tmp_path, size):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.ask_to_send("garcia").confirm()
        await desk.sees("✓ Success")
        desk.app.notify("And this.", title="Something else")
        await desk.until(lambda: "Something else" in desk.text and "And this." in desk.text, "it is covered")
        assert "✓ Success" in desk.text


@pytest.mark.parametrize("command", [None, ("/opt/tickets/bin/add-note",)], ids=["plain", "command"])
@pytest.mark.parametrize("size", [(120, 40), (100, 18), (80, 24), (70, 15), (45, 20), (40, 15)], ids=str)
async def test_the_note_that_opens_is_below_it_and_both_are_seen(demo, tmp_path, size, command):
    config = config_of(demo_instance(demo)).model_copy(update={"note_command": command})
    async with at_desk(config, tmp_path, size=size) as desk:
        await desk.loaded()
        box = await desk.ask_to_send("garcia").type_ticket("T-1042")
        await box.confirm()
        await desk.sees("✓ Success", "Note for T-1042", "A link to set a new password was")
        await desk.settled()
        check_both(desk)
        assert "Copy (^y)" in desk.text
        # What became of a copy takes rows, too: of the note.
        await desk.press("ctrl+y")
        await desk.sees("Sent to your")
        await desk.settled()
        check_both(desk)
        assert "A link to set a new password was" in desk.text
        assert "Close (Esc)" in desk.text


def check_both(desk: Desk) -> None:
    """See that the success is in sight whole, and the box below it, with its frame."""
    notice, box = desk.work.panes.notice.region, desk.app.screen.query_one(".box").region
    rows = desk.lines
    assert notice.bottom <= box.y
    assert box.bottom <= desk.app.size.height
    assert "PRODUCTION" in rows[0]
    said = " ".join(" ".join(row[notice.x : notice.right].strip("▌ ") for row in rows[: box.y]).split())
    assert WORDS in said.replace("Esc ", "")
    assert "odd.garcia@harbor.example.com" in said
    assert rows[box.y][box.x] == "╭"
    assert rows[box.bottom - 1][box.x] == "╰"


@pytest.mark.parametrize("size", [(120, 40), (45, 20), (40, 15)], ids=str)
@pytest.mark.parametrize("key", ["f1", "ctrl+p", "f7"])
async def test_a_box_keeps_below_one_that_was_there_before_or_comes_later(demo, tmp_path, size, key):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.ask_to_send("garcia").confirm()
        await desk.sees("✓ Success")
        await desk.press(key)
        await desk.until(lambda: desk.app.screen is not desk.work, "no box")
        box = lambda: desk.app.screen.query_one(".box, .frame").region  # noqa: E731
        notice = desk.work.panes.notice
        await desk.until(lambda: 0 < notice.region.bottom <= box().y, "the box lies over it")
        assert box().bottom <= size[1]
        notice.dismiss()
        notice.show_notice("Success", "Another one.", "Bea")
        await desk.until(lambda: "Another one." in desk.text, "the box lies over it")
        await desk.until(lambda: notice.region.bottom <= box().y, "the box lies over it")
