"""The demo instances whose items need a configured request, each with a config written by hand."""

from typing import Any

from dazos_tui.config.models import Instance
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import JSON_BODY, NO_ITEM, OTHER_ANSWER, SCRIPT_ITEM
from tests.support import demo_instance

_AJAX = {"X-Requested-With": "XMLHttpRequest"}
_FORM: dict[str, Any] = {
    "path": "index.php",
    "form": {
        "module": "Users",
        "parent": "Settings",
        "action": "SendResetLink",
        "record": "{id}",
        "__vtrftk": "{csrf}",
    },
    "headers": _AJAX,
}
_JSON: dict[str, Any] = {
    "path": "api/users/reset",
    "json": {"userId": "{id}", "notify": True},
    "headers": {**_AJAX, "X-CSRF-Token": "{csrf}"},
}
_ENABLE: dict[str, Any] = {
    "path": "index.php?module=Users&action=SaveAjax&mode=enableLogin&record={id}",
    "form": {"__vtrftk": "{csrf}"},
    "headers": _AJAX,
}
_OTHER_SUCCESS = {"pointer": "/status", "equals": "ok"}

SHAPES: dict[str, InstancePreset] = {
    preset.name: preset for preset in (SCRIPT_ITEM, JSON_BODY, OTHER_ANSWER, NO_ITEM)
}
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "script-item": {"reset_request": _FORM, "enable_login_request": _ENABLE},
    "json-body": {"reset_request": _JSON, "enable_login_request": _ENABLE},
    "other-answer": {
        "reset_request": {**_FORM, "success": _OTHER_SUCCESS},
        "enable_login_request": {**_ENABLE, "success": _OTHER_SUCCESS},
    },
    "no-item": {"reset_request": {**_FORM, "offered": "always"}},
}


def configured_instance(server: DemoServer, name: str, **changes: Any) -> Instance:
    """Return the configuration of one of these instances, with its requests."""
    return demo_instance(server, name, **{**REQUESTS[name], **changes})
