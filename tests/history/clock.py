"""The time in tests of the history: a clock that advances, when it starts, and a sign-in after that."""

from datetime import UTC, datetime, timedelta

from dazos_tui.history.models import BackIn, BackInProof

NOW = datetime(2026, 11, 23, 13, 37, 0, 123456, tzinfo=UTC)
BACK = BackIn(datetime(2026, 11, 23, 14, 1, tzinfo=UTC), BackInProof.SIGN_IN)


class Clock:
    """A clock that advances by a minute each time it is read."""

    def __init__(self, start: datetime = NOW) -> None:
        self.now = start

    def __call__(self) -> datetime:
        shown, self.now = self.now, self.now + timedelta(minutes=1)
        return shown
