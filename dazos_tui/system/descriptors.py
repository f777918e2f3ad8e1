"""Standard streams that were closed before the program started, as with ``<&-`` or ``>&-`` in a shell."""

import os
import sys

_FLAGS = {0: os.O_WRONLY, 1: os.O_RDONLY, 2: os.O_RDONLY}
"""How each is opened: so that reading stdin still fails, and so does writing the others."""


def occupy_closed_streams() -> None:
    """Open /dev/null in the place of closed standard streams, so that no file gets their numbers.

    Otherwise a database could become stdout, and be written over. Writing to stdout then raises OSError.
    """
    for number, flags in _FLAGS.items():
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free: this one, since those below it are taken.
            os.open(os.devnull, flags)
    if sys.__stdout__ is None:
        # A stream of our own, so that what is written is noticed as lost.
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - until the end
    if sys.__stderr__ is None:
        # Without one, click writes to stdout what is meant for stderr.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until the end
