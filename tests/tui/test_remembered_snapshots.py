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
from tests.tui.paged_demo import NAME, paged_server
from tests.tui.pictures import assert_looks_the_same, in_states
from tests.tui.remembered_lists import keep, users_of


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
def looks(demo, tmp_path, monkeypatch, snapshot):
    """Return a check that the app looks as it did in a state, with this list remembered, at each size."""
    # The port is another one in each run.
    monkeypatch.setattr(Instance, "host", property(lambda self: "crm.example.com"))
    for module in ("widgets.users_pane", "widgets.list_changes", "flows.load_list"):
        monkeypatch.setattr(f"dazos_tui.tui.{module}.format_time", lambda *_: "09:12")
    with HistoryStore(tmp_path / "history.db") as store:

        async def check(state, users, **changes):
            keep(tmp_path, demo_instance(demo, **changes), users)
            config = config_of(demo_instance(demo, **changes))
            app = DazosApp(lambda: AppContext(config, store, instance=NAME, state_dir=tmp_path))
            await assert_looks_the_same(snapshot, app, state)

        yield check


@in_states([shown, waiting_for_sign_in])
async def test_a_remembered_list_looks_the_same(looks, demo, state):
    crm = demo.instance(NAME)
    crm.faults.delay("sign-in", 20.0)
    await looks(state, users_of(crm))


async def test_a_list_without_a_session_looks_the_same(looks, demo):
    users = users_of(demo.instance(NAME))
    await looks(not_signed_in, users, password_command=None, keyring=False)


async def test_what_has_changed_looks_the_same(looks, demo):
    first, *users = users_of(demo.instance(NAME))
    before = [
        replace(user, email="old.address@example.com") if user.user_name == "bea.acorn" else user
        for user in users
    ]
    before[0] = replace(before[0], role="Another")
    gone = replace(first, id="99999", user_name="zz.gone", name="Zz Gone", email="zz.gone@example.com")
    await looks(changed, [*before, gone])


async def test_the_question_whether_lists_are_kept_looks_the_same(looks, demo):
    await looks(asked, users_of(demo.instance(NAME)))
