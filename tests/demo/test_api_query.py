"""The access-key API: what it reveals about users, also what it should not."""

from dataclasses import replace

import pytest

from dazos_tui.demo.people import HASH_MARK, HOSTILE_NAMES, KEY_MARK
from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from tests.demo.api import code, users

COLUMNS = "id,user_name,first_name,last_name,email1,status,is_admin"


@pytest.fixture
def instance(untouched):
    return untouched.instances[0]


@pytest.fixture
def admin(instance, program_of):
    program = program_of(instance)
    program.login(instance.username, instance.access_key)
    return program


def page(offset, limit=100, columns=COLUMNS):
    return users(columns, f"ORDER BY id LIMIT {offset},{limit}")


def names(instance, ids):
    return {instance.population.by_id[record].user_name for record in ids}


def test_at_most_a_hundred_rows_whatever_the_limit_is(admin):
    assert len(admin.rows(page(0, 1000))) == 100
    assert len(admin.rows("SELECT id FROM Users;")) == 100
    assert len(admin.rows(page(0, 7))) == 7
    assert len(admin.rows("SELECT id FROM Users LIMIT 7;")) == 7
    assert admin.rows(page(0, 0)) == []


def test_all_pages_together_are_every_active_user_by_id(instance, admin):
    ids = [record for offset in range(0, 500, 100) for record in admin.ids(page(offset))]
    assert ids == sorted(person.id for person in instance.people if person.active)
    assert len(ids) == 389


def test_counting(admin):
    assert admin.rows("SELECT count(*) FROM Users;") == [{"count": "389"}]
    assert admin.rows("select COUNT( * ) from Users where status = 'Active';") == [{"count": "389"}]


def test_inactive_people_are_not_returned(instance, admin):
    inactive = next(person for person in instance.people if not person.active)
    assert admin.rows("SELECT id FROM Users WHERE status='Inactive';") == []
    assert admin.rows("SELECT count(*) FROM Users WHERE status='Inactive';") == [{"count": "0"}]
    assert admin.rows(users("id", f"WHERE user_name='{inactive.user_name}'")) == []
    assert code(admin.get("retrieve", sessionName=admin.session, id=f"19x{inactive.id}")) == "ACCESS_DENIED"


def test_a_row_has_the_columns_named_and_no_role(instance, admin):
    (row,) = admin.rows(users(COLUMNS + ",roleid", "WHERE user_name='odd.garcia'"))
    assert row == {
        "id": f"19x{instance.person('odd.garcia').id}",
        "user_name": "odd.garcia",
        "first_name": "Elena",
        "last_name": "García",
        "email1": "odd.garcia@harbor.example.com",
        "status": "Active",
        "is_admin": "off",
        "roleid": "",
    }
    assert {row["roleid"] for row in admin.rows(page(0, columns="roleid"))} == {""}


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if name.active], ids=lambda name: name.slug)
def test_values_are_raw(admin, name):
    (row,) = admin.rows(users("first_name,last_name", f"WHERE user_name='{name.user_name}'"))
    assert (row["first_name"], row["last_name"]) == (name.first_name, name.last_name)


def test_all_columns_include_everybodys_secrets(instance, admin):
    for row in admin.rows("SELECT * FROM Users ORDER BY id LIMIT 0,100;"):
        person = instance.person(row["user_name"])
        assert (row["accesskey"], row["user_password"]) == (person.accesskey, person.user_password)
        assert row["accesskey"].startswith(KEY_MARK)
        assert HASH_MARK in row["user_password"]
        assert row["roleid"] == ""


def test_retrieving_one_person_includes_their_secrets(instance, admin):
    person = instance.person("odd.garcia")
    row = admin.get("retrieve", sessionName=admin.session, id=f"19x{person.id}")["result"]
    assert (row["id"], row["last_name"]) == (f"19x{person.id}", "García")
    assert (row["accesskey"], row["user_password"]) == (person.accesskey, person.user_password)


