"""Where things lie on this platform. Apart from the config, so that looking at the history stays fast."""

from collections.abc import Callable
from pathlib import Path

_APP = "dazos-tui"


class UnknownHomeError(Exception):
    """Nothing says where this user's files are: HOME is not set, and the system knows no home either."""

    advice = "Set HOME, or XDG_CONFIG_HOME and XDG_STATE_HOME."


def bundled_path(name: str) -> Path:
    """Return what comes with the app: in the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / name
    return installed if installed.exists() else package.parent / name


def default_config_path() -> Path:
    """Return where the config lies if nothing else is said. Raises UnknownHomeError."""
    from platformdirs import user_config_path

    return _absolute_path(user_config_path, "the config") / "config.toml"


def default_state_dir() -> Path:
    """Return the folder for what the app keeps, if nothing else is said. Raises UnknownHomeError."""
    from platformdirs import user_state_path

    return _absolute_path(user_state_path, "the history")


def _absolute_path(find: Callable[..., Path], what: str) -> Path:
    try:
        path = find(_APP, appauthor=False)
    except RuntimeError:
        path = Path()
    # Older versions of the library leave the “~” in it.
    if not path.is_absolute():
        raise UnknownHomeError(f"Where {what} is cannot be told: the home folder of this user is not known.")
    return path
