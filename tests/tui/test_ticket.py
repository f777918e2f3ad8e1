"""The ticket of a link, asked for in the confirm dialog, and the note about it."""

import sqlite3
import sys
from contextlib import closing

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.history import sqlite_file
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.dialogs.confirm import ConfirmDialog
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def harbor(demo):
    return demo.instance("harbor-prod")


def tickets(state):
    with HistoryStore(state / "history.db") as store:
        return [(entry.request.user_name, entry.request.ticket) for entry in store.search()]


async def ask(desk, name):
    """Look for somebody and open the confirm dialog."""
    await desk.loaded()
    await desk.filter(name)
    await desk.press("enter", "s")
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmDialog), "no confirm dialog")
    await desk.armed()


async def send(desk, name, ticket=""):
    """Send somebody a link, for a ticket."""
    await ask(desk, name)
    if ticket:
        await desk.press("t", *ticket, "enter")
    await desk.confirm()
    await desk.sees("Success")


async def noted(desk, ticket):
    """Send a link for a ticket and open the note about it, as somebody does who wants it."""
    await send(desk, "garcia", ticket)
    await desk.sees(f"Note for {ticket}")
    await desk.press("escape", "f4")
    await desk.sees(f"Note for {ticket}", "(m)")


async def test_the_ticket_is_typed_in_the_dialog_and_kept_in_the_history(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia", "HD-77 by y")
        await desk.sees("Note for HD-77 by y")
    assert tickets(tmp_path) == [("odd.garcia", "HD-77 by y")]


async def test_without_a_ticket_no_note_comes_up_by_itself(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia")
        await desk.settled()
        assert "Note for" not in desk.text
        await desk.press("f4")
        await desk.sees("Note for the ticket", "odd.garcia@harbor.example.com", "spam")


async def test_enter_in_the_ticket_goes_back_to_cancel_and_sends_nothing(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask(desk, "garcia")
        await desk.press("t", *"yyy", "enter")
        await desk.until(lambda: desk.app.focused is not None and desk.app.focused.id == "foot", "no")
        await desk.press("enter")
        await desk.sees_no("Send a reset link?")
    assert not harbor.outbox
    assert tickets(tmp_path) == []


async def test_a_yes_right_after_the_ticket_is_no_part_of_it(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask(desk, "garcia")
        await desk.press("t")
        for key in (*"HD-7", "enter", "y"):
            desk.send(key)
        await desk.sees("Success", "Note for HD-7")
    assert tickets(tmp_path) == [("odd.garcia", "HD-7")]
    assert len(harbor.outbox) == 1


async def test_what_was_typed_as_the_ticket_is_not_the_beginning_of_the_next_name(
    demo, tmp_path, monkeypatch
):
    monkeypatch.setattr("dazos_tui.tui.type_ahead.QUIET_SECONDS", 3600.0)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.press("t", *"HD-7", "enter")
        await desk.confirm()
        await desk.sees("Note for HD-7")
        await desk.press("enter")
        await desk.sees("terminal's clipboard")
        assert desk.work.panes.users.typed == "garcia"


async def test_escape_in_the_ticket_sends_nothing(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask(desk, "garcia")
        await desk.press("t", *"HD-1", "escape")
        await desk.sees_no("Send a reset link?")
    assert not harbor.outbox


async def test_a_name_typed_that_goes_on_from_y_to_t_takes_the_yes_back(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask(desk, "garcia")
        await desk.press(*"ytte")
        await desk.sees("Nothing was sent: a key other than y was pressed.")
    assert not harbor.outbox


async def test_the_ticket_of_a_person_is_there_again_and_of_the_last_one_with_a_key(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia", "HD-7")
        await desk.press("escape")
        await ask(desk, "garcia")
        await desk.sees("Ticket (t)", "HD-7")
        assert desk.value("#ticket") == "HD-7"
        await desk.press("escape")
        await ask(desk, "o'brien")
        await desk.sees("none; ↑ takes HD-7")
        assert desk.value("#ticket") == ""
        await desk.press("t", "up", "enter")
        await desk.confirm()
        await desk.sees("Note for HD-7")
    assert sorted(tickets(tmp_path)) == [("odd.garcia", "HD-7"), ("odd.obrien", "HD-7")]


async def test_the_address_in_the_note_can_be_masked(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await noted(desk, "HD-1")
        await desk.sees("odd.garcia@harbor.example.com")
        await desk.press("m")
        await desk.sees("o***@harbor.example.com", "Show (m)")
        assert "odd.garcia@" not in "\n".join(line for line in desk.text.splitlines() if "We" in line)


async def test_the_note_is_copied_and_says_what_became_of_that(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia", "HD-1")
        await desk.sees("Note for HD-1")
        await desk.press("ctrl+y")
        await desk.sees("terminal's clipboard", "odd.garcia@harbor.example.com")


def noted_at(state):
    with HistoryStore(state / "history.db") as store:
        return [entry.noted_at for entry in store.search()]


async def test_a_note_that_is_copied_is_in_the_course_of_the_send(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia", "HD-1")
        await desk.sees("Note for HD-1")
        assert noted_at(tmp_path) == [None]
        await desk.press("ctrl+y")
        await desk.until(lambda: noted_at(tmp_path) != [None], "the note is not recorded")
        [first] = noted_at(tmp_path)
        await desk.press("ctrl+y")
        await desk.press("escape")
        await desk.open_full_history()
        await desk.full_history.detail_shows("note for HD-1 taken")
    assert noted_at(tmp_path) == [first]


async def test_a_note_is_copied_although_the_history_cannot_be_written(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.1)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia", "HD-1")
        await desk.sees("Note for HD-1")
        with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await desk.press("ctrl+y")
            await desk.sees("terminal's clipboard", "The note itself is fine", "in use by another program")
    assert noted_at(tmp_path) == [None]


def with_command(demo, *arguments):
    """Return a config that hands the note to Python; its first word is short, however long Python's path."""
    config = config_of(demo_instance(demo))
    return config.model_copy(update={"note_command": ("env", sys.executable, "-c", *arguments)})


async def test_the_note_is_handed_to_the_command_of_the_config(demo, tmp_path):
    kept = tmp_path / "kept.txt"
    program = f"import sys; open({str(kept)!r}, 'w').write(sys.argv[1] + chr(10) + sys.stdin.read())"
    async with at_desk(with_command(demo, program, "{ticket}"), tmp_path) as desk:
        await noted(desk, "HD-9")
        await desk.press("h")
        await desk.sees("accepted the note for HD-9")
    assert noted_at(tmp_path) != [None]
    assert kept.read_text().startswith("HD-9\n")
    assert "odd.garcia@harbor.example.com" in kept.read_text()


async def test_a_command_that_fails_is_reported_and_the_note_stays(demo, tmp_path):
    program = "import sys; sys.exit('no such issue')"
    async with at_desk(with_command(demo, program), tmp_path) as desk:
        await noted(desk, "HD-9")
        await desk.press("h")
        await desk.sees("no such issue", "odd.garcia@harbor.example.com")
    assert tickets(tmp_path) == [("odd.garcia", "HD-9")]
    assert noted_at(tmp_path) == [None]


async def test_a_command_goes_on_when_the_box_is_closed_and_its_end_is_reported(demo, tmp_path):
    go, kept = tmp_path / "go", tmp_path / "kept.txt"
    program = (
        f"import os, sys, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
        f"open({str(kept)!r}, 'w').write(sys.stdin.read())"
    )
    async with at_desk(with_command(demo, program), tmp_path) as desk:
        await noted(desk, "HD-9")
        await desk.press("h")
        await desk.sees("Handing the note to")
        await desk.press("escape")
        await desk.sees_no("Note for HD-9")
        go.touch()
        await desk.sees("Ticket note", "accepted the note for HD-9")
    assert "odd.garcia@harbor.example.com" in kept.read_text()


async def test_where_there_is_no_command_none_is_offered(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-prod") as desk:
        await send(desk, "garcia", "HD-1")
        await desk.sees("Note for HD-1")
        assert "(h)" not in desk.text


@pytest.mark.parametrize("name", ["ste", "obrien", "kim", "hugo", "maria", "quinn", "yara", "carla"])
async def test_the_note_makes_way_for_the_next_name(demo, tmp_path, name):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia", "HD-1")
        await desk.sees("Note for HD-1")
        await desk.settled()
        await desk.type(name)
        await desk.sees_no("Note for HD-1")
        assert desk.work.panes.users.typed == name


async def test_no_letter_of_the_next_name_hands_the_note_over(demo, tmp_path):
    kept = tmp_path / "kept.txt"
    async with at_desk(with_command(demo, f"open({str(kept)!r}, 'w')"), tmp_path) as desk:
        await send(desk, "garcia", "HD-1")
        await desk.sees("Note for HD-1", "Hand to")
        await desk.settled()
        await desk.type("hugo")
        await desk.sees_no("Note for HD-1")
        assert desk.work.panes.users.typed == "hugo"
        await desk.settled()
    assert not kept.exists()


async def test_its_letters_act_once_one_of_its_buttons_was_gone_to(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await send(desk, "garcia", "HD-1")
        await desk.sees("Note for HD-1")
        await desk.press("right")
        await desk.sees("(m)")
        await desk.press("m")
        await desk.sees("o***@harbor.example.com")


async def test_a_note_waits_until_the_next_persons_box_is_closed(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask(desk, "garcia")
        await desk.press("t", *"HD-1", "enter")
        harbor.faults.delay("action", 4.0)
        await desk.confirm()
        await ask(desk, "o'brien")
        await desk.press("t", *"help-123")
        await desk.until(lambda: tickets(tmp_path) and not desk.work.sending, "it never ends")
        await desk.type("help")
        await desk.settled()
        assert desk.value("#ticket") == "help-123help"
        assert "Note for HD-1" not in desk.text
        await desk.press("escape")
        await desk.sees("Note for HD-1")
