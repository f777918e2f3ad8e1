"""Picking people in the list, for a batch."""

import time

import pytest

from dazos_tui.crm.models import Status, User
from dazos_tui.demo.server import DemoServer
from dazos_tui.directory.directory import Directory
from dazos_tui.tui.picks import Picks
from dazos_tui.tui.widgets.user_list import PICKED_MARK
from tests.patience import patience
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk
from tests.tui.paged_demo import NAME, paged_server


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=60) as server:
        yield server


def picked(desk: Desk) -> list[str]:
    """Return the names of the picked people."""
    return [user.name for user in desk.work.panes.users.picks.users]


def marked(desk: Desk) -> list[str]:
    """Return the visible rows that have the mark of a picked person."""
    return [line for line in desk.users.lines if line.startswith(PICKED_MARK)]


# -- in the list --------------------------------------------------------------------------------------


async def test_space_picks_and_goes_on_and_the_count_says_how_many(desk):
    await desk.press("tab", " ", " ", " ")
    assert picked(desk) == desk.users.names[:3]
    assert desk.users.widget.cursor == 3
    assert len(marked(desk)) == 3
    await desk.sees("3 picked")


async def test_space_on_a_picked_person_unpicks_them(desk):
    await desk.press("tab", " ", "up", " ")
    assert picked(desk) == []
    assert "picked" not in desk.text


async def test_picks_survive_another_filter_and_the_count_says_how_many_are_here(desk):
    await desk.press("tab", " ", " ")
    first = picked(desk)
    await desk.filter("garcia")
    await desk.sees("2 picked, 0 here")
    await desk.press("tab", " ")
    await desk.sees("3 picked, 1 here")
    await desk.filter("")
    assert picked(desk)[:2] == first
    assert len(picked(desk)) == 3


async def test_an_asterisk_picks_everybody_whom_the_filter_finds_and_u_nobody(desk):
    await desk.filter("role:case")
    await desk.sees(" match")
    await desk.press("tab", "*")
    assert set(picked(desk)) == set(desk.users.names)
    await desk.press("u")
    assert picked(desk) == []
    assert marked(desk) == []


async def test_an_asterisk_leaves_out_people_whose_name_is_only_similar(desk):
    await desk.filter("garcja")
    await desk.sees("similar")
    await desk.press("tab", "*")
    await desk.sees("Only similar names match")
    assert picked(desk) == []


async def test_an_asterisk_in_a_list_that_is_not_complete_says_so(tmp_path):
    with paged_server() as slow:
        faults = slow.instance(NAME).faults
        faults.delay("list", 0, times=4)
        faults.delay("list", 60, times=None)
        async with at_desk(config_of(demo_instance(slow)), tmp_path) as desk:
            await desk.sees("reading … ", "ada.acorn2")
            await desk.press("tab", "*")
            await desk.sees("The list is not complete", "picked so far")
            faults.clear()


async def test_picks_survive_reading_the_list_again(desk):
    await desk.press("tab", " ", " ")
    before = picked(desk)
    await desk.press("r")
    await desk.loaded()
    assert picked(desk) == before
    assert len(marked(desk)) == 2


async def test_each_instance_has_picks_of_its_own(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.press("tab", " ")
        await desk.press("f2")
        await desk.pick("summit-prod")
        await desk.loaded()
        assert picked(desk) == []
        await desk.press("f2")
        await desk.pick("harbor-prod")
        await desk.sees("1 picked")


async def test_the_footer_offers_to_pick_and_with_picks_to_pick_nobody(desk):
    await desk.press("tab")
    await desk.sees("space Pick")
    await desk.press(" ")
    await desk.sees("u Pick none")


# -- in the filter ------------------------------------------------------------------------------------


async def test_a_space_between_words_is_typed(desk):
    await desk.type("elena garcia")
    assert desk.value("#filter") == "elena garcia"
    assert picked(desk) == []


async def test_a_space_in_an_empty_filter_picks(desk):
    await desk.press(" ", " ")
    assert desk.value("#filter") == ""
    assert picked(desk) == desk.users.names[:2]


async def test_a_second_space_picks_whom_the_filter_found(desk):
    await desk.type("garcia")
    await desk.press(" ", " ")
    assert desk.value("#filter") == "garcia "
    assert "García" in picked(desk)[0]
    await desk.type("elena")
    assert desk.value("#filter") == "garcia elena"


async def test_a_space_over_a_selected_filter_picks_and_keeps_it(desk):
    await desk.type("garcia")
    await desk.press("tab", "slash", " ")
    assert desk.value("#filter") == "garcia"
    assert len(picked(desk)) == 1


async def test_a_space_inside_a_text_is_typed(desk):
    await desk.type("garcia")
    await desk.press("home", " ")
    assert desk.value("#filter") == " garcia"
    assert picked(desk) == []


@pytest.mark.parametrize("key", ["*", "u"])
async def test_other_letters_that_pick_are_typed(desk, key):
    await desk.type(key)
    assert desk.value("#filter") == key
    assert picked(desk) == []


async def test_a_space_in_the_search_of_the_history_picks_nobody(desk):
    await desk.press("tab", "H", "slash", " ")
    assert picked(desk) == []


# -- many ---------------------------------------------------------------------------------------------


def people(number: int) -> list[User]:
    return [
        User(
            id=str(one),
            user_name=f"user.{one}",
            name=f"Person {one}",
            email=f"person.{one}@example.com",
            role="Case Manager",
            status=Status.ACTIVE,
            admin=False,
        )
        for one in range(number)
    ]


def test_a_hundred_thousand_people_are_picked_at_once():
    directory, picks = Directory.from_users(people(100_000)), Picks()
    began = time.perf_counter()
    picks.add(directory.all_matching("person"))
    assert len(picks) == 100_000
    assert time.perf_counter() - began < patience(0.5)


def test_to_count_the_picked_ones_among_many_is_not_tried():
    users, picks = people(1_001), Picks()
    picks.add(users)
    assert picks.count_among(users) is None
    assert picks.count_among(users[:1_000]) == 1_000


@pytest.mark.parametrize("size", [(45, 20), (40, 15)], ids=str)
async def test_where_narrow_the_count_still_says_how_many_match(demo, tmp_path, size):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.press(" ")
        await desk.type("garcia")
        await desk.sees("1 picked · 1 match")
