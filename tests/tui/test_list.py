"""The list of people: where the cursor is, what a row looks like, and what is painted."""

import pytest
from rich.cells import cell_len
from textual.events import Paste
from textual.geometry import Offset

from dazos_tui.crm.models import User
from dazos_tui.demo.server import DemoServer
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.matches import Matches
from dazos_tui.tui.widgets.column_titles import ColumnTitles
from dazos_tui.tui.widgets.inputs import FilterInput, insert_text
from dazos_tui.tui.widgets.user_list import UserList
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk
from tests.tui.paged_demo import NAME, paged_server


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=60) as server:
        yield server


def list_of(desk: Desk) -> UserList:
    return desk.users.widget


def current(desk: Desk) -> User:
    return desk.current


# -- the cursor ---------------------------------------------------------------------------------------


async def test_the_cursor_stays_on_the_person_chosen_while_others_arrive(tmp_path):
    with paged_server() as slow:
        faults = slow.instance(NAME).faults
        faults.delay("list", 0, times=4)
        faults.delay("list", 60, times=None)
        async with at_desk(config_of(demo_instance(slow)), tmp_path) as desk:
            await desk.sees("reading … ", "ada.acorn2")
            await desk.until(lambda: len(list_of(desk).rows) > 20, "the first pages never come")
            await desk.press("tab", "end")
            chosen, place = current(desk), list_of(desk).cursor
            faults.clear()
            await desk.loaded()
            assert current(desk) == chosen
            assert list_of(desk).cursor > place
            assert chosen.name in desk.users.cursor_line


async def test_the_position_changes_together_with_the_list_so_that_one_frame_shows_both(desk):
    insert_text(desk.work.query_one(FilterInput), "ar")
    # Before any message is handled.
    assert (
        desk.work.panes.users.bottom.note == list_of(desk).position_words == f"1 of {len(list_of(desk).rows)}"
    )


async def test_an_untouched_cursor_stays_on_the_first_row(tmp_path):
    with paged_server() as slow:
        slow.instance(NAME).faults.delay("list", 0.05, times=None)
        async with at_desk(config_of(demo_instance(slow)), tmp_path) as desk:
            await desk.sees(" of 200")
            await desk.type("ar")
            await desk.loaded()
            assert list_of(desk).cursor == 0
            assert current(desk) == list_of(desk).rows[0]


async def test_the_cursor_stays_on_the_person_chosen_as_long_as_they_match(desk):
    await desk.press(*["down"] * 20)
    chosen = current(desk)
    for letter in chosen.name[:3].lower():
        await desk.type(letter)
        assert current(desk) == chosen
    await desk.press(*["backspace"] * 3)
    assert current(desk) == chosen
    await desk.look_for(f"-user:{chosen.user_name}")
    assert list_of(desk).cursor == 0
    await desk.press("escape")
    assert list_of(desk).cursor == 0
    assert not list_of(desk).touched


async def test_the_person_opened_stays_under_the_cursor_when_the_filter_is_cleared(desk):
    await desk.look_for("odd.garcia")
    await desk.open()
    await desk.press("escape", "escape")
    await desk.until(lambda: not desk.work.query_one("#filter").value, "the filter stays")
    assert current(desk).user_name == "odd.garcia"
    assert "Elena García" in desk.users.cursor_line


async def test_page_keys_and_home_and_end_move_by_screenfuls(desk):
    height = len(desk.users.strips)
    await desk.press("pagedown")
    assert list_of(desk).cursor == height - 1
    await desk.press("pageup")
    assert list_of(desk).cursor == 0
    await desk.press("tab", "end")
    assert list_of(desk).cursor == 59
    assert current(desk).name[:9] in desk.users.lines[-1]
    await desk.press("pageup", "home")
    assert list_of(desk).cursor == list_of(desk).top == 0


async def test_the_wheel_scrolls_without_moving_the_cursor(desk):
    users = list_of(desk)
    before, chosen = desk.users.lines, current(desk)
    await desk.turn_wheel("#users", 1)
    await desk.until(lambda: desk.users.lines[0] == before[3], "nothing moved")
    assert current(desk) == chosen
    assert users.cursor == 0
    await desk.turn_wheel("#users", 40)
    await desk.until(lambda: users.top == 60 - len(before), "does not end at the end")


@pytest.mark.parametrize("size", [(120, 15), (45, 15), (80, 24), (200, 60)])
async def test_resizing_keeps_the_cursor_in_sight(desk, size):
    await desk.press(*["down"] * 30)
    chosen = current(desk)
    await desk.pilot.resize_terminal(*size)
    await desk.until(lambda: chosen.name[:9] in desk.users.cursor_line, "the cursor is out of sight")
    assert current(desk) == chosen


