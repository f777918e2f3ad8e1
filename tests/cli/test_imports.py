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
SLOW = ALWAYS_HEAVY | {"inspect", "dataclasses", "shutil", "sqlite3", "socket", "subprocess", "tempfile"}
"""What the quick commands cannot afford, of the standard library."""
NO_STATISTICS = ALWAYS_HEAVY | {"dazos_tui.history.statistics", "dazos_tui.history.charts"}
NO_HISTORY = ALWAYS_HEAVY | {"sqlite3"}

COMMANDS = {
    "history": NO_STATISTICS,
    "history --json": NO_STATISTICS,
    "history --csv person": NO_STATISTICS,
    "history --stats": ALWAYS_HEAVY,
    "note": ALWAYS_HEAVY,
    "note 1 --ticket T-1 --mask": ALWAYS_HEAVY,
    "config path": NO_HISTORY,
    "completion bash": NO_HISTORY,
}
HELP = {
    "cli",
    "cli._support",
    "cli._support.complete",
    "cli._support.help_width",
    "cli._support.quick_help",
    "system",
}
LINE = {
    "cli", "cli._support", "cli._support.command_line", "cli._support.complete", "cli._support.shell_reply",
}  # fmt: skip
NAMES = LINE | {"cli._support.complete_values", "config", "crm", "system", "text"}
LINES = {
    "dazos-tui ": LINE,
    "dazos-tui send --al": LINE,
    "dazos-tui users -i a": NAMES,
    "dazos-tui send -i acme p": NAMES | {"directory"},
}

_SHOW_MODULES = """
import sys
before = set(sys.modules)
from dazos_tui.cli import main
try:
    main()
except SystemExit as ending:
    assert not ending.code, ending.code
print("\\nmodules:", *{name for name, module in sys.modules.items() if module} - before)
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


def ours(modules):
    """Return our packages and each module of `cli`, after a check that the others are standard and quick."""
    assert {name.partition(".")[0] for name in modules} <= sys.stdlib_module_names | {"dazos_tui"}
    assert modules & SLOW == set()
    names = [name.removeprefix("dazos_tui.") for name in modules if name.startswith("dazos_tui.")]
    return {name if name.startswith("cli.") else name.partition(".")[0] for name in names}


@pytest.mark.parametrize("command", ["--help", "-h", "--version", "users --help", "db backup -h"])
def test_help_imports_only_what_it_needs(desk, command):
    assert ours(imported(desk, *command.split())) == HELP


@pytest.mark.parametrize("line", LINES)
def test_a_completion_imports_only_what_it_needs(desk, line):
    desk.environment["_DAZOS_TUI_COMPLETE"] = "bash"
    assert ours(imported(desk, line, line.rpartition(" ")[2])) == LINES[line]


@pytest.mark.without_coverage
def test_the_list_is_one_that_can_be_broken(desk):
    desk.config.write_text(f'note_template = "{{email}}"\n{CONFIG}')
    assert {"pydantic", "click", "sqlite3"} <= imported(desk, "note")
