"""The system's keyring: Secret Service, KWallet, the macOS Keychain, whatever the library `keyring` finds.

It is called in a thread with a time-out of a few seconds, since its service may hang or wait to be unlocked.
The library's slow import and its search for a service run in that thread, too.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Protocol, TypeVar

from pydantic import SecretStr

from dazos_tui.secrets.errors import SecretError
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE_NAME = "dazos-tui"
"""The keyring service name of the stored passwords."""

KEYRING_SECONDS = 5.0
"""How long the keyring may take: its service answers in milliseconds, unless it waits for something."""

_FILE_BACKENDS = ("keyrings.alt.", "keyrings.cryptfile.")
"""Backends that are no service: they store passwords in plain text, or prompt for one on the terminal."""

# The library's log lines are dropped: on stderr they would be drawn over the screen.
logging.getLogger("keyring").addHandler(logging.NullHandler())

T = TypeVar("T")


class KeyringAccount(Protocol):
    """Whose password it is: an instance, or the server of a team's history."""

    @property
    def url(self) -> str:
        """Return the address where the password is used."""

    @property
    def username(self) -> str:
        """Return the name of the user there."""


class KeyringError(SecretError):
    """The keyring cannot be used: `str(error)` is one line that says why and never contains a secret."""

    advice = (
        'Use a password_command instead, such as ["pass", "show", "crm/acme"], or type the password each '
        "time."
    )


@dataclass
class _AbandonedCall:
    """The thread of a call that timed out and still waits for the keyring."""

    thread: Thread | None = None


_abandoned = _AbandonedCall()


def keyring_user(account: KeyringAccount) -> str:
    """Return the keyring user name of an account: a changed address or user never gets the old password."""
    return f"{account.url} {account.username}"


async def require_keyring(*, seconds: float = KEYRING_SECONDS) -> None:
    """Raise KeyringError if there is no usable keyring here."""
    await _call_keyring(lambda _backend: None, seconds)


async def stored_password(account: KeyringAccount, *, seconds: float = KEYRING_SECONDS) -> SecretStr | None:
    """Return the password that `store_password` stored, or None. Raises KeyringError."""
    key = keyring_user(account)

    def read(backend: "KeyringBackend") -> SecretStr | None:
        found = backend.get_password(SERVICE_NAME, key)
        return SecretStr(found) if found else None

    return await _call_keyring(read, seconds)


async def store_password(
    account: KeyringAccount, password: SecretStr, *, seconds: float = KEYRING_SECONDS
) -> None:
    """Store the password of an account, replacing an earlier one. Raises KeyringError."""
    key = keyring_user(account)

    def store(backend: "KeyringBackend") -> bool:
        backend.set_password(SERVICE_NAME, key, password.get_secret_value())
        # Some backends do not store anything and do not say so.
        return backend.get_password(SERVICE_NAME, key) == password.get_secret_value()

    if not await _call_keyring(store, seconds):
        raise KeyringError("The keyring accepted the password but does not return it.")


async def delete_password(account: KeyringAccount, *, seconds: float = KEYRING_SECONDS) -> bool:
    """Remove the stored password of an account; return whether there was one. Raises KeyringError."""
    key = keyring_user(account)

    def delete(backend: "KeyringBackend") -> bool:
        if backend.get_password(SERVICE_NAME, key) is None:
            return False
        backend.delete_password(SERVICE_NAME, key)
        return True

    return await _call_keyring(delete, seconds)


async def _call_keyring(work: "Callable[[KeyringBackend], T]", seconds: float) -> T:
    """Call `work` with the keyring in a thread and return its result. Raises KeyringError."""
    earlier = _abandoned.thread
    if earlier is not None and earlier.is_alive():
        raise KeyringError("The keyring has not answered the previous request yet.")
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T | KeyringError] = loop.create_future()

    def set_answer(result: T | KeyringError) -> None:
        if not answer.done():
            answer.set_result(result)

    def call_backend() -> None:
        result = _result_or_error(work)
        with suppress(RuntimeError):  # the loop is closed: nobody is waiting any longer
            loop.call_soon_threadsafe(set_answer, result)

    # A daemon, so that the end of the program does not wait for it, either.
    thread = Thread(target=call_backend, name="keyring", daemon=True)
    thread.start()
    try:
        async with asyncio.timeout(seconds):
            result = await answer
    except TimeoutError:
        _abandoned.thread = thread
        raise KeyringError(f"The keyring did not answer within {seconds:g} seconds.") from None
    if isinstance(result, KeyringError):
        raise result
    return result


def _result_or_error(work: "Callable[[KeyringBackend], T]") -> T | KeyringError:
    # Returned, not raised: the traceback of a backend's error may hold the password.
    try:
        return work(_find_backend())
    except KeyringError as error:
        return error.with_traceback(None)
    except Exception as error:  # noqa: BLE001 - third-party backends may raise anything
        return _to_keyring_error(error)


def _to_keyring_error(error: Exception) -> KeyringError:
    from keyring.errors import KeyringLocked, NoKeyringError

    if isinstance(error, NoKeyringError):
        return _no_service_error()
    if isinstance(error, KeyringLocked):
        return KeyringError("The keyring is locked.")
    # Never with its own message, which may quote the password.
    return KeyringError(f"The keyring cannot be used ({type(error).__name__}).")


def _no_service_error() -> KeyringError:
    return KeyringError("No keyring service here: none is running, or this session cannot reach it.")


def _file_backend_error(backend: "KeyringBackend") -> KeyringError:
    kind = type(backend)
    name = safe_text(f"{kind.__module__}.{kind.__name__}")
    return KeyringError(f"No keyring service here: {name} is just a file, and is not used.")


def _find_backend() -> "KeyringBackend":
    """Return the keyring that the library chooses here. Raises KeyringError if none is reliable."""
    from keyring import backend, core

    # The limit excludes files from the search, also within a chain; a configured backend is not limited.
    core.init_backend(limit=_is_service)
    chosen = core.get_keyring()
    if not _is_service(chosen):
        raise _file_backend_error(chosen)
    # The library's placeholders for “no keyring” have a priority of 0 or less.
    if chosen.priority <= 0:
        files = [one for one in backend.get_all_keyring() if not _is_service(one) and one.priority > 0]
        raise _file_backend_error(files[0]) if files else _no_service_error()
    return chosen


def _is_service(backend: "KeyringBackend") -> bool:
    return not any(kind.__module__.startswith(_FILE_BACKENDS) for kind in type(backend).__mro__)
