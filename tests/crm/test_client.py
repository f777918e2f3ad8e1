"""The client with a server whose answers are scripted, mainly with wrong ones."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Dialect, Labels, Paths
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CredentialRefusedError,
    CrmError,
    NotACrmError,
    PermissionDeniedError,
    SignedOutError,
    SignInError,
    UnclearAnswerError,
    UnexpectedPageError,
    UnreachableError,
    WrongHostError,
)
from dazos_tui.crm.http.exchange import Exchange
from dazos_tui.crm.http.network import NetworkSettings
from dazos_tui.crm.http.session import Timeouts
from dazos_tui.crm.models import MenuItem, MenuItemKind, Status
from dazos_tui.crm.user_list_template import UserListTemplate
from dazos_tui.system.event_log import start_log, stop_log
from tests.crm import html
from tests.crm.servers import RawServer, ReceivedRequest, answer, serving
from tests.json_list import ONE_LIST
from tests.patience import patience

PASSWORD = SecretStr("hunter2")
TARGET = "index.php?module=Users&action=SendIt&record=7"
SENT = json.dumps({"success": True, "result": {"message": "It has been sent!"}})
JSON_LIST = UserListTemplate.model_validate(ONE_LIST)
RESET = MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, TARGET, "7")


def query(request: ReceivedRequest) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.target).query))


@dataclass
class Crm:
    """A scripted CRM with default answers, each of which a test can replace."""

    door: bytes | None = answer(html.LOGIN)
    sign_in: bytes | None = answer(status=302, Location="index.php?module=Home&view=DashBoard")
    home: bytes | None = answer(html.HOME)
    list: Callable[[dict[str, str]], bytes | None] = lambda request: answer(html.users())
    profile: bytes | None = answer(html.profile())
    action: bytes | None = answer(SENT)

    def __call__(self, request: ReceivedRequest) -> bytes | None:
        params = query(request)
        if request.method == "POST":
            return self.sign_in if "password=" in request.body else self.action
        match params.get("view"):
            case "DashBoard":
                return self.home
            case "List":
                return self.list(params)
            case "Detail":
                return self.profile
        return self.door


async def sign_in(server: RawServer, **options: Dialect | Timeouts) -> CrmClient:
    client = CrmClient(server.url, **options)  # type: ignore[arg-type]
    try:
        await client.sign_in("admin", PASSWORD)
    except CrmError:
        await client.close()
        raise
    return client


async def test_signing_in_posts_the_forms_hidden_fields_once() -> None:
    async with serving(Crm()) as server, await sign_in(server):
        posts = [request for request in server.requests if request.method == "POST"]
    assert [parse_qs(request.body) for request in posts] == [
        {
            "__vtrftk": [html.TOKEN],
            "module": ["Users"],
            "action": ["Login"],
            "username": ["admin"],
            "password": ["hunter2"],
        }
    ]


async def test_nothing_of_a_client_shows_a_secret() -> None:
    async with serving(Crm()) as server, await sign_in(server) as client:
        assert repr(client) == f"CrmClient('{server.url.split('/')[2]}')"
        assert "hunter2" not in repr(vars(client))
        assert html.TOKEN not in repr(vars(client))


@pytest.mark.parametrize(
    ("crm", "error", "words"),
    [
        (Crm(door=answer("<h1>Welcome to nginx</h1>")), NotACrmError, "login page"),
        (Crm(door=answer("<h1>Not found</h1>", 404)), NotACrmError, "login page"),
        (Crm(door=answer(html.HOME)), NotACrmError, "login page"),
        (Crm(door=answer("", 403)), UnexpectedPageError, "403"),
        (Crm(door=answer(html.LOGIN, 503)), UnexpectedPageError, "503"),
        (Crm(door=None), ConnectionLostError, "broke"),
        (
            Crm(door=answer(status=301, Location="https://crm.real.test/?a=hunter2")),
            WrongHostError,
            "crm.real.test",
        ),
        (
            Crm(door=answer(html.LOGIN.replace('"index.php"', '"https://evil.test/"'))),
            WrongHostError,
            "evil.test",
        ),
        (
            Crm(sign_in=answer(status=302, Location="index.php?view=Login&error=login")),
            CredentialRefusedError,
            "did not",
        ),
        (Crm(sign_in=answer(html.LOGIN)), CredentialRefusedError, "did not"),
        (Crm(sign_in=answer(status=302, Location="index.php")), CredentialRefusedError, "did not"),
        (Crm(sign_in=answer("", 500)), UnexpectedPageError, "500"),
        (
            Crm(sign_in=answer("Invalid request")),
            SignInError,
            "“Invalid request”.* cookie is not sent back",
        ),
        (Crm(sign_in=None), ConnectionLostError, "broke"),
        (Crm(sign_in=answer(status=302, Location="https://evil.test/")), WrongHostError, "evil.test"),
        (Crm(sign_in=answer(status=307, Location="index.php?x")), UnexpectedPageError, "307"),
        (
            Crm(home=answer("", 500)),
            UnexpectedPageError,
            r"not refuse the sign-in, .* page after it .*HTTP 500",
        ),
        (
            Crm(home=answer("", 403)),
            UnexpectedPageError,
            r"not refuse the sign-in, .* page after it .*HTTP 403",
        ),
        (Crm(home=answer("<p>Hello</p>")), SignInError, "“Hello”, then shows its login page again"),
        (
            Crm(home=answer("<form method=post><input name=otp placeholder='One-time code'></form>")),
            SignInError,
            "One-time code",
        ),
    ],
)
async def test_signing_in_fails_clearly_and_is_not_repeated(
    crm: Crm, error: type[CrmError], words: str
) -> None:
    async with serving(crm) as server:
        with pytest.raises(error, match=words) as caught:
            await sign_in(server)
    assert type(caught.value) is error
    assert "hunter2" not in str(caught.value) + caught.value.advice
    assert sum(request.method == "POST" for request in server.requests) <= 1


async def test_a_refusal_keeps_the_crms_words() -> None:
    said = html.LOGIN.replace("</form>", '</form><span class="failureMessage">Locked for an hour</span>')
    crm = Crm(sign_in=answer(status=302, Location="index.php?error=login"), door=answer(said))
    async with serving(crm) as server:
        with pytest.raises(SignInError, match="Locked for an hour"):
            await sign_in(server)


async def test_a_refusal_counts_even_if_its_page_is_lost() -> None:
    crm = Crm(sign_in=answer(status=302, Location="index.php?view=DashBoard&error=login"), home=None)
    async with serving(crm) as server:
        with pytest.raises(SignInError):
            await sign_in(server)


async def test_a_refusal_counts_whatever_page_it_leads_to() -> None:
    crm = Crm(sign_in=answer(status=302, Location="index.php?view=DashBoard&error=login"))
    async with serving(crm) as server:
        with pytest.raises(SignInError):
            await sign_in(server)


async def test_signing_in_again_starts_a_new_session() -> None:
    crm = Crm(door=answer(html.LOGIN, Set_Cookie="PHPSESSID=first; path=/"))
    async with serving(crm) as server, await sign_in(server) as client:
        await client.request_user_page(Status.ACTIVE, 1)
        assert server.requests[-1].headers["cookie"] == "PHPSESSID=first"
        crm.sign_in = answer(html.LOGIN)
        with pytest.raises(SignInError):
            await client.sign_in("admin", PASSWORD)
        assert "cookie" not in server.requests[-2].headers
        with pytest.raises(SignedOutError):
            await client.run_menu_item(RESET)


async def test_without_a_session_nothing_is_requested() -> None:
    async with serving(Crm()) as server, CrmClient(server.url) as client:
        for call in (client.fetch_profile("7"), client.find_exact("ann"), client.run_menu_item(RESET)):
            with pytest.raises(SignedOutError):
                await call
    assert server.requests == []


async def test_the_list_is_read_page_by_page_in_a_unique_order() -> None:
    def pages(asked: dict[str, str]) -> bytes:
        number = int(asked["page"])
        return answer(html.users(html.row(str(number)), announced=3 if number == 2 else 1, more=number < 3))

    async with serving(Crm(list=pages)) as server, await sign_in(server) as client:
        found = [(await client.request_user_page(Status.INACTIVE, number))() for number in (1, 2, 3)]
    assert [(page.number, page.rows[0].user.id, page.missing) for page in found] == [
        (1, "1", 0),
        (2, "2", 2),
        (3, "3", 0),
    ]
    request = server.requests[-1]
    assert query(request) == {
        "module": "Users",
        "parent": "Settings",
        "view": "List",
        "orderby": "user_name",
        "sortorder": "ASC",
        "search_key": "status",
        "search_value": "Inactive",
        "operator": "e",
        "page": "3",
    }
    assert (request.headers["x-pjax"], request.headers["x-requested-with"]) == ("true", "XMLHttpRequest")


async def test_all_sessions_of_a_client_have_its_network_settings() -> None:
    seen = list[Exchange]()
    async with serving(Crm()) as server:
        async with CrmClient(server.url, network=NetworkSettings(on_exchange=seen.append)) as client:
            await client.sign_in("admin", PASSWORD)
            person = (await client.fetch_profile("7")).user
            with pytest.raises(UnclearAnswerError):
                await client.submit_forgot_password_form(person)
        assert len(seen) == len(server.requests)


async def test_a_page_after_the_sign_in_confirms_the_session_too() -> None:
    async with serving(Crm(sign_in=answer(html.HOME))) as server, await sign_in(server) as client:
        asked = len(server.requests)
        await client.confirm_session()
        assert len(server.requests) == asked


async def test_pages_of_a_confirmed_session_are_requested_at_once() -> None:
    both, crm = asyncio.Event(), Crm()

    async def once_both_have_arrived(request: ReceivedRequest) -> bytes | None:
        if sum("view=Detail" in one.target for one in server.requests) == 2:
            both.set()
        if "view=Detail" in request.target:
            await both.wait()
        return crm(request)

    async with serving(once_both_have_arrived) as server, await sign_in(server) as client:
        await client.confirm_session()
        async with asyncio.timeout(patience(5)):
            await asyncio.gather(client.fetch_profile("7"), client.fetch_profile("7"))


@pytest.mark.parametrize("dialect", [Dialect(), Dialect(user_list=JSON_LIST)])
async def test_the_caller_learns_when_the_request_for_a_page_has_left(dialect: Dialect) -> None:
    left = list[str]()
    async with serving(Crm()) as server, await sign_in(server, dialect=dialect) as client:
        await client.confirm_session()
        assert left == []
        await client.request_user_page(Status.ACTIVE, 1, lambda: left.append("the request"))
    assert left == ["the request"]


@pytest.mark.parametrize(("announced", "asked"), [(1, 2), (20, 4)])
async def test_a_search_that_repeats_itself_ends(announced: int, asked: int) -> None:
    page = answer(html.users(html.row("1"), announced=announced, more=True))
    async with serving(Crm(list=lambda _: page)) as server, await sign_in(server) as client:
        with pytest.raises(UnexpectedPageError, match="nobody new"):
            await client.fetch_profile("7")
    assert sum("view=List" in one.target for one in server.requests) == asked


async def test_a_page_cut_before_its_first_row_does_not_end_a_search() -> None:
    def pages(asked: dict[str, str]) -> bytes:
        if asked["page"] == "1":
            return answer(html.users(announced=20, more=True))
        return answer(html.users(html.row("7", menu=html.item("Enable Login", ""))))

    async with serving(Crm(list=pages)) as server, await sign_in(server) as client:
        assert [item.label for item in (await client.fetch_profile("7")).menu] == ["Enable Login"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer(status=302, Location="index.php"), SignedOutError),
        (answer(html.DENIED), PermissionDeniedError),
        (answer("Invalid request"), SignedOutError),
        (answer("", 500), UnexpectedPageError),
        (answer("", 401), UnexpectedPageError),
        (answer(), UnexpectedPageError),
        (None, ConnectionLostError),
        (answer(status=302, Location="//evil.test/"), WrongHostError),
        (answer(status=302, Location="http://a:b:c/"), UnexpectedPageError),
    ],
)
async def test_each_failure_of_a_page_has_its_error(given: bytes | None, error: type[CrmError]) -> None:
    crm = Crm(list=lambda _: given, profile=given)
    async with serving(crm) as server, await sign_in(server) as client:
        with pytest.raises(error):
            (await client.request_user_page(Status.ACTIVE, 1))()
        with pytest.raises(error):
            await client.fetch_profile("7")


async def test_a_search_asks_both_lists_and_keeps_only_exact_matches() -> None:
    rows = {
        "Active": (
            html.row("7", email="Ann@X.test"),
            html.row("8", email="joann@x.test", values=("", "jo", "", "No")),
        ),
        "Inactive": (html.row("9", email="", values=("", "ANN@x.test", "", "No")),),
    }
    crm = Crm(list=lambda request: answer(html.users(*rows[request.get("search_value", "Active")])))
    async with serving(crm) as server, await sign_in(server) as client:
        found = await client.find_exact(" ann@x.test ")
        assert await client.find_exact(" ") == ()
    assert [(row.user.id, row.user.status) for row in found] == [("7", Status.ACTIVE), ("9", Status.INACTIVE)]
    assert json.loads(query(server.requests[-1])["search_params"]) == [
        [],
        [["user_name", "e", "ann@x.test"], ["email1", "e", "ann@x.test"]],
    ]


async def test_two_characters_are_enough_for_a_search() -> None:
    crm = Crm(list=lambda _: answer(html.users(html.row("7"))))
    async with serving(crm) as server, await sign_in(server) as client:
        assert [row.user.id for row in await client.quick_search(" an ")] == ["7"]
        asked = len(server.requests)
        assert await client.quick_search(" a ") == ()
        assert len(server.requests) == asked


async def test_a_search_result_that_was_cut_short_is_an_error() -> None:
    crm = Crm(list=lambda _: answer(html.users(html.row("7"), announced=2)))
    async with serving(crm) as server, await sign_in(server) as client:
        with pytest.raises(UnexpectedPageError, match="cut short"):
            await client.find_exact("ann")


FEW_COLUMNS = ("first_name", "roleid")


async def test_a_row_without_its_user_name_is_completed_from_the_profile() -> None:
    found_row = html.row("7", email="", values=("Sales",))
    crm = Crm(
        list=lambda request: answer(
            html.users(*([] if "search_key" in request else [found_row]), columns=FEW_COLUMNS)
        )
    )
    async with serving(crm) as server, await sign_in(server) as client:
        for text in ("ANN", "Ann@x.test"):
            (row,) = await client.find_exact(text)
            assert (row.user.id, row.user.user_name, row.user.email) == ("7", "ann", "ann@x.test")
            assert (row.user.name, row.user.role) == ("Ann Example", "Sales")
        assert await client.find_exact("somebody.else") == ()
        crm.profile = answer("<p>The record you are trying to view has been deleted.</p>")
        assert await client.find_exact("ann") == ()
        crm.profile = answer("", 500)
        with pytest.raises(UnexpectedPageError):
            await client.find_exact("ann")


async def test_a_row_with_both_identifiers_needs_no_profile() -> None:
    rows = [html.row("7"), html.row("8", email="jo@x.test", values=("", "jo", "", "No"))]
    crm = Crm(list=lambda _: answer(html.users(*rows)))
    async with serving(crm) as server, await sign_in(server) as client:
        assert {row.user.id for row in await client.find_exact("ann")} == {"7"}
    assert not any("view=Detail" in request.target for request in server.requests)


async def test_a_search_with_too_many_incomplete_rows_is_given_up() -> None:
    rows = [html.row(str(number), email="", values=("Sales",)) for number in range(1, 21)]
    crm = Crm(list=lambda _: answer(html.users(*rows, columns=FEW_COLUMNS)))
    async with serving(crm) as server, await sign_in(server) as client:
        with pytest.raises(UnexpectedPageError, match="20 rows"):
            await client.find_exact("ann")
    assert not any("view=Detail" in request.target for request in server.requests)


async def test_the_log_has_no_names_from_a_redirect(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    moved = answer(status=302, Location="AnnExample.php?module=Users&view=AnnExample")
    async with serving(Crm(list=lambda _: moved)) as server, await sign_in(server) as client:
        start_log(file)
        try:
            with pytest.raises(CrmError):
                await client.find_exact("ann")
        finally:
            stop_log()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["script"], line["view"]) for line in lines if "script" in line] == [
        ("index.php", "List"),
        ("other", "other"),
    ]
    assert "AnnExample" not in file.read_text()


async def test_a_stopped_server_is_unreachable() -> None:
    async with serving(Crm(home=answer(html.HOME, Connection="close"))) as server:
        client = await sign_in(server)
    with pytest.raises(UnreachableError):
        await client.run_menu_item(RESET)
    await client.close()


async def test_signing_out_ends_the_session_once_and_never_raises() -> None:
    async with serving(Crm()) as server, await sign_in(server) as client:
        await client.sign_out()
        await client.sign_out()
        assert [query(request).get("action") for request in server.requests][-1] == "Logout"
        assert sum("Logout" in request.target for request in server.requests) == 1
        with pytest.raises(SignedOutError):
            await client.run_menu_item(RESET)
    client = CrmClient(server.url)
    await client.sign_out()
    await client.close()


async def test_a_browsers_session_sends_with_the_token_of_its_first_page() -> None:
    crm = Crm(door=answer(html.HOME))
    async with serving(crm) as server, CrmClient(server.url) as client:
        await client.resume_session(SecretStr("PHPSESSID=abc"))
        assert (await client.run_menu_item(RESET)).message == "It has been sent!"
        first, post = server.requests
        assert (first.method, first.headers["cookie"]) == ("GET", "PHPSESSID=abc")
        assert parse_qs(post.body)["__vtrftk"] == [html.TOKEN]
        crm.door = answer(html.LOGIN)
        with pytest.raises(CredentialRefusedError, match=r"did not accept this session cookie\.$") as refused:
            await client.resume_session(SecretStr("PHPSESSID=abc"))
        assert refused.value.advice == (
            "Sign in with the browser and copy the cookie again: a cookie ends with its session."
        )
        with pytest.raises(SignedOutError):
            await client.fetch_profile("7")


async def test_a_session_is_confirmed_by_a_search_for_its_own_account() -> None:
    session = {"Location": "index.php?module=Home&view=DashBoard", "Set-Cookie": "PHPSESSID=a"}
    crm = Crm(sign_in=answer(status=302, **session))
    async with serving(crm) as server, await sign_in(server) as client:
        await client.confirm_session()
        probe = server.requests[-1]
        assert query(probe) == {
            "module": "Users", "parent": "Settings", "view": "List",
            "orderby": "user_name", "sortorder": "ASC",
            "search_params": '[[["user_name", "e", "admin"]]]', "page": "1",
        }  # fmt: skip
        assert (probe.headers["x-pjax"], probe.headers["x-requested-with"]) == ("true", "XMLHttpRequest")
        crm.sign_in = answer(status=302, **{**session, "Set-Cookie": "PHPSESSID=b"})
        await client.sign_in("admin", PASSWORD)
        crm.list = lambda request: answer(html.LOGIN)
        with pytest.raises(SignedOutError, match=r"^The session has ended: the CRM shows its login page\.$"):
            await client.confirm_session()


async def test_without_a_session_no_request_is_made() -> None:
    async with serving(Crm()) as server, CrmClient(server.url) as client:
        host = server.url.split("/")[2]
        with pytest.raises(SignedOutError, match=rf"^There is no session with {host}\.$"):
            await client.fetch_profile("7")
        assert server.requests == []


async def test_signing_out_waits_two_seconds_at_most() -> None:
    asked, never = asyncio.Event(), asyncio.Event()
    crm = Crm()

    async def hanging(request: ReceivedRequest) -> bytes | None:
        if "Logout" in request.target:
            asked.set()
            await never.wait()
        return crm(request)

    async with serving(hanging) as server, await sign_in(server) as client:
        started = monotonic()
        signing_out = asyncio.create_task(client.sign_out())
        await asked.wait()
        with pytest.raises(SignedOutError):
            await client.fetch_profile("7")
        await signing_out
        assert 1.5 < monotonic() - started < patience(3.5)


@pytest.mark.parametrize(
    "given", [answer("", 503, Retry_After="1"), answer(status=302, Location="index.php?module=Users")]
)
async def test_signing_out_is_a_single_request(given: bytes) -> None:
    crm = Crm()
    async with serving(crm) as server, await sign_in(server) as client:
        crm.door = given
        asked = len(server.requests)
        await client.sign_out()
        assert len(server.requests) == asked + 1


async def test_signing_out_of_a_broken_server() -> None:
    crm = Crm()
    async with serving(crm) as server, await sign_in(server) as client:
        crm.door = None
        await client.sign_out()
        assert sum("Logout" in request.target for request in server.requests) == 1


async def test_an_instance_can_have_its_own_labels_and_paths() -> None:
    dialect = Dialect(
        labels=Labels(send_reset_link="Enviar enlace", active="Activo"),
        paths=Paths(profile="index.php?module=People&view=Detail&tab=1"),
    )
    page = html.profile(status="Activo", menu=html.more("enviar enlace", TARGET))
    async with serving(Crm(profile=answer(page))) as server, await sign_in(server, dialect=dialect) as client:
        profile = await client.fetch_profile("7")
        assert profile.menu_item(MenuItemKind.SEND_RESET_LINK) is not None
    request = next(request for request in server.requests if "view=Detail" in request.target)
    assert query(request) == {"module": "People", "view": "Detail", "tab": "1", "record": "7"}
