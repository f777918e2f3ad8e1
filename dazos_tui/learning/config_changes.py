"""What follows from a lesson for the config: values by their keys within the instance's table."""

from collections.abc import Mapping
from typing import Any

from dazos_tui.config.models import Instance
from dazos_tui.config.toml_edit import Keys, Value
from dazos_tui.crm.models import MenuItemKind
from dazos_tui.crm.request_template import RequestTemplate
from dazos_tui.crm.user_list_template import UserListTemplate
from dazos_tui.learning.recorded_sends import RecordedSend
from dazos_tui.learning.recording import RecordedExchange, RecordedRequest, RecordedResponse
from dazos_tui.learning.request_lesson import path_within

_REQUEST_KEYS = {
    MenuItemKind.SEND_RESET_LINK: "reset_request",
    MenuItemKind.ENABLE_LOGIN: "enable_login_request",
}


def request_changes(
    instance: Instance, request: RecordedRequest, template: Mapping[str, Any]
) -> dict[Keys, Value]:
    """Return the change of the config for one learned request, empty if the config says it already.

    It is the one that enables a login if its action is called so, else the one that sends a link. Raises
    RecordingError if it belongs to another instance.
    """
    exchange = RecordedExchange(request, RecordedResponse(0))
    kind = RecordedSend(exchange, path_within(instance, request)).kind
    key = _REQUEST_KEYS[kind]
    # One request by itself has no answer, and no menu.
    return without_known(instance, {(key,): with_known(instance, key, template, ("success", "offered"))})


def with_known(
    instance: Instance, key: str, template: Mapping[str, Any], unseen: tuple[str, ...]
) -> dict[str, Any]:
    """Return a learned request with the parts of the config's own that the recording did not show.

    `unseen` are their names; `key` is that of the request in the instance's table.
    """
    known = getattr(instance, key)
    if known is None:
        return dict(template)
    written = known.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return dict(template) | {
        name: written[name] for name in unseen if name in written and name not in template
    }


def without_known(instance: Instance, changes: Mapping[Keys, Value]) -> dict[Keys, Value]:
    """Return the changes without those that the config says already."""
    return {keys: value for keys, value in changes.items() if not _is_known(instance, keys, value)}


def _is_known(instance: Instance, keys: Keys, value: Value) -> bool:
    if keys == ("user_list",):
        return instance.user_list == UserListTemplate.model_validate(value)
    if keys[0] not in _REQUEST_KEYS.values():
        return False
    known = getattr(instance, keys[0])
    return known is not None and known == RequestTemplate.model_validate(value)
