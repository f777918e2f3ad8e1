"""The list of an earlier reading: shown at once, read again behind it, and never sent on."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.directory.remembered import people_path, remembered_people
from dazos_tui.history.times import utc_now
from dazos_tui.instances.remembered_list import read_remembered
from dazos_tui.tui.flows import remembered_list
from dazos_tui.tui.idle_lock import clock
from tests.patience import patience
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.paged_demo import NAME, ids, paged_server, pages
from tests.tui.remembered_lists import keep, users_of

SLOW = 0.25
"""Seconds per page."""


@pytest.fixture
def demo():
    with paged_server() as server:
        yield server


@pytest.fixture
def crm(demo):
    return demo.instance(NAME)


def row_of(desk, words: str) -> str:
    """Return the row of the list with these words."""
    region = desk.work.query_one("#users").region
    rows = [line[region.x : region.right] for line in desk.lines[region.y : region.bottom]]
    return next((row for row in rows if words in row), "")


@asynccontextmanager
async def opened(demo, state, **options):
    changes = options.pop("changes", {})
    instance = demo_instance(demo, **changes)
    config = config_of(instance).model_copy(update=options.pop("config", {}))
    async with at_desk(config, state, **options) as desk:
        yield desk


async def test_it_is_shown_before_the_sign_in_has_ended(demo, crm, tmp_path):
    crm.faults.delay("sign-in", 3.0)
    since = keep(tmp_path, demo_instance(demo), users_of(crm))
    async with opened(demo, tmp_path) as desk:
        await desk.sees(f"as of {since}", "ada.acorn@harbor.example.com")
        assert not pages(crm)
        await desk.filter("bea.acorn")
        await desk.sees("1 match", "bea.acorn@harbor.example.com")
        await desk.press("down")
        await desk.sees(f"As of {since}.")


async def test_it_is_read_again_and_then_kept(demo, crm, tmp_path):
    keep(tmp_path, demo_instance(demo), users_of(crm)[:150])
    async with opened(demo, tmp_path) as desk:
        await desk.loaded()
        await desk.sees("172 active")
        assert {user.id for user in desk.work.panes.users.directory.users} == ids(crm)
        await desk.until(lambda: len(remembered_people(tmp_path, NAME) or []) == 200, "it is not kept")
        kept = remembered_people(tmp_path, NAME)
        assert kept is not None
        assert {person.id for person in kept} == ids(crm)
        assert {person.status for person in kept} == {"active", "inactive"}
        assert kept.is_current(utc_now() + timedelta(hours=23))


async def test_an_incomplete_list_is_not_kept(demo, crm, tmp_path):
    crm.faults.inject("list", Fault(status=500, body="", content_type="text/html"), times=None)
    async with opened(demo, tmp_path) as desk:
        await desk.sees("Could not read the list")
    assert remembered_people(tmp_path, NAME) is None


async def test_what_changed_is_marked_until_the_next_reading(demo, crm, tmp_path):
    users = users_of(crm)
    moved, left, new = users[5], users[7], users[9]
    before = [
        replace(moved, email="old.address@example.com") if user is moved else user
        for user in users
        if user is not new
    ]
    gone = replace(left, id="99999", user_name="zz.gone", name="Zz Gone", email="zz.gone@example.com")
    since = keep(tmp_path, demo_instance(demo), [*before, gone])
    async with opened(demo, tmp_path) as desk:
        await desk.loaded()
        await desk.sees(f"+1 ~1 -1 since {since}")
        await desk.filter(moved.user_name)
        await desk.until(lambda: "~" in row_of(desk, moved.name)[:4], "the change is not marked")
        await desk.sees(f"e-mail as of {since}:", "old.address@example.com")
        await desk.filter(new.user_name)
        await desk.until(lambda: "+" in row_of(desk, new.name)[:4], "the new person is not marked")
        await desk.sees(f"Not in the list as of {since}.")
        await desk.filter("zz.gone")
        await desk.sees("Nobody matches")
        await desk.press("escape", "f5")
        await desk.sees_no("since")
        await desk.loaded()
        await desk.filter(moved.user_name)
        await desk.until(lambda: row_of(desk, moved.name), "the person is not listed")
        assert "~" not in row_of(desk, moved.name)[:4]


async def test_somebody_who_is_looked_for_and_gone_is_named(demo, crm, tmp_path):
    crm.faults.delay("list", SLOW, times=2)
    user = users_of(crm)[0]
    gone = replace(user, id="99999", user_name="zz.gone", name="Zz Gone", email="zz.gone@example.com")
    since = keep(tmp_path, demo_instance(demo), [*users_of(crm), gone])
    async with opened(demo, tmp_path) as desk:
        await desk.type("zz.gone")
        await desk.until(lambda: row_of(desk, "Zz Gone"), "the remembered person is not shown")
        await desk.loaded()
        await desk.sees("No longer in the CRM’s list", f"In the list as of {since}: Zz Gone.")
        assert not row_of(desk, "Zz Gone")


async def test_cursor_and_filter_stay_when_the_list_is_exchanged(demo, crm, tmp_path):
    crm.faults.delay("list", SLOW, times=3)
    keep(tmp_path, demo_instance(demo), users_of(crm))
    async with opened(demo, tmp_path) as desk:
        await desk.sees("as of")
        await desk.type("a")
        await desk.press(*["down"] * 4)
        person = desk.current
        await desk.loaded()
        await desk.sees_no("as of")
        assert desk.current.id == person.id
        assert desk.value("#filter") == "a"


async def test_enter_opens_a_person_as_soon_as_somebody_is_signed_in(demo, crm, tmp_path):
    crm.faults.delay("sign-in", 2.0)
    since = keep(tmp_path, demo_instance(demo), users_of(crm))
    async with opened(demo, tmp_path) as desk:
        await desk.sees(f"as of {since}")
        await desk.type("bea.acorn")
        await desk.press("enter")
        await desk.sees("The profile opens once you are signed in.", f"This is as of {since}.")
        await desk.sees("User Login & Role")
        assert desk.person_shown.email == "bea.acorn@harbor.example.com"


async def test_a_send_is_for_the_address_that_the_profile_has_now(demo, crm, tmp_path):
    """Nothing is sent on a remembered fact: a changed address stops the send until it was seen."""
    crm.faults.delay("list", SLOW, times=None)
    users = [
        replace(user, email="old@example.com") if user.user_name == "bea.acorn" else user
        for user in users_of(crm)
    ]
    keep(tmp_path, demo_instance(demo), users)
    async with opened(demo, tmp_path) as desk:
        await desk.sees("as of")
        await desk.type("old@example.com")
        await desk.press("tab", "s")
        await desk.asked("bea.acorn@harbor.example.com", "STOP")
        await desk.armed()
        await desk.press("escape")
    assert not crm.outbox


async def test_a_person_who_is_gone_is_said_to_be(demo, crm, tmp_path):
    crm.faults.delay("list", SLOW, times=None)
    person = crm.person("bea.acorn")
    since = keep(tmp_path, demo_instance(demo), users_of(crm))
    crm.remove_person(person)
    async with opened(demo, tmp_path) as desk:
        await desk.sees(f"as of {since}")
        await desk.type("bea.acorn")
        await desk.press("enter")
        await desk.sees("Could not read the profile", f"The list is as of {since}: F5 reads it.")


async def test_it_stays_readable_while_the_crm_cannot_be_reached(tmp_path):
    with paged_server() as server:
        instance = demo_instance(server)
        since = keep(tmp_path, instance, users_of(server.instance(NAME)))
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.sees(f"as of {since} · F5 signs in", "NOT SIGNED IN · F5", "127.0.0.1")
        await desk.until(lambda: desk.app.screen is not desk.work, "no reason is shown")
        await desk.press("escape")
        await desk.type("bea.acorn")
        await desk.sees("bea.acorn@harbor.example.com", "1 match")
        assert not desk.work.panes.users.is_whole


async def test_it_stays_readable_when_nobody_signs_in(demo, crm, tmp_path):
    since = keep(tmp_path, demo_instance(demo), users_of(crm))
    changes = {"password_command": None, "keyring": False}
    async with opened(demo, tmp_path, changes=changes) as desk:
        await desk.sees("Password")
        await desk.press("escape")
        await desk.sees("Not signed in")
        await desk.press("escape")
        await desk.sees(f"as of {since} · F5 signs in", "NOT SIGNED IN · F5")
        await desk.type("bea.acorn")
        await desk.sees("bea.acorn@harbor.example.com")


async def test_the_top_bar_says_so_too_if_it_comes_after_the_crm_refused(demo, crm, tmp_path, monkeypatch):
    may_read = Event()

    def read_late(*args):
        assert may_read.wait(patience(30))
        return read_remembered(*args)

    monkeypatch.setattr(remembered_list, "read_remembered", read_late)
    crm.faults.inject("list", Fault(status=500, body="", content_type="text/html"), times=None)
    keep(tmp_path, demo_instance(demo), users_of(crm))
    async with opened(demo, tmp_path) as desk:
        await desk.sees("Could not read the list")
        await desk.press("escape")
        await desk.until(lambda: "INCOMPLETE · F5" in desk.lines[0], "the bar says nothing")
        may_read.set()
        await desk.until(lambda: "AS OF" in desk.lines[0], "the bar still says it is incomplete")


async def test_after_the_lock_it_is_hidden_until_somebody_has_signed_in(demo, crm, tmp_path, monkeypatch):
    since = keep(tmp_path, demo_instance(demo), users_of(crm))
    async with opened(demo, tmp_path) as desk:
        await desk.loaded()
        await desk.until(lambda: len(remembered_people(tmp_path, NAME) or []) == 200, "it is not kept")
        monkeypatch.setattr("dazos_tui.tui.idle_lock.clock", lambda: clock() + 16 * 60)
        desk.app.idle_lock.check()
        await desk.sees("Signed out")
        crm.faults.delay("sign-in", 1.5)
        crm.faults.delay("list", SLOW, times=None)
        await desk.press("enter")
        await desk.sees("signing in")
        assert not desk.work.panes.users.directory.users
        await desk.sees("as of")
        await desk.until(lambda: len(desk.work.panes.users.directory) == 200, "the list is not shown")
        assert desk.work.panes.users.is_reading
    assert since


@pytest.mark.parametrize("changes", [{"username": "somebody.else"}, {"url": "/other/"}])
async def test_a_list_of_another_crm_or_account_is_not_shown(demo, crm, tmp_path, changes):
    mine = demo_instance(demo)
    if "url" in changes:
        changes = {"url": mine.url + "other/"}
    keep(tmp_path, mine.model_copy(update=changes), users_of(crm))
    crm.faults.delay("sign-in", 0.6)
    async with opened(demo, tmp_path) as desk:
        await desk.sees("signing in")
        await desk.settled()
        assert "as of" not in desk.text
        await desk.loaded()
        await desk.until(lambda: len(remembered_people(tmp_path, NAME) or []) == 200, "it is not replaced")
        kept = remembered_people(tmp_path, NAME)
        assert kept is not None
        assert kept.source.operator == mine.operator


async def test_never_means_never(demo, crm, tmp_path):
    keep(tmp_path, demo_instance(demo), users_of(crm))
    path = people_path(tmp_path, NAME)
    assert path.exists()
    crm.faults.delay("sign-in", 0.6)
    async with opened(demo, tmp_path, config={"keep_people_hours": 0}) as desk:
        await desk.until(lambda: not path.exists(), "the list is still there")
        await desk.loaded()
        await desk.settled()
        assert "as of" not in desk.text
    assert not path.exists()


async def test_a_list_that_is_too_old_is_not_shown(demo, crm, tmp_path):
    keep(tmp_path, demo_instance(demo), users_of(crm), age=timedelta(hours=25))
    async with opened(demo, tmp_path) as desk:
        await desk.loaded()
        await desk.until(lambda: remembered_people(tmp_path, NAME), "the new list is not kept")


async def test_the_access_key_brings_new_addresses_and_no_roles(demo, crm, tmp_path):
    """The API has no roles: those are remembered until the pages come, the addresses are not."""
    crm.faults.delay("list", 1.0, times=None)
    users = [replace(user, email="old@example.com") for user in users_of(crm)]
    keep(tmp_path, demo_instance(demo), users)
    key = {"access_key_command": ["echo", crm.access_key]}
    async with opened(demo, tmp_path, changes=key) as desk:
        directory = lambda: {user.user_name: user for user in desk.work.panes.users.directory.users}  # noqa: E731
        await desk.sees("as of")
        arrived = lambda: directory()["bea.acorn"].email == "bea.acorn@harbor.example.com"  # noqa: E731
        await desk.until(arrived, "the API's people are not shown")
        assert directory()["bea.acorn"].role == crm.person("bea.acorn").roleid
