"""The man page: without a complaint of the two programs that show it, and as a person sees it."""

import re
import shutil
import subprocess

import pytest

from dazos_tui.cli._support.exit_codes import ExitCode
from docs.command_tree import options_of, root_context, subcommands, walk
from docs.man_page import _escaped, man_page
from docs.written import ROOT

PAGE = ROOT / "docs" / "dazos-tui.1"
needs_man = pytest.mark.skipif(shutil.which("man") is None, reason="man-db is not installed")
needs_mandoc = pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")


def shown(*, columns=80):
    """Return the page as man shows it, without bold and underlined letters, and what man complains about."""
    done = subprocess.run(
        ["man", "--warnings", "--encoding=UTF-8", "-l", PAGE],
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": str(columns), "LANG": "C.UTF-8", "MAN_KEEP_FORMATTING": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return re.sub(".\b", "", done.stdout), done.stderr


def test_it_is_what_the_commands_would_make_now():
    assert PAGE.read_text(encoding="utf-8") == man_page(root_context())


@needs_mandoc
def test_mandoc_has_no_complaint():
    done = subprocess.run(["mandoc", "-T", "lint", PAGE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_man
@pytest.mark.parametrize("columns", [80, 45])
def test_man_has_no_complaint_and_fits(columns):
    text, complaints = shown(columns=columns)
    assert complaints == ""
    # Commands to copy are not broken.
    assert [line for line in text.splitlines() if len(line) > max(columns, 80)] == []


@needs_man
def test_every_command_option_and_exit_code_is_on_it():
    text, _ = shown()
    root = root_context()
    for name in subcommands(root):
        assert re.search(rf"^       {name}\b", text, re.MULTILINE), name
    for names, context in walk(root):
        [section] = re.findall(
            rf"^   dazos-tui {' '.join(names)} \[.*?(?=^ {{0,3}}\S)", text, re.MULTILINE | re.DOTALL
        )
        for option in options_of(context):
            if "--help" not in option.opts:
                assert all(name in section for name in option.opts), (names, option.opts)
    codes = text.partition("EXIT STATUS")[2].partition("FILES")[0]
    assert re.findall(r"^       (\d+) ", codes, re.MULTILINE) == [str(code.value) for code in ExitCode]


@needs_man
def test_it_can_be_read():
    text, _ = shown()
    titles = re.findall(r"^[A-Z][A-Z ]+$", text, re.MULTILINE)
    assert titles == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT",
        "EXAMPLES", "SEE ALSO",
    ]  # fmt: skip
    assert "dazos-tui - find a person in Dazos CRM and send them a password-reset" in text
    assert "dazos-tui send -i acme ann.bell@example.com --ticket T-1042" in text
    assert "\\" not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text)


def test_text_is_never_taken_for_a_request():
    assert _escaped("a\\b -x “y” 'z' Å") == "a\\eb \\-x \\(lqy\\(rq \\(aqz\\(aq \\[u00C5]"
    assert PAGE.read_text(encoding="utf-8").isascii()
