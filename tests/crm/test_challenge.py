"""What a CRM may ask for during a sign-in, and the answers."""

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import CrmError, SignInError, UnexpectedPageError
from dazos_tui.crm.models import ChallengeField, ChallengeFieldKind, SubmitButton
from dazos_tui.crm.pages.challenge import is_settings_change, is_settings_page, parse_challenge
from dazos_tui.crm.pages.login import HtmlForm
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
        "<input name=otp autocomplete=off>",
        "<input name=otp autocomplete=' On '>",
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


FIELD = ChallengeFieldKind


def field(name: str, label: str, kind: ChallengeFieldKind = FIELD.TEXT, **more: Any) -> ChallengeField:
    return ChallengeField(name, label, kind, **more)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<input name=a><textarea name=b></textarea>", [field("a", "a"), field("b", "b")]),
        ("<input type=PASSWORD name=a>", [field("a", "a", FIELD.SECRET)]),
        ("<input name=a placeholder=P aria-label=A>", [field("a", "P")]),
        ("<input name=a aria-label=A>", [field("a", "A")]),
        ("<input name=''>", [field("", "a field without a name")]),
        ("<input name='a\x1b' placeholder='p\x1b'>", [field("a\x1b", "p\ufffd")]),
        ("<label for=x>One</label><label for=x>Two</label><input id=x name=a>", [field("a", "One")]),
        ("<label for=''>One</label><input name=a>", [field("a", "a")]),
        ("<label for=x> </label><label>In<input id=x name=a></label>", [field("a", "In")]),
        ("<label><b><input name=a></b>In</label>", [field("a", "a")]),
        ("<input name=a><input name=a type=password>", [field("a", "a", FIELD.SECRET)]),
        *(
            (f"<input name=a><input name=x type={kind}>", [field("a", "a")])
            for kind in ("hidden", "SUBMIT", "button", "image", "reset", "file")
        ),
        (
            "<input type=checkbox name=a value=1 checked>",
            [field("a", "a", FIELD.CHECKBOX, choices=(("1", "a"),), selected_index=0)],
        ),
        (
            "<input type=checkbox name=code value=''>",
            [field("code", "code", FIELD.CHECKBOX, choices=(("", "code"),))],
        ),
        (
            "<select name=a><option value=1>A<option selected>B<option value='' selected>C</select>",
            [field("a", "a", FIELD.CHOICE, choices=(("1", "A"), ("B", "B"), ("", "C")), selected_index=1)],
        ),
        (
            "<select name=a><option value=1 selected>A<option value=2 selected>B</select>",
            [field("a", "a", FIELD.CHOICE, choices=(("1", "A"), ("2", "B")), selected_index=1)],
        ),
        (
            "<fieldset><legend>L</legend><div><input type=Radio name='a\x1b' checked><input type=radio "
            "name='a\x1b' value=2></div></fieldset>",
            [
                field(
                    "a\x1b",
                    "L",
                    FIELD.CHOICE,
                    choices=(("on", "a\ufffd"), ("2", "a\ufffd")),
                    selected_index=0,
                )
            ],
        ),
        (
            "<fieldset><input type=radio name=a\x1b></fieldset>",
            [field("a\x1b", "a\ufffd", FIELD.CHOICE, choices=(("on", "a\ufffd"),))],
        ),
        (
            "<input name=a><input type=radio name=a value=1>",
            [field("a", "a", FIELD.CHOICE, choices=(("1", "a"),))],
        ),
    ],
)
def test_fields_have_the_pages_names_labels_and_values(inside: str, expected: list[ChallengeField]) -> None:
    assert list(prompts(asking(inside))) == expected


def test_a_legend_outside_of_the_form_is_not_the_groups_title() -> None:
    radio = "<input type=radio name=a value=1>"
    [prompt] = prompts(f"<fieldset><legend>L</legend>{asking(radio)}</fieldset>")
    assert prompt.label == "a"


