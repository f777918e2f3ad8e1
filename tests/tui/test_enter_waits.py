"""An Enter typed before it is certain who is meant, and people whom an incomplete list lacks."""

from time import monotonic

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.tui.startup import StartScreen
from dazos_tui.tui.widgets import users_pane
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.paged_demo import NAME, paged_server, searches
from tests.tui.test_reading import BRISK, SLOW, list_message, listed_ids, person_not_read_yet

VERY_SLOW = 0.8
"""Seconds that each page takes."""


@pytest.fixture
def demo():
    with paged_server() as server:
        yield server


@pytest.fixture
def instance(demo):
    return demo.instance(NAME)


# -- Enter while the list is read ---------------------------------------------------------------------


def names(desk):
    """Return the names of everybody in the list."""
    return {user.name for user in desk.work.panes.users.directory.users}


async def notified(desk, words):
    """Wait until a notice says so."""
    await desk.until(lambda: any(words in said for said in desk.toasts), f"no notice says {words!r}")


def opened(desk):
    """Return the user name of the person whose profile is open or being read; None if nobody's is."""
    panel = desk.work.panes.profile
    # The card of the person under the cursor opens nobody.
    asked = panel.profile is not None or panel.is_reading
    return panel.user.user_name if asked and panel.user is not None else None