async def test_two_clicks_on_a_row_open_that_person(desk):
    person = list_of(desk).rows[4]
    await desk.pilot.click("#users", offset=(10, 4))
    assert current(desk) == person
    assert not desk.work.panes.profile.is_reading
    await desk.pilot.double_click("#users", offset=(10, 4))
    await desk.until(lambda: desk.work.panes.profile.profile is not None, "no profile came")
    assert desk.work.panes.profile.user.id == person.id


async def test_a_click_below_the_last_row_chooses_nobody(desk):
    await desk.look_for("odd.garcia")
    await desk.pilot.double_click("#users", offset=(10, 9))
    await desk.settled()
    assert desk.work.panes.profile.profile is None
    assert not desk.work.panes.profile.is_reading
    assert list_of(desk).cursor == 0


# -- what rows look like ------------------------------------------------------------------------------


async def test_names_alike_are_marked_and_come_last(desk):
    await desk.look_for("gracia")
    await desk.sees("0 match · 1 similar", "≈ Elena García")
    await desk.look_for("garcia")
    await desk.sees("1 match")
    assert "≈" not in desk.text
    assert "similar" not in desk.text


async def test_exact_matches_come_before_similar_ones(tmp_path):
    with paged_server() as demo:
        instance = demo.instance(NAME)
        for user_name, name in (("m1", "Marten"), ("m2", "Martin"), ("m3", "Aaron Marten")):
            instance.add_person(user_name, name, "Quokka")
        async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
            await desk.loaded()
            await desk.look_for("martin quokka")
            await desk.sees("1 match · 2 similar")
            names = [line.split(" Qu")[0][3:].strip() for line in desk.users.lines[:3]]
            assert names == ["Martin", "≈ Aaron Marten", "≈ Marten"]


async def test_what_was_typed_is_shown_where_it_was_found(desk):
    # Wide enough for the role, too.
    await desk.pilot.resize_terminal(200, 40)
    await desk.look_for("garcia harbor")
    await desk.sees("1 match")
    assert desk.users.highlighted(0) == ["García", "harbor"]
    await desk.look_for("role:case garcia")
    await desk.sees("1 match")
    assert desk.users.highlighted(0) == ["García", "Case"]


async def test_the_cursor_looks_different_only_while_the_list_is_worked_with(desk):
    def is_reversed():
        return any(segment.style.reverse for segment in desk.users.strips[0])

    assert is_reversed()
    await desk.press("tab", "tab")
    await desk.until(lambda: not is_reversed(), "the cursor looks the same")
    await desk.press("escape")
    await desk.until(is_reversed, "the cursor is not shown again")


@pytest.mark.parametrize("size", [(200, 60), (140, 60), (120, 60), (80, 60), (61, 60), (45, 60), (40, 60)])
async def test_every_line_is_as_wide_as_the_list(desk, size):
    await desk.pilot.resize_terminal(*size)
    await desk.look_for("user:odd.")
    await desk.until(lambda: any("小明" in line for line in desk.users.lines), "not there")
    width = list_of(desk).content_size.width
    for strip in desk.users.strips:
        assert strip.cell_length == sum(cell_len(segment.text) for segment in strip) == width
    for word in ("a", "명", "小", "o", "´", "❤"):
        await desk.look_for(word)
        for strip in desk.users.strips:
            assert sum(cell_len(segment.text) for segment in strip) == width


@pytest.mark.parametrize("width", [120, 140, 160, 199, 220])
async def test_titles_stand_above_their_columns(desk, width):
    await desk.pilot.resize_terminal(width, 40)
    await desk.look_for("odd.garcia")
    await desk.until(lambda: desk.users.lines[0].startswith(" ● Elena"), "not there")
    user = current(desk)
    titles = desk.text.splitlines()[desk.work.query_one(ColumnTitles).region.y]
    row = desk.text.splitlines()[list_of(desk).region.y]
    assert titles.index("Name") == row.index(user.name)
    assert titles.index("E-mail") == row.index(user.email[:12], row.index(user.name))
    assert titles.index("Last link") > titles.index("E-mail")
    assert ("User name" in titles) is (width >= 130)
    assert ("Role" in titles) is (width >= 199)
    if "Role" in titles:
        assert titles.index("Role") == row.index(user.role[:4])


# -- sorting ------------------------------------------------------------------------------------------


