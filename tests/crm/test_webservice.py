"""The access-key API: what is requested, how answers are read, and when reading stops."""

import hashlib
import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from dazos_tui.config.models import Environment, Instance
from dazos_tui.crm.dialect import Paths
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    SignInError,
    UnexpectedPageError,
    UnreachableError,
    WrongHostError,
)
from dazos_tui.crm.models import Status, User
from dazos_tui.crm.pages.webservice_results import parse_count, parse_handle, parse_query_page, parse_result
from dazos_tui.crm.webservice import WebServiceClient
from dazos_tui.instances.factory import create_webservice_client
from tests.crm.servers import Answerer, RawServer, ReceivedRequest, answer, serving

KEY = "hunter2AccessKey"
CHALLENGE = "5f3c0ffee"
SESSION = "5e551011-5ecret"

Rows = list[dict[str, Any]]


def repr_of(value: object) -> str:
    return repr(value)[-60:]


def person(number: int, **changes: object) -> dict[str, object]:
    """Return a row as the API returns it."""
    return {
        "id": f"19x{number}",
        "user_name": f"user{number}",
        "first_name": "Ann",
        "last_name": f"No. {number}",
        "email1": f"user{number}@example.com",
        "status": "Active",
        "is_admin": "off",
    } | changes


class Api:
    """A vtiger-like API: `pages` are the rows of each hundred, after the server dropped some."""

    def __init__(self, *pages: Rows, announced: object = ..., **replacements: bytes | None) -> None:
        self.pages = pages
        self.count = str(100 * len(pages)) if announced is ... else announced
        self.replacements = replacements
        self.queries: list[str] = []

    def __call__(self, request: ReceivedRequest) -> bytes | None:
        form = {key: value[0] for key, value in parse_qs(urlsplit(request.target).query).items()}
        form |= {key: value[0] for key, value in parse_qs(request.body).items()}
        operation = form["operation"]
        if operation in self.replacements:
            return self.replacements[operation]
        match operation:
            case "getchallenge":
                return success_response({"token": CHALLENGE, "serverTime": 1, "expireTime": 301})
            case "login":
                proof = hashlib.md5(f"{CHALLENGE}{KEY}".encode(), usedforsecurity=False).hexdigest()
                right = (request.method, form["username"], form["accessKey"]) == ("POST", "jo", proof)
                return (
                    success_response({"sessionName": SESSION})
                    if right
                    else refusal("INVALID_USER_CREDENTIALS")
                )
        assert (operation, form["sessionName"]) == ("query", SESSION)
        self.queries.append(form["query"])
        if "count(*)" in form["query"]:
            return self.replacements.get("count", success_response([{"count": self.count}]))
        offset = int(form["query"].partition("LIMIT ")[2].partition(",")[0])
        return success_response(self.pages[offset // 100] if offset // 100 < len(self.pages) else [])


def success_response(result: object) -> bytes:
    return answer(json.dumps({"success": True, "result": result}))


def refusal(code: str) -> bytes:
    error = {"code": code, "message": f"no: {SESSION} {KEY}"}
    return answer(json.dumps({"success": False, "error": error}))


@asynccontextmanager
async def signed_in(server: RawServer, key: str = KEY) -> AsyncIterator[WebServiceClient]:
    async with WebServiceClient(server.url, "jo") as service:
        await service.sign_in(SecretStr(key))
        yield service


async def read_all(api: Answerer, key: str = KEY) -> list[User]:
    async with serving(api) as server, signed_in(server, key) as service:
        return [user async for page in service.active_users() for user in page]


async def error_from(api: Answerer, key: str = KEY) -> CrmError:
    """Return the error of signing in and reading all users, after checking that it contains no secret."""
    with pytest.raises(CrmError) as caught:
        await read_all(api, key)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caught.value.advice
    assert KEY not in told
    assert SESSION not in told
    assert str(caught.value).endswith(".")
    assert caught.value.advice
    return caught.value


async def test_the_key_is_used_for_a_proof_but_never_sent() -> None:
    async with serving(Api([person(1)])) as server, signed_in(server):
        pass
    challenge, login = server.requests
    assert (challenge.method, challenge.target) == (
        "GET",
        "/crm/webservice.php?operation=getchallenge&username=jo",
    )
    assert (login.method, login.target) == ("POST", "/crm/webservice.php")
    assert KEY not in repr(server.requests)


async def test_a_person_is_read_as_the_list_shows_them() -> None:
    (found,) = await read_all(Api([person(7, is_admin="on")], announced=1))
    assert found == User("7", "user7", "Ann No. 7", "user7@example.com", "", Status.ACTIVE, admin=True)


async def test_only_named_columns_are_requested() -> None:
    api = Api([person(1)], [person(2)], announced=101)
    await read_all(api)
    named = "SELECT id,user_name,first_name,last_name,email1,status,is_admin FROM Users ORDER BY id LIMIT"
    assert api.queries == [
        "SELECT count(*) FROM Users;",
        f"{named} 0,100;",
        f"{named} 100,100;",
    ]


async def test_a_short_page_or_an_empty_one_is_not_the_end() -> None:
    pages = [[person(1)], [], [person(number) for number in range(201, 301)], [person(301)]]
    api = Api(*pages, announced="301")
    found = await read_all(api)
    assert [user.id for user in found] == ["1", *map(str, range(201, 302))]
    assert len(api.queries) == 5


def test_a_result_with_an_error_is_refused() -> None:
    both = '{"success":true,"result":[{"count":"7"}],"error":{"code":"ACCESS_DENIED"}}'
    with pytest.raises(UnexpectedPageError, match="both a result and an error"):
        parse_result(200, both)


async def test_a_full_last_page_is_the_end_if_the_count_says_so() -> None:
    api = Api([person(number) for number in range(100)], [person(100)], announced=100)
    assert len(await read_all(api)) == 100
    assert len(api.queries) == 2


async def test_no_user_is_yielded_twice() -> None:
    found = await read_all(Api([person(1), person(1), person(2)], [person(2), person(3)]))
    assert [user.id for user in found] == ["1", "2", "3"]


async def test_unrequested_secrets_are_dropped() -> None:
    secrets = {
        "user_password": "$2y$hash",
        "accesskey": KEY,
        "user_hash": "$2y$hash",
        "confirm_password": KEY,
    }
    found = repr(await read_all(Api([person(1, **secrets)], announced=1)))
    assert "user1" in found
    assert KEY not in found
    assert "$2y$" not in found


async def test_hostile_names_are_made_safe() -> None:
    row = person(1, first_name="A\x1b[31m\x07nn", last_name="O\u202eno", user_name="a\nb", email1="\ud800@b")
    (found,) = await read_all(Api([row], announced=1))
    assert (found.user_name, found.email) == ("a b", "\ufffd@b")
    assert found.name == "A\ufffd[31m\ufffdnn O\ufffdno"


@pytest.mark.parametrize(
    ("first", "last", "name"), [("", "Roe", "Roe"), (" Ann ", None, "Ann"), ("García", "Ñ", "García Ñ")]
)
async def test_incomplete_names(first: str, last: str | None, name: str) -> None:
    (found,) = await read_all(Api([person(1, first_name=first, last_name=last)], announced=1))
    assert found.name == name


@pytest.mark.parametrize(
    ("value", "admin"),
    [
        ("on", True), ("1", True), ("On", True), ("yes", True), (1, True), (True, True),
        ("off", False), ("0", False), ("no", False), (0, False), (False, False),
        ("", None), (None, None), ("perhaps", None), (["on"], None),
    ],
)  # fmt: skip
async def test_who_is_an_administrator(value: object, admin: bool | None) -> None:
    (found,) = await read_all(Api([person(1, is_admin=value)], announced=1))
    assert found.admin is admin


async def test_only_active_users_with_a_valid_id_are_read() -> None:
    ids: list[Any] = ["5", "19x", "x5", "19x5x6", "19x5;", "19x٥", "19x" + "5" * 21, "", None, 5, ["19x5"]]
    odd = [person(1, id=one) for one in ids]
    others = [person(2, status="Inactive"), person(3, status=""), person(4, status=None)]
    rows: list[Any] = [*odd, *others, "19x5", None, [], person(9), person(10, status="active")]
    assert [user.id for user in await read_all(Api(rows))] == ["9", "10"]


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("INVALID_USER_CREDENTIALS", SignInError),
        ("INVALID_AUTH_TOKEN", SignInError),
        ("ACCESSKEY_UNDEFINED", SignInError),
        ("AUTHENTICATION_REQUIRED", SignInError),
        ("ACCESS_DENIED", PermissionDeniedError),
        ("INTERNAL_SERVER_ERROR", UnexpectedPageError),
        (f"CODE {KEY}", UnexpectedPageError),
    ],
)
@pytest.mark.parametrize("operation", ["getchallenge", "login"])
async def test_each_refused_sign_in_has_its_error(code: str, family: type[CrmError], operation: str) -> None:
    error = await error_from(Api(**{operation: refusal(code)}))
    assert type(error) is family
    assert f"({code})" in str(error) or KEY in code


