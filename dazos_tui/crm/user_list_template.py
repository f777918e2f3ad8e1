"""The user list of an instance that shows it as JSON: where it is, and which value means what.

All models raise ValidationError for what cannot be used. Their sentences never repeat a value.
"""

import re
from typing import Annotated, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dazos_tui.crm.action_names import DECIDING_PARAMETERS, is_mutating_name
from dazos_tui.crm.json_pointer import JsonPointer, pointer_tokens

MAX_PAGE_SIZE = 10_000
"""The most rows of one page, and of a list without pages."""

_PLACEHOLDERS = ("page", "offset", "page_size")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DECIDING_NAME = re.compile(r"[A-Za-z0-9_.~,()=+:@{} -]*")
_SENDING = re.compile(r"(?i)send|reset|forgot|recover|unlock|enable_?login|invite")
"""Actions that send mail or enable a login: a list is asked for again and again."""
_SECRET_NAME = re.compile(
    r"token|secret|passw|pwd|api_?key|access_?key|session|csrf|vtrftk|signature|jwt|cookie|hash|^auth$|^sid$"
)
"""What the name of a parameter or field contains that is not for a config, nor for the screen."""
_SECRET_VALUE = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9_.+/=-]{24,}")

Scalar = StrictBool | StrictInt | StrictStr


def _as_values(value: object) -> object:
    """Return one value or a list of values as a list."""
    values = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(one, bool | int | str) for one in values):
        raise ValueError("is not a value or a list of values")
    if not all(str(one).isprintable() for one in values):
        raise ValueError("contains an invisible character, such as a line break or a control code")
    return values


Values = Annotated[tuple[Scalar, ...], BeforeValidator(_as_values)]
"""Values of a field that mean the same; a single one needs no list."""


def _check_path(text: str) -> str:
    """Return an address of the list. Raises ValueError unless it is one to read, within the instance."""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("is not an address: it is empty, or contains a character that has to be encoded")
    bare = _PLACEHOLDER.sub("1", text)
    if "{" in bare or "}" in bare or not set(_PLACEHOLDER.findall(text)) <= set(_PLACEHOLDERS):
        raise ValueError(f"has braces around something else than {_known_placeholders()}")
    route = bare.partition("?")[0]
    if (
        route.startswith("/")
        or ":" in route
        or "\\" in bare
        or "#" in bare
        or "//" in route
        or _climbs(route)
    ):
        raise ValueError("leads outside the instance: write an address relative to url, without “..”")
    _check_only_reads(route, bare)
    return text


def _known_placeholders() -> str:
    return ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)


def _climbs(route: str) -> bool:
    """Return whether a path names a scheme or leads to the folder above."""
    plain = route.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/")
    return ":" in plain or any(segment == ".." for segment in plain.split("/"))


def _check_only_reads(route: str, address: str) -> None:
    deciding = [unquote(segment).partition(".")[0] for segment in route.split("/")]
    names = list[str]()
    for name, value in parse_qsl(urlsplit(address).query, keep_blank_values=True):
        if _SECRET_NAME.search(name.casefold()) or _SECRET_VALUE.fullmatch(value):
            raise ValueError("contains what seems to be a secret: leave that parameter out")
        if value.lstrip().startswith(("//", "\\\\", "/\\")) or "://" in value:
            raise ValueError("leads outside the instance: leave out the address in a parameter")
        names.append(name)
        if name.casefold().strip("_") in DECIDING_PARAMETERS:
            deciding.append(value)
    if not all(map(_DECIDING_NAME.fullmatch, deciding)):
        raise ValueError("has a part with a character that is in no name of a list or an action")
    if any(map(is_mutating_name, [*names, *deciding])) or any(map(_SENDING.search, deciding)):
        raise ValueError("would send, delete, change or save something: a list is only read")


ListPath = Annotated[str, Field(max_length=1000), AfterValidator(_check_path)]


def _check_not_secret(pointer: str) -> str:
    if any(_SECRET_NAME.search(token.casefold()) for token in pointer_tokens(pointer)):
        raise ValueError("names a secret, which must never be read")
    return pointer


FieldPointer = Annotated[JsonPointer, Field(min_length=1), AfterValidator(_check_not_secret)]
_A_POINTER = 'a JSON pointer within a row, such as "/email"'


