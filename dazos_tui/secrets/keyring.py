"""The system's keyring: Secret Service, KWallet, the macOS Keychain, whatever the library `keyring` finds.

It is asked in a thread that nobody waits for longer than a few seconds, for its service may hang, or wait
behind a lock. The library takes a while to import and to look around: that happens in the thread, too.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from pydantic import SecretStr

from dazos_tui.config.models import Instance
from dazos_tui.secrets.errors import SecretError
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE_NAME = "dazos-tui"
"""What the passwords are filed under."""

KEYRING_SECONDS = 5.0
"""How long the keyring may take: its service answers in milliseconds, or waits for something."""

_FILE_BACKENDS = ("keyrings.alt.", "keyrings.cryptfile.")
"""Packages that are no service: they keep passwords in plain text, or ask on the terminal for one more."""

# What the library has to say goes to nobody: a line on stderr would lie across the screen.
logging.getLogger("keyring").addHandler(logging.NullHandler())

T = TypeVar("T")


class KeyringError(SecretError):
    """The keyring cannot be used: `str(error)` is one line that says why, without ever holding a secret."""

    advice = (
        'Use a password_command instead, such as ["pass", "show", "crm/acme"], or let yourself be asked '
        "each time."
    )


@dataclass
class _AbandonedCall:
    """The thread that still waits for a keyring nobody waits for any more."""

    thread: Thread | None = None


_abandoned = _AbandonedCall()


def keyring_user(instance: Instance) -> str:
    """Return what an instance's password is filed under: a changed address or user never gets the old one."""
    return f"{instance.url} {instance.username}"


async def require_keyring(*, seconds: float = KEYRING_SECONDS) -> None:
    """Raise KeyringError if there is no keyring here that could be used."""
    await _call_keyring(lambda _backend: None, seconds)


async def stored_password(instance: Instance, *, seconds: float = KEYRING_SECONDS) -> SecretStr | None:
    """Return the password that `store_password` stored, or None. Raises KeyringError."""
    key = keyring_user(instance)

    def read(backend: "KeyringBackend") -> SecretStr | None:
        found = backend.get_password(SERVICE_NAME, key)
        return SecretStr(found) if found else None

    return await _call_keyring(read, seconds)


async def store_password(
    instance: Instance, password: SecretStr, *, seconds: float = KEYRING_SECONDS
) -> None:
    """Store the password of an instance, in the place of an earlier one. Raises KeyringError."""
    key = keyring_user(instance)

    def store(backend: "KeyringBackend") -> bool:
        backend.set_password(SERVICE_NAME, key, password.get_secret_value())
        # Some backends have nowhere to put it, and do not say so.
        return backend.get_password(SERVICE_NAME, key) == password.get_secret_value()

    if not await _call_keyring(store, seconds):
        raise KeyringError("The keyring took the password, but does not give it back.")


async def delete_password(instance: Instance, *, seconds: float = KEYRING_SECONDS) -> bool:
    """Remove the stored password of an instance; tell whether there was one. Raises KeyringError."""
    key = keyring_user(instance)

    def delete(backend: "KeyringBackend") -> bool:
        if backend.get_password(SERVICE_NAME, key) is None:
            return False
        backend.delete_password(SERVICE_NAME, key)
        return True

    return await _call_keyring(delete, seconds)


async def _call_keyring(work: "Callable[[KeyringBackend], T]", seconds: float) -> T:
    """Return what `work` returns, called in a thread with the keyring. Raises KeyringError."""
    earlier = _abandoned.thread
    if earlier is not None and earlier.is_alive():
        raise KeyringError("The keyring has not answered since it was last asked.")
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T | KeyringError] = loop.create_future()

    def set_answer(result: T | KeyringError) -> None:
        if not answer.done():
            answer.set_result(result)

    def call_backend() -> None:
        result = _result_or_error(work)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(set_answer, result)

    # A daemon, since the end of the program must not wait for it, either.
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
    # Returned and not raised: the traceback of what a backend raises may hold the password.
    try:
        return work(_find_backend())
    except KeyringError as error:
        return error.with_traceback(None)
    except Exception as error:  # noqa: BLE001 - backends are other people's, and raise what they like
        return _to_keyring_error(error)


def _to_keyring_error(error: Exception) -> KeyringError:
    from keyring.errors import KeyringLocked, NoKeyringError

    if isinstance(error, NoKeyringError):
        return _no_service_error()
    if isinstance(error, KeyringLocked):
        return KeyringError("The keyring is locked.")
    # Never in its own words: nobody knows what they quote.
    return KeyringError(f"The keyring cannot be used ({type(error).__name__}).")


def _no_service_error() -> KeyringError:
    return KeyringError("No keyring service here: none runs, or it cannot be reached from this session.")


def _file_backend_error(backend: "KeyringBackend") -> KeyringError:
    kind = type(backend)
    name = safe_text(f"{kind.__module__}.{kind.__name__}")
    return KeyringError(f"No keyring service here: {name} is just a file, and is not used.")


def _find_backend() -> "KeyringBackend":
    """Return the keyring that the library chooses here. Raises KeyringError if there is none to rely on."""
    from keyring import backend, core

    # The limit keeps files out of what is found, also out of a chain; what is configured is found without it.
    core.init_backend(limit=_is_service)
    chosen = core.get_keyring()
    if not _is_service(chosen):
        raise _file_backend_error(chosen)
    # The library's ways to say that there is none have a priority of 0 or less.
    if chosen.priority <= 0:
        files = [one for one in backend.get_all_keyring() if not _is_service(one) and one.priority > 0]
        raise _file_backend_error(files[0]) if files else _no_service_error()
    return chosen


def _is_service(backend: "KeyringBackend") -> bool:
    return not any(kind.__module__.startswith(_FILE_BACKENDS) for kind in type(backend).__mro__)
