"""What a key copies about the selected person, or of a row of the history."""

import os
from pathlib import Path

import pytest

from dazos_tui.demo.server import DemoServer
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.test_ticket import send

_TMUX = """#!/bin/sh
cat > "$(dirname "$0")/copied"
"""


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Put a tmux first in the PATH that keeps what is copied; return where."""
    folder = tmp_path / "bin"
    folder.mkdir()
    tmux = folder / "tmux"
    tmux.write_text(_TMUX)
    tmux.chmod(0o755)
    monkeypatch.setenv("TMUX", "somewhere")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "copied"


@pytest.fixture
async def desk(tmp_path):
    with DemoServer(users=45) as demo:
        async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
            await desk.loaded()
            yield desk


async def taken(desk, copied: Path, text: str):
    await desk.until(lambda: copied.exists() and copied.read_text() == text, f"{text!r} was not copied")


async def test_y_in_the_list_and_the_profile_copies_the_address(desk, copied):
    await desk.filter("user:odd.garcia")
    await desk.press("tab", "y")
    await taken(desk, copied, "odd.garcia@harbor.example.com")
    await desk.sees("odd.garcia@harbor.example.com", "Copied into tmux's buffer")
    copied.unlink()
    await desk.open()
    await desk.press("y")
    await taken(desk, copied, "odd.garcia@harbor.example.com")


@pytest.mark.parametrize(
    ("downs", "part"), [(1, "odd.garcia"), (2, "Elena García"), (3, "record="), (4, "no link sent from here")]
)
async def test_a_menu_has_more_to_copy(desk, copied, downs, part):
    await desk.filter("user:odd.garcia")
    await desk.press("tab", "Y")
    await desk.sees("Copy · Elena García", "Profile address", "Row for the ticket")
    await desk.press(*["down"] * downs, "enter")
    await desk.until(lambda: copied.exists() and part in copied.read_text(), f"{part!r} was not copied")


async def test_y_in_the_history_copies_the_row_as_one_line(desk, copied):
    await send(desk, "garcia")
    await desk.press("escape", "f3", "y")
    await desk.until(lambda: copied.exists() and copied.read_text(), "nothing was copied")
    row = copied.read_text()
    assert row.startswith("sent 20")
    assert "Elena García <odd.garcia@harbor.example.com> (odd.garcia)" in row
    assert "\n" not in row


async def test_a_y_while_typing_is_a_letter(desk, copied):
    await desk.type("yara")
    await desk.pilot.pause()
    assert desk.work.panes.users.typed == "yara"
    assert not copied.exists()


async def test_where_there_is_nobody_it_says_so(desk, copied):
    await desk.filter("zzzzzz")
    await desk.press("tab", "y")
    await desk.sees("Select a person first")
    assert not copied.exists()


async def test_of_somebody_without_an_address_nothing_else_is_copied_in_its_place(tmp_path, copied):
    with DemoServer(users=45) as demo:
        demo.instance("harbor-prod").person("odd.garcia").email1 = ""
        async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
            await desk.loaded()
            await desk.filter("user:odd.garcia")
            await desk.sees("1 match")
            await desk.press("tab", "y")
            await desk.sees("There is no e-mail address to copy: Y offers the rest.")
    assert not copied.exists()
