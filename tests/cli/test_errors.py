"""Every error of ours ends a command with words and an exit code, and none with a traceback."""

import importlib
import pkgutil

import click
import pytest

import dazos_tui
from dazos_tui.cli.app import told
from dazos_tui.cli.exits import _CODES, Exit, code_of
from dazos_tui.cli.output import OutputGone

_ELSEWHERE = {"OutputGone"}
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
    if family.__name__ == "Stopped":
        error.code = Exit.NO_MATCH
    return error


def test_there_are_many():
    assert len(OURS) > 30
    assert OutputGone not in OURS


@pytest.mark.parametrize("family", OURS, ids=lambda family: family.__name__)
def test_every_error_of_ours_ends_a_command_with_words_and_a_code(family, capsys):
    error = made(family)
    code = error.exit_code if isinstance(error, click.ClickException) else code_of(error)
    assert code in set(Exit) - {Exit.DONE, Exit.INTERRUPTED}
    assert told(error) == code
    assert "What happened." in capsys.readouterr().err


def test_every_family_that_has_a_code_exists():
    names = {f"{error.__module__}.{error.__qualname__}".removeprefix("dazos_tui.") for error in OURS}
    assert set(_CODES) <= names
