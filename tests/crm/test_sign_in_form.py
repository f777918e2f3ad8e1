"""Sign-in forms with more than user name and password, and sign-ins without a redirect or a cookie."""

import asyncio
import time
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import CredentialRefusedError, SignInError, UnexpectedPageError
from dazos_tui.crm.http.lost_cookies import LostCookieTracker
from dazos_tui.crm.models import ChallengeField, ChallengeFieldKind, Status
from dazos_tui.crm.pages.sign_in_form import parse_sign_in_form
from dazos_tui.demo.presets import HARBOR, RIDGE
from dazos_tui.demo.server import DemoServer
from tests.crm import html
from tests.crm.servers import ReceivedRequest, answer, serving
from tests.crm.test_client import PASSWORD

OWN = '<input name="username"><input name="password" type="password">'


def form(inside: str):
    found = parse_sign_in_form(f"<!DOCTYPE html><form method=post action=index.php>{OWN}{inside}</form>")
    assert found is not None
    return found


def sent(inside: str) -> dict[str, str]:
    usual = {"module": "Users", "action": "Login"}
    return {
        name: value for name, value in form(inside).form.hidden_fields.items() if usual.get(name) != value
    }


def asked(inside: str) -> list[str]:
    question = form(inside).challenge
    return [prompt.label for prompt in question.fields] if question is not None else []


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<select name=c><option value=1>A<option value=2 selected>B</select>", {"c": "2"}),
        ("<select name=c><option>Only</select>", {"c": "Only"}),
        ("<select name=c><option value=1 disabled selected>A<option value=2>B</select>", {"c": "2"}),
        (
            "<div class='x hide'><select name=c><option value=1><option value='' selected></select></div>",
            {"c": ""},
        ),
        ("<input type=checkbox name=t checked><input type=checkbox name=u>", {"t": "on"}),
        ("<input type=radio name=r value=a><input type=radio name=r value=b checked>", {"r": "b"}),
        ("<input name=lang value=en><input name=off value=1 disabled>", {"lang": "en"}),
        ("<div style='display:none'><input name=website></div>", {"website": ""}),
        ("<p hidden><input name=website></p>", {"website": ""}),
        ("<p><b aria-hidden=true><input name=website></b></p>", {"website": ""}),
        ("<div class='x hide'><select name=c><option value=1><option value=2></select></div>", {"c": "1"}),
        ("<button name=go value=in>In</button><button name=go value=out>Out</button>", {"go": "in"}),
        ("<input type=submit name=go value=in><input type=button name=b value=1>", {"go": "in"}),
    ],
)
def test_values_that_a_browser_sends_are_sent_and_not_asked(inside: str, expected: dict[str, str]) -> None:
    assert sent(inside) == expected
    assert asked(inside) == []


@pytest.mark.parametrize(
    ("inside", "labels"),
    [
        ("<label for=a>Code</label><input id=a name=code>", ["Code"]),
        ("<input type=password name=pin placeholder=PIN>", ["PIN"]),
        (
            "<select name=company><option value=''>Choose<option value=1>A<option value=2>B</select>",
            ["company"],
        ),
        ("<input type=radio name=r value=a><input type=radio name=r value=b>", ["r"]),
        ("<label><input type=checkbox name=t required>I agree</label>", ["I agree"]),
    ],
)
def test_fields_that_only_the_user_can_answer_are_asked(inside: str, labels: list[str]) -> None:
    assert (asked(inside), sent(inside)) == (labels, {})


def test_an_optional_field_may_be_empty() -> None:
    question = form("<input name=a required><input name=b>").challenge
    assert question is not None
    assert [prompt.is_optional for prompt in question.fields] == [False, True]


def test_an_option_without_a_value_is_not_offered() -> None:
    question = form(
        "<select name=c><option value=''>Choose<option value=1>A<option value=2>B</select>"
    ).challenge
    assert question is not None
    [prompt] = question.fields
    assert (prompt.kind, prompt.choices, prompt.selected_index) == (
        ChallengeFieldKind.CHOICE,
        (("1", "A"), ("2", "B")),
        None,
    )


FIELD = ChallengeFieldKind
HIDING = ("hidden", "aria-hidden=true", "style='Display : none'", "style=visibility:HIDDEN", *(
    f"class='x {name}'" for name in ("hide", "hidden", "d-none")
))  # fmt: skip


