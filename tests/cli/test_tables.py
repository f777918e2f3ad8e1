"""Tables for people: titles, the terminal's width, colours."""

import os
import pty
import re
import subprocess
import termios
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.cli._support.tables import Column, format_columns
from dazos_tui.text.cells import cell_width
from tests.patience import patience

COLUMNS = [
    Column("id", fixed=True),
    Column("name"),
    Column("user name", optional=True),
    Column("e-mail"),
    Column("role", optional=True),
    Column("status", fixed=True),
]
ROWS = [
    ("19x1234", "Anna Maria Beacon-Longname", "anna.beacon", "a@harbor.example.com", "Billing", "inactive"),
    ("7", "王小明", "wang", "w@harbor.example.com", "CEO", "active"),
]


def table(monkeypatch, width, rows=ROWS):
    monkeypatch.setenv("COLUMNS", str(width))
    return format_columns(COLUMNS, rows)


def test_without_a_terminal_nothing_is_cut(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    titles, anna, wang = format_columns(COLUMNS, ROWS)
    assert re.split("  +", titles) == ["ID", "NAME", "USER NAME", "E-MAIL", "ROLE", "STATUS"]
    assert re.split("  +", anna) == list(ROWS[0])
    assert re.split("  +", wang) == list(ROWS[1])


def test_what_may_be_left_out_is_cut_first_and_left_out_next(monkeypatch):
    assert table(monkeypatch, 90)[1] == (
        "19x1234  Anna Maria Beacon-Longname  anna.beacon  a@harbor.example.com  Billing  inactive"
    )
    titles = ["ID", "NAME", "USER NAME", "E-MAIL", "ROLE", "STATUS"]
    assert re.split("  +", table(monkeypatch, 80)[0]) == titles
    assert "  Anna Maria Beacon-…  anna.beacon  a@harbor.example.…  Billing  " in table(monkeypatch, 80)[1]
    assert re.split("  +", table(monkeypatch, 60)[0]) == ["ID", "NAME", "USER NAME", "E-MAIL", "STATUS"]
    assert table(monkeypatch, 45) == [
        "ID       NAME          E-MAIL        STATUS",
        "19x1234  Anna Maria…   a@harbor.ex…  inactive",
        "7        王小明        w@harbor.ex…  active",
    ]


def test_no_rows_have_no_titles(monkeypatch):
    assert table(monkeypatch, 80, []) == []


TEXT = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Mn", "Me", "Mc")), max_size=60)


@given(
    rows=st.lists(st.tuples(*[TEXT] * len(COLUMNS)), min_size=1, max_size=4),
    width=st.integers(min_value=1, max_value=200),
)
def test_no_line_is_wider_than_the_terminal(rows, width):
    with pytest.MonkeyPatch.context() as patch:
        lines = table(patch, width, rows)
    assert len(lines) == len(rows) + 1
    assert all(cell_width(line) <= width for line in lines)


@pytest.mark.parametrize("columns", ["", "0", "-1", "x", "٣"])
def test_columns_that_are_no_number_are_ignored(monkeypatch, columns):
    assert table(monkeypatch, columns)[1].endswith("  Billing  inactive")


def on_terminal(desk, *arguments, **environment):
    """Run a command with stdout on a terminal of 60 columns; return what it shows there."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 60))
    environment = {**desk.all_environment(), **environment}
    process = subprocess.Popen(
        desk.command(*arguments), env=environment, stdin=subprocess.DEVNULL, stdout=theirs,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    with suppress(OSError):
        while chunk := os.read(ours, 4096):
            seen += chunk
    os.close(ours)
    assert process.wait(timeout=patience(60)) == 0
    return seen.decode().replace("\r\n", "\n")


def test_a_terminal_has_colours_unless_somebody_objects(desk, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = on_terminal(desk, "users", "-i", "harbor-prod", "anna")
    assert "\x1b[1mNAME\x1b[0m" in shown
    assert "\x1b[2minactive\x1b[0m" in shown
    for changed in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = on_terminal(desk, "users", "-i", "harbor-prod", "anna", **changed)
        assert plain == re.sub(r"\x1b\[\d*m", "", shown)
    assert all(cell_width(line) <= 60 for line in plain.splitlines())
    assert "\x1b" not in on_terminal(desk, "users", "-i", "harbor-prod", "anna", "--json")
    assert "\x1b" not in on_terminal(desk, "users", "-i", "harbor-prod", "anna", "--csv")


def test_the_id_of_a_table_is_what_other_commands_take(desk, harbor):
    _, row = desk.run("users", "-i", "harbor-prod", "cara.beacon").stdout.splitlines()
    user_id = row.split()[0]
    assert desk.run("send", "-i", "harbor-prod", user_id, "--yes").returncode == 0
    _, row = desk.run("history").stdout.splitlines()
    assert desk.run("note", row.split()[0]).returncode == 0
    assert desk.run("verify", "--confirm", row.split()[0]).returncode == 0
    assert len(harbor.outbox) == 1
