"""Where the password and the access key of an instance come from."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from dataclasses import dataclass

from pydantic import SecretStr

from dazos_tui.config import Instance
from dazos_tui.text import safe_text

COMMAND_SECONDS = 60.0
"""How long a command may take: long enough to touch a key or to type a passphrase."""

_OUTPUT_LIMIT = 65_536
_GRACE_SECONDS = 1.0


class SecretError(Exception):
    """A secret could not be had: `str(error)` says why, without ever holding it."""

    advice = (
        "Nothing was tried at the CRM. Run the instance's password_command yourself and see what it prints."
    )

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is looked for, as messages call it, and what the config's keys for it begin with."""

    name: str
    key: str
    advice: str


_PASSWORD = _Wanted("password", "password", SecretError.advice)
_ACCESS_KEY = _Wanted(
    "access key",
    "access_key",
    "Run the instance's access_key_command yourself and see what it prints. Without the key, people are "
    "read from the CRM's pages, which takes longer.",
)


async def password_for(instance: Instance, *, seconds: float = COMMAND_SECONDS) -> SecretStr | None:
    """Return the password from the instance's command or variable, or None if a person must be asked.

    A command may take `seconds`; then it is killed, with whatever it started. Raises SecretError.
    """
    return await _secret(_PASSWORD, instance.password_command, instance.password_env, seconds)


async def access_key_for(instance: Instance, *, seconds: float = COMMAND_SECONDS) -> SecretStr | None:
    """Return the access key from the instance's command or variable, or None if neither is configured.

    A command may take `seconds`; then it is killed, with whatever it started. Raises SecretError.
    """
    return await _secret(_ACCESS_KEY, instance.access_key_command, instance.access_key_env, seconds)


async def _secret(
    wanted: _Wanted, command: tuple[str, ...] | None, variable: str | None, seconds: float
) -> SecretStr | None:
    if command is not None:
        return await _from_command(wanted, command, seconds)
    if variable is not None:
        return _from_variable(wanted, variable)
    return None


def _from_variable(wanted: _Wanted, name: str) -> SecretStr:
    value = os.environ.get(name)
    if value:
        return SecretStr(value)
    state = "is empty" if value == "" else "is not set"
    raise SecretError(
        f"The environment variable {name}, which should hold the {wanted.name}, {state}.",
        advice=f"Set {name} in the shell that starts dazos-tui, or use {wanted.key}_command instead.",
    )


async def _from_command(wanted: _Wanted, command: tuple[str, ...], seconds: float) -> SecretStr:
    try:
        return SecretStr(_first_line(wanted, *await _run(command, seconds)))
    except _FailedError as failure:
        said = f"The {wanted.name} command “{safe_text(command[0])}” {failure}"
    raise SecretError(said, advice=wanted.advice)


def _first_line(wanted: _Wanted, code: int, output: bytes, errors: bytes) -> str:
    if code != 0:
        how = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        said = safe_text(errors.decode(errors="replace").strip().partition("\n")[0], limit=200)
        raise _FailedError(how + (f": {said}" if said else "."))
    line = output.partition(b"\n")[0].removesuffix(b"\r")
    if not line:
        raise _FailedError(f"printed no {wanted.name} (exit code 0, empty first line).")
    secret = _decoded(line)
    if secret is None:
        raise _FailedError("printed something that is not UTF-8 (exit code 0).")
    return secret


def _decoded(line: bytes) -> str | None:
    # The exception of a failed decode holds the bytes; it must not become the context of another.
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


async def _run(command: tuple[str, ...], seconds: float) -> tuple[int, bytes, bytes]:
    # A session of its own: so all it starts can be killed, and nothing of it reads from our terminal.
    try:
        transport, ending = await asyncio.get_running_loop().subprocess_exec(
            _Ending, *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
    except (OSError, ValueError) as error:
        reason = safe_text(getattr(error, "strerror", None) or "not a program")
        raise _FailedError(f"could not be started: {reason}.") from None
    try:
        async with asyncio.timeout(seconds):
            await ending.exited.wait()
        # What it left running may hold the pipes open for ever; its own words are there already.
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await ending.closed.wait()
        return transport.get_returncode() or 0, bytes(ending.kept[1]), bytes(ending.kept[2])
    except TimeoutError:
        raise _FailedError(f"did not end within {seconds:g} seconds.") from None
    finally:
        if transport.get_returncode() is None:
            with suppress(ProcessLookupError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            await ending.exited.wait()
        transport.close()


class _FailedError(Exception):
    """A command gave no secret; `str(error)` goes on after its name."""


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
