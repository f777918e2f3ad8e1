"""What can go wrong with the history."""

from dazos_tui.history.models import HistoryEntry


class HistoryError(Exception):
    """The history cannot be read or written: `str(error)` says what happened, `error.advice` what to do."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class UnusableHistoryError(HistoryError):
    """The file of the history, or its folder, cannot be used: only another one can."""


class NoSuchEntryError(HistoryError):
    """There is no entry of this number."""

    def __init__(self, message: str) -> None:
        super().__init__(message, advice="Another history may be in use.")


class HistoryReplacedError(HistoryError):
    """The file at the history's path is no longer the one that is open: nobody would find what is written."""


class ConcurrentResetError(Exception):
    """Somebody asked for a link for the same person since it was last looked; nothing was recorded."""

    def __init__(self, entry: HistoryEntry) -> None:
        super().__init__(
            f"{entry.request.operator} asked for a link for this person just now ({entry.outcome})."
        )
        self.entry = entry