@pytest.mark.parametrize("hidden", HIDING)
def test_what_the_page_hides_is_sent_and_not_asked(hidden: str) -> None:
    for inside in (f"<input name=a {hidden}>", f"<div {hidden}><p><b><input name=a></b></p></div>"):
        assert (asked(inside), sent(inside)) == ([], {"a": ""})
    outside = f"<div {hidden}><form>{OWN}<input name=a></form></div>"
    found = parse_sign_in_form(outside)
    assert found is not None
    assert found.challenge is not None


@pytest.mark.parametrize("shown", ["aria-hidden=false", "style=display:block", "class=hiding", ""])
def test_what_the_page_shows_is_asked(shown: str) -> None:
    inside = f"<div {shown}><input name=a></div>"
    assert (asked(inside), sent(inside)) == (["a"], {})


@pytest.mark.parametrize(("depth", "is_asked"), [(38, False), (39, True)])
def test_only_near_elements_hide_a_field(depth: int, *, is_asked: bool) -> None:
    inside = f"<div hidden>{'<div>' * depth}<input name=a>{'</div>' * depth}</div>"
    assert asked(inside) == ["a"] * is_asked


@pytest.mark.parametrize(
    ("inside", "labels", "expected"),
    [
        ("<input name=a value=1>", [], {"a": "1"}),
        ("<input name=a readonly>", [], {"a": ""}),
        ("<input type=HIDDEN name=a value=1>", [], {"a": "1"}),
        ("<textarea name=a>one</textarea>", [], {"a": "one"}),
        ("<textarea name=a readonly></textarea>", [], {"a": ""}),
        ("<textarea name=a></textarea>", ["a"], {}),
        ("<input type=checkbox name=a value=''>", [], {}),
        ("<input type=checkbox name=a value='' checked>", [], {"a": ""}),
        ("<input type=CHECKBOX name=a checked required>", [], {"a": "on"}),
        ("<input type=radio name=a checked>", [], {"a": "on"}),
        ("<input type=checkbox name=a aria-required=true>", ["a"], {}),
        ("<input type=checkbox name=a aria-required=false>", [], {}),
        ("<select name=a><option> 1 </option></select>", [], {"a": "1"}),
        ("<select name=a><option value=''>x</option></select>", [], {"a": ""}),
        ("<select name=a hidden></select>", [], {}),
        ("<select name=a><option>1<option>2</select>", ["a"], {}),
        ("<select name=a><option selected>1<option selected>2</select>", [], {"a": "2"}),
        ("<select name=a><option>1<option value='' selected>2</select>", ["a"], {}),
        ("<select name=a hidden><option>1<option>2</select>", [], {"a": "1"}),
        ("<select name=a><option disabled>1<option>2</select>", [], {"a": "2"}),
        ("<select name=a><option disabled>1</select>", ["a"], {}),
        ("<select type=button name=a><option>1</select>", [], {"a": "1"}),
        ("<input name=a disabled value=1><select name=b disabled><option>1</select>", [], {}),
        ("<input name=a><input name=a value=1>", [], {"a": "1"}),
        ("<input type=hidden name=a value=''><input type=checkbox name=a>", [], {}),
        *((f"<input type={kind} name=a value=1>", [], {}) for kind in ("button", "IMAGE", "reset", "file")),
        ("<button value=1>Go</button>", [], {}),
        ("<input name=go value=0><button name=go value=1>Go</button>", [], {"go": "1"}),
    ],
)
def test_each_field_is_sent_or_asked_as_in_a_browser(
    inside: str, labels: list[str], expected: dict[str, str]
) -> None:
    assert (asked(inside), sent(inside)) == (labels, expected)


def test_whether_a_field_must_be_filled_in() -> None:
    inside = (
        "<input name=a required><input name=b aria-required=true><input name=c aria-required=false>"
        "<input type=radio name=d value=1 required><input type=radio name=d value=2>"
        "<input type=radio name=e value=1><input type=radio name=e value=2 required>"
    )
    question = form(inside).challenge
    assert question is not None
    assert question.text == ""
    assert {prompt.name: prompt.is_optional for prompt in question.fields} == {
        "a": False,
        "b": False,
        "c": True,
        "d": False,
        "e": False,
    }


def test_radio_buttons_without_a_value_are_not_offered() -> None:
    question = form("<input type=radio name=r value=''><input type=radio name=r value=b>").challenge
    assert question is not None
    assert question.fields == (ChallengeField("r", "r", FIELD.CHOICE, (("b", "r"),), is_optional=True),)


def test_a_box_to_tick_may_have_an_empty_value() -> None:
    question = form("<input type=checkbox name=a value='' required>").challenge
    assert question is not None
    assert question.fields == (ChallengeField("a", "a", FIELD.CHECKBOX, (("", "a"),)),)


