"""What the documents say of exit codes and JSON keys is what the code has."""

import json
import re

from dazos_tui.cli._support.command_table import COMMANDS
from dazos_tui.cli._support.exit_codes import ExitCode
from dazos_tui.cli.schema import SCHEMA_FOLDER, schema_names
from tests.test_docs import PAGES, blocks_of, by_page, prose_of

SCHEMAS = {name: json.loads((SCHEMA_FOLDER / f"{name}.json").read_text()) for name in schema_names()}

_ENDS = re.compile(r"\b(?:exit codes?|exits with|ends with(?: exit code)?)(?: is)? (\d+)\b")
_KEYS_BESIDE_COMMAND = re.compile(
    r"^dazos-tui (\w+)(.*--json.*?)# (?:\{(.*)\}.*|JSON Lines: (.*))$", re.MULTILINE
)
_OTHER_NAMES = {"user_id", "y"}
"""Names in sentences about JSON that are not of JSON: a column of CSV, a key of the keyboard."""


def names_in(schema) -> set[str]:
    """Return the keys and the values that a JSON Schema names, at any depth."""
    if isinstance(schema, list):
        return {name for one in schema for name in names_in(one)}
    if not isinstance(schema, dict):
        return set()
    own = {*schema.get("properties", {}), *map(str, schema.get("enum", ())), str(schema.get("const", ""))}
    return own | {name for one in schema.values() for name in names_in(one)}


@by_page
def test_every_exit_code_in_a_sentence_is_one(page):
    named = {int(code) for code in _ENDS.findall(" ".join(prose_of(page).split()))}
    # A benchmark's own.
    own = {1} if page.name == "performance.md" else set()
    assert named <= {code.value for code in ExitCode} | own


def test_json_keys_beside_a_command_are_those_of_its_schema():
    found = [
        found
        for page in PAGES
        for block in blocks_of(page, "sh")
        for found in _KEYS_BESIDE_COMMAND.findall(block)
    ]
    assert len(found) >= 4
    for command, options, members, names in found:
        named = set(re.findall(r'(?:^|, )"(\w+)"', members) if members else names.split(", "))
        keys = set(SCHEMAS["history-stats" if "--stats" in options else command]["properties"])
        assert named <= keys, command
        assert "..." in members or named == keys, command


@by_page
def test_json_keys_in_a_sentence_are_those_of_a_schema(page):
    known = {name for schema in SCHEMAS.values() for name in names_in(schema)} | set(COMMANDS) | _OTHER_NAMES
    for paragraph in re.split(r"\n\n|\n(?=- |\|)", prose_of(page)):
        if re.search(r"JSON of|`--json`|\(.* in the JSON\)|The JSON has", paragraph):
            assert set(re.findall(r"`([a-z_]+)`", paragraph)) <= known
