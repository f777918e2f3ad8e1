"""Tests of the search itself: it finds planted secrets in every encoding."""

import base64
import json
import sys
from urllib.parse import quote

import pytest

from tests.secrecy.machine import new_secret
from tests.secrecy.search import disguises, files_below, find_secrets, without_sequences

SECRET = new_secret("password")
HALF = len(SECRET) // 2

DISGUISES = {
    "plain": SECRET,
    "the first half": SECRET[:HALF],
    "the second half": SECRET[HALF:],
    "backwards": SECRET[::-1],
    "half of it backwards": SECRET[:HALF][::-1],
    "in an address": quote(SECRET, safe=""),
    "in JSON": json.dumps(SECRET),
    "as repr": repr(SECRET),
    "hexadecimal": SECRET.encode().hex(),
    "loud": SECRET.upper(),
    **{
        f"in base64 after {before}": base64.b64encode(f"{'a' * before}{SECRET}aaa".encode()).decode()
        for before in range(4)
    },
    "in base64 for addresses": base64.urlsafe_b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_secret_is_found(disguise):
    assert find_secrets({"it": SECRET}, {"place": f"before {DISGUISES[disguise]} after".encode()}) == [
        "it in place"
    ]


def test_another_secret_and_a_short_part_are_not_found():
    other = new_secret("password")
    assert find_secrets({"it": SECRET}, {"place": f"{other} {SECRET[: HALF - 1]}".encode()}) == []
    assert all(len(one) >= 12 for one in disguises(SECRET))


def test_colours_do_not_hide_a_secret():
    written = "\x1b]0;title\x07".join(f"\x1b[38;2;1;2;3m{char}\x1b[0m" for char in SECRET).encode()
    assert without_sequences(written) == SECRET.encode()


def test_files_are_searched_by_name_and_content(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_text("content")
    (tmp_path / "name").touch()
    seen = files_below(tmp_path)
    assert seen[str(tmp_path / "deep" / "file")] == b"content"
    assert str(tmp_path / "name").encode() in seen["names of files"]


LEAK = "import os, subprocess, sys, tempfile; teller, secret = sys.argv[1], os.environ['OWN'];"
LEAKS = {
    "home": "open(os.path.expanduser('~/x'), 'w').write(secret)",
    "folder to work in": "open('x', 'w').write(secret)",
    "temporary file": "tempfile.NamedTemporaryFile('w', delete=False).write(secret)",
    "terminal": "print(secret)",
    "clipboard": "print('\\x1b]52;c;AAAA\\x07')",
    "environment of a child": "subprocess.run([teller], env={'OTHER': secret}, stdout=subprocess.DEVNULL)",
    "argument of a child": "subprocess.run([teller, secret], stdout=subprocess.DEVNULL)",
}


@pytest.mark.parametrize("place", LEAKS)
def test_a_machine_finds_what_a_program_leaves(machine, password, place):
    [teller] = machine.command(password)
    code = f"{LEAK}{LEAKS[place]}"
    machine.variable("OWN", password)
    with machine.open([sys.executable, "-c", code, teller]) as terminal:
        assert terminal.ends() == 0
    assert len(machine.leaks()) >= 1


def test_a_machine_finds_an_argument_of_the_app_and_the_echo_of_what_is_typed(machine, password):
    code = "import sys; print('Name:'); input()"
    with machine.open([sys.executable, "-c", code, password]) as terminal:
        terminal.sees("Name:")
        terminal.type(f"{password}\n")
        assert terminal.ends() == 0
    places = " ".join(machine.leaks())
    assert "cmdline of the app" in places
    assert "terminal 0" in places


def test_what_the_user_put_into_the_apps_environment_is_not_a_leak(machine, password):
    machine.variable("OWN", password)
    [teller] = machine.command(password)
    code = "import os, subprocess, sys; subprocess.run([sys.argv[1]], env={}, stdout=subprocess.DEVNULL)"
    with machine.open([sys.executable, "-c", code, teller]) as terminal:
        assert terminal.ends() == 0
    assert machine.leaks() == []
    assert len(list((machine.vault / "seen").iterdir())) == 3
