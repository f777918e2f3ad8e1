"""Whatever a person is called and a config says: the request is the template's, and about this person."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from dazos_tui.crm.action_names import is_mutating_name
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.http.content import content_of
from dazos_tui.crm.http.session import HttpSession
from dazos_tui.crm.request_template import RequestTemplate

BASE = "https://crm.example.com/crm/"
SESSION = HttpSession(BASE)
TOKEN = SecretStr("sid:0a1b,1764400000")
ID, USER, EMAIL = "7", "jo", "jo@x.test"


def build(
    template: RequestTemplate, user_id: str = ID, user_name: str = USER, email: str = EMAIL
) -> httpx.Request:
    """Return the request as it leaves."""
    filled = template.fill(user_id=user_id, user_name=user_name, email=email)
    url = SESSION.resolve(filled.path, base=SESSION.resolve(""))
    return SESSION._build_request(url, content_of(filled, TOKEN), None)


AWKWARD = st.sampled_from(
    [
        "",
        "'\"&=%",
        "a&record=8",
        "a=b",
        "%3D%26",
        "..",
        "../x",
        "a/b",
        "{csrf}",
        "{id}",
        "a\nb",
        "\r\nX: y",
        "é\u202e",
        "\0",
    ]
)
VALUES = AWKWARD | st.text(max_size=30)
NAMES = st.dictionaries(
    st.sampled_from(["a", "b", "c[d]", "e.f"]),
    st.sampled_from(["{user_name}", "{email}", "{id}", "{csrf}", "x y&z=%"]),
)


def values_of(table: dict[str, str], user_name: str, email: str) -> dict[str, str]:
    known = {"{user_name}": user_name, "{email}": email, "{id}": ID, "{csrf}": TOKEN.get_secret_value()}
    return {name: known.get(value, value) for name, value in table.items()}


@given(NAMES, VALUES, VALUES)
def test_a_form_has_exactly_the_fields_of_the_template(
    table: dict[str, str], user_name: str, email: str
) -> None:
    template = RequestTemplate.model_validate(
        {"path": "index.php?module=Users&action=SendLink&record={id}&who={user_name}", "form": table}
    )
    try:
        request = build(template, user_name=user_name, email=email)
    except (ValueError, CrmError):
        assert "" in {user_name, email} or has_surrogate(user_name + email)
        return
    assert (request.url.scheme, request.url.host, request.url.path) == (
        "https",
        "crm.example.com",
        "/crm/index.php",
    )
    query = parse_qsl(request.url.query.decode(), keep_blank_values=True, strict_parsing=True)
    assert query == [("module", "Users"), ("action", "SendLink"), ("record", ID), ("who", user_name)]
    body = parse_qsl(request.content.decode("ascii"), keep_blank_values=True) if table else []
    assert dict(body) == values_of(table, user_name, email)
    assert len(body) == len(table)


@given(VALUES, VALUES)
def test_json_has_exactly_the_values_of_the_person(user_name: str, email: str) -> None:
    body = {
        "userId": "{id}",
        "number": "{id:number}",
        "who": {"name": "{user_name}"},
        "to": ["{email}"],
        "t": "{csrf}",
    }
    template = RequestTemplate.model_validate({"path": "api/reset", "json": {**body, "notify": True}})
    try:
        request = build(template, user_name=user_name, email=email)
    except ValueError:
        assert "" in {user_name, email}
        return
    assert json.loads(request.content) == {
        "userId": ID,
        "number": 7,
        "who": {"name": user_name},
        "to": [email],
        "t": TOKEN.get_secret_value(),
        "notify": True,
    }
    assert request.headers["content-type"] == "application/json"
    assert str(request.url) == f"{BASE}api/reset"


@given(VALUES)
@example("..")
@example("%2e%2e")
@example("..%2f")
def test_a_part_of_an_address_is_the_person_or_nothing(user_name: str) -> None:
    template = RequestTemplate.model_validate({"path": "api/users/{user_name}/link", "method": "PUT"})
    try:
        request = build(template, user_name=user_name)
    except (ValueError, CrmError):
        return
    raw = request.url.raw_path.decode("ascii")
    assert raw.startswith("/crm/api/users/")
    assert raw.endswith("/link")
    assert unquote(raw.split("/")[4]) == user_name
    assert len(raw.split("/")) == 6


def has_surrogate(text: str) -> bool:
    return any(0xD800 <= ord(char) < 0xE000 for char in text)


@given(st.text(max_size=40))
@pytest.mark.parametrize("header", ["X-CSRF-Token", "Accept"])
def test_a_header_is_one_line(header: str, value: str) -> None:
    try:
        template = RequestTemplate.model_validate({"path": "api/{id}", "headers": {header: value}})
    except ValidationError:
        return
    request = build(template)
    assert request.headers[header] == (TOKEN.get_secret_value() if value == "{csrf}" else value)
    assert set(request.headers) <= {
        "host", "accept", "accept-encoding", "connection", "user-agent", "content-length", header.lower()
    }  # fmt: skip


_PIECES = """
    index.php ? & = ; / // .. . %2e%2e %2F : @ # \\ {id} {user_name} {email} {csrf} [ ] [] record Record
    %72ecord userId ids selected_ids module action mode Users Contacts SendLink DeleteAjax SaveAjax 8 19x8
    changePassword https: evil.test crm.example.com x@evil.test api reset delete %00 + , a b