async def test_a_wrong_key_is_tried_once_and_leads_to_the_right_one() -> None:
    async with serving(Api([person(1)])) as server:
        service = WebServiceClient(server.url, "jo")
        with pytest.raises(SignInError, match="did not accept the access key") as caught:
            await service.sign_in(SecretStr("wrong"))
        assert len(server.requests) == 2
        assert "My Preferences → Access Key" in caught.value.advice
        with pytest.raises(SignedOutError):
            await service.count()
        await service.sign_in(SecretStr(KEY))
        assert await service.count() == 100
        await service.close()


@pytest.mark.parametrize("key", ["\udcff", "schlüssel"])
async def test_a_key_that_cannot_be_one_is_just_refused(key: str) -> None:
    assert isinstance(await error_from(Api(), key=key), SignInError)


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("INVALID_SESSIONID", SignedOutError),
        ("AUTHENTICATION_REQUIRED", SignedOutError),
        ("SESSION_LEFT_IDLE", SignedOutError),
        ("SESSION_EXPIRED", SignedOutError),
        ("ACCESS_DENIED", PermissionDeniedError),
        ("QUERY_SYNTAX_ERROR", UnexpectedPageError),
    ],
)
async def test_each_refused_query_has_its_error(code: str, family: type[CrmError]) -> None:
    error = await error_from(Api(query=refusal(code)))
    assert type(error) is family
    assert f"({code})" in str(error)


