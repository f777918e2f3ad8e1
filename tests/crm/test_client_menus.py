"""The menus of a person: which of them the client reads, and what it runs of them."""

import json
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.dialect import Dialect, Labels
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    ForbiddenItemError,
    PermissionDeniedError,
    SignedOutError,
    UnclearAnswerError,
    UnexpectedPageError,
    UnreachableError,
    UserNotFoundError,
    WrongHostError,
)
from dazos_tui.crm.models import ActionResult, MenuItem, MenuItemKind, Status
from dazos_tui.crm.request_template import MENU_ITEM_REQUEST, Offered, RequestTemplate, SuccessRule
from tests.crm import html
from tests.crm.preparations import failing_preparation
from tests.crm.servers import answer, serving
from tests.crm.test_client import PASSWORD, RESET, SENT, TARGET, Crm, query, sign_in


async def test_a_profile_has_the_items_of_both_menus() -> None:
    beside = html.item("send reset LINK", f"go('{TARGET}&from=row')") + html.item(
        "Enable Login", "go('index.php?module=Users&action=Enable&record=7')"
    )
    crm = Crm(
        profile=answer(html.profile(menu=html.more("Send Reset Link", TARGET))),
        list=lambda _: answer(
            html.users(html.row("77", menu=html.item("Other", "")), html.row("7", menu=beside))
        ),
    )
    async with serving(crm) as server, await sign_in(server) as client:
        profile = await client.fetch_profile("7", include_row_menu=True)
    assert [(item.label, item.href) for item in profile.menu] == [
        ("Send Reset Link", TARGET),
        ("Enable Login", "index.php?module=Users&action=Enable&record=7"),
    ]
    assert [item.problem for item in profile.menu] == ["", ""]
    assert profile.is_locked
    assert "x-pjax" not in server.requests[-2].headers
    assert json.loads(query(server.requests[-1])["search_params"]) == [[["user_name", "e", "ann"]]]


async def test_an_item_without_a_url_is_replaced_by_the_row_menus() -> None:
    crm = Crm(
        profile=answer(html.profile(menu=html.more("Send Reset Link", ""))),
        list=lambda _: answer(
            html.users(html.row("7", menu=html.item("Send Reset Link", f"go('{TARGET}')")))
        ),
    )
    async with serving(crm) as server, await sign_in(server) as client:
        assert [item.href for item in (await client.fetch_profile("7")).menu] == [TARGET]


ENABLE = "index.php?module=Users&action=Enable&record=7"


async def test_the_list_is_requested_only_for_a_menu_that_is_needed() -> None:
    """Needed for somebody whose row showed a locked login, until an action may have changed that."""
    enable = html.item("Enable Login", f"go('{ENABLE}')")
    crm = Crm(
        profile=answer(html.profile(menu=html.more("Send Reset Link", TARGET))),
        list=lambda _: answer(html.users(html.row("7", menu=enable), html.row("8"))),
    )

    def lists() -> int:
        return sum("view=List" in one.target for one in server.requests)

    async with serving(crm) as server, await sign_in(server) as client:
        assert not (await client.fetch_profile("7")).is_locked
        assert lists() == 0
        (await client.request_user_page(Status.ACTIVE, 1))()
        assert (await client.fetch_profile("7")).is_locked
        assert lists() == 2
        crm.list = lambda _: answer(html.users(html.row("7"), html.row("8")))
        (await client.request_user_page(Status.ACTIVE, 1))()
        assert not (await client.fetch_profile("7")).is_locked
        assert lists() == 3


