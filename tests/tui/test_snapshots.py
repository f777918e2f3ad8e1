"""How the screens look, at a wide, a medium and a narrow size.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, then look at them.
"""

import pytest

from dazos_tui.config import Instance
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.note import note_values
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.start import Start
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.desk import Desk

SIZES = [(120, 40), (80, 24), (45, 20)]


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
    await desk.until(lambda: not desk.app.screen.query_one("#yes").disabled, "never ready")


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
    await desk.sees("Esc closes")


async def form_offered(desk):
    await desk.pick("valley-staging")
    await desk.loaded()
    await desk.look_for("otto.anvil")
    await desk.press("enter", "s")
    await desk.sees("No menu sends links here", "Form from now on (f)")
    await desk.until(lambda: not desk.app.screen.query_one("#form").disabled, "never ready")


async def locked(desk):
    await people(desk)
    await desk.app._lock()
    await desk.sees("Signed out")


async def trouble(desk):
    await profile_of(desk, "hugo.copper")
    session = desk.work.session
    session.instance = session.instance.model_copy(update={"url": "https://crm.example.com/"})
    await desk.press("w")
    await desk.sees("e enables the login")


async def enable(desk):
    await trouble(desk)
    await desk.press("e")
    await desk.until(lambda: not desk.app.screen.query_one("#yes").disabled, "never ready")


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


async def question(desk):
    await desk.sees("asks for more", "One-time code")


async def cookie(desk):
    await desk.sees("Sign in to", "PHPSESSID")


async def no_password(desk):
    await desk.sees("exit code 1", "Nothing was tried")


STATES = [
    picker,
    people,
    profile,
    more,
    confirm,
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
]


def _of_a_fixed_time(values):
    """Return what gives a note's values as if they were of one moment."""
    return lambda entry, **how: values(entry, **how) | {"date": "2026-11-23", "time": "13:37 UTC"}


@pytest.fixture
def looks(demo, tmp_path, monkeypatch, snap_compare):
    """Return a check that a state of the app looks as it did, at one size."""
    # The port is another one in each run.
    monkeypatch.setattr(Instance, "host", property(lambda self: "crm.example.com"))
    monkeypatch.setattr("dazos_tui.tui.dialogs.entry.local_time", lambda _: "2026-11-23 13:37")
    monkeypatch.setattr("dazos_tui.resets.note.note_values", _of_a_fixed_time(note_values))
    store = HistoryStore(tmp_path / "history.db")

    def check(state, size, config=None):
        app = DazosApp(lambda: Start(config or demo_config_of(demo), store))

        async def go_there(pilot):
            desk = Desk(app, pilot)
            await state(desk)
            await desk.settled()

        return snap_compare(app, terminal_size=size, run_before=go_there)

    yield check
    store.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_it_looks_the_same(looks, state, size):
    assert looks(state, size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_error_looks_the_same(looks, demo, size):
    instance = demo_instance(demo, password_command=["false"])
    assert looks(no_password, size, config_of(instance))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_question_of_the_crm_looks_the_same(looks, demo, size):
    instance = demo_instance(demo, "ridge-prod", one_time_code_command=None)
    assert looks(question, size, config_of(instance))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_question_for_a_cookie_looks_the_same(looks, demo, size):
    instance = demo_instance(demo, auth="cookie", password_command=None)
    assert looks(cookie, size, config_of(instance))
