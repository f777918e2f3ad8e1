"""Each of our errors ends a command with a message and an exit code, never with a traceback."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import click
import pytest

import dazos_tui
from dazos_tui.cli._support.exit_codes import _EXIT_CODES, _OPTION_ADVICE, ExitCode, exit_code_for
from dazos_tui.cli._support.output import OutputClosedError
from dazos_tui.cli.app import cli, report_error

_ELSEWHERE = {
    "OutputClosedError", "_UnusableListError", "OutdatedIndexError", "MustAskError",
    "StepCancelledError", "StepGivenUpError", "EndOfInputError", "IdleError",
    "SwitchInstanceError", "_QuitError",
}  # fmt: skip
"""Errors that end no command with a message: the first ends it silently with exit code 0, as nobody reads its
output; the others of its line are caught where a remembered list, the cache of a history or its password is
read, and those of the other lines in the conversation of plain mode."""


def own_error_classes():
    """Yield all error classes that modules of the package define."""
    for found in pkgutil.walk_packages(dazos_tui.__path__, "dazos_tui."):
        if found.name != "dazos_tui.__main__":
            module = importlib.import_module(found.name)
            for thing in vars(module).values():
                if (
                    isinstance(thing, type)
                    and issubclass(thing, BaseException)
                    and thing.__module__ == found.name
                ):
                    yield thing


OURS = [error for error in own_error_classes() if error.__name__ not in _ELSEWHERE]


def made(family):
    """Return an error of this class without its usual arguments: only its class matters here."""
    error = family.__new__(family)
    Exception.__init__(error, "What happened.")
    if family.__name__ == "CommandError":
        error.code = ExitCode.NO_MATCH
    return error


def test_our_error_classes_are_found():
    assert len(OURS) > 30
    assert OutputClosedError not in OURS


@pytest.mark.parametrize("family", OURS, ids=lambda family: family.__name__)
def test_each_of_our_errors_ends_a_command_with_a_message_and_a_code(family, capsys):
    error = made(family)
    code = error.exit_code if isinstance(error, click.ClickException) else exit_code_for(error)
    assert code in set(ExitCode) - {ExitCode.DONE, ExitCode.INTERRUPTED}
    assert report_error(error) == code
    assert "What happened." in capsys.readouterr().err


def test_every_class_with_an_exit_code_exists():
    names = {f"{error.__module__}.{error.__qualname__}".removeprefix("dazos_tui.") for error in OURS}
    assert set(_EXIT_CODES) <= names


def test_every_class_with_advice_about_options_exists():
    names = {f"{error.__module__}.{error.__qualname__}".removeprefix("dazos_tui.") for error in OURS}
    assert set(_OPTION_ADVICE) <= names


@pytest.mark.parametrize("name", _OPTION_ADVICE)
def test_the_command_line_adds_the_option_that_helps(name, capsys):
    [family] = [one for one in OURS if f"{one.__module__}.{one.__qualname__}" == f"dazos_tui.{name}"]
    error = made(family)
    error.advice = "What helps."
    report_error(error)
    assert capsys.readouterr().err.splitlines() == ["What happened.", f"What helps. {_OPTION_ADVICE[name]}"]


def options_of(command):
    """Return the long options of a command and of all below it."""
    found = {text for one in command.params for text in (*one.opts, *one.secondary_opts) if text[:2] == "--"}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found |= options_of(command.get_command(context, name))
    return found


def test_no_layer_below_cli_and_tui_names_an_option():
    options = options_of(cli)
    assert {"--again", "--state", "--config", "--yes"} <= options
    top = Path(dazos_tui.__file__).parent
    named = {
        (str(path.relative_to(top)), text.value)
        for path in top.rglob("*.py")
        if path.relative_to(top).parts[0] not in {"cli", "tui", "demo"}
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        if options & set(re.findall(r"(?<![\w-])--[a-z-]+", text.value))
    }
    assert named == set()
