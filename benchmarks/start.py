"""How long the app takes until you can type, compared with a Textual app that shows one word."""

import sys
from statistics import median

from benchmarks.app import FILTER_IS_EMPTY
from benchmarks.harness import Figure, options, report
from benchmarks.server import demo_server
from benchmarks.terminal import Terminal

EMPTY_APP = [sys.executable, "-m", "benchmarks.empty_app"]
MOST_OF_EMPTY = 1.35


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, rounds=9).parse_args()
    ours: list[float] = []
    empty: list[float] = []
    with demo_server(453, page_size=20) as server:
        # The first start is not counted: there are no compiled modules and no warm file cache yet.
        _started(server.app, FILTER_IS_EMPTY), _started(EMPTY_APP, "ready")
        for _ in range(chosen.rounds):
            ours.append(_started(server.app, FILTER_IS_EMPTY))
            empty.append(_started(EMPTY_APP, "ready"))
    figures = [
        Figure(
            "start until you can type · median", "ms", median(ours), median(empty), most_ratio=MOST_OF_EMPTY
        ),
        Figure("start until you can type · worst", "ms", max(ours), max(empty)),
    ]
    return report(f"start: {chosen.rounds} rounds", figures, strict=chosen.strict)


def _started(command: list[str], words: str) -> float:
    with Terminal(command) as terminal:
        return terminal.ready(lambda screen: words in screen)


if __name__ == "__main__":
    sys.exit(main())
