"""A first look at the config's instances, for the first frame and for shell completion.

Neither can wait until pydantic is loaded to check the file.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.instance_url import normalize_base_url, operator_name, server_of
from dazos_tui.config.sources import ConfigFile, merge_instances, read_config_file, read_included_files

DEFAULT_KEEP_PEOPLE_HOURS = 24


class InstancePeek(NamedTuple):
    """What the config seems to say of an instance. It is not checked: only to be shown until it is."""

    name: str
    server: str
    operator: str
    environment: str
    keep_people_hours: int


def peek_instance(config_path: Path, name: str | None) -> InstancePeek | None:
    """Return the named instance, or the only one; None if the file does not simply say so.

    What is wrong with the file is for `config.load` to say.
    """
    data = _read(config_path)
    tables = _instance_tables(data)
    if name is None and len(tables) == 1:
        [name] = tables
    return _peek(name, tables[name], data) if name is not None and name in tables else None


def peek_instances(config_path: Path) -> list[InstancePeek]:
    """Return all instances, without those that the file does not simply describe."""
    data = _read(config_path)
    found = (_peek(name, table, data) for name, table in _instance_tables(data).items())
    return [one for one in found if one is not None]


def peek_names(config_path: Path) -> dict[str, str]:
    """Return the names of the instances, in the order of the file, each with its environment or nothing."""
    tables = _instance_tables(_read(config_path))
    environments = {name: table.get("environment") for name, table in tables.items()}
    return {name: one if isinstance(one, str) else "" for name, one in environments.items()}


def _read(config_path: Path) -> dict[str, Any]:
    """Return what the file says, with included instances; nothing if it cannot be read."""
    try:
        own = read_config_file(config_path)
        included: list[ConfigFile] = []
        with suppress(ConfigError):
            included = read_included_files(own)
        return own.data | {"instances": merge_instances(own, included).tables}
    except ConfigError:
        return {}


def _instance_tables(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    instances = data.get("instances")
    if not isinstance(instances, dict):
        return {}
    return {name: table for name, table in instances.items() if isinstance(table, dict)}


def _peek(name: str, table: dict[str, Any], data: dict[str, Any]) -> InstancePeek | None:
    hours = data.get("keep_people_hours", DEFAULT_KEEP_PEOPLE_HOURS)
    if not isinstance(hours, int):
        return None
    try:
        operator = operator_name(str(table["username"]), is_cookie=table.get("auth") == "cookie")
        server = server_of(normalize_base_url(table["url"]))
        return InstancePeek(name, server, operator, str(table["environment"]), hours)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
