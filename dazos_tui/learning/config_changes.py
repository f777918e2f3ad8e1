"""What follows from a lesson for the config: values by their keys within the instance's table."""

from collections.abc import Mapping
from typing import Any

from dazos_tui.config.models import Instance
from dazos_tui.config.toml_edit import Keys, Value
from dazos_tui.crm.request_template import RequestTemplate
from dazos_tui.learning.recorded_sends import RecordedSend, SendKind
from dazos_tui.learning.recording import RecordedExchange, RecordedRequest, RecordedResponse
from dazos_tui.learning.request_lesson import path_within

_REQUEST_KEYS = {SendKind.RESET: "reset_request", SendKind.ENABLE_LOGIN: "enable_login_request"}


def request_changes(
    instance: Instance, request: RecordedRequest, template: Mapping[str, Any]
) -> dict[Keys, Value]:
    """Return the change of the config for one learned request, empty if the config says it already.

    It is the one that enables a login if its action is called so, else the one that sends a link. Raises
    RecordingError if it belongs to another instance.
    """
    exchange = RecordedExchange(request, RecordedResponse(0))
    kind = RecordedSend(exchange, path_within(instance, request)).kind
    return without_known(instance, {(_REQUEST_KEYS[kind],): dict(template)})


def without_known(instance: Instance, changes: Mapping[Keys, Value]) -> dict[Keys, Value]:
    """Return the changes without those that the config says already."""
    return {keys: value for keys, value in changes.items() if not _is_known(instance, keys, value)}


def _is_known(instance: Instance, keys: Keys, value: Value) -> bool:
    if keys[0] not in _REQUEST_KEYS.values():
        return False
    known = getattr(instance, keys[0])
    # What the recording cannot show, such as another success rule, stays as it was written by hand.
    return known is not None and known == RequestTemplate.model_validate(value)
