"""Who is at the keyboard, as real processes with other names and users see it."""

import os
import pwd
import subprocess
import sys

import pytest

from dazos_tui.system import keyboard_user as module
from dazos_tui.system.keyboard_user import MAX_NAME, KeyboardUser
from dazos_tui.text.sanitize import safe_text

SHOW = """
import os, sys
from dazos_tui.system.keyboard_user import keyboard_user
for uid in sys.argv[1:]:
    os.setuid(int(uid))
user = keyboard_user()
print(ascii([user.os_user, user.sudo_user]))
"""


def found(monkeypatch, **environment):
    """Return who is at the keyboard with other variables."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return module.keyboard_user.__wrapped__()


def as_process(environment, *uid):
    """Return what a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *uid], env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def test_it_is_the_user_that_the_system_knows_whatever_the_variables_say(monkeypatch):
    user = found(monkeypatch, USER="somebody.else", LOGNAME="x", HOSTNAME="x", SUDO_USER="")
    assert user == KeyboardUser(pwd.getpwuid(os.getuid()).pw_name, safe_text(os.uname().nodename), "")


def test_who_called_sudo(monkeypatch):
    assert found(monkeypatch, SUDO_USER="kim").sudo_user == "kim"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("kim\x1b[31m", "kim\ufffd[31m"),
        ("a\nb\u202e", "a b\ufffd"),
        ("Zo\u0065\u0308", "Zo\u00eb"),
        ("x" * 5_000, "x" * (MAX_NAME - 1) + "\u2026"),
        ("  ", ""),
    ],
)
def test_a_name_is_safe_to_show_and_not_long(monkeypatch, name, kept):
    assert found(monkeypatch, SUDO_USER=name).sudo_user == kept


def test_a_name_that_is_not_utf_8():
    environment = {**os.environ, "PATH": os.environ["PATH"]}
    raw = {os.fsencode(key): os.fsencode(value) for key, value in environment.items()}
    shown = as_process(raw | {b"SUDO_USER": b"k\xffm", b"PYTHONUTF8": b"1"})
    assert shown.endswith("'k?m']")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can run as a user that does not exist")
def test_a_user_without_an_entry_is_a_number():
    assert as_process(dict(os.environ), "54321").startswith("['uid 54321'")


def test_the_name_of_the_machine_is_safe_too(monkeypatch):
    class Uname:
        nodename = "desk\x9b1m\udcff"

    monkeypatch.setattr(os, "uname", Uname)
    assert found(monkeypatch).os_host == "desk\ufffd1m?"


def test_the_system_is_asked_once(monkeypatch):
    module.keyboard_user()
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: pytest.fail("asked again"))
    assert module.keyboard_user() is module.keyboard_user()
