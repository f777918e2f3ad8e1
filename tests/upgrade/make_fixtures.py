"""Makes the fixtures of tests/upgrade: what earlier commits left on a disk, written by their own code.

python -m tests.upgrade.make_fixtures

For each commit: its own program, in a git worktree of its own, serves its own demo, reads the list of people, and
sends links. What is kept of it is small text: the history as SQL, the remembered list, and the example config without
its comments. It needs the whole git history and the packages of today.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[2]
STATES = Path(__file__).parent / "states"

COMMITS: Mapping[str, str] = {
    "e6072e1": "history 1",
    "c72ff2e": "history 2: indexes of instances and of the unfinished",
    "da8a9b9": "history 3: action, back in",
    "7273b28": "history 4: server",
    "2efc72d": "history 5: hash chain",
    "1b1236f": "history 6: who was at the keyboard, batch, note; the first remembered lists",
    "b28ca17": "history 6 with quicker conversion; remembered lists as they are today",
}
"""The last commits that wrote a form of the history or of the remembered lists, and what was new in it."""

CONFIGS = {
    "ee7f42d": "the first config",
    "1158b8b": "sign_in_check_minutes, later sign_in_check_seconds",
    "d09131a": "the table history",
    "fa8fb7e": "include, defaults, batch, tickets, remembered lists",
}
"""Commits whose example config is kept. Every other example so far has a part of their keys, and opens too."""


def git(*arguments: str) -> str:
    """Return what git prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def without_comments(toml: str) -> str:
    """Return a config without its comments and empty lines."""
    return "".join(f"{line}\n" for line in toml.splitlines() if line.strip() and not line.startswith("#"))


def dump(history: Path) -> str:
    """Return a history as SQL, with its mark and its version."""
    with closing(sqlite3.connect(history)) as raw:
        pragmas = [(name, raw.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")]
        return "\n".join([*(f"PRAGMA {name} = {value};" for name, value in pragmas), *raw.iterdump()]) + "\n"


def use(code: Path, home: Path) -> None:
    """Send links with the program of a commit, on its own demo."""
    env = {
        "HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(code), "TZ": "UTC",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }  # fmt: skip
    program = [sys.executable, "-W", "ignore", "-m", "dazos_tui"]
    config, state = home / "config.toml", home / "state"
    at = [*program, "--config", str(config), "--state", str(state)]
    served = subprocess.Popen(
        [*program, "demo", "--serve-only", "--users", "40", "--write-config", str(config)],
        env=env, cwd=code, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert served.stdout is not None
        json.loads(served.stdout.readline())
        listed = subprocess.run(
            [*at, "users", "-i", "harbor-prod", "--json"], env=env, cwd=code, check=True, capture_output=True, text=True
        )
        people = [json.loads(line) for line in listed.stdout.splitlines()]
        active = [person for person in people if person["status"] == "Active" or person["status"] == "active"]
        for person in active[2:5]:
            send = [*at, "send", "-i", "harbor-prod", person["user_name"], "--ticket", "T-1", "--yes"]
            print(subprocess.run(send, env=env, cwd=code, check=False, capture_output=True, text=True))
    finally:
        served.terminate()
        served.wait(20)


def main() -> None:
    """Make all fixtures."""
    for commit in CONFIGS:
        text = without_comments(git("show", f"{commit}:config.example.toml"))
        (STATES / f"{commit}.toml").write_text(text)
    for commit in COMMITS:
        with tempfile.TemporaryDirectory() as name:
            code, home = Path(name) / "code", Path(name) / "home"
            home.mkdir()
            git("worktree", "add", "--detach", str(code), commit)
            try:
                use(code, home)
                (STATES / f"{commit}.sql").write_text(dump(home / "state" / "history.db"))
                for kept in (home / "state").glob("people/*.tsv"):
                    (STATES / f"{commit}.tsv").write_bytes(kept.read_bytes())
            finally:
                git("worktree", "remove", "--force", str(code))


if __name__ == "__main__":
    main()
