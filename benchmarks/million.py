"""A million people: how long a key takes, and how much memory they need beside the app's own code.

They are put into the directory at once, since reading them from a CRM would take an hour.
"""

import os
import sys
from collections import deque

import dazos_tui.tui.screens.instance  # noqa: F401 - measured with the people
from benchmarks.filter import first_screen, typing
from benchmarks.harness import Figure, milliseconds, options, report
from benchmarks.people import people
from benchmarks.terminal import resident_megabytes
from dazos_tui.directory.directory import Directory

MOST_FOR_FIRST_SCREEN_MS = 16.0
MOST_FOR_WORST_KEY_MS = 50.0
MOST_MEGABYTES = 900.0


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=1_000_000, rounds=1).parse_args()
    directory = Directory.from_users(people(chosen.people))
    first = milliseconds(lambda: first_screen(directory, ""))
    deque(directory.prepare(), maxlen=0)
    figures = [
        Figure("the first screen", "ms", first, most=MOST_FOR_FIRST_SCREEN_MS),
        *typing(directory, chosen.rounds, most_worst=MOST_FOR_WORST_KEY_MS),
        Figure("the people and the app's code", "MB", resident_megabytes(os.getpid()), most=MOST_MEGABYTES),
    ]
    return report(f"million: {chosen.people:,} people", figures, strict=chosen.strict)


if __name__ == "__main__":
    sys.exit(main())
