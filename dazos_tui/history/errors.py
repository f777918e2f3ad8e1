"""What can go wrong with the history."""


class HistoryError(Exception):
    """The history cannot be read or written: `str(error)` says what happened, `error.advice` what to do."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice
