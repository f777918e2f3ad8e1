"""What is done before a request leaves, as a test says."""

from collections.abc import Awaitable, Callable


class Prepared:
    """A preparation that a test waits for."""

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        self._wait = wait
        self.begun = False

    def begin(self) -> None:
        self.begun = True

    async def wait(self) -> None:
        await self._wait()


def failing_preparation() -> Prepared:
    """Return a preparation that raises LookupError."""

    async def fail() -> None:
        raise LookupError("not on disk")

    return Prepared(fail)
