"""Every error of ours ends a command with words and an exit code, and none with a traceback."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import click
import pytest

import dazos_tui
from dazos_tui.cli._support.exit_codes import _EXIT_CODES, _OPTIONS, ExitCode, exit_code_for
from dazos_tui.cli._support.output import OutputClosedError
from dazos_tui.cli.app import cli, without_traceback

_ELSEWHERE = {"OutputClosedError"}
"""Ends a command quietly, with exit code 0: nobody reads what it writes."""


def errors_of_ours():
    """Yield every class of an error that a module of the package defines."""
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


OURS = [error for error in errors_of_ours() if error.__name__ not in _ELSEWHERE]


def made(family):
    """Return an error of this class that was never given anything: only its class matters here."""
    error = family.__new__(family)
    Exception.__init__(error, "What happened.")
    if family.__name__ == "CommandError":
        error.code = ExitCode.NO_MATCH
    return error


def test_there_are_many():
    assert len(OURS) > 30
    assert OutputClosedError not in OURS


@pytest.mark.parametrize("family", OURS, ids=lambda family: family.__name__)
def test_every_error_of_ours_ends_a_command_with_words_and_a_code(family, capsys):
    error = made(family)
    code = error.exit_code if isinstance(error, click.ClickException) else exit_code_for(error)
    assert code in set(ExitCode) - {ExitCode.DONE, ExitCode.INTERRUPTED}
    assert without_traceback(error) == code
    assert "What happened." in capsys.readouterr().err


def test_every_family_that_has_a_code_exists():
    names = {f"{error.__module__}.{error.__qualname__}".removeprefix("dazos_tui.") for error in OURS}
    assert set(_EXIT_CODES) <= names


def test_every_error_that_an_option_helps_with_exists():
    names = {f"{error.__module__}.{error.__qualname__}".removeprefix("dazos_tui.") for error in OURS}
    assert set(_OPTIONS) <= names


@pytest.mark.parametrize("name", _OPTIONS)
def test_the_option_that_helps_is_named_on_the_command_line(name, capsys):
    [family] = [one for one in OURS if f"{one.__module__}.{one.__qualname__}" == f"dazos_tui.{name}"]
    error = made(family)
    error.advice = "What helps."
    without_traceback(error)
    assert capsys.readouterr().err.splitlines() == ["What happened.", f"What helps. {_OPTIONS[name]}"]


def options_of(command):
    """Return the long options of a command and of all below it."""
    found = {text for one in command.params for text in (*one.opts, *one.secondary_opts) if text[:2] == "--"}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found |= options_of(command.get_command(context, name))
    return found


def test_no_layer_below_the_command_line_and_the_screen_names_an_option():
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
