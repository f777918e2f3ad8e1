"""The steps to an instance: where one is, what was answered, what is wrong and with what."""

from pathlib import Path

import pytest
import tomli_w

from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.tui.dialogs.guarded_layout import KeyHint
from dazos_tui.tui.dialogs.key_line import packed
from tests.tui.app_driver import Desk, at_desk

WIDE = [(120, 40), (80, 24)]
NARROW = [(45, 20), (40, 15)]


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def sit_down(demo, tmp_path):
    """Return what sits somebody down at the first step, where nothing is configured yet."""

    def sit(size):
        file = tmp_path / "made" / "config.toml"
        return at_desk(Config(), tmp_path, size=size, config_path=file)

    return sit


async def begin(desk: Desk) -> None:
    await desk.sees("Welcome to dazos-tui")
    await desk.press("a")
    await desk.sees("Your instance · 1 of 5")


@pytest.mark.parametrize("size", WIDE, ids=str)
async def test_all_steps_are_rows_and_those_done_keep_their_answer(sit_down, size):
    async with sit_down(size) as desk:
        await begin(desk)
        await desk.sees(
            "▸ Address", "  Account   ", "  Environment  ", "  Check  ", "  Write  ", "config.toml"
        )
        assert "✓" not in desk.text
        await desk.fill_in(
            "acme", "https://crm.example.com/index.php?module=Users", "kim.lead", environment=1
        )
        await desk.sees(
            "Your instance · 3 of 5",
            "✓ Address      https://crm.example.com/ · acme",
            "✓ Account      kim.lead, password from the keyring, else asked for",
            "▸ Environment  ( ) production  (•) staging",
            "←→ choose   Enter check   Shift+Tab back   Esc leave",
        )


@pytest.mark.parametrize("size", [*WIDE, *NARROW], ids=str)
async def test_shift_tab_goes_back_and_nothing_typed_is_lost(sit_down, size):
    async with sit_down(size) as desk:
        await begin(desk)
        await desk.fill_in("acme", "https://crm.example.com/", "kim.lead", environment=2)
        await desk.press("shift+tab")
        await desk.sees("2 of 5", "▸ Account", "kim.lead")
        await desk.press("shift+tab")
        await desk.sees("1 of 5", "▸ Name", "acme")
        await desk.press("shift+tab", "shift+tab")
        await desk.sees("▸ Address", "https://crm.example.com/")
        await desk.press("tab", "tab", "tab")
        await desk.sees("3 of 5", "(•) sandbox")
        await desk.press("tab", "tab", "tab")
        await desk.sees("4 of 5", "▸ Check", "Enter check")
        assert "answers" not in desk.text


@pytest.mark.parametrize("size", NARROW, ids=str)
async def test_a_step_is_a_screen_on_a_narrow_terminal(sit_down, size):
    async with sit_down(size) as desk:
        await begin(desk)
        rows = desk.frame
        assert len(rows) == size[1]
        assert rows[0].startswith("╭─ Your instance · 1 of 5 ─")
        assert rows[-1].startswith("╰─ Enter next   Esc leave ─")
        assert "Account" not in desk.text
        await desk.fill_in("acme", "https://crm.example.com/", "kim.lead", environment=0)
        await desk.sees("3 of 5", "(•) production")
        rows = desk.frame
        assert [row.strip("│ ") for row in rows[1:5]] == [
            "▸ Environment", "(•) production", "( ) staging", "( ) sandbox"
        ]  # fmt: skip
        assert "←→ choose   Enter check" in rows[-2]
        assert "Shift+Tab back   Esc leave" in rows[-1]


@pytest.mark.parametrize("size", [*WIDE, *NARROW], ids=str)
async def test_what_is_wrong_is_said_directly_under_its_field(sit_down, size):
    async with sit_down(size) as desk:
        await begin(desk)
        await desk.press("enter")
        await desk.sees("✗ Address is still missing.")
        await desk.type("crm.example.com")
        await desk.sees_no("✗")
        await desk.press("enter")
        await desk.reads("✗ Address does not start with https:// (or http://).")
        below = next(at for at, row in enumerate(desk.frame) if "✗" in row)
        assert "crm.example.com" in desk.frame[below - 1]


