"""What the terminal answers is taken out of its input, whole or in pieces; and counted for what was asked."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.tui import terminal_input
from dazos_tui.tui.terminal_input import STATUS_QUERY, InputFilter, StatusReports

REPORT = "\x1b[0n"
PARTS = ["y", "\x1b", "\x1b[A", "\x1b[15~", REPORT, "é", "\x1bOR", "[", "0n"]
PASTE, PASTED = "\x1b[200~", "\x1b[201~"


def fed(*chunks, awaits=True):
    """Return what is left of these chunks for the parser, and how often an answer was in them."""
    answers = []
    keys = InputFilter(lambda: answers.append(1), lambda: awaits)
    left = "".join(map(keys.feed, chunks))
    return left + keys.flush(), len(answers)


@given(
    st.lists(
        st.sampled_from(["y", "\x1b", "\x1b[A", "\x1b[15~", REPORT, "é", "\x1bOR", "[", "0n"]), max_size=8
    ),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_an_answer_cut_anywhere_is_taken_out_and_all_the_rest_is_left(parts, cuts):
    text = "".join(parts)
    places = sorted({min(cut, len(text)) for cut in cuts})
    chunks = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    assert fed(*chunks) == (text.replace(REPORT, ""), text.count(REPORT))


def test_a_lone_escape_does_not_wait_where_no_answer_is_to_come():
    keys = InputFilter(lambda: None, lambda: False)
    assert keys.feed("\x1b") == "\x1b"
    keys = InputFilter(lambda: None, lambda: True)
    assert (keys.feed("\x1b"), keys.flush()) == ("", "\x1b")


def test_what_was_pasted_is_no_answer():
    pasted = f"{PASTE}{REPORT}y{PASTED}"
    assert fed(pasted) == (pasted, 0)
    assert fed(*pasted) == (pasted, 0)
    assert fed(pasted, REPORT) == (pasted, 1)


def test_a_terminal_that_reports_a_fault_has_not_drawn_anything():
    assert fed("\x1b[3n") == ("", 0)


@pytest.fixture
def quick(monkeypatch):
    """Have the waiting take milliseconds."""
    for name in ("SILENT_SECONDS", "LOST_SECONDS", "UNANSWERED_SECONDS"):
        monkeypatch.setattr(terminal_input, name, getattr(terminal_input, name) / 100)


async def test_answers_count_in_the_order_of_the_questions():
    written: list[str] = []
    done: list[int] = []
    reports = StatusReports(written.append)
    reports.ask(lambda: done.append(1))
    reports.ask(lambda: done.append(2))
    assert (written, done) == ([STATUS_QUERY] * 2, [])
    reports.answered()
    assert (done, reports.awaited) == ([1], True)
    reports.answered()
    assert (done, reports.awaited) == ([1, 2], False)


async def test_an_answer_that_nobody_asked_for_counts_for_nothing_later():
    done = []
    reports = StatusReports(lambda _: None)
    reports.answered()
    reports.ask(lambda: done.append(1))
    assert done == []


async def test_an_answer_that_comes_late_is_not_taken_for_that_of_the_next_question(quick):
    done, first = [], asyncio.Event()
    reports = StatusReports(lambda _: None)
    reports.ask(first.set)
    await first.wait()
    reports.ask(lambda: done.append(2))
    reports.answered()
    assert done == []
    reports.answered()
    assert done == [2]


async def test_a_lost_answer_is_not_waited_for_for_ever(quick):
    done = asyncio.Event()
    reports = StatusReports(lambda _: None)
    reports.ask(lambda: None)
    reports.answered()
    reports.ask(done.set)
    await asyncio.wait_for(done.wait(), 5)
    assert not reports.awaited