NOT_THE_API = [
    answer(status=404),
    answer(status=500),
    answer('{"success": true, "result": {"token": "a", "sessionName": "a"}}', status=500),
    answer(status=302, Location="/crm/nowhere"),
    answer("<html>Sign in</html>"),
    answer(""),
    answer("[]"),
    answer('{"success": "true", "result": {}}'),
    answer('{"success": true}'),
    answer('{"success": false}'),
    answer('{"success": false, "error": "no"}'),
    answer("[" * 100_000),
    success_response({"token": "", "sessionName": "", "count": "3"}),
    success_response({"token": f"{KEY}\n", "sessionName": "\ud800"}),
    success_response({"token": 5, "sessionName": ["a"]}),
    success_response("text"),
]


@pytest.mark.parametrize("operation", ["getchallenge", "login", "count", "query"])
@pytest.mark.parametrize("given", NOT_THE_API, ids=repr_of)
async def test_other_pages_are_reported_as_not_the_api(given: bytes, operation: str) -> None:
    def site(request: ReceivedRequest) -> bytes | None:
        return answer(status=404) if request.target == "/crm/nowhere" else api(request)

    api = Api([person(1)], **{operation: given})
    error = await error_from(site)
    assert type(error) is UnexpectedPageError
    assert "from the CRM's pages" in error.advice


@pytest.mark.parametrize(
    "count", ["", "-1", "many", "1.5", "٣", None, -1, 1.5, 100_001, 10**9, "9" * 4_000, [3]], ids=repr_of
)
async def test_an_implausible_count_is_an_error(count: object) -> None:
    api = Api([person(1)], announced=count)
    assert isinstance(await error_from(api), UnexpectedPageError)
    assert len(api.queries) == 1


async def test_a_service_that_returns_nobody_new_is_given_up() -> None:
    api = Api(*[[person(1), person(2)]] * 50, announced="100000")
    error = await error_from(api)
    assert isinstance(error, UnexpectedPageError)
    assert "returned nobody new, although it announced 100,000 people" in str(error)
    assert len(api.queries) == 1 + 4


async def test_without_a_count_two_pages_without_a_row_are_the_end() -> None:
    hidden = [person(7, status="Inactive")]
    pages: list[Rows] = [[person(1)], [], [person(2)], hidden, [], [person(3)]]
    api = Api(*pages, count=success_response([]))
    assert [user.id for user in await read_all(api)] == ["1", "2", "3"]
    assert len(api.queries) == 1 + 8


async def test_without_a_count_a_list_with_nobody_new_is_given_up() -> None:
    api = Api(*[[person(1)]] * 50, count=success_response([]))
    error = await error_from(api)
    assert isinstance(error, UnexpectedPageError)
    assert "returned nobody new, although it announced more" in str(error)
    assert len(api.queries) == 1 + 4


