"""What an instance is for: seen without colours, chosen by a word in its address, else asked for."""

import pytest

from dazos_tui.config.models import Environment
from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.widgets.environment_field import guess_environment
from tests.tui.app_driver import at_desk
from tests.tui.test_first_run import write

BACK = ["shift+tab"] * 3
"""From the environment to the address."""


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.mark.parametrize(
    ("address", "environment"),
    [
        ("https://sandbox.crm.example.com/", Environment.SANDBOX),
        ("https://crm-dev.example.com/index.php?module=Users", Environment.SANDBOX),
        ("https://STAGING.example.com", Environment.STAGING),
        ("test-crm.example.com", Environment.STAGING),
        ("https://example.com/crm_test/index.php", Environment.STAGING),
        ("https://crm.example.com/", None),
        ("https://contest.example.com/", None),
        ("https://crm.example.test/", None),
        ("https://example.dev/", None),
        ("https://prod.example.com/", None),
        ("https://crm.example.com/?view=test", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_a_word_in_the_address_says_what_it_is_for_but_never_that_it_is_production(address, environment):
    assert guess_environment(address) is environment


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 20), (40, 15)], ids=str)
async def test_field_and_choice_are_seen_without_colours(demo, tmp_path, size):
    file = tmp_path / "config.toml"
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, size=size, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f7")
        await desk.sees("▸ Address")
        await desk.press("tab", "tab", "tab")
        await desk.sees("▸ Environment", "( ) production", "( ) staging", "( ) sandbox", "What is it for?")
        await desk.sees_no("▸ Address")
        await desk.press("right", "right")
        await desk.sees("( ) production", "(•) staging", "( ) sandbox")
        await desk.sees_no("What is it for?")
        await desk.press("left")
        await desk.sees("(•) production", "( ) staging")


async def test_the_address_sets_the_environment_until_the_user_does(demo, tmp_path):
    file = tmp_path / "config.toml"
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f7")
        await desk.type("https://sandbox.example.com")
        await desk.sees("✓ Environment  sandbox")
        await desk.press("tab", "tab", "tab")
        await desk.sees("(•) sandbox", "by its address")
        await desk.press(*BACK, "home", *["delete"] * len("https://"))
        await desk.press(*["delete"] * len("sandbox"))
        await desk.sees_no("✓ Environment")
        await desk.press("tab", "tab", "tab")
        await desk.sees("( ) sandbox", "What is it for?")
        await desk.press("right", *BACK, "home")
        await desk.sees("✓ Environment  production")
        await desk.type("https://sandbox")
        await desk.sees("https://sandbox", "✓ Environment  production")


async def test_a_missing_answer_is_asked_for_in_words(demo, tmp_path):
    file = tmp_path / "config.toml"
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f7")
        await desk.fill_in("acme", "https://crm.example.com", "admin", environment=-1)
        await desk.press("enter")
        await desk.sees("Environment is still missing.", "What is it for?", "▸ Environment")


async def test_a_click_chooses(demo, tmp_path):
    file = tmp_path / "config.toml"
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f7")
        await desk.press("tab", "tab", "tab")
        await desk.sees("( ) staging")
        await desk.pilot.click("#environment", offset=(18, 0))
        await desk.sees("(•) staging")


@pytest.mark.parametrize("size", [(120, 40), (45, 20)], ids=str)
async def test_the_mark_follows_the_focus_to_a_missing_answer(demo, tmp_path, size):
    file = tmp_path / "config.toml"
    config = write(file, demo, "harbor-prod", "summit-prod")
    async with at_desk(config, tmp_path, size=size, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("f7")
        await desk.fill_in("acme", "https://crm.example.com", "", environment=1)
        await desk.press("enter")
        await desk.sees("User name is still missing.", "▸ Account")
        await desk.sees_no("▸ Environment")