def test_a_challenge_has_largest_sizes() -> None:
    inside = "".join(f"<input name=a{number}>" for number in range(11))
    assert [prompt.name for prompt in prompts(asking(inside + "<input type=password name=a9>"))] == [
        f"a{number}" for number in range(10)
    ]
    assert prompts(asking(inside + "<input type=password name=a9>"))[9].kind is FIELD.SECRET
    radios = "".join(f"<input type=radio name=r value={number}>" for number in range(201))
    options = "<option disabled>" + "".join(f"<option>{number}" for number in range(201))
    found = prompts(asking(f"{radios}<input name=b><select name=s>{options}</select>"))
    assert [len(prompt.choices) for prompt in found] == [200, 0, 200]
    assert [prompt.choices[-1:] for prompt in found] == [(("199", "r"),), (), (("199", "199"),)]
    buttons = "".join(f"<button>{number}</button>" for number in range(11))
    parsed = parse_challenge(asking(buttons, f"<p>{'x' * 601}</p>"))
    assert parsed is not None
    assert [button.label for button in parsed[0].buttons] == [str(number) for number in range(10)]
    assert parsed[0].text == "x" * 599 + "…"


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("<button name=a value=b title=c aria-label=d>\n</button>", SubmitButton("a", "b", "d")),
        ("<button name=a value=b title=c></button>", SubmitButton("a", "b", "c")),
        ("<button name=a value=b></button>", SubmitButton("a", "b", "b")),
        ("<button name=a></button>", SubmitButton("a", "", "a")),
        ("<button></button>", SubmitButton("", "", "Continue")),
        ("<button type=menu>Go</button>", SubmitButton("", "", "Go")),
        (f"<button>{'x' * 81}</button>", SubmitButton("", "", "x" * 79 + "…")),
        ("<input type=submit title='a\x1b'>", SubmitButton("", "", "a\ufffd")),
    ],
)
def test_a_button_has_a_label(button: str, expected: SubmitButton) -> None:
    found = parse_challenge(asking(button))
    assert found is not None
    assert found[0].buttons == (expected,)


def test_the_text_of_a_page_leaves_out_what_is_shown_elsewhere() -> None:
    around = (
        "<p><style>a</style><script>b</script></p><label>c</label><button>d</button><select><option>e</select>"
        "<fieldset><legend>All</legend><fieldset><legend>f</legend></fieldset></fieldset><p>Hello</p><p>you\x1b</p>"
    )
    inside = "<fieldset><legend>g</legend><input type=radio name=r value=1></fieldset>Sign <b>in</b>"
    found = parse_challenge(asking(inside, around))
    assert found is not None
    assert found[0].text == "All f Hello you\ufffd Sign in"


def test_a_choice_without_options_is_named() -> None:
    label = "L" * 81
    for around, more in (("", ""), ("<p>Where?</p>", " It says: Where?")):
        with pytest.raises(UnexpectedPageError) as caught:
            parse_challenge(asking(f"<label for=c>{label}</label><select id=c name=c></select>", around))
        assert str(caught.value) == (
            f"The CRM asks for something more, but gives nothing to choose from for “{'L' * 79}…”.{more}"
        )
        assert caught.value.advice == (
            'Sign in with a browser. If it asks each time, set auth = "cookie" for this instance in the '
            "config, which uses the session of your browser."
        )


@pytest.mark.parametrize(
    ("action", "fields", "changes"),
    [
        ("index.php?action=SystemSetupSave", {}, True),
        ("//[?action=SystemSetupSave#x?action=Login", {}, True),
        ("//[", {}, False),
        ("index.php?action=UserSetupSave&action=Other", {}, True),
        ("index.php?action=saveajax", {}, True),
        ("index.php?action=SaveOther", {}, True),
        ("index.php?action=Other", {"action": "Save "}, True),
        ("index.php?action=Unsaved", {"action": 7}, False),
        ("index.php?mode=Save", {"mode": "Save"}, False),
        ("Save.php", {}, False),
        ("", {"packages[Tools]": "on"}, True),
        ("", {"Currency_name": ""}, True),
        ("", {"x_modules": ""}, True),
        ("", {"mypackages": "", "modulesque": ""}, False),
        ("", {}, False),
    ],
)
def test_a_form_that_changes_settings(action: str, fields: dict[str, object], *, changes: bool) -> None:
    assert is_settings_change(action, fields) is changes
    inside = "".join(f"<input name='{name}' value='{value}' type=hidden>" for name, value in fields.items())
    html = asking(inside + "<button>Go</button>").replace("index.php", action)
    assert is_settings_page(html) is changes
    assert (parse_challenge(html) is None) is changes


@pytest.mark.parametrize(
    "field", ["<select name=packages>", "<textarea name=packages>", "<button name=packages>"]
)
def test_every_kind_of_field_can_be_a_setting(field: str) -> None:
    assert is_settings_page(asking(f"<input name=a>{field}"))


def test_the_form_with_fields_is_the_challenge() -> None:
    first, second = (f"<form METHOD=Post action={name}.php>%s</form>" for name in ("first", "second"))
    search = "<form action=search.php><input name=q></form><form method=dialog><input name=q></form>"
    found = parse_challenge(search + first % "<button>Go</button>" + second % "<input name=a>")
    assert found is not None
    assert found[1] == HtmlForm("second.php", {})
    found = parse_challenge(search + first % "" + second % "<button>Go</button>")
    assert found is not None
    assert found[1] == HtmlForm("second.php", {})
    for link in ("?view=Login", "#"):
        assert parse_challenge(f"<a href='{link}'>Sign in</a>{second % '<input name=a>'}") is not None
    assert not is_settings_page("<p>Hello</p>")


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
