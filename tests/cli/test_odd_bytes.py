"""Bytes that are not UTF-8, typed or given as an argument: a sentence, never a traceback."""

import os

import pytest

from dazos_tui.history.store import HistoryStore
from tests.cli.test_odd_streams import CODES
from tests.reset_requests import request
from tests.smoke.own_terminal import OwnTerminal

AGAIN = "What you typed is not text in this terminal's encoding. Type it again."
PASSWORD = "Password of demo.admin in harbor-prod:"
STDIN = {"strict": "utf-8:strict", "C.UTF-8": "utf-8:surrogateescape"}
"""How Python reads stdin: in the locales C and C.UTF-8, other bytes become lone surrogates."""


@pytest.mark.parametrize(("controlling", "locale"), [(True, "strict"), (False, "strict"), (False, "C.UTF-8")])
@pytest.mark.parametrize("plain", [["--plain", "-i", "harbor-prod"], ["users", "-i", "harbor-prod", "anna"]])
def test_a_password_is_asked_for_again(desk, demo, harbor, plain, controlling, locale):
    desk.configure(demo, password_command=None, keyring=False)
    with OwnTerminal(
        desk.command(*plain), controlling=controlling, PYTHONIOENCODING=STDIN[locale]
    ) as terminal:
        terminal.sees(PASSWORD)
        terminal.send(b"hunter2\xff\n")
        terminal.sees(AGAIN + PASSWORD)
        terminal.send(f"{harbor.password}\n".encode())
        terminal.sees("anna" if "users" in plain else "Signed in to harbor-prod")
    assert [attempt.succeeded for attempt in harbor.accounts.attempts] == [True]


def test_a_yes_is_asked_for_again(desk):
    with HistoryStore(desk.state / "history.db") as store:
        store.record_request(request())
    desk.environment["PYTHONIOENCODING"] = STDIN["strict"]
    terminal = desk.start("db", "erase", "ann.lee")
    terminal.wait_for("[y/N]: ")
    terminal.type(b"y\xff\n")
    terminal.wait_for("[y/N]: ", times=2)
    terminal.type("n\n")
    assert terminal.end() == (3, "")
    assert "Traceback" not in terminal.seen
    assert "Nothing was erased." in terminal.seen


ODD = os.fsdecode(b"\xff")


@pytest.mark.parametrize(
    "arguments",
    [
        ["db", "erase", "ann.lee", "-i", ODD, "--yes"],
        ["db", "erase", ODD, "--yes"],
        ["note", ODD],
        ["note", "ann.lee", "-i", ODD],
        ["history", ODD, "-i", ODD],
        ["history", "--stats", "--ticket", ODD],
        ["history", "--batch", ODD],
        ["verify", "-i", ODD],
        ["users", "-i", ODD],
        ["users", "-i", "harbor-prod", ODD],
        ["users", "-i", "harbor-prod", "--remembered", ODD],
        ["find", ODD],
        ["find", ODD, "--remembered"],
        ["send", "-i", "harbor-prod", ODD, "--yes", "--ticket", ODD],
        ["send", "-i", "harbor-prod", "--from", ODD, "--yes"],
        ["forget", "-i", ODD],
        ["login", "-i", ODD],
        ["logout", "-i", ODD],
        ["doctor", "-i", ODD],
        ["learn", "-i", ODD, "--curl", ODD],
        ["learn", "-i", "harbor-prod", "--curl", ODD, "--person", ODD],
        ["instances", ODD],
        ["schema", ODD],
        ["db", "backup", ODD],
        ["db", "import", ODD],
        ["db", "check", "--mark", ODD],
        ["db", "roles", "--owner", ODD],
    ],
)
def test_an_argument_ends_with_a_sentence(desk, arguments, monkeypatch):
    monkeypatch.chdir(desk.folder)
    with HistoryStore(desk.state / "history.db") as store:
        store.record_request(request())
    done = desk.call(*arguments)
    assert done.returncode in CODES
    assert done.stderr.strip() or not done.returncode


def test_nobody_is_erased_in_an_instance_whose_name_no_row_can_have(desk):
    with HistoryStore(desk.state / "history.db") as store:
        store.record_request(request())
    done = desk.call("db", "erase", "ann.lee", "-i", ODD, "--yes")
    assert done.returncode == 4
    assert "The history has no rows of “ann.lee”." in done.stderr
