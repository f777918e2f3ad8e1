"""Paths that cannot be looked at: in a folder without access, or with a name that is too long."""

import os
import shutil
import subprocess

import pytest

from tests.cli.test_json_schemas import EVERY
from tests.cli.test_odd_streams import ARGUMENTS, CODES
from tests.patience import patience

TOO_LONG = "a" * 300
_LEFT_OUT = "-dac_override,-dac_read_search"
ROOT_WITHOUT_ACCESS = ["setpriv", f"--bounding-set={_LEFT_OUT}", f"--inh-caps={_LEFT_OUT}"]
"""What makes root a user like all others, for whom a folder can be locked (capabilities(7))."""


def run(desk, *arguments):
    """Run a command in a process that has no access to locked folders."""
    prefix = ROOT_WITHOUT_ACCESS if os.geteuid() == 0 else []
    return subprocess.run(
        [*prefix, *desk.command(*arguments)],
        env=desk.all_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=patience(30),
    )  # fmt: skip


@pytest.fixture(params=["locked", TOO_LONG], ids=["locked", "too long"])
def odd(request, tmp_path):
    """A folder in which nothing can be looked at, and the reason that the system gives."""
    folder = tmp_path / request.param
    if request.param == TOO_LONG:
        yield folder, "File name too long"
        return
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("setpriv is missing: root has access to every folder")
    folder.mkdir(mode=0o000)
    yield folder, "Permission denied"
    folder.chmod(0o700)


@pytest.mark.parametrize("option", ["--config", "--state"])
@pytest.mark.parametrize("words", [one for one in EVERY if not one.startswith("demo")])
def test_every_command_ends_with_a_sentence(desk, words, option, monkeypatch):
    # What `db erase` and others get as their argument may be anything.
    monkeypatch.chdir(desk.folder)
    done = desk.call(option, str(desk.folder / TOO_LONG / "x"), *words.split(), *ARGUMENTS.get(words, []))
    assert done.returncode in CODES
    assert done.stderr.strip() or not done.returncode


def test_a_config(desk, odd):
    folder, _ = odd
    desk.folder = folder
    done = run(desk, "config", "path", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert '"exists": false' in done.stdout
    done = run(desk, "--version", "--verbose")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{desk.config} (--config, does not exist)" in done.stdout


def test_authorities(desk, demo, odd):
    file = odd[0] / "ca.pem"
    desk.configure(demo, ca_file=str(file))
    done = run(desk, "config", "check", "--json")
    assert done.returncode == 2
    assert f"there is no file {file}" in done.stderr
    assert '"ok": false' in done.stdout


def test_a_recording(desk, odd):
    folder, reason = odd
    for option in ("--curl", "--har"):
        done = run(desk, "learn", "-i", "harbor-prod", option, str(folder / "x"))
        assert done.returncode == 2
        assert done.stderr.startswith(f"Could not read {folder / 'x'}: {reason}.\n")


def test_a_report_of_the_history(desk, odd):
    folder, reason = odd
    done = run(desk, "history", "--html", str(folder / "x.html"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"Could not write {folder / 'x.html'}: {reason}.\n")


def test_a_search_in_a_history_says_what_the_list_of_all_rows_says(desk, odd):
    state = ["--state", str(odd[0] / "state")]
    whole = run(desk, *state, "history")
    assert whole.returncode == 3
    assert "another program" not in whole.stderr
    for arguments in (["ann"], ["--outcome", "sent"], ["--stats"], ["--stats", "ann.lee"]):
        found = run(desk, *state, "history", *arguments)
        assert (found.returncode, found.stderr, found.stdout) == (3, whole.stderr, "")
