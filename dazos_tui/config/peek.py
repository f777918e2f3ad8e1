"""A first look at the config: which instance will be opened, before pydantic is loaded to check the file."""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from dazos_tui.config.instance_url import normalize_base_url, operator_name, server_of
from dazos_tui.system.files import UnsafeFileError, open_trusted

_MAX_BYTES = 1_000_000
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
    try:
        with open_trusted(config_path) as file:
            data = tomllib.loads(file.read(_MAX_BYTES).decode("utf-8-sig"))
        instances = data["instances"]
        if name is None:
            [name] = instances
        return _peek(name, instances[name], data)
    except (OSError, UnsafeFileError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _peek(name: str, table: dict[str, Any], data: dict[str, Any]) -> InstancePeek:
    hours = data.get("keep_people_hours", DEFAULT_KEEP_PEOPLE_HOURS)
    if not isinstance(hours, int):
        raise TypeError
    operator = operator_name(str(table["username"]), is_cookie=table.get("auth") == "cookie")
    server = server_of(normalize_base_url(table["url"]))
    return InstancePeek(name, server, operator, str(table["environment"]), hours)
