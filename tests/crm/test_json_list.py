"""A user list in JSON: read completely or with every gap reported, searched, and never believed too much."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Dialect, Labels
from dazos_tui.crm.errors import (
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    UnexpectedPageError,
    UnreadableListError,
    WrongHostError,
)
from dazos_tui.crm.json_pointer import value_at
from dazos_tui.crm.models import MenuItemKind, Status, User, UserPage
from dazos_tui.crm.pages.user_rows import parse_user_rows
from dazos_tui.crm.pagination import PageCrawler
from dazos_tui.crm.reader import UserListReader
from dazos_tui.crm.request_template import Offered, RequestTemplate
from dazos_tui.crm.user_list_template import UserListTemplate
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import HASH_MARK, KEY_MARK
from dazos_tui.demo.presets import DANGEROUS_ITEMS, RESET
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import JSON_LIST, TWO_JSON_LISTS
from dazos_tui.text.sanitize import safe_text
from tests.crm import decompression_bombs
from tests.json_list import ONE_LIST, TWO_LISTS

LABELS = Labels()
RESET_PATH = "index.php?module=Users&parent=Settings&action=SendResetLink&record={id}"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    without_item = replace(
        JSON_LIST, name="no-item-json", profile_menu=DANGEROUS_ITEMS, unlisted_items=(RESET,)
    )
    long = replace(JSON_LIST, name="long", users=453)
    with DemoServer(JSON_LIST, TWO_JSON_LISTS, long, without_item) as server:
        yield server


@pytest.fixture
def instance(demo: DemoServer) -> Iterator[DemoInstance]:
    found = demo.instance("json-list")
    found.requests.clear()
    yield found
    found.faults.clear()


def dialect_with(template: dict[str, Any]) -> Dialect:
    return Dialect(user_list=UserListTemplate.model_validate(template))


async def signed_in(instance: DemoInstance, template: dict[str, Any]) -> CrmClient:
    client = CrmClient(instance.url, dialect=dialect_with(template))
    await client.sign_in(instance.username, SecretStr(instance.password))
    return client


@pytest.fixture
async def client(instance: DemoInstance) -> AsyncIterator[CrmClient]:
    async with await signed_in(instance, ONE_LIST) as client:
        yield client


async def read(reader: UserListReader) -> dict[str, User]:
    return {user.id: user async for batch in reader.read() for user in batch.users}


def pages_read(instance: DemoInstance) -> list[str]:
    return [one.query for one in instance.requests if one.path.endswith("api/users")]


def expected(instance: DemoInstance) -> dict[str, User]:
    """Return the people as they have to be shown, read from the demo's database."""
    return {
        str(one.id): User(
            id=str(one.id),
            user_name=safe_text(one.user_name),
            name=safe_text(f"{safe_text(one.first_name)} {safe_text(one.last_name)}"),
            email=safe_text(one.email1),
            role=one.roleid,
            status=Status.ACTIVE if one.active else Status.INACTIVE,
            admin=one.is_admin,
        )
        for one in instance.people
    }


# -- reading ------------------------------------------------------------------------------------------------


async def test_everybody_is_read_with_each_page_requested_once(client, instance):
    reader = UserListReader(client)
    assert await read(reader) == expected(instance)
    assert (reader.is_complete, reader.gaps) == (True, ())
    assert pages_read(instance) == [f"page={number}" for number in (1, 2, 3)]
    assert {one.method for one in instance.requests if "api" in one.path} == {"GET"}


async def test_the_total_is_known_after_the_first_page(client):
    batches = [batch async for batch in UserListReader(client).read()]
    assert [batch.expected_count for batch in batches] == [60, 60, 60]
    assert [batch.read_count for batch in batches] == [25, 50, 60]


