"""What commands write with --json: each line fits the schema that is shipped, and has no key besides."""

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from dazos_tui.cli.app import cli
from dazos_tui.cli.schema import SCHEMA_FOLDER, schema_names
from dazos_tui.demo.faults import Fault
from dazos_tui.history.models import BackIn, BackInProof
from dazos_tui.history.store import HistoryStore
from tests import keyrings

HARBOR = ("-i", "harbor-prod")
WITHOUT_JSON = {"demo", "db roles", "schema", "completion"}
"""Commands whose output is for other programs anyway: one JSON line, SQL, a schema, a script."""


def closed(schema):
    """Return a schema that allows no further keys, at any depth."""
    copied = deepcopy(schema)
    for part in parts_of(copied):
        if part.get("type") == "object" and "properties" in part:
            part["additionalProperties"] = False
    return copied


def parts_of(schema) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts_of(value)


def schema_of(name):
    return json.loads((SCHEMA_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def require_valid(name, stdout):
    """Require that each line fits the schema, and that there is one; return the records."""
    records = [json.loads(line) for line in stdout.splitlines()]
    assert records
    validator = Draft202012Validator(
        closed(schema_of(name)), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    for record in records:
        assert [error.message for error in validator.iter_errors(record)] == []
    return records


def leaves(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with its words."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, *names, name)
        else:
            yield " ".join([*names, name]), command


EVERY = dict(leaves(cli))


@pytest.mark.parametrize("words", EVERY)
def test_every_command_has_json_with_a_schema(words):
    options = {option for param in EVERY[words].params for option in param.opts}
    assert "--quiet" in options
    if words in WITHOUT_JSON:
        return
    assert "--json" in options
    assert words.replace(" ", "-") in schema_names()


def test_every_schema_is_one_and_explains_each_key():
    known = {words.replace(" ", "-") for words in EVERY} | {"history-stats"}
    assert set(schema_names()) <= known
    for name in schema_names():
        schema = schema_of(name)
        Draft202012Validator.check_schema(schema)
        assert schema["title"].startswith(f"dazos-tui {name.split('-')[0]}")
        assert all(value.get("description") for value in schema["properties"].values())


def test_the_schema_command_prints_what_is_shipped(desk):
    done = desk.call("schema", "db", "check")
    assert (done.returncode, json.loads(done.stdout)) == (0, schema_of("db-check"))
    assert desk.call("schema").stdout.split() == schema_names()
    done = desk.call("schema", "hitsory")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no schema “hitsory” (did you mean “history”?)" in done.stderr


@pytest.mark.parametrize(
    ("name", "arguments", "code", "count"),
    [
        ("users", ["users", *HARBOR], 0, 453),
        ("users", ["users", *HARBOR, "anna", "--limit", "2"], 0, 2),
        ("find", ["find", "demo.admin"], 0, 5),
        ("instances", ["instances"], 0, 5),
        ("forget", ["forget"], 0, 1),
        ("config-path", ["config", "path"], 0, 1),
        ("config-check", ["config", "check"], 0, 1),
        ("config-show", ["config", "show"], 0, None),
        ("doctor", ["doctor", *HARBOR], 0, 7),
    ],
)
def test_what_is_read(desk, name, arguments, code, count):
    done = desk.call(*arguments, "--json")
    assert (done.returncode, done.stderr) == (code, "") or {"--limit", "forget"} & {*arguments}
    records = require_valid(name, done.stdout)
    assert count is None or len(records) == count


def test_a_config_with_mistakes(desk):
    desk.config.write_text("colour = 1\n")
    done = desk.call("config", "check", "--json")
    [record] = require_valid("config-check", done.stdout)
    assert (done.returncode, record["ok"], record["instances"]) == (2, False, None)
    assert "colour: unknown key" in record["problems"][0]
    desk.config.unlink()
    done = desk.call("config", "check", "--json")
    assert (done.returncode, require_valid("config-check", done.stdout)[0]["ok"]) == (2, False)
    assert require_valid("config-path", desk.call("config", "path", "--json").stdout)[0]["exists"] is False


def test_a_step_that_fails(desk, demo):
    desk.configure(demo, password_command=["false"])
    done = desk.call("doctor", *HARBOR, "--json")
    *_, failed = require_valid("doctor", done.stdout)
    assert (done.returncode, failed["ok"], failed["step"]) == (5, False, "sign in")


@pytest.fixture
def sent(desk, harbor):
    """Two links: the first person is back in, the second is waiting."""
    done = desk.call(
        "send", *HARBOR, "cara.beacon", "ben.linden", "--again", "--yes", "--ticket", "HD-7", "--json"
    )
    assert (done.returncode, len(require_valid("send", done.stdout))) == (0, 2)
    with HistoryStore(desk.state / "history.db") as store:
        row = store.search("cara")[0]
        store.record_back_in(row.id, BackIn(row.requested_at, BackInProof.PERSON))
    return desk


@pytest.mark.parametrize(
    ("name", "arguments", "count"),
    [
        ("history", ["history"], 2),
        ("history-stats", ["history", "--stats"], 1),
        ("verify", ["verify", *HARBOR], 2),
        ("verify", ["verify", "--confirm", "2"], 1),
        ("note", ["note"], 1),
        ("db-check", ["db", "check"], 1),
        ("db-upgrade", ["db", "upgrade"], 1),
        ("db-backup", ["db", "backup", "FILE"], 1),
        ("db-erase", ["db", "erase", "cara.beacon", "--yes"], 1),
    ],
)
def test_what_is_read_from_the_history(sent, name, arguments, count):
    arguments = [str(sent.folder / "copy.db") if one == "FILE" else one for one in arguments]
    done = sent.run(*arguments, "--json", "--quiet")
    # Who is erased is said in any case.
    assert (done.returncode, done.stderr) == (0, "") or name == "db-erase"
    assert len(require_valid(name, done.stdout)) == count
    if name == "db-erase":
        require_valid("history", sent.run("history", "--json").stdout)


def test_a_history_that_was_changed(sent):
    import sqlite3

    with sqlite3.connect(sent.state / "history.db") as database:
        database.execute("UPDATE resets SET message = 'No' WHERE id = 1")
    database.close()
    done = sent.run("db", "check", "--json")
    assert (done.returncode, require_valid("db-check", done.stdout)[0]["ok"]) == (3, False)


def test_rows_that_are_brought_in(sent):
    export = sent.folder / "export.jsonl"
    export.write_text(sent.run("history", "--json").stdout, encoding="utf-8")
    done = sent.run("--state", str(sent.folder / "other"), "db", "import", str(export), "--json")
    [record] = require_valid("db-import", done.stdout)
    assert (done.returncode, record["rows"]) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "code", "outcomes"),
    [
        (["cara.beacon", "--yes"], 0, ["sent"]),
        (["cara.beacon"], 2, ["not sent"]),
        (["anna.ivory", "cara.beacon", "--yes"], 3, ["not sent", "not sent"]),
        (["nobody", "cara.beacon", "--yes"], 4, ["not sent", "not sent"]),
        (["cara.beacon", "--yes", "-i", "no-such-one"], 2, ["not sent"]),
    ],
)
def test_a_send_has_a_line_for_each_person_also_where_it_stops(desk, harbor, arguments, code, outcomes):
    done = desk.call(*HARBOR, "send", *arguments, "--json")
    records = require_valid("send", done.stdout)
    assert (done.returncode, [record["outcome"] for record in records]) == (code, outcomes)
    assert len(harbor.outbox) == outcomes.count("sent")


def test_a_send_that_is_refused_and_one_that_is_unknown(desk, harbor):
    harbor.faults.inject("action", Fault(body='{"success":false,"error":{"message":"Nope"}}'))
    harbor.faults.inject("action", Fault(drop=True))
    done = desk.call(
        "send", *HARBOR, "cara.beacon", "ben.linden", "arlo.orchard", "--again", "--yes", "--json"
    )
    records = require_valid("send", done.stdout)
    assert done.returncode == 7
    assert [record["outcome"] for record in records] == ["refused", "unknown", "not sent"]


def test_an_interrupted_send_says_so_for_each_person(desk, harbor):
    harbor.faults.inject("action", Fault(delay=30))
    terminal = desk.start("send", *HARBOR, "cara.beacon", "ben.linden", "--again", "--yes", "--json")
    with HistoryStore(desk.state / "history.db") as store:
        while not store.search():
            assert terminal.process.poll() is None
        terminal.interrupt()
        code, stdout = terminal.end()
        [row] = store.search()
    cara, ben = require_valid("send", stdout)
    assert (code, cara["outcome"], ben["outcome"]) == (130, "unknown", "not sent")
    assert (cara["history_id"], cara["finished_at"]) == (row.id, None)
    assert ben["history_id"] is None


def test_an_interrupted_question_says_that_nothing_was_sent(desk, harbor):
    terminal = desk.start("send", *HARBOR, "cara.beacon", "--json")
    terminal.wait_for("[y/N]: ")
    terminal.interrupt()
    code, stdout = terminal.end()
    [record] = require_valid("send", stdout)
    assert (code, record["outcome"], record["argument"], harbor.outbox) == (
        130,
        "not sent",
        "cara.beacon",
        [],
    )


def test_a_password_in_the_keyring(desk, demo, harbor):
    desk.configure(demo, password_command=None)
    desk.environment |= {
        "PYTHON_KEYRING_BACKEND": keyrings.FILE, keyrings.PLACE: str(desk.folder / "keyring"),
    }  # fmt: skip
    terminal = desk.start("login", *HARBOR, "--json", "--quiet")
    terminal.wait_for("Password of demo.admin in harbor-prod: ")
    terminal.type(f"{harbor.password}\n")
    code, stdout = terminal.end()
    assert (code, require_valid("login", stdout)[0]["stored"]) == (0, True)
    assert "is now in the keyring" not in terminal.seen
    for removed in (True, False):
        done = desk.run("logout", *HARBOR, "--json", "--quiet")
        assert (done.returncode, done.stderr) == (0, "")
        assert require_valid("logout", done.stdout)[0]["removed"] is removed


def test_what_a_recording_shows(desk, harbor):
    curl = desk.folder / "request.txt"
    curl.write_text(
        f"curl '{harbor.url}index.php?module=Users&action=SendResetLink&record=7' --data-raw 'record=7'"
    )
    done = desk.call("learn", *HARBOR, "--curl", str(curl), "--dry-run", "--json")
    [record] = require_valid("learn", done.stdout)
    assert (done.returncode, record["written"]) == (0, False)


def test_the_line_of_the_demo(desk):
    command = desk.command("demo", "--serve-only", "--users", "5")
    with subprocess.Popen(command, env=desk.all_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            require_valid("demo", process.stdout.readline())
        finally:
            process.terminate()


def test_the_schemas_are_in_the_package():
    code = "from dazos_tui.cli.schema import SCHEMA_FOLDER; print(SCHEMA_FOLDER.parent.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "dazos_tui\n"
