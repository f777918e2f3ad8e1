"""Themes: TOML files, shipped with the app or put into the config's folder by the user.

Reading and checking them does not need Textual, so the command line can do it too.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dazos_tui.config.validation_messages import did_you_mean, dotted_key, unknown_key_message
from dazos_tui.system.files import UnsafeFileError, open_trusted
from dazos_tui.system.paths import bundled_path
from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.theming.contrast import MIN_CONTRAST, contrast_ratio

DEFAULT_THEME = "dazos-dark"
SHIPPED = (DEFAULT_THEME, "dazos-light", "crm-light", "high-contrast", "colour-blind-safe")
"""The themes that come with the app, as the picker shows them."""

MAX_SIZE = 100_000
"""Largest theme file that is read, in bytes."""

ENVIRONMENT_COLOURS = {
    "env-production": "#c62f2f",
    "env-production-text": "#ffffff",
    "env-staging": "#e5a93d",
    "env-staging-text": "#16120a",
    "env-sandbox": "#2f7d4f",
    "env-sandbox-text": "#ffffff",
}
"""The colours of the environments in a theme that does not define its own."""

_TEXT_COLOURS = (
    ("foreground", "background"),
    *((f"{paper}-text", paper) for paper in ENVIRONMENT_COLOURS if not paper.endswith("-text")),
)
"""Text colours and their backgrounds that must be readable to see where a link goes."""

_COLOURS = (
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success", "warning",
    "error",
)  # fmt: skip
_VARIABLES = (
    *ENVIRONMENT_COLOURS, "text-muted", "text-success", "text-warning", "text-error", "text-accent",
    "success-muted", "warning-muted", "error-muted",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
"""Valid names of a theme: a CSS class is made of the name."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}")
_KEYS = ("name", "dark", *_COLOURS, "variables")

MONOCHROME = "monochrome"
"""The name of the theme for a terminal without colours. No other theme can have it."""


