"""The standard paths on this platform, and what is at a path that a user named.

Separate from the config, so that reading the history stays fast.
"""

import os
from collections.abc import Callable
from pathlib import Path

_APP = "dazos-tui"


class UnknownHomeError(Exception):
    """The user's home folder is not known: HOME is not set, and the system has no entry for it."""

    advice = "Set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME."


def path_exists(path: Path) -> bool:
    """Return whether there is anything at a path.

    False where that cannot be found out, as in a folder without access or with a name that is too long:
    `Path.exists` raises OSError there.
    """
    return os.path.exists(path)  # noqa: PTH110


def is_existing_file(path: Path) -> bool:
    """Return whether there is a regular file at a path; like `path_exists`, this never raises."""
    return os.path.isfile(path)  # noqa: PTH113


def bundled_path(name: str) -> Path:
    """Return the path of a file shipped with the app: in the package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / name
    return installed if installed.exists() else package.parent / name


def default_config_path() -> Path:
    """Return the default path of the config file. Raises UnknownHomeError."""
    from platformdirs import user_config_path

    return _absolute_path(user_config_path, "the config") / "config.toml"


def default_state_dir() -> Path:
    """Return the default folder for the history. Raises UnknownHomeError."""
    from platformdirs import user_state_path

    return _absolute_path(user_state_path, "the history")


def _absolute_path(find: Callable[..., Path], what: str) -> Path:
    try:
        path = find(_APP, appauthor=False)
    except RuntimeError:
        path = Path()
    # Older versions of the library leave the “~” in it.
    if not path.is_absolute():
        raise UnknownHomeError(f"Could not find {what}: your home folder is not known.")
    return path
