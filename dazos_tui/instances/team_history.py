"""Opening the history that the config names: a file of this machine, or the database of a team."""

import asyncio
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import certifi
from pydantic import SecretStr

from dazos_tui.config.history_table import HistoryTable, OfflinePolicy, SslMode
from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.config.models import Config
from dazos_tui.history.backend import HistoryBackend
from dazos_tui.history.errors import HistoryServerError
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from dazos_tui.secrets import SecretError, history_password_for
from dazos_tui.system.files import UnsafeFileError, open_trusted
from dazos_tui.system.paths import is_existing_file
from dazos_tui.system.terminal_lending import TERMINAL_LENDER
from dazos_tui.text.sanitize import safe_text

QUEUE_NAME = "history-queue.db"
"""The file, beside the local history, with what is yet to be brought to the server."""

_SYSTEM_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
"""Where Linux distributions and macOS keep the system's authorities in one file."""


def open_history(
    config: Config, path: Path, *, can_queue: bool = True, password: SecretStr | None = None
) -> HistoryStore:
    """Return the store of the configured history; `path` is the local file. Nothing is connected yet.

    With `can_queue`, sends are recorded beside the local file while the server cannot be reached, if the
    config says so. `password` is the server's if it is known already, as after asking for it. Raises
    HistoryError if the PostgreSQL driver is missing.
    """
    table = config.history
    if table.address is None:
        return HistoryStore(path)
    backend = _server_backend(config, table.address, password)
    if can_queue and table.offline is OfflinePolicy.QUEUE:
        from dazos_tui.history.offline_queue import QueueingBackend

        queue = SqliteBackend(path.with_name(QUEUE_NAME))
        return HistoryStore(QueueingBackend(backend, queue), cache_folder=path.parent)
    return HistoryStore(backend, cache_folder=path.parent)


def stored_history_password(config: Config, on_warning: Callable[[str], object]) -> SecretStr | None:
    """Return the password of the history's server from the keyring; None if it has none.

    If the keyring cannot be used, `on_warning` gets a line about it.
    """
    return _run_apart(lambda: asyncio.run(history_password_for(config, on_warning=on_warning)))


def _server_backend(config: Config, address: PostgresAddress, password: SecretStr | None) -> HistoryBackend:
    try:
        from dazos_tui.history.postgres import PostgresBackend, PostgresServer
    except ImportError:
        raise HistoryServerError(
            "The history is on a PostgreSQL server, and the driver for it is missing.",
            advice="Install dazos-tui with it: pipx install 'dazos-tui[postgres]'.",
        ) from None
    table = config.history
    mode = _sslmode(table, address)
    authorities = _authorities(table) if mode.startswith("verify") else None
    return PostgresBackend(PostgresServer(address, _Password(config, password), mode, authorities))


def _sslmode(table: HistoryTable, address: PostgresAddress) -> str:
    if table.sslmode is not None:
        return table.sslmode.value
    # Nothing crosses a network there, and such servers rarely have a certificate.
    return "prefer" if address.is_local else SslMode.VERIFY_FULL.value


def _authorities(table: HistoryTable) -> Path:
    """Return the file with the authorities to trust. Raises HistoryError if others could change it."""
    if table.ca_file is not None:
        _require_trusted(table.ca_file)
        return table.ca_file
    # Not libpq's own choice, sslrootcert=system: its OpenSSL may look where this system has nothing.
    known = (ssl.get_default_verify_paths().cafile, *_SYSTEM_AUTHORITIES)
    return next(
        (Path(name) for name in known if name and is_existing_file(Path(name))), Path(certifi.where())
    )


def _require_trusted(file: Path) -> None:
    advice = "Check ca_file in [history]."
    try:
        open_trusted(file).close()
        return
    except UnsafeFileError as error:
        reason, advice = str(error), error.advice
    except OSError as error:
        reason = f"{error.strerror}."
    raise HistoryServerError(f"The ca_file {safe_text(str(file))} is not used: {reason}", advice=advice)


class _Password:
    """The password of the history's server: asked for once, and kept for the next connections."""

    def __init__(self, config: Config, known: SecretStr | None) -> None:
        self._config = config
        self._kept = known

    def __call__(self) -> str | None:
        """Return the password, or None if none is configured. Raises HistoryError."""
        if self._kept is None:
            try:
                self._kept = _run_apart(lambda: asyncio.run(history_password_for(self._config)))
            except SecretError as error:
                raise HistoryServerError(str(error), advice=error.advice) from None
        return self._kept.get_secret_value() if self._kept is not None else None


def _run_apart(work: Callable[[], SecretStr | None]) -> SecretStr | None:
    """Run work in a thread of its own: this one may have an event loop, and the terminal is the app's."""

    def without_terminal() -> SecretStr | None:
        TERMINAL_LENDER.set(None)
        return work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, without_terminal).result()
