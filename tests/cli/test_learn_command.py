"""The command line's ``learn``, as a real process with real files, on recordings of the demo."""

import errno
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import JSON_BODY, OTHER_ANSWER, SCRIPT_ITEM
from tests.cli.conftest import Desk
from tests.learning.copied import Copied
from tests.learning.recorder import Browser

PRESETS = tuple(replace(preset, users=30) for preset in (SCRIPT_ITEM, JSON_BODY, OTHER_ANSWER))


@pytest.fixture
def demo():
    with DemoServer(*PRESETS) as server:
        yield server


@pytest.fixture
def har(demo, tmp_path):
    """Return a function that records a whole walk through an instance, with one link sent to its admin."""

    def record(name: str, send=Browser.send_form):
        browser = Browser(demo.instance(name))
        try:
            browser.walk(1)
            send(browser, 1)
        finally:
            browser.close()
        return str(browser.save(tmp_path / f"{name}.har"))

    return record


def copied(
    desk: Desk, demo: DemoServer, *, name="script-item", flavour="chrome bash", record=1, **changes
) -> str:
    url = f"{demo.instance(name).url}index.php"
    body = (
        f"__vtrftk=sid%3Aplanted0123456789&module=Users&parent=Settings&action=SendResetLink&record={record}"
    )
    request = Copied(
        **{"url": url, "body": body, "headers": (("x-requested-with", "XMLHttpRequest"),)} | changes
    )
    path = desk.folder / "copied.txt"
    path.write_text(request.as_text(flavour), encoding="utf-8")
    return str(path)


def comment(desk: Desk) -> str:
    """Put a comment of the user's into the config; return the text before the change."""
    desk.config.write_text("# mine\n" + desk.config.read_text() + "\n# the end\n")
    return desk.config.read_text()


@pytest.mark.parametrize(
    ("name", "send"),
    [
        ("script-item", Browser.send_form),
        ("json-body", Browser.send_json),
        ("other-answer", Browser.send_form),
    ],
)
def test_what_was_learned_sends_a_link(desk, demo, har, name, send):
    before = comment(desk)
    person = demo.instance(name).people[0]
    blocked = desk.call("send", "-i", name, person.email1, "--yes")
    assert blocked.returncode == 3
    learned = desk.call("learn", "-i", name, "--har", har(name, send), "--yes")
    assert learned.returncode == 0, learned.stderr
    text = desk.config.read_text()
    assert [line for line in before.splitlines() if line not in text.splitlines()] == []
    assert f"[instances.{name}.reset_request]" in text
    mails = len(demo.instance(name).outbox)
    sent = desk.call("send", "-i", name, person.email1, "--yes", "--json")
    assert json.loads(sent.stdout)["outcome"] == "sent"
    assert len(demo.instance(name).outbox) == mails + 1


def test_what_is_said(desk, demo, har):
    path = har("script-item")
    run = desk.call("learn", "-i", "script-item", "--har", path, "--yes")
    assert "Recognised:\n" in run.stdout
    assert "list of users" in run.stdout
    assert "Kept: path, 5 fields, which one is the person, 1 header. Dropped: cookie, token," in run.stdout
    assert '+form = {__vtrftk = "{csrf}", module = "Users"' in run.stdout
    assert f"Written to {desk.config}." in run.stderr
    assert "dazos-tui doctor -i script-item" in run.stderr
    assert f"Delete {path} now" in run.stderr
    again = desk.call("learn", "-i", "script-item", "--har", path, "--yes")
    assert again.returncode == 0
    assert "Nothing to write" in again.stderr


def test_a_name_with_a_space_is_quoted_in_the_command_to_copy(desk, demo):
    text = desk.config.read_text().replace("[instances.script-item]", '[instances."my crm"]')
    desk.config.write_text(text)
    run = desk.call("learn", "-i", "my crm", "--curl", copied(desk, demo), "--yes")
    assert "dazos-tui doctor -i 'my crm'" in run.stderr, run.stderr


