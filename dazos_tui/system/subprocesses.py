"""Running other programs: without a shell, with a time limit, and without our secrets."""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from pathlib import Path

from dazos_tui.system.files import UnsafeFileError, check_program
from dazos_tui.system.terminal_lending import (
    interrupts_held,
    process_group_in_foreground,
    terminal_environment,
)
from dazos_tui.text.sanitize import safe_text

KEPT_OUTPUT_BYTES = 65_536
"""How much of a long output is kept at its start, and again at its end, in bytes."""

_GRACE_SECONDS = 1.0


class ProgramFailedError(Exception):
    """A program did not run to its end; `str(error)` continues a sentence after its name."""


class ProgramNotStartedError(ProgramFailedError):
    """The program does not exist or may not be run."""


def child_environment(secret_variables: Collection[str]) -> dict[str, str]:
    """Return the environment for a program we start: ours, without the variables that hold secrets."""
    return {name: value for name, value in os.environ.items() if name not in secret_variables}


def describe_exit(code: int) -> str:
    """Return how a program with an exit code other than 0 ended; continues a sentence after its name."""
    return f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"


def last_line(output: bytes) -> str:
    """Return the last line of a program's output that is not empty, safe to show; else an empty text."""
    lines = (safe_text(line, limit=200) for line in reversed(output.decode(errors="replace").splitlines()))
    return next(filter(None, lines), "")


async def run_program(
    command: Sequence[str],
    seconds: float,
    environment: Mapping[str, str],
    *,
    text: str | None = None,
    terminal: int | None = None,
) -> tuple[int, bytes, bytes]:
    """Run a program to its end; return its exit code and its output on stdout and stderr.

    It gets no terminal, or the `terminal` lent to it for stdin and stderr. Of a long output, start and end
    are kept, `KEPT_OUTPUT_BYTES` bytes each. `text` is its stdin, as UTF-8; it may leave it unread. After
    `seconds` it is killed, with everything it started. Raises ProgramFailedError; its subclass
    ProgramNotStartedError also for a program that anyone but you and root can change.
    """
    program = _trusted_program(command[0], environment)
    is_lent = terminal is not None
    with interrupts_held() if is_lent else nullcontext(lambda: False) as release_interrupts:
        async with _open_stdin(text) as stdin:
            # In a session or process group of its own, so that everything it starts can be killed. In another
            # session it cannot read from our terminal.
            try:
                transport, ended = await asyncio.get_running_loop().subprocess_exec(
                    _OutputCollector, *command, stdin=terminal if is_lent else stdin, stdout=PIPE,
                    stderr=terminal if is_lent else PIPE,
                    env={**environment, **terminal_environment(terminal)}, executable=program,
                    start_new_session=not is_lent, process_group=0 if is_lent else None,
                )  # fmt: skip
            except (OSError, ValueError) as error:
                reason = safe_text(getattr(error, "strerror", None) or "not a program")
                raise ProgramNotStartedError(f"could not be started: {reason}.") from None
            with (
                process_group_in_foreground(terminal, transport.get_pid(), release_interrupts)
                if terminal is not None
                else nullcontext()
            ):
                return await _collect_output(transport, ended, seconds)


async def _collect_output(
    transport: asyncio.SubprocessTransport, ended: "_OutputCollector", seconds: float
) -> tuple[int, bytes, bytes]:
    try:
        await _wait_for_exit(ended, seconds)
        return transport.get_returncode() or 0, bytes(ended.kept[1]), bytes(ended.kept[2])
    finally:
        try:
            if transport.get_returncode() is None:
                with suppress(ProcessLookupError):
                    os.killpg(transport.get_pid(), signal.SIGKILL)
                await ended.exited.wait()
        finally:
            # Also where waiting was cancelled once more.
            transport.close()


def _trusted_program(name: str, environment: Mapping[str, str]) -> str:
    """Return the path of the program of this name. Raises ProgramNotStartedError if others can change it."""
    found = shutil.which(name, path=environment.get("PATH"))
    if found is None:
        # Starting it then fails with the system's reason.
        return name
    try:
        check_program(Path(found))
    except UnsafeFileError as error:
        raise ProgramNotStartedError(f"was not run: {error} {error.advice}") from None
    except OSError as error:
        raise ProgramNotStartedError(f"was not run: {error.strerror}.") from None
    return found


async def _wait_for_exit(ended: "_OutputCollector", seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await ended.exited.wait()
    except TimeoutError:
        raise ProgramFailedError(f"did not end within {seconds:g} seconds.") from None
    # Processes it left running may keep the pipes open for ever; its own output has arrived already.
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            await ended.closed.wait()


@asynccontextmanager
async def _open_stdin(text: str | None) -> AsyncIterator[int]:
    """Yield the file descriptor of a program's stdin: nothing, or a pipe with this text."""
    if text is None:
        yield DEVNULL
        return
    # A pipe of our own: asyncio's is a socket, which a program cannot reopen as /dev/stdin.
    theirs, ours = os.pipe()
    try:
        pipe, _ = await asyncio.get_running_loop().connect_write_pipe(
            asyncio.BaseProtocol, os.fdopen(ours, "wb", buffering=0)
        )
        try:
            pipe.write(text.encode(errors="replace"))
            pipe.write_eof()
            yield theirs
        finally:
            # Drops unread text. A pipe written to its end closes itself and must not be closed twice.
            if pipe.get_write_buffer_size():
                pipe.abort()
    finally:
        os.close(theirs)


class _OutputCollector(asyncio.SubprocessProtocol):
    """Collects what a program prints, by file descriptor, and signals when it has ended.

    asyncio's own `Process` cannot close pipes that another process still holds open.
    """

    def __init__(self) -> None:
        self.kept = {1: bytearray(), 2: bytearray()}
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        kept = self.kept[fd]
        kept += data
        if len(kept) > 2 * KEPT_OUTPUT_BYTES:
            del kept[KEPT_OUTPUT_BYTES:-KEPT_OUTPUT_BYTES]

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
