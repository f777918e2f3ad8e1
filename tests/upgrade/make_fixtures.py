"""Makes the fixtures of tests/upgrade: what earlier commits left on a disk, written by their own code.

python -m tests.upgrade.make_fixtures

For each commit: its own program, in a git worktree of its own, serves its own demo, reads the list of people
and sends links. What is kept is small text: the history as SQL, the remembered list, and the example config
without its comments. It needs the whole git history and the packages of today.
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
    "2efc72d": "history 5: hash chain; the first queues",
    "1b1236f": "history 6, with another text for searches; the first remembered lists",
}
"""The last commits that wrote a form of the history or of the remembered lists, and what was new in it."""

QUEUING = ("2efc72d", "1b1236f")
"""Those that can keep sends for a server that is away."""

REMEMBERING = ("1b1236f",)
"""Those that keep a list of people."""

AWAY = """
[history]
url = "postgresql://kim@127.0.0.1:1/support"
password_env = "NO_PASSWORD"
offline = "queue"
"""
"""A server that never answers."""

CONFIGS = {
    "ee7f42d": "the first config",
    "1158b8b": "sign_in_check_minutes, later sign_in_check_seconds",
    "d09131a": "the table history",
    "fa8fb7e": "include, defaults, batch, tickets, remembered lists",
}
"""Commits whose example config is kept. Every other example has a part of their keys, and opens too."""


def git(*arguments: str) -> str:
    """Return what git prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def without_comments(toml: str) -> str:
    """Return a config without its comments and empty lines."""
    return "".join(f"{line}\n" for line in toml.splitlines() if line.strip() and not line.startswith("#"))


def dump(history: Path) -> str:
    """Return a history as SQL, with its mark and its version."""
    with closing(sqlite3.connect(history)) as raw:
        pragmas = [
            (name, raw.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("application_id", "user_version")
        ]
        return "\n".join([*(f"PRAGMA {name} = {value};" for name, value in pragmas), *raw.iterdump()]) + "\n"


def use(code: Path, home: Path, *, queues: bool) -> None:
    """Send links with the program of a commit, on its own demo."""

    def run(*command: str) -> str:
        done = subprocess.run(command, env=env, cwd=code, check=True, capture_output=True, text=True)
        return done.stdout

    env = {
        "HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(code), "TZ": "UTC",
        "NO_PASSWORD": "none", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
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
        listed = run(*at, "users", "-i", "harbor-prod", "--json")
        people = [json.loads(line) for line in listed.splitlines()]
        ordinary = [person for person in people if person["role"] == "Case Manager" and person["email"]]
        send = [*at, "send", "-i", "harbor-prod", "--ticket", "T-1", "--yes"]
        for person in ordinary[:2]:
            run(*send, person["user_name"])
        if queues:
            config.write_text(config.read_text() + AWAY)
            run(*send, ordinary[2]["user_name"])
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
                use(code, home, queues=commit in QUEUING)
                (STATES / f"{commit}.sql").write_text(dump(home / "state" / "history.db"))
                if commit in QUEUING:
                    (STATES / f"{commit}-queue.sql").write_text(dump(home / "state" / "history-queue.db"))
                if commit in REMEMBERING:
                    [kept] = (home / "state").glob("people/*.tsv")
                    (STATES / f"{commit}.tsv").write_bytes(kept.read_bytes())
            finally:
                git("worktree", "remove", "--force", str(code))


if __name__ == "__main__":
    main()