@pytest.mark.parametrize("flavour", ["chrome bash", "chrome cmd", "firefox posix", "safari", "fetch"])
def test_from_a_copied_request(desk, demo, flavour):
    run = desk.run(
        "learn", "-i", "script-item", "--curl", copied(desk, demo, flavour=flavour), "--yes", "--json"
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    assert said["written"] is True
    assert said["changes"]["reset_request"]["form"]["record"] == "{id}"
    assert said.keys() == {
        "instance", "recognised", "missing", "request", "kept", "dropped", "notes", "changes", "written",
    }  # fmt: skip
    assert "planted" not in run.stdout + run.stderr + desk.config.read_text()
    assert desk.call("config", "check").returncode == 0


def test_piped_in(desk, demo):
    with Path(copied(desk, demo)).open(encoding="utf-8") as file:
        run = desk.run("learn", "-i", "script-item", "--curl", "-", "--yes", stdin=file)
    assert run.returncode == 0
    assert "clipboard" in run.stderr


def test_pasted_on_a_terminal(desk, demo):
    """A line is longer than a terminal takes at once, and is not shown. The question is asked after it."""
    cookie = "PHPSESSID=planted" + "0123456789" * 900
    text = Path(copied(desk, demo, cookie=cookie)).read_text(encoding="utf-8")
    terminal = desk.start("learn", "-i", "script-item", "--curl", "-")
    terminal.wait_for("then press Ctrl+D")
    terminal.type(text + "\x04")
    terminal.wait_for("Write this into the config? [y/N]")
    terminal.type("y\n")
    code, _ = terminal.end()
    assert code == 0
    assert "planted" not in terminal.seen
    assert "[instances.script-item.reset_request]" in desk.config.read_text()


def test_declined(desk, demo):
    before = desk.config.read_bytes()
    terminal = desk.start("learn", "-i", "script-item", "--curl", copied(desk, demo))
    terminal.wait_for("Write this into the config? [y/N]")
    terminal.type("n\n")
    assert terminal.end()[0] == 3
    assert "Nothing was written." in terminal.seen
    assert desk.config.read_bytes() == before


@pytest.mark.parametrize(
    ("option", "code", "words"), [("--dry-run", 0, "Nothing was written."), ("--json", 2, "no terminal")]
)
def test_nothing_is_written_unasked(desk, demo, har, option, code, words):
    before = desk.config.read_bytes()
    run = desk.call("learn", "-i", "script-item", "--har", har("script-item"), option)
    assert run.returncode == code
    assert words in run.stderr
    assert desk.config.read_bytes() == before
    assert sorted(path.suffix for path in desk.folder.iterdir()) == [".har", ".toml"]


def test_an_instance_that_is_not_in_the_config(desk, har):
    path = har("script-item")
    desk.config.unlink()
    run = desk.call("learn", "-i", "new", "--har", path, "--yes")
    assert run.returncode == 2
    assert "[instances.new]" in run.stderr
    assert "/script-item/" in run.stderr
    assert 'username = "…"' in run.stderr
    assert not desk.config.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Give either --curl FILE or --har FILE"),
        (["--curl", "-", "--har", "x"], 2, "Give either"),
        (["--curl", "missing.txt"], 2, "Could not read missing.txt: No such file"),
        (["--har", "config.toml"], 2, "not a HAR file"),
        (["--curl", "config.toml"], 2, "does not begin with “curl”"),
        (["--har", "/dev/zero"], 2, "not a regular file"),
    ],
)
def test_what_is_no_recording(desk, arguments, code, words):
    run = desk.run("learn", "-i", "script-item", *arguments, "--yes", cwd=desk.folder)
    assert run.returncode == code
    assert words in run.stderr
    assert "Delete missing.txt" not in run.stderr
    assert run.stdout == ""


def test_a_recording_that_does_not_show_enough(desk, demo):
    path = copied(desk, demo, method="GET", body="")
    run = desk.call("learn", "-i", "script-item", "--curl", path, "--yes")
    assert (run.returncode, run.stdout) == (4, "")
    assert run.stderr.index("is a GET") < run.stderr.index(f"Delete {path} now")


def test_the_field_of_the_person_can_be_chosen(desk, demo):
    url = f"{demo.instance('script-item').url}api/reset"
    options = {"url": url, "body": '{"target": "4711", "sender": "17"}', "content_type": "application/json"}
    path = copied(desk, demo, **options)
    run = desk.call("learn", "-i", "script-item", "--curl", path, "--yes")
    assert run.returncode == 4
    assert "“target”, “sender”" in run.stderr
    assert "4711" not in run.stdout + run.stderr
    assert (
        desk.call("learn", "-i", "script-item", "--curl", path, "--yes", "--person", "target").returncode == 0
    )
    assert 'json = {target = "{id}", sender = "17"}' in desk.config.read_text()


def test_an_existing_request_is_replaced(desk, demo):
    desk.call("learn", "-i", "script-item", "--curl", copied(desk, demo), "--yes")
    first = desk.config.read_text()
    other = copied(desk, demo, url=f"{demo.instance('script-item').url}index.php?view_mode=mail")
    run = desk.call("learn", "-i", "script-item", "--curl", other, "--yes")
    assert '-path = "index.php"' in run.stdout
    assert desk.config.read_text() == first.replace(
        'path = "index.php"', 'path = "index.php?view_mode=mail"', 1
    )


def test_a_config_that_cannot_be_written_is_said(desk, demo, monkeypatch):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = desk.config.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    run = desk.call("learn", "-i", "script-item", "--curl", copied(desk, demo), "--yes")
    assert run.returncode == 2
    assert "was not changed: No space left on device." in run.stderr
    assert "under [instances.script-item] yourself" in run.stderr
    assert desk.config.read_bytes() == before


def test_help_names_the_exit_codes(desk):
    run: subprocess.CompletedProcess[str] = desk.run("learn", "--help")
    assert "3 you declined" in run.stdout.replace("\n ", "")


def test_a_change_within_a_table_says_which_and_keeps_comments(desk, demo):
    table = (
        '[instances.script-item.reset_request] # ours\npath = "old?r={id}" # by hand\noffered = "always"\n'
    )
    desk.config.write_text(f"{desk.config.read_text()}\n{table}")
    copy = copied(desk, demo)
    done = desk.call("learn", "-i", "script-item", "--curl", copy, "--yes")
    assert done.returncode == 0, done.stderr
    shown = done.stdout.partition("Would be written")[2].splitlines()[1:]
    assert shown[:3] == [
        "[instances.script-item.reset_request] # ours",
        '-path = "old?r={id}" # by hand',
        '+path = "index.php" # by hand',
    ]
    written = desk.config.read_text()
    assert '# ours\npath = "index.php" # by hand\noffered = "always"\n' in written
