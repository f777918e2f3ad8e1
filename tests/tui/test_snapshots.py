"""How the screens look, at a wide, a medium and a narrow size.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, then look at them.
"""

from pathlib import Path

import pytest

from dazos_tui.config.models import Config, Instance
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.store import HistoryStore
from dazos_tui.notes.note import note_values
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.startup import AppContext
from dazos_tui.tui.terminal.driver import MonochromeDriver
from tests.browser_user import signs_in
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.pictures import FROM_LEAST_ON, LEAST, SIZES, WIDE_AND_NARROW, assert_looks_the_same, in_states

SMALL = (38, 12)
"""A terminal too small to work in."""

NOWHERE = Path("/home/ann/.config/dazos-tui/config.toml")
"""Where a config would be written: what is shown must be the same on every machine."""

REFUSED = '{"success":false,"error":{"code":"MAIL","message":"The mail server said no."}}'


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


async def picker(desk):
    await desk.sees("Which CRM instance?")


async def people(desk):
    await desk.pick("harbor-prod")
    await desk.loaded()


async def profile(desk):
    await people(desk)
    await desk.look_for("garcia")
    await desk.open()


async def more(desk):
    await profile(desk)
    await desk.press("m")
    await desk.sees("More ·")


async def confirm(desk):
    await profile(desk)
    await desk.press("s")
    await desk.sees("never from here")
    await desk.armed()


async def sent(desk):
    await confirm(desk)
    await desk.confirm()
    await desk.sees("Success")


async def nobody(desk):
    await people(desk)
    await desk.look_for("zzz")
    await desk.sees("Nobody matches")


async def keys(desk):
    await people(desk)
    await desk.press("f1")
    await desk.sees("Esc close")


async def form_offered(desk):
    await desk.pick("valley-staging")
    await desk.loaded()
    await desk.look_for("otto.anvil")
    await desk.press("enter", "s")
    await desk.asked("forgot-password", "v never")
    await desk.armed()


async def locked(desk):
    await people(desk)
    await desk.app.idle_lock.lock()
    await desk.sees("Signed out")


async def trouble(desk):
    await profile_of(desk, "hugo.copper")
    session = desk.work.jobs
    session.instance = session.instance.model_copy(update={"url": "https://crm.example.com/"})
    await desk.press("w")
    await desk.sees("e enables the login")


async def enable(desk):
    await trouble(desk)
    await desk.press("e")
    await desk.armed()


async def note(desk):
    await sent(desk)
    await desk.press("f4")
    await desk.sees("Note for the ticket")


async def row(desk):
    await sent(desk)
    await desk.press("f3", "enter")
    await desk.sees("Reset · sent")


async def waiting(desk):
    await sent(desk)
    await desk.press("f7")
    await desk.sees("Waiting · 1 not back in yet")


async def profile_of(desk, user_name):
    await people(desk)
    await desk.look_for(user_name)
    await desk.open()


async def confirm_locked(desk):
    await profile_of(desk, "hugo.copper")
    await desk.press("s")
    await desk.asked("■ STOP", "e enable")
    await desk.armed()


async def confirm_two_stops(desk):
    await confirm_locked(desk)
    await desk.confirm_despite_warnings()
    await desk.sees("Success")
    await desk.press("escape")
    await desk.sees_no("Success")
    await desk.press("tab", "s")
    await desk.asked("1 of 2")
    await desk.armed()


async def confirm_two_stops_read(desk):
    await confirm_two_stops(desk)
    await desk.press("y")
    await desk.asked("2 of 2", "Send despite 2 warnings?")
    await desk.armed()


async def confirm_ticket(desk):
    await confirm(desk)
    await desk.press("t", *"T-1042")


async def confirm_no_room(desk):
    await profile_of(desk, "odd.long")
    await desk.press("s")
    await desk.asked("make the window larger")


async def palette(desk):
    await people(desk)
    await desk.press("ctrl+p")
    await desk.sees("Open the person or the history row")


async def themes(desk):
    await people(desk)
    await desk.work.action_command("theme")
    await desk.sees("How should the screen look?")


async def welcome(desk):
    await desk.sees("Welcome to dazos-tui")


