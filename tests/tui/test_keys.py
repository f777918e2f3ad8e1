"""Keys: the table in the docs, configured keys, disabled commands, help, zoom."""

import runpy
import sys
from pathlib import Path

import pytest
from textual.keys import _character_to_key

from dazos_tui.config.keymap import DEFAULT_KEYS, effective_keys, parse_key
from dazos_tui.config.keymap_table import KeyTable
from dazos_tui.demo.server import DemoServer
from dazos_tui.directory.directory import Directory
from dazos_tui.tui.commands import COMMANDS, commands_with, quit_hint
from tests.smoke.terminal import Terminal, needs_tmux
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk

DOCS = Path(__file__).parents[2] / "docs"


def test_the_keys_page_is_generated_from_the_commands():
    page = (DOCS / "keys.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(DOCS / "make_keys.py"))
    assert made["cheatsheet"]() == page, "run: python -m docs.make_keys"
    assert all(command.help in page for command in COMMANDS)


def test_every_command_has_default_keys_in_one_place():
    assert [command.name for command in COMMANDS] == list(DEFAULT_KEYS)


@pytest.mark.parametrize("sign", list("?/.,;:!#%&*+-_=@~^|\\'\"<>()[]{}$` aZ5é"))
def test_characters_have_the_key_names_that_textual_uses(sign):
    assert parse_key(sign) == _character_to_key(sign)


def test_commands_can_have_other_keys():
    [more] = [one for one in commands_with(effective_keys({"more": ("f11", "x")})) if one.name == "more"]
    assert (more.shown_keys, more.typing_key) == ("F11 or x", "f11")


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def config(demo):
    def config(**keys):
        return config_of(demo_instance(demo)).model_copy(update={"keys": KeyTable(**keys)})

    return config


async def test_configured_keys_work_and_show_in_footer_help_and_palette(config, tmp_path):
    mine = config(send="x", note=[], sort="ctrl+t", help=["f12"], browser="f1", filter="ctrl+y")
    async with at_desk(mine, tmp_path, size=(120, 60)) as desk:
        await desk.loaded()
        await desk.press("tab")
        await desk.sees("x Send link")
        await desk.press("x")
        await desk.sees("Send a reset link?")
        await desk.press("escape", "tab", "s", "n", "f4", "?")
        assert desk.app.screen is desk.work
        await desk.press("f12")
        await desk.type("sort")
        await desk.sees("Ctrl+T")
        await desk.press("escape", "f12")
        await desk.type("note for the ticket")
        await desk.sees("In the palette", "Ticket note")
        await desk.press("escape", "f12")
        await desk.press("pagedown")
        await desk.sees("4  x, then y, sends the link.", "5  “Ticket note” is the note for the ticket")
        await desk.press("escape", "ctrl+y", *"zzzz", "tab", "x")
        await desk.sees("Select a person first: Ctrl+Y")
        await desk.press("escape", "escape", "tab", "ctrl+p", *"send")
        await desk.until(lambda: "x │" in desk.text, "its key is not shown")


async def test_a_configured_key_works_while_typing(config, tmp_path):
    async with at_desk(config(sort="ctrl+t"), tmp_path) as desk:
        await desk.loaded()
        await desk.press("a", "c", "ctrl+t")
        await desk.sees("Best match first")
        assert desk.work.panes.users.typed == "ac"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("q", "f10"), "q quits; while you type in the filter, F10 does."),
        (("ctrl+x",), "Ctrl+X or F10 quits."),
        (("Q",), "Q quits; while you type in the filter, F10 does."),
        ((), "F10 quits."),
    ],
)
def test_the_quit_hint_names_the_keys_that_quit(keys, words):
    assert quit_hint(commands_with(effective_keys({"quit": keys}))) == words


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (["tab", "m"], "Open the profile first"),
        (["tab", "n"], "No ticket note yet"),
        (["tab", "l"], "Nobody is waiting"),
        (["tab", "v"], "Nobody is waiting"),
        (["h", "s"], "Select a person first"),
        (["h", "enter"], "The history is empty"),
        ([*"zzzzz", "enter"], "No person selected"),
        ([*"zzzzz", "tab", "o"], "Select a person first"),
    ],
)
async def test_a_disabled_command_says_why(config, tmp_path, keys, reason):
    async with at_desk(config(history=["h", "ctrl+t"]), tmp_path) as desk:
        await desk.loaded()
        await desk.press(*(["ctrl+t", *keys[1:]] if keys[0] == "h" else keys))
        await desk.sees(reason)
        assert desk.app.screen is desk.work


