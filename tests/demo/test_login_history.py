"""The login history."""

import pytest

from tests.demo.visitor import Visitor

HISTORY = "index.php?module=LoginHistory&parent=Settings&view=List&search_key=user_name&search_value="


def rows(visitor: Visitor, user_name: str) -> list[list[str]]:
    page = visitor.page(HISTORY + user_name)
    return [[cell.text(strip=True) for cell in row.css("td")] for row in page.css("tr.listViewEntries")]


def test_newest_first_in_the_administrators_time(demo, signed_in, visit, clock):
    instance = demo.instances[0]
    admin = signed_in(instance)
    before = len(rows(admin, "demo.rep"))
    rep = visit(instance)
    rep.sign_in(instance.non_admin.username, instance.non_admin.password)
    clock.advance(3600)
    rep.get("index.php?module=Users&action=Logout")
    visit(instance).sign_in(instance.non_admin.username, instance.non_admin.password)
    seen = rows(admin, "demo.rep")
    assert len(seen) == before + 2
    # The clock stands at 2027-01-15 08:00 UTC; this administrator lives in New York.
    assert seen[0] == ["Demo Representative", "127.0.0.1", "01-15-2027 04:00 AM", "---", "Signed in"]
    assert seen[1] == [
        "Demo Representative",
        "127.0.0.1",
        "01-15-2027 03:00 AM",
        "01-15-2027 04:00 AM",
        "Signed off",
    ]


@pytest.mark.parametrize(
    ("name", "expected"), [("summit-prod", "15-01-2027 01:00"), ("harbor-sandbox", "2027-01-15 03:00")]
)
def test_every_administrator_has_a_format_of_their_own(demo, signed_in, name, expected):
    assert rows(signed_in(demo.instance(name)), "demo.admin")[0][2] == expected


def test_a_failed_sign_in_is_no_row(demo, signed_in, visit):
    instance = demo.instances[0]
    admin = signed_in(instance)
    before = rows(admin, "demo.rep")
    visit(instance).sign_in("demo.rep", "wrong")
    assert rows(admin, "demo.rep") == before


def test_earlier_sign_ins_are_invented_but_always_the_same(demo, signed_in):
    instance = demo.instances[0]
    admin = signed_in(instance)
    some = [person.user_name for person in instance.people[10:40]]
    first = [rows(admin, name) for name in some]
    assert any(first)
    assert [rows(admin, name) for name in some] == first


def test_nobodys_history_is_empty(demo, signed_in):
    assert rows(signed_in(demo.instances[0]), "no.such.user") == []


@pytest.mark.parametrize(
    ("user_name", "shown"),
    [
        ("odd.obrien", "Nora O"),
        ("odd.quotes", "Quo"),
        ("odd.script", "Sandy alert(1) & Co"),
        ("odd.markup", "Bo [bold red]Smith[/] Markup"),
    ],
)
def test_a_name_is_shown_as_the_crm_keeps_it(demo, signed_in, user_name, shown):
    instance = demo.instances[0]
    instance.accounts.record_sign_in(instance.person(user_name), "198.51.100.7", instance.clock())
    assert rows(signed_in(instance), user_name)[0][0] == shown