@pytest.fixture
async def slowly(demo, instance, tmp_path):
    """Sit somebody down at a list of which the first pages have come, and the next ones take their time."""
    instance.add_person("aaa.one", "Aaron", "Bobrien")
    instance.add_person("mmm.two", "Conor", "O'Brien")
    instance.faults.delay("list", SLOW, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(" of 202")
        await desk.until(lambda: "Aaron Bobrien" in names(desk), "he never came")
        instance.faults.clear()
        instance.faults.delay("list", VERY_SLOW, times=None)
        yield desk


async def test_an_enter_typed_before_the_person_came_opens_them_once_everybody_is_read(slowly, instance):
    person, _ = person_not_read_yet(slowly, instance)
    await slowly.press(*person.full_name, "enter")
    await slowly.sees("Enter waits until it is clear whom", "· Enter waits", "reading …")
    await slowly.sees("· 1 match")
    assert opened(slowly) is None
    instance.faults.clear()
    await slowly.until(lambda: opened(slowly) == person.user_name, "nobody was opened")
    assert slowly.work.panes.users.is_whole
    await slowly.sees_no("· Enter waits")


async def test_it_opens_who_fits_best_of_all_and_not_whom_the_crm_finds_first(slowly, instance):
    # The CRM's own search knows no apostrophes: it finds Aaron Bobrien, and not Conor O'Brien.
    await slowly.press(*"obrien", "enter")
    await slowly.until(lambda: "obrien" in searches(instance), "the CRM was never asked")
    await slowly.sees("Aaron Bobrien", "Enter waits")
    assert opened(slowly) is None
    instance.faults.clear()
    await slowly.until(lambda: opened(slowly) == "mmm.two", "somebody else, or nobody, was opened")


@pytest.mark.parametrize("typed", ["user_name", "email1"])
async def test_a_user_name_or_address_is_certain_as_soon_as_the_crm_has_found_it(slowly, instance, typed):
    person, _ = person_not_read_yet(slowly, instance)
    await slowly.press(*getattr(person, typed), "enter")
    await slowly.until(lambda: opened(slowly) == person.user_name, "nobody was opened")
    assert slowly.work.panes.users.is_reading


async def test_an_address_of_two_people_opens_nobody_before_both_are_known(slowly, instance):
    await slowly.press(*"front.desk@harbor.example.com", "enter")
    await slowly.sees("2 match", "Enter waits")
    assert opened(slowly) is None
    instance.faults.clear()
    await slowly.until(lambda: opened(slowly) is not None, "nobody was opened")
    assert slowly.work.panes.users.is_whole


@pytest.mark.parametrize("key", ["x", "backspace", "down", "escape", "tab", "f3"])
async def test_an_enter_that_waits_is_dropped_by_whatever_is_done_next(slowly, instance, key):
    await slowly.press(*"obrien", "enter")
    await slowly.sees("Enter waits")
    await slowly.press(key)
    await slowly.sees_no("· Enter waits")
    instance.faults.clear()
    await slowly.sees("174 active")
    await slowly.settled()
    assert opened(slowly) is None


async def test_who_could_be_seen_is_opened_at_once(slowly):
    await slowly.press(*"bobrien")
    await slowly.sees("1 match", "Aaron Bobrien")
    pane = slowly.work.panes.users
    await slowly.until(lambda: monotonic() - pane.best_since > users_pane.SEEN_SECONDS, "time does not pass")
    await slowly.press("enter")
    assert opened(slowly) == "aaa.one"
    assert pane.is_reading


async def test_enter_again_opens_the_person_under_the_cursor(slowly):
    await slowly.press(*"bobrien", "enter")
    await notified(slowly, "Enter again opens Aaron Bobrien now.")
    await slowly.press("enter")
    assert opened(slowly) == "aaa.one"


async def test_an_enter_for_nobody_ends_with_the_list(slowly, instance):
    await slowly.press(*"zqzqzq", "enter")
    await slowly.sees("Enter waits")
    instance.faults.clear()
    await slowly.sees("Nobody matches.")
    await slowly.sees_no("· Enter waits")
    assert opened(slowly) is None


async def test_an_enter_opens_nobody_who_is_only_spelled_alike(slowly, instance):
    await slowly.press(*"bobreen", "enter")
    await slowly.sees("Enter waits")
    instance.faults.clear()
    await notified(slowly, "Nobody has exactly that name. Enter again opens Aaron Bobrien.")
    assert opened(slowly) is None
    await slowly.press("enter")
    assert opened(slowly) == "aaa.one"


async def test_an_enter_opens_nobody_by_itself_where_the_list_ends_incomplete(slowly, instance):
    await slowly.press(*"obrien", "enter")
    await slowly.sees("Aaron Bobrien", "Enter waits")
    await slowly.press("ctrl+c")
    await notified(slowly, "The list is not complete. Enter again opens ")
    assert "INCOMPLETE" in slowly.text
    assert opened(slowly) is None
    best = slowly.work.panes.users.current.user_name
    await slowly.press("enter")
    assert opened(slowly) == best


async def test_an_enter_in_the_first_frame_waits_too(demo, instance, tmp_path):
    instance.faults.delay("list", BRISK, times=None)
    person = instance.person("zane.pepper")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        assert isinstance(desk.app.screen, StartScreen)
        await desk.press(*person.full_name, "enter")
        await desk.until(lambda: listed_ids(desk), "nobody came")
        await desk.until(lambda: opened(desk) == person.user_name, "nobody was opened")


# -- an incomplete list -------------------------------------------------------------------------------


async def incomplete(desk, instance):
    """Have the list end in the middle."""
    await desk.sees("The list is not complete")
    await desk.press("escape")
    await desk.sees("INCOMPLETE, F5 reads on")
    instance.requests.clear()


@pytest.fixture
async def cut(demo, instance, tmp_path):
    """Sit somebody down at a list whose later pages fail."""
    instance.faults.delay("list", BRISK, times=3)
    instance.faults.inject("list", Fault(body="Fatal error", status=500), times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await incomplete(desk, instance)
        yield desk


async def test_who_is_missing_in_an_incomplete_list_is_found_by_the_crm_itself(cut, instance):
    instance.faults.clear()
    person, _ = person_not_read_yet(cut, instance)
    await cut.type(person.user_name)
    await cut.sees("1 match", person.full_name, "INCOMPLETE")
    await cut.open()
    await cut.sees(person.email1)
    assert searches(instance) == [person.user_name] * 2


async def test_that_the_crm_finds_nobody_either_is_said(cut, instance):
    instance.faults.clear()
    await cut.type("zqzqzq")
    words = "own search for “zqzqzq” finds no match. F5 loads the rest of the list."
    await cut.until(lambda: words in list_message(cut), "it is not said")


async def test_that_the_crms_search_failed_is_said_and_it_is_not_asked_again_and_again(cut, instance):
    await cut.type("zqzqzq")
    words = "Not in the list so far; the CRM's own search failed. F5 loads the rest"
    await cut.until(lambda: words in list_message(cut), "it is not said")
    await cut.settled()
    assert set(searches(instance)) == {"zqzqzq"}
    asked = len(searches(instance))
    await cut.settled()
    assert len(searches(instance)) == asked


async def test_a_list_that_is_not_shown_at_all_is_not_searched_either(demo, instance, tmp_path):
    account = instance.non_admin
    command = ["echo", account.password]
    rep = demo_instance(demo, username=account.username, password_command=command)
    async with at_desk(config_of(rep), tmp_path) as desk:
        await desk.sees("No right to send reset links")
        await desk.press("escape")
        await desk.type("somebody")
        await desk.until(lambda: "only to administrators" in list_message(desk), "it is not said why")
        assert not searches(instance)
