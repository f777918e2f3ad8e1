"""Beginning with a ticket: typed into the filter, with T, or from the command line."""

import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.models import Config
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.dialogs.confirm import ConfirmDialog
from dazos_tui.tui.dialogs.find_user import FindUserDialog
from dazos_tui.tui.startup import AppContext
from dazos_tui.tui.ticket_memory import TicketMemory
from dazos_tui.tui.widgets.count_line import CountLine
from dazos_tui.tui.widgets.users_pane import UsersPane
from tests.reset_requests import request_to
from tests.support import demo_config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk
from tests.tui.paged_demo import NAME, paged_server
from tests.tui.test_batch import planned, reported, send

READS = """
import pathlib, sys, time
ticket = sys.argv[1]
folder = pathlib.Path(sys.argv[2])
with open(folder / "ran", "a") as ran:
    ran.write(ticket + "\\n")
file = folder / (ticket + ".txt")
if not file.exists():
    sys.exit("x\\nno such ticket: " + ticket)
if file.read_text() == "hangs":
    time.sleep(600)
print(file.read_text())
"""


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def harbor(demo):
    return demo.instance("harbor-prod")


@pytest.fixture
def desk_folder(tmp_path):
    (tmp_path / "tickets").mkdir()
    return tmp_path / "tickets"


def write(folder: Path, ticket: str, text: str) -> None:
    (folder / f"{ticket}.txt").write_text(text)


def with_tickets(config: Config, folder: Path, **changes: object) -> Config:
    command = (sys.executable, "-c", READS, "{ticket}", str(folder))
    return config.model_copy(update={"ticket_command": command, **changes})


@asynccontextmanager
async def at_harbor(demo, folder, tmp_path, **changes):
    config = with_tickets(demo_config_of(demo), folder, **changes)
    async with at_desk(config, tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        yield desk


def people(desk):
    return [user.user_name for user in desk.work.panes.users.query_one("#users").rows]


def bar(desk):
    return desk.lines[0]


def a_person(harbor, number=3):
    active = [one for one in harbor.people if one.active and not one.is_admin and one.email1]
    return active[number]


async def test_the_person_in_a_typed_ticket_gets_a_link_for_it_without_being_typed(
    demo, harbor, desk_folder, tmp_path
):
    person = a_person(harbor)
    write(desk_folder, "T-1042", f"From: Somebody <{person.email1}>\nI cannot log in.")
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-1042")
        await desk.sees("▸ T-1042 for the next link", "In the ticket · 1")
        assert "T-1042" in bar(desk)
        assert people(desk) == [person.user_name]
        await desk.open()
        await desk.press("s")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmDialog), "nothing is asked")
        await desk.armed()
        await desk.sees("T-1042")
        await desk.confirm()
        await desk.sees("Success", "Note for T-1042")
        await desk.press("escape")
        await desk.until(lambda: "T-1042" not in bar(desk), "the ticket stays in the bar")
    with HistoryStore(tmp_path / "history.db") as store:
        assert [(one.request.user_name, one.request.ticket) for one in store.search()] == [
            (person.user_name, "T-1042")
        ]


async def test_enter_right_after_the_ticket_opens_its_only_person(demo, harbor, desk_folder, tmp_path):
    person = a_person(harbor)
    write(desk_folder, "T-1042", person.email1)
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-1042")
        await desk.press("enter")
        await desk.until(lambda: desk.focus == "profile", "nobody is opened")
        assert desk.person_shown.user_name == person.user_name
        assert "T-1042" in bar(desk)


async def test_another_ticket_written_in_the_dialog_is_not_offered_with_the_next_person(
    demo, harbor, desk_folder, tmp_path
):
    write(desk_folder, "T-1042", a_person(harbor).email1)
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-1042")
        await desk.sees("In the ticket · 1")
        await desk.open()
        await desk.press("s")
        await desk.armed()
        await desk.press("t", *["backspace"] * 6, *"HD-9", "enter")
        await desk.confirm()
        await desk.sees("Success", "Note for HD-9")
        assert "T-1042" not in bar(desk)


async def test_several_people_are_offered_and_one_is_chosen(demo, harbor, desk_folder, tmp_path):
    one, other = a_person(harbor, 3), a_person(harbor, 5)
    write(desk_folder, "T-7", f"{other.email1} asks for {one.full_name}")
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-7")
        await desk.sees("In the ticket · 2")
        assert people(desk) == [other.user_name, one.user_name]
        await desk.press("down")
        await desk.open()
        assert desk.person_shown.user_name == one.user_name
        assert "T-7" in bar(desk)


