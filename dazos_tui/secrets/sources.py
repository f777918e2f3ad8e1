"""The places a password or an access key can come from, in the order in which they are tried."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from dazos_tui.config.models import Auth, Config, Instance
from dazos_tui.secrets.errors import SecretError
from dazos_tui.secrets.keyring import KEYRING_SECONDS, KeyringError, stored_password
from dazos_tui.system.subprocesses import (
    KEPT_OUTPUT_BYTES,
    ProgramFailedError,
    child_environment,
    describe_exit,
    run_program,
)
from dazos_tui.system.terminal_lending import TERMINAL_LENDER
from dazos_tui.text.sanitize import safe_text

COMMAND_SECONDS = 60.0
"""How long a command may take: long enough to touch a key or to type a passphrase."""


@dataclass(frozen=True, slots=True)
class _SecretKind:
    """A kind of secret: its name in messages, the prefix of its config keys, and the advice if it fails."""

    name: str
    key_prefix: str
    advice: str


_PASSWORD = _SecretKind("password", "password", SecretError.advice)
_ACCESS_KEY = _SecretKind(
    "access key",
    "access_key",
    "Run the instance's access_key_command yourself and see what it prints. Without the key, people are "
    "read from the CRM's pages, which takes longer.",
)


_COOKIE = _SecretKind(
    "session cookie",
    "cookie",
    "No sign-in was tried. Run the instance's cookie_command yourself and see what it prints.",
)
_CODE = _SecretKind(
    "one-time code",
    "one_time_code",
    "Run the instance's one_time_code_command yourself and see what it prints.",
)


_HISTORY_PASSWORD = _SecretKind(
    "history's password",
    "password",
    "Run the password_command of [history] yourself and see what it prints.",
)


@dataclass(frozen=True, slots=True)
class _SecretOwner:
    """Whose secret it is, for messages, and the variables that no program gets."""

    name: str
    secret_variables: frozenset[str]


def _ignore_warning(_line: str) -> None:
    pass


async def credential_for(
    instance: Instance,
    *,
    seconds: float = COMMAND_SECONDS,
    on_warning: Callable[[str], object] = _ignore_warning,
) -> SecretStr | None:
    """Return the credential for the instance's kind of `auth`; None if the user must be asked for it.

    A session cookie comes from `cookie_command` or `cookie_env`; for the rest see `password_for`.
    """
    if instance.auth is Auth.COOKIE:
        return await _resolve_secret(_COOKIE, instance, instance.cookie_command, instance.cookie_env, seconds)
    return await password_for(instance, seconds=seconds, on_warning=on_warning)


async def one_time_code_for(instance: Instance, *, seconds: float = COMMAND_SECONDS) -> SecretStr | None:
    """Return a currently valid code, or None if no command is configured. Raises SecretError."""
    return await _resolve_secret(_CODE, instance, instance.one_time_code_command, None, seconds)


async def password_for(
    instance: Instance,
    *,
    seconds: float = COMMAND_SECONDS,
    keyring_seconds: float = KEYRING_SECONDS,
    on_warning: Callable[[str], object] = _ignore_warning,
) -> SecretStr | None:
    """Return the password of an instance, or None if the user must be asked.

    The sources are tried in this order: `password_command`, `password_env`, and only if neither is configured
    and `keyring` is not false, the system's keyring. A command that takes longer than `seconds` is killed,
    with everything it started. If the keyring cannot be used, or does not answer within `keyring_seconds`,
    that is not an error: `on_warning` gets a line about it. Raises SecretError.
    """
    if instance.uses_keyring:
        try:
            return await stored_password(instance, seconds=keyring_seconds)
        except KeyringError as error:
            on_warning(str(error))
            return None
    return await _resolve_secret(
        _PASSWORD, instance, instance.password_command, instance.password_env, seconds
    )


async def access_key_for(instance: Instance, *, seconds: float = COMMAND_SECONDS) -> SecretStr | None:
    """Return the access key from the instance's command or variable, or None if neither is configured.

    A command that takes longer than `seconds` is killed, with everything it started. Raises SecretError.
    """
    command, variable = instance.access_key_command, instance.access_key_env
    return await _resolve_secret(_ACCESS_KEY, instance, command, variable, seconds)


async def history_password_for(
    config: Config,
    *,
    seconds: float = COMMAND_SECONDS,
    on_warning: Callable[[str], object] = _ignore_warning,
) -> SecretStr | None:
    """Return the password of the history's server, or None if none is configured or in the keyring.

    If the keyring cannot be used, `on_warning` gets a line about it. Raises SecretError.
    """
    table, owner = config.history, _SecretOwner("the history", config.secret_variables)
    if table.keyring and table.address is not None:
        try:
            return await stored_password(table.address)
        except KeyringError as error:
            on_warning(str(error))
            return None
    return await _resolve_secret(
        _HISTORY_PASSWORD, owner, table.password_command, table.password_env, seconds
    )


async def _resolve_secret(
    kind: _SecretKind,
    owner: Instance | _SecretOwner,
    command: tuple[str, ...] | None,
    variable: str | None,
    seconds: float,
) -> SecretStr | None:
    if command is not None:
        return await _from_command(kind, owner, command, seconds)
    if variable is not None:
        return _from_variable(kind, variable)
    return None


def _from_variable(kind: _SecretKind, name: str) -> SecretStr:
    value = os.environ.get(name)
    if value:
        return SecretStr(value)
    state = "is empty" if value == "" else "is not set"
    raise SecretError(
        f"The environment variable {name}, which should hold the {kind.name}, {state}.",
        advice=f"Set {name} in the shell that starts dazos-tui, or use {kind.key_prefix}_command instead.",
    )


async def _from_command(
    kind: _SecretKind, owner: Instance | _SecretOwner, command: tuple[str, ...], seconds: float
) -> SecretStr:
    environment = child_environment(owner.secret_variables)
    try:
        ended = await run_program(command, seconds, environment)
        if ended[0] > 0:
            description = f"the {kind.name} command of {safe_text(owner.name)} (“{safe_text(command[0])}”)"
            ended = await _retry_at_terminal(description, command, seconds, environment) or ended
        return SecretStr(_secret_from_output(kind, *ended))
    except ProgramFailedError as failure:
        said = f"The {kind.name} command “{safe_text(command[0])}” {failure}"
    raise SecretError(said, advice=kind.advice)


async def _retry_at_terminal(
    description: str, command: tuple[str, ...], seconds: float, environment: dict[str, str]
) -> tuple[int, bytes, bytes] | None:
    """Run a command that failed without a terminal again with ours, as it may need to ask something.

    `description` names it for the user at the terminal. Returns None if it fails again or there is no
    terminal.
    """
    lend = TERMINAL_LENDER.get()
    if lend is None:
        return None
    try:
        async with lend(description) as terminal:
            if terminal is None:
                return None
            ended = await run_program(command, seconds, environment, terminal=terminal)
            if ended[0] != 0:
                # Raised in here for the lender, which need not lend it to the next that would fail, too.
                raise _FailedAtTerminalError
    except _FailedAtTerminalError:
        # The first one's output is reported: the second one's errors went to the terminal.
        return None
    return ended


class _FailedAtTerminalError(ProgramFailedError):
    """A command failed at the terminal as well: the user declined, or cannot answer."""


def _secret_from_output(kind: _SecretKind, code: int, output: bytes, errors: bytes) -> str:
    if code != 0:
        said = safe_text(errors.decode(errors="replace").strip().partition("\n")[0], limit=200)
        raise ProgramFailedError(describe_exit(code) + (f": {said}" if said else "."))
    line = output.partition(b"\n")[0].removesuffix(b"\r")
    if not line:
        raise ProgramFailedError(f"printed no {kind.name} (exit code 0, empty first line).")
    # The middle of longer output is not kept.
    if len(line) >= KEPT_OUTPUT_BYTES:
        raise ProgramFailedError(
            f"printed a first line of {KEPT_OUTPUT_BYTES:,} bytes or more (exit code 0)."
        )
    secret = _decoded(line)
    if secret is None:
        raise ProgramFailedError("printed something that is not UTF-8 (exit code 0).")
    return secret


def _decoded(line: bytes) -> str | None:
    # The exception of a failed decode holds the bytes, so it must not become the context of another.
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None
