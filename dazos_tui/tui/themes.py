"""Themes: TOML files, shipped with the app."""

import tomllib
from pathlib import Path

from textual.theme import Theme

DEFAULT_THEME = "dazos-dark"


class ThemeError(Exception):
    """A theme file cannot be used: `str(error)` names it and says why."""


def load_theme(path: Path) -> Theme:
    """Read one theme file. Raises ThemeError."""
    try:
        return Theme(**tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise ThemeError(f"The theme {path} cannot be used: {error}") from error


def load_themes(folder: Path) -> list[Theme]:
    """Read all themes of a folder, in the order of their file names. Raises ThemeError."""
    return [load_theme(path) for path in sorted(folder.glob("*.toml"))]
