"""Where things lie on this platform. Apart from the config, so that looking at the history stays fast."""

from pathlib import Path

_APP = "dazos-tui"


def shipped(name: str) -> Path:
    """Return what comes with the app: in the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / name
    return installed if installed.exists() else package.parent / name


def default_config_path() -> Path:
    """Return where the config lies if nothing else is said."""
    from platformdirs import user_config_path

    return user_config_path(_APP, appauthor=False) / "config.toml"


def default_state_dir() -> Path:
    """Return the folder for what the app keeps, if nothing else is said."""
    from platformdirs import user_state_path

    return user_state_path(_APP, appauthor=False)
