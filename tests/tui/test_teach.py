"""Teaching an instance the request behind a menu item, pasted from the browser."""

import pytest
import tomli_w
from textual.events import Paste

from dazos_tui.config.load import load_config
from dazos_tui.crm.request_template import Offered
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.demo.trap_presets import SCRIPTED
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk

SIZES = [(120, 40), (80, 24), (45, 20), (40, 15)]
at_all_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")

COOKIE, TOKEN, PASSWORD = "k00kie5ecret4711", "sid:70ken5ecret,1700000000", "pa55word5ecret"


@pytest.fixture
def demo():
    with DemoServer(SCRIPTED) as server:
        yield server


@pytest.fixture
def crm(demo):
    return demo.instances[0]


@pytest.fixture
def file(demo, tmp_path):
    """A config with a comment."""
    file = tmp_path / "config" / "config.toml"
    file.parent.mkdir(mode=0o700)
    file.write_text("# Ours, with care.\n" + tomli_w.dumps(demo_config(demo.instances)))
    return file


@pytest.fixture
def sit_down(file, tmp_path):
    def sit(size=(80, 24)):
        return at_desk(load_config(file), tmp_path, size=size, config_path=file)

    return sit


def any_user(crm):
    mine = {crm.username, crm.non_admin.username}
    return next(one for one in crm.people if one.active and one.email1 and one.user_name not in mine)


def copied(crm, *, url="", query="module=Users&action=SendResetLink", body="record=12", more="") -> str:
    """Return a request as Chrome copies it on Linux."""
    return (
        f"curl '{url or crm.url}index.php?{query}' \\\n"
        "  -H 'Accept: application/json, text/javascript, */*; q=0.01' \\\n"
        "  -H 'Content-Type: application/x-www-form-urlencoded; charset=UTF-8' \\\n"
        f"  -b 'PHPSESSID={COOKIE}' \\\n"
        "  -H 'X-Requested-With: XMLHttpRequest' \\\n"
        f"  --data-raw '__vtrftk={TOKEN.replace(':', '%3A').replace(',', '%2C')}&{body}' {more}"
    )


async def open_teach(desk: Desk) -> None:
    await desk.loaded()
    await desk.press("ctrl+p")
    await desk.sees("Search for commands")
    await desk.type("teach")
    await desk.press("enter")
    await desk.sees("Teach scripted-prod", "Waiting for the paste")


async def paste(desk: Desk, text: str) -> None:
    desk.app.post_message(Paste(text))
    await desk.pilot.pause()


@at_all_sizes
async def test_a_pasted_request_is_shown_kept_checked_and_used_at_once(crm, file, sit_down, size):
    async with sit_down(size) as desk:
        await open_teach(desk)
        await paste(desk, copied(crm))
        await desk.reads("POST index.php", "would be written, nothing is sent", "Enter keep")
        print(desk.text)
        await desk.press("enter")
        await desk.reads("Written to")
        await desk.reads("Send the first link to yourself")
        print(desk.text)
    assert 0
