"""The instances in a config, read without checking it: for shell completion, which has no time for that."""

import tomllib
from pathlib import Path
from typing import Any

from dazos_tui.system.files import UnsafeFileError, open_trusted

_MAX_BYTES = 1_000_000


def read_unchecked(path: Path) -> dict[str, Any]:
    """Return the keys of a config as they are written; none if it is missing or cannot be read."""
    try:
        with open_trusted(path) as file:
            return tomllib.loads(file.read(_MAX_BYTES).decode("utf-8-sig"))
    except (OSError, UnsafeFileError, ValueError, RecursionError):
        return {}


def instance_tables(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the tables of the instances by name, in the order of the file. What is no table is left out."""
    instances = config.get("instances")
    if not isinstance(instances, dict):
        return {}
    return {name: table for name, table in instances.items() if isinstance(table, dict)}


def server_of(table: dict[str, Any]) -> str:
    """Return the address of an instance without its scheme, as `Instance.server`; empty if it has none."""
    from dazos_tui.config.instance_url import normalize_base_url

    try:
        return normalize_base_url(str(table.get("url", ""))).partition("://")[2]
    except ValueError:
        return ""