async def test_a_row_menu_is_searched_for_by_the_user_name_as_the_crm_has_it() -> None:
    crm = Crm(profile=answer(html.profile(user_name="ann\N{NO-BREAK SPACE}lee")))
    async with serving(crm) as server, await sign_in(server) as client:
        assert (await client.fetch_profile("7", include_row_menu=True)).user.user_name == "ann lee"
        (search,) = [query(one)["search_params"] for one in server.requests if "search_params" in one.target]
    assert json.loads(search) == [[["user_name", "e", "ann\N{NO-BREAK SPACE}lee"]]]


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Enable Login", "Enable login"),
        ("Enable Login", "ENABLE LOGIN"),
        ("Enable Login", "Enable&nbsp;Login"),
        ("Enable Login", "Enable\n   Login"),
        ("Enable Login", "<b>Enable</b> Login"),
        ("Débloquer l'accès", "D&eacute;bloquer l&#039;acc&egrave;s"),
        ("Débloquer l'accès", "DÉBLOQUER L'ACCE\N{COMBINING GRAVE ACCENT}S"),
        ("Разблокировать вход", "разблокировать&nbsp;вход"),
    ],
)
async def test_a_locked_login_is_seen_in_the_list_however_its_label_is_written(
    label: str, shown: str
) -> None:
    enable = html.item(shown, f"go('{ENABLE}')")
    crm = Crm(
        profile=answer(html.profile(menu=html.more("Send Reset Link", TARGET))),
        list=lambda _: answer(html.users(html.row("7", menu=enable))),
    )
    dialect = Dialect(labels=Labels(enable_login=label))
    async with serving(crm) as server, await sign_in(server, dialect=dialect) as client:
        (await client.request_user_page(Status.ACTIVE, 1))()
        assert (await client.fetch_profile("7")).is_locked


async def test_the_menu_that_a_search_has_read_is_used_until_an_item_is_run() -> None:
    enable = html.item("Enable Login", f"go('{ENABLE}')")
    crm = Crm(
        profile=answer(html.profile(menu=html.more("Send Reset Link", TARGET))),
        list=lambda _: answer(html.users(html.row("7", menu=enable))),
    )
    async with serving(crm) as server, await sign_in(server) as client:
        await client.find_exact("ann")
        asked = len(server.requests)
        profile = await client.fetch_profile("7")
        assert (profile.is_locked, profile.has_row_menu) == (True, True)
        assert len(server.requests) == asked + 1
        await client.run_menu_item(RESET)
        assert not (await client.fetch_profile("7")).has_row_menu


async def test_an_item_with_a_configured_request_needs_no_address_and_so_no_list() -> None:
    request = RequestTemplate(path="index.php?action=SendIt&record={id}")
    crm = Crm(profile=answer(html.profile(menu=html.more("Send Reset Link", ""))))
    dialect = Dialect(reset_request=request)
    async with serving(crm) as server, await sign_in(server, dialect=dialect) as client:
        profile = await client.fetch_profile("7")
        assert "view=Detail" in server.requests[-1].target
    assert [(item.problem, item.request is not None) for item in profile.menu] == [("", True)]


@pytest.mark.parametrize("given", [answer("", 500), answer(html.users(html.row("7")))])
async def test_an_item_that_the_config_offers_always_comes_after_those_of_both_menus(given: bytes) -> None:
    request = RequestTemplate(path="index.php?action=SendIt&record={id}", offered=Offered.ALWAYS)
    crm = Crm(list=lambda _: given)
    async with (
        serving(crm) as server,
        await sign_in(server, dialect=Dialect(reset_request=request)) as client,
    ):
        profile = await client.fetch_profile("7")
        assert "view=List" in server.requests[-1].target
    assert [(item.kind, item.is_shown) for item in profile.menu] == [(MenuItemKind.SEND_RESET_LINK, False)]
    assert profile.has_row_menu


async def test_an_inactive_profile_does_not_request_the_list() -> None:
    inactive = answer(html.profile(status="Inactive"))
    async with serving(Crm(profile=inactive)) as server, await sign_in(server) as client:
        assert (await client.fetch_profile("7")).menu == ()
    assert "view=Detail" in server.requests[-1].target


@pytest.mark.parametrize("menu", ["", html.more("Send Reset Link", TARGET)])
async def test_a_row_missing_from_a_truncated_page_matters_only_if_needed(menu: str) -> None:
    crm = Crm(profile=answer(html.profile(menu=menu)), list=lambda _: answer(html.users(announced=1)))
    async with serving(crm) as server, await sign_in(server) as client:
        if menu:
            assert (await client.fetch_profile("7", include_row_menu=True)).menu_item(
                MenuItemKind.SEND_RESET_LINK
            )
        else:
            with pytest.raises(UnexpectedPageError, match="cut short"):
                await client.fetch_profile("7")