"""
PATHS = st.lists(st.sampled_from([*_PIECES.split(), "\n", "\u2025", "\uff0e\uff0e"]), max_size=9).map("".join)
KEYS = st.sampled_from(
    [
        "record",
        "Record",
        "record[]",
        "data[record]",
        "userId",
        "ids[]",
        "x",
        "action",
        "mode",
        "module",
        "re.cord",
        "__vtrftk",
    ]
)
TEXTS = st.sampled_from(
    [
        "{id}",
        "8",
        "{id},8",
        "8{id}",
        "{user_name}",
        "SendLink",
        "DeleteAjax",
        "SaveAjax",
        "changePassword",
        "{csrf}",
        "a",
        "",
    ]
)
LEAVES = TEXTS | st.sampled_from([8, True, None])
BODIES = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda part: st.lists(part, max_size=2) | st.dictionaries(KEYS, part, max_size=2)),
    max_size=3,
)
GOOD_PATHS = st.sampled_from(
    ["index.php?module=Users&action=SendLink&record={id}", "api/users/{id}/reset", "index.php"]
)
PERSON = {ID, USER, EMAIL, f"19x{ID}", f"[{ID}]", f'["{ID}"]'}
RECORD = re.compile(r"record|ids?$|^users?$|^selected", re.IGNORECASE)


def as_php_reads(query: str) -> list[tuple[list[str], Any]]:
    """Return the names and value of each parameter that PHP reads (`php_register_variable_ex`)."""
    found: list[tuple[list[str], Any]] = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        name = unquote_plus(name).split("\0")[0].lstrip(" ")
        if name:
            base, *keys = re.split(r"[\[\]]+", name)
            found.append(
                ([base.replace(".", "_").replace(" ", "_"), *filter(None, keys)], unquote_plus(value))
            )
    return found


def leaves(part: Any, names: list[str]) -> list[tuple[list[str], Any]]:
    if isinstance(part, dict):
        return [leaf for key, value in part.items() for leaf in leaves(value, [*names, key])]
    if isinstance(part, list):
        return [leaf for value in part for leaf in leaves(value, names)]
    return [(names, part)]


def assert_about_the_person(template: RequestTemplate) -> None:
    request = build(template)
    url = urlsplit(str(request.url))
    assert str(request.url).startswith(BASE)
    assert not {"..", "."}.intersection(unquote(url.path).split("/"))
    parameters = as_php_reads(url.query)
    if template.json_body is not None:
        parameters += leaves(json.loads(request.content), [])
    else:
        parameters += as_php_reads(request.content.decode("ascii"))
    for names, value in parameters:
        if RECORD.search(names[-1]) and not isinstance(value, bool | None):
            assert str(value) in PERSON, (names, value)
        if names[-1].casefold() in {"action", "mode"} and value != "SaveAjax":
            assert not is_mutating_name(str(value))
    assert "8" not in url.path.split("/")
    assert not any(map(is_mutating_name, unquote(url.path).split("/")[2:]))
    assert any(str(value) in PERSON for _, value in parameters) or ID in url.path or USER in url.path


@given(PATHS | GOOD_PATHS, st.dictionaries(KEYS, TEXTS, max_size=3))
def test_no_form_that_is_accepted_leaves_the_instance_or_the_person(path: str, form: dict[str, str]) -> None:
    try:
        template = RequestTemplate.model_validate({"path": path, "form": form})
    except ValidationError:
        return
    assert_about_the_person(template)


@given(PATHS | GOOD_PATHS, BODIES)
def test_no_json_that_is_accepted_leaves_the_instance_or_the_person(path: str, body: dict[str, Any]) -> None:
    try:
        template = RequestTemplate.model_validate({"path": path, "json": body})
    except ValidationError:
        return
    assert_about_the_person(template)


@given(st.text(max_size=40))
def test_no_other_path_leaves_the_instance(path: str) -> None:
    try:
        template = RequestTemplate.model_validate({"path": path + "{id}"})
    except ValidationError:
        return
    assert_about_the_person(template)
