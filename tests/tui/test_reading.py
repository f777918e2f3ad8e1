"""The list while it is loading: what works already, what is shown, and that nobody is lost."""

import asyncio

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.tui.messages import SigningIn
from dazos_tui.tui.screens.instance import WorkScreen
from dazos_tui.tui.widgets.users_pane import UsersPane
from tests.patience import patience
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.paged_demo import NAME, ids, paged_server, pages, searches

SLOW, BRISK = 0.25, 0.05
"""Seconds per page."""
EVERYBODY = "172 active · 28 inactive"


@pytest.fixture
def demo():
    with paged_server() as server:
        yield server


@pytest.fixture
def instance(demo):
    return demo.instance(NAME)


@pytest.fixture
async def desk(demo, instance, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        yield desk


def listed_ids(desk):
    """Return the record ids of everybody in the list; empty while there is no list."""
    if not any(isinstance(screen, WorkScreen) for screen in desk.app.screen_stack):
        return set()
    return {user.id for user in desk.work.panes.users.directory.users}


def list_message(desk):
    """Return the message that the list shows in place of people, in one line."""
    region = desk.work.query_one("#users").region
    lines = desk.text.splitlines()[region.y : region.bottom]
    return " ".join(" ".join(line[region.x : region.right] for line in lines).split())


def count_line(desk):
    """Return the line above the list: the filter's, with the count at its right."""
    return desk.text.splitlines()[2]


async def test_the_first_people_can_be_opened_while_the_rest_is_loading(demo, instance, tmp_path):
    instance.faults.delay("list", SLOW, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.until(lambda: listed_ids(desk), "nobody came")
        first = desk.work.panes.users.directory.users[3]
        await desk.type(first.user_name)
        await desk.sees("match")
        await desk.open()
        await desk.sees(first.email, "User Name")
        assert desk.work.panes.users.is_reading
        assert len(listed_ids(desk)) < 200


async def test_the_line_above_the_list_shows_the_progress(demo, instance, tmp_path):
    instance.faults.delay("list", SLOW, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(" of 200", "Ctrl+C stops")
        first = int(count_line(desk).split("reading … ")[1].split(" of ")[0])
        assert 0 < first < 200
        grown = lambda: int(count_line(desk).split("reading … ")[1].split(" of ")[0]) > first  # noqa: E731
        await desk.until(grown, "the count does not grow")
        instance.faults.clear()
        await desk.loaded()
        assert EVERYBODY in count_line(desk)


async def test_stopping_keeps_what_was_read_and_f5_continues(demo, instance, tmp_path):
    instance.faults.delay("list", SLOW, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(" of 200")
        await desk.press("ctrl+c")
        await desk.sees("INCOMPLETE, F5 reads on")
        await desk.sees_no("reading …")
        kept = listed_ids(desk)
        assert 10 <= len(kept) < 200
        await desk.filter("zzzz")
        await desk.until(
            lambda: "Reading was stopped: F5 continues." in list_message(desk), "no reason is shown"
        )
        await desk.press("escape")
        instance.faults.clear()
        # The page that was requested when reading was stopped never arrived.
        done = set(pages(instance)[:-2]) - {(False, 18), (True, 3)}
        assert len(done) > 5
        instance.requests.clear()
        await desk.press("f5")
        await desk.sees(EVERYBODY)
        await desk.sees_no("INCOMPLETE")
        assert listed_ids(desk) == ids(instance) > kept
        assert done.isdisjoint(pages(instance))


async def wait_for_more_users(desk):
    """Return as soon as more people were read, before the screen shows them."""
    reader = desk.work._flows.load_list._reader
    before = reader._read_count
    while desk.work.panes.users.is_reading and reader._read_count == before:  # noqa: ASYNC110 - no event tells this moment
        await asyncio.sleep(0)


@pytest.mark.parametrize("stop", [True, False], ids=["stop and continue", "continue"])
async def test_repeated_interruptions_lose_nobody(demo, instance, tmp_path, stop):
    instance.faults.delay("list", 2 * BRISK, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(" of 200")
        breaks = 0
        await wait_for_more_users(desk)
        while desk.work.panes.users.is_reading:
            if stop:
                await desk.work.action_command("stop")
                await desk.sees_no("reading …")
            await desk.work.action_command("reload")
            users = desk.work.panes.users
            await desk.until(lambda now=users: now.is_reading or now.is_whole, "it does not go on")
            breaks += 1
            await wait_for_more_users(desk)
        await desk.sees(EVERYBODY)
        assert listed_ids(desk) == ids(instance)
        assert breaks > 5


async def test_stopping_when_nothing_is_loading_says_how_to_quit(desk):
    await desk.loaded()
    await desk.press("ctrl+c")
    await desk.sees("q quits; while you type in the filter,", EVERYBODY)
    assert desk.app.is_running


async def test_a_list_that_fails_half_way_says_what_is_missing_and_f5_reads_it(demo, instance, tmp_path):
    instance.faults.delay("list", BRISK, times=3)
    instance.faults.inject("list", Fault(body="Fatal error", status=500), times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees("The list is not complete", "could not be read from page", "HTTP 500")
        await desk.press("escape")
        await desk.sees("INCOMPLETE, F5 reads on")
        assert 0 < len(listed_ids(desk)) < 200
        instance.faults.clear()
        await desk.press("f5")
        await desk.sees(EVERYBODY)
        await desk.sees_no("INCOMPLETE")
    assert instance.sign_in_attempts == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda faults: faults.cut_page(3, rendered=4), "Page 3 of the active accounts was cut short: 6 of"),
        (lambda faults: faults.cut_page(3, rendered=0), "Page 3 of the active accounts was cut short: 10 of"),
        (lambda faults: faults.repeat_page(6), "The active accounts could not be read from page 7 on."),
        (lambda faults: faults.repeat_person(7), "somebody may be missing"),
    ],
    ids=["cut", "empty", "page again", "person again"],
)  # fmt: skip
async def test_gaps_are_named_and_can_be_read_later(demo, instance, tmp_path, fault, said):
    fault(instance.faults)
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(160, 40)) as desk:
        await desk.sees("The list is not complete")
        assert said in " ".join(desk.text.replace("│", " ").split())
        await desk.press("escape")
        await desk.sees("INCOMPLETE, F5 reads on")
        assert listed_ids(desk) < ids(instance)
        instance.faults.clear()
        await desk.press("f5")
        await desk.sees(EVERYBODY)
        await desk.sees_no("INCOMPLETE")
        assert listed_ids(desk) == ids(instance)


async def test_connections_that_keep_breaking_lose_nobody(demo, instance, tmp_path):
    instance.faults.drop_every_nth("list", 3)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(EVERYBODY)
        assert "INCOMPLETE" not in desk.text
        assert listed_ids(desk) == ids(instance)


async def test_pages_of_changing_size_lose_nobody(demo, instance, tmp_path):
    instance.faults.resize_after(3, 7)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(EVERYBODY)
        assert "INCOMPLETE" not in desk.text
        assert listed_ids(desk) == ids(instance)


async def test_reading_continues_after_the_session_ended_in_the_middle(desk, instance):
    await desk.loaded()
    instance.faults.delay("list", BRISK, times=None)
    instance.requests.clear()
    await desk.press("f5")
    await desk.sees("reading … ", " of 200")
    instance.faults.expire_before = "list"
    await desk.sees("Signed out")
    await desk.press("escape")
    await desk.sees(EVERYBODY)
    await desk.signed_in()
    assert "INCOMPLETE" not in desk.text
    assert listed_ids(desk) == ids(instance)
    assert instance.sign_in_attempts == 2
    # 21 pages, those requested past the end, the last ones and the lost one again.
    assert len(pages(instance)) < 35


async def test_reading_again_shows_added_and_removed_people(desk, instance):
    await desk.loaded()
    gone = instance.people[30]
    instance.remove_person(gone)
    instance.add_person("new.comer", "Newly", "Comer")
    await desk.press("f5")
    await desk.until(lambda: listed_ids(desk) == ids(instance), "not the current people")
    await desk.look_for(f"user:{gone.user_name}")
    await desk.sees_no(gone.email1)
    await desk.look_for("new.comer")
    await desk.sees("1 match", "Newly Comer")


async def test_reading_continues_while_another_instance_is_in_front(demo, instance, tmp_path):
    instance.faults.delay("list", SLOW, times=None)
    here = demo_instance(demo)
    config = config_of(here, here.model_copy(update={"name": "the-other"}))
    async with at_desk(config, tmp_path) as desk:
        await desk.pick(NAME)
        await desk.sees(" of 200")
        reading = desk.work.panes.users
        await desk.press("f2")
        await desk.pick("the-other")
        await desk.sees("the-other  PRODUCTION")
        assert reading.is_reading
        instance.faults.clear()
        await desk.until(lambda: not reading.is_reading, "still reading")
        await desk.press("f2")
        await desk.pick(NAME)
        await desk.sees(f"{NAME}  PRODUCTION", EVERYBODY)
        assert listed_ids(desk) == ids(instance)


async def test_the_user_can_quit_while_background_instances_report(demo, tmp_path, monkeypatch):
    monkeypatch.setattr("dazos_tui.tui.screens.instance.AGES_SECONDS", 0.001)
    here = demo_instance(demo)
    behind: list[WorkScreen] = []
    config = config_of(here, *(here.model_copy(update={"name": f"other-{number}"}) for number in range(6)))

    async def report():
        while any(screen.is_running for screen in behind):
            for screen in behind:
                screen.post_message(SigningIn(again=False))
            await asyncio.sleep(0)

    async with at_desk(config, tmp_path) as desk:
        # Textual closes background screens in any order: some of six outlive their panes.
        for number in range(6):
            await desk.pick(f"other-{number}")
            await desk.sees(f"other-{number}  PRODUCTION", EVERYBODY)
            behind.append(desk.work)
            await desk.press("f2")
        await desk.pick(NAME)
        await desk.sees(f"{NAME}  PRODUCTION", EVERYBODY)
        reporting = asyncio.create_task(report())
    await asyncio.wait_for(reporting, timeout=patience(10))


# -- a person who was not read yet --------------------------------------------------------------------


def person_not_read_yet(desk, instance):
    """Return the last active person who was not read yet, and the number of their page."""
    active = sorted((one for one in instance.people if one.active), key=lambda one: one.user_name)
    names = [person.user_name for person in active]
    for place, person in reversed(list(enumerate(active))):
        is_unique = sum(person.user_name in name for name in names) == 1
        if is_unique and str(person.id) not in listed_ids(desk):
            return person, place // 10 + 1
    raise AssertionError("everybody was read")


async def test_people_not_read_yet_are_found_by_the_crms_own_search(demo, instance, tmp_path):
    instance.faults.delay("list", SLOW, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(" of 200")
        person, page = person_not_read_yet(desk, instance)
        await desk.look_for(person.user_name)
        await desk.sees("No match yet: the list is still loading …")
        await desk.sees("reading …", "1 match", person.full_name)
        assert (False, page) not in pages(instance)
        assert str(person.id) in listed_ids(desk)
        instance.faults.clear()
        await desk.open()
        await desk.sees(person.email1, EVERYBODY)
        assert listed_ids(desk) == ids(instance)


async def test_fast_pages_do_not_prevent_the_crms_own_search(tmp_path):
    with paged_server(users=500, page_size=5) as large:
        instance = large.instance(NAME)
        instance.faults.delay("list", BRISK, times=None)
        async with at_desk(config_of(demo_instance(large)), tmp_path) as desk:
            await desk.sees(" of 500")
            person, _ = person_not_read_yet(desk, instance)
            await desk.type(person.user_name)
            await desk.until(lambda: searches(instance), "the CRM was never asked")
            assert desk.work.panes.users.is_reading
            assert listed_ids(desk) < ids(instance)


async def test_each_text_is_searched_once_while_the_list_is_loading(demo, instance, tmp_path):
    instance.faults.delay("list", SLOW, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(" of 200")
        await desk.type("z")
        # Longer than the pause in typing after which the CRM is searched.
        await desk.pilot.pause(0.3)
        await desk.type("q -xy role:ab")
        await desk.until(lambda: len(searches(instance)) == 2, "never asked")
        assert searches(instance) == ["zq", "zq"]


async def test_a_complete_list_does_not_search_in_the_crm(desk, instance):
    await desk.loaded()
    instance.requests.clear()
    await desk.type("somebody")
    await desk.sees("Nobody matches")
    await desk.settled()
    assert not searches(instance)


# -- with an access key -------------------------------------------------------------------------------


async def test_with_an_access_key_active_people_come_before_their_pages(
    demo, instance, tmp_path, monkeypatch
):
    monkeypatch.setenv("CLINIC_KEY", instance.access_key)
    instance.faults.delay("list", SLOW, times=None)
    active = {str(person.id) for person in instance.people if person.active}
    config = config_of(demo_instance(demo, access_key_env="CLINIC_KEY"))
    async with at_desk(config, tmp_path, size=(200, 50)) as desk:
        await desk.until(lambda: listed_ids(desk) >= active, "not all are there")
        assert (False, 17) not in pages(instance)
        person = instance.person("zane.pepper")
        await desk.type(person.user_name)
        await desk.sees("1 match", person.email1)
        assert not desk.current.role
        instance.faults.clear()
        await desk.press("escape")
        await desk.sees(EVERYBODY)
        assert "left out" not in desk.text
        assert listed_ids(desk) == ids(instance)
        assert len(desk.work.panes.users.directory) == 200
        await desk.type(person.user_name)
        await desk.until(lambda: desk.current.role == person.roleid, "no role came")
        assert instance.access_key not in desk.text


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ({"access_key_command": ["echo", "wrong-key"]}, "did not accept"),
        ({"access_key_command": ["false"]}, "ended with exit code 1"),
        ({"access_key_env": "NO_SUCH_KEY"}, "is not set"),
    ],
    ids=["wrong key", "command fails", "no variable"],
)
async def test_without_a_valid_access_key_the_pages_are_read_with_a_notice(
    demo, instance, tmp_path, key, said
):
    async with at_desk(config_of(demo_instance(demo, **key)), tmp_path) as desk:
        await desk.sees("The access-key API was left out.", said)
        await desk.sees(EVERYBODY)
        assert "INCOMPLETE" not in desk.text
        assert "wrong-key" not in desk.text
        assert listed_ids(desk) == ids(instance)


async def test_a_selected_person_stays_selected_when_their_role_arrives(demo, instance, tmp_path):
    instance.faults.delay("list", BRISK, times=None)
    config = config_of(demo_instance(demo, access_key_command=["echo", instance.access_key]))
    async with at_desk(config, tmp_path) as desk:
        await desk.until(lambda: len(listed_ids(desk)) >= 172, "not all are there")
        await desk.press(*["down"] * 40)
        chosen = desk.current
        assert not chosen.role
        await desk.sees(EVERYBODY)
        assert desk.current.id == chosen.id
        assert desk.current.role
        await desk.sees(chosen.name)


async def test_people_who_arrive_while_reading_is_stopped_are_not_lost(demo, instance, tmp_path, monkeypatch):
    add, arrivals = UsersPane.add_batch, []

    def stop_and_add(pane, arrival):
        arrivals.append(arrival)
        if len(arrivals) == 5:
            pane.screen.stop("users")
            pane.stop_reading("Reading was stopped.")
        add(pane, arrival)

    monkeypatch.setattr(UsersPane, "add_batch", stop_and_add)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees("INCOMPLETE")
        await desk.press("f5")
        await desk.sees(EVERYBODY)
        assert listed_ids(desk) == ids(instance)


async def test_sign_in_is_repeated_as_long_as_people_arrive(demo, instance, tmp_path, monkeypatch):
    add, arrivals = UsersPane.add_batch, []

    def add_and_expire(pane, arrival):
        arrivals.append(arrival)
        if len(arrivals) in {3, 7, 11}:
            instance.expire_sessions()
        add(pane, arrival)

    monkeypatch.setattr(UsersPane, "add_batch", add_and_expire)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(EVERYBODY)
        assert listed_ids(desk) == ids(instance)
    assert instance.sign_in_attempts == 4


async def test_a_pause_requested_by_the_crm_is_shown_until_it_is_over(demo, instance, tmp_path):
    instance.faults.limit_rate("list", 8, window=1, ban=2)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.until(lambda: "the CRM asks to wait 2 s" in count_line(desk), "no pause is shown")
        await desk.until(lambda: "asks to wait" not in count_line(desk), "the pause is shown for ever")
        await desk.loaded()
        assert EVERYBODY in count_line(desk)
        assert instance.faults.sent_away


async def test_stopping_during_a_pause_ends_the_wait(demo, instance, tmp_path):
    instance.faults.limit_rate("list", 3, window=60, ban=50)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.until(lambda: "the CRM asks to wait" in count_line(desk), "no pause is shown")
        await desk.press("ctrl+c")
        await desk.sees("INCOMPLETE, F5 reads on")
        assert "asks to wait" not in count_line(desk)
