"""Teaching an instance the request behind a menu item, pasted from the browser."""

import time
from urllib.parse import quote_plus

import pytest
import tomli_w

from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.crm.request_template import Offered
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.demo.trap_presets import NO_ITEM, SCRIPT_ITEM
from dazos_tui.system.event_log import start_log, stop_log
from dazos_tui.tui.dialogs.dialog import QUIET_SECONDS
from dazos_tui.tui.dialogs.teach import TeachDialog
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk

SIZES = [(120, 40), (80, 24), (45, 20), (40, 15)]
at_all_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")

COOKIE, TOKEN, OTHER_COOKIE = "k00kie5ecret4711", "sid:70ken5ecret,1700000000", "0ther5ecret" * 400
SECRETS = (COOKIE, "70ken5ecret", "0ther5ecret")


@pytest.fixture
def demo():
    with DemoServer(SCRIPT_ITEM) as server:
        yield server


@pytest.fixture
def crm(demo):
    return demo.instances[0]


@pytest.fixture
def file(demo, tmp_path):
    """A config with a comment."""
    return config_file(demo, tmp_path)


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "events.log"
    start_log(file)
    yield file
    stop_log()


@pytest.fixture
def sit_down(file, tmp_path):
    def sit(size=(80, 24)):
        return at_desk(load_config(file), tmp_path, size=size, config_path=file)

    return sit


def config_file(demo, tmp_path):
    file = tmp_path / "config" / "config.toml"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_text("# Ours, with care.\n" + tomli_w.dumps(demo_config(demo.instances)))
    return file


def copied(crm, *, url="", query="", method="", more="", **changes: str) -> str:
    """Return the request behind the item as Chrome copies it on Linux, about 5 KB; some fields may differ."""
    fields = {"__vtrftk": TOKEN, "module": "Users", "parent": "Settings", "action": "SendResetLink"}
    body = {**fields, "record": "12", **changes}
    data = "&".join(f"{name}={quote_plus(value)}" for name, value in body.items() if value)
    return (
        f"curl '{url or crm.url}index.php{query}' \\\n{method}"
        "  -H 'Accept: application/json, text/javascript, */*; q=0.01' \\\n"
        "  -H 'Content-Type: application/x-www-form-urlencoded; charset=UTF-8' \\\n"
        f"  -b 'PHPSESSID={COOKIE}; tracker={OTHER_COOKIE}' \\\n"
        "  -H 'X-Requested-With: XMLHttpRequest' \\\n"
        f"  {more or f'--data-raw {data!r}'}"
    )


async def open_teach(desk: Desk) -> None:
    await desk.loaded()
    await desk.run_from_palette("teach")
    await desk.reads("Teach ", "Paste the request")


async def paste(desk: Desk, text: str) -> None:
    # Most terminals send a line break in a paste as a carriage return.
    desk.paste(text.replace("\n", "\r"))
    await desk.pilot.pause()


async def send_to(desk: Desk, user_name: str) -> None:
    await desk.filter(f"user:{user_name}")
    await desk.open()
    await desk.press("s")
    await desk.asked("never from here")
    await desk.confirm()
    await desk.sees("Success")


@at_all_sizes
async def test_a_pasted_request_is_shown_written_checked_and_used_at_once(crm, file, sit_down, log, size):
    seen = []
    async with sit_down(size) as desk:
        await open_teach(desk)
        seen.append(desk.text)
        await paste(desk, copied(crm))
        await desk.reads("POST index.php", "record=◂person▸", "dropped: cookie, token", "Enter keep")
        seen.append(desk.text)
        await desk.press("pagedown", "pagedown")
        await desk.reads('path = "index.php"', 'record = "{id}"' if size[0] > 40 else '= "{id}"')
        seen.append(desk.text)
        assert "reset_request" not in file.read_text()
        await desk.press("enter")
        await desk.reads(
            "the configured request is used for it", "Send the first link to yourself", "Enter done"
        )
        seen.append(desk.text)
        await desk.press("enter")
        await desk.sees_no("Teach script-item")
        await send_to(desk, crm.username)
        seen.append(desk.text)
    written = file.read_text()
    assert written.startswith("# Ours, with care.\n")
    assert 'record = "{id}"' in written
    assert load_config(file).instance("script-item").reset_request is not None
    assert [mail.user_name for mail in crm.outbox] == [crm.username]
    assert crm.sign_in_attempts == 1
    for text in (*seen, written, log.read_text()):
        assert not any(secret in text for secret in SECRETS)


REFUSED = {
    "another host": ({"url": "https://other.example.com/"}, "other"),
    "a page": ({"query": "?module=Users&view=Detail&record=12", "more": "--compressed"}, "GET"),
    "a file": ({"more": "-F 'photo=@me.png' -F record=12"}, "file"),
    "cut off": ({"more": "--data-raw 'record=12"}, "incomplete"),
    "nobody": ({"record": ""}, "whom the link is for"),
    "a deletion": ({"action": "DeleteAjax"}, "delete"),
}


