"""Keys of a config that have a new name: they are still read, with a warning that names both."""

from typing import Any

_RENAMED = {"sign_in_check_minutes": ("sign_in_check_seconds", 60)}
"""The old names at the top of the file: the new one, and how many of its units are one of the old."""


def rename_keys(data: dict[str, Any]) -> list[str]:
    """Give keys with an old name their new one, in place; return a warning for each.

    If both are there, the new one counts.
    """
    warnings = []
    for old, (new, units) in _RENAMED.items():
        if old not in data:
            continue
        value = data.pop(old)
        # Another value is an error, which names the new key.
        converted = value * units if type(value) is int else value
        if new in data:
            warnings.append(f"{old}: is not used, because {new} is there; remove it")
        else:
            data[new] = converted
            instead = f"{new} = {converted}" if type(value) is int else new
            warnings.append(f"{old}: has a new name; write {instead} instead")
    return warnings
