"""How a remembered list looks, at a wide, a medium and a narrow size.

After a change that is meant: `pytest tests/tui/test_remembered_snapshots.py --snapshot-update`, then look.
"""

from dataclasses import replace

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.dialogs.keep_people import KeepPeopleDialog
from dazos_tui.tui.startup import AppContext
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk
from tests.tui.paged_demo import NAME, paged_server
from tests.tui.remembered_lists import keep, users_of
from tests.tui.test_snapshots import at_all_sizes, in_states


@pytest.fixture
def demo():
    with paged_server() as server:
        yield server


async def shown(desk):
    """The list is shown, and is being read again."""
    await desk.sees("as of 09:12")
    await desk.type("bea")
    await desk.sees("match")


async def waiting_for_sign_in(desk):
    """A person was opened before anybody has signed in."""
    await shown(desk)
    await desk.press("enter")
    await desk.sees("once you are signed in")


async def not_signed_in(desk):
    """Nobody has signed in, and the list is still there."""
    await desk.sees("Password")
    await desk.press("escape")
    await desk.sees("Not signed in")
    await desk.press("escape")
    await desk.sees("as of 09:12")


async def changed(desk):
    """The list was read again, and something is different."""
    await desk.sees("+1 ~2 -1 since")
    await desk.type("bea.acorn")
    await desk.sees("1 match")


async def asked(desk):
    """The question whether lists are kept."""
    await desk.loaded()
    await desk.app.push_screen(KeepPeopleDialog())
    await desk.sees("No, never")


@pytest.fixture
def looks(demo, tmp_path, monkeypatch, snap_compare):
    """Return a check that the app looks as it did in a state, with this list remembered, at one size."""
    # The port is another one in each run.
    monkeypatch.setattr(Instance, "host", property(lambda self: "crm.example.com"))
    for module in ("widgets.users_pane", "widgets.list_changes", "flows.load_list"):
        monkeypatch.setattr(f"dazos_tui.tui.{module}.format_time", lambda *_: "09:12")
    with HistoryStore(tmp_path / "history.db") as store:

        def check(state, size, users, **changes):
            keep(tmp_path, demo_instance(demo, **changes), users)
            config = config_of(demo_instance(demo, **changes))
            app = DazosApp(lambda: AppContext(config, store, instance=NAME, state_dir=tmp_path))

            async def go_there(pilot):
                desk = Desk(app, pilot)
                await state(desk)
                await desk.settled()

            return snap_compare(app, terminal_size=size, run_before=go_there)

        yield check


@at_all_sizes
@in_states([shown, waiting_for_sign_in])
def test_a_remembered_list_looks_the_same(looks, demo, state, size):
    crm = demo.instance(NAME)
    crm.faults.delay("sign-in", 20.0)
    assert looks(state, size, users_of(crm))


@at_all_sizes
def test_a_list_without_a_session_looks_the_same(looks, demo, size):
    users = users_of(demo.instance(NAME))
    assert looks(not_signed_in, size, users, password_command=None, keyring=False)


@at_all_sizes
def test_what_has_changed_looks_the_same(looks, demo, size):
    first, *users = users_of(demo.instance(NAME))
    before = [
        replace(user, email="old.address@example.com") if user.user_name == "bea.acorn" else user
        for user in users
    ]
    before[0] = replace(before[0], role="Another")
    gone = replace(first, id="99999", user_name="zz.gone", name="Zz Gone", email="zz.gone@example.com")
    assert looks(changed, size, [*before, gone])


@at_all_sizes
def test_the_question_whether_lists_are_kept_looks_the_same(looks, demo, size):
    assert looks(asked, size, users_of(demo.instance(NAME)))