async def add(desk):
    await welcome(desk)
    await desk.press("a")
    await desk.sees("Your instance · 1 of 5")


async def add_lacking(desk):
    await add(desk)
    await desk.type("https://crm.example.test/index.php?module=Users")
    await desk.press("enter", "enter")
    await desk.sees("still missing")


async def add_environment(desk):
    await add(desk)
    await desk.fill_in("acme", "https://crm.example.test/", "kim.lead", environment=1)
    await desk.sees("(•) staging")


async def add_failed(desk):
    await add(desk)
    # Where nothing answers on any machine.
    await desk.fill_in("acme", "http://127.0.0.1:1/", "kim.lead", environment=1)
    await desk.press("enter")
    await desk.sees("w write")


async def teach_waiting(desk):
    await people(desk)
    await desk.work.action_command("teach")
    await desk.reads("Paste the request")


def pasted(fields):
    """Return the state after a request with these fields was pasted."""

    async def pasted(desk):
        await teach_waiting(desk)
        url = desk.work.jobs.instance.url
        desk.paste(f"curl '{url}index.php' -b 'PHPSESSID=abc' --data-raw '{fields}'")
        await desk.sees_no("Waiting for the paste")

    return pasted


teach_read = pasted("__vtrftk=abc&module=Users&action=SendResetLink&record=12")
teach_refused = pasted("module=Users&action=DeleteAjax&record=12")
teach_choice = pasted("module=Users&action=SendResetLink&target=12&number=31")
TEACHING = {
    "waiting": teach_waiting,
    "read": teach_read,
    "refused": teach_refused,
    "choice": teach_choice,
}


async def too_small(desk):
    await desk.sees("Too small: 38x12")


async def loading(desk):
    await desk.sees("Reading the list of people", "reading …")


async def refused(desk):
    await confirm(desk)
    await desk.confirm()
    await desk.sees("Refused by the CRM", "The mail server said no.")


async def find(desk):
    await desk.pick("harbor-sandbox")
    await desk.loaded()
    await desk.look_for("odd.garcia")
    await desk.press("f9")
    await desk.sees("f looks in the other instances")
    await desk.press("f")
    await desk.sees("in the other instances", "Elena García")
    await desk.sees_no("Looked in")


def back_in(harbor):
    """Return the state in which a person is back in: the history says so."""

    async def back_in(desk):
        await sent(desk)
        harbor.accounts.set_password(harbor.person("odd.garcia"), "brand-new-password")
        assert signs_in(harbor.url, "odd.garcia", "brand-new-password")
        await desk.press("f8")
        await desk.sees("Back in", "Elena García (odd.garcia): back in less")
        await desk.press("escape", "f3")
        await desk.sees_no("(odd.garcia): back in less")
        await desk.sees("in < 1 min")

    return back_in


async def question(desk):
    await desk.sees("one more step", "One-time code")


async def cookie(desk):
    await desk.sees("Sign in to", "PHPSESSID")


async def no_password(desk):
    await desk.sees("exit code 1", "No sign-in was tried")


STATES = [
    picker,
    people,
    profile,
    more,
    sent,
    nobody,
    keys,
    form_offered,
    locked,
    trouble,
    enable,
    note,
    row,
    waiting,
    palette,
    themes,
]

FIRST_RUN = [welcome, add, add_lacking, add_environment, add_failed]

ASKED = [confirm, confirm_locked, confirm_two_stops, confirm_two_stops_read, confirm_ticket]

LOOKED_AT_MOST = [people, profile, confirm, trouble, row]


def _of_a_fixed_time(values):
    """Return what gives a note's values as if they were of one moment."""
    return lambda entry, **how: values(entry, **how) | {"date": "2026-11-23", "time": "13:37 UTC"}


