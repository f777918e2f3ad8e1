"""The app in a terminal, with all people loaded."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.screen import Screen
from benchmarks.server import Server
from benchmarks.terminal import SIZE, Terminal

FILTER_IS_EMPTY = "Type a name or an e-mail"
"""The app's filter while it is empty."""


@contextmanager
def app_with_everybody(server: Server, *, size: tuple[int, int] = SIZE) -> Iterator[Terminal]:
    """Open the app on this CRM, and wait until it has loaded all people and stopped drawing.

    `size` is the size of its terminal, in columns and lines.
    """
    with Terminal(server.app, size=size) as terminal:
        terminal.ready(_has_read_everybody)
        terminal.settle()
        yield terminal


def _has_read_everybody(screen: Screen) -> bool:
    return "active ·" in screen and "reading" not in screen and "INCOMPLETE" not in screen