@pytest.mark.parametrize("wrong", REFUSED)
async def test_what_is_no_reset_request_is_said_and_nothing_is_kept(crm, file, sit_down, wrong):
    changes, said = REFUSED[wrong]
    before = file.read_text()
    async with sit_down() as desk:
        await open_teach(desk)
        await paste(desk, copied(crm, **changes))
        await desk.reads("nothing was kept", "✗ ", "→ ", "Waiting for the next paste")
        assert said in desk.text
        assert not any(secret in desk.text for secret in SECRETS)
        await desk.press("enter")
        await paste(desk, copied(crm))
        await desk.reads("record=◂person▸", "Enter keep")
        await desk.press("escape")
        await desk.sees_no("Teach script-item")
    assert file.read_text() == before


@at_all_sizes
async def test_of_two_numbers_that_may_be_the_person_the_user_chooses(crm, file, sit_down, size):
    async with sit_down(size) as desk:
        await open_teach(desk)
        await paste(desk, copied(crm, record="", target="12", number="31"))
        await desk.reads("who is the person?", "▸ target = 12", "number = 31", "this one")
        await desk.press("down")
        await desk.reads("▸ number = 31")
        await desk.press("up", "up")
        await desk.reads("▸ target = 12")
        assert "reset_request" not in file.read_text()
        await desk.press("enter")
        await desk.reads("target=◂person▸ number=31", "Enter keep")


async def test_ctrl_u_drops_what_was_pasted(crm, file, sit_down):
    async with sit_down() as desk:
        await open_teach(desk)
        await paste(desk, copied(crm))
        await desk.reads("Enter keep")
        await desk.press("ctrl+u")
        await desk.reads("Waiting for the paste")
        await desk.press("enter")
        await desk.settled()
        await desk.reads("Waiting for the paste")
        await desk.press("escape")
        await desk.sees_no("Teach script-item")
    assert "reset_request" not in file.read_text()


async def test_a_paste_that_comes_as_typed_keys_is_read_at_its_end_and_its_enters_answer_nothing(
    crm, file, sit_down
):
    text = copied(crm).replace(OTHER_COOKIE, "0ther5ecret")
    async with sit_down() as desk:
        await open_teach(desk)
        for key in text:
            desk.send("enter" if key == "\n" else key)
        await desk.reads("typed keys")
        assert not any(secret in desk.text for secret in SECRETS)
        await desk.reads("record=◂person▸", "Enter keep")
        # The rest of it, after a pause of the line, must not answer.
        for key in " \n\n":
            desk.send("enter" if key == "\n" else key)
        await desk.reads("nothing was kept", "typed keys", "dazos-tui learn -i script-item --curl FILE")
    assert "reset_request" not in file.read_text()


async def test_typed_keys_that_pause_in_the_middle_are_still_one_paste(file, crm, sit_down):
    text = copied(crm).replace(OTHER_COOKIE, "0ther5ecret")
    async with sit_down() as desk:
        await open_teach(desk)
        begun = 0
        for end in (3, len("curl '"), text.index("5ecret"), text.index("action="), len(text)):
            for key in text[begun:end]:
                desk.send("enter" if key == "\n" else key)
            begun, typed_at = end, time.monotonic()
            await desk.reads("Reading …")
            pause = lambda since=typed_at: time.monotonic() - since > 2 * QUIET_SECONDS  # noqa: E731
            await desk.until(pause, "time stands still")
        await desk.reads("record=◂person▸", "Enter keep")
    assert "reset_request" not in file.read_text()


async def test_the_confirmation_offers_to_teach_where_the_item_has_no_address(crm, file, sit_down):
    async with sit_down() as desk:
        await desk.loaded()
        await desk.filter(crm.username)
        await desk.open()
        await desk.press("m")
        await desk.sees("Send Reset Link  (browser, or teach it)")
        await desk.press("enter")
        await desk.asked("No link can be sent", "l teach it")
        await desk.armed()
        await desk.press("l")
        await desk.reads("No menu of script-item has an address for “Send Reset Link”")
        await paste(desk, copied(crm))
        await desk.reads("Enter keep")
        await desk.press("enter")
        await desk.reads("Enter done")
        await desk.press("enter")
        # The profile shown is read again, so that its item can be run.
        await desk.press("m")
        await desk.sees("Send Reset Link")
        await desk.sees_no("teach it")
        await desk.press("enter")
        await desk.asked("never from here", "y send")
    assert crm.actions_run == []