class ThemeError(Exception):
    """A theme cannot be used: `str(error)` names it and says why, `advice` says what to do.

    `names` are the names by which a config may refer to it.
    """

    def __init__(self, message: str, *, advice: str, names: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.advice = advice
        self.names = frozenset(names)


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme: `colours` by Textual's names, `variables` by those of the stylesheet, all as ``#rrggbb``."""

    name: str
    dark: bool
    colours: Mapping[str, str]
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Themes:
    """All usable themes by name, the shipped ones first; and the problems of the others."""

    known: Mapping[str, Palette]
    problems: list[ThemeError] = field(default_factory=list)

    def resolve(self, name: str) -> tuple[Palette, list[ThemeError]]:
        """Return the theme of this name, or else the default one, and the problems to report."""
        theme = self.known.get(name)
        if theme is not None:
            return theme, self.problems
        missing = [] if any(name in one.names for one in self.problems) else [self._missing(name)]
        return self.known[DEFAULT_THEME], self.problems + missing

    def _missing(self, name: str) -> ThemeError:
        near = did_you_mean(name, self.known)
        return ThemeError(
            f"theme: there is no theme “{safe_text(name, limit=60)}”{near}.",
            advice=f"Known: {', '.join(self.known)}. Until then you see {DEFAULT_THEME}.",
            names=[name],
        )


def user_theme_folder(config_path: Path) -> Path:
    """Return the folder of the user's own themes."""
    return config_path.absolute().parent / "themes"


def load_shipped(name: str = DEFAULT_THEME) -> Palette:
    """Read a theme that comes with the app. Raises ThemeError."""
    # As trustworthy as the code beside it, no matter who installed that.
    return load_theme(bundled_path("themes") / f"{name}.toml", is_shipped=True)


def load_themes(own: Path | None) -> Themes:
    """Read the themes that come with the app, and those in the folder `own`, in order of file name.

    One that cannot be used is left out and reported. Raises ThemeError only for what comes with the app.
    """
    known = {name: load_shipped(name) for name in SHIPPED}
    problems: list[ThemeError] = []
    for path in _files(own, problems) if own is not None else ():
        try:
            theme = load_theme(path)
            _require_unused_name(path, theme.name, known)
        except ThemeError as error:
            problems.append(error)
        else:
            known[theme.name] = theme
    return Themes(known, problems)


def load_theme(path: Path, *, is_shipped: bool = False) -> Palette:
    """Read and check one theme file. Raises ThemeError with everything that is wrong with it.

    The file must be writable only by you and root, unless it `is_shipped` with the app.
    """
    try:
        table = _read(path, is_shipped=is_shipped)
    except UnsafeFileError as error:
        raise ThemeError(f"{_display_path(path)}: {error}", advice=error.advice, names=[path.stem]) from None
    except (OSError, ValueError) as error:
        raise _theme_error(path, [_reason(error)]) from None
    problems = list(_problems(table)) or list(_low_contrast(table))
    if problems:
        raise _theme_error(path, problems, table.get("name"))
    colours = {key: table[key] for key in _COLOURS}
    return Palette(table["name"], table["dark"], colours, table.get("variables", {}))


def _files(folder: Path, problems: list[ThemeError]) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml" and path.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(ThemeError(f"{_display_path(folder)}: {_reason(error)}.", advice="See “ls -l”."))
        return []


def _read(path: Path, *, is_shipped: bool) -> dict[str, Any]:
    """Return the table in a theme file. Raises OSError, UnsafeFileError, ValueError."""
    with path.open("rb") if is_shipped else open_trusted(path) as file:
        content = file.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise ValueError(f"is larger than {MAX_SIZE:,} bytes")
    return tomllib.loads(content.decode("utf-8-sig"))


def _problems(table: Mapping[str, object]) -> Iterable[str]:
    """Yield a sentence for each error in a theme."""
    variables = table.get("variables", {})
    yield from (f"{key}: is missing" for key in _KEYS if key not in table and key != "variables")
    yield from (unknown_key_message([key], _KEYS) for key in table if key not in _KEYS)
    if not _is_name(table.get("name", "x")):
        yield "name: is not valid; expected a letter, then up to 39 letters, digits, “-” and “_” (A to Z)"
    if not isinstance(table.get("dark", True), bool):
        yield "dark: is not valid; expected true or false"
    yield from (_not_a_colour(key) for key in _COLOURS if key in table and not _is_colour(table[key]))
    if not isinstance(variables, dict):
        yield "variables: is not valid; expected a table"
        return
    for key, value in variables.items():
        if key not in _VARIABLES:
            yield unknown_key_message(["variables", key], _VARIABLES)
        elif not _is_colour(value):
            yield _not_a_colour("variables", key)


def _low_contrast(table: Mapping[str, Any]) -> Iterable[str]:
    """Yield a sentence for each text of an otherwise valid theme with too little contrast."""
    colours = {**ENVIRONMENT_COLOURS, **table, **table.get("variables", {})}
    for ink, paper in _TEXT_COLOURS:
        ratio = contrast_ratio(colours[ink], colours[paper])
        if ratio < MIN_CONTRAST:
            yield f"{ink} cannot be read on {paper}: a contrast of {ratio:.2f}; {MIN_CONTRAST:g} is needed"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and _COLOUR.fullmatch(value) is not None


def _not_a_colour(*keys: str) -> str:
    return f'{dotted_key(*keys)}: is not a colour; expected one such as "#4aa8ff"'


def _require_unused_name(path: Path, name: str, known: Mapping[str, Palette]) -> None:
    if name not in known and name != MONOCHROME:
        return
    whose = "one that comes with dazos-tui" if name in (*SHIPPED, MONOCHROME) else "another one of yours"
    raise ThemeError(
        f"{_display_path(path)}: is not used, since “{name}” is the name of {whose}.",
        advice="Give it another name.",
        names=[path.stem] if path.stem not in known else [],
    )


def _theme_error(path: Path, reasons: Iterable[str], name: object = None) -> ThemeError:
    return ThemeError(
        f"{_display_path(path)}: is not used: {'; '.join(reasons)}.",
        advice="Correct or remove it.",
        names=[path.stem, *([name] if isinstance(name, str) else [])],
    )


def _reason(error: Exception) -> str:
    match error:
        case tomllib.TOMLDecodeError():
            return f"is not valid TOML ({safe_text(str(error), limit=200)})"
        case UnicodeDecodeError():
            return "is not UTF-8"
        case OSError():
            return f"cannot be read ({safe_text(error.strerror or 'no reason given')})"
        case _:
            return str(error)


def _display_path(path: Path) -> str:
    return safe_text(str(path))