@pytest.mark.parametrize("size", [*WIDE, *NARROW], ids=str)
async def test_a_failed_check_opens_under_its_row_and_enter_goes_to_what_to_change(demo, sit_down, size):
    harbor = demo.instance("harbor-prod")
    async with sit_down(size) as desk:
        await begin(desk)
        await desk.fill_in("acme", f"{demo.url}/", harbor.username, environment=2)
        await desk.press("enter")
        await desk.reads(
            "4 of 5", "▸ Check", "✗ What answers at", "Enter change address", "→ Compare the address"
        )
        await desk.press("enter")
        # On a narrow screen, the check itself is out of sight.
        await desk.reads("1 of 5", "▸ Address", "✗ What answers at", "Compare the address of the instance")
        await desk.press("end")
        await desk.type("harbor-prod")
        await desk.sees_no("✗")
        await desk.press("enter", "enter", "enter", "enter")
        await desk.sees("Sign in to acme", "SANDBOX")


async def test_a_click_on_a_row_goes_there(sit_down):
    async with sit_down((80, 24)) as desk:
        await begin(desk)
        await desk.fill_in("acme", "https://crm.example.com/", "kim.lead", environment=0)
        await desk.click("✓ Account")
        await desk.sees("2 of 5", "▸ Account")
        await desk.click("  Write  ")
        await desk.click("✓ Environment")
        await desk.sees("3 of 5", "▸ Environment")


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"password_command": ["pass", "show", "crm"]}, "password from pass"),
        (
            {"password_env": "CRM_PASSWORD", "password_command": None},
            "password from the variable CRM_PASSWORD",
        ),
        ({"password_command": None, "keyring": False}, "password asked for"),
        ({"password_command": None}, "password from the keyring, else asked for"),
        ({"password_command": None, "auth": "cookie"}, "with a browser's session"),
    ],
)
async def test_the_account_says_where_the_password_comes_from(demo, tmp_path, changes, source):
    file = tmp_path / "config.toml"
    table = demo_config(demo.instances)["instances"]["harbor-prod"] | changes
    tables = {"harbor-prod": {key: value for key, value in table.items() if value is not None}}
    file.write_text(tomli_w.dumps({"instances": {**tables, "other": {**tables["harbor-prod"]}}}))
    config = load_config(file)
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f4")
        await desk.sees("Change harbor-prod · 1 of 5", "▸ Address", f"✓ Account      demo.admin, {source}")
        assert "Name" not in "".join(desk.frame)


@pytest.mark.parametrize("size", [*WIDE, *NARROW], ids=str)
async def test_the_welcome_names_its_letters_and_says_last_where_it_would_write(tmp_path, size):
    file = Path.home() / ".config" / "dazos-tui" / "config.toml"
    async with at_desk(Config(), tmp_path, size=size, config_path=file) as desk:
        await desk.sees("d  Try the demo", "a  Add your CRM instance", "q  Quit", "would be written to")
        said = "".join(desk.text.partition("would be written to")[2].replace("│", "").split())
        assert said.partition("╰")[0] == "~/.config/dazos-tui/config.toml"


async def test_a_letter_of_the_welcome_chooses(sit_down):
    async with sit_down((80, 24)) as desk:
        await desk.sees("q  Quit")
        await desk.press("q")
        await desk.until(lambda: not desk.app.is_running, "it stays")


async def test_no_letter_of_a_word_chooses(sit_down):
    async with sit_down((80, 24)) as desk:
        await desk.sees("q  Quit")
        await desk.type("xadq")
        assert desk.app.screen.query_one("OptionList")
        await desk.sees("Welcome to dazos-tui")


def rows_of(hints: list[KeyHint], width: int) -> list[str]:
    return [(" " * row.gap).join(text for _, text in row.texts) for row in packed(hints, width)]


def test_keys_take_fewer_words_then_more_rows_and_are_never_cut():
    hints = [
        KeyHint("Enter", "change address", "change"),
        KeyHint("r", "check again", "again"),
        KeyHint("Esc", "leave"),
    ]
    assert rows_of(hints, 60) == ["Enter change address   r check again   Esc leave"]
    assert rows_of(hints, 47) == ["Enter change address  r check again  Esc leave"]
    assert rows_of(hints, 40) == ["Enter change   r again   Esc leave"]
    assert rows_of(hints, 24) == ["Enter change   r again", "Esc leave"]