@pytest.mark.parametrize("given", [answer("", 500), answer("<p>Oops</p>"), answer("", 401)])
async def test_a_failed_list_matters_only_if_needed(given: bytes) -> None:
    crm = Crm(profile=answer(html.profile(menu=html.more("Send Reset Link", TARGET))), list=lambda _: given)
    async with serving(crm) as server, await sign_in(server) as client:
        item = (await client.fetch_profile("7", include_row_menu=True)).menu_item(
            MenuItemKind.SEND_RESET_LINK
        )
        assert item is not None
        assert item.href == TARGET
        for menu in ("", html.more("Send Reset Link", ""), html.more("Delete", TARGET)):
            crm.profile = answer(html.profile(menu=menu))
            with pytest.raises(UnexpectedPageError):
                await client.fetch_profile("7")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer(html.LOGIN), SignedOutError),
        (answer(html.DENIED), PermissionDeniedError),
        (None, ConnectionLostError),
    ],
)
async def test_errors_of_the_session_or_permission_are_raised_from_the_row_too(
    given: bytes | None, error: type[CrmError]
) -> None:
    crm = Crm(profile=answer(html.profile(menu=html.more("Send Reset Link", TARGET))), list=lambda _: given)
    async with serving(crm) as server, await sign_in(server) as client:
        with pytest.raises(error):
            await client.fetch_profile("7", include_row_menu=True)


@pytest.mark.parametrize(
    ("odd", "shown"),
    [("", ""), ("ann", "ann"), ("7&record=8", "7&record=8"), ("../7", "../7"), (41 * "x", 39 * "x" + "…")],
)
async def test_an_invalid_record_id_finds_nobody(odd: str, shown: str) -> None:
    async with serving(Crm()) as server, await sign_in(server) as client:
        before = len(server.requests)
        with pytest.raises(UserNotFoundError, match=f"^“{shown}” is not a record id\\.$"):
            await client.fetch_profile(odd)
        assert len(server.requests) == before


async def test_running_an_item_posts_the_newest_token_once() -> None:
    newer = html.profile().replace(html.TOKEN, "sid:newer,1")
    async with serving(Crm(profile=answer(newer))) as server, await sign_in(server) as client:
        await client.fetch_profile("7")
        assert await client.run_menu_item(RESET) == ActionResult(success=True, message="It has been sent!")
    request = server.requests[-1]
    assert (request.method, request.target) == ("POST", f"/crm/{TARGET}")
    assert parse_qs(request.body) == {"__vtrftk": ["sid:newer,1"]}
    assert request.headers["x-requested-with"] == "XMLHttpRequest"
    assert "referer" not in request.headers


@pytest.mark.parametrize(
    "item",
    [
        MenuItem("Delete", MenuItemKind.OTHER, TARGET, "7"),
        MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, "", "7"),
        MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, TARGET, "8"),
        MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, f"{TARGET}&record=8", "7"),
        MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, "index.php?module=Users", "7"),
        MenuItem("Enable Login", MenuItemKind.ENABLE_LOGIN, f"https://evil.test/{TARGET}", "7"),
        MenuItem("Enable Login", MenuItemKind.ENABLE_LOGIN, f"//evil.test/{TARGET}", "7"),
        MenuItem("Enable Login", MenuItemKind.ENABLE_LOGIN, f"http://[/{TARGET}", "7"),
        MenuItem("Enable Login", MenuItemKind.ENABLE_LOGIN, TARGET, "7", problem="It is not to be run."),
        MenuItem(
            "Send Reset Link", MenuItemKind.SEND_RESET_LINK, TARGET.replace("SendIt", "DeleteAjax"), "7"
        ),
        MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, f"../{TARGET}", "7"),
    ],
)
async def test_no_other_item_can_be_run(item: MenuItem) -> None:
    async with serving(Crm()) as server, await sign_in(server) as client:
        before = len(server.requests)
        with pytest.raises(ForbiddenItemError):
            await client.run_menu_item(item)
        assert len(server.requests) == before


async def test_a_configured_request_stays_in_the_instances_folder_and_has_its_own_sign_of_success() -> None:
    request = replace(MENU_ITEM_REQUEST, success=SuccessRule(pointer="/status", equals="queued"))
    crm = Crm(action=answer('{"status": "queued", "message": "On its way"}'))
    async with serving(crm) as server, await sign_in(server) as client:
        inside = replace(RESET, request=replace(request, path="api/reset/7"))
        assert (await client.run_menu_item(inside)).success
        assert server.requests[-1].target == "/crm/api/reset/7"
        asked = len(server.requests)
        outside = replace(RESET, request=replace(request, path="/other/reset/7"))
        with pytest.raises(WrongHostError):
            await client.run_menu_item(outside)
        assert len(server.requests) == asked


