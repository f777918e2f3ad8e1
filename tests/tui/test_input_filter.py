"""The input filter removes answers of the terminal, and counts status reports for their queries."""

import asyncio
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from dazos_tui.tui.terminal import input_filter
from dazos_tui.tui.terminal.driver import parse_input
from dazos_tui.tui.terminal.input_filter import HELD_SECONDS, STATUS_QUERY, InputFilter, StatusReports
from tests.patience import patience

REPORT = "\x1b[0n"
PARTS = ["y", "\x1b[A", "\x1b[15~", REPORT, "é", "\x1bOR", "[", "0n"]
PASTE, PASTED = "\x1b[200~", "\x1b[201~"

ANSWERS = {
    "colour": "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "colour, ended by a bell": "\x1b]10;rgb:ffff/ffff/ffff\x07",
    "palette": "\x1b]4;7;rgb:d3d3/d7d7/cfcf\x1b\\",
    "clipboard": "\x1b]52;c;c3VkbyBy\x07",
    "title": "\x1b]lsome window\x1b\\",
    "version": "\x1bP>|SomeTerm 1.0(y)\x1b\\",
    "capability": "\x1bP1+r544e=787465726d\x1b\\",
    "setting": "\x1bP1$r0m\x1b\\",
    "unit": "\x1bP!|00000000\x1b\\",
    "graphics": "\x1b_Gi=31;OK\x1b\\",
    "attributes": "\x1b[?64;1;2;22c",
    "secondary attributes": "\x1b[>41;354;0c",
    "colour scheme": "\x1b[?997;1n",
    "keyboard flags": "\x1b[?1u",
    "mode": "\x1b[?1004;2$y",
    "mode, of the old kind": "\x1b[4;2$y",
    "size": "\x1b[8;24;80t",
    "position": "\x1b[?12;40R",
    "checksum": "\x1bP1!~0000\x1b\\",
    "mouse, NaN": "\x1b[<32;NaN;NaNM",
    "mouse, fractions": "\x1b[<0;12.5;3.25m",
    "mouse, another button": "\x1b[<128;3;4M",
    "mouse, X10": "\x1b[M !!",
    "mouse, urxvt": "\x1b[32;40;12M",
    "key let go": "\x1b[115;1:3u",
    "function key let go": "\x1b[3;1:3~",
    "arrow let go": "\x1b[1;1:3A",
    "no key": "\x1b[99999999u",
    "half a character": "\x1b[55296u",
    "unknown function key": "\x1b[99~",
    "unknown keypad key": "\x1bOz",
    "status": REPORT,
}
"""Input that is neither typed nor clicked; several contain characters that are commands."""


TICK_SECONDS = 0.1
"""How long the driver waits for input."""