async def test_nobody_here_says_which_addresses_and_looks_in_the_other_instances(demo, desk_folder, tmp_path):
    there = a_person(demo.instance("summit-prod"))
    write(desk_folder, "T-9", f"stranger@example.net and {there.email1}")
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-9")
        await desk.sees("No address of it is a person here", "stranger@example.net", "F9 looks")
        await desk.press("f9")
        await desk.until(lambda: isinstance(desk.app.screen, FindUserDialog), "nobody is looked for")
        await desk.sees("summit-prod", there.user_name)
        await desk.press("enter")
        await desk.until(lambda: desk.work.jobs.instance.name == "summit-prod", "it does not go there")
        await desk.sees("T-9")
        assert "T-9" in bar(desk)


async def test_without_a_command_the_ticket_is_kept_for_the_next_link(demo, harbor, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await desk.loaded()
        await desk.type("HD-77")
        await desk.sees("▸ HD-77 for the next link", "Enter, then type the name.")
        await desk.press("enter")
        await desk.sees_no("▸ HD-77")
        assert "HD-77" in bar(desk)
        await desk.type("garcia")
        await desk.open()
        await desk.press("s")
        await desk.asked("HD-77")
        await desk.press("escape", "escape")
        await desk.press("escape")
        assert "HD-77" in bar(desk)
        await desk.press("escape")
        await desk.until(lambda: "HD-77" not in bar(desk), "Esc does not drop the ticket")


async def test_deleting_the_ticket_drops_it(demo, desk_folder, tmp_path):
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-1")
        await desk.until(lambda: "T-1" in bar(desk), "no ticket")
        await desk.press("backspace", "backspace")
        await desk.until(lambda: "T-1" not in bar(desk), "the ticket stays")


async def test_a_name_that_somebody_has_is_no_ticket(demo, harbor, desk_folder, tmp_path):
    async with at_harbor(demo, desk_folder, tmp_path, ticket_pattern="[a-z]+") as desk:
        await desk.type("garcia")
        await desk.sees("match")
        assert desk.work.panes.users.ticket == ""
        await desk.type("zz")
        await desk.sees("▸ garciazz for the next link")


async def test_links_for_the_ticket_are_shown(demo, harbor, desk_folder, tmp_path):
    person = a_person(harbor)
    write(desk_folder, "T-5", "no names here")
    with HistoryStore(tmp_path / "history.db") as store:
        for ticket in ("T-5", "T-55"):
            store.record_request(request_to(person, demo_instance(demo), ticket=ticket))
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.press("escape")
        await desk.type("T-5")
        await desk.sees("In the history · 1", person.full_name, "In the ticket · 0")
        assert people(desk) == [person.user_name]


@pytest.mark.parametrize("text", ["hangs", None])
async def test_a_command_that_fails_or_hangs_is_never_in_the_way(demo, harbor, desk_folder, tmp_path, text):
    if text is not None:
        write(desk_folder, "T-3", text)
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-3")
        if text is None:
            await desk.sees("✗ The ticket command", "no such ticket: T-3")
        else:
            await desk.sees("✗ The ticket command", "5 seconds.")
        await desk.filter("garcia")
        await desk.open()


async def test_typing_on_runs_the_command_for_the_whole_ticket_only(demo, desk_folder, tmp_path):
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-1042")
        await desk.sees("no such ticket: T-1042")
        assert (desk_folder / "ran").read_text() == "T-1042\n"


async def test_the_key_asks_for_a_ticket_of_any_look(demo, harbor, desk_folder, tmp_path):
    person = a_person(harbor)
    write(desk_folder, "case 12", person.email1)
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.press("tab", "T")
        await desk.sees("Begin with a ticket")
        await desk.type("case 12")
        await desk.press("enter")
        await desk.sees("▸ case 12 for the next link", "In the ticket · 1")
        assert people(desk) == [person.user_name]
        await desk.press("escape", "tab", "T")
        await desk.sees("Begin with a ticket")
        await desk.type("--help")
        await desk.press("enter")
        await desk.sees("a command would take it for an option")
    assert (desk_folder / "ran").read_text() == "case 12\n"


@asynccontextmanager
async def started_with(ticket, demo, folder, tmp_path):
    store = HistoryStore(tmp_path / "history.db")
    context = AppContext(
        with_tickets(demo_config_of(demo), folder), store, "harbor-prod", tickets=TicketMemory(ticket)
    )
    app = DazosApp(lambda: context)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        yield Desk(app, pilot)
    store.close()


async def test_the_only_person_of_a_ticket_from_the_command_line_is_opened(
    demo, harbor, desk_folder, tmp_path
):
    person = a_person(harbor)
    write(desk_folder, "T-1042", person.email1)
    async with started_with("T-1042", demo, desk_folder, tmp_path) as desk:
        await desk.loaded()
        await desk.until(lambda: desk.focus == "profile", "nobody is opened")
        assert desk.person_shown.user_name == person.user_name
        assert "T-1042" in bar(desk)


async def test_of_several_from_the_command_line_none_is_opened(demo, harbor, desk_folder, tmp_path):
    write(desk_folder, "T-1042", f"{a_person(harbor, 3).email1} {a_person(harbor, 5).email1}")
    async with started_with("T-1042", demo, desk_folder, tmp_path) as desk:
        await desk.loaded()
        await desk.sees("In the ticket · 2")
        assert desk.focus == "filter"


async def test_a_user_who_opens_somebody_else_is_not_taken_to_the_person_of_the_ticket(desk_folder, tmp_path):
    with paged_server() as demo:
        harbor = demo.instance(NAME)
        active = [one for one in sorted(harbor.people, key=lambda one: one.full_name) if one.active]
        seen, named = active[0], active[-1]
        write(desk_folder, "T-1", named.email1)
        harbor.faults.delay("list", 0.5, times=None)
        async with started_with("T-1", demo, desk_folder, tmp_path) as desk:
            await desk.sees("In the ticket · 1")
            assert desk.work.panes.users.is_reading
            user = next(one for one in desk.work.loaded_users() if one.user_name == seen.user_name)
            desk.work.panes.users.post_message(UsersPane.Opened(user))
            await desk.until(lambda: desk.work.panes.profile.profile is not None, "no profile came")
            harbor.faults.clear()
            await desk.until(lambda: desk.work.panes.users.is_whole, "the list is never whole")
            await desk.settled()
            assert desk.person_shown.user_name == seen.user_name


async def test_an_enter_for_one_ticket_opens_nobody_of_another(demo, harbor, desk_folder, tmp_path):
    write(desk_folder, "T-104", "hangs")
    write(desk_folder, "T-1042", a_person(harbor).email1)
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-104")
        await desk.until((desk_folder / "ran").exists, "the ticket is never read")
        await desk.press("enter", "2")
        await desk.sees("In the ticket · 1")
        await desk.settled()
        assert desk.focus == "filter"


async def test_a_person_who_is_the_only_one_later_does_not_open_by_itself(
    demo, harbor, desk_folder, tmp_path
):
    one, other = a_person(harbor, 3), a_person(harbor, 5)
    write(desk_folder, "T-7", f"{one.email1} {other.email1}")
    async with started_with("T-7", demo, desk_folder, tmp_path) as desk:
        await desk.loaded()
        await desk.sees("In the ticket · 2")
        harbor.remove_person(other)
        await desk.press("f5")
        await desk.sees("In the ticket · 1")
        await desk.settled()
        assert desk.focus == "filter"


# -- several at once ----------------------------------------------------------------------------------


async def test_a_batch_is_for_the_ticket_that_its_people_are_named_in(demo, harbor, desk_folder, tmp_path):
    one, other = a_person(harbor, 3), a_person(harbor, 5)
    write(desk_folder, "T-7", f"{one.email1} {other.email1}")
    limits = BatchTable(links_per_minute=6000)
    async with at_harbor(demo, desk_folder, tmp_path, batch=limits) as desk:
        await desk.type("T-7")
        await desk.sees("In the ticket · 2")
        await desk.press("tab", " ", " ")
        await planned(desk)
        await desk.sees("ticket T-7 (t)")
        await send(desk, 2)
        await reported(desk)
        assert [entry.request.ticket for entry in desk.app.context.store.search()] == ["T-7"] * 2
        assert "T-7" not in bar(desk)


async def test_an_asterisk_picks_whom_the_ticket_names(demo, harbor, desk_folder, tmp_path):
    one, other = a_person(harbor, 3), a_person(harbor, 5)
    write(desk_folder, "T-7", f"{one.email1} {other.email1}")
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.type("T-7")
        await desk.sees("In the ticket · 2")
        await desk.press("tab", "*")
        assert picked(desk) == [one.user_name, other.user_name]
        await desk.sees("2 picked")
        assert "here" not in desk.work.panes.users.query_one(CountLine).render().plain


async def test_an_asterisk_picks_nobody_who_is_not_shown_for_the_ticket(demo, harbor, desk_folder, tmp_path):
    """A ticket asked for with its key may look like a name that others have."""
    person = a_person(harbor)
    assert "garc" not in person.full_name.casefold()
    write(desk_folder, "garcia", person.email1)
    write(desk_folder, "garcia 2", "nobody")
    async with at_harbor(demo, desk_folder, tmp_path) as desk:
        await desk.press("tab", "T")
        await desk.sees("Begin with a ticket")
        await desk.type("garcia")
        await desk.press("enter")
        await desk.sees("In the ticket · 1")
        await desk.press("tab", "*")
        assert picked(desk) == [person.user_name]
        await desk.press("u", "T")
        await desk.sees("Begin with a ticket")
        await desk.type("garcia 2")
        await desk.press("enter")
        await desk.sees("In the ticket · 0")
        await desk.press("tab", "*")
        await desk.sees("Nobody is shown for the ticket.")
        assert picked(desk) == []


def picked(desk):
    return [user.user_name for user in desk.work.panes.users.picks.users]
