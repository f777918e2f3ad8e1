"""How much memory the app uses after a long day: profiles, palettes, helps, confirm boxes, and sends.

Whatever was closed must be freed, so the memory must not depend on how often something was opened. The growth
in the second half is measured by itself: what is loaded once, such as a dialog's code, comes in the first.
"""

import sys
from collections.abc import Iterator, Sequence

from benchmarks.app import app_with_everybody
from benchmarks.app_user import User
from benchmarks.bytes import SIZE
from benchmarks.harness import Figure, options, report
from benchmarks.server import demo_server

PROFILES, PALETTES, HELPS, BOXES, SENDS = 160, 400, 100, 100, 160
"""How often each is done in a whole round."""
MOST_RATIO, MOST_GROWTH = 1.11, 2.0
"""The most memory at the end, beside that after the first send, and the most megabytes that the second half
may add."""

_BOX = "Esc cancel"
_PALETTE, _HELP = b"\x10", b"\x1bOP"


def do_part(user: User, names: Sequence[str], part: int) -> Iterator[int]:
    """Do one of `part` parts of everything; yield after each kind how many links it sent."""
    for name in names[: PROFILES // part]:
        user.open(name)
    yield 0
    for _ in range(PALETTES // part):
        user.see(_PALETTE, "Enter run")
    yield 0
    for _ in range(HELPS // part):
        user.see(_HELP, "Esc close")
    yield 0
    for _ in range(BOXES // part):
        user.see(b"s", _BOX)
    yield 0
    yield sum(map(user.send, names[: SENDS // part]))


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, people=453)
    parser.add_argument("--part", type=int, default=1, metavar="N", help="do a Nth of everything; default 1")
    chosen = parser.parse_args()
    part = 2 * chosen.part
    with demo_server(chosen.people, page_size=20) as server, app_with_everybody(server, size=SIZE) as app:
        user = User(app)
        names = [person.user_name for person in server.people if person.active]
        first = next(name for name in names if user.send(name))
        names = names[names.index(first) + 1 :]
        seen, sends = [app.resident_megabytes], 0
        for half in (names, names[PROFILES // part :]):
            for sent in do_part(user, half, part):
                sends += sent
                seen.append(app.resident_megabytes)
        middle = seen[len(seen) // 2]
    if not sends:
        raise RuntimeError("No link was sent.")
    figures = [
        Figure("after the first send", "MB", seen[0]),
        Figure("after all of it, beside that", "MB", seen[-1], seen[0], most_ratio=MOST_RATIO),
        Figure("links sent", "", sends),
        Figure("added by the second half", "MB", seen[-1] - middle, most=MOST_GROWTH),
    ]
    return report("long_use", figures, strict=chosen.strict)


if __name__ == "__main__":
    sys.exit(main())