async def test_a_long_list_is_read_without_a_probe_past_its_end(demo):
    instance = demo.instance("long")
    async with await signed_in(instance, ONE_LIST) as client:
        reader = UserListReader(client)
        assert (await read(reader)).keys() == expected(instance).keys()
        assert reader.is_complete
    assert pages_read(instance) == [f"page={number}" for number in range(1, 20)]


@pytest.mark.parametrize("change", [{"next": "/links/next", "total": None}, {"next": "/links/next"}])
async def test_the_end_may_be_known_from_the_next_page(demo, change):
    instance = demo.instance("long")
    template = {key: value for key, value in {**ONE_LIST, **change}.items() if value is not None}
    async with await signed_in(instance, template) as client:
        reader = UserListReader(client)
        assert (await read(reader)).keys() == expected(instance).keys()
        assert (reader.is_complete, reader.gaps) == (True, ())


async def test_two_lists_show_who_is_inactive(demo):
    instance = demo.instance("two-json-lists")
    async with await signed_in(instance, TWO_LISTS) as client:
        reader = UserListReader(client)
        assert await read(reader) == expected(instance)
        assert reader.is_complete
        only = UserListReader(client, statuses=[Status.INACTIVE])
        assert {user.status for user in (await read(only)).values()} == {Status.INACTIVE}


async def test_a_status_that_nothing_shows_is_not_guessed(demo):
    instance = demo.instance("two-json-lists")
    template = {key: value for key, value in TWO_LISTS.items() if key != "inactive_path"}
    async with await signed_in(instance, template) as client:
        people = await read(UserListReader(client))
    assert {user.status for user in people.values()} == {Status.UNKNOWN}


async def test_unknown_words_are_not_a_status(instance):
    async with await signed_in(instance, {**ONE_LIST, "active": "on"}) as client:
        people = await read(UserListReader(client))
    assert {user.status for user in people.values()} == {Status.UNKNOWN, Status.INACTIVE}


async def test_reading_only_the_inactive_reads_the_one_list(client, instance):
    people = await read(UserListReader(client, statuses=[Status.INACTIVE]))
    assert people == expected(instance)


async def test_rows_missing_from_a_page_are_a_gap(client, instance):
    instance.faults.cut_page(2, rendered=20)
    reader = UserListReader(client)
    assert len(await read(reader)) == 55
    assert reader.gaps == ("Page 2 of the accounts was cut short: 5 of 25 people are missing.",)
    instance.faults.clear()
    await read(reader)
    assert reader.is_complete


async def test_an_empty_page_is_not_the_end_if_the_total_says_otherwise(client, instance):
    instance.faults.cut_page(3, rendered=0)
    reader = UserListReader(client)
    assert len(await read(reader)) == 50
    assert "10 of 10 people are missing" in " ".join(reader.gaps)


async def test_broken_connections_lose_nobody(demo):
    instance = demo.instance("long")
    async with await signed_in(instance, ONE_LIST) as client:
        instance.faults.drop_every_nth("list", 3)
        reader = UserListReader(client)
        assert (await read(reader)).keys() == expected(instance).keys()
        assert reader.is_complete
    instance.faults.clear()


async def test_a_page_that_fails_is_a_gap_and_is_read_the_next_time(client, instance):
    reader = UserListReader(client)
    seen: dict[str, User] = {}
    async for batch in reader.read():
        seen |= {user.id: user for user in batch.users}
        if batch.read_count == 25:
            instance.faults.inject("list", Fault("oops", 500), times=None)
    assert "could not be read" in " ".join(reader.gaps)
    assert not reader.is_complete
    instance.faults.clear()
    seen |= await read(reader)
    assert (seen.keys(), reader.is_complete) == (expected(instance).keys(), True)


def test_with_a_total_the_next_page_can_be_requested_ahead():
    crawler = PageCrawler(Status.ACTIVE)
    first = parse(page(*(row(id=number) for number in range(1, 26)), total=60))
    crawler.add_page(first)
    assert (crawler.expected_count, crawler.next_page()) == (60, 2)
    assert (crawler.page_after(2), crawler.page_after(3)) == (3, None)


