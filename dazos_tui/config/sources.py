"""The files that a config is made of: the own one, those that it includes, and what holds for all instances.

Only the own file is ever written. Nothing here imports pydantic or `dataclasses`, so that the names of the
instances can be read in a few milliseconds.
"""

import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from dazos_tui.config.errors import ConfigError, MissingConfigError, UnusableConfigError
from dazos_tui.config.validation_messages import did_you_mean, dotted_key
from dazos_tui.system.files import UnsafeFileError, open_trusted
from dazos_tui.text.sanitize import safe_text

MAX_CONFIG_BYTES = 1_000_000
"""The largest config file that is read, in bytes."""
MAX_INCLUDES = 50
"""The most files that a config may include."""

DEFAULTS = "defaults"
_INCLUDED_TABLES = (DEFAULTS, "instances")
"""What an included file may have: everything else is about the user, not about instances."""

_SOURCES = (
    ("password_command", "password_env", "keyring"),
    ("access_key_command", "access_key_env"),
    ("cookie_command", "cookie_env"),
)
"""The keys that name the source of one secret. ``keyring = false`` names none."""

_RIVALS = {one: [other for other in group if other != one] for group in _SOURCES for one in group}
"""The keys that each of these replaces, where they come from different places."""

_MERGED_TABLES = frozenset({"labels", "paths"})
"""Tables of an instance whose keys may come from several places."""

Table = dict[str, Any]


class KeySource(NamedTuple):
    """Where a key of an instance comes from: a file, and whether it is in its table ``[defaults]``."""

    path: Path
    is_default: bool = False


class ConfigFile:
    """A config file as it was read. Its `problems` are sentences that begin with a key."""

    def __init__(self, path: Path, data: Table, problems: Iterable[str] = ()) -> None:
        self.path, self.data, self.problems = path, data, list(problems)

    @property
    def shown(self) -> str:
        """Return the path for messages."""
        return safe_text(str(self.path))

    @property
    def described_problems(self) -> list[str]:
        """Return the problems, each with the path in front."""
        return [f"{self.shown}: {problem}" for problem in self.problems]

    def table(self, key: str) -> Table:
        """Return a table at the top of the file; empty if it is missing."""
        found = self.data.get(key)
        return found if isinstance(found, dict) else {}


class MergedInstances(NamedTuple):
    """The tables of all instances by name, and of each of their keys where it comes from.

    The source of the key `name` is the file that has the instance's table; for a table in several files, the
    included one. The keys of labels and paths have their own, such as ``labels.active``.
    """

    tables: dict[str, Any]
    sources: dict[str, dict[str, KeySource]]


def read_config_file(path: Path) -> ConfigFile:
    """Read a file that only the user and root can change. Raises ConfigError."""
    return parse_config_file(path, _read_content(path, safe_text(str(path))))


def parse_config_file(path: Path, content: bytes) -> ConfigFile:
    """Return the config file with this content, which may not have been written yet. Raises ConfigError."""
    shown = safe_text(str(path))
    return ConfigFile(path, _parse_toml(_decode(content, shown), shown))


def read_included_files(own: ConfigFile) -> list[ConfigFile]:
    """Read the files that the config includes. Raises ConfigError for one that cannot be read.

    What is wrong in the list itself becomes a problem of the own file. A list of the wrong type is left to
    the check of its value.
    """
    wanted = own.data.get("include", [])
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        return []
    if len(wanted) > MAX_INCLUDES:
        own.problems.append(f"include: has more than {MAX_INCLUDES} files")
        return []
    found: list[ConfigFile] = []
    for text in wanted:
        path = _included_path(own, text)
        if path is None:
            continue
        if _is_same_file(path, own.path):
            own.problems.append("include: names this file itself")
        elif any(_is_same_file(path, one.path) for one in found):
            own.problems.append(f"include: names {safe_text(str(path))} twice")
        else:
            found.append(_read_included(path))
    return found


def _included_path(own: ConfigFile, text: str) -> Path | None:
    if not text.strip() or "\0" in text:
        own.problems.append("include: has an entry that is not a path")
        return None
    try:
        return Path(own.path.absolute().parent, Path(text).expanduser())
    except RuntimeError:
        own.problems.append(f"include: {safe_text(text)} starts with ~, but that home folder is not known")
        return None


