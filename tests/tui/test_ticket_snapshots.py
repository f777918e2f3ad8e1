"""How beginning with a ticket looks, at a wide, a medium and a narrow size.

After a change that is meant: `pytest tests/tui/test_ticket_snapshots.py --snapshot-update`; then look at it.
"""

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from dazos_tui.notes.ticket_command import read_ticket
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.startup import AppContext
from tests.support import demo_config_of
from tests.tui.pictures import assert_looks_the_same, in_states

TICKETS = """
case $1 in
T-1042) echo 'From: "Elena Garcia" <odd.garcia@harbor.example.com>' ;;
T-7) echo 'demo.rep@harbor.example.com writes for Elena Garcia' ;;
T-9) echo 'From: stranger@example.net, other@example.net' ;;
T-3) sleep 600 ;;
*) echo "no such ticket: $1" >&2; exit 4 ;;
esac
"""


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


async def begun(desk, ticket):
    await desk.loaded()
    await desk.press("escape")
    await desk.type(ticket)
    await desk.sees(f"▸ {ticket} for the next link")


async def one_person(desk):
    await begun(desk, "T-1042")
    await desk.sees("In the ticket · 1", "In the history · 1")


async def several_people(desk):
    await begun(desk, "T-7")
    await desk.sees("In the ticket · 2")


async def nobody_here(desk):
    await begun(desk, "T-9")
    await desk.sees("No address of it")


async def being_read(desk):
    await begun(desk, "T-3")
    await desk.sees("reading the ticket …")


async def not_read(desk):
    await begun(desk, "T-4")
    await desk.sees("no such ticket")


async def kept(desk):
    await not_read(desk)
    await desk.press("enter")
    await desk.sees_no("▸ T-4")


async def asked_for(desk):
    await desk.loaded()
    await desk.press("tab")
    await desk.sees("Person ·")
    await desk.press("T")
    await desk.sees("Begin with a ticket")


STATES = [one_person, several_people, nobody_here, being_read, not_read, kept, asked_for]


@in_states(STATES)
async def test_a_ticket_looks_the_same(demo, tmp_path, monkeypatch, snapshot, state):
    monkeypatch.setattr(Instance, "host", property(lambda self: "crm.example.com"))
    for card in ("user_list", "person_card", "now_card", "history_list", "ticket_lines"):
        monkeypatch.setattr(f"dazos_tui.tui.widgets.{card}.format_time", lambda *_: "13:37")
    monkeypatch.setitem(read_ticket.__kwdefaults__, "seconds", 600.0)
    command = ("sh", "-c", TICKETS, "sh", "{ticket}")
    config = demo_config_of(demo).model_copy(update={"ticket_command": command})
    person = demo.instance("harbor-prod").person("odd.garcia")
    request = ResetRequest(
        "harbor-prod", "production", "crm.example.com", "demo.admin", str(person.id), person.user_name,
        person.full_name, person.email1, "T-1042",
    )  # fmt: skip
    with HistoryStore(tmp_path / "history.db") as store:
        store.record_outcome(store.record_request(request).id, Outcome.REFUSED, "No.")
        app = DazosApp(lambda: AppContext(config, store, "harbor-prod"))
        await assert_looks_the_same(snapshot, app, state)
