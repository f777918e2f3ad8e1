"""A paste that arrives as typed keys, from a terminal that does not mark pastes."""

from time import monotonic

from dazos_tui.tui.dialogs.dialog import QUIET_SECONDS

MAX_TYPED = 200_000
"""Characters that are collected at most; the rest is dropped."""


class TypedPaste:
    """Collects the characters of one paste. It is complete once no key has come for a moment.

    Without bracketed paste (XTerm Control Sequences, mode 2004), as in GNU screen, a paste is the same as
    typing. The line breaks in it are Enter keys, which must not be taken for an answer.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._last_at = 0.0

    @property
    def is_open(self) -> bool:
        """Return whether a paste is being collected."""
        return bool(self._pieces)

    @property
    def is_complete(self) -> bool:
        """Return whether no key has come for a moment."""
        return self.is_open and monotonic() - self._last_at > QUIET_SECONDS

    def add(self, character: str) -> None:
        """Add a character."""
        if len(self._pieces) < MAX_TYPED:
            self._pieces.append(character)
        self._last_at = monotonic()

    def take(self) -> str:
        """Return what was collected, and forget it."""
        text, self._pieces = "".join(self._pieces), []
        return text
