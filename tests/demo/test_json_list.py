"""The list in JSON of an instance whose page builds its table from it."""

from dataclasses import replace

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import JSON_LIST, TWO_JSON_LISTS
from tests.demo.visitor import LIST


@pytest.fixture(scope="module")
def server():
    with DemoServer(
        JSON_LIST, TWO_JSON_LISTS, replace(JSON_LIST, name="plain", list_in_json=False)
    ) as server:
        yield server


def rows(visitor, query=""):
    """Return all rows, and the totals that their pages announce."""
    found, totals, address = [], set(), f"api/users?page=1{query}"
    while address:
        answer = visitor.get(address).json()
        found += answer["data"]["users"]
        totals.add(answer["data"]["total"])
        address = answer["links"]["next"]
    return found, totals


def test_every_person_is_on_one_page_with_a_state(server, signed_in):
    instance = server.instance("json-list")
    found, totals = rows(signed_in(instance))
    assert [row["id"] for row in found] == [
        person.id for person in sorted(instance.people, key=lambda person: person.user_name)
    ]
    assert totals == {60}
    assert {row["id"] for row in found if row["state"] == "disabled"} == {
        person.id for person in instance.people if not person.active
    }


def test_two_lists_without_a_state(server, signed_in):
    instance = server.instance("two-json-lists")
    active, _ = rows(signed_in(instance))
    inactive = signed_in(instance).get("api/users?page=1&state=disabled").json()["data"]["users"]
    assert {row["id"] for row in active} == {person.id for person in instance.people if person.active}
    assert {row["id"] for row in inactive} == {person.id for person in instance.people if not person.active}
    assert "state" not in active[0]


def test_the_page_itself_has_nobody(server, signed_in):
    page = signed_in(server.instance("json-list")).page(LIST)
    assert page.css_first("#users-table") is not None
    assert page.css("tbody tr") == []


def test_only_a_signed_in_administrator_gets_it(server, visit):
    instance = server.instance("json-list")
    visitor = visit(instance)
    assert visitor.get("api/users?page=1").status_code == 401
    visitor.sign_in(instance.non_admin.username, instance.non_admin.password)
    refused = visitor.get("api/users?page=1")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ACCESS_DENIED")


def test_other_instances_have_no_such_address(server, signed_in):
    assert signed_in(server.instance("plain")).get("api/users?page=1").status_code == 404
