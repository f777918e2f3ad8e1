"""``find`` and ``doctor --all`` over two hundred instances of the demo, one of which never answers."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import tomli_w

from dazos_tui.demo.faults import Fault, FaultPlace
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from tests.cli.conftest import Desk

MANY = 200


@pytest.fixture(scope="module")
def sites() -> Iterator[DemoServer]:
    presets = [
        InstancePreset(f"site-{n:03}", f"Site {n}", f"site-{n:03}.example.com", users=5) for n in range(MANY)
    ]
    with DemoServer(*presets) as server:
        yield server


@pytest.fixture
def demo(sites: DemoServer) -> Iterator[DemoServer]:
    yield sites
    for instance in sites.instances:
        instance.faults.clear()


def never_answers(server: DemoServer, name: str) -> None:
    for place in get_args(FaultPlace):
        server.instance(name).faults.inject(place, Fault(delay=3600.0), times=None)


def records(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def tagged(desk: Desk, demo: DemoServer) -> Desk:
    """The instances in an included file, every tenth one with a tag, the accounts in the defaults."""
    tables = demo_config(demo.instances)["instances"]
    passwords = {table.pop("password_command")[-1] for table in tables.values()}
    for number, table in enumerate(tables.values()):
        del table["username"]
        table["tags"] = ["west", "clinic"] if number % 10 == 0 else ["east"]
    assert len(passwords) == 1
    (desk.folder / "team.toml").write_text(tomli_w.dumps({"instances": tables}))
    desk.config.write_text(
        tomli_w.dumps(
            {
                "include": ["team.toml"],
                "defaults": {"username": "demo.admin", "password_command": ["echo", passwords.pop()]},
            }
        )
    )
    return desk


def test_a_person_is_found_in_two_hundred_instances(tagged):
    done = tagged.call("find", "demo.admin", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(str(one["instance"]) for one in records(done)) == [f"site-{n:03}" for n in range(MANY)]


def test_one_that_never_answers_is_named_at_the_end_and_the_others_are_printed_before(desk, demo):
    never_answers(demo, "site-003")
    command = desk.command("find", "demo.admin", "--timeout", "4")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=desk.all_environment(), text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("INSTANCE")
        lines = [process.stdout.readline() for _ in range(15)]
        # Of those asked together with it, all are printed while it is still waited for.
        assert process.poll() is None
        lines += process.stdout.readlines()
        said = process.stderr.read()
    assert process.returncode == 0
    assert len(lines) == MANY - 1
    assert [line[:22] for line in sorted(lines)][3] == "site-004  PRODUCTION  "
    host = demo.url.partition("://")[2]
    assert said.splitlines() == [
        "Could not search site-003:",
        f"{host} did not answer within 4 seconds.",
        "Ask it again later, with more time, or open the instance in a browser.",
    ]


def test_only_instances_with_a_tag_are_asked(tagged, demo):
    before = {one.preset.name: one.sign_in_attempts for one in demo.instances}
    done = tagged.call("find", "demo.admin", "tag:west", "--json")
    assert len(records(done)) == MANY // 10
    asked = {one.preset.name for one in demo.instances if one.sign_in_attempts > before[one.preset.name]}
    assert asked == {f"site-{n:03}" for n in range(0, MANY, 10)}
    assert len(records(tagged.call("find", "--json", "--", "demo.admin", "TAG:West", "-tag:clinic"))) == 0
    assert len(records(tagged.call("find", "--json", "--", "demo.admin", "-tag:east"))) == MANY // 10


def test_a_tag_that_nobody_has_is_refused_with_the_nearest(tagged):
    done = tagged.call("find", "garcia", "tag:wst")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "No instance in the config has tag:wst (did you mean “west”?).",
        "Tags in the config: clinic, east, west.",
    ]


def test_no_query_beside_the_tag_is_refused(tagged):
    assert tagged.call("find", "tag:west").returncode == 2


def test_all_instances_are_checked(tagged, demo):
    never_answers(demo, "site-010")
    demo.instance("site-020").faults.inject("list", Fault(body="Fatal error", status=500), times=None)
    done = tagged.call("doctor", "--all", "--tag", "west", "--timeout", "12")
    assert done.returncode == 8
    lines = {line.split()[1]: line.split(maxsplit=3) for line in done.stdout.splitlines()[1:]}
    assert len(lines) == MANY // 10
    assert lines["site-030"] == ["ok", "site-030", "PRODUCTION"]
    assert lines["site-010"][3] == f"reach: {demo.url.partition('://')[2]} did not answer within 12 seconds."
    assert lines["site-020"][3].startswith(("admin rights: ", "list: "))
    said = done.stderr.splitlines()
    assert said[0] == "18 of 20 instances are ready. Not ready:"
    assert said[1].startswith("site-010: ")
    assert any(line.startswith("site-020: ") for line in said)


def test_the_steps_of_all_instances_as_json(tagged):
    done = tagged.call("doctor", "--all", "--tag", "west", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {str(one["instance"]) for one in records(done)} == {f"site-{n:03}" for n in range(0, MANY, 10)}
    assert all(list(one) == ["instance", "step", "ok", "words", "advice"] for one in records(done))
    assert len(records(done)) == 7 * MANY // 10


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "0", "3600.1"])
@pytest.mark.parametrize("arguments", [["find", "anna"], ["doctor", "--all"]])
def test_what_is_no_time_to_wait_is_refused(desk, arguments, seconds):
    done = desk.call(*arguments, "--timeout", seconds)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Invalid value for '--timeout': " in done.stderr


@pytest.mark.parametrize(
    "options", [("--tag", "west"), ("--all", "-i", "site-000"), ("--all", "--report", "x")]
)
def test_options_that_do_not_go_together(tagged, options, tmp_path):
    assert tagged.call("doctor", *options).returncode == 2
    assert not Path("x").exists()


def test_nobody_is_asked_for_two_hundred_passwords(desk, demo):
    desk.configure(demo, password_command=None, keyring=False)
    done = desk.call("doctor", "--all")
    assert done.returncode == 5
    assert done.stderr.count("The password has to be typed there.") == MANY


def test_the_config_says_from_which_file_each_key_comes(tagged):
    shown = tagged.call("config", "show").stdout.splitlines()
    rows = {line.split()[0]: line for line in shown if line.startswith("instances.site-010.")}
    team = str(tagged.folder / "team.toml")
    assert rows["instances.site-010.url"].endswith(f"  {team}")
    assert rows["instances.site-010.tags"].split() == ["instances.site-010.tags", "west", "clinic", team]
    assert rows["instances.site-010.username"].endswith("  config [defaults]")
    assert rows["instances.site-010.password"].endswith("  config [defaults]")
    assert rows["instances.site-010.pinned"].endswith("  default")
    assert [line.split() for line in shown if line.startswith("include")] == [["include", team, "config"]]