class Clock:
    """A clock in seconds that the test sets."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def fed(*chunks):
    """Return what the filter leaves of these chunks, and how many answers they contained."""
    answers, clock = [], Clock()
    keys = InputFilter(lambda: answers.append(1), clock)
    left = [piece for chunk in chunks for piece in keys.feed(chunk)] + keys.flush()
    clock.now += HELD_SECONDS
    return "".join(left + keys.flush()), len(answers)


def read(*chunks, seconds=0.0):
    """Return what the app gets when the driver reads these chunks, `seconds` apart."""
    clock, parser = Clock(), XTermParser()
    keys = InputFilter(lambda: None, clock)
    messages = []
    for chunk in chunks:
        messages += [message for piece in keys.feed(chunk) for message in parse_input(parser, piece)]
        clock.now += seconds
        if seconds >= TICK_SECONDS:
            messages += [message for piece in keys.flush() for message in parse_input(parser, piece)]
    clock.now += HELD_SECONDS
    messages += [message for piece in keys.flush() for message in parse_input(parser, piece)]
    return messages


def keys_of(*chunks, seconds=0.0):
    """Return the keys, each with its character."""
    return [(one.key, one.character) for one in read(*chunks, seconds=seconds) if isinstance(one, events.Key)]


def split_at(text, cuts):
    """Return a text split at these places."""
    places = sorted({min(place, len(text)) for place in cuts})
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@given(st.lists(st.sampled_from(PARTS), max_size=8), st.lists(st.integers(0, 40), max_size=4))
def test_an_answer_split_anywhere_is_removed_and_the_rest_is_kept(parts, cuts):
    text = "".join(parts)
    left, answers = fed(*split_at(text, cuts))
    assert (left, answers) == (text.replace(REPORT, ""), text.count(REPORT))


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_character_of_an_answer_is_a_key(answer):
    assert keys_of(f"a{answer}b") == [("a", "a"), ("b", "b")]
    assert not [one for one in read(answer) if isinstance(one, events.MouseEvent | events.Paste)]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_character_of_an_answer_in_two_distant_pieces_is_a_key(answer):
    for place in range(2, len(answer)):
        assert keys_of(answer[:place], answer[place:] + "b", seconds=0.4) == [("b", "b")], answer[:place]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_after_a_separate_escape_gives_at_most_an_escape(answer):
    assert {key for key, _ in keys_of("\x1b", answer[1:], seconds=0.4)} <= {"escape"}
    assert keys_of("\x1b", answer[1:]) == []


def test_a_lone_escape_is_a_key_and_typing_after_it_is_kept():
    assert keys_of("\x1b") == [("escape", "\x1b")]
    assert keys_of("\x1b", "[", "1", seconds=0.2) == [
        ("escape", "\x1b"), ("left_square_bracket", "["), ("1", "1"),
    ]  # fmt: skip
    assert keys_of("\x1b", REPORT) == [("escape", "\x1b")]
    assert keys_of("\x1b", "\x1b[?1u", "[115;1:3u")[0] == ("escape", "\x1b")


def test_an_unfinished_sequence_is_given_up_soon():
    assert keys_of("\x1b]11;rgb:", "a", seconds=HELD_SECONDS + 0.1) == [("a", "a")]
    typed = ["s"] * 10
    assert ("s", "s") in keys_of("\x1b]11;rgb:", *typed, seconds=0.9)


KEYS = {
    "\x1b[115;1:1u": ("s", "s"),
    "\x1b[115;1:2u": ("s", "s"),
    "\x1b[115u": ("s", "s"),
    "\x1b[115;;115u": ("s", "s"),
    "\x1b[97:65;2u": ("A", "A"),
    "\x1b[97:65;2;65u": ("A", "A"),
    "\x1b[1089::115;;1089u": ("с", "с"),
    "\x1b[97;5u": ("ctrl+a", None),
    "\x1b[97;5:1u": ("ctrl+a", None),
    "\x1b[27u": ("escape", None),
    "\x1b[27;1:1u": ("escape", None),
    "\x1b[13;1:1u": ("enter", None),
    "\x1b[0;;233u": ("é", "é"),
    "\x1b[1;1:1B": ("down", None),
    "\x1b[3;1:1~": ("delete", None),
    "\x1b[1;5:2C": ("ctrl+right", None),
    "\x1b[27;5;13~": ("ctrl+enter", None),
    "\x1b[A": ("up", None),
    "\x1bOP": ("f1", None),
    "\x1b[[A": ("f1", None),
    "\x1b[3$": ("shift+delete", None),
    "\x1bx": ("alt+x", "x"),
    "\x1b[": ("left_square_bracket", "["),
}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\x1b\x10", ["escape", "ctrl+p"]),
        ("\x1b\r", ["escape", "enter"]),
        ("\x1b\t", ["shift+tab"]),
        ("\x1b\x1b\x10", ["escape", "escape", "ctrl+p"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("\x1b\x7f", ["ctrl+w"]),
        ("\x1bé", ["alt+é"]),
    ],
)
def test_an_escape_before_a_control_key_is_a_key(typed, expected):
    assert [key for key, _ in keys_of(typed)] == expected
    assert [key for key, _ in keys_of(*typed)] == expected


@pytest.mark.parametrize(("sequence", "expected"), KEYS.items())
def test_keys_are_read_in_every_report_format(sequence, expected):
    assert keys_of(sequence) == [expected]
    assert keys_of(*sequence) == [expected]


def test_a_word_from_an_input_method_is_typed_completely():
    codes = ":".join(str(ord(letter)) for letter in "håndværker")
    assert "".join(letter for _, letter in keys_of(f"\x1b[0;;{codes}u")) == "håndværker"


def test_valid_sizes_and_clicks_are_kept():
    [size] = read("\x1b[48;24;80;0;0t")
    assert (size.size, size.pixel_size) == ((80, 24), (80, 24))
    assert read("\x1b[48;0;0;0;0t") == []
    [click] = read("\x1b[<0;3;4M")
    assert (click.x, click.y, click.button) == (2, 3, 1)


def test_pasted_text_is_neither_an_answer_nor_a_key():
    inside = REPORT + "y" + ANSWERS["colour"] + "\x1bsy"
    pasted = f"{PASTE}{inside}{PASTED}"
    left = inside.replace("\x1b", "")
    assert fed(pasted) == fed(*pasted) == (f"{PASTE}{left}{PASTED}", 0)
    for place in range(1, len(pasted)):
        *before, paste = read(pasted[:place], pasted[place:], seconds=0.4)
        assert paste.text == left
        assert not before or place == 1
    assert fed(pasted, REPORT) == (f"{PASTE}{left}{PASTED}", 1)


PIECES = [
    *ANSWERS.values(), *PARTS, PASTE, PASTED, "\x1b[115;1:1u", "\x1b[<0;3;4M", "\x1b[48;24;80;400;800t",
    "\x1b", "\x1b]", "\x1bP", "\x1b[", "\x1b[<", ":", ";", "9" * 40, "\x00", "\x9b", "\U0001f600", "\ufffd",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=10), st.lists(st.integers(0, 99)),
       st.sampled_from([0.0, 0.05, 0.4, 2.0]))  # fmt: skip
def test_no_terminal_input_breaks_the_reader(parts, cuts, seconds):
    read(*split_at("".join(parts), cuts), seconds=seconds)


@given(st.binary(max_size=64))
def test_no_bytes_break_the_reader(sent):
    read(sent.decode(errors="replace"))
    read(*sent.decode(errors="replace"), seconds=0.2)


# Only a few pieces: an unfinished sequence is given up after three seconds.
@given(st.lists(st.sampled_from(list(ANSWERS.values()))), st.lists(st.integers(0, 300), max_size=6))
def test_consecutive_answers_are_not_keys_wherever_they_are_split(answers, cuts):
    text = "".join(answers)
    places = [place for place in cuts if text[place - 1 : place] != "\x1b"]
    assert keys_of(*split_at(text, places), seconds=0.4) == []


def test_a_fault_report_does_not_count_as_drawn():
    assert fed("\x1b[3n") == ("", 0)


@pytest.fixture
def shorter_waits(monkeypatch):
    """Shorten the waits to milliseconds."""
    for name in ("SILENT_SECONDS", "LOST_SECONDS"):
        monkeypatch.setattr(input_filter, name, getattr(input_filter, name) / 100)


async def test_answers_belong_to_queries_in_order():
    written: list[str] = []
    done: list[int] = []
    reports = StatusReports(written.append)
    reports.ask(lambda: done.append(1))
    reports.ask(lambda: done.append(2))
    assert (written, done) == ([STATUS_QUERY] * 2, [])
    reports.on_answer()
    assert (done, reports.pending_count > 0) == ([1], True)
    reports.on_answer()
    assert (done, reports.pending_count > 0) == ([1, 2], False)


async def test_an_answer_without_a_query_is_ignored():
    done = []
    reports = StatusReports(lambda _: None)
    reports.on_answer()
    reports.ask(lambda: done.append(1))
    assert done == []


async def test_a_late_answer_is_not_taken_for_that_of_the_next_query(shorter_waits):
    done, first = [], asyncio.Event()
    reports = StatusReports(lambda _: None)
    reports.ask(first.set)
    await first.wait()
    reports.ask(lambda: done.append(2))
    reports.on_answer()
    assert done == []
    reports.on_answer()
    assert done == [2]


async def test_a_terminal_that_answered_before_is_asked_until_it_answers_again(shorter_waits):
    written: list[str] = []
    done = []
    reports = StatusReports(written.append)
    reports.ask(lambda: done.append(1))
    reports.on_answer()
    reports.ask(lambda: done.append(2))
    reports.ask(lambda: done.append(3))
    deadline = monotonic() + patience(10)
    while len(written) < 7:
        assert monotonic() < deadline
        await asyncio.sleep(0.01)
    assert done == [1]
    while reports.pending_count:
        reports.on_answer()
    assert done == [1, 2, 3]