async def test_a_locked_login_is_taught_its_own_request(crm, file, sit_down):
    person = next(one for one in crm.people if one.active and one.user_name != crm.username)
    crm.accounts.lock(person, time.time())
    async with sit_down() as desk:
        await desk.loaded()
        await desk.filter(f"user:{person.user_name}")
        await desk.open()
        await desk.sees("locked")
        await desk.press("m")
        await desk.sees("Enable Login  (browser, or teach it)")
        await desk.press("end", "enter")
        await desk.sees("Cannot be run from here", "Teach it")
        await desk.pauses()
        await desk.press("tab", "enter")
        await desk.reads("has an address for “Enable Login”", "for a locked login")
        await paste(desk, copied(crm, action="SaveAjax", mode="enableLogin"))
        await desk.reads("[instances.script-item.enable_login_request]", "Enter keep")
        await desk.press("enter")
        await desk.reads("Written")
    assert load_config(file).instance("script-item").enable_login_request is not None
    assert load_config(file).instance("script-item").reset_request is None


async def test_where_no_menu_shows_the_item_it_can_be_offered_always(tmp_path):
    with DemoServer(NO_ITEM) as demo:
        crm, file = demo.instances[0], config_file(demo, tmp_path)
        async with at_desk(load_config(file), tmp_path, size=(80, 24), config_path=file) as desk:
            await open_teach(desk)
            await paste(desk, copied(crm))
            await desk.reads("Enter keep")
            await desk.press("enter")
            await desk.reads("is not in the menu of an active account", "Press a to offer the link")
            await desk.press("a")
            await desk.reads("Send the first link to yourself", "Enter done")
            await desk.press("enter")
            await send_to(desk, crm.username)
        template = load_config(file).instance("no-item").reset_request
        assert template is not None
        assert template.offered is Offered.ALWAYS
        assert [mail.user_name for mail in crm.outbox] == [crm.username]


async def test_the_confirmation_offers_to_teach_where_no_menu_shows_the_item(tmp_path):
    with DemoServer(NO_ITEM) as demo:
        crm, file = demo.instances[0], config_file(demo, tmp_path)
        async with at_desk(load_config(file), tmp_path, size=(45, 20), config_path=file) as desk:
            await desk.loaded()
            await desk.filter(crm.username)
            await desk.open()
            await desk.press("s")
            await desk.asked("l teach")
            await desk.armed()
            await desk.press("l")
            await desk.reads("No menu of no-item shows “Send Reset Link”")
            await paste(desk, copied(crm))
            await desk.press("pagedown", "pagedown")
            await desk.reads('offered = "always"', "for every active person")
            await desk.press("enter")
            await desk.reads("Enter done")


async def test_without_a_config_file_it_says_why_not(demo, crm, tmp_path):
    async with at_desk(config_of(demo_instance(demo, crm.name)), tmp_path, size=(80, 24)) as desk:
        await desk.loaded()
        await desk.run_from_palette("teach")
        await desk.sees("Nothing can be taught here", "no config file")
        await desk.filter(crm.username)
        await desk.open()
        await desk.press("s")
        await desk.asked("l teach it")
        await desk.armed()
        await desk.press("l")
        await desk.sees("Nothing can be taught here")
        assert not isinstance(desk.app.screen, TeachDialog)


async def test_a_config_that_cannot_be_written_is_said(crm, file, sit_down):
    async with sit_down() as desk:
        await open_teach(desk)
        await paste(desk, copied(crm))
        await desk.reads("Enter keep")
        file.write_text(file.read_text().replace("script-item]", "renamed]"))
        before = file.read_text()
        await desk.press("enter")
        await desk.reads("nothing was kept", "There is no instance “script-item”")
    assert file.read_text() == before


async def test_the_lock_ends_it(crm, file, sit_down):
    async with sit_down() as desk:
        await open_teach(desk)
        await paste(desk, copied(crm, record="", target="12", number="31"))
        await desk.reads("who is the person?")
        await desk.app.idle_lock.lock()
        await desk.sees("Signed out")
        assert "target" not in desk.text
    assert "reset_request" not in file.read_text()


@pytest.mark.parametrize("size", [(80, 24), (45, 20)], ids=str)
async def test_the_first_run_teaches_before_anything_is_written(crm, tmp_path, size):
    file = tmp_path / "made" / "config.toml"
    async with at_desk(Config(), tmp_path, size=size, config_path=file) as desk:
        await desk.sees("Welcome to dazos-tui")
        await desk.press("a")
        await desk.sees("Your instance · 1 of 5")
        await desk.fill_in("acme", crm.url, crm.username, environment=1)
        await desk.press("enter")
        await desk.sees("Sign in to acme")
        await desk.type(crm.password)
        await desk.press("enter")
        await desk.reads("has no address", "Press l to teach it", "l teach")
        await desk.press("l")
        await desk.reads("Teach acme · step 4 of 5", "Waiting for the paste")
        await paste(desk, copied(crm))
        await desk.reads("Enter keep")
        assert not file.exists()
        await desk.press("enter")
        await desk.keep_lists()
        await desk.sees("Send the first link to yourself.")
        await desk.loaded()
        await send_to(desk, crm.username)
    assert load_config(file).instance("acme").reset_request is not None
    assert "[instances.acme.reset_request]" in file.read_text()
    assert crm.sign_in_attempts == 1