async def test_sorting_twice_by_a_column_turns_the_order_round(desk):
    await desk.press("f6")
    await desk.sees("Sort the list by", "Best match first")
    await desk.press("down", "down", "down", "enter")
    await desk.sees("E-mail ▲", "by e-mail ▲")
    emails = [user.email for user in list_of(desk).rows]
    assert [email.lower() for email in emails] == sorted(email.lower() for email in emails)
    await desk.press("f6")
    await desk.sees("Sort the list by")
    await desk.press("enter")
    await desk.sees("E-mail ▼", "by e-mail ▼")
    turned = [user.email for user in list_of(desk).rows]
    assert [email.lower() for email in turned] == sorted((email.lower() for email in emails), reverse=True)
    await desk.press("f6", "home", "enter")
    await desk.sees_no("▼")
    assert desk.users.names == [user.name for user in desk.work.panes.users.directory.users]


async def test_a_column_sorted_by_does_not_decide_who_is_opened(desk):
    await desk.press("f6")
    await desk.sees("Sort the list by")
    await desk.press("down", "down", "down", "enter")
    await desk.sees("by e-mail ▲")
    # Arlo Maple has the second word in the middle of his address, which comes first.
    await desk.filter("arlo or")
    await desk.sees("3 match · best first, then e-mail ▲")
    assert desk.users.names == ["Arlo Orchard", "Arlo Maple", "Arlo Candle"]
    await desk.open()
    assert desk.work.panes.profile.profile.user.name == "Arlo Orchard"


async def test_a_click_on_a_title_sorts_by_it_and_keeps_the_person_chosen(desk):
    await desk.pilot.resize_terminal(200, 40)
    await desk.press(*["down"] * 7)
    chosen = current(desk)
    titles = desk.work.query_one(ColumnTitles)
    line = desk.text.splitlines()[titles.region.y]
    place = Offset(line.index("Role") - titles.region.x, 0)
    await desk.pilot.click("#titles", offset=place)
    await desk.sees("Role ▲")
    roles = [user.role.lower() for user in list_of(desk).rows]
    assert roles == sorted(roles)
    assert current(desk) == chosen
    await desk.pilot.click("#titles", offset=place)
    await desk.sees("Role ▼")
    assert current(desk) == chosen


# -- painting -----------------------------------------------------------------------------------------


@pytest.fixture
def painted(monkeypatch):
    """Collect the lines of the list of people that are drawn."""
    drawn = []
    render_line = UserList.render_line

    def watched(self, y):
        drawn.append(y)
        return render_line(self, y)

    monkeypatch.setattr(UserList, "render_line", watched)
    return drawn


async def test_only_rows_that_look_different_are_painted_again(painted, desk):
    await desk.sees("Ada")
    painted.clear()
    await desk.press("down")
    await desk.pilot.pause()
    # Reading the screen draws what is not drawn yet.
    assert desk.users.strips
    assert set(painted) == {0, 1}
    await desk.look_for("status:a")
    await desk.sees("52 match")
    before = desk.users.strips
    painted.clear()
    await desk.type("ctive")
    assert desk.users.strips == before
    assert not painted


# -- hostile queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # What cannot be drawn is not typed: the rest is looked for.
        ("\x1b[31mred", 1),
        ("[bold red]smith[/]", 1),
        ("smith [/]", 2),
        (".*", 0),
        ("(?P<x>", 0),
        ("\\", 2),
        ("'", 60),
        ("o'brien", 1),
        ("%", 0),
        ("\u202e\u200bgarcía", 1),
        ("garcía", 1),
        ("GARCI\u0301A", 1),
        ("王", 1),
        ("-", 4),
    ],
)
async def test_whatever_is_typed_is_looked_for_as_text(desk, text, found):
    await desk.look_for(text)
    await desk.sees("match")
    rows = list_of(desk).rows
    assert isinstance(rows, Matches)
    assert rows.exact_count == found, [user.name for user in rows]


async def test_a_page_pasted_by_mistake_finds_nobody(desk):
    desk.app.screen.focused.post_message(Paste("lorem ipsum " * 900))
    await desk.sees("0 match")
    await desk.press("escape")
    await desk.sees_no("match")


async def test_a_late_tick_for_an_earlier_list_does_not_stop_what_prepares_the_new_one(desk):
    pane = desk.work.panes.users
    pane._end_loading()
    pane._prepare(Directory(), iter(()))
    assert pane._preparation is not None
    await desk.until(lambda: pane._preparation is None, "it never ends")
