"""How much memory the app uses after a long day: profiles, palettes, helps, confirm boxes, and sends.

Whatever was closed must be freed, so the memory must not depend on how often something was opened. The growth
in the second half is measured by itself: what is loaded once, such as a dialog's code, comes in the first.
"""

import sys
from collections.abc import Iterator, Sequence

from benchmarks.app import app_with_everybody
from benchmarks.bytes import ESCAPE, SIZE
from benchmarks.harness import Figure, options, report
from benchmarks.server import demo_server
from benchmarks.terminal import Terminal

PROFILES, PALETTES, HELPS, BOXES, SENDS = 160, 400, 100, 100, 160
"""How often each is done in a whole round."""
MOST_RATIO, MOST_GROWTH = 1.11, 2.0
"""The most memory at the end, beside that after the first send, and the most megabytes that the second half
may add."""

_CLOSED = 0.05
"""Seconds of silence after which a dialog is closed."""
_IN_PROFILE = "Send link"
"""The footer while the focus is in the profile."""
_BOX = "Esc cancel"
_CLEAR, _PALETTE, _HELP = b"\x15", b"\x10", b"\x1bOP"


class _Day:
    """What a user does in the app."""

    def __init__(self, app: Terminal, names: Sequence[str]) -> None:
        self._app, self._names = app, names

    def _until(self, keys: bytes, words: str, *, gone: bool = False) -> None:
        self._app.type(keys)
        self._app.ready(lambda screen: (words in screen) is not gone)

    def open(self, index: int) -> None:
        """Read the profile of a person."""
        name = self._names[index % len(self._names)]
        while _IN_PROFILE in self._app.screen:
            self._app.press(ESCAPE)
        self._app.press(_CLEAR + name.encode())
        self._until(b"\r", f"{name} ·")
        self._app.ready(lambda screen: "Last Name" in screen and _IN_PROFILE in screen)

    def send(self, index: int) -> None:
        """Send a link to a person, and close the notice; not to one of whom the app warns."""
        self.open(index)
        self._until(b"s", _BOX)
        if "y send" not in self._app.screen:
            self._until(ESCAPE, _BOX, gone=True)
            return
        self._until(b"y", "Success")
        self._until(ESCAPE, "Success", gone=True)

    def see(self, keys: bytes, words: str) -> None:
        """Open a dialog, and close it; a key right after that may come while it is being closed."""
        self._until(keys, words)
        self._app.press(ESCAPE, silence=_CLOSED)
        self._app.ready(lambda screen: words not in screen)

    def do_part(self, part: int, first: int) -> Iterator[None]:
        """Do one of `part` parts of everything, beginning with the person `first`; yield after each kind."""
        for index in range(PROFILES // part):
            self.open(first + index)
        yield
        for _ in range(PALETTES // part):
            self.see(_PALETTE, "Enter run")
        yield
        for _ in range(HELPS // part):
            self.see(_HELP, "Esc close")
        yield
        for _ in range(BOXES // part):
            self.see(b"s", _BOX)
        yield
        for index in range(SENDS // part):
            self.send(first + index)
        yield


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, people=453)
    parser.add_argument("--part", type=int, default=1, metavar="N", help="do a Nth of everything; default 1")
    chosen = parser.parse_args()
    part = 2 * chosen.part
    with demo_server(chosen.people, page_size=20) as server, app_with_everybody(server, size=SIZE) as app:
        day = _Day(app, [person.user_name for person in server.people if person.active])
        day.send(0)
        seen = [app.resident_megabytes]
        for first in (1, 1 + PROFILES // part):
            seen += (app.resident_megabytes for _ in day.do_part(part, first))
        middle = seen[len(seen) // 2]
    figures = [
        Figure("after the first send", "MB", seen[0]),
        Figure("after all of it, beside that", "MB", seen[-1], seen[0], most_ratio=MOST_RATIO),
        Figure("added by the second half", "MB", seen[-1] - middle, most=MOST_GROWTH),
    ]
    return report("long_use", figures, strict=chosen.strict)


if __name__ == "__main__":
    sys.exit(main())
