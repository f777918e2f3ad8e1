"""A request that an instance's config describes, run in place of the address of a menu item.

Dazos publishes nothing about the request behind its menu items, and on many instances the page has no address
to find: the item is a script. What always exists is the request that an administrator's own browser makes.
The config holds it as a template, with fields in braces for the person and for the session's token.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, field_validator, model_validator

from dazos_tui.crm.json_pointer import JsonPointer, pointer_tokens
from dazos_tui.crm.request_fields import (
    OpenField,
    fill_json,
    fill_segment,
    fill_text,
    fill_value,
    names_person,
)
from dazos_tui.crm.request_template_rules import (
    check_form,
    check_headers,
    check_json,
    check_parameters,
    check_path,
    check_record_kept,
    json_fields,
    split_path,
)

_ADDRESS = re.compile(r"(?i)://|^\s*[/\\]{2}|^\s*[/\\]\\|^\s*(?:https?|ftp|javascript|data|mailto|file):")
"""How browsers and servers begin an address of another server: some read a backslash as a slash."""


class Method(StrEnum):
    """How a request that changes something is sent."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"


class Offered(StrEnum):
    """When a configured request can be run."""

    MENU = "menu"
    """Where a menu of the person shows the item."""
    ALWAYS = "always"
    """Also where no menu has it."""


def _check_method(value: object) -> Method:
    if value == "GET":
        raise ValueError(
            "is GET: a GET that changes something is repeated by browsers and proxies, so none is sent"
        )
    if not isinstance(value, str) or value not in list(Method):
        raise ValueError("is not one that can be sent")
    return Method(value)


def _check_equals(value: object) -> bool | int | str:
    if not isinstance(value, bool | int | str):
        raise ValueError("is not a value that can be compared")
    if isinstance(value, str) and not value.isprintable():
        raise ValueError("has an invisible character")
    return value


class SuccessRule(BaseModel):
    """What in the answer proves success: a value that a JSON pointer (RFC 6901) leads to.

    The default is the envelope of vtiger's own actions, which also says how a refusal looks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    pointer: JsonPointer = Field(default="/success", description='where in the answer, such as "/success"')
    equals: Annotated[bool | int | str, PlainValidator(_check_equals)] = Field(
        default=True, description='the value there if it was done, such as true or "ok"'
    )

    @property
    def is_envelope(self) -> bool:
        """Return whether this is the envelope of vtiger's own actions."""
        return self.pointer == "/success" and self.equals is True

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the names that the pointer consists of."""
        return pointer_tokens(self.pointer)


ENVELOPE = SuccessRule()
"""The rule of vtiger's own actions: ``{"success": true, …}``."""


@dataclass(frozen=True, slots=True)
class FilledRequest:
    """A configured request for one person; only the CSRF token is still open.

    `path` is relative to the instance's URL and percent-encoded. At most one of `form` and `json_body` is
    set.
    """

    method: Method
    path: str
    form: tuple[tuple[str, str | OpenField], ...] | None
    json_body: Any
    headers: tuple[tuple[str, str | OpenField], ...]
    success: SuccessRule

    @property
    def needs_token(self) -> bool:
        """Return whether the CSRF token is a part of it."""
        return any(value is OpenField.CSRF_TOKEN for _, value in (*(self.form or ()), *self.headers)) or (
            self.json_body is not None and _has_token(self.json_body)
        )


MENU_ITEM_REQUEST = FilledRequest(
    method=Method.POST,
    path="",
    form=(("__vtrftk", OpenField.CSRF_TOKEN),),
    json_body=None,
    headers=(("X-Requested-With", "XMLHttpRequest"),),
    success=ENVELOPE,
)
"""What runs a menu item that has an address, apart from that address."""


class RequestTemplate(BaseModel):
    """A request as the config describes it. What is accepted stays with the instance and the person."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    method: Annotated[Method, PlainValidator(_check_method)] = Field(
        default=Method.POST, description='"POST", "PUT" or "PATCH"'
    )
    path: str = Field(
        description='an address such as "index.php?module=Users&action=SendResetLink&record={id}"',
        min_length=1,
    )
    form: dict[str, str] | None = Field(default=None, description='a table such as { __vtrftk = "{csrf}" }')
    json_body: dict[str, Any] | None = Field(
        default=None, alias="json", description='a table such as { userId = "{id}" }'
    )
    headers: dict[str, str] = Field(
        default={}, description='a table such as { X-Requested-With = "XMLHttpRequest" }'
    )
    success: SuccessRule = Field(
        default=ENVELOPE, description='a table such as { pointer = "/success", equals = true }'
    )
    offered: Offered = Field(default=Offered.MENU, description='"menu" or "always"')

    @field_validator("path")
    @classmethod
    def _check_path(cls, value: str) -> str:
        return check_path(value)

    @field_validator("form")
    @classmethod
    def _check_form(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        check_form(value or {})
        return value

    @field_validator("json_body")
    @classmethod
    def _check_json(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        check_json(value or {})
        return value

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, value: dict[str, str]) -> dict[str, str]:
        check_headers(value)
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.form is not None and self.json_body is not None:
            raise ValueError("has both form and json, and a request has one body: keep one of them")
        segments, query = split_path(self.path)
        if not any(map(names_person, (*segments, *(value for _, value in query), *self._body_texts()))):
            raise ValueError(
                "says nowhere whom it is for: write {id}, {user_name} or {email} into path or body"
            )
        check_parameters(query, self.form, self.json_body)
        check_record_kept(self.method, self.path, self.form, self.json_body)
        return self

    def fill(self, *, user_id: str, user_name: str, email: str) -> FilledRequest:
        """Return the request for one person, whose values are the exact ones that the CRM stores.

        Raises ValueError with the reason if a value is missing, or cannot be where the template has it.
        """
        person = {"id": user_id, "user_name": user_name, "email": email}
        segments, query = split_path(self.path)
        path = "/".join(quote(fill_segment(segment, person), safe="") for segment in segments)
        pairs = [(name, fill_text(value, person)) for name, value in query]
        form = None if self.form is None else tuple(_fill_pairs(self.form, person))
        return FilledRequest(
            method=self.method,
            path=f"{path}?{urlencode(pairs, quote_via=quote)}" if pairs else path,
            form=form,
            json_body=None if self.json_body is None else fill_json(self.json_body, person),
            headers=tuple(_fill_pairs(self.headers, {})),
            success=self.success,
        )

    def foreign_address_in(self, base_url: str) -> bool:
        """Return whether a value is an address that is not within the instance's own URL."""
        texts = [
            *self._body_texts(),
            *(value for _, value in split_path(self.path)[1]),
            *self.headers.values(),
        ]
        return any(
            _ADDRESS.search(text) and not (text.startswith(base_url) and text.count("://") == 1)
            for text in texts
        )

    def _body_texts(self) -> list[str]:
        body = [str(field.value) for field in json_fields(self.json_body or {})]
        return [*(self.form or {}).values(), *body]


def _fill_pairs(pairs: Mapping[str, str], person: dict[str, str]) -> list[tuple[str, str | OpenField]]:
    return [(name, fill_value(value, person)) for name, value in pairs.items()]


def _has_token(part: object) -> bool:
    if isinstance(part, dict):
        return any(map(_has_token, part.values()))
    return any(map(_has_token, part)) if isinstance(part, list) else part is OpenField.CSRF_TOKEN
