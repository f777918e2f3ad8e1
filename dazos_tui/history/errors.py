"""The errors of the history."""

from dazos_tui.history.models import HistoryEntry


class HistoryError(Exception):
    """The history cannot be read or written: `str(error)` says what happened, `error.advice` what to do."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class UnusableHistoryError(HistoryError):
    """The history's file or folder cannot be used at all: another one has to be chosen."""


class HistoryServerError(HistoryError):
    """The history's server cannot be used as it is configured: its address, password, rights or version."""


class OutdatedHistoryError(HistoryServerError):
    """The history on a server was made by an older dazos-tui: its owner has to bring it up to date."""


class HistoryUnreachableError(HistoryError):
    """The history's server did not answer, or the connection to it was lost."""


class UnfinishedErasureError(HistoryError):
    """People were erased, but their bytes may still be in a file."""


class NoSuchEntryError(HistoryError):
    """There is no entry with this id."""

    def __init__(self, message: str) -> None:
        super().__init__(message, advice="Another history may be in use.")


class HistoryReplacedError(HistoryError):
    """The file at the history's path is no longer the open one: rows written to it would be lost."""


class ConcurrentResetError(Exception):
    """Another process requested a link for the same person since the last check; nothing was recorded."""

    def __init__(self, entry: HistoryEntry) -> None:
        super().__init__(
            f"{entry.request.operator} requested a link for this person just now ({entry.outcome})."
        )
        self.entry = entry