async def test_the_palette_shows_why_a_command_is_disabled(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.press("tab", "ctrl+p", *"more")
        await desk.sees("Not now: Open the profile first")
        await desk.press("escape", "escape", "tab", "enter")
        await desk.until(lambda: desk.work.panes.profile.profile is not None, "no profile came")
        await desk.press("ctrl+p", *"more")
        await desk.until(lambda: "Open the person's More menu" in desk.text, "it cannot be run")


@pytest.mark.parametrize("keys", [["escape"], ["ctrl+c"], ["a", "ctrl+c"]])
async def test_the_palette_closes_like_any_box(config, tmp_path, keys):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.press("ctrl+p")
        await desk.sees("Search for commands")
        await desk.press(*keys)
        await desk.until(lambda: desk.app.screen is desk.work, "the palette stays")


async def test_an_empty_list_cannot_be_sorted(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        desk.work.panes.users.directory = Directory()
        await desk.press("f6")
        await desk.sees("The list is empty: there is nothing to sort.")


async def test_help_begins_with_the_keys_of_the_pane_in_focus(config, tmp_path):
    async with at_desk(config(), tmp_path, size=(120, 60)) as desk:
        await desk.loaded()
        await desk.press("f1")
        await desk.sees("In the list", "Look at the top line", "Sort the list")
        assert desk.text.index("Sort the list") < desk.text.index("Look at the top line")
        await desk.press("escape", "f3", "?")
        await desk.sees("In the history", "Look at the top line")
        await desk.sees_no("Sort the list")


async def test_typing_in_the_help_searches_for_a_key(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.press("tab", "?", *"Sort q")
        await desk.sees("No key or command matches")
        await desk.press("backspace", "backspace")
        await desk.sees("c, F6  Sort the list by another column")
        await desk.sees_no("Look at the top line")
        await desk.press("escape")
        assert desk.app.screen is desk.work
        assert desk.work.panes.users.typed == ""


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 15)])
async def test_the_search_line_and_the_close_key_of_the_help_are_visible(config, tmp_path, size):
    async with at_desk(config(), tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.press("f1")
        await desk.sees("Type to find a key", "In the list", "Esc close")
        await desk.press("f1")
        assert desk.app.screen is desk.work


async def test_the_list_in_focus_shows_the_person_under_its_cursor(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.settled()
        assert "Person ·" not in desk.text
        await desk.press("tab")
        await desk.sees("Person ·")


async def test_zoom_shows_only_the_pane_in_focus_and_then_all_again(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.press("tab")
        await desk.sees("Person ·")
        await desk.press("z")
        await desk.sees_no("Person ·")
        await desk.sees("╭─ Users ")
        assert desk.work.query_one("#users-pane").size.width > 110
        await desk.press("h")
        await desk.sees("History · h ─")
        await desk.sees_no("╭─ Users ")
        await desk.press("z")
        await desk.sees("╭─ Users ", "Person · ", "History · h ─")


async def test_zoom_and_resizing_keep_focus_selection_and_filter(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("a")
        await desk.press("tab", "down", "down", "z")
        chosen = desk.current
        for size in [(80, 24), (45, 20), (40, 15), (200, 60), (120, 40)]:
            await desk.pilot.resize_terminal(*size)
            await desk.sees(chosen.name)
            assert (desk.focus, desk.work.panes.users.typed) == ("users", "a")
            assert desk.current == chosen
            assert not desk.work.query_one("#side").display
        await desk.press("z")
        await desk.sees("Person · Enter ─")
        assert (desk.focus, desk.current) == ("users", chosen)


SMALL = "Too small: 39x20"


async def test_on_a_terminal_too_small_keys_do_nothing_and_everything_is_kept(config, tmp_path):
    async with at_desk(config(), tmp_path, size=(80, 24)) as desk:
        await desk.loaded()
        await desk.filter("a")
        await desk.press("tab", "down")
        chosen = desk.current
        await desk.pilot.resize_terminal(39, 20)
        await desk.sees(SMALL, "Needed: 40x15")
        await desk.sees_no("Users")
        await desk.press("down", "s", "escape", "f5", "ctrl+p", "q", "tab")
        desk.paste("zoe")
        await desk.pilot.click("TooSmallCard")
        await desk.sees(SMALL)
        await desk.pilot.resize_terminal(40, 15)
        await desk.sees_no("Too small")
        assert desk.app.screen is desk.work
        assert (desk.focus, desk.work.panes.users.typed, desk.current) == (
            "users",
            "a",
            chosen,
        )


@pytest.mark.parametrize(
    ("key", "words"), [("f1", "Look at the top line"), ("ctrl+p", "Search for commands")]
)
async def test_the_too_small_card_covers_open_boxes(config, tmp_path, key, words):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.press(key)
        await desk.sees(words)
        box = desk.app.screen
        await desk.pilot.resize_terminal(39, 20)
        await desk.sees(SMALL)
        await desk.sees_no(words)
        await desk.press("escape")
        await desk.pilot.resize_terminal(120, 40)
        await desk.sees(words)
        assert desk.app.screen is box


async def test_the_too_small_card_covers_a_box_that_opens_later(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.pilot.resize_terminal(39, 20)
        await desk.sees(SMALL)
        desk.work.presenter.show_message("Something happened", "It did.")
        await desk.until(lambda: desk.app.screen is not desk.work, "no box came")
        await desk.sees(SMALL)
        await desk.sees_no("Something happened")
        await desk.pilot.resize_terminal(120, 40)
        await desk.sees("Something happened")
        await desk.press("enter")
        await desk.sees_no("Something happened")
        await desk.sees_no("Too small")


@pytest.mark.parametrize("size", [(120, 14), (120, 40)])
async def test_the_user_can_quit_while_loading_at_any_size(config, tmp_path, size):
    async with at_desk(config(), tmp_path, size=size) as desk:
        desk.send("f10")
        await desk.until(lambda: not desk.app.is_running, "does not quit")
    assert desk.app.failure is None


@pytest.mark.parametrize("key", ["f10", "ctrl+c"])
async def test_the_user_can_quit_on_a_terminal_too_small(config, tmp_path, key):
    async with at_desk(config(), tmp_path, size=(120, 14)) as desk:
        await desk.sees("Too small: 120x14")
        await desk.until(lambda: desk.app.navigator.front is not None, "nothing was opened")
        await desk.press(key)
        await desk.until(lambda: not desk.app.is_running, "does not quit")


@pytest.mark.parametrize(
    "keys", [["f10"], ["tab", "f10"], ["f3", "f10"], ["f1", "f10"], ["ctrl+p", "f10"], ["tab", "x"]]
)
async def test_f10_quits_everywhere_even_with_a_configured_key(config, tmp_path, keys):
    async with at_desk(config(quit="x"), tmp_path) as desk:
        await desk.loaded()
        await desk.press(*keys)
        await desk.until(lambda: not desk.app.is_running, "does not quit")


@needs_tmux
@pytest.mark.parametrize(("mouse", "flag"), [("true", "1"), ("false", "0")])
def test_the_config_can_turn_off_the_mouse(tmp_path, mouse, flag):
    table = 'url = "https://crm.example.test/"\nusername = "jo"\nenvironment = "sandbox"\n'
    config = tmp_path / "config.toml"
    config.write_text(f"mouse = {mouse}\n[instances.one]\n{table}[instances.two]\n{table}", encoding="utf-8")
    command = [sys.executable, "-m", "dazos_tui", "--config", str(config), "--state", str(tmp_path / "state")]
    with Terminal(command) as terminal:
        terminal.sees("Which CRM instance?")
        assert terminal._tmux("display-message", "-p", "-t", "t", "#{mouse_any_flag}").strip() == flag


# -- the footer -----------------------------------------------------------------------------------------

SIZES = [(40, 15), (45, 20), (80, 24), (120, 40)]


def footer(desk):
    return desk.text.splitlines()[-1]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    "keys", [[], ["tab"], ["tab", "tab"], ["f3"]], ids=["filter", "list", "profile", "history"]
)
async def test_every_footer_has_help_palette_and_quit(config, tmp_path, size, keys):
    async with at_desk(config(), tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.press(*keys)
        help_key, quit_key = ("?", "^x") if not keys else ("?", "q")
        await desk.until(
            lambda: f"{help_key} Help  ^p Palette  {quit_key} Quit" in footer(desk), "no help, palette, quit"
        )
        assert footer(desk).rstrip().endswith("Quit")


async def test_while_typing_the_footer_names_keys_that_terminals_pass_on(config, tmp_path):
    async with at_desk(config(), tmp_path, size=(120, 40)) as desk:
        await desk.loaded()
        await desk.type("a")
        await desk.until(lambda: "^g Help  ^p Palette  ^x Quit" in footer(desk), "no such footer")
        await desk.press("ctrl+g")
        await desk.sees("Look at the top line")
        await desk.press("escape", "ctrl+x")
        await desk.until(lambda: not desk.app.is_running, "Ctrl+X does not quit")


async def test_a_question_mark_opens_the_help_only_from_an_empty_filter(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.type("a?")
        assert desk.work.panes.users.typed == "a?"
        await desk.press("escape", "?")
        await desk.sees("Look at the top line")
        assert desk.work.panes.users.typed == ""


async def test_the_footer_of_the_history_names_its_commands(config, tmp_path):
    async with at_desk(config(), tmp_path) as desk:
        await desk.loaded()
        await desk.press("f3")
        await desk.until(
            lambda: footer(desk).split("  ")[0].strip() == "⏎ Open" and "H Whole" in footer(desk), "no footer"
        )
        assert all(words in footer(desk) for words in ("v Check sign-ins", "l Waiting", "n Ticket note"))
        assert "History" not in footer(desk)
