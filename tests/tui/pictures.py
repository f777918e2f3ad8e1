"""Pictures of a state of the app at one size after another, compared with those in `__snapshots__`.

After a change that is meant: `pytest FILE --snapshot-update`, then look at them.
"""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion

from dazos_tui.tui.app import DazosApp
from tests.tui.app_driver import Desk

SIZES = [(120, 40), (80, 24), (45, 20)]

LEAST = (40, 15)
"""The least terminal to work in."""

FROM_LEAST_ON = [*SIZES, LEAST]

WIDE_AND_NARROW = [SIZES[0], SIZES[-1]]
"""Colours do not depend on the size: where all panes are shown, and where one is."""


def in_states(states: Sequence[object]) -> pytest.MarkDecorator:
    """Return the mark of a test that runs in each of these states of the app."""
    return pytest.mark.parametrize("state", states, ids=lambda state: state.__name__)


async def assert_looks_the_same(
    snapshot: SnapshotAssertion,
    app: DazosApp,
    go_there: Callable[[Desk], Awaitable[None]],
    sizes: Sequence[tuple[int, int]] = SIZES,
) -> None:
    """Bring the app into a state, and compare how it looks in a terminal of each size."""
    different = []
    async with app.run_test(size=sizes[0]) as pilot:
        desk = Desk(app, pilot)
        await go_there(desk)
        was_armed = desk.is_armed
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await desk.drawn()
            if was_armed:
                await desk.armed()
            await desk.settled()
            name = f"{width}x{height}"
            if app.export_screenshot() != snapshot(name=name, extension_class=SVGImageExtension):
                different.append(name)
    assert not different, f"it looks different at {', '.join(different)}"