def _is_same_file(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return one == other


def _read_included(path: Path) -> ConfigFile:
    try:
        file = read_config_file(path)
    except ConfigError as error:
        advice = "" if isinstance(error, MissingConfigError) else error.advice
        raise ConfigError(
            str(error), advice=f"{advice} Your config includes it: remove it from include, or correct it."
        ) from None
    for key in file.data:
        if key == "include":
            file.problems.append("include: only your own config can include files, an included one cannot")
        elif key not in _INCLUDED_TABLES:
            near = did_you_mean(key.lower(), _INCLUDED_TABLES)
            file.problems.append(
                f"{dotted_key(key)}: is only read in your own config{near}; an included file has "
                "[defaults] and [instances.NAME]"
            )
    file.problems += [
        f"{dotted_key(key)}: is not valid; expected a table"
        for key in _INCLUDED_TABLES
        if key in file.data and not isinstance(file.data[key], dict)
    ]
    return file


def merge_instances(own: ConfigFile, included: Iterable[ConfigFile]) -> MergedInstances:
    """Return the instances of all files: the own file first, key by key, then the included ones.

    A key of an instance comes from its table, else from the own file's ``[defaults]``, else from those of the
    file that has the instance. So do the keys of its labels and paths; a request counts as one key. An
    instance in two included files becomes a problem of the second.
    """
    merged = MergedInstances({}, {})
    holders: dict[str, ConfigFile] = {}
    for file in included:
        for name in file.table("instances"):
            first = holders.setdefault(name, file)
            if first is not file:
                file.problems.append(f"{dotted_key('instances', name)}: is already in {first.shown}")
    for name in dict.fromkeys([*own.table("instances"), *holders]):
        holder = holders.get(name, own)
        files = [own] if holder is own else [holder, own]
        tables = [file.table("instances").get(name, {}) for file in files]
        wrong = next((table for table in tables if not isinstance(table, dict)), None)
        if wrong is not None:
            # The check of its value says what is wrong with it.
            merged.tables[name], merged.sources[name] = wrong, {"name": KeySource(holder.path)}
            continue
        layers = [
            *((file.table(DEFAULTS), KeySource(file.path, is_default=True)) for file in files),
            *((table, KeySource(file.path)) for table, file in zip(tables, files, strict=True)),
        ]
        merged.tables[name], merged.sources[name] = _merge_layers(layers, own.path)
        merged.sources[name]["name"] = KeySource(holder.path)
    return merged


def _merge_layers(
    layers: Iterable[tuple[Mapping[str, Any], KeySource]], own: Path
) -> tuple[Table, dict[str, KeySource]]:
    """Return the keys of an instance and their sources; a later layer replaces the keys of an earlier one."""
    table: Table = {}
    sources: dict[str, KeySource] = {}
    for values, source in layers:
        for key, own_value in values.items():
            value = own_value
            for rival in _RIVALS.get(key, []) if value is not False else []:
                if table.get(rival, False) is not False and rival not in values:
                    del table[rival], sources[rival]
            if key == "ca_file" and source.path != own:
                value = _absolute(value, source.path)
            elif key in _MERGED_TABLES and isinstance(value, dict):
                sources |= {f"{key}.{inner}": source for inner in value}
                if isinstance(table.get(key), dict):
                    value = {**table[key], **value}
            table[key], sources[key] = value, source
    return table, sources


def find_source(sources: Mapping[str, KeySource], *keys: str) -> KeySource | None:
    """Return where a key of an instance comes from, such as ``labels`` and ``active``; None for a default."""
    return sources.get(".".join(keys[:2])) or sources.get(keys[0])


def _absolute(value: object, file: Path) -> object:
    """Return a relative path as one that starts at the folder of its file; anything else unchanged."""
    is_relative = isinstance(value, str) and value.strip() and not value.startswith("~")
    return str(Path(file.absolute().parent, str(value))) if is_relative else value


def own_instance_names(path: Path) -> frozenset[str]:
    """Return the names of the instances that have a table in this very file. Raises ConfigError."""
    return frozenset(read_config_file(path).table("instances"))


def _read_content(path: Path, shown: str) -> bytes:
    try:
        with open_trusted(path) as file:
            return file.read(MAX_CONFIG_BYTES + 1)
    except UnsafeFileError as error:
        raise UnusableConfigError(
            f"{shown}: is not used, since it names commands to run: {error}",
            advice=f"{error.advice} Or use another file.",
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        raise MissingConfigError(f"{shown}: there is no config file here.") from None
    except IsADirectoryError:
        raise UnusableConfigError(f"{shown}: is a folder.") from None
    except PermissionError:
        raise ConfigError(
            f"{shown}: you are not allowed to read this file.", advice="Check who owns it: “ls -l”."
        ) from None
    except (OSError, ValueError) as error:
        reason = safe_text(getattr(error, "strerror", None) or "not a path")
        raise UnusableConfigError(f"{shown}: cannot be read ({reason}).") from None


def _decode(content: bytes, shown: str) -> str:
    if len(content) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{shown}: is larger than {MAX_CONFIG_BYTES:,} bytes, so it is not a config file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise ConfigError(
        f"{shown}: is not UTF-8 (line {line}).", advice="Save the file as UTF-8 in your editor."
    )


def _parse_toml(text: str, shown: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = safe_text(str(error))
    except RecursionError:
        reason = "tables or lists are nested too deeply"
    except ValueError:
        reason = "it contains a number that is too long"
    raise ConfigError(f"{shown}: is not valid TOML: {reason}.")
