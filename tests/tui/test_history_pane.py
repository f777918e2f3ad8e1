"""The history pane: columns at the same places in each row, and one form of time everywhere."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len

from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.formatting import format_time, short_state_of, state_of
from dazos_tui.tui.widgets.history_list import HistoryList
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk

NOW = datetime(2026, 11, 28, 15, 0).astimezone()
MINUTE = timedelta(minutes=1)


def entry(
    ago: timedelta = MINUTE,
    outcome: Outcome = Outcome.SENT,
    *,
    back: timedelta | None = None,
    proof: BackInProof = BackInProof.SIGN_IN,
    action: CrmAction = CrmAction.RESET_LINK,
) -> HistoryEntry:
    """Return a row of so long ago; the person was back in `back` after it, if at all."""
    at = NOW - ago
    request = ResetRequest(
        "harbor",
        "staging",
        "crm.example.com",
        "kim",
        "5",
        "ann.bell",
        "Ann Bell",
        "ann@example.com",
        "T-1042",
    )
    seen = BackIn(at + back, proof) if back is not None else None
    return HistoryEntry(1, request, at, at, outcome, "", action, seen)


@pytest.mark.parametrize(
    ("row", "long", "short"),
    [
        (entry(), "waiting 1 min", "1 min…"),
        (entry(9 * MINUTE), "waiting 9 min", "9 min…"),
        (entry(178 * MINUTE), "waiting 2 h 58", "2 h 58…"),
        (entry(timedelta(days=3)), "waiting 3 d", "3 d…"),
        (entry(timedelta(0)), "waiting < 1 min", "< 1 min…"),
        (entry(-60 * MINUTE), "wrong date", "wrong date"),
        (entry(outcome=Outcome.UNKNOWN), "look first", "look first"),
        (entry(outcome=Outcome.REFUSED), "refused", "–"),
        (entry(outcome=Outcome.NOT_SENT), "not sent", "–"),
        (entry(back=12 * MINUTE), "back in 12 min", "in 12 min"),
        (entry(back=1439 * MINUTE), "back in 23 h 59", "in 23 h 59"),
        (entry(back=timedelta(seconds=3)), "back in < 1 min", "in < 1 min"),
        (entry(back=-60 * MINUTE), "wrong date", "wrong date"),
        (entry(outcome=Outcome.UNKNOWN, back=12 * MINUTE), "back in 12 min", "in 12 min"),
        (entry(back=12 * MINUTE, proof=BackInProof.PERSON), "back in, they say", "in (said)"),
        (entry(action=CrmAction.ENABLE_LOGIN), "enabled", "enabled"),
        (entry(outcome=Outcome.NOT_SENT, action=CrmAction.ENABLE_LOGIN), "not done", "not done"),
    ],
)
def test_how_things_are_after_a_reset_in_few_words_and_in_fewer(row, long, short):
    assert (state_of(row, NOW), short_state_of(row, NOW)) == (long, short)
    assert cell_len(long) <= 18
    assert cell_len(short) <= 10


@pytest.mark.parametrize("width", [37, 39, 44, 45, 59, 60, 79, 119])
def test_each_column_is_at_the_same_place_whatever_the_row_says(width):
    pane = HistoryList(id="history", clock=lambda: NOW)
    rows = [
        entry(), entry(timedelta(days=2), Outcome.UNKNOWN), entry(timedelta(days=40), back=MINUTE),
        entry(outcome=Outcome.REFUSED),
    ]  # fmt: skip
    cells = [list(pane.cells(row, 0, width)) for row in rows]
    assert len({tuple(cell_width for _, cell_width, _ in row) for row in cells}) == 1
    assert sum(cell_width for _, cell_width, _ in cells[0]) == width
    for row in cells:
        # The last one goes up to the end; after each of the others there is a gap.
        assert all(cell_len(text.rstrip()) < cell_width for text, cell_width, _ in row[:-1])
        assert cell_len(row[-1][0]) <= row[-1][1]
    assert [text for text, *_ in (row[1] for row in cells)] == ["14:59", "Thu 15:00", "2026-10-19", "14:59"]
    assert ("T-1042" in [text for text, *_ in cells[0]]) is (width >= 45)


def keep(state: Path, request: ResetRequest, at: datetime, outcome: Outcome) -> None:
    """Put a reset of that time into the history."""
    with HistoryStore(state / "history.db", clock=lambda: at) as store:
        store.record_outcome(store.record_request(request).id, outcome, "said")


@pytest.mark.parametrize(
    ("size", "ticket", "words"),
    [
        ((120, 40), True, "{} min…"),
        ((80, 24), True, "waiting {} min"),
        ((45, 20), False, "{} min…"),
        ((40, 15), False, "{} min…"),
    ],
    ids=str,
)
async def test_the_pane_at_each_size(tmp_path, size, ticket, words):
    with DemoServer(users=45) as demo:
        instance = demo_instance(demo)
        times: list[datetime] = []
        for days, outcome, number in (
            (40, Outcome.REFUSED, ""),
            (2, Outcome.UNKNOWN, ""),
            (0, Outcome.SENT, "T-1042"),
        ):
            at = datetime.now(UTC) - timedelta(days=days, minutes=9)
            times.insert(0, at)
            request = ResetRequest(
                instance.name, instance.environment, instance.host, "kim", "5", "ann.bell", "Ann Bell",
                "ann.bell@example.com", number, instance.server,
            )  # fmt: skip
            keep(tmp_path, request, at, outcome)
        async with at_desk(config_of(instance), tmp_path, size=size) as desk:
            await desk.loaded()
            await desk.press("f3")
            await desk.sees(" ✓ ", "look first")
            first, second, third = (line.rstrip() for line in desk.history.lines[:3])
            for line, mark, at in zip((first, second, third), "✓?✗", times, strict=True):
                assert line.startswith(f" {mark} {format_time(at, datetime.now(UTC)):<10} Ann Bell")
            # On a busy machine it may be more than a minute ago.
            state = words.format(next(minutes for minutes in range(9, 60) if f" {minutes} min" in first))
            assert first.endswith(state)
            assert second.endswith("look first")
            assert third.endswith("refused" if size[0] == 80 else "–")
            places = [line.rindex(end) for line, end in ((first, state), (second, "look first"))]
            assert len(set(places)) == 1
            assert ("T-1042" in first) is ticket