async def test_an_answer_cut_off_is_a_gap(client, instance):
    first = '{"data": {"users": [{"id": 5, "login": "<form><input name=username><input name=password>'
    instance.faults.inject("list", Fault(first), times=None)
    with pytest.raises(UnexpectedPageError, match="damaged, or was cut short"):
        await read(UserListReader(client))


async def test_a_total_that_changes_means_that_the_list_changed(client, instance):
    reader = UserListReader(client)
    added = None
    async for batch in reader.read():
        if batch.read_count == 25:
            added = instance.add_person("aaa.first", "Ann", "First")
    assert added is not None
    try:
        assert "changed while it was read" in " ".join(reader.gaps)
        assert await read(reader)
        assert reader.is_complete
        assert set(reader.ids) == set(expected(instance))
    finally:
        instance.remove_person(added)


async def test_a_smaller_page_than_configured_is_a_gap(demo):
    instance = demo.instance("long")
    async with await signed_in(instance, {**ONE_LIST, "page_size": 50}) as client:
        reader = UserListReader(client)
        await read(reader)
        assert not reader.is_complete


async def test_a_session_that_ends_is_renewed_and_reading_goes_on(client, instance):
    reader = UserListReader(client)
    seen: dict[str, User] = {}

    async def until_it_ends() -> None:
        async for batch in reader.read():
            seen.update({user.id: user for user in batch.users})
            instance.faults.expire_before = "list"

    with pytest.raises(SignedOutError, match="HTTP 401"):
        await until_it_ends()
    assert len(seen) < 60
    await client.sign_in(instance.username, SecretStr(instance.password))
    seen |= await read(reader)
    assert seen.keys() == expected(instance).keys()


async def test_who_is_no_administrator_may_not_read_it(instance):
    async with CrmClient(instance.url, dialect=dialect_with(ONE_LIST)) as client:
        await client.sign_in(instance.non_admin.username, SecretStr(instance.non_admin.password))
        with pytest.raises(PermissionDeniedError):
            await read(UserListReader(client))


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, '{"message": "Unauthenticated."}', SignedOutError, "session has ended"),
        (200, '{"message": "Unauthenticated."}', SignedOutError, "session has ended"),
        (200, '{"success": false, "error": {"code": "Login is required"}}', SignedOutError, "session has"),
        (200, "Invalid request", SignedOutError, "session has ended"),
        (200, '<form><input name="username"><input name="password"></form>', SignedOutError, "login page"),
        (403, '{"error": "Forbidden"}', PermissionDeniedError, "this account"),
        (200, '{"error": "Permission denied", "data": {"users": []}}', PermissionDeniedError, "denied"),
        (200, "<h2>Permission denied</h2>", PermissionDeniedError, "Permission denied"),
        (403, "<title>Blocked</title>", UnexpectedPageError, "before the request reached the CRM"),
        (401, "<title>Proxy</title>", UnexpectedPageError, "before the request reached the CRM"),
        (200, '{"success": false, "data": {"users": []}}', UnexpectedPageError, "in place of the user list"),
        (200, '{"data": {}}', UnreadableListError, "no list of people where rows points"),
        (200, '{"data": {"users": 7}}', UnreadableListError, "something other than a list"),
        (200, '{"data": {"users": [7]}}', UnreadableListError, "something other than a list"),
        (200, '{"data": {"users": [], "total": "many"}}', UnreadableListError, "total points"),
        (200, '{"data": {"users": [], "total": true}}', UnreadableListError, "total points"),
        (200, '{"data": {"users": [], "total": 0, "total": 9}}', UnexpectedPageError, "damaged"),
        (200, "[" * 5000, UnexpectedPageError, "damaged"),
        (200, "", UnexpectedPageError, "empty page"),
        (500, "", UnexpectedPageError, "HTTP 500"),
    ],
)
async def test_answers_that_are_no_list(client, instance, status, body, error, words):
    instance.faults.inject("list", Fault(body, status), times=None)
    with pytest.raises(error, match=words) as raised:
        await read(UserListReader(client))
    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("http://elsewhere.example.test/api/users", WrongHostError),
        ("/outbox", WrongHostError),
        ("index.php?module=Users&view=Login", UnexpectedPageError),
    ],
)
async def test_a_redirect_is_followed_only_within_the_instance(client, instance, target, error):
    instance.faults.inject("list", Fault("", 302, headers={"Location": target}), times=None)
    with pytest.raises(error):
        await read(UserListReader(client))


