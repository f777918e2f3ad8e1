"""How an instance is reached, and how fast it is asked."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from time import monotonic


class Pace:
    """On average at most so many requests a second to one instance, whichever session asks. The rest waits.

    As many may go out at once as are allowed for one second, so that somebody who opens a few profiles
    after a pause does not wait.
    """

    def __init__(self, per_second: float) -> None:
        """Take the number of requests a second, above zero."""
        self._apart = 1 / per_second
        self._due = float("-inf")

    async def turn(self) -> None:
        """Return when the next request may go out; those that wait go in the order they came."""
        now = monotonic()
        # The generic cell rate algorithm: only the time is kept by which all so far would be spread out.
        self._due = max(self._due, now) + self._apart
        wait = self._due - now - 1.0
        try:
            await asyncio.sleep(max(0.0, wait))
        except asyncio.CancelledError:
            self._due -= self._apart
            raise


@dataclass(frozen=True, slots=True)
class Network:
    """What the config says of the way to an instance.

    `ca_file` holds certificates to trust (PEM), `proxy` is the address of a proxy without a password, in
    place of the environment's, and `pace` is shared by all sessions with the instance. None: nothing special.
    """

    ca_file: Path | None = None
    proxy: str | None = None
    pace: Pace | None = None


DIRECT = Network()
"""The way that the environment says, as fast as one likes."""
