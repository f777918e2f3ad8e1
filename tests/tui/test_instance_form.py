"""The form for an instance, where what it changes has changed meanwhile, or is thrown away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dazos_tui.demo.server import DemoServer
from tests.tui.app_driver import Desk, at_desk
from tests.tui.test_first_run import write


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def file(tmp_path):
    return tmp_path / "made" / "config.toml"


@pytest.mark.parametrize("left", [["harbor-prod"], []])
async def test_one_that_another_editor_took_out_cannot_be_pinned(demo, file, tmp_path, left):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        write(file, demo, *left)
        await desk.press("down", "f3")
        await desk.sees("summit-prod was not pinned", "There is no instance “summit-prod” in the file.")
        await desk.press("escape")
        await desk.sees("Which CRM instance?" if left else "Welcome to dazos-tui")
        await desk.sees_no("summit-prod")


async def test_one_that_another_editor_took_out_cannot_be_changed(demo, file, tmp_path):
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("down", "f4")
        await desk.sees("Change summit-prod")
        write(file, demo, "harbor-prod")
        await desk.press("enter", "enter", "down", "enter")
        await desk.sees("There is no instance “summit-prod” in the file.")
        await desk.press("escape", "escape")
        await desk.sees("Which CRM instance?", "harbor-prod")
        await desk.sees_no("summit-prod")


@asynccontextmanager
async def form(demo: DemoServer, file: Path, tmp_path: Path, key: str = "f7") -> AsyncIterator[Desk]:
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press(key)
        await desk.sees("Address")
        yield desk


def failure(desk: Desk) -> str:
    """Return what is said of the step that failed."""
    return "".join(desk.frame).partition("✗ ")[2].partition("  Write  ")[0]


AGAIN = "Esc again discards what you typed."


@pytest.mark.parametrize(
    ("key", "typed"), [("f7", ["a"]), ("f7", ["tab", "tab", "tab", "down"]), ("f4", ["a"])]
)
async def test_the_first_esc_keeps_what_was_typed_and_the_second_throws_it_away(
    demo, file, tmp_path, key, typed
):
    async with form(demo, file, tmp_path, key) as desk:
        await desk.press(*typed, "escape")
        await desk.sees(AGAIN)
        await desk.press("escape")
        await desk.sees("Which CRM instance?")


async def test_typing_after_the_warning_brings_another_warning(demo, file, tmp_path):
    async with form(demo, file, tmp_path) as desk:
        await desk.press("a", "escape")
        await desk.sees(AGAIN)
        await desk.press("b")
        await desk.sees_no(AGAIN)
        await desk.press("escape")
        await desk.sees(AGAIN)


@pytest.mark.parametrize(
    ("key", "typed"), [("f7", []), ("f7", ["a", "backspace"]), ("f4", []), ("f4", ["a", "backspace"])]
)
async def test_a_form_with_nothing_in_it_is_left_at_once(demo, file, tmp_path, key, typed):
    async with form(demo, file, tmp_path, key) as desk:
        await desk.press(*typed, "escape")
        await desk.sees("Which CRM instance?")


async def test_a_click_on_a_key_does_what_the_key_does(demo, file, tmp_path):
    async with form(demo, file, tmp_path) as desk:
        await desk.type("a")
        await desk.click("Esc leave")
        await desk.click("Esc again")
        await desk.sees("Which CRM instance?")


async def test_the_advice_names_nothing_that_is_not_there_yet(demo, file, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with form(demo, file, tmp_path) as desk:
        await desk.fill_in("my crm", f"{demo.url}/", "somebody", environment=0)
        await desk.press("enter")
        await desk.reads("not the CRM's login page", "Compare the address", "address starts with http")
        assert "config" not in failure(desk)
        await desk.press("enter", "end")
        await desk.type("harbor-prod")
        await desk.press("enter", "enter", "enter", "enter")
        await desk.sees("Sign in to my crm")
        await desk.type("wrong")
        await desk.press("enter")
        await desk.reads("Check user name and password")
        assert "keyring" not in failure(desk)
        assert "config" not in failure(desk)
    assert harbor.sign_in_attempts == 1
