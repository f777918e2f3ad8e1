"""Names that would take over a terminal, or the app's markup, are shown as harmless text everywhere."""

import unicodedata

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.dialogs.help import HelpDialog
from dazos_tui.tui.dialogs.palette import PaletteDialog
from dazos_tui.tui.widgets.inputs import FilterInput
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk

OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=60) as server:
        yield server


def harmful(text):
    """Return the characters that a terminal would obey or not show."""
    return {char for char in set(text) - {"\n"} if unicodedata.category(char) in OBEYED}


def hostile_people(demo):
    return [person for person in demo.instance("harbor-prod").people if person.user_name.startswith("odd.")]


async def test_every_hostile_name_is_harmless_in_list_profile_dialog_toast_and_history(demo, tmp_path):
    people = hostile_people(demo)
    assert len(people) >= 15
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(120, 40)) as desk:
        await desk.loaded()
        for person in people:
            await desk.look_for(f"user:{person.user_name}")
            await desk.sees("1 match")
            assert not harmful(desk.text)
            await desk.open()
            await desk.sees("User Name")
            assert not harmful(desk.text)
            await desk.press("s")
            await desk.sees("harbor-prod", "last link")
            assert not harmful(desk.text)
            if person.status != "Active":
                await desk.press("escape")
                continue
            await desk.confirm()
            await desk.sees("Success")
            assert not harmful(desk.text)
            await desk.press("f3", "home", "enter")
            await desk.sees("History no.")
            assert not harmful(desk.text)
            await desk.press("escape", "escape")
            await desk.sees_no("Success")
    active = {person.user_name for person in people if person.status == "Active"}
    assert {mail.user_name for mail in demo.instance("harbor-prod").outbox} == active


async def test_markup_in_a_name_is_shown_as_it_is(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("user:odd.closing")
        await desk.press("enter", "s")
        await desk.sees("Send a reset link?", "Terry Smith [/] Ltd")


async def test_markup_typed_into_the_filter_is_only_text(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("[bold red]smith[/]")
        await desk.sees("1 match", "[bold red]Smith[/]")


async def test_what_is_pasted_cannot_command_the_terminal(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        desk.paste("gar\x1b]52;c;eA==\x07\u202ecia")
        await desk.sees("gar]52;c;eA==cia")
        assert not {"\x1b", "\x07", "\u202e"} & set(desk.work.query_one("#filter", FilterInput).value)


INVISIBLE = "\u200b\u3164\u115f\u2800\ufe0f\u2060"
PILED = "e" + "\u0301\u0489" * 30


async def filter_of(desk):
    await desk.press("escape")
    return desk.work.query_one("#filter", FilterInput)


async def ticket_of(desk):
    await desk.filter("garcia")
    await desk.press("enter", "s")
    await desk.armed()
    await desk.press("t")
    return desk.app.focused


async def palette_of(desk):
    await desk.press("ctrl+p")
    return await search_of(desk, PaletteDialog)


async def search_of(desk, box):
    await desk.until(lambda: isinstance(desk.app.screen, box) and desk.app.focused is not None, "no box")
    return desk.app.focused


async def help_of(desk):
    await desk.press("f1")
    return await search_of(desk, HelpDialog)


@pytest.mark.parametrize("field_of", [filter_of, ticket_of, palette_of, help_of])
async def test_what_is_typed_or_pasted_anywhere_is_drawn_as_safely_as_a_name(demo, tmp_path, field_of):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        field = await field_of(desk)
        desk.paste(f"T{INVISIBLE}-\u202e{PILED}")
        await desk.until(lambda: field.value.startswith("T-e"), "nothing was pasted")
        for mark in "\u0301" * 20:
            desk.send(mark)
        await desk.press("1")
        assert field.value.endswith("1")
        assert sum(unicodedata.combining(char) > 0 or char == "\u0489" for char in field.value) == 6
        assert len(field.value) == len("T-e1") + 6
        assert not harmful(field.value)


async def test_a_mark_that_loses_its_letter_is_not_drawn_onto_the_one_before(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        field = await ticket_of(desk)
        field.replace("a" + "\u0301" * 6 + "b" + "\u0301" * 6, 0, 0)
        field.delete(7, 8)
        assert field.value == "a" + "\u0301" * 6
        field.value = f"x{INVISIBLE}"
        assert field.value == "x"
