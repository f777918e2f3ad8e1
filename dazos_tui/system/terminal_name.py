"""What the name of the terminal says about it."""

import os

_DUMB_NAMES = frozenset({"", "dumb", "unknown"})
"""Values of TERM for terminals without known capabilities."""


def has_dumb_name() -> bool:
    """Return whether the terminal can only write lines, by its name: TERM is dumb, unknown or missing."""
    return os.environ.get("TERM", "") in _DUMB_NAMES
