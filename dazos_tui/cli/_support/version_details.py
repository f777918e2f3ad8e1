"""What a report of a bug has to name: versions, terminal, places. No secret, and nothing of a person."""

import os
import platform
import shutil
import sqlite3
import ssl
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from dazos_tui import __version__
from dazos_tui.config.errors import ConfigError
from dazos_tui.system.paths import UnknownHomeError, is_existing_file
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from dazos_tui.cli._support.options import Settings

_PACKAGES = ("textual", "rich", "click", "httpx", "pydantic", "selectolax", "keyring", "psycopg")


def version_details(settings: "Settings") -> list[str]:
    """Return the lines of ``--version --verbose``: a name and what is in use, in two columns."""
    rows = [
        ("dazos-tui", __version__),
        ("python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("platform", platform.platform()),
        *((name, _version_of(name)) for name in _PACKAGES),
        ("sqlite", sqlite3.sqlite_version),
        ("openssl", ssl.OPENSSL_VERSION),
        ("terminal", _terminal()),
        ("encoding", sys.stdout.encoding),
        ("config", _or_reason(lambda: _config(settings))),
        ("state", _or_reason(lambda: str(settings.state_dir))),
        ("history", _or_reason(lambda: _history(settings))),
    ]
    width = max(len(name) for name, _ in rows) + 2
    return [f"{name:{width}}{safe_text(text)}" for name, text in rows]


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _terminal() -> str:
    named = [f"{name}={os.environ[name]}" for name in ("TERM", "COLORTERM", "NO_COLOR") if name in os.environ]
    inside = [name.lower() for name in ("TMUX", "STY", "SSH_CONNECTION") if os.environ.get(name)]
    columns, lines = shutil.get_terminal_size()
    size = f"{columns}x{lines}" if sys.stdout.isatty() else "not a terminal"
    return ", ".join([*named, *inside, size])


def _config(settings: "Settings") -> str:
    exists = "" if is_existing_file(settings.config_path) else ", does not exist"
    return f"{settings.config_path} ({settings.config_source}{exists})"


def _history(settings: "Settings") -> str:
    if not settings.config_has("history"):
        return "SQLite"
    table = settings.config().history
    return "SQLite" if table.url is None else f"PostgreSQL, offline = {table.offline.value}"


def _or_reason(text: "Callable[[], str]") -> str:
    try:
        return text()
    except ConfigError:
        return "not known: dazos-tui config check says why"
    except UnknownHomeError as error:
        return f"not known: {error}"