async def test_without_a_count_an_empty_list_is_an_error() -> None:
    error = await error_from(Api(count=success_response([])))
    assert "returned nobody at all" in str(error)


@pytest.mark.parametrize("count", [[{}], [[]], [None], {}, "", None, 0, False])
async def test_only_an_answer_without_rows_means_no_count(count: object) -> None:
    api = Api([person(1)], count=success_response(count))
    assert "did not say how many" in str(await error_from(api))


async def test_gaps_of_two_pages_are_skipped() -> None:
    pages: list[Rows] = [[], [], [person(1)], [], [], [person(2)], [], [], []]
    assert [user.id for user in await read_all(Api(*pages))] == ["1", "2"]


@pytest.mark.parametrize("count", [0, 1, 150])
async def test_an_empty_list_is_an_error(count: int) -> None:
    error = await error_from(Api([person(1, status=None)], announced=count))
    assert isinstance(error, UnexpectedPageError)
    assert "returned nobody at all" in str(error)


async def test_a_broken_connection_is_not_retried() -> None:
    async with serving(Api(login=None)) as server:
        service = WebServiceClient(server.url, "jo")
        with pytest.raises(ConnectionLostError):
            await service.sign_in(SecretStr(KEY))
        await service.close()
    assert [request.method for request in server.requests] == ["GET", "POST"]


async def test_nothing_goes_to_another_host() -> None:
    moved = answer(status=301, Location="https://elsewhere.example.com/webservice.php")
    error = await error_from(Api(getchallenge=moved))
    assert isinstance(error, WrongHostError)
    assert "https://elsewhere.example.com" in str(error)


async def test_a_service_has_its_own_session_and_ends_it() -> None:
    def site(request: ReceivedRequest) -> bytes | None:
        assert request.headers.get("cookie", "PHPSESSID=a") == "PHPSESSID=a"
        given = api(request)
        return given and given.replace(b"\r\n", b"\r\nSet-Cookie: PHPSESSID=a\r\n", 1)

    api = Api([person(1)])
    async with serving(site) as server, signed_in(server) as service:
        assert await service.count() == 100
        await service.sign_in(SecretStr(KEY))
        assert "cookie" not in server.requests[3].headers
    with pytest.raises(SignedOutError, match=f"no session with {urlsplit(server.url).netloc}"):
        await service.count()
    with pytest.raises(UnreachableError, match="was closed here"):
        await service.sign_in(SecretStr(KEY))


async def test_secrets_are_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with serving(Api([person(1)])) as server, signed_in(server) as service:
            async for _ in service.active_users():
                pass
            shown = caplog.text + repr(service) + repr(vars(service))
    for secret in (SESSION, KEY, CHALLENGE, hashlib.md5(f"{CHALLENGE}{KEY}".encode()).hexdigest()):  # noqa: S324
        assert secret not in shown


def instance(url: str, **changes: Any) -> Instance:
    return Instance(name="a", url=url, username="jo", environment=Environment.SANDBOX, **changes)


async def test_an_instance_with_a_key_has_a_service() -> None:
    async with serving(Api([person(1)])) as server:
        of = instance(server.url, access_key_env="A_KEY", paths=Paths(webservice="api/service.php?x=1"))
        service = create_webservice_client(of)
        assert service is not None
        async with service:
            await service.sign_in(SecretStr(KEY))
    assert [request.target.partition("operation")[0] for request in server.requests] == [
        "/crm/api/service.php?x=1&",
        "/crm/api/service.php?x=1",
    ]


def test_an_instance_without_a_key_has_no_service() -> None:
    url = "https://crm.example.com/"
    assert create_webservice_client(instance(url, password_env="PW")) is None
    assert create_webservice_client(instance(url, access_key_command=["echo", "key"])) is not None


ELSEWHERE = (
    "People are read from the CRM's pages instead. If this instance has no such API, remove the access key "
    "from the config."
)
CHECK_KEY = (
    "Check the key on your profile in the CRM: My Preferences → Access Key. It was tried once. People are "
    "read from the CRM's pages instead."
)


def failed(code: object) -> str:
    return json.dumps({"success": False, "error": {"code": code, "message": "no"}})