async def test_a_redirect_to_the_sign_in_page_means_that_the_session_has_ended(client, instance):
    instance.expire_sessions()
    moved = Fault("", 302, headers={"Location": f"{instance.url}index.php"})
    instance.faults.inject("list", moved, times=None)
    with pytest.raises(SignedOutError):
        await read(UserListReader(client))


# -- searching ----------------------------------------------------------------------------------------------


async def test_exact_search_reads_the_complete_list(client, instance):
    wanted = [one for one in instance.people if one.user_name.isascii()][-3:]
    texts = [wanted[0].user_name.upper(), wanted[1].email1, "nobody.at.all", f" {wanted[2].user_name} "]
    found = await client.find_exact_many(texts)
    assert [[row.user.id for row in rows] for rows in found] == [
        [str(wanted[0].id)], [str(wanted[1].id)], [], [str(wanted[2].id)],
    ]  # fmt: skip
    assert len(pages_read(instance)) == 3


async def test_exact_search_of_a_list_with_a_gap_is_an_error(client, instance):
    instance.faults.cut_page(2, rendered=20)
    with pytest.raises(UnexpectedPageError, match=r"Somebody may be missing .* 5 of 25 people are missing"):
        await client.find_exact("nobody.at.all")


async def test_quick_search_finds_parts_of_names_and_addresses(client, instance):
    person = next(one for one in instance.people if not one.active and one.last_name.isascii())
    found = {row.user.id: row.user for row in await client.quick_search(person.email1[:-3].upper())}
    assert found[str(person.id)].status is Status.INACTIVE
    assert await client.quick_search("x") == ()


async def test_search_in_two_lists_shows_who_is_inactive(demo):
    instance = demo.instance("two-json-lists")
    person = next(one for one in instance.people if not one.active)
    async with await signed_in(instance, TWO_LISTS) as client:
        [row] = await client.find_exact(person.user_name)
    assert row.user.status is Status.INACTIVE


@pytest.mark.parametrize(
    ("lacking", "text", "words"),
    [("user_name", "ann", "does not show user names"), ("email", "ann@x.test", "does not show e-mail")],
)
async def test_what_the_list_does_not_show_is_not_searched_for(instance, lacking, text, words):
    fields = {key: value for key, value in ONE_LIST["fields"].items() if key != lacking}
    async with await signed_in(instance, {**ONE_LIST, "fields": fields}) as client:
        with pytest.raises(UnexpectedPageError, match=words):
            await client.find_exact(text)


async def test_the_profile_has_the_item_and_the_list_is_not_asked_for_a_menu(client, instance):
    person = next(one for one in instance.people if one.active)
    profile = await client.fetch_profile(str(person.id), include_row_menu=True)
    assert profile.menu_item(MenuItemKind.SEND_RESET_LINK) is not None
    assert (await client.run_menu_item(profile.menu_item(MenuItemKind.SEND_RESET_LINK))).success
    assert not any("view=List" in one.query for one in instance.requests)
    instance.outbox.clear()


