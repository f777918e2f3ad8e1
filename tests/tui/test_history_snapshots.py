"""How the whole history and its statistics look, at each size and without colours, at a fixed time."""

from datetime import datetime
from functools import partial

import pytest

from dazos_tui.history.models import Outcome
from dazos_tui.tui.terminal.driver import MonochromeDriver
from dazos_tui.tui.widgets.history_view import HistoryView
from tests.tui.past import DAY, HOUR, MINUTE, past
from tests.tui.pictures import FROM_LEAST_ON, WIDE_AND_NARROW, in_states
from tests.tui.test_snapshots import demo, looks, people

__all__ = ["demo", "looks"]

NOW = datetime(2026, 11, 28, 15, 0).astimezone()


@pytest.fixture
def november(tmp_path, demo, monkeypatch):
    """Fill the history with the sends of a month, as seen at the end of it."""
    monkeypatch.setattr("dazos_tui.tui.screens.instance.HistoryView", partial(HistoryView, clock=lambda: NOW))
    names = ["Bea Amber", "Elena García", "Ben Hazel", "Omar O'Brien", "Gus Saffron", "Li Wei", "Ivo Lantern"]
    with past(tmp_path, demo, NOW) as write:
        for number in range(40):
            at = write.noon - (13 - number / 3) * DAY + number % 5 * HOUR
            outcome = {7: Outcome.REFUSED, 11: Outcome.NOT_SENT}.get(number % 13, Outcome.SENT)
            back = number % 4 * 50 * MINUTE + 9 * MINUTE if outcome is Outcome.SENT and number % 5 else None
            write.sent(
                names[number % 7], at, outcome, back=back, ticket=f"T-{1000 + number}" if number % 3 else "",
                instance="summit-prod" if number % 6 == 0 else "harbor-prod",
                operator="demo.admin" if number % 4 == 0 else "kim.lead",
            )  # fmt: skip
        write.sent("Ivo Lantern", NOW - 5 * HOUR, Outcome.UNKNOWN, ticket="T-1038")
        write.sent("Ben Hazel", NOW - 4 * HOUR, Outcome.NOT_SENT, ticket="T-1039", operator="demo.admin")
        write.sent("Bea Amber", NOW - 80 * MINUTE, back=12 * MINUTE)
        write.sent("Elena García", NOW - 9 * MINUTE, ticket="T-1042")


async def rows(desk):
    await people(desk)
    page = await desk.open_full_history()
    await desk.press("down", "down", "down")
    await page.detail_shows("Ivo Lantern")


async def searched(desk):
    await rows(desk)
    await desk.full_history.search("by:kim outcome:sent -amber")
    await desk.full_history.detail_shows("Elena García")


async def not_understood(desk):
    await rows(desk)
    await desk.full_history.search("outcome:lost")
    await desk.sees("takes sent")


async def charts(desk):
    await rows(desk)
    await desk.press("t")
    await desk.sees("Links per")


async def nothing(desk):
    await rows(desk)
    await desk.full_history.search("zzz")
    await desk.sees("Nothing matches")


@in_states([rows, searched, not_understood, charts, nothing])
@pytest.mark.usefixtures("november")
async def test_the_whole_history_looks_the_same(looks, state):
    await looks(state, sizes=FROM_LEAST_ON)


@in_states([rows, charts])
@pytest.mark.usefixtures("november")
async def test_the_whole_history_looks_the_same_without_colours(looks, state):
    await looks(state, driver=MonochromeDriver, sizes=WIDE_AND_NARROW)
