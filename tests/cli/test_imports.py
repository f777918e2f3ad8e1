"""What commands must not import: it would take most of the time in which they answer."""

import subprocess
import sys

import pytest

from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from tests.cli.conftest import Desk

ALWAYS_HEAVY = {
    "httpx", "pydantic", "pydantic_core", "textual", "rich", "selectolax", "starlette", "uvicorn", "keyring",
    "jinja2", "psycopg", "tomlkit", "truststore", "ssl", "asyncio", "logging",
}  # fmt: skip
ONLY_CLICK = ALWAYS_HEAVY | {"pathlib", "json", "dataclasses", "shutil", "sqlite3", "tomllib", "platformdirs"}
"""Not even these, of the standard library: help is to take hardly longer than importing click."""
NO_CLICK = ALWAYS_HEAVY | {"click", "sqlite3", "socket", "subprocess", "_socket"}
"""A completion has no time for click, and nothing to connect with."""
NO_STATISTICS = ALWAYS_HEAVY | {"dazos_tui.history.statistics", "dazos_tui.history.charts"}
NO_HISTORY = ALWAYS_HEAVY | {"sqlite3"}

COMMANDS = {
    "--help": ONLY_CLICK,
    "--version": ONLY_CLICK,
    "history --help": NO_STATISTICS,
    "history": NO_STATISTICS,
    "history --json": NO_STATISTICS,
    "history --csv person": NO_STATISTICS,
    "history --stats": ALWAYS_HEAVY,
    "note --help": NO_HISTORY,
    "note": ALWAYS_HEAVY,
    "note 1 --ticket T-1 --mask": ALWAYS_HEAVY,
    "config --help": NO_HISTORY,
    "config path": NO_HISTORY,
    "completion --help": NO_HISTORY,
    "completion bash": NO_HISTORY,
}
LINES = ["dazos-tui ", "dazos-tui send --al", "dazos-tui users -i a", "dazos-tui send -i acme p"]

_SHOW_MODULES = """
import sys
from dazos_tui.cli import main
try:
    main()
except SystemExit as ending:
    assert not ending.code, ending.code
print("\\nmodules:", *sys.modules)
"""
CONFIG = """
theme = "dazos-light"
[instances.acme]
url = "https://crm.example.com/"
username = "admin"
environment = "sandbox"
"""


def imported(desk, *arguments):
    """Return the modules that a command imports."""
    code = _SHOW_MODULES.replace("main()\n", f"sys.argv = ['dazos-tui', *{arguments!r}]; main()\n", 1)
    done = subprocess.run(
        [sys.executable, "-c", code], env=desk.all_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("\nmodules:")[2].split())


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    desk.config.write_text(CONFIG)
    with HistoryStore(desk.state / "history.db") as store:
        request = ResetRequest("acme", "sandbox", "crm.example.com", "op", "1", "p", "P", "p@example.com", "")
        store.record_outcome(store.record_request(request).id, Outcome.SENT, "Sent.")
    desk.environment |= {"DAZOS_TUI_CONFIG": str(desk.config), "DAZOS_TUI_STATE": str(desk.state)}
    return desk


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_nothing_heavy_that_it_does_not_need(desk, command):
    assert imported(desk, *command.split()) & COMMANDS[command] == set()


@pytest.mark.parametrize("line", LINES)
def test_a_completion_imports_neither_a_command_nor_anything_that_connects(desk, line):
    desk.environment["_DAZOS_TUI_COMPLETE"] = "bash"
    assert imported(desk, line, line.rpartition(" ")[2]) & NO_CLICK == set()


def test_the_list_is_one_that_can_be_broken(desk):
    desk.config.write_text(f'note_template = "{{email}}"\n{CONFIG}')
    assert {"pydantic", "click", "sqlite3"} <= imported(desk, "note")
