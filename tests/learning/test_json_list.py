"""What is learned of a user list in JSON: the table for the config, and nothing about a person."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.user_list_template import UserListTemplate
from dazos_tui.learning.json_list import LearnedUserList, RecordedUserLists
from dazos_tui.learning.recording import RecordedExchange, RecordedRequest, RecordedResponse
from dazos_tui.learning.request_fields import KnownPerson
from tests.json_list import ONE_LIST

URL = "https://crm.example.com/crm/"


def exchange(relative, document, *, method="GET", status=200) -> RecordedExchange:
    text = document if isinstance(document, str) else json.dumps(document)
    return RecordedExchange(
        RecordedRequest(method, URL + relative), RecordedResponse(status, text, "application/json")
    )


def lesson(*pages, person=None) -> LearnedUserList:
    lists = RecordedUserLists()
    for relative, document in pages:
        assert lists.add(exchange(relative, document), relative)
    learned = lists.lesson(person)
    assert learned is not None
    return learned


def table_of(*pages, person=None):
    table = lesson(*pages, person=person).table
    assert table is not None
    return table


def row(number, **values):
    return {"id": number, "login": f"user{number}x", "mail": f"user{number}x@example.test", **values}


def rows(*numbers, **values):
    return [row(number, **values) for number in numbers]


def demo_row(number, state):
    return {
        "id": number,
        "login": f"ann.bell{number}",
        "givenName": "Ann",
        "familyName": "Bell",
        "contact": {"email": f"ann.bell{number}@example.test", "phone": None},
        "role": {"name": "Sales"},
        "administrator": False,
        "passwordHash": "demohash",
        "apiKey": "demokey",
        "state": state,
    }


def test_the_demos_list():
    people = [demo_row(number, "enabled" if number % 7 else "disabled") for number in range(1, 26)]
    document = {
        "data": {"users": people, "total": 60, "page": 1, "perPage": 25},
        "links": {"next": "api/users?page=2"},
    }
    assert table_of(("api/users?page=1", document)) == ONE_LIST


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            ("v1/people?start=0&limit=2&_=17171717", {"items": rows(1, 2), "count": 2, "hasMore": True}),
            ("v1/people?start=2&limit=2&_=17171718", {"items": rows(3), "count": 1, "hasMore": False}),
            {
                "path": "v1/people?start={offset}&limit=2", "rows": "/items", "page_size": 2,
                "next": "/hasMore",
            },
        ),
        (
            ("users.json", {"users": rows(1, 2), "next_page_url": "https://crm.example.com/users.json?page=2"}),
            ("users.json?page=2", {"users": rows(3), "next_page_url": None}),
            {"path": "users.json?page={page}", "rows": "/users", "page_size": 2, "next": "/next_page_url"},
        ),
        (
            ("list?pageIndex=0", {"result": {"7": row(7), "9": row(9)}, "recordsTotal": 3}),
            ("list?pageIndex=1", {"result": {"12": row(12), "13": row(13)}, "recordsTotal": 4}),
            {},
        ),
        (
            ("list?pageIndex=0", {"result": {"7": row(7), "9": row(9)}, "recordsTotal": 3}),
            ("list?pageIndex=1", {"result": {"12": row(12), "13": row(13)}, "recordsTotal": 3}),
            {},
        ),
        (
            ("list?pageIndex=0", {"result": {"7": row(7), "9": row(9)}, "recordsTotal": 4}),
            ("list?pageIndex=1", {"result": {"12": row(12), "13": row(13)}, "recordsTotal": 4}),
            {
                "path": "list?pageIndex={page}", "rows": "/result", "page_size": 2,
                "total": "/recordsTotal", "first_page": 0,
            },
        ),
    ],
)  # fmt: skip
def test_ways_of_paging(first, second, expected):
    table = lesson(first, second).table or {}
    fields = table.pop("fields", {})
    assert table == expected
    assert not table or fields == {"id": "/id", "user_name": "/login", "email": "/mail"}


def test_a_whole_list_in_one_answer():
    table = table_of(("api/everybody", rows(*range(1, 40))))
    assert (table["path"], table["rows"]) == ("api/everybody", "")
    assert "page_size" not in table


def test_the_profile_shows_which_field_is_which():
    people = [
        {"key": n, "pid": n + 100, "who": f"u{n}", "a1": f"a{n}@x.test", "a2": f"b{n}@x.test"}
        for n in range(1, 9)
    ]
    person = KnownPerson("103", "u3", "b3@x.test")
    fields = table_of(("api/u", people), person=person)["fields"]
    assert fields == {"id": "/pid", "user_name": "/who", "email": "/a2"}


def test_fields_that_no_profile_confirms_are_said_to_be_found_by_their_names():
    pages = ("api/u", rows(1, 2, 3))
    person = KnownPerson("2", "user2x", "user2x@example.test")
    assert "found by their names" in lesson(pages).words
    assert "found by their names" in lesson(pages, person=KnownPerson("9", "user9x")).words
    assert "found by their names" not in lesson(pages, person=person).words


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([{"status": "Active"}, {"status": "Inactive"}], ("active", "inactive")),
        ([{"status": "Active"}, {"status": "Active"}], ("active", "inactive")),
        ([{"is_active": True}, {"is_active": False}], (True, False)),
        ([{"disabled": True}, {"disabled": False}], (False, True)),
        ([{"isDisabled": 0}, {"isDisabled": 1}], (0, 1)),
        ([{"enabled": "1"}, {"enabled": "0"}], ("1", "0")),
        ([{"disabled": "yes"}, {"disabled": "no"}], ("no", "yes")),
        ([{"status": "1"}, {"status": "0"}], None),
        ([{"status": True}, {"status": False}], None),
        ([{"state": "invited"}, {"state": "joined"}], None),
    ],
)
def test_what_a_status_means(values, expected):
    learned = lesson(("api/u", [row(number, **one) for number, one in enumerate(values, 1)]))
    table = learned.table or {}
    if expected is None:
        assert "status" not in table["fields"]
        assert "who is inactive is not known" in learned.words
    else:
        assert (table["active"], table["inactive"]) == expected


def test_a_second_list_of_the_inactive():
    usual = ("u?status=active&page=1", {"users": rows(1, 2), "total": 3})
    more = ("u?status=active&page=2", {"users": rows(3), "total": 3})
    off = ("u?status=inactive&page=1", {"users": rows(8), "total": 1})
    table = table_of(usual, off, more)
    assert table["path"] == "u?status=active&page={page}"
    assert table["inactive_path"] == "u?status=inactive&page={page}"


@pytest.mark.parametrize(
    ("relative", "document", "problem"),
    [
        ("u?page=1", {"users": rows(1, 2)}, "whether there is another page"),
        ("u?page=1", {"users": rows(1, 2), "total": 2}, "has only one page"),
        ("u", {"users": rows(1, 2), "total": 9}, "how its next page is requested"),
        ("u", [{"id": 1, "contact": "a@x.test"}, {"id": 2, "contact": "b@x.test"}], ""),
        ("u?owner=user1x@example.test&page=1", {"users": rows(1, 2), "total": 9}, "cannot be kept"),
        ("user1x/u?page=1", {"users": rows(1, 2), "total": 9}, "cannot be kept"),
        ("u?access_token=abc&page=1", {"users": rows(1, 2), "total": 9}, "cannot be configured"),
        ("u?session=0123456789abcdef0123&page=1", {"users": rows(1, 2), "total": 9}, "cannot be"),
    ],
)
def test_what_is_not_learned_is_named(relative, document, problem):
    learned = lesson((relative, document))
    assert (learned.table is None) == bool(problem)
    assert problem in learned.problem
    assert bool(learned.advice) == bool(problem)


def test_an_account_may_be_called_like_a_part_of_the_address():
    people = [row(1, login="admin"), row(2, login="api.users")]
    table = table_of(("admin/api/users", people))
    assert table["path"] == "admin/api/users"


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        ("<html>@</html>", {}),
        ('{"a": "@"', {}),
        ('{"users": [{"id": 1, "id": 2, "mail": "a@x.test"}]}', {}),
        ("[" * 100_000 + "@", {}),
        ({"users": []}, {}),
        ({"users": [{"id": 1, "name": "no address"}]}, {}),
        ({"notes": [{"id": 1, "text": "mail ann@x.test today"}]}, {}),
        ({"users": rows(1)}, {"method": "POST"}),
        ({"users": rows(1)}, {"status": 403}),
    ],
)
def test_what_is_no_list_of_people(answer, options):
    lists = RecordedUserLists()
    assert not lists.add(exchange("u", answer, **options), "u")
    assert lists.lesson(None) is None


@pytest.mark.parametrize(
    "answer",
    [
        "<br />\n<b>Notice</b>:  x in <b>/srv/x.php</b> on line <b>3</b><br />\n{}",
        "Warning: x in /srv/x.php on line 3\n{}",
        "\ufeff{}",
        " \r\n{}\n",
    ],
)
def test_a_list_is_read_as_the_client_reads_it(answer):
    document = json.dumps({"users": [row(1, name="Ann\tBell"), row(2)], "total": 2}).replace("\\t", "\t")
    assert table_of(("api/u", answer.format(document)))["rows"] == "/users"


def test_a_search_is_not_the_list():
    lists = RecordedUserLists()
    assert lists.add(exchange("u?q=ann&page=1", {"users": rows(1, 2), "total": 2}), "u?q=ann&page=1")
    assert lists.lesson(None) is None


def test_nothing_of_a_person_or_a_secret_is_in_the_lesson():
    people = [
        {
            "id": number, "username": f"zebra{number}", "email": f"zebra{number}@quagga.test",
            "name": "Zebra Quagga", "role": "Quaggarole", "token": "s3cr3tzebra" * 3,
        }
        for number in range(1, 9)
    ]  # fmt: skip
    people[0]["quagga@x.test"] = "1"
    people[0]["zebra1"] = "1"
    learned = lesson(("u?page=1&_=16", {"quagga's list": people, "rows": people, "total": 99}))
    shown = f"{learned} {learned.table}".casefold()
    assert "zebra" not in shown
    assert "quagga" not in shown
    assert UserListTemplate.model_validate(learned.table).fields.email == "/email"
    assert {person.id for person in learned.people} == {str(number) for number in range(1, 9)}


MARK = "zebraquagga"
MARKED = st.sampled_from([MARK, f"{MARK}@x.test", f"a {MARK}", f"{MARK}0123456789abcdef"])
KNOWN = ["id", "login", "email", "mail", "status", "role", "name", "is_admin", "token", "x y"]
NAMES = st.sampled_from([*KNOWN, MARK])
VALUES = MARKED | st.integers(1, 9_999) | st.booleans() | st.none()
ROW = st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES, max_size=3), max_size=6)
QUERY = st.dictionaries(st.sampled_from(["q", "owner", "filter", MARK]), MARKED | st.just("1"), max_size=2)


def learned_of(people, around, query, route) -> LearnedUserList | None:
    rows_of_page = [
        {**one, "id": number, "email": f"{MARK}{number}@x.test"} for number, one in enumerate(people, 1)
    ]
    relative = f"{route}?{urlencode({'page': 1, **query})}"
    lists = RecordedUserLists()
    lists.add(exchange(relative, {**around, "users": rows_of_page, "total": 99, "perPage": 20}), relative)
    return lists.lesson(KnownPerson("1", MARK, f"{MARK}1@x.test", frozenset({MARK})))


@given(
    st.lists(ROW, min_size=1, max_size=5), st.dictionaries(NAMES, VALUES, max_size=4), QUERY,
    st.sampled_from(["api/users", f"api/{MARK}/users", "index.php"]),
)  # fmt: skip
def test_whatever_is_recorded_nothing_personal_is_learned(people, around, query, route):
    learned = learned_of(people, around, query, route)
    if learned is None:
        return
    table = dict(learned.table or {})
    # The name of a field that most rows have is a name of the interface.
    table.pop("fields", None)
    assert MARK not in json.dumps(table)
    assert MARK not in f"{learned.words} {learned.problem} {learned.advice}"
    assert MARK not in repr(learned).replace(repr(learned.table), "")


def test_the_property_above_is_about_tables_too():
    learned = learned_of([{"login": MARK}, {"login": f"a {MARK}"}], {}, {}, "api/users")
    assert learned is not None
    assert learned.table is not None
    for refused in (({MARK: "1"}, "api/users"), ({}, f"api/{MARK}/users"), ({"owner": MARK}, "api/users")):
        learned = learned_of([{"login": MARK}], {}, *refused)
        assert learned is not None
        assert learned.table is None
