"""The fast start of the app: used only if nothing else is requested, and fast."""

import subprocess
import sys

import click
import pytest

from dazos_tui.cli._support import fast_start
from dazos_tui.cli.app import cli

HEAVY = (
    "httpx",
    "pydantic",
    "click",
    "selectolax",
    "sqlite3",
    "starlette",
    "uvicorn",
    "keyring",
    "rich.traceback",
)


@pytest.mark.parametrize(
    ("arguments", "screen"),
    [
        ([], True),
        (["-i", "acme"], True),
        (["--config", "a.toml", "--state", "b", "--instance", "acme"], True),
        (["users"], False),
        (["-i", "acme", "users"], False),
        (["--help"], False),
        (["--version"], False),
        (["-i"], False),
        (["--config"], False),
        (["-i", "acme", "--what", "x"], False),
        (["demo"], False),
    ],
)
def test_it_is_used_only_if_the_arguments_just_open_the_app(arguments, screen):
    assert fast_start._asks_for_app(arguments) is screen


def test_it_knows_the_options_of_the_command_line():
    with_value = [option for option in cli.params if isinstance(option, click.Option) and not option.is_flag]
    assert {name for option in with_value for name in option.opts} == fast_start.OPTIONS


def test_it_imports_nothing_that_the_first_screen_does_not_need():
    code = (
        "import sys, dazos_tui.cli._support.fast_start, dazos_tui.tui.launch, dazos_tui.tui.app,"
        "dazos_tui.tui.terminal.driver;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