@pytest.mark.parametrize("record", ["", "1", "19x", "19x0", "19x999999", "20x1", "19x1x1"])
def test_retrieving_nobody(admin, record):
    assert code(admin.get("retrieve", sessionName=admin.session, id=record)) == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("user_name='odd.zoe'", {"odd.zoe"}),
        ("user_name = 'ODD.ZOE'", {"odd.zoe"}),
        ("last_name='GARCIA'", {"odd.garcia"}),
        ("last_name='O''Brien'", {"odd.obrien"}),
        ("user_name LIKE 'odd.z%'", {"odd.zoe", "odd.zerowidth"}),
        ("user_name LIKE '%.zo_'", {"odd.zoe"}),
        ("user_name LIKE '.zo'", set()),
        ("user_name='odd.zoe' AND status='Active'", {"odd.zoe"}),
        ("user_name='odd.zoe' AND status!='Active'", set()),
        ("user_name='odd.zoe' OR user_name='odd.c1'", {"odd.zoe", "odd.c1"}),
        ("user_name='odd.c1' OR user_name='odd.zoe' AND is_admin='on'", {"odd.c1"}),
        ("id='19x1'", {"demo.admin"}),
        ("id<='19x5'", {"demo.admin", "demo.rep"}),
    ],
)
def test_conditions(instance, admin, where, expected):
    assert names(instance, admin.ids(users("id", f"WHERE {where} ORDER BY id"))) == expected


def test_continuing_after_an_id(admin):
    first = admin.ids(page(0, 10))
    after = admin.ids(users("id", f"WHERE id>'19x{first[-1]}' ORDER BY id LIMIT 10"))
    assert after == admin.ids(page(10, 10))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT id FROM Users",
        "SELECT FROM Users;",
        "SELECT id,nonsense FROM Users;",
        "SELECT id FROM users;",
        "SELECT id FROM Contacts;",
        "SELECT id FROM Users ORDER BY last_name;",
        "SELECT id FROM Users LIMIT x;",
        "SELECT id FROM Users WHERE;",
        "SELECT id FROM Users WHERE nonsense='1';",
        "SELECT id FROM Users WHERE last_name=Garcia;",
        "SELECT id FROM Users WHERE last_name='';",
        "SELECT id FROM Users WHERE last_name='O'Brien';",
        "SELECT id FROM Users WHERE last_name='x' LIMIT 5",
        "SELECT id FROM Users WHERE id='1';",
        "SELECT id FROM Users WHERE id LIKE '19x%';",
        "SELECT id FROM Users; SELECT id FROM Users;",
        "DELETE FROM Users;",
    ],
)
def test_an_unsupported_query_is_a_syntax_error(admin, query):
    assert code(admin.query(query)) == "QUERY_SYNTAX_ERROR"


def test_keywords_inside_a_string_are_text(admin):
    assert admin.rows("SELECT id FROM Users WHERE last_name='x'' ORDER BY id LIMIT 5; --';") == []


def test_unreadable_rows_are_dropped_after_the_limit(program_of):
    with DemoServer(replace(HARBOR, unreadable_every=3)) as server:
        (instance,) = server.instances
        program = program_of(instance)
        program.login(instance.username, instance.access_key)
        active = sorted(person.id for person in instance.people if person.active)
        kept_back = set(active[2::3])
        pages = [program.ids(page(offset)) for offset in range(0, 400, 100)]
        assert [len(ids) for ids in pages] == [67, 67, 66, 60]
        assert [record for ids in pages for record in ids] == [
            record for record in active if record not in kept_back
        ]
        assert program.rows("SELECT count(*) FROM Users;") == [{"count": "389"}]
        hidden = min(kept_back)
        assert program.rows(users("id", f"WHERE id='19x{hidden}'")) == []
        assert program.rows(users("count(*)", f"WHERE id='19x{hidden}'")) == [{"count": "1"}]
        denied = program.get("retrieve", sessionName=program.session, id=f"19x{hidden}")
        assert code(denied) == "ACCESS_DENIED"


def test_a_non_administrator_sees_only_themselves(instance, program_of):
    rep, program = instance.person("demo.rep"), program_of(instance)
    program.login(rep.user_name, rep.accesskey)
    assert program.ids(page(0)) == [rep.id]
    assert program.ids(page(100)) == []
    assert program.rows("SELECT count(*) FROM Users;") == [{"count": "389"}]
    retrieve = {"sessionName": program.session}
    assert program.get("retrieve", id=f"19x{rep.id}", **retrieve)["success"] is True
    assert code(program.get("retrieve", id="19x1", **retrieve)) == "ACCESS_DENIED"


def test_added_and_removed_people_are_noticed_at_once(demo, program_of):
    instance = demo.instances[0]
    program = program_of(instance)
    program.login(instance.username, instance.access_key)
    added = instance.add_person("new.comer", "New", "Comer")
    assert program.ids("SELECT id FROM Users WHERE user_name='new.comer';") == [added.id]
    instance.set_status(added, active=False)
    assert program.rows("SELECT count(*) FROM Users;") == [{"count": "389"}]
    instance.remove_person(instance.person("odd.garcia"))
    assert program.rows("SELECT count(*) FROM Users;") == [{"count": "388"}]
