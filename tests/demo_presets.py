"""All presets of the demo CRM, for suites that have to hold on each of them."""

from dataclasses import replace

from dazos_tui.demo import trap_presets
from dazos_tui.demo.presets import InstancePreset, default_presets

USERS = 45
"""The most people of an instance: three pages of most lists."""


def all_presets() -> tuple[InstancePreset, ...]:
    """Return the demo's own presets and every trap preset, each by its name, with few people."""
    found = {preset.name: preset for preset in default_presets()}
    for value in vars(trap_presets).values():
        for preset in value if isinstance(value, tuple | list) else (value,):
            if isinstance(preset, InstancePreset):
                found.setdefault(preset.name, preset)
    return tuple(replace(preset, users=min(preset.users, USERS)) for preset in found.values())