async def test_no_link_is_requested_before_the_caller_is_ready() -> None:
    async with serving(Crm()) as server, await sign_in(server) as client:
        person = (await client.fetch_profile("7")).user
        with pytest.raises(LookupError):
            await client.run_menu_item(RESET, failing_preparation())
        with pytest.raises(LookupError):
            await client.submit_forgot_password_form(person, failing_preparation())
        assert sum(one.method == "POST" for one in server.requests) == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer('{"success":false,"error":{"code":"Permission denied"}}'), PermissionDeniedError),
        (
            answer('{"success":false,"error":{"code":"Login is required"}}', 302, Location="index.php"),
            SignedOutError,
        ),
        (answer("Invalid request"), SignedOutError),
        (answer(status=302, Location="index.php"), UnclearAnswerError),
        (answer(SENT, 302, Location="https://evil.test/"), UnclearAnswerError),
        (answer(status=301, Location="https://evil.test/"), UnclearAnswerError),
        (answer(status=302, Location="http://a:b:c/"), UnclearAnswerError),
        (answer(status=302, Location="javascript:x"), UnclearAnswerError),
        (answer(html.LOGIN), UnclearAnswerError),
        (answer("", 500), UnclearAnswerError),
        (answer(SENT[:-1]), UnclearAnswerError),
        (answer(SENT, Content_Encoding="br"), UnclearAnswerError),
        (answer(SENT)[:-5], ConnectionLostError),
        (None, ConnectionLostError),
    ],
)
async def test_the_error_of_a_failed_run_says_whether_it_may_have_run(
    given: bytes | None, error: type[CrmError]
) -> None:
    async with serving(Crm(action=given)) as server, await sign_in(server) as client:
        before = len(server.requests)
        with pytest.raises(error) as caught:
            await client.run_menu_item(RESET)
        assert len(server.requests) == before + 1
    assert type(caught.value) is error
    said = str(caught.value)
    assert said == said.strip()
    assert "None" not in said


async def test_a_row_menu_is_requested_once() -> None:
    page = html.profile(menu="")
    async with serving(Crm(profile=answer(page))) as server, await sign_in(server) as client:
        profile = await client.fetch_profile("7", include_row_menu=True)
        asked = len(server.requests)
        assert profile.has_row_menu
        assert await client.with_row_menu(profile) == profile
        assert len(server.requests) == asked


async def test_without_a_token_nothing_is_sent_and_what_is_missing_is_said() -> None:
    bare = html.profile().replace(html.TOKEN, "")
    crm = Crm(
        door=answer(html.LOGIN.replace(html.TOKEN, "")), home=answer("<p>home</p>"), profile=answer(bare)
    )
    async with serving(crm) as server, CrmClient(server.url) as client:
        crm.sign_in = answer(status=302, Location="index.php?view=DashBoard", **{"Set-Cookie": "PHPSESSID=a"})
        await client.sign_in("admin", PASSWORD)
        with pytest.raises(UnexpectedPageError) as caught:
            await client.run_menu_item(RESET)
        assert (
            str(caught.value) == "The profile page has no csrfMagicToken, and nothing can be sent without it."
        )
        crm.profile = None
        with pytest.raises(UnreachableError) as unreachable:
            await client.run_menu_item(RESET)
        assert "broke" in str(unreachable.value)
        assert unreachable.value.advice == ConnectionLostError.advice
        assert sum(one.method == "POST" for one in server.requests) == 1


async def test_other_requests_for_menu_items_are_used_in_the_same_session() -> None:
    request = RequestTemplate(
        path="index.php?module=Users&action=SendIt&record={id}", form={"__vtrftk": "{csrf}"},
        offered=Offered.ALWAYS,
    )  # fmt: skip
    changed = Dialect(labels=Labels(active="Activo"), reset_request=request)
    async with serving(Crm()) as server, await sign_in(server) as client:
        before = await client.fetch_profile("7")
        client.use_requests_of(changed)
        after = await client.fetch_profile("7")
        assert sum(one.method == "POST" for one in server.requests) == 1
    # The words of the CRM stay what they are: only the requests are taken over.
    assert (before.user.status, after.user.status) == (Status.ACTIVE, Status.ACTIVE)
    kinds = [{item.kind for item in profile.menu if item.request is not None} for profile in (before, after)]
    assert kinds == [set(), {MenuItemKind.SEND_RESET_LINK}]
    assert (
        client.profile_url("7") == f"{server.url}index.php?module=Users&view=Detail&parent=Settings&record=7"
    )
