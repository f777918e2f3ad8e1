"""The table of a list in JSON: its example in ``config.example.toml``."""

import tomllib
from pathlib import Path

from dazos_tui.crm.user_list_template import UserListFields, UserListTemplate

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_the_example_has_every_key_and_can_be_used():
    lines = EXAMPLE.read_text(encoding="utf-8").partition("# [instances.local.user_list]")
    text = "".join(lines[1:])
    kept = [line.removeprefix("# ") for line in text.splitlines() if line.startswith(("# [", "# ")) and (
        line.startswith("# [") or " = " in line
    )]  # fmt: skip
    table = tomllib.loads("\n".join(kept))["instances"]["local"]["user_list"]
    assert UserListTemplate.model_validate(table).is_paged(inactive=False)
    assert table.keys() == UserListTemplate.model_fields.keys()
    assert {*table["fields"], "name"} == UserListFields.model_fields.keys()
