"""What a CRM may ask for during a sign-in, and the answers."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import CrmError, SignInError, UnexpectedPageError
from dazos_tui.crm.models import ChallengeField, ChallengeFieldKind, SubmitButton
from dazos_tui.crm.pages.challenge import parse_challenge
from dazos_tui.demo.server import DemoServer
from dazos_tui.instances.factory import sign_in
from dazos_tui.secrets.keyring import SERVICE_NAME, keyring_user
from tests import keyrings
from tests.challenge_server import asking, gate
from tests.crm.html import HOME, LOGIN
from tests.crm.servers import answer, serving
from tests.support import demo_instance


def prompts(html: str) -> tuple[ChallengeField, ...]:
    found = parse_challenge(html)
    assert found is not None
    return found[0].fields


def test_a_code_field_has_the_pages_own_label() -> None:
    html = asking(
        """<input type="hidden" name="a" value="1"><label for="otp">Verification\x1b code</label>
        <input id="otp" name="otp"><button type="submit">Continue</button>""",
        "<h1>Acme</h1><p>We sent you a code.</p>",
    )
    found = parse_challenge(html)
    assert found is not None
    question, form = found
    assert question.text == "Acme We sent you a code."
    assert question.fields == (
        ChallengeField("otp", "Verification\ufffd code", ChallengeFieldKind.TEXT, is_one_time_code=True),
    )
    assert question.buttons == (SubmitButton("", "", "Continue"),)
    assert (form.action, form.hidden_fields) == ("index.php", {"a": "1"})


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (
            '<label>PIN <input type="password" name="pin"></label>',
            ChallengeField("pin", "PIN", ChallengeFieldKind.SECRET, is_one_time_code=True),
        ),
        ('<input name="x" placeholder="Say x">', ChallengeField("x", "Say x", ChallengeFieldKind.TEXT)),
        ('<input type="tel" name="y">', ChallengeField("y", "y", ChallengeFieldKind.TEXT)),
        (
            '<input type="checkbox" name="ok" id="ok"><label for="ok">I agree</label>',
            ChallengeField("ok", "I agree", ChallengeFieldKind.CHECKBOX, (("on", "I agree"),)),
        ),
        (
            '<label for="c">Company</label><select id="c" name="c"><option value="1">One</option>'
            "<option>Two</option></select>",
            ChallengeField("c", "Company", ChallengeFieldKind.CHOICE, (("1", "One"), ("Two", "Two"))),
        ),
        (
            '<label><input type="radio" name="w" value="s">SMS</label>'
            '<label><input type="radio" name="w" value="m">Mail</label>',
            ChallengeField("w", "w", ChallengeFieldKind.CHOICE, (("s", "SMS"), ("m", "Mail"))),
        ),
    ],
)
def test_each_kind_of_field_is_parsed(inside: str, expected: ChallengeField) -> None:
    assert prompts(asking(inside)) == (expected,)


def test_terms_may_have_only_a_button() -> None:
    found = parse_challenge(
        asking('<button name="accept" value="yes">I accept</button>', "<p>The terms.</p>")
    )
    assert found is not None
    assert (found[0].text, found[0].fields) == ("The terms.", ())
    assert found[0].buttons == (SubmitButton("accept", "yes", "I accept"),)
    assert found[1].hidden_fields == {}


def test_every_submit_button_can_be_chosen() -> None:
    found = parse_challenge(
        asking(
            """<button name="do" value="no">Dec\x1bline</button><button TYPE="Submit" name="do" value="yes">
            I accept</button><input type="SUBMIT" value="Later"><button name="x" title="More"></button>
            <button type="Button">Print</button><button type="reset">Clear</button><input type="button">"""
        )
    )
    assert found is not None
    assert found[0].buttons == (
        SubmitButton("do", "no", "Dec\ufffdline"),
        SubmitButton("do", "yes", "I accept"),
        SubmitButton("", "Later", "Later"),
        SubmitButton("x", "", "More"),
    )
    assert [button.form_data for button in found[0].buttons] == [{"do": "no"}, {"do": "yes"}, {}, {"x": ""}]


@pytest.mark.parametrize(
    ("inside", "chosen"),
    [
        ("<option value=a>A</option><option value=b>B</option>", None),
        ("<option value=a>A</option><option value=b selected>B</option>", 1),
        ("<option value='' selected>Choose …</option><option value=a>A</option>", None),
        ("<option value=x disabled selected>Choose …</option><option value=a>A</option>", None),
        ("<option value=x disabled>X</option><option value=a>A</option><option value=b selected>", 1),
    ],
)
def test_a_choice_has_the_pages_preselection(inside: str, chosen: int | None) -> None:
    [prompt] = prompts(asking(f"<select name=c>{inside}</select>"))
    assert prompt.selected_index == chosen
    assert "x" not in dict(prompt.choices)


def test_radio_buttons_and_checkboxes_have_the_pages_preselection() -> None:
    group = "<input type=radio name=w><input type=radio name=w value=m{}><input type=radio name=w value=t>"
    ticks = "<input type=checkbox name=a checked><input type=checkbox name=b>"
    assert [prompt.selected_index for prompt in prompts(asking(group.format(" checked") + ticks))] == [
        1,
        0,
        None,
    ]
    assert [prompt.selected_index for prompt in prompts(asking(group.format("")))] == [None]


def test_a_group_of_radio_buttons_has_the_label_of_its_fieldset() -> None:
    group = "<label><input type=radio name=w value=s>SMS</label><label><input type=radio name=w>Mail</label>"
    found = parse_challenge(
        asking(
            f"<fieldset><legend>How shall we\x07 send it?</legend><p>{group}</p></fieldset>", "<p>Hello.</p>"
        )
    )
    assert found is not None
    assert [prompt.label for prompt in found[0].fields] == ["How shall we\ufffd send it?"]
    assert found[0].text == "Hello."


@pytest.mark.parametrize(
    "inside",
    [
        "<label for=c>Branch</label><select id=c name=c></select>",
        "<label for=c>Branch</label><select id=c name=c><option value=''>Loading …</option></select>",
        "<label for=c>Branch</label><select id=c name=c><option value=1 disabled>One</option></select>",
        "<input name=otp><label for=c>Branch</label><select id=c name=c></select>",
    ],
)
def test_a_choice_without_options_cannot_be_answered_here(inside: str) -> None:
    with pytest.raises(
        UnexpectedPageError, match=r"nothing to choose from.*“Branch”.*Where do you work\?"
    ) as caught:
        parse_challenge(asking(inside, "<p>Where do you work?</p>"))
    assert "browser" in caught.value.advice
    assert 'auth = "cookie"' in caught.value.advice


@pytest.mark.parametrize(
    "inside",
    [
        "<label for=x>Code</label><input id=x name=x>",
        "<label for=x>Your 6-digit PIN:</label><input id=x name=x>",
        "<label for=x>Authenticator app</label><input id=x name=x>",
        "<label for=x>One-time password</label><input id=x name=otp type=password>",
        "<input name=otp_code>",
        "<input name=verificationCode>",
        "<input name=totp>",
        "<input name=security-token>",
        "<input name=Passcode type=tel>",
        "<label for=x>Digits</label><input id=x name=x autocomplete='ONE-TIME-CODE'>",
        "<label for=x>Bestätigungscode</label><input id=x name=x>",
    ],
)
def test_a_code_field_is_recognized_by_its_names(inside: str) -> None:
    [prompt] = prompts(asking(inside))
    assert prompt.is_one_time_code


@pytest.mark.parametrize(
    "inside",
    [
        "<label for=x>Company</label><input id=x name=x>",
        "<label for=x>Company code</label><input id=x name=x>",
        "<input name=country_code>",
        "<input name=postcode>",
        "<input name=zipCode>",
        "<label for=x>New password</label><input id=x name=x type=password>",
        "<label for=x>New password</label><input id=x name=token type=password>",
        "<input name=code type=password autocomplete=new-password>",
        "<input name=shipping>",
        "<input name=opinion>",
        "<input name=encoder>",
        "<label for=x>Author</label><input id=x name=x>",
        "<label for=x>I have a code</label><input type=checkbox id=x name=code>",
    ],
)
def test_other_fields_are_not_code_fields(inside: str) -> None:
    [prompt] = prompts(asking(inside))
    assert not prompt.is_one_time_code


@pytest.mark.parametrize(
    "html",
    [
        "",
        LOGIN,
        HOME,
        asking('<input name="q">', '<a href="index.php?module=Home&view=DashBoard">Home</a>'),
        asking('<input type="hidden" name="a">'),
        "<form method=get><input name=q></form>",
    ],
)
def test_other_pages_are_not_challenges(html: str) -> None:
    assert parse_challenge(html) is None


@given(st.text())
def test_any_text_can_be_parsed(text: str) -> None:
    for html in (text, asking(text), asking(f"<input name='{text}'>")):
        try:
            parse_challenge(html)
        except CrmError:
            continue


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def ridge(demo):
    return demo.instance("ridge-prod")


async def signed_in(instance, *answers):
    """Sign in with these answers, one after the other; return the challenges."""
    asked, given = [], list(answers)

    async def answer_challenge(question):
        asked.append(question)
        return given.pop(0)

    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password), answer_challenge)
        await client.fetch_profile(str(instance.people[0].id))
    return asked


async def test_the_demo_asks_for_a_code_and_accepts_the_right_one(ridge):
    [question] = await signed_in(ridge, {"otp_code": SecretStr(ridge.one_time_code)})
    assert [prompt.label for prompt in question.fields] == ["One-time code"]
    assert "you also need a one-time code" in question.text
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (1, 1)


async def test_a_wrong_code_is_asked_for_again_with_the_crms_words(ridge):
    _, second = await signed_in(ridge, {"otp_code": "000000"}, {"otp_code": ridge.one_time_code})
    assert "This code is not right." in second.text
    assert ridge.code_attempts == 2


async def test_too_many_wrong_codes_fail_the_sign_in_and_nothing_is_tried_again(ridge):
    wrong = {"otp_code": "000000"}
    with pytest.raises(SignInError, match="did not accept this answer") as caught:
        await signed_in(ridge, wrong, wrong, wrong, wrong)
    assert "user name" not in caught.value.advice
    assert "wait for a new code" in caught.value.advice
    assert "Each failed try counts" in caught.value.advice
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (3, 1)


async def test_a_sign_in_without_an_answer_names_what_was_asked(ridge):
    with pytest.raises(SignInError, match="asks for something more: One-time code"):
        await signed_in(ridge, None)
    with pytest.raises(SignInError, match="asks for something more: One-time code"):
        async with CrmClient(ridge.url) as client:
            await client.sign_in(ridge.username, SecretStr(ridge.password))
    assert ridge.code_attempts == 0


async def test_a_crm_that_never_stops_asking_is_given_up():
    def ask(request):
        if request.method == "GET":
            return answer(LOGIN)
        return answer(asking('<input name="more">'))

    async def say(_question):
        return {"more": "yes"}

    async with serving(ask) as server, CrmClient(server.url) as client:
        with pytest.raises(UnexpectedPageError, match="keeps asking for something more"):
            await client.sign_in("ann", SecretStr("secret"), say)
    assert len(server.requests) < 12


# -- who answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "chosen", "sent"),
    [
        ("<input name=x><button name=do value=go>Go</button>", {}, {"x": "1", "do": "go"}),
        (
            "<input name=x><input type=hidden name=do value=0><button name=do value=no>No</button>"
            "<button name=do value=yes>Yes</button>",
            {"do": "yes"},
            {"x": "1", "do": "yes"},
        ),
        ("<input name=x>", {}, {"x": "1"}),
    ],
)
async def test_a_single_button_is_pressed_automatically_and_of_several_the_chosen_one(inside, chosen, sent):
    async def answer_challenge(_question):
        return {"x": "1", **chosen}

    with gate(inside) as door:
        async with CrmClient(door.url) as client:
            await client.sign_in("ann", SecretStr("secret"), answer_challenge)
    assert door.answers == [sent]


async def through(door, demo, command):
    """Sign in with a command that prints codes; return the other challenges, which are answered “me”."""
    instance = demo_instance(demo, "ridge-prod", url=door.url, one_time_code_command=command)
    asked = []

    async def person(question):
        asked.append(question)
        return {prompt.name: "me" for prompt in question.fields}

    async with CrmClient(instance.url) as client:
        await sign_in(client, instance, SecretStr("secret"), person)
    return asked


CODE = "<label for=c>Code</label><input id=c name=c>"


@pytest.mark.parametrize(
    ("inside", "sent"),
    [
        (f"{CODE}<button name=do value=go>Go</button>", {"c": "123456", "do": "go"}),
        (f"{CODE}<label><input type=checkbox name=trust>Trust this device</label>", {"c": "123456"}),
        (f"{CODE}<input type=checkbox name=trust value=yes checked>", {"c": "123456", "trust": "yes"}),
    ],
)
async def test_the_command_answers_a_code_and_leaves_checkboxes_unchanged(demo, inside, sent):
    with gate(inside) as door:
        assert await through(door, demo, ["echo", "123456"]) == []
    assert door.answers == [sent]


@pytest.mark.parametrize(
    "inside",
    [
        "<label for=c>Company</label><input id=c name=c>",
        "<label for=c>New password</label><input id=c name=c type=password>",
        f"{CODE}<input name=device>",
        f"{CODE}<button name=do value=again>Send again</button><button name=do value=go>Go</button>",
    ],
)
async def test_the_command_answers_nothing_else(demo, inside):
    with gate(inside) as door:
        assert len(await through(door, demo, ["echo", "123456"])) == 1
    assert "123456" not in door.answers[0].values()


@pytest.mark.parametrize(("password", "offered"), [("wrong", True), (None, False)])
async def test_a_new_password_is_offered_to_the_keyring_after_the_stored_one_failed(
    ridge, demo, tmp_path, monkeypatch, password, offered
):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", keyrings.FILE)
    monkeypatch.setenv(keyrings.PLACE, str(tmp_path / "keyring"))
    instance = demo_instance(demo, "ridge-prod", password_command=None, one_time_code_command=None)
    keyrings.FileKeyring().set_password(SERVICE_NAME, keyring_user(instance), password or ridge.password)

    async def guess(_question):
        return {"otp_code": "000000"}

    async with CrmClient(instance.url) as client:
        with pytest.raises(SignInError) as caught:
            await sign_in(client, instance, SecretStr(password or ridge.password), guess)
    assert ("dazos-tui login" in caught.value.advice) is offered


# -- a session from the browser ---------------------------------------------------------------------------


@pytest.fixture
def harbor(demo):
    return demo.instance("harbor-prod")


async def browser_cookie(instance):
    """Return the session cookie of a browser that is signed in."""
    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        cookie = dict(client._session._cookies)["PHPSESSID"]
        client.detach()
    return cookie


@pytest.mark.parametrize("form", ["PHPSESSID={}", "{}", "Cookie: other=1; PHPSESSID={}; last=2", "  {} "])
async def test_a_session_cookie_works_and_the_browser_stays_signed_in(harbor, form):
    cookie = await browser_cookie(harbor)
    for _ in range(2):
        async with CrmClient(harbor.url) as client:
            await client.resume_session(SecretStr(form.format(cookie)))
            assert (await client.fetch_profile(str(harbor.people[0].id))).user.id
            client.detach()
    assert harbor.sign_in_attempts == 1


async def test_a_cookie_of_an_ended_session_is_reported(harbor):
    cookie = await browser_cookie(harbor)
    harbor.expire_sessions()
    async with CrmClient(harbor.url) as client:
        with pytest.raises(SignInError, match="did not accept this session cookie") as caught:
            await client.resume_session(SecretStr(cookie))
    assert cookie not in str(caught.value)


@pytest.mark.parametrize("text", ["", ";", "a b", "PHPSESSID=", "PHPSESSID=a\r\nX: y", "PHPSESSID=ä", "=x"])
async def test_text_that_is_not_a_cookie_is_not_sent(text):
    async with serving(lambda _: answer(HOME)) as server, CrmClient(server.url) as client:
        with pytest.raises(SignInError, match="not a session cookie"):
            await client.resume_session(SecretStr(text))
    assert server.requests == []


def _seconds_for(count: int) -> float:
    """Return the least processor time of three readings of a form with this many fields."""
    labels = "".join(f"<label for=other{number}>x</label>" for number in range(4 * count))
    fields = "".join(
        f"<input name=r{number % 10} type=radio value={number} id=f{number}>" for number in range(count)
    )
    page = f"<body><form method=post action=index.php>{labels}{fields}<button>Go</button></form>"
    taken = []
    for _ in range(3):
        begun = process_time()
        parse_challenge(page)
        taken.append(process_time() - begun)
    return min(taken)


def test_many_labels_are_parsed_in_linear_time() -> None:
    # In linear time it is eight times as much, in quadratic time sixty-four times.
    assert _seconds_for(2_000) < 32 * _seconds_for(250)
