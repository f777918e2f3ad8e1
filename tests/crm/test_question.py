"""What a CRM may ask for in the middle of a sign-in, and the answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import CrmError, SignInFailed, UnexpectedPage
from dazos_tui.crm.models import Prompt, PromptKind
from dazos_tui.crm.pages.question import parse_question
from dazos_tui.demo.server import DemoServer
from tests.crm.html import HOME, LOGIN, TOKEN_SCRIPT
from tests.crm.servers import answer, serving


def page(inside: str, around: str = "") -> str:
    return f'{TOKEN_SCRIPT}{around}<form method="post" action="index.php">{inside}</form>'


def prompts(html: str) -> tuple[Prompt, ...]:
    found = parse_question(html)
    assert found is not None
    return found[0].prompts


def test_a_code_is_asked_for_in_the_pages_words() -> None:
    html = page(
        """<input type="hidden" name="a" value="1"><label for="otp">Verification\x1b code</label>
        <input id="otp" name="otp"><button type="submit">Continue</button>""",
        "<h1>Acme</h1><p>We sent you a code.</p>",
    )
    found = parse_question(html)
    assert found is not None
    question, form = found
    assert question.words == "Acme We sent you a code."
    assert question.prompts == (Prompt("otp", "Verification\ufffd code", PromptKind.TEXT),)
    assert (form.action, form.hidden) == ("index.php", {"a": "1"})


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('<label>PIN <input type="password" name="pin"></label>', Prompt("pin", "PIN", PromptKind.SECRET)),
        ('<input name="x" placeholder="Say x">', Prompt("x", "Say x", PromptKind.TEXT)),
        ('<input type="tel" name="y">', Prompt("y", "y", PromptKind.TEXT)),
        (
            '<input type="checkbox" name="ok" id="ok"><label for="ok">I agree</label>',
            Prompt("ok", "I agree", PromptKind.TICK, (("on", "I agree"),)),
        ),
        (
            '<label for="c">Company</label><select id="c" name="c"><option value="1">One</option>'
            "<option>Two</option></select>",
            Prompt("c", "Company", PromptKind.CHOICE, (("1", "One"), ("Two", "Two"))),
        ),
        (
            '<label><input type="radio" name="w" value="s">SMS</label>'
            '<label><input type="radio" name="w" value="m">Mail</label>',
            Prompt("w", "w", PromptKind.CHOICE, (("s", "SMS"), ("m", "Mail"))),
        ),
    ],
)
def test_each_kind_of_field_is_one_prompt(inside: str, expected: Prompt) -> None:
    assert prompts(page(inside)) == (expected,)


def test_terms_may_want_nothing_but_a_button() -> None:
    found = parse_question(page('<button name="accept" value="yes">I accept</button>', "<p>The terms.</p>"))
    assert found is not None
    assert (found[0].words, found[0].prompts) == ("The terms.", ())
    assert found[1].hidden == {"accept": "yes"}


@pytest.mark.parametrize(
    "html",
    [
        "",
        LOGIN,
        HOME,
        page('<input name="q">', '<a href="index.php?module=Home&view=DashBoard">Home</a>'),
        page('<input type="hidden" name="a">'),
        "<form method=get><input name=q></form>",
    ],
)
def test_other_pages_ask_for_nothing(html: str) -> None:
    assert parse_question(html) is None


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for html in (text, page(text), page(f"<input name='{text}'>")):
        try:
            parse_question(html)
        except CrmError:
            continue


@pytest.fixture
def ridge():
    with DemoServer(users=45) as server:
        yield server.instance("ridge-prod")


async def signed_in(instance, *answers):
    """Sign in, giving these answers one after the other; return what was asked."""
    asked, given = [], list(answers)

    async def reply(question):
        asked.append(question)
        return given.pop(0)

    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password), reply)
        await client.profile(str(instance.people[0].id))
    return asked


async def test_the_demo_asks_for_a_code_and_lets_in_whoever_gives_it(ridge):
    [question] = await signed_in(ridge, {"otp_code": SecretStr(ridge.one_time_code)})
    assert [prompt.label for prompt in question.prompts] == ["One-time code"]
    assert "you also need a one-time code" in question.words
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (1, 1)


async def test_a_wrong_code_is_asked_for_again_with_the_crms_words(ridge):
    _, second = await signed_in(ridge, {"otp_code": "000000"}, {"otp_code": ridge.one_time_code})
    assert "This code is not right." in second.words
    assert ridge.code_attempts == 2


async def test_too_many_wrong_codes_fail_the_sign_in_and_nothing_is_tried_again(ridge):
    wrong = {"otp_code": "000000"}
    with pytest.raises(SignInFailed, match="did not take this answer"):
        await signed_in(ridge, wrong, wrong, wrong, wrong)
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (3, 1)


async def test_whoever_gives_no_answer_is_told_what_was_asked(ridge):
    with pytest.raises(SignInFailed, match="asks for something more: One-time code"):
        await signed_in(ridge, None)
    with pytest.raises(SignInFailed, match="asks for something more: One-time code"):
        async with CrmClient(ridge.url) as client:
            await client.sign_in(ridge.username, SecretStr(ridge.password))
    assert ridge.code_attempts == 0


async def test_a_crm_that_asks_for_ever_is_given_up():
    def ask(asked):
        if asked.method == "GET":
            return answer(LOGIN)
        return answer(page('<input name="more">'))

    async def say(_question):
        return {"more": "yes"}

    async with serving(ask) as server, CrmClient(server.url) as client:
        with pytest.raises(UnexpectedPage, match="asks for more and more"):
            await client.sign_in("ann", SecretStr("secret"), say)
    assert len(server.asked) < 12


# -- a session from the browser ---------------------------------------------------------------------------


@pytest.fixture
def harbor():
    with DemoServer(users=45) as server:
        yield server.instance("harbor-prod")


async def browser_cookie(instance):
    """Return the session cookie of somebody who signed in elsewhere."""
    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        cookie = dict(client._session._cookies)["PHPSESSID"]
        client.leave()
    return cookie


@pytest.mark.parametrize("form", ["PHPSESSID={}", "{}", "Cookie: other=1; PHPSESSID={}; last=2", "  {} "])
async def test_a_session_cookie_serves_and_the_browser_stays_signed_in(harbor, form):
    cookie = await browser_cookie(harbor)
    for _ in range(2):
        async with CrmClient(harbor.url) as client:
            await client.resume(SecretStr(form.format(cookie)))
            assert (await client.profile(str(harbor.people[0].id))).user.id
            client.leave()
    assert harbor.sign_in_attempts == 1


async def test_a_cookie_whose_session_has_ended_is_told_as_that(harbor):
    cookie = await browser_cookie(harbor)
    harbor.expire_sessions()
    async with CrmClient(harbor.url) as client:
        with pytest.raises(SignInFailed, match="does not take this session cookie") as caught:
            await client.resume(SecretStr(cookie))
    assert cookie not in str(caught.value)


@pytest.mark.parametrize("text", ["", ";", "a b", "PHPSESSID=", "PHPSESSID=a\r\nX: y", "PHPSESSID=ä", "=x"])
async def test_what_is_no_cookie_is_not_sent(text):
    async with serving(lambda _: answer(HOME)) as server, CrmClient(server.url) as client:
        with pytest.raises(SignInFailed, match="no session cookie"):
            await client.resume(SecretStr(text))
    assert server.asked == []