@pytest.fixture
def looks(demo, tmp_path, monkeypatch, snapshot):
    """Return a check that a state of the app looks as it did, at each size."""
    # The port is another one in each run.
    monkeypatch.setattr(Instance, "host", property(lambda self: "crm.example.com"))
    monkeypatch.setattr("dazos_tui.tui.dialogs.history_entry.format_local_time", lambda _: "2026-11-23 13:37")
    monkeypatch.setattr("dazos_tui.tui.dialogs.confirm.format_age", lambda *_: "just now")
    for card in ("user_list", "person_card", "now_card", "history_list"):
        monkeypatch.setattr(f"dazos_tui.tui.widgets.{card}.format_time", lambda *_: "13:37")
    monkeypatch.setattr("dazos_tui.notes.note.note_values", _of_a_fixed_time(note_values))
    store = HistoryStore(tmp_path / "history.db")

    async def check(state, config=None, *, sizes=SIZES, config_path=None, driver=None):
        start = AppContext(config or demo_config_of(demo), store, config_path=config_path)
        await assert_looks_the_same(snapshot, DazosApp(lambda: start, driver_class=driver), state, sizes)

    yield check
    store.close()


@in_states(STATES)
async def test_it_looks_the_same(looks, state):
    await looks(state)


@in_states(ASKED)
async def test_the_question_before_a_send_looks_the_same(looks, state):
    await looks(state, sizes=FROM_LEAST_ON)


async def test_a_question_against_warnings_looks_the_same_without_colours(looks):
    await looks(confirm_two_stops_read, driver=MonochromeDriver, sizes=WIDE_AND_NARROW)


async def test_too_little_room_to_send_looks_the_same(looks):
    await looks(confirm_no_room, sizes=[LEAST])


async def test_an_error_looks_the_same(looks, demo):
    instance = demo_instance(demo, password_command=["false"])
    await looks(no_password, config_of(instance))


async def test_a_question_of_the_crm_looks_the_same(looks, demo):
    instance = demo_instance(demo, "ridge-prod", one_time_code_command=None)
    await looks(question, config_of(instance))


async def test_the_question_for_a_cookie_looks_the_same(looks, demo):
    instance = demo_instance(demo, auth="cookie", password_command=None)
    await looks(cookie, config_of(instance))


@in_states(LOOKED_AT_MOST)
async def test_it_looks_the_same_in_the_light_theme(looks, demo, state):
    await looks(
        state, demo_config_of(demo).model_copy(update={"theme": "dazos-light"}), sizes=WIDE_AND_NARROW
    )


@in_states(LOOKED_AT_MOST)
async def test_it_looks_the_same_without_colours(looks, state):
    await looks(state, driver=MonochromeDriver, sizes=WIDE_AND_NARROW)


@in_states(FIRST_RUN)
async def test_the_first_run_looks_the_same(looks, state):
    await looks(state, Config(), config_path=NOWHERE, sizes=FROM_LEAST_ON)


@pytest.mark.parametrize("driver", [None, MonochromeDriver], ids=["colours", "no colours"])
async def test_the_card_of_a_terminal_too_small_looks_the_same(looks, driver):
    await looks(too_small, sizes=[SMALL], driver=driver)


@pytest.fixture
def harbor(demo):
    yield demo.instance("harbor-prod")
    demo.instance("harbor-prod").faults.clear()


async def test_the_reading_of_the_list_looks_the_same(looks, demo, harbor):
    harbor.faults.delay("list", 60, times=None)
    await looks(loading, config_of(demo_instance(demo)))


async def test_a_refusal_looks_the_same(looks, harbor):
    harbor.faults.answer_with("action", REFUSED)
    await looks(refused)


async def test_somebody_found_elsewhere_looks_the_same(looks, demo):
    both = (demo_instance(demo, "harbor-sandbox"), demo_instance(demo))
    await looks(find, config_of(*both))


async def test_a_note_that_a_command_takes_looks_the_same(looks, demo):
    config = demo_config_of(demo).model_copy(update={"note_command": ("/opt/tickets/bin/add-note",)})
    await looks(note, config)


async def test_who_is_back_in_looks_the_same(looks, harbor):
    await looks(back_in(harbor))


@pytest.mark.parametrize("state", TEACHING)
async def test_teaching_an_instance_looks_the_same(looks, state):
    await looks(TEACHING[state], config_path=NOWHERE, sizes=FROM_LEAST_ON)


async def test_teaching_an_instance_looks_the_same_without_colours(looks):
    await looks(teach_choice, config_path=NOWHERE, driver=MonochromeDriver, sizes=WIDE_AND_NARROW)