class UserListFields(BaseModel):
    """Where each value is within a row, as JSON pointers; one that is left out is not shown by the list."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: FieldPointer = Field(description='a JSON pointer within a row, such as "/id"')
    user_name: FieldPointer | None = Field(default=None, description=_A_POINTER)
    email: FieldPointer | None = Field(default=None, description=_A_POINTER)
    name: FieldPointer | None = Field(default=None, description=_A_POINTER)
    first_name: FieldPointer | None = Field(default=None, description=_A_POINTER)
    last_name: FieldPointer | None = Field(default=None, description=_A_POINTER)
    role: FieldPointer | None = Field(default=None, description=_A_POINTER)
    status: FieldPointer | None = Field(default=None, description=_A_POINTER)
    admin: FieldPointer | None = Field(default=None, description=_A_POINTER)

    @model_validator(mode="after")
    def _check_identifies(self) -> Self:
        if self.user_name is None and self.email is None:
            raise ValueError("needs user_name or email, since people are looked for by them")
        if self.name is not None and (self.first_name is not None or self.last_name is not None):
            raise ValueError("has name and also first_name or last_name: keep one of the two ways")
        return self


class UserListTemplate(BaseModel):
    """A user list in JSON. It is only ever requested with GET."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    path: ListPath = Field(description='an address relative to url, such as "api/users?page={page}"')
    inactive_path: ListPath | None = Field(
        default=None,
        description='an address relative to url, such as "api/users?status=inactive&page={page}"',
    )
    rows: JsonPointer = Field(description='a JSON pointer to the list of people, such as "/result/users"')
    fields: UserListFields = Field(description='a table, such as { id = "/id", email = "/email" }')
    active: Values = Field(default=(), description='a value of fields.status, such as "enabled"')
    inactive: Values = Field(default=(), description='a value of fields.status, such as "disabled"')
    admin: Values = Field(default=(), description='a value of fields.admin, such as "administrator"')
    page_size: int | None = Field(
        default=None,
        ge=1,
        le=MAX_PAGE_SIZE,
        strict=True,
        description=f"how many people a full page has, from 1 to {MAX_PAGE_SIZE}",
    )
    first_page: int = Field(default=1, ge=0, le=1, strict=True, description="1 or 0")
    total: JsonPointer | None = Field(
        default=None, description='a JSON pointer to the number of all people, such as "/result/total"'
    )
    next: JsonPointer | None = Field(
        default=None, description='a JSON pointer to what says that there are more, such as "/links/next"'
    )

    @field_validator("inactive")
    @classmethod
    def _check_differs(cls, value: tuple[Scalar, ...], info: ValidationInfo) -> tuple[Scalar, ...]:
        if any(is_same_value(one, other) for one in value for other in info.data.get("active", ())):
            raise ValueError("has a value that active has too")
        return value

    @model_validator(mode="after")
    def _check_end_is_known(self) -> Self:
        if not any(is_paged(path) for path in (self.path, self.inactive_path) if path is not None):
            return self
        if self.page_size is None:
            raise ValueError("has several pages: page_size has to say how many people a full one has")
        if self.total is None and self.next is None:
            raise ValueError("has several pages: total or next has to say whether all people were read")
        return self

    def address(self, number: int, *, inactive: bool) -> str:
        """Return the address of page `number`, counted from 1."""
        path = (self.inactive_path or self.path) if inactive else self.path
        size = self.page_size or 0
        values = {"page": number - 1 + self.first_page, "offset": (number - 1) * size, "page_size": size}
        return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), path)

    def is_paged(self, *, inactive: bool) -> bool:
        """Return whether the list has several pages."""
        return is_paged((self.inactive_path or self.path) if inactive else self.path)


def is_paged(path: str) -> bool:
    """Return whether an address names a page."""
    return not {"page", "offset"}.isdisjoint(_PLACEHOLDER.findall(path))


def is_same_value(one: object, other: object) -> bool:
    """Return whether two JSON values are the same; texts are compared without case and outer spaces.

    A number is never the same as true or false, as it would be in Python.
    """
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().casefold() == other.strip().casefold()
    return type(one) is type(other) and one == other
