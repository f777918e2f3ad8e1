"""Screen diff: unchanged cells are not sent again, and nothing is missing on the screen."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size

from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.terminal.colour_support import erases_in_colour
from dazos_tui.tui.terminal.screen_diff import ScreenDiff
from tests.tui.emulator import Terminal

WIDTH, HEIGHT = 12, 4

STYLES = st.sampled_from(["", "1", "2", "4", "7", "31", "41", "1;31", "38;2;9;9;9", "48;5;3", "4;41", "7;32"])
TEXTS = st.text("aab  …王é́", min_size=1, max_size=8) | st.integers(5, 12).map(" ".__mul__)
SPANS = st.lists(st.tuples(STYLES, TEXTS), min_size=1, max_size=4)
ROWS = st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), SPANS)
OTHERS = st.sampled_from(
    [
        "\x1b[?25l",
        "\x1b[?2026h",
        "\x1b[?2026l",
        "\x1b]52;c;c3ludGhldGlj\x07",
        "\x1b]22;text\x07",
        "\x1b[2J",
        "\x1b[K",
        "\x07",
        "\x1b[?1049h",
    ]
)


def changes(painted, data, size=None):
    """Return what is sent for `data` where nothing has to wait."""
    painted.resize(size)
    return painted.record(data) + painted.output()


def row(line, column, spans):
    """Return a row as Textual writes it."""
    styled = "".join(f"\x1b[{style}m{text}\x1b[0m" if style else text for style, text in spans)
    return f"\x1b[{line + 1};{column + 1}H{styled}"


def frame(rows, cursor, ends):
    drawn = ("\n" if ends else "").join(row(*one) for one in rows)
    return drawn + (f"\x1b[{cursor[0] + 1};{cursor[1] + 1}H" if cursor else "")


FRAMES = st.builds(
    frame,
    st.lists(ROWS, max_size=5),
    st.none() | st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)),
    st.booleans(),
)


@given(st.lists(FRAMES | OTHERS | st.builds("".join, st.tuples(OTHERS, FRAMES)), max_size=8), st.booleans())
@example([row(0, 0, [("", "ab")]), row(0, 1, [("", "王")]), row(0, 0, [("", "ab")])], False)
@example([row(0, 0, [("4", "a  b")]), row(0, 1, [("", " ")]), row(0, 0, [("4", "a  b")])], True)
@example([row(0, 0, [("41", "ab   cd   e")]), row(0, 0, [("41", "a        "), ("7", "   ")])], True)
def test_the_terminal_shows_the_same(frames, erases):
    painted, all_of_it, reduced = ScreenDiff(erases=erases), Terminal(), Terminal()
    for data in frames:
        all_of_it.write(data)
        sent = changes(painted, data)
        reduced.write(sent)
        assert reduced.seen == all_of_it.seen
        assert (reduced.look, all_of_it.look) == ((None, None, frozenset()),) * 2
        if data.endswith("H") and not data.startswith("\x1b]"):
            assert (reduced.y, reduced.x) == (all_of_it.y, all_of_it.x)
    assert [one[0] for one in reduced.others] == [one[0] for one in all_of_it.others]


@given(st.lists(FRAMES, max_size=5), FRAMES)
def test_unchanged_cells_are_not_sent_again(frames, last):
    painted = ScreenDiff()
    for data in [*frames, last]:
        changes(painted, data)
    letters = re.sub(r"\x1b\[[\d;]*[A-Za-z]| ", "", changes(painted, last))
    # Only characters on whose width terminals disagree, and what overwrote them in the same frame.
    assert len(letters) <= len(re.sub(r"\x1b\[[\d;]*[A-Za-z]| ", "", last))
    if last.isascii() and not overlaps(last):
        assert letters == ""


def overlaps(data):
    """Return whether a frame writes to a cell twice."""
    terminal, count = Terminal(), 0
    terminal.write(data)
    for text in re.split(r"\x1b\[[\d;]*[A-Za-z]|\n", data):
        count += len(text)
    return count != len(terminal.cells)


@given(st.lists(FRAMES, min_size=1, max_size=5), FRAMES)
def test_everything_is_sent_after_invalidate(frames, last):
    painted, scribbled, clean = ScreenDiff(), Terminal(), Terminal()
    for data in frames:
        changes(painted, data)
    painted.invalidate()
    scribbled.write(changes(painted, last))
    for data in (*frames, last):
        clean.write(data)
    assert scribbled.seen == clean.seen
    assert set(scribbled.cells) == set(clean.cells)


def test_only_the_changed_characters_of_a_row_are_sent():
    painted = ScreenDiff()
    changes(painted, row(2, 0, [("", "Anna Abel    active")]))
    assert changes(painted, row(2, 0, [("", "Anna Abel  inactive")])) == "\x1b[3;12Hin"


def test_a_frame_for_an_earlier_size_spoils_no_later_one():
    """After a resize a frame for the earlier size may still come. The terminal cuts or wraps it."""
    painted, terminal = ScreenDiff(), Terminal(columns=10)
    changes(painted, row(0, 0, [("", "of the earlier size!")]), (10, 4))
    for number, title in enumerate(["first", "other"]):
        rows = [row(line, 0, [("", f"row {line} · {number:3}")]) for line in (1, 2)]
        framed = row(3, 0, [("", "── "), ("31", title), ("", "──")])
        terminal.write(changes(painted, "".join((*rows, framed)), (10, 4)))
    assert [terminal.cells[3, column][0] for column in range(10)] == [*"── other──"]


def test_everything_is_sent_after_a_change_of_size():
    painted = ScreenDiff()
    changes(painted, row(0, 0, [("", "signed in")]), (20, 4))
    assert changes(painted, row(0, 0, [("", "signed in")]), (20, 4)) == ""
    assert "signed in" in changes(painted, row(0, 0, [("", "signed in")]), (10, 4))


def text_of(terminal):
    """Return the first line of what a terminal shows."""
    columns = sorted(column for line, column in terminal.cells if line == 0)
    return "".join(terminal.cells[0, column][0] for column in columns)


@pytest.mark.parametrize("sign", ["\u2764\N{VARIATION SELECTOR-16}", "王", "👩\N{ZERO WIDTH JOINER}👧"])
def test_no_old_content_is_left_where_a_terminal_draws_characters_narrower(sign):
    painted, terminal = ScreenDiff(), Terminal(widths=lambda letter: min(cell_len(letter), 1))
    terminal.write(changes(painted, row(0, 0, [("", "Type a name, user name or e-mail")])))
    terminal.write(changes(painted, row(0, 0, [("", set_cell_size(f"{sign * 3} garcia", 40))])))
    assert {*text_of(terminal)} <= {*f"{sign} garcia"}
    assert "garcia" in text_of(terminal)


@pytest.mark.parametrize(
    ("before", "after"),
    [("🇩🇪", "🇩🇰"), ("कि", "की"), ("e\N{COMBINING ACUTE ACCENT}", "e\N{COMBINING GRAVE ACCENT}")],
)
def test_combined_characters_are_sent_together(before, after):
    painted = ScreenDiff()
    changes(painted, row(0, 0, [("", f"Flag {before} x")]))
    assert after in changes(painted, row(0, 0, [("", f"Flag {after} x")]))


def test_each_write_sets_the_cursor_in_case_another_program_moved_it():
    painted, terminal = ScreenDiff(), Terminal()
    terminal.write(changes(painted, row(0, 0, [("", "signed")])))
    terminal.write("\x1b[3;7H")
    terminal.write(changes(painted, row(0, 6, [("", " in")])))
    assert text_of(terminal) == "signed in"


@pytest.mark.parametrize(
    "harmless",
    [
        "\x1b[?2026h",
        "\x1b[?2026l",
        "\x1b[?25l",
        "\x1b[?1000h\x1b[?1003h",
        "\x1b]22;default\x07",
        "\x1b]22;pointer\x1b\\",
        "\x1b]52;c;c3ludGhldGlj\x07",
        "\x1b]0;harbor-prod PRODUCTION – dazos-tui\x07",
        "\x1b]2;\x1b\\",
        "\x1b[22;0t",
        "\x1b[23;0t\x1b[?2026h",
        "\x07",
    ],
)
def test_sequences_without_effect_on_cells_cause_no_repaint(harmless):
    painted = ScreenDiff()
    changes(painted, row(0, 0, [("", "Anna")]))
    assert changes(painted, harmless) == harmless
    assert changes(painted, row(0, 0, [("", "Anna")])) == ""


@pytest.mark.parametrize(
    "other",
    ["\x1b[2J", "\x1b[K", "\x1b[?1049h", "\x07x", "\x1b]22;a\x1b[2J\x07", "\x1b[8;9;9t", "no place for it"],
)
def test_any_other_sequence_causes_a_repaint(other):
    painted = ScreenDiff()
    changes(painted, row(0, 0, [("", "Anna")]))
    assert changes(painted, other) == other
    assert "Anna" in changes(painted, row(0, 0, [("", "Anna")]))


@given(st.text("\x1b[]?;0123489mHChl\n\x07ab王", max_size=40))
def test_any_input_is_accepted(data):
    painted = ScreenDiff()
    changes(painted, row(0, 0, [("", "Anna")]))
    changes(painted, data)


def test_many_rows_are_written_style_by_style():
    """Each colour is set once, and a move to the row below is shorter than an absolute one."""
    painted, rows = ScreenDiff(), range(3)
    frame = [row(line, 0, [("1;38;2;9;9;9", "a"), ("38;2;8;8;8", "bcd")]) for line in rows]
    sent = changes(painted, "\n".join(frame))
    assert sent.count("38;2;9;9;9") == sent.count("38;2;8;8;8") == 1
    assert len(sent.replace("\x1b[B", "")) < len(sent)
    terminal = Terminal.showing(sent)
    assert terminal.seen == Terminal.showing("\n".join(frame)).seen


def test_few_rows_are_written_row_by_row():
    painted = ScreenDiff()
    sent = changes(painted, row(0, 0, [("1", "ab"), ("", "cd"), ("1", "ef")]))
    assert sent == "\x1b[1;1H\x1b[1mab\x1b[0mcd\x1b[1mef\x1b[0m"


def test_after_the_last_column_the_cursor_is_set_absolutely():
    """Terminals disagree on where it is then."""
    painted = ScreenDiff()
    sent = changes(painted, row(0, 8, [("", "wide")]) + "\n" + row(1, 8, [("", "wide")]))
    assert sent == "\x1b[1;9Hwide\x1b[2;9Hwide"


def test_blanks_are_erased_rather_than_written_where_the_terminal_can():
    painted = ScreenDiff(erases=True)
    changes(painted, row(0, 0, [("41", "ab" + " " * 6 + "cd" + " " * 6 + "ef")]))
    # Also over the blanks between them, which are there already.
    assert changes(painted, row(0, 0, [("41", " " * 18)])) == "\x1b[1;1H\x1b[41m\x1b[18X\x1b[0m"
    # Also inside a text.
    gap = changes(ScreenDiff(erases=True), row(0, 0, [("41", f"|{' ' * 30}|")]))
    assert gap == "\x1b[1;1H\x1b[41m|\x1b[30X\x1b[30C|\x1b[0m"
    # Erasing paints no underline and no reverse video.
    assert changes(painted, row(0, 0, [("7", " " * 18)])) == f"\x1b[1;1H\x1b[7m{' ' * 18}\x1b[0m"


@pytest.mark.parametrize(
    ("environment", "erases"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "alacritty"}, True),
        ({"TERM": "st-256color"}, True),
        ({"TERM": "screen-256color"}, False),
        ({"TERM": "screen-256color", "TERM_PROGRAM": "tmux"}, True),
        # GNU screen, whatever its .screenrc calls it, also in a window of tmux.
        ({"TERM": "xterm-256color", "STY": "71.pts-0"}, False),
        ({"TERM": "screen", "TERM_PROGRAM": "tmux", "STY": "71.pts-0"}, False),
        ({"TERM": "stdterm"}, False),
        ({}, False),
    ],
)
def test_a_terminal_is_known_to_erase_in_colour_or_it_is_written_to(environment, erases):
    assert erases_in_colour(environment) is erases


def test_after_a_change_of_size_what_terminals_do_not_keep_is_sent_first_and_then_everything():
    painted, text = ScreenDiff(), "Anna Abel"
    rows = [row(line, 0, [("", text)]) for line in range(4)]
    changes(painted, "".join(rows), (20, 4))
    painted.resize((30, 4))
    assert painted.record("".join([*rows[:3], row(3, 0, [("", "Zoe")])])) == ""
    assert painted.output(100) == "\x1b[4;1HZoe"
    assert not painted.shows(0, 0, text)
    again = "".join(painted.output(40) for _ in range(2))
    assert (again.count(text), again.count("Zoe")) == (3, 1)
    assert painted.shows(0, 0, text)
    assert not painted.differs


def test_as_many_rows_as_fit_are_sent_those_nearest_to_the_cursor_first():
    painted = ScreenDiff()
    painted.record("".join(row(line, 0, [("", "a" * 10)]) for line in range(4)) + "\x1b[3;1H")
    sent = [painted.output(40), painted.output(40), painted.output(1)]
    assert [sorted({y for y, _ in Terminal.showing(one).cells}) for one in sent] == [[1, 2], [0, 3], []]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("王小明", "李四光"),
        ("e\u0301", "e\u0300"),
        ("ab", "王"),
        ("王", "ab"),
        ("👩\u200d👧", "👩\u200d👦"),
        ("🇩🇪", "🇩🇰"),
    ],
)
def test_a_row_that_still_waits_is_not_shown_whatever_its_characters(before, after):
    painted, rows = ScreenDiff(), [f"│ to {name} │" for name in (before, after)]
    for text in rows:
        painted.record(row(1, 2, [("", "│ to "), ("1", text[5:-2]), ("", " │")]))
        assert not painted.shows(1, 2, text)
        painted.output()
        assert [painted.shows(1, 2, one) for one in rows] == [text is one for one in rows]


def test_a_mark_without_a_letter_hides_nothing_beside_it():
    painted = ScreenDiff()
    changes(painted, "\x1b[1;1H\u0301\x1b[1;3Habc\x1b[1;1H")
    assert painted.shows(0, 2, "abc")
    assert not painted.shows(0, 2, "abx")


PEOPLE = st.lists(
    st.sampled_from(
        [*"ab 王é🎉❤한", "\u0301", "\u200d", "\ufe0f", "👩\u200d👧", "🏳\ufe0f\u200d🌈", "🇩🇪", "कि"]
    ),
    min_size=1,
    max_size=6,
).map(lambda letters: safe_text("".join(letters)))


@given(PEOPLE, PEOPLE, st.integers(1, 12))
@example("\u0301", "a", 4)
@example("a\u0301", "\u200d👧b", 4)
@example("a", "aa王\u200d", 4)
def test_every_name_that_was_sent_is_shown_however_it_was_cut(before, name, width):
    painted = ScreenDiff()
    for shown in (before, name):
        spans = [("", "│ "), ("1", set_cell_size(shown, width)), ("", " │")]
        changes(painted, row(0, 0, spans))
        assert painted.shows(0, 0, "".join(text for _, text in spans))
