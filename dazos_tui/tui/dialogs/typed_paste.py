"""A paste that arrives as typed keys, from a terminal that does not mark pastes."""

from time import monotonic

from dazos_tui.tui.dialogs.dialog import QUIET_SECONDS

MAX_TYPED = 200_000
"""Characters that are collected at most; the rest is dropped."""

REST_SECONDS = 3.0
"""After this long without a key no more of the paste comes, even if what has come makes no sense yet."""


class TypedPaste:
    """Collects the characters of one paste. It may be complete once no key has come for a moment.

    Without bracketed paste (XTerm Control Sequences, mode 2004), as in GNU screen, a paste is the same as
    typing. The line breaks in it are Enter keys, which must not be taken for an answer.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._last_at = 0.0
        self._wait = QUIET_SECONDS

    @property
    def is_open(self) -> bool:
        """Return whether a paste is being collected."""
        return bool(self._pieces)

    @property
    def may_be_complete(self) -> bool:
        """Return whether no key has come for long enough."""
        return self.is_open and monotonic() - self._last_at > self._wait

    @property
    def text(self) -> str:
        """Return what was collected so far."""
        return "".join(self._pieces)

    def wait_for_rest(self) -> bool:
        """Wait longer for the next key, since a slow line may pause; return False if it did that already."""
        before, self._wait = self._wait, REST_SECONDS
        return before < REST_SECONDS

    def add(self, character: str) -> None:
        """Add a character."""
        if len(self._pieces) < MAX_TYPED:
            self._pieces.append(character)
        self._last_at = monotonic()
        self._wait = QUIET_SECONDS

    def forget(self) -> None:
        """Forget what was collected."""
        self._pieces = []
