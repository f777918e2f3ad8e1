"""Terminals of every size from 1x1 on, for a moment or for longer: nothing is lost by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events
from textual.geometry import Size

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.formatting import truncate_middle
from dazos_tui.tui.list_columns import MATCH_STYLE, columns_for
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk

SIZES = [
    *((width, height) for width in (1, 2, 3, 5, 13) for height in (1, 2, 5)),
    (1, 60), (4, 60), (200, 1), (200, 2), (40, 14), (39, 15), (40, 15), (1, 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def demo():
    with DemoServer() as server:
        yield server


@given(st.integers(-5, 300), st.integers(1, 300))
def test_columns_fit_a_list_of_any_width(width, terminal):
    cells = [cells for _, cells in columns_for(width, terminal)]
    assert min(cells) >= 0
    assert sum(cells) + len(cells) + MATCH_STYLE <= max(width, MATCH_STYLE + len(cells))


@pytest.mark.parametrize("key", ["", "question_mark", "f2", "ctrl+p", "s", "f9", "Y", "m", "z"])
async def test_all_is_there_again_after_any_size(demo, tmp_path, key):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("garcia")
        await desk.open()
        if key:
            await desk.press(key)
        await desk.settled()
        shown = type(desk.app.screen), desk.work.focused
        for size in SIZES:
            await desk.pilot.resize_terminal(*size)
            await desk.pilot.pause()
        for size in SIZES:
            # Without a pause: the app is still at the one before.
            desk.app.post_message(events.Resize(Size(*size), Size(*size)))
        await desk.pilot.resize_terminal(120, 40)
        await desk.drawn()
        await desk.settled()
        assert (type(desk.app.screen), desk.work.focused) == shown


@pytest.mark.parametrize("text", ["Choose what to copy", "名前名前名前", "x"])
@pytest.mark.parametrize("width", range(-3, 8))
def test_a_text_is_cut_for_any_width(text, width):
    cut = truncate_middle(text, width)
    assert cut == text or (cell_len(cut) <= max(1, width) and "…" in cut)
