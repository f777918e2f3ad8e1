"""All presets of the demo CRM, for suites that have to hold on each of them."""

from dataclasses import replace
from typing import Any

from dazos_tui.demo import trap_presets
from dazos_tui.demo.presets import InstancePreset, default_presets
from tests.configured_requests import REQUESTS
from tests.json_list import ONE_LIST, TWO_LISTS

USERS = 45
"""The most people of an instance: three pages of most lists."""

_KEYS: dict[str, dict[str, Any]] = {
    **REQUESTS,
    "scripted-prod": REQUESTS["script-item"],
    "valley-staging": {"reset_route": "forgot_password"},
    "spanish-prod": {
        "labels": {"active": "Activo", "yes": "Sí", "signed_in": "Conectado", "signed_off": "Desconectado"}
    },
    "json-list": {"user_list": ONE_LIST},
    "two-json-lists": {"user_list": TWO_LISTS},
}


def all_presets() -> tuple[InstancePreset, ...]:
    """Return the demo's own presets and every trap preset, each by its name, with few people."""
    found = {preset.name: preset for preset in default_presets()}
    for value in vars(trap_presets).values():
        for preset in value if isinstance(value, tuple | list) else (value,):
            if isinstance(preset, InstancePreset):
                found.setdefault(preset.name, preset)
    return tuple(replace(preset, users=min(preset.users, USERS)) for preset in found.values())


def instance_keys(name: str) -> dict[str, Any]:
    """Return what the config of a preset needs besides the address and the account, by its name."""
    return _KEYS.get(name, {})
