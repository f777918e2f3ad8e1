"""An instance whose item only a browser can run: from the first start to the first link, in a terminal."""

import sys

import httpx
import pytest

from dazos_tui.config.load import load_config
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import SCRIPT_ITEM
from tests.smoke.terminal import Terminal, needs_tmux

pytestmark = needs_tmux

COOKIE, TOKEN = "k00kie5ecret", "70ken5ecret"


@pytest.fixture
def crm():
    with DemoServer(SCRIPT_ITEM) as server:
        yield server.instances[0]


def copied(crm) -> str:
    """Return the request behind the item as a browser copies it, with 8 KB of cookies."""
    return (
        f"curl '{crm.url}index.php' \\\n"
        "  -H 'Content-Type: application/x-www-form-urlencoded; charset=UTF-8' \\\n"
        f"  -b 'PHPSESSID={COOKIE}; tracker={'x' * 8000}' \\\n"
        "  -H 'X-Requested-With: XMLHttpRequest' \\\n"
        f"  --data-raw '__vtrftk=sid%3A{TOKEN}%2C1700000000&module=Users&parent=Settings&action=SendResetLink"
        "&record=12'"
    )


# Without marks it comes as typed keys, as in GNU screen.
@pytest.mark.parametrize("marked", [True, False], ids=["paste", "typed keys"])
def test_from_the_first_start_to_a_link_to_oneself(crm, tmp_path, marked):
    file, log = tmp_path / "made" / "config.toml", tmp_path / "events.log"
    command = [sys.executable, "-m", "dazos_tui", "--config", str(file), "--state", str(tmp_path / "state")]
    with Terminal([*command, "--log", str(log)], width=80, height=24) as terminal:
        terminal.sees("Welcome to dazos-tui")
        terminal.type("a")
        terminal.sees("Your instance · 1 of 5")
        for text, step in ((crm.url, "Name"), ("acme", "Account"), (crm.username, "▸ Environment")):
            terminal.type(text)
            terminal.press("Enter")
            terminal.sees(step)
        terminal.press("Right", "Right", "Enter")
        terminal.sees("Sign in to acme", "Password")
        terminal.type(crm.password)
        terminal.press("Enter")
        terminal.sees("Press l to teach it", "l teach")
        terminal.type("l")
        terminal.sees("Teach acme · step 4 of 5", "Paste the request")
        terminal.paste(copied(crm), marked=marked)
        shown = terminal.sees("record=◂person▸", "[instances.acme.reset_request]", "Enter keep and check")
        assert not any(secret in shown for secret in (COOKIE, TOKEN))
        assert not file.exists()
        terminal.press("Enter")
        terminal.sees("Keep the list of people here?")
        terminal.press("Enter")
        terminal.sees("acme  STAGING", "52 active")

        terminal.type(crm.username)
        terminal.sees("1 match")
        terminal.press("Enter")
        terminal.sees("User Login & Role")
        terminal.type("s")
        terminal.sees("Send a reset link?", "demo.admin@scripted.example.com", "y send")
        terminal.type("y")
        terminal.sees("Success", "Reset Password Instruction has been sent successfully!")
        terminal.press("F10")
        terminal.ends()
    outbox = f"{crm.url.removesuffix('script-item/')}outbox"
    [mail] = httpx.get(outbox, headers={"Accept": "application/json"}).json()
    assert mail["user_name"] == crm.username
    assert load_config(file).instance("acme").reset_request is not None
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(
        secret.encode() in path.read_bytes() for path in kept for secret in (COOKIE, TOKEN, crm.password)
    )
