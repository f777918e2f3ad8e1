"""The fast start of the app: used only if nothing else is requested, and fast."""

import subprocess
import sys

import click
import pytest

from dazos_tui.cli._support.arguments import OPTIONS, AppArguments, app_arguments
from dazos_tui.cli._support.command_table import COMMANDS
from dazos_tui.cli.app import cli

LIBRARIES = {"platformdirs", "rich", "textual", "typing_extensions"}
PACKAGES = {"cli", "config", "crm", "directory", "history", "system", "text", "tui", "verification"}
"""What may be imported until the app's own first screen is shown."""
SLOW = {"sqlite3", "rich.traceback", "textual.widgets._markdown", "textual.widgets._text_area", "jinja2"}


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ([], [], []),
        (["-i", "acme"], ["-i", "acme"], []),
        (["--config", "a.toml", "--state", "b", "--instance", "acme"], None, []),
        (["-iacme"], ["-iacme"], []),
        (["-i", "acme", "garcia"], ["-i", "acme"], ["garcia"]),
        (["-i", "acme", "ann", "lee"], ["-i", "acme"], ["ann", "lee"]),
        (["--instance=acme", "--state", "b", "ann"], ["--instance=acme", "--state", "b"], ["ann"]),
        (["-i", "acme", "hitsory"], ["-i", "acme"], ["hitsory"]),
        (["-i", "acme", "--", "history", "-x"], ["-i", "acme"], ["history", "-x"]),
        (["--", "garcia"], [], ["garcia"]),
        (["--"], [], []),
    ],
)
def test_the_app_is_opened_on_what_the_arguments_search_for(arguments, options, words):
    options = arguments if options is None else options
    assert app_arguments(arguments, COMMANDS) == AppArguments(tuple(options), tuple(words))


@pytest.mark.parametrize(
    "arguments",
    [
        ["users"], ["-i", "acme", "users"], ["-i", "acme", "history", "garcia"], ["hitsory"], ["garcia"],
        ["--config", "a.toml", "garcia"], ["--help"], ["--version"], ["-i"], ["--config"], ["demo"],
        ["-i", "acme", "--what", "x"], ["-i", "acme", "garcia", "--json"],
    ],
)  # fmt: skip
def test_anything_else_is_left_to_the_whole_command_line(arguments):
    assert app_arguments(arguments, COMMANDS) is None


def test_it_knows_the_options_of_the_command_line():
    with_value = [option for option in cli.params if isinstance(option, click.Option) and not option.is_flag]
    assert {name for option in with_value for name in option.opts} == OPTIONS


def test_it_imports_nothing_that_the_first_screen_does_not_need():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import dazos_tui.cli._support.fast_start, dazos_tui.tui.launch, dazos_tui.tui.app\n"
        "import dazos_tui.tui.terminal.driver\n"
        "print(*{name for name, module in sys.modules.items() if module} - before)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(result.stdout.split())
    assert {name.partition(".")[0] for name in modules} - sys.stdlib_module_names == {"dazos_tui", *LIBRARIES}
    assert {name.split(".")[1] for name in modules if name.startswith("dazos_tui.")} == PACKAGES
    assert modules & SLOW == set()
