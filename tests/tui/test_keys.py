"""Keys: the documents' tables, keys of one's own, why a command cannot be run, help, zoom."""

import runpy
from pathlib import Path

import pytest
from textual.keys import _character_to_key

from dazos_tui.keys import DEFAULT_KEYS, keys_in_force, parse_key
from dazos_tui.tui.commands import COMMANDS, commands_with

DOCS = Path(__file__).parents[2] / "docs"


def test_the_tables_of_keys_are_those_of_the_commands():
    made = runpy.run_path(str(DOCS / "make_keys.py"))
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    hint = "run: python docs/make_keys.py"
    assert made["with_table"](readme) == readme, hint
    assert made["cheatsheet"]() == (DOCS / "keys.md").read_text(encoding="utf-8"), hint
    assert all(command.help in readme for command in COMMANDS)


def test_every_command_has_its_keys_in_one_place():
    assert [command.name for command in COMMANDS] == list(DEFAULT_KEYS)


@pytest.mark.parametrize("sign", list("?/.,;:!#%&*+-_=@~^|\\'\"<>()[]{}$` aZ5é"))
def test_signs_have_the_names_that_the_terminal_gives_them(sign):
    assert parse_key(sign) == _character_to_key(sign)


def test_commands_take_other_keys():
    [more] = [one for one in commands_with(keys_in_force({"more": ("f11", "x")})) if one.name == "more"]
    assert (more.shown_keys, more.typing_key) == ("F11 or x", "f11")
