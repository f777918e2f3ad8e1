"""Output waits for a slow line, skips pictures that are out of date, and ends with the newest one."""

import asyncio
import re
import selectors
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import set_cell_size

from dazos_tui.tui.terminal.flow import FIRST_BYTES, FIRST_SECONDS, LOST_SECONDS, QUEUE_SECONDS, OutputFlow
from dazos_tui.tui.terminal.input_filter import STATUS_QUERY
from dazos_tui.tui.terminal.paced_output import PacedOutput
from dazos_tui.tui.terminal.screen_diff import ScreenDiff
from tests.tui.emulator import Terminal
from tests.tui.test_screen_diff import FRAMES, TEXTS, row

SYNC_BEGINS, SYNC_ENDS = "\x1b[?2026h", "\x1b[?2026l"


class InstantSelector(selectors.SelectSelector):
    """A selector with which time passes at once."""

    now = 0.0

    def select(self, timeout=None):
        self.now += timeout or 0.0
        return super().select(0)


class InstantLoop(asyncio.SelectorEventLoop):
    """An event loop in which a wait takes no time."""

    def __init__(self):
        self.selector = InstantSelector()
        super().__init__(self.selector)

    def time(self):
        return self.selector.now


class Line:
    """A line to a terminal: `rate` bytes a second (0: no limit), `delay` seconds each way."""

    def __init__(self, loop, rate, delay, *, answers=True):
        self.loop, self.rate, self.delay, self.answers = loop, rate, delay, answers
        self.size = None
        self.near, self.far = Terminal(), Terminal()
        self.free, self.total, self.arrivals = 0.0, 0, 0
        self.excesses = []
        self.output = PacedOutput(ScreenDiff(), self.transmit, lambda: self.size, loop)
        self.output.start()
        self.output.when_drawn(lambda: None)

    def transmit(self, text):
        count = len(text.encode())
        rows = {y for y, _ in Terminal.showing(text).cells}
        flow = self.output._flow
        if len(rows) > 1 and flow.is_limited:
            self.excesses.append(flow.unanswered - flow.budget)
        self.near.write(text)
        self.total += count
        # Never 0, because the event loop puts what is due at the same moment in any order.
        self.free = max(self.free, self.loop.time()) + (count / self.rate if self.rate else 1e-6)
        self.loop.call_at(self.free + self.delay, self.arrive, text)

    def arrive(self, text):
        self.far.write(text)
        self.arrivals += 1
        if STATUS_QUERY in text and self.answers:
            self.loop.call_later(self.delay, self.output.reports.on_answer)

    def resize(self, columns, rows):
        """Change the size; the terminal shows rubbish then, and what arrives for the earlier size."""
        self.size = columns, rows
        self.near, self.far = Terminal(columns=columns), Terminal(columns=columns)
        for y in range(rows):
            self.far.write(row(y, 0, [("", "#" * columns)]))


def played(play, rate, delay, **options):
    """Run a coroutine with a line, and then wait until everything has arrived; return the line."""
    loop = InstantLoop()

    async def run():
        line = Line(loop, rate, delay, **options)
        await play(line)
        await asyncio.sleep(1000)
        return line

    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()


async def until(holds):
    while not holds():  # noqa: ASYNC110 - it takes no time
        await asyncio.sleep(0.01)


async def shows(line, data):
    """Wait until the terminal at the far end shows a picture. It changes only when something arrives."""
    wanted, looked = Terminal.showing(data).seen, None

    def holds():
        nonlocal looked
        before, looked = looked, line.arrivals
        return looked != before and line.far.seen == wanted

    await until(holds)


LINES = st.tuples(st.sampled_from([0, 40, 300, 5_000]), st.sampled_from([0.0, 0.15, 0.6]))
WAITS = st.sampled_from([0.0, 0.03, 0.4, 5.0])