def test_a_form_has_a_largest_number_of_fields() -> None:
    inside = "".join(f"<input name=a{number} value=1>" for number in range(200))
    assert list(sent(inside)) == [f"a{number}" for number in range(198)]


@pytest.mark.parametrize(
    ("inside", "has_captcha"),
    [
        *(
            (f"<{tag}></{tag.split()[0]}>", True)
            for tag in (
                "div data-sitekey",
                "div class=g-recaptcha",
                "div class=h-captcha",
                "div class=cf-turnstile",
                "textarea name=g-recaptcha-response",
                "textarea name=h-captcha-response",
                "img src=a/CAPTCHA.png",
                "iframe src=a/captcha",
                "canvas id=myCaptcha",
            )
        ),
        ("<div hidden><img src=captcha.png></div>", False),
        ("<div hidden><img src=captcha.png></div><img src=captcha.png>", True),
        ("<img src=logo.png>", False),
    ],
)
def test_a_captcha_is_recognised(inside: str, *, has_captcha: bool) -> None:
    assert form(inside).has_captcha is has_captcha


def test_a_page_without_both_fields_has_no_sign_in_form() -> None:
    assert parse_sign_in_form("<form><input name=username></form>") is None
    assert parse_sign_in_form("") is None


@pytest.mark.parametrize(
    "captcha",
    ["<div class=g-recaptcha data-sitekey=x></div>", "<img src='modules/Captcha.php?1'><input name=letters>"],
)
async def test_a_captcha_that_only_a_browser_shows_is_named_before_the_password(captcha: str) -> None:
    page = answer(f"<form method=post action=index.php>{OWN}{captcha}</form>")
    async with serving(lambda _: page) as server, CrmClient(server.url) as client:
        with pytest.raises(SignInError, match="captcha") as caught:
            await client.sign_in("admin", PASSWORD)
        assert 'auth = "cookie"' in caught.value.advice
        assert "a captcha, which only a browser can show" in await client.probe_login_page()
    assert [one.method for one in server.requests] == ["GET", "GET"]


def harbor_with(**traps):
    return DemoServer(replace(HARBOR, users=30, **traps))


async def test_further_fields_are_asked_first_and_the_rest_goes_along() -> None:
    questions = []

    async def read(question):
        questions.append(question)
        return {"letters": "K7M2"}

    with harbor_with(asks_at_sign_in=True) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            assert await client.probe_login_page() == ("Type the letters K7M2",)
            await client.sign_in(harbor.username, SecretStr(harbor.password), read)
            assert (await client.request_user_page(Status.ACTIVE, 1))().rows
        assert [[prompt.name for prompt in one.fields] for one in questions] == [["letters"]]
        assert harbor.sign_in_attempts == 1


async def test_where_nobody_answers_them_no_attempt_is_counted() -> None:
    with harbor_with(asks_at_sign_in=True) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            with pytest.raises(SignInError, match=r"Type the letters K7M2\. .* password was not sent"):
                await client.sign_in(harbor.username, SecretStr(harbor.password))
        assert harbor.sign_in_attempts == 0
        assert [one.method for one in harbor.requests if one.method == "POST"] == []


async def test_a_wrong_further_answer_is_among_what_was_not_taken() -> None:
    async def misread(_question):
        return {"letters": "nope"}

    with harbor_with(asks_at_sign_in=True) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            with pytest.raises(CredentialRefusedError, match="the user name, password and other answers"):
                await client.sign_in(harbor.username, SecretStr(harbor.password), misread)


async def test_a_read_that_is_cancelled_during_the_challenge_leaves_it_to_the_next_one() -> None:
    asked, is_asked = [], asyncio.Event()

    async def answer_second(challenge):
        asked.append(challenge)
        is_asked.set()
        if len(asked) == 1:
            await asyncio.Event().wait()
        return {challenge.fields[0].name: ridge.one_time_code}

    with DemoServer(replace(RIDGE, code_asked="on every page")) as server:
        ridge = server.instance("ridge-prod")
        async with CrmClient(ridge.url) as client:
            await client.sign_in(ridge.username, SecretStr(ridge.password), answer_second)
            read = asyncio.create_task(client.request_user_page(Status.ACTIVE, 1))
            await is_asked.wait()
            waiting = asyncio.create_task(client.request_user_page(Status.INACTIVE, 1))
            read.cancel()
            with pytest.raises(asyncio.CancelledError):
                await read
            assert (await waiting)().rows
            assert (await client.request_user_page(Status.ACTIVE, 1))().rows
        assert len(asked) == 2


