"""Going to a person in another instance: nothing that the one left has to say is lost."""

from collections import Counter

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.dialogs.find_user import FindUserDialog
from dazos_tui.tui.dialogs.other_instance import OtherInstanceDialog
from tests.reset_requests import request_to
from tests.support import demo_config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.test_flows import open_confirm_dialog
from tests.tui.test_lock import sleep, wait_idly

__all__ = ["sleep", "wait_idly"]

UNKNOWN = "Unknown whether it was sent"


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


def person_elsewhere(demo):
    """Return a person that only summit-prod has."""
    people = demo.instance("summit-prod").people[3:]
    return next(one for one in people if one.active and not one.user_name.startswith("odd"))


async def open_find_box(desk, person):
    """Look for a person in the other instances."""
    await desk.look_for(person.email1)
    await desk.sees("Nobody matches")
    await desk.press("f9")
    await desk.sees("f looks in the other instances")
    await desk.press("f")
    box = lambda: isinstance(desk.app.screen, FindUserDialog) and desk.app.screen._places  # noqa: E731
    await desk.until(box, "nobody is found elsewhere")


async def open_row_box(desk, person):
    """Ask to check the sign-ins of a person on a row of another instance."""
    page = await desk.open_full_history()
    await page.search(person.user_name)
    await page.shows("summit-prod")
    await desk.press("tab", "v")
    await desk.until(lambda: isinstance(desk.app.screen, OtherInstanceDialog), "the row is of this instance")


@pytest.mark.parametrize("open_box", [open_row_box, open_find_box])
async def test_an_outcome_that_comes_before_another_instance_is_chosen_is_seen_later(
    demo, tmp_path, wait_idly, open_box
):
    person = person_elsewhere(demo)
    with HistoryStore(tmp_path / "history.db") as store:
        begun = store.record_request(request_to(person, demo_instance(demo, "summit-prod")))
        store.record_outcome(begun.id, Outcome.SENT, "")
    faults = demo.instance("harbor-prod").faults
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        faults.inject("action", Fault(drop=True, runs=True, delay=60))
        await open_confirm_dialog(desk, "garcia")
        await desk.confirm()
        await open_box(desk, person)
        faults.clear()
        left = desk.work
        await desk.until(lambda: left.presenter._held_back, "the outcome never comes")
        await desk.press("enter")
        await desk.sees(" summit-prod  PRODUCTION", "1 match", person.full_name)
        assert UNKNOWN not in desk.text
        await desk.press("f2")
        await desk.pick("harbor-prod")
        await desk.sees(UNKNOWN)
        await desk.press("escape")
        assert Counter(desk.app.screen_stack).most_common(1)[0][1] == 1
        wait_idly(desk, 15)
        await desk.sees("Signed out")
        await desk.press("enter")
        await desk.loaded()


async def test_a_dialog_that_opens_before_the_change_is_read_first(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        desk.app.navigator.go_to_user("summit-prod", "tester")
        desk.app.navigator.show_error("Could not save the setting", OSError("The disk is full."))
        await desk.sees("Could not save the setting", "choose the instance again")
        assert desk.app.navigator.current == "harbor-prod"
        await desk.press("escape", "f2")
        await desk.pick("summit-prod")
        await desk.sees(" summit-prod  PRODUCTION")


async def test_keys_typed_before_the_other_instance_is_shown_are_for_it(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        await desk.press("tab")
        desk.app.navigator.go_to_user("summit-prod", "")
        # In the list of the instance that is left, this would ask to send a link.
        desk.send("s")
        await desk.sees(" summit-prod  PRODUCTION")
        await desk.until(lambda: desk.work.panes.users.typed == "s", "the letter is lost")
