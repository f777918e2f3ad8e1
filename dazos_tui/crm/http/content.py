"""What a request that changes something consists of, apart from its address."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from dazos_tui.crm.request_fields import OpenField
from dazos_tui.crm.request_template import FilledRequest

_Text = str | SecretStr


@dataclass(frozen=True, slots=True)
class RequestContent:
    """Method, body and headers of one request. At most one of `form` and `json_body` is set.

    Secrets in them are SecretStr, and are revealed only while the request is built.
    """

    method: str = "POST"
    form: Mapping[str, _Text] | None = field(default=None, repr=False)
    json_body: object = field(default=None, repr=False)
    headers: Mapping[str, _Text] = field(default_factory=dict, repr=False)

    def reveal_headers(self) -> dict[str, str]:
        """Return the headers with their secrets, and the content type of a JSON body."""
        media = {} if self.json_body is None else {"Content-Type": "application/json"}
        return {name: _reveal(value) for name, value in self.headers.items()} | media

    def reveal_form(self) -> dict[str, str] | None:
        """Return the form with its secrets; None if the body is none."""
        return None if self.form is None else {name: _reveal(value) for name, value in self.form.items()}

    def reveal_json(self) -> bytes | None:
        """Return the JSON body with its secrets, encoded; None if the body is none."""
        return None if self.json_body is None else json.dumps(self.json_body, default=_reveal).encode("ascii")


def content_of(request: FilledRequest, token: SecretStr | None) -> RequestContent:
    """Return the content of a configured request; `token` goes where it is open (see `needs_token`)."""

    def close(value: str | OpenField) -> _Text:
        return value if isinstance(value, str) else token or SecretStr("")

    return RequestContent(
        method=request.method,
        form=None if request.form is None else {name: close(value) for name, value in request.form},
        json_body=None if request.json_body is None else _close_json(request.json_body, token),
        headers={name: close(value) for name, value in request.headers},
    )


def _close_json(part: object, token: SecretStr | None) -> object:
    if isinstance(part, dict):
        return {key: _close_json(value, token) for key, value in part.items()}
    if isinstance(part, list):
        return [_close_json(value, token) for value in part]
    return token if isinstance(part, OpenField) else part


def _reveal(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
