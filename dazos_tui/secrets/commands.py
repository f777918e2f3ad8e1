"""Programs that print a secret, and what programs of ours are told of secrets: nothing."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Collection
from contextlib import suppress

from dazos_tui.text import safe_text

_OUTPUT_LIMIT = 65_536
_GRACE_SECONDS = 1.0


class FailedError(Exception):
    """A command gave no secret; `str(error)` goes on after its name."""


def child_environment(secret_variables: Collection[str]) -> dict[str, str]:
    """Return the environment for a program that we start: ours, without the variables that hold secrets."""
    return {name: value for name, value in os.environ.items() if name not in secret_variables}


async def run(
    command: tuple[str, ...], seconds: float, secret_variables: Collection[str]
) -> tuple[int, bytes, bytes]:
    """Run a program to its end; return its exit code and the start of what it wrote to stdout and stderr.

    After `seconds` it is killed, with whatever it started. Raises FailedError.
    """
    # A session of its own: so all it starts can be killed, and nothing of it reads from our terminal.
    try:
        transport, ending = await asyncio.get_running_loop().subprocess_exec(
            _Ending, *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True,
            env=child_environment(secret_variables),
        )  # fmt: skip
    except (OSError, ValueError) as error:
        reason = safe_text(getattr(error, "strerror", None) or "not a program")
        raise FailedError(f"could not be started: {reason}.") from None
    try:
        async with asyncio.timeout(seconds):
            await ending.exited.wait()
        # What it left running may hold the pipes open for ever; its own words are there already.
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await ending.closed.wait()
        return transport.get_returncode() or 0, bytes(ending.kept[1]), bytes(ending.kept[2])
    except TimeoutError:
        raise FailedError(f"did not end within {seconds:g} seconds.") from None
    finally:
        if transport.get_returncode() is None:
            with suppress(ProcessLookupError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            await ending.exited.wait()
        transport.close()


class _Ending(asyncio.SubprocessProtocol):
    """Keeps the start of what a program prints, by file descriptor, and tells when it has ended.

    asyncio's own `Process` cannot let go of pipes that something else still holds open.
    """

    def __init__(self) -> None:
        self.kept = {1: bytearray(), 2: bytearray()}
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.kept[fd] += data[: _OUTPUT_LIMIT - len(self.kept[fd])]

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