async def test_a_configured_request_is_offered_beside_a_list_in_json(demo):
    instance = demo.instance("no-item-json")
    ajax = {"X-Requested-With": "XMLHttpRequest"}
    token = {"__vtrftk": "{csrf}"}
    request = RequestTemplate(path=RESET_PATH, form=token, headers=ajax, offered=Offered.ALWAYS)
    dialect = dialect_with(ONE_LIST).model_copy(update={"reset_request": request})
    person = next(one for one in instance.people if one.active)
    async with CrmClient(instance.url, dialect=dialect) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        profile = await client.fetch_profile(str(person.id))
        item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
        assert item is not None
        assert (await client.run_menu_item(item)).success
    assert [mail.user_name for mail in instance.outbox] == [person.user_name]


# -- parsing ------------------------------------------------------------------------------------------------


def parse(document: object, number: int = 1, **changes: Any) -> UserPage:
    template = UserListTemplate.model_validate({**ONE_LIST, **changes})
    text = document if isinstance(document, str) else json.dumps(document)
    return parse_user_rows(text, number=number, status=Status.ACTIVE, template=template, labels=LABELS)


def row(**values: object) -> dict[str, object]:
    return {"id": 7, "login": "ann", "contact": {"email": "ann@x.test"}, **values}


def page(*rows: dict[str, object], total: object = None) -> dict[str, object]:
    return {"data": {"users": list(rows), "total": len(rows) if total is None else total}}


def only_user(document: object, **changes: Any) -> User:
    [found] = parse(document, **changes).rows
    return found.user


def test_hostile_text_is_made_safe_and_secrets_are_dropped():
    name = "\x1b[31mAnn\x07\u202e\n"
    user = only_user(json.dumps(page(row(givenName=name, passwordHash=HASH_MARK, apiKey=KEY_MARK))))
    assert user.name == safe_text(name)
    assert "\x1b" not in repr(user)
    assert HASH_MARK not in repr(user)
    bare = json.dumps(page(row(familyName="A\x1bB"))).replace("\\u001b", "\x1b")
    assert only_user(bare).name == safe_text("A\x1bB")


def test_values_of_other_kinds():
    assert only_user(page(row(id="19x7"))).id == "19x7"
    assert only_user(page(row(role=None))).role == ""
    assert only_user(page(row(role={"name": ["a"]}))).role == ""
    user = only_user(page(row(login=12345, contact={"email": True})), fields={**ONE_LIST["fields"]})
    assert (user.user_name, user.email) == ("12345", "")


@pytest.mark.parametrize("odd", ["x", None, True, "", -1, 1.5, {"a": 1}, "7; drop", KEY_MARK])
def test_an_id_that_is_no_record_id_is_refused_without_quoting_it(odd):
    with pytest.raises(UnreadableListError) as raised:
        parse(page(row(id=odd)))
    assert KEY_MARK not in str(raised.value)


@pytest.mark.parametrize("name", ["id", "user_name", "email"])
def test_a_pointer_that_leads_nowhere_in_all_rows_is_reported(name):
    with pytest.raises(UnreadableListError, match=f"where fields.{name} points"):
        parse(page(row()), fields={**ONE_LIST["fields"], name: "/nowhere"})


@pytest.mark.parametrize(
    ("value", "changes", "status"),
    [
        ("enabled", {}, Status.ACTIVE),
        (" ENABLED ", {}, Status.ACTIVE),
        ("disabled", {}, Status.INACTIVE),
        ("Inactive", {}, Status.INACTIVE),
        ("invited", {}, Status.UNKNOWN),
        (None, {}, Status.UNKNOWN),
        (True, {}, Status.UNKNOWN),
        (1, {"active": True, "inactive": False}, Status.UNKNOWN),
        (False, {"active": True, "inactive": False}, Status.INACTIVE),
        (False, {"active": False, "inactive": True}, Status.ACTIVE),
        (0, {"active": [1, 2], "inactive": 0}, Status.INACTIVE),
        (2, {"active": [1, 2], "inactive": 0}, Status.ACTIVE),
    ],
)
def test_status(value, changes, status):
    assert only_user(page(row(state=value)), **changes).status is status


