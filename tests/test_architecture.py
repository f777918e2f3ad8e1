"""ARCHITECTURE.md names functions, files and a picture: they exist, and the page can be found."""

import re
import tomllib
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

from docs.make_architecture import PICTURE, picture

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`([\w.]+):([\w.]+)`", PAGE)))
FILES = sorted(set(re.findall(r"`([\w./]+/[\w./]*)`", PAGE)))
WALKS = {
    "The life of a send": "crm.client:CrmClient.run_menu_item",
    "The life of a key in the filter": "tui.terminal.driver:DiffingDriver.write",
    "The life of an Enter in the list of users": "tui.screens.instance_commands:WorkCommands._open",
    "The life of a sign-in": "crm.client:CrmClient.sign_in",
}
"""The walks, with a function that each leads through."""


@pytest.mark.parametrize(("module", "name"), NAMES, ids=str)
def test_every_function_it_names_exists(module, name):
    found = reduce(getattr, name.split("."), import_module(f"dazos_tui.{module}"))
    assert callable(found)


@pytest.mark.parametrize("path", FILES)
def test_every_file_it_names_exists(path):
    assert (ROOT / path).exists() or (ROOT / "dazos_tui" / path).exists()


@pytest.mark.parametrize(("heading", "function"), WALKS.items())
def test_each_walk_leads_through_its_function_in_numbered_steps(heading, function):
    walk = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    assert f"`{function}`" in walk
    steps = re.findall(r"^(\d+)\. ", walk, re.MULTILINE)
    assert steps == [str(number) for number in range(1, len(steps) + 1)]


def test_it_has_a_row_for_every_package():
    table = PAGE.partition("## The packages\n")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    named = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == {path.parent.name for path in (ROOT / "dazos_tui").glob("*/__init__.py")}


def test_its_picture_is_drawn_from_the_imports_of_today():
    assert f"]({PICTURE})" in PAGE
    drawn = (ROOT / PICTURE).read_text(encoding="utf-8")
    assert drawn == picture(), "python -m docs.make_architecture"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_pages_that_people_open_first_link_to_it(page):
    assert "](ARCHITECTURE.md" in (ROOT / page).read_text(encoding="utf-8")


def test_it_is_in_the_source_distribution():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {"ARCHITECTURE.md", "tools"} <= set(included)
