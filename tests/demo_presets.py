"""All presets of the demo CRM, for suites that have to hold on each of them."""

from dataclasses import replace
from typing import Any

from dazos_tui.config.models import Instance
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


def instance_keys(name: str) -> dict[str, Any]:
    """Return what the config of an instance needs besides the address and the account, by the preset's name.

    Keys that the config does not have are left out.
    """
    return {key: value for key, value in _KEYS.get(name, {}).items() if key in Instance.model_fields}


_SEND_FORM = {
    "path": "index.php?module=Users&parent=Settings&action=SendResetLink&record={id}",
    "form": {"__vtrftk": "{csrf}"},
    "headers": {"X-Requested-With": "XMLHttpRequest"},
}
_JSON_LIST: dict[str, Any] = {
    "path": "api/users?page={page}",
    "rows": "/data/users",
    "fields": {
        "id": "/id",
        "user_name": "/login",
        "email": "/contact/email",
        "first_name": "/givenName",
        "last_name": "/familyName",
        "role": "/role/name",
        "admin": "/administrator",
    },
    "page_size": 25,
    "total": "/data/total",
}
_KEYS: dict[str, dict[str, Any]] = {
    "valley-staging": {"reset_route": "forgot_password"},
    "spanish-prod": {
        "labels": {"active": "Activo", "yes": "Sí", "signed_in": "Conectado", "signed_off": "Desconectado"}
    },
    "scripted-prod": {"reset_request": _SEND_FORM},
    "script-item": {"reset_request": _SEND_FORM},
    "no-item": {"reset_request": {**_SEND_FORM, "offered": "always"}},
    "json-body": {
        "reset_request": {
            "path": "api/users/reset",
            "json": {"userId": "{id}", "notify": True},
            "headers": {"X-CSRF-Token": "{csrf}", "X-Requested-With": "XMLHttpRequest"},
        }
    },
    "other-answer": {"reset_request": {**_SEND_FORM, "success": {"pointer": "/status", "equals": "ok"}}},
    "json-list": {
        "user_list": {
            **_JSON_LIST,
            "fields": {**_JSON_LIST["fields"], "status": "/state"},
            "active": "enabled",
            "inactive": "disabled",
        }
    },
    "two-json-lists": {"user_list": {**_JSON_LIST, "inactive_path": "api/users?state=disabled&page={page}"}},
}