@pytest.mark.parametrize(
    ("value", "changes", "admin"),
    [
        (True, {}, True),
        ("on", {}, True),
        ("Yes", {}, True),
        (0, {}, False),
        ("admin", {}, None),
        (None, {"admin": "owner"}, None),
        ("Owner", {"admin": "owner"}, True),
        ("member", {"admin": ["owner", "root"]}, False),
    ],
)
def test_admin(value, changes, admin):
    assert only_user(page(row(administrator=value)), **changes).admin is admin


def test_a_person_twice_on_a_page_counts_as_missing_somebody():
    found = parse(page(row(), row(), total=2))
    assert (len(found.rows), found.missing) == (1, 1)


def test_more_rows_than_the_total_says_are_kept():
    assert len(parse(page(row(), row(id=8), total=1)).rows) == 2


def test_php_writes_a_list_with_gaps_as_an_object():
    found = parse({"data": {"users": {"3": row(), "5": row(id=8)}, "total": 2}})
    assert [one.user.id for one in found.rows] == ["7", "8"]


def test_a_list_without_pages():
    whole = {"path": "api/users", "rows": "", "page_size": None, "total": None}
    template = {key: value for key, value in {**ONE_LIST, **whole}.items() if value is not None}
    text = json.dumps([row(id=number) for number in range(1, 700)])
    found = parse_user_rows(
        text,
        number=1,
        status=Status.ACTIVE,
        template=UserListTemplate.model_validate(template),
        labels=LABELS,
    )
    assert (len(found.rows), found.announced, found.has_next) == (699, 699, False)


@pytest.mark.parametrize("value", [True, 1, "api/users?page=2", {"href": "x"}])
def test_there_is_more(value):
    document = {**page(row()), "links": {"next": value}}
    found = parse(document, next="/links/next")
    assert (found.has_next, found.announced) == (True, 25)


@pytest.mark.parametrize("value", [False, 0, None, "", "0", "false", [], {}])
def test_there_is_nothing_more(value):
    assert not parse({**page(row()), "links": {"next": value}}, next="/links/next").has_next
    assert not parse(page(row()), next="/links/next").has_next


def test_an_empty_page_that_promises_more_for_ever_is_the_end():
    found = parse({**page(total=0), "links": {"next": True}}, next="/links/next", number=9)
    assert (found.has_next, found.announced) == (False, 0)


BOMBS = """
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.models import Status
from dazos_tui.crm.pages.user_rows import parse_user_rows
from dazos_tui.crm.request_template import Offered, RequestTemplate
from dazos_tui.crm.user_list_template import UserListTemplate
from tests.json_list import ONE_LIST
template = UserListTemplate.model_validate({**ONE_LIST, "rows": ""})
for part, end in (("{},", "{}"), ("[],", "[]"), ("{\\"a\\":[", ""), ("1,", "1"), ("\\"a\\",", "1")):
    for size in (4_900_000, 6_000_000):
        text = "[" + part * (size // len(part)) + end + "]"
        try:
            parse_user_rows(text, number=1, status=Status.ACTIVE, template=template, labels=Labels())
        except UnexpectedPageError:
            continue
        raise AssertionError(part)
"""


def test_no_answer_needs_much_memory():
    decompression_bombs.run_within(500_000_000, BOMBS)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "users", "total", "id", "login", "error"]), inner)
    ),
    max_leaves=12,
)


@given(ANY_JSON, st.integers(1, 3))
def test_any_json_is_a_page_or_a_documented_error(document, number):
    try:
        found = parse(document, number)
    except CrmError:
        return
    assert found.announced >= len(found.rows)


def test_pointers():
    document = {"a/b": {"~": [10, {"": 11}]}, "0": 1}
    assert value_at(document, "/a~1b/~0/0") == 10
    assert value_at(document, "/a~1b/~0/1/") == 11
    assert value_at(document, "/0") == 1
    assert value_at(document, "") is document
    for missing in ("/a", "/a~1b/~0/2", "/a~1b/~0/-1", "/a~1b/~0/00", "/a~1b/~0/x", "/0/0"):
        with pytest.raises(LookupError):
            value_at(document, missing)
    for wrong in ("a", "/~2", "/a\n"):
        with pytest.raises(ValueError, match=r"pointer|shown"):
            value_at(document, wrong)