# -- no redirect ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["headers already sent", "refresh"])
async def test_a_good_sign_in_without_a_redirect_is_one(how: str) -> None:
    with harbor_with(sign_in_answer=how) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            await client.sign_in(harbor.username, SecretStr(harbor.password))
            assert (await client.request_user_page(Status.ACTIVE, 1))().rows
        assert harbor.sign_in_attempts == 1


async def test_a_wrong_password_that_a_page_redirects_for_is_refused_as_ever() -> None:
    with harbor_with(sign_in_answer="refresh") as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            with pytest.raises(CredentialRefusedError, match="did not accept this user name and password"):
                await client.sign_in(harbor.username, SecretStr("wrong"))
        assert harbor.sign_in_attempts == 1


async def test_what_a_page_without_a_redirect_says_is_in_the_error() -> None:
    with harbor_with(sign_in_answer="headers already sent") as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            with pytest.raises(SignInError, match=r"“Warning.*Cannot modify header .* login page again"):
                await client.sign_in(harbor.username, SecretStr("wrong"))
        assert harbor.sign_in_attempts == 1


async def test_a_page_of_somebody_else_in_both_places_is_quoted() -> None:
    def crm(request: ReceivedRequest) -> bytes:
        first = request.method == "GET" and not any(one.method == "POST" for one in server.requests)
        return answer(html.LOGIN if first else "<p>Down for maintenance</p>")

    async with serving(crm) as server, CrmClient(server.url) as client:
        with pytest.raises(UnexpectedPageError, match="“Down for maintenance”"):
            await client.sign_in("admin", PASSWORD)
    assert [one.method for one in server.requests] == ["GET", "POST", "GET"]


# -- a cookie that does not come back ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trap", "reason"),
    [
        ("secure", r"marked “Secure”, and the address begins with http://"),
        ("other domain", "crm.example.com"),
    ],
)
async def test_a_lost_session_cookie_is_named_with_its_reason(trap: str, reason: str) -> None:
    with harbor_with(cookie_trap=trap) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            with pytest.raises(SignInError, match=f"“Invalid request”.*{reason}"):
                await client.sign_in(harbor.username, SecretStr(harbor.password))


async def test_without_a_token_to_miss_it_the_lost_cookie_is_named_too() -> None:
    def crm(request: ReceivedRequest) -> bytes:
        if request.method == "POST":
            view = "index.php?module=Users&parent=Settings&view=SystemSetup"
            return answer(status=302, Location=view, Set_Cookie="PHPSESSID=new; path=/; secure")
        return answer(html.LOGIN)

    async with serving(crm) as server, CrmClient(server.url) as client:
        with pytest.raises(SignInError, match=r"login page again.*marked “Secure”"):
            await client.sign_in("admin", PASSWORD)
    assert sum(one.method == "POST" for one in server.requests) == 1


async def test_expires_counts_from_the_servers_own_date() -> None:
    shape = replace(HARBOR, users=30, cookie_trap="expires")
    with DemoServer(shape, clock=lambda: time.time() - 7200) as server:
        harbor = server.instance("harbor-prod")
        async with CrmClient(harbor.url) as client:
            await client.sign_in(harbor.username, SecretStr(harbor.password))
            assert (await client.request_user_page(Status.ACTIVE, 1))().rows


@pytest.mark.parametrize(
    ("line", "date", "reason"),
    [
        ("a=1; expires=Sun, 01-Jan-2040 12:30:00 GMT", "Sun, 01 Jan 2040 12:00:00 GMT", None),
        (
            "a=1; expires=Sun, 01 Jan 2040 11:30:00 GMT",
            "Sun, 01 Jan 2040 12:00:00 GMT",
            "the server's own clock",
        ),
        ("a=1; expires=Sun, 01 Jan 2012 11:30:00 GMT", "", "the clock of this machine"),
        ("a=1; domain=.crm.test", "", None),
        ("a=1; domain=elsewhere.test", "", "another domain, elsewhere.test"),
        ("a=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT", "", None),
        ("a=1; Secure", "", "marked “Secure”"),
    ],
)
def test_why_a_cookie_does_not_come_back(line: str, date: str, reason: str | None) -> None:
    lost = LostCookieTracker("http", "crm.test")
    lost.record(line, date)
    loss = lost.find_lost(set())
    assert (loss is None) is (reason is None)
    if loss is not None and reason is not None:
        assert reason in loss.reason
        assert lost.find_lost({"a"}) is None