@pytest.mark.parametrize(
    ("status", "text", "error", "said", "advice"),
    [
        (404, "", UnexpectedPageError, "The CRM's access-key API answered with HTTP 404.", ELSEWHERE),
        (
            200,
            "<p>",
            UnexpectedPageError,
            "The CRM's access-key API answered with something other than its JSON.",
            ELSEWHERE,
        ),
        (
            200,
            '{"success": true, "result": 1, "error": {}}',
            UnexpectedPageError,
            "The CRM's access-key API answered with both a result and an error.",
            ELSEWHERE,
        ),
        (
            200,
            failed("A" * 60),
            UnexpectedPageError,
            f"The CRM's access-key API answered with an error ({'A' * 60}).",
            ELSEWHERE,
        ),
        *(
            (200, text, UnexpectedPageError, "The CRM's access-key API answered with an error.", ELSEWHERE)
            for text in (failed("A" * 61), failed("a"), failed(["A"]), '{"success": false, "error": "A"}')
        ),
        (
            200,
            failed("INVALID_AUTH_TOKEN"),
            SignInError,
            "The CRM did not accept the access key (INVALID_AUTH_TOKEN).",
            CHECK_KEY,
        ),
        (
            200,
            failed("SESSION_EXPIRED"),
            SignedOutError,
            "The session of the access key has ended (SESSION_EXPIRED).",
            SignedOutError.advice,
        ),
        (
            200,
            failed("ACCESS_DENIED"),
            PermissionDeniedError,
            "With this access key the CRM does not let you read people (ACCESS_DENIED).",
            PermissionDeniedError.advice,
        ),
    ],
)
def test_each_error_of_the_api_says_what_to_do(
    status: int, text: str, error: type[CrmError], said: str, advice: str
) -> None:
    with pytest.raises(error) as caught:
        parse_result(status, text)
    assert (type(caught.value), str(caught.value), caught.value.advice) == (error, said, advice)


def test_a_result_may_hold_control_characters_and_be_missing() -> None:
    assert parse_result(200, '{"success": true, "result": "a\x1b", "error": null}') == "a\x1b"
    assert parse_result(200, '{"success": true}') is None


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({}, "gave no usable token"),
        ({"token": "a b"}, "gave no usable token"),
        ({"token": "a" * 501}, "gave no usable token"),
        ({"other": "a"}, "gave no usable token"),
        ("token", "gave no usable token"),
    ],
)
def test_a_handle_is_visible_ascii(result: object, said: str) -> None:
    assert parse_handle({"token": "!~" * 250}, "token") == "!~" * 250
    with pytest.raises(UnexpectedPageError, match=f"^The CRM's access-key API {said}\\.$"):
        parse_handle(result, "token")


@pytest.mark.parametrize(
    ("result", "count"),
    [([], None), ([{"count": "100000"}], 100_000), ([{"count": 0}, {"count": 7}], 0)],
)
def test_how_many_people_there_are(result: object, count: int | None) -> None:
    assert parse_count(result) == count


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ([{"count": "100001"}], "claims to have more than 100,000 people"),
        ([{"count": "x"}], "did not say how many people there are"),
        ([{}], "did not say how many people there are"),
        (["7"], "did not say how many people there are"),
        (None, "did not say how many people there are"),
    ],
)
def test_a_count_that_is_none(result: object, said: str) -> None:
    with pytest.raises(UnexpectedPageError, match=f"^The CRM's access-key API {said}\\.$"):
        parse_count(result)


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({}, {}),
        (
            {"user_name": None, "first_name": "", "email1": None},
            {"user_name": "", "name": "No. 1", "email": ""},
        ),
        ({"last_name": "\x1b"}, {"name": "Ann \ufffd"}),
        ({"status": " ACTIVE"}, {}),
        ({"is_admin": "ON"}, {"admin": True}),
        ({"is_admin": 1}, {"admin": True}),
        ({"is_admin": "no"}, {"admin": False}),
        ({"is_admin": "maybe"}, {"admin": None}),
        ({"is_admin": None, "roleid": "H2"}, {"admin": None}),
    ],
)
def test_a_row_becomes_a_user(changes: dict[str, object], changed: dict[str, Any]) -> None:
    user = User("1", "user1", "Ann No. 1", "user1@example.com", "", Status.ACTIVE, admin=False)
    again = person(1, first_name="Later")
    rows = [person(2, status="Inactive"), person(3, id="20"), again, person(1, **changes), 7]
    assert parse_query_page(rows) == ((replace(user, **changed),), True)
    assert parse_query_page([]) == ((), False)


def test_rows_are_a_list() -> None:
    said = "^The CRM's access-key API answered a query with something other than rows\\.$"
    with pytest.raises(UnexpectedPageError, match=said):
        parse_query_page({})