@given(LINES, st.lists(st.tuples(WAITS, FRAMES | st.just("\x1b[?25h") | st.just(None)), max_size=8))
def test_the_newest_picture_is_shown_in_the_end_and_little_is_on_its_way(line, steps):
    wanted = Terminal()

    async def play(line):
        for seconds, data in steps:
            await asyncio.sleep(seconds)
            if data is None:
                line.output.repaint()
                continue
            line.output.write(SYNC_BEGINS)
            line.output.write(data)
            line.output.write(SYNC_ENDS)
            wanted.write(data)

    line = played(play, *line)
    assert line.far.seen == line.near.seen == wanted.seen
    assert all(excess <= 0 for excess in line.excesses)
    if steps and (steps[-1][1] or "").endswith("H"):
        assert (line.far.y, line.far.x) == (wanted.y, wanted.x)
    marks = [other[0] for other in line.far.others if "2026" in other[0]]
    assert marks == [SYNC_BEGINS, SYNC_ENDS] * (len(marks) // 2)


def whole(texts, columns, rows):
    """Return a frame that fills the screen."""
    filled = [set_cell_size("".join(texts[number % len(texts)]) * 9, columns) for number in range(rows)]
    return "\n".join(row(y, 0, [("", text)]) for y, text in enumerate(filled)) + "\x1b[1;1H"


SIZES = st.tuples(st.integers(4, 9), st.integers(1, 4))
RESIZES = st.lists(
    st.tuples(WAITS, SIZES, FRAMES, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=5
)


@given(LINES, RESIZES)
def test_after_a_change_of_size_everything_is_right_again(line, resizes):
    async def play(line):
        before = (9, 4)
        for seconds, size, part, texts in resizes:
            await asyncio.sleep(seconds)
            line.resize(*size)
            # As the app does, also when the size is the same in the end.
            line.output.repaint()
            # A frame for the earlier size may still come.
            line.output.write(part)
            line.output.write(whole(["late "], *before))
            line.output.write(whole(texts, *size))
            before = size

    line = played(play, *line)
    _, (columns, rows), _, texts = resizes[-1]
    wanted = Terminal(columns=columns)
    wanted.write(whole(texts, columns, rows))
    inside = {(y, x): cell for (y, x), cell in line.far.seen.items() if y < rows and x < columns}
    assert inside == wanted.seen


def picture(number):
    """Return a picture of about 1,300 bytes that has nothing in common with the others."""
    rows = [row(y, 0, [("38;2;9;9;9", f"{chr(ord('a') + number % 26)}" * 60)]) for y in range(20)]
    return "\n".join(rows) + "\x1b[1;1H"


def test_pictures_that_are_out_of_date_are_skipped():
    """A key held down for a second on a line of 1,000 bytes a second: 39,000 bytes of pictures."""
    seen_at = []

    async def play(line):
        line.output.write(picture(0))
        await asyncio.sleep(20)
        for number in range(30):
            line.output.write(picture(number))
            await asyncio.sleep(1 / 30)
        ended, last = line.loop.time(), Terminal.showing(picture(29))
        await until(lambda: line.far.seen == last.seen)
        seen_at.append(line.loop.time() - ended)

    line = played(play, 1_000, 0.15)
    assert seen_at[0] < 2.6
    assert line.total < 5_000


@pytest.mark.parametrize(("rate", "waits"), [(1_000, True), (0, False)])
def test_while_an_edge_is_dragged_a_slow_line_waits_for_the_last_size(rate, waits):
    async def play(line):
        line.resize(60, 20)
        for number in range(3):
            line.output.write(picture(number))
            await asyncio.sleep(20)
        before = line.total
        for number in range(30):
            line.resize(58 + number % 2, 20)
            line.output.repaint()
            line.output.write(picture(number))
            await asyncio.sleep(1 / 30)
        await asyncio.sleep(0.15)
        # The app draws more than one picture for a size.
        line.output.write(picture(30))
        await asyncio.sleep(0.15)
        assert (line.total == before) is waits
        wanted = Terminal.showing(picture(30).replace("e" * 60, "e" * 59))
        await until(lambda: line.far.seen == wanted.seen)

    played(play, rate, 0.15)


def test_a_far_line_without_a_limit_is_not_held_up():
    """Each picture is sent when it is drawn, whether the terminal has answered or not."""
    late = []

    async def play(line):
        line.output.write(picture(0))
        await asyncio.sleep(3)
        for number in range(1, 9):
            line.output.write(picture(number))
            late.append(line.near.seen != Terminal.showing(picture(number)).seen)
            await asyncio.sleep(0.2)

    played(play, 0, 0.3)
    assert not any(late)


def test_a_terminal_that_never_answers_is_sent_everything_at_once():
    """It is queried only in the first moment, so that no answers can be left for the shell."""

    async def play(line):
        await asyncio.sleep(FIRST_SECONDS)
        for number in range(30):
            line.output.write(picture(number))
            assert line.near.seen == Terminal.showing(picture(number)).seen

    line = played(play, 300, 0.15, answers=False)
    assert [other[0] for other in line.near.others] == [STATUS_QUERY]


def test_before_the_first_answer_little_is_sent_but_only_for_a_moment():
    async def play(line):
        line.output.write(picture(0))
        assert 0 < line.total <= FIRST_BYTES + 100
        await asyncio.sleep(FIRST_SECONDS + 0.2)
        assert line.near.seen == Terminal.showing(picture(0)).seen

    played(play, 300, 0.15, answers=False)


def test_a_terminal_that_stops_answering_holds_nothing_up():
    async def play(line):
        line.output.write(picture(0))
        await asyncio.sleep(10)
        line.answers = False
        line.output.write(picture(1))
        await asyncio.sleep(3 * LOST_SECONDS)
        for number in (2, 3):
            line.output.write(picture(number))
            assert line.near.seen == Terminal.showing(picture(number)).seen

    played(play, 300, 0.15)


def test_after_a_lost_answer_output_is_held_up_by_nothing_and_later_limited_again():
    late = []

    async def play(line):
        line.output.write(picture(0))
        await asyncio.sleep(10)
        line.answers = False
        line.output.write(picture(1))
        await shows(line, picture(1))
        line.answers = True
        await asyncio.sleep(2 * LOST_SECONDS)
        assert not line.output._flow.is_limited
        for number in range(2, 60):
            began = line.loop.time()
            line.output.write(picture(number))
            await shows(line, picture(number))
            late.append(line.loop.time() - began)
        assert line.output._flow.is_limited

    played(play, 1_000, 0.15)
    assert max(late) < 4


def test_a_line_that_carries_next_to_nothing_still_carries_something():
    now = [0.0]
    flow = OutputFlow(lambda: now[0])
    for _ in range(20):
        flow.sent(4)
        mark = flow.asked()
        now[0] += 60
        flow.answered(mark)
    assert flow.budget < 2
    assert flow.room() == 1


def test_what_waits_to_be_sent_was_not_sent_and_is_drawn_before_it_counts_as_drawn():
    box = [(19, 4, "y" * 12)]
    drawn = []

    def shown(line):
        return {line.far.cells[19, column][0] for column in range(4, 16)}

    async def play(line):
        line.output.write(picture(0))
        await asyncio.sleep(20)
        line.output.write(picture(ord("y") - ord("a")))
        assert not line.output.has_sent(box)
        await until(lambda: line.output.has_sent(box))
        assert shown(line) != {"y"}
        line.output.when_drawn(lambda: drawn.append(shown(line)))

    played(play, 1_000, 0.15)
    assert drawn == [{"y"}]


def test_a_wide_name_that_waits_to_be_sent_was_not_sent():
    def box(name):
        return [(19, 4, f"│ to {name} │")]

    def whole_picture(number, name):
        return picture(number) + row(19, 4, [("1", box(name)[0][2])]) + "\x1b[1;1H"

    async def play(line):
        line.output.write(whole_picture(0, "王小明"))
        await asyncio.sleep(20)
        line.output.write(whole_picture(1, "李四光"))
        assert line.output.has_sent(box("王小明"))
        assert not line.output.has_sent(box("李四光"))
        await until(lambda: line.output.has_sent(box("李四光")))
        assert line.near.cells[19, 9][0] == "李"

    played(play, 1_000, 0.15)


def test_everything_but_pictures_is_sent_at_once_and_in_order():
    async def play(line):
        line.output.write(picture(0))
        await asyncio.sleep(20)
        line.output.write(picture(1))
        line.output.write("\x1b]52;c;c3ludGhldGlj\x07")
        line.output.write("\x07")
        line.output.send("\x1b]0;a title\x07")
        others = [other[0] for other in line.near.others if other[0] != STATUS_QUERY]
        assert others == ["\x1b]52;c;c3ludGhldGlj\x07", "\x07", "\x1b]0;a title\x07"]
        # What is no picture may change it: what was drawn before comes before.
        line.output.write("\x1b[2J")
        assert line.near.others[-1][0] == "\x1b[2J"
        assert line.near.seen == Terminal.showing(picture(1)).seen

    played(play, 1_000, 0.15)


def test_what_still_waits_is_not_drawn_after_the_end():
    async def play(line):
        line.output.write(picture(0))
        await asyncio.sleep(20)
        line.output.write(picture(1))
        line.output.stop()
        before = line.total
        await asyncio.sleep(20)
        assert line.total == before

    played(play, 1_000, 0.15)


@pytest.mark.parametrize(("rate", "delay"), [(300, 0.15), (4_000, 0.3)])
def test_the_rate_is_learnt_from_the_answers(rate, delay):
    async def play(line):
        for number in range(200):
            line.output.write(picture(number))
            await asyncio.sleep(0.1)
        expected = rate * (2 * delay + QUEUE_SECONDS)
        assert 0.6 * expected < line.output._flow.budget < 1.6 * expected

    played(play, rate, delay)


def test_answers_of_one_burst_do_not_hide_that_the_line_has_become_slow():
    now = [0.0]
    flow = OutputFlow(lambda: now[0])
    budgets = []
    for rate in (1e6, 1e6, 1e3, 1e3, 1e3):
        flow.sent(500)
        mark = flow.asked()
        now[0] += 0.1 + 500 / rate
        flow.answered(mark)
        budgets.append(flow.budget)
    assert budgets[1] > 2_000
    assert budgets[-1] < 500
    assert all(after <= before for before, after in pairwise(budgets[1:]))


def test_the_marks_are_around_what_is_sent_and_nowhere_else():
    async def play(line):
        await asyncio.sleep(1)
        for _ in range(2):
            line.output.write(SYNC_BEGINS)
            line.output.write(row(0, 0, [("", "Anna")]))
            line.output.write(SYNC_ENDS)

    line = played(play, 0, 0.0)
    others = [other[0] for other in line.far.others if other[0] != STATUS_QUERY]
    assert others == [SYNC_BEGINS, SYNC_ENDS]
    assert re.sub(r"\W", "", "".join(cell[0] for cell in line.far.cells.values())) == "Anna"
