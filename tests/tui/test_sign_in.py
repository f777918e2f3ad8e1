"""Signing in in the app: passwords, challenges and browser sessions."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.store import HistoryStore
from tests.challenge_server import gate
from tests.crm.html import HOME, LOGIN
from tests.crm.servers import answer, serving
from tests.support import config_of, demo_instance, eventually
from tests.tui.app_driver import at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


async def browser_cookie(instance):
    async with CrmClient(instance.url) as client:
        await client.sign_in(instance.username, SecretStr(instance.password))
        return dict(client._session._cookies)["PHPSESSID"]


async def test_the_command_gives_the_one_time_code(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    async with at_desk(config_of(demo_instance(demo, "ridge-prod")), tmp_path) as desk:
        await desk.loaded()
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (1, 1)


async def test_without_a_command_the_box_asks_in_the_crms_words(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    config = config_of(demo_instance(demo, "ridge-prod", one_time_code_command=None))
    async with at_desk(config, tmp_path, size=(45, 20)) as desk:
        await desk.sees(
            "Needs one more step", "ridge-prod ·", "PRODUCTION", "One-time code", "Continue (Enter)"
        )
        await desk.press("enter")
        await desk.sees("“One-time code” is still empty.", "Continue (Enter)")
        assert ridge.code_attempts == 0
        await desk.type("000000")
        assert "000000" not in desk.text
        await desk.press("enter")
        await desk.sees("This code is not right.")
        await desk.type(ridge.one_time_code)
        await desk.press("enter")
        await desk.loaded()
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (2, 1)


async def test_quitting_at_the_challenge_leaves_no_session_open(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    config = config_of(demo_instance(demo, "ridge-prod", one_time_code_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("ridge-prod needs one more step")
    assert eventually(lambda: sum("action=Logout" in request.query for request in ridge.requests) == 1)


async def test_cancelling_the_challenge_leaves_no_session_open(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    config = config_of(demo_instance(demo, "ridge-prod", one_time_code_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("ridge-prod needs one more step")
        await desk.press("escape")
        await desk.sees("Not signed in", "Nobody answered it")
        assert sum("action=Logout" in request.query for request in list(ridge.requests)) == 1


async def test_after_a_wrong_code_from_the_command_the_user_is_asked(demo, tmp_path):
    ridge = demo.instance("ridge-prod")
    config = config_of(demo_instance(demo, "ridge-prod", one_time_code_command=["echo", "000000"]))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("ridge-prod needs one more step", "This code is not right.")
        assert ridge.code_attempts == 1
        await desk.press("escape")
        await desk.sees("Not signed in", "asks for something more", "Nobody answered it")
    assert ridge.code_attempts == 1


@pytest.mark.parametrize("size", [(120, 40), (40, 15)])
async def test_after_a_wrong_password_the_box_asks_again_with_the_reason(demo, tmp_path, size):
    harbor = demo.instance("harbor-prod")
    config = config_of(demo_instance(demo, password_command=None))
    async with at_desk(config, tmp_path, size=size) as desk:
        await desk.sees("─ Sign in ", "harbor-prod · ")
        for tries, said in ((1, "Try 1"), (2, "Try 2")):
            box = desk.app.screen
            await desk.type("wrong")
            await desk.press("enter")
            await desk.until(lambda box=box: desk.app.screen is not box, "the box stays")
            await desk.sees("harbor-prod · ", said, "many.", "Password", "Cancel (Esc)")
            assert harbor.sign_in_attempts == tries
        await desk.type(harbor.password)
        await desk.press("enter")
        await desk.loaded()
    assert [one.succeeded for one in harbor.accounts.attempts] == [False, False, True]


async def test_cancelling_after_a_wrong_password_shows_not_signed_in(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    config = config_of(demo_instance(demo, password_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        await desk.type("wrong")
        await desk.press("enter")
        await desk.sees("did not accept this user name")
        await desk.press("escape")
        await desk.sees("Nobody is signed in.")
        await desk.press("escape")
        await desk.sees("not signed in, F5 signs in")
        assert "INCOMPLETE" not in desk.text
    assert harbor.sign_in_attempts == 1


async def test_a_wrong_password_from_a_command_is_tried_once(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    config = config_of(demo_instance(demo, password_command=["echo", "wrong"]))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Not signed in", "did not accept this user name")
        await desk.press("escape")
        await desk.sees("not signed in, F5 signs in")
    assert harbor.sign_in_attempts == 1


async def test_more_fields_of_the_sign_in_form_are_asked_before_the_password_is_sent(tmp_path):
    with DemoServer(replace(HARBOR, users=45, asks_at_sign_in=True)) as server:
        harbor = server.instance("harbor-prod")
        async with at_desk(config_of(demo_instance(server)), tmp_path, size=(45, 20)) as desk:
            await desk.sees("Needs one more step", "Type the letters K7M2")
            assert harbor.sign_in_attempts == 0
            await desk.type("K7M2")
            await desk.press("enter")
            await desk.loaded()
        assert [one.succeeded for one in harbor.accounts.attempts] == [True]


OPTIONAL = LOGIN.replace("</form></body>", "<label>Code <input name=code></label></form></body>")


async def test_a_second_enter_leaves_an_optional_field_empty(demo, tmp_path):
    posted = []

    def crm(asked):
        if asked.method == "POST":
            posted.append(asked.body)
            return answer(HOME)
        return answer(OPTIONAL)

    async with serving(crm) as server:
        instance = demo_instance(demo, url=server.url, password_command=["echo", "secret"])
        async with at_desk(config_of(instance), tmp_path) as desk:
            await desk.sees("one more step")
            await desk.press("enter")
            await desk.sees("“Code” is still empty. Press Enter again to leave it empty.")
            assert not posted
            await desk.press("enter")
            await desk.until(lambda: posted, "nothing was posted")
    assert posted[0].endswith("&code=&username=demo.admin&password=secret")


# -- challenges of any kind -------------------------------------------------------------------------------


@asynccontextmanager
async def asked(demo, state, inside, around="", size=(45, 20)):
    """Show a challenge with this form; yield the desk and the server that gets the answers."""
    with gate(inside, around) as door:
        instance = demo_instance(demo, url=door.url, password_command=["echo", "secret"])
        async with at_desk(config_of(instance), state, size=size) as desk:
            await desk.sees("one more step")
            yield desk, door


async def assert_answered(desk, door, **fields):
    """Wait until the CRM has an answer, and check that it is this one."""
    await desk.until(lambda: door.answers, "nothing was answered")
    assert door.answers == [fields]


TERMS = "<button name=do value=no>Decline</button><button name=do value=yes>I accept</button>"


async def test_enter_presses_none_of_several_buttons(demo, tmp_path):
    async with asked(demo, tmp_path, TERMS, "<p>The terms.</p>") as (desk, door):
        await desk.sees("The terms.", "Decline", "I accept")
        assert desk.app.focused.id == "cancel"
        await desk.press("shift+tab")
        assert str(desk.app.focused.label) == "I accept"
        await desk.press("enter")
        await assert_answered(desk, door, do="yes")


async def test_enter_in_a_field_presses_none_of_several_buttons(demo, tmp_path):
    async with asked(demo, tmp_path, f"<input name=x>{TERMS}") as (desk, door):
        await desk.type("abc")
        await desk.press("enter")
        await desk.sees("Now choose a button")
        await desk.press("tab", "enter")
        await assert_answered(desk, door, x="abc", do="no")


async def test_a_button_pressed_twice_is_sent_without_the_fields(demo, tmp_path):
    async with asked(demo, tmp_path, f"<label>Code <input name=x></label>{TERMS}") as (desk, door):
        await desk.press("tab", "enter")
        await desk.sees("“Code” is still empty. Press", "again")
        await desk.press("tab", "enter")
        await desk.sees("“Code” is still empty. Press", "again")
        assert not door.answers
        # A button ignores a second press while it is still shown as pressed.
        await desk.until(lambda: not desk.app.focused.has_class("-active"), "the button stays pressed")
        await desk.press("enter")
        await assert_answered(desk, door, x="", do="yes")


async def test_a_single_button_has_its_own_label(demo, tmp_path):
    long = "I have read the terms [/] and accept all of them"
    async with asked(demo, tmp_path, f"<button name=do value=yes>{long}</button>") as (desk, door):
        await desk.sees("I have read the terms [/]", "all of them (Enter)")
        await desk.press("enter")
        await assert_answered(desk, door, do="yes")


async def test_a_choice_without_options_is_reported(demo, tmp_path):
    with gate("<label for=c>Branch</label><select id=c name=c></select>") as door:
        instance = demo_instance(demo, url=door.url, password_command=["echo", "secret"])
        async with at_desk(config_of(instance), tmp_path) as desk:
            await desk.sees("nothing to choose from", "“Branch”", "Sign in with a browser.")


async def test_space_ticks_and_enter_continues(demo, tmp_path):
    terms = "I have read the general terms and conditions of this service, and I agree to all of them."
    ticks = f"<label><input type=checkbox name=ok>{terms}</label><input type=checkbox name=stay checked>"
    async with asked(demo, tmp_path, ticks) as (desk, door):
        await desk.sees("[ ] I have read the general terms", "to all of them.", "[x] stay")
        await desk.press("space")
        await desk.sees("[x] I have read")
        await desk.press("enter", "space")
        await desk.sees("[ ] stay")
        await desk.press("enter")
        await assert_answered(desk, door, ok="on")


OPTIONS = "<option value=a>Ash</option><option value=b{}>Birch</option><option value=c>Cedar</option>"


async def test_a_choice_starts_at_the_pages_default(demo, tmp_path):
    async with asked(demo, tmp_path, f"<select name=t>{OPTIONS.format(' selected')}</select>") as (
        desk,
        door,
    ):
        await desk.sees("Ash", "Birch", "Cedar")
        await desk.press("enter")
        await assert_answered(desk, door, t="b")


async def test_nothing_is_chosen_without_a_default(demo, tmp_path):
    async with asked(demo, tmp_path, f"<select name=tree>{OPTIONS.format('')}</select>") as (desk, door):
        await desk.sees("Ash", "Birch", "Cedar")
        await desk.press("enter")
        await desk.sees("Nothing is chosen yet for “tree”.")
        await desk.press("tab", "enter")
        await desk.sees("Nothing is chosen yet for “tree”.")
        assert not door.answers
        await desk.press("down", "down", "enter")
        await assert_answered(desk, door, tree="b")


async def test_a_large_form_scrolls_with_its_buttons_visible(demo, tmp_path):
    words = f"<p>{'Many words. ' * 30}</p>"
    select = f"<label for=t>Tree</label><select id=t name=t>{OPTIONS.format('')}</select>"
    fields = "".join(f"<label>Field {number} <input name=f{number}></label>" for number in range(6))
    async with asked(demo, tmp_path, f"{fields}{select}<button>Send</button>", words) as (desk, door):
        for number in range(6):
            await desk.sees(f"Field {number}", "Send (Enter)", "Cancel (Esc)")
            await desk.type(str(number))
            await desk.press("enter")
        await desk.sees("Tree", "Cedar", "Send (Enter)", "Cancel (Esc)")
        await desk.press("down", "enter")
        await assert_answered(desk, door, **{f"f{number}": str(number) for number in range(6)}, t="a")


async def test_many_buttons_leave_the_field_visible(demo, tmp_path):
    words = f"<p>{'Many words. ' * 30}</p>"
    buttons = "".join(f"<button name=do value={number}>Branch {number}</button>" for number in range(10))
    form = f"<label>Code <input name=x></label>{buttons}"
    async with asked(demo, tmp_path, form, words) as (desk, door):
        await desk.sees("Code", "Branch 0")
        await desk.type("1")
        await desk.press(*["tab"] * 10)
        await desk.sees("Branch 9")
        await desk.press("enter")
        await assert_answered(desk, door, x="1", do="9")


async def test_a_third_wrong_code_shows_advice_about_codes(demo, tmp_path):
    config = config_of(demo_instance(demo, "ridge-prod", one_time_code_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("ridge-prod needs one more step")
        for said in ("This code is not right.", "This code is not right.", "did not accept this answer"):
            asked = desk.app.screen
            await desk.type("000000")
            await desk.press("enter")
            await desk.until(lambda asked=asked: desk.app.screen is not asked, "the question stays")
            await desk.sees(said)
        await desk.sees("wait for a new code", "Each failed try counts")
        assert "Check user name" not in desk.text


# -- a session from the browser ---------------------------------------------------------------------------


async def test_a_browser_session_cookie_works_and_stays_signed_in(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    cookie = await browser_cookie(harbor)
    config = config_of(demo_instance(demo, auth="cookie", password_command=None))
    for _ in range(2):
        async with at_desk(config, tmp_path) as desk:
            await desk.sees("Sign in to harbor-prod", "copy the cookie PHPSESSID", "Session cookie")
            await desk.type(cookie)
            assert cookie not in desk.text
            await desk.press("enter")
            await desk.loaded()
    assert harbor.sign_in_attempts == 1


async def test_a_session_that_ended_in_the_browser_is_reported(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    cookie = await browser_cookie(harbor)
    config = config_of(
        demo_instance(demo, auth="cookie", cookie_command=["echo", cookie], password_command=None)
    )
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        harbor.expire_sessions()
        await desk.press("f5")
        await desk.sees("Not signed in", "did not accept this session cookie", "copy the cookie again")


async def test_the_user_of_a_browser_session_is_not_guessed(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    cookie = await browser_cookie(harbor)
    instance = demo_instance(
        demo, auth="cookie", cookie_command=["echo", cookie], password_command=None, username="somebody.else"
    )
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.loaded()
        await desk.sees("somebody.else (browser session)")
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.sees("< 1 min")
    with HistoryStore(tmp_path / "history.db") as store:
        assert [entry.request.operator for entry in store.search()] == ["somebody.else (browser session)"]
