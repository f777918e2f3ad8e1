"""Minimized style sequences look the same on the terminal."""

import re
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from textual._compositor import LayoutUpdate
from textual.strip import Strip

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.terminal.sgr import minimize_sgr
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.emulator import Terminal

WIDTH, HEIGHT = 200, 60

BYTE = st.integers(0, 255).map(str)
COLOURS = st.one_of(
    st.sampled_from([*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108), 39, 49]).map(str),
    st.builds("{};5;{}".format, st.sampled_from([38, 48]), BYTE),
    st.builds("{};2;{};{};{}".format, st.sampled_from([38, 48]), BYTE, BYTE, BYTE),
)
CODES = st.one_of(COLOURS, st.integers(0, 9).map(str), st.integers(21, 29).map(str))
ODD_CODES = st.sampled_from(["", "10", "26", "50", "51", "52", "53", "54", "55", "75", "999"])
LETTERS = st.text("abc xyz≈é王", min_size=1, max_size=5)
MOVES = st.builds("\x1b[{};{}H".format, st.integers(1, HEIGHT - 10), st.integers(1, WIDTH))
OTHERS = st.sampled_from(
    ["\x1b[?25l", "\x1b[?25h", "\x1b[?2026h", "\x1b[?2026l", "\x1b]52;c;c3ludGhldGlj\x07", "\x1b[2J",
     "\x1b[K", "\x1b]8;;https://example.com\x1b\\", "\x1b[>4;1u", "\x1b[6n"]
)  # fmt: skip


def styled(codes: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    """Pieces as Textual writes them: the whole style, the text, and a reset."""
    return st.builds("\x1b[{}m{}\x1b[0m".format, st.lists(codes, max_size=most).map(";".join), LETTERS)


# Each code once, and no resets: styles as Textual composes them.
COMPOSED = st.builds(
    lambda attributes, colours: ";".join([*map(str, sorted(attributes)), *colours]),
    st.sets(st.integers(1, 9), max_size=4),
    st.lists(COLOURS, max_size=2),
).filter(bool)
TEXTUAL = st.lists(st.one_of(styled(COMPOSED, 1), LETTERS, MOVES, st.just("\n"), OTHERS), max_size=9)
ANY = st.lists(
    st.one_of(
        styled(st.one_of(CODES, ODD_CODES), 5),
        st.lists(CODES, max_size=4).map(lambda codes: f"\x1b[{';'.join(codes)}m"),
        LETTERS,
        MOVES,
        st.just("\n"),
        OTHERS,
    ),
    max_size=9,
).map("".join)


@given(ANY)
@example("\x1b[4mone\x1b[21mtwo\x1b[4mthree\x1b[0m")
@example("\x1b[1;2mboth\x1b[22;2mdim\x1b[mnone")
@example("\x1b[30m \x1b[0m")
@example("\x1b[38;2;1mone\x1b[0m\x1b[48;5;3mtwo\x1b[0m")
def test_the_terminal_shows_the_same(data):
    data += "\x1b[0m"
    assert Terminal.showing(minimize_sgr(data)).shown == Terminal.showing(data).shown
    assert minimize_sgr(data).count("\n") <= data.count("\n")


@given(TEXTUAL)
@example(["\x1b[1;2;3mloud\x1b[0m", "\x1b[31mred\x1b[0m"])
def test_what_textual_writes_never_grows(pieces):
    data = "".join(pieces)
    assert len(minimize_sgr(data)) <= len(data)
    assert Terminal.showing(minimize_sgr(data)).shown == Terminal.showing(data).shown


@given(ANY)
def test_minimizing_twice_changes_nothing(data):
    once = minimize_sgr(data)
    assert Terminal.showing(minimize_sgr(once)).shown == Terminal.showing(once).shown
    assert len(minimize_sgr(once)) <= len(once)


@given(st.lists(OTHERS, max_size=5).map("".join))
def test_other_sequences_pass_through(data):
    assert minimize_sgr(data) == data


@given(st.text("\x1b[]?;0123489mHab\n\x07\\٣", max_size=30))
@example("\x1b[" + "9" * 5_000 + "m")
def test_any_input_is_accepted_and_no_character_is_lost(data):
    kept = re.sub(r"\x1b\[[\d;]*[mH]", "", minimize_sgr(data))
    assert re.sub(r"\s", "", kept) == re.sub(r"\s", "", re.sub(r"\x1b\[[\d;]*[mH]", "", data))


@pytest.mark.parametrize(
    "odd", ["\x1b", "\x1b[", "\x1b[3", "\x1b[38;2;1", "1;2m", "a\x1b", "\x1b[1;2Ha\x1b[1;"]
)
def test_incomplete_sequences_are_unchanged(odd):
    assert minimize_sgr(odd) == odd


@pytest.mark.parametrize("move", ["\x1b[2;5H", "\x1b[3C", "\x1b[3C\x1b[1;1H"])
def test_a_move_does_not_end_a_colour(move):
    minimized = minimize_sgr(f"\x1b[31mone\x1b[0m{move}\x1b[31mtwo\x1b[0m")
    assert minimized == f"\x1b[31mone{minimized[8:-7]}two\x1b[0m"
    assert Terminal.showing(minimized).shown == Terminal.showing(f"\x1b[31mone{move}two\x1b[0m").shown


def test_unchanged_colours_are_sent_once():
    data = "".join(f"\x1b[38;2;200;10;10mrow {number}\x1b[0m\x1b[{number};1H" for number in range(1, 5))
    assert minimize_sgr(data).count("38;2;200;10;10") == 1
    assert minimize_sgr(data).endswith("\x1b[0m")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_screen_of_the_app_looks_the_same(tmp_path, size):
    with DemoServer(users=45) as demo:
        async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
            await desk.loaded()
            await desk.filter("an")
            await desk.press("down")
            frame = frame_of(desk.app)
    assert "\x1b[" in frame
    assert Terminal.showing(minimize_sgr(frame)).seen == Terminal.showing(frame).seen
    assert len(minimize_sgr(frame)) < 0.8 * len(frame)


def frame_of(app):
    """Return a whole screen as it is written to a 24-bit colour terminal."""
    console = Console(force_terminal=True, color_system="truecolor", width=app.size.width)
    strips: list[Iterable[Strip]] = [[strip] for strip in app.screen._compositor.render_strips(app.size)]
    return LayoutUpdate(strips, app.size.region).render_segments(console)


def test_a_blank_that_looks_the_same_in_the_previous_style_keeps_it():
    data = "\x1b[31;44m│\x1b[0m\x1b[44m \x1b[0m\x1b[31;44m│\x1b[0m"
    assert minimize_sgr(data) == "\x1b[31;44m│ │\x1b[0m"
    underlined = "\x1b[4;44ma\x1b[0m\x1b[44m \x1b[0m"
    assert Terminal.showing(minimize_sgr(underlined)).seen == Terminal.showing(underlined).seen
