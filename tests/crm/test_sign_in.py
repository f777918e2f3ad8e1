"""Where a sign-in leads: set-up pages, challenges, other folders, a single sign-on."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    NotACrmError,
    SignedOutError,
    SignInError,
    SingleSignOnError,
    UnexpectedPageError,
    WrongHostError,
)
from dazos_tui.crm.models import Challenge, MenuItemKind, Status
from dazos_tui.crm.pages.challenge import is_settings_change, parse_challenge
from dazos_tui.demo.presets import HARBOR, RIDGE
from dazos_tui.demo.server import DemoServer
from tests.crm import html
from tests.crm.servers import ReceivedRequest, answer, serving
from tests.crm.test_client import PASSWORD, RESET, SENT, query
from tests.support import eventually

SETUP_FORM = (
    f"{html.TOKEN_SCRIPT}<form method=post action=index.php>"
    '<input type=hidden name=module value=Users><input type=hidden name=action value="SystemSetupSave">'
    '<input type=checkbox name="packages[Sales]" value=Sales><button>Next</button></form>'
)
TERMS = (
    f"{html.TOKEN_SCRIPT}<form method=post action=index.php><label>I agree <input name=terms></label></form>"
)
SET_UP = "index.php?module=Users&parent=Settings&view=SystemSetup"


def demo_of(shape):
    return DemoServer(replace(shape, users=30))


async def nobody(_question):
    pytest.fail("nothing had to be asked")


def views(instance):
    return [
        (one.method, "view=" in one.query and one.query.split("view=")[1].split("&")[0])
        for one in instance.requests
    ]


@pytest.mark.parametrize("set_up", [True, False])
async def test_the_landing_page_is_neither_requested_nor_answered(set_up):
    with demo_of(replace(HARBOR, set_up=set_up)) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            await client.sign_in(harbor.username, SecretStr(harbor.password), nobody)
            assert eventually(lambda: views(harbor) == [("GET", False), ("POST", False)])
            person = next(one for one in harbor.people if one.active and one.email1)
            profile = await client.fetch_profile(str(person.id))
            item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
            assert item is not None
            assert (await client.run_menu_item(item)).success
        assert (harbor.setups_saved, harbor.hidden_modules) == ([], set())
        assert not any("Setup" in one.query for one in harbor.requests)


async def test_a_link_can_be_sent_before_any_whole_page_gave_a_token():
    with demo_of(HARBOR) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            await client.sign_in(harbor.username, SecretStr(harbor.password))
            profile = await client.fetch_profile(str(next(one.id for one in harbor.people if one.active)))
            item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
            assert item is not None
            await client.sign_in(harbor.username, SecretStr(harbor.password))
            assert (await client.run_menu_item(item)).success
        assert len(harbor.outbox) == 1


async def codes(ridge, given):
    async def give(question):
        given.append(question)
        return {"otp_code": ridge.one_time_code}

    async with CrmClient(ridge.url) as client:
        await client.sign_in(ridge.username, SecretStr(ridge.password), give)
        first = await client.request_user_page(Status.ACTIVE, 1)
        return len(first().rows)


@pytest.mark.parametrize("when", ["after the password", "on every page"])
async def test_a_code_is_asked_for_once_whenever_the_crm_asks(when):
    with demo_of(replace(RIDGE, code_asked=when)) as server:
        ridge = server.instance("ridge-prod")
        given: list[Challenge] = []
        assert await codes(ridge, given) == 20
        assert [prompt.label for question in given for prompt in question.fields] == ["One-time code"]
        assert (ridge.sign_in_attempts, ridge.code_attempts) == (1, 1)


async def test_two_concurrent_pages_ask_for_one_code():
    with demo_of(replace(RIDGE, code_asked="on every page")) as server:
        ridge = server.instance("ridge-prod")
        given = []

        async def give(question):
            given.append(question)
            return {"otp_code": ridge.one_time_code}

        async with CrmClient(ridge.url) as client:
            await client.sign_in(ridge.username, SecretStr(ridge.password), give)
            person = str(ridge.people[0].id)
            pages = await asyncio.gather(
                client.fetch_profile(person),
                client.find_exact(ridge.people[0].user_name),
                client.confirm_session(),
            )
        assert pages[0].user.id == person
        assert len(given) == 1


async def test_an_unanswered_code_fails_all_waiting_requests_and_is_not_asked_again():
    with demo_of(replace(RIDGE, code_asked="on every page")) as server:
        ridge = server.instance("ridge-prod")
        async with CrmClient(ridge.url) as client:
            await client.sign_in(ridge.username, SecretStr(ridge.password))
            failures = await asyncio.gather(
                client.confirm_session(),
                client.fetch_profile("5"),
                client.find_exact("ann"),
                return_exceptions=True,
            )
            assert [type(failure) for failure in failures] == [SignInError] * 3
            waiting = "The CRM asked for something more, and got no answer."
            assert [(str(one), getattr(one, "advice", None)) for one in failures[1:]] == [(waiting, "")] * 2
            with pytest.raises(SignedOutError):
                await client.fetch_profile("5")
        assert (ridge.sign_in_attempts, ridge.code_attempts) == (1, 0)


async def test_an_answer_is_the_moment_of_the_sign_in_and_the_token_of_its_page_is_used():
    answered = []

    def crm(request: ReceivedRequest) -> bytes:
        if "password=" in request.body:
            said = {"Set_Cookie": "PHPSESSID=a", "Date": "Mon, 30 Nov 2026 10:00:00 GMT"}
            return answer(status=302, Location="index.php?module=Home&view=DashBoard", **said)
        if "SendIt" in request.target:
            return answer(SENT)
        if request.method == "POST":
            answered.append(request.body)
            return answer(html.HOME, Date="Mon, 30 Nov 2026 10:05:00 GMT")
        if query(request).get("view") == "List":
            return answer(html.users(html.row("7")) if answered else TERMS)
        return answer(html.LOGIN.replace(html.TOKEN, "sid:old,1"))

    async def agree(_question):
        return {"terms": "yes"}

    async with serving(crm) as server, CrmClient(server.url) as client:
        await client.sign_in("admin", PASSWORD, agree)
        assert client.signed_in_at == datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
        await client.find_exact("ann")
        assert client.signed_in_at == datetime(2026, 11, 30, 10, 5, tzinfo=UTC)
        assert (await client.run_menu_item(RESET)).success
    assert parse_qs(server.requests[-1].body) == {"__vtrftk": [html.TOKEN]}
    assert "Detail" not in "".join(one.target for one in server.requests)


async def test_a_sign_in_is_confirmed_by_one_small_page_unless_another_was_read():
    with demo_of(HARBOR) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            await client.sign_in(harbor.username, SecretStr(harbor.password))
            for _ in range(2):
                await client.confirm_session()
        expected = [("GET", False), ("POST", False), ("GET", "List")]
        assert eventually(lambda: views(harbor) == expected)


# -- scripted servers: what is a challenge, and what is none ----------------------------------------------


class Scripted:
    """A CRM whose sign-in redirects to `view`, which shows `page`; other pages are shown if `is_open`."""

    def __init__(self, page: str, view: str = "Welcome", *, is_open: bool = True) -> None:
        self.page, self.view, self.is_open = page, view, is_open
        self.answers: list[str] = []

    def __call__(self, request: ReceivedRequest) -> bytes:
        if request.method == "POST" and "password=" in request.body:
            return answer(
                status=302, Location=f"index.php?view={self.view}", Set_Cookie="PHPSESSID=new; path=/"
            )
        if request.method == "POST":
            self.answers.append(request.body)
            self.is_open = True
            return answer(html.HOME)
        shown = query(request).get("view")
        if shown == self.view:
            return answer(self.page)
        if shown == "List":
            return (
                answer(html.users(html.row("7")))
                if self.is_open
                else answer(status=302, Location="index.php")
            )
        return answer(html.LOGIN)


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_form_is_a_challenge_only_if_other_pages_are_refused(is_open):
    crm, asked = Scripted(TERMS, is_open=is_open), []

    async def agree(question):
        asked.append(question)
        return {"terms": "yes"}

    async with serving(crm) as server, CrmClient(server.url) as client:
        await client.sign_in("admin", PASSWORD, agree)
        assert (await client.request_user_page(Status.ACTIVE, 1))().rows
    assert len(asked) == len(crm.answers) == (0 if is_open else 1)


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_form_that_changes_settings_is_never_shown_or_posted(is_open):
    crm = Scripted(SETUP_FORM, is_open=is_open)
    async with serving(crm) as server, CrmClient(server.url) as client:
        await client.sign_in("admin", PASSWORD, nobody)
        if is_open:
            assert (await client.request_user_page(Status.ACTIVE, 1))().rows
        else:
            with pytest.raises(SignedOutError):
                (await client.request_user_page(Status.ACTIVE, 1))()
    assert crm.answers == []


@pytest.mark.parametrize(
    ("action", "fields", "changes"),
    [
        ("index.php", {"module": "Users", "action": "SystemSetupSave"}, True),
        ("index.php?module=Users&action=SaveAjax", {}, True),
        ("", {"packages[Sales]": "Sales"}, True),
        ("", {"currency_name": "USA"}, True),
        ("", {"modules": "Leads"}, True),
        ("index.php", {"module": "Users", "action": "OneTimeCode", "otp_code": "1"}, False),
        ("", {"company": "a", "return_module": "Home", "safe": "1"}, False),
    ],
)
def test_which_forms_change_settings(action, fields, changes):
    assert is_settings_change(action, fields) is changes


async def test_an_answer_that_would_change_settings_is_not_posted():
    crm = Scripted(TERMS, is_open=False)

    async def answers_too_much(_question):
        return {"terms": "yes", "packages[Sales]": "Sales"}

    async with serving(crm) as server, CrmClient(server.url) as client:
        with pytest.raises(UnexpectedPageError, match="settings of the CRM"):
            await client.sign_in("admin", PASSWORD, answers_too_much)
    assert crm.answers == []


def test_a_set_up_page_asks_for_nothing():
    assert parse_challenge(SETUP_FORM) is None


async def test_a_landing_redirect_without_a_new_cookie_is_checked():
    def crm(request: ReceivedRequest) -> bytes:
        if request.method == "POST":
            return answer(status=302, Location=SET_UP)
        return answer(html.LOGIN)

    async with serving(crm) as server, CrmClient(server.url) as client:
        with pytest.raises(SignInError, match="did not accept"):
            await client.sign_in("admin", PASSWORD)
    assert sum(request.method == "POST" for request in server.requests) == 1


# -- other folders of the same host -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "elsewhere",
    [
        "/evil/index.php",
        "../evil/",
        "/crm/../evil/",
        "/crm/%2e%2e/evil/",
        "/crm/%252e%252e/evil/",
        "/crm/..%5cevil/",
        "/crmx/",
        "/",
    ],
)
@pytest.mark.parametrize("by", ["redirect", "form"])
async def test_the_password_goes_to_no_other_folder_of_the_host(elsewhere, by):
    def site(request: ReceivedRequest) -> bytes:
        if by == "redirect" and request.target == "/crm/index.php":
            return answer(status=302, Location=elsewhere)
        return answer(html.LOGIN.replace('"index.php"', f'"{elsewhere}"') if by == "form" else html.LOGIN)

    async with serving(site) as server, CrmClient(server.url) as client:
        with pytest.raises(WrongHostError, match=r"outside of .*/crm/"):
            await client.sign_in("admin", PASSWORD)
    assert not any("hunter2" in request.body for request in server.requests)
    assert len(server.requests) == 1


async def test_a_folder_below_the_address_belongs_to_the_instance():
    def site(request: ReceivedRequest) -> bytes:
        if request.target == "/crm/index.php" and request.method == "GET":
            return answer(status=302, Location="/crm/v8/index.php")
        return answer(html.HOME if request.method == "POST" else html.LOGIN)

    async with serving(site) as server, CrmClient(server.url) as client:
        await client.sign_in("admin", PASSWORD)
    assert [request.target for request in server.requests] == [
        "/crm/index.php",
        "/crm/v8/index.php",
        "/crm/v8/index.php",
    ]


# -- a single sign-on, and pages of others -----------------------------------------------------------------


async def test_a_single_sign_on_in_place_of_the_form_is_reported_with_advice():
    with demo_of(replace(HARBOR, single_sign_on=True)) as server:
        async with CrmClient(server.instance("harbor-prod").url) as client:
            with pytest.raises(SingleSignOnError, match="single sign-on") as caught:
                await client.sign_in("admin", PASSWORD)
            assert 'auth = "cookie"' in caught.value.advice
            with pytest.raises(SignInError, match="did not accept this session cookie"):
                await client.resume_session(SecretStr("stale"))


async def test_a_cookie_that_leads_to_the_single_sign_on_is_refused():
    def site(_: ReceivedRequest) -> bytes:
        return answer(status=302, Location="https://login.example.com/saml")

    async with serving(site) as server, CrmClient(server.url) as client:
        with pytest.raises(SignInError, match="did not accept this session cookie"):
            await client.resume_session(SecretStr("stale"))


@pytest.mark.parametrize(
    ("status", "error"),
    [(503, UnexpectedPageError), (403, UnexpectedPageError), (200, NotACrmError), (404, NotACrmError)],
)
async def test_a_foreign_page_is_quoted_by_its_title(status, error):
    page = "<html><head><title>\x1b[31mJust a\nmoment…</title></head><p>Checking your browser</p></html>"
    async with serving(lambda _: answer(page, status)) as server, CrmClient(server.url) as client:
        with pytest.raises(error, match=r"“.*Just a moment…”") as caught:
            await client.sign_in("admin", PASSWORD)
    assert "\x1b" not in str(caught.value)
    assert type(caught.value) is error


@pytest.mark.parametrize("view", ["List", "Detail"])
async def test_a_maintenance_page_is_quoted_too(view):
    page = "<html><head><title>Down for maintenance</title></head><body>Back soon</body></html>"
    is_down: list[int] = []

    def crm(request: ReceivedRequest) -> bytes:
        if request.method == "POST":
            return answer(html.HOME)
        return answer(page, is_down[0]) if query(request).get("view") == view else answer(html.LOGIN)

    for status in (503, 200):
        is_down[:] = [status]
        async with serving(crm) as server, CrmClient(server.url) as client:
            await client.sign_in("admin", PASSWORD)
            with pytest.raises(UnexpectedPageError, match="“Down for maintenance”"):
                await (client.fetch_profile("7") if view == "Detail" else client.find_exact("ann"))