# -- the config ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("https://elsewhere.test/users?page={page}", "leads outside"),
        ("//elsewhere.test/users?page={page}", "leads outside"),
        ("/api/users?page={page}", "leads outside"),
        ("../api/users?page={page}", "leads outside"),
        ("api/%2e%2e/%2E./users?page={page}", "leads outside"),
        ("api\\users?page={page}", "leads outside"),
        ("api/users?page={page}#x", "leads outside"),
        ("javascript:alert(1)", "leads outside"),
        ("api/users?page={seite}", "something else than {page}, {offset}, {page_size}"),
        ("api/users?page={page", "something else than"),
        ("api/ users", "not an address"),
        ("", "not an address"),
        ("api/users\n?page={page}", "not an address"),
        ("api/users/delete?page={page}", "only read"),
        ("index.php?module=Users&action=DeleteAjax&page={page}", "only read"),
        ("api/users?_method=DELETE&page={page}", "only read"),
        ("api/%64elete/users?page={page}", "only read"),
        ("index.php?module=Users&action=SendResetLink&record=12&page={page}", "only read"),
        ("api/users/12/reset?page={page}", "only read"),
        ("index.php?module=Users&action=SaveAjax&mode=enableLogin&page={page}", "only read"),
        ("api/users?action=%2564elete&page={page}", "in no name"),
        ("api/users?action=d%D0%B5lete&page={page}", "in no name"),
        ("api/users?next=//evil.test/&page={page}", "leads outside"),
        ("api/users?next=https:%2F%2Fevil.test&page={page}", "leads outside"),
        ("api/users?access_token=abc&page={page}", "seems to be a secret"),
        ("api/users?t=0123456789abcdef0123456789abcdef&page={page}", "seems to be a secret"),
    ],
)
def test_addresses_that_are_refused(path, words):
    with pytest.raises(ValidationError) as raised:
        UserListTemplate.model_validate({**ONE_LIST, "path": path})
    assert words in str(raised.value)
    with pytest.raises(ValidationError):
        UserListTemplate.model_validate({**TWO_LISTS, "inactive_path": path})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"page_size": None}, "page_size has to say"),
        ({"total": None}, "total or next has to say"),
        ({"rows": "data/users"}, "begins with a slash"),
        ({"fields": {"id": "/id"}}, "needs user_name or email"),
        ({"fields": {"id": "/id", "user_name": "/passwordHash"}}, "names a secret"),
        ({"fields": {**ONE_LIST["fields"], "name": "/name"}}, "keep one of the two"),
        ({"inactive": ["Enabled"]}, "has a value that active has too"),
        ({"active": [1.5]}, "not a value or a list"),
        ({"active": {"a": 1}}, "not a value or a list"),
        ({"first_page": 2}, "less than or equal to 1"),
        ({"rows_per_page": 5}, "Extra inputs"),
    ],
)
def test_tables_that_are_refused(change, words):
    table = {key: value for key, value in {**ONE_LIST, **change}.items() if value is not None}
    with pytest.raises(ValidationError) as raised:
        UserListTemplate.model_validate(table)
    assert words in str(raised.value)


def test_pages_may_be_counted_in_other_ways():
    offsets = UserListTemplate.model_validate(
        {**ONE_LIST, "path": "api/users?skip={offset}&take={page_size}"}
    )
    assert offsets.address(3, inactive=False) == "api/users?skip=50&take=25"
    from_zero = UserListTemplate.model_validate({**ONE_LIST, "first_page": 0})
    assert from_zero.address(1, inactive=False) == "api/users?page=0"
