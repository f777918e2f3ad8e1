import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.history.export import CSV_HEADER, csv_row, entry_to_record, no_formula, to_iso_utc
from dazos_tui.history.models import BackIn, BackInProof, HistoryEntry, Outcome, ResetRequest

MOMENT = datetime(2026, 11, 23, 13, 37, 0, 123000, tzinfo=UTC)
ENTRY = HistoryEntry(
    id=7,
    request=ResetRequest(
        "acme", "production", "crm.example", "admin", "42", "ann", "=Ann", "+ann@x.example", "@T"
    ),
    requested_at=MOMENT,
    finished_at=MOMENT + timedelta(seconds=1),
    outcome=Outcome.NOT_SENT,
    message="-no, “really”, no",
)


def test_an_entry_as_json():
    assert json.loads(json.dumps(entry_to_record(ENTRY))) == {
        "history_id": 7,
        "outcome": "not sent",
        "message": "-no, “really”, no",
        "instance": "acme",
        "environment": "production",
        "host": "crm.example",
        "operator": "admin",
        "user": {"id": "42", "user_name": "ann", "name": "=Ann", "email": "+ann@x.example"},
        "ticket": "@T",
        "requested_at": "2026-11-23T13:37:00.123Z",
        "finished_at": "2026-11-23T13:37:01.123Z",
        "action": "reset link",
        "back_in_at": None,
        "proof": None,
        "uid": "",
        "server": "",
        "os_user": "",
        "os_host": "",
        "sudo_user": "",
        "batch": "",
        "noted_at": None,
    }


def test_who_was_at_the_keyboard_the_batch_and_the_note_are_exported():
    request = replace(ENTRY.request, os_user="kim", os_host="desk", sudo_user="=lee", batch="spring")
    entry = replace(ENTRY, request=request, noted_at=MOMENT + timedelta(minutes=3))
    record = entry_to_record(entry)
    assert [record[key] for key in ("os_user", "os_host", "sudo_user", "batch", "noted_at")] == [
        "kim", "desk", "=lee", "spring", "2026-11-23T13:40:00.123Z",
    ]  # fmt: skip
    assert csv_row(entry)[-5:] == ("kim", "desk", "'=lee", "spring", "2026-11-23T13:40:00.123Z")


def test_back_in_is_exported_with_its_proof():
    entry = replace(ENTRY, back_in=BackIn(MOMENT + timedelta(minutes=14), BackInProof.PERSON))
    record = entry_to_record(entry)
    assert (record["back_in_at"], record["proof"]) == ("2026-11-23T13:51:00.123Z", "person")
    assert csv_row(entry)[-8:-5] == ("reset link", "2026-11-23T13:51:00.123Z", "person")


def test_an_interrupted_entry_has_no_end():
    cut_off = HistoryEntry(7, ENTRY.request, MOMENT, None, Outcome.UNKNOWN, "")
    assert entry_to_record(cut_off)["finished_at"] is None
    assert csv_row(cut_off) == (
        "7", "2026-11-23T13:37:00.123Z", "", "unknown", "", "acme", "production", "crm.example", "admin",
        "42", "ann", "'=Ann", "'+ann@x.example", "'@T", "reset link", "", "", "", "", "", "", "",
    )  # fmt: skip


def test_an_entry_as_a_row_of_a_spreadsheet():
    file = io.StringIO()
    csv.writer(file).writerows([CSV_HEADER, csv_row(ENTRY)])
    (row,) = csv.DictReader(io.StringIO(file.getvalue()))
    assert row["name"] == "'=Ann"
    assert row["email"] == "'+ann@x.example"
    assert row["ticket"] == "'@T"
    assert row["message"] == "'-no, “really”, no"
    assert (row["history_id"], row["outcome"], row["user_id"]) == ("7", "not sent", "42")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_formula_becomes_text(start):
    assert no_formula(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (" =1", "' =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ('"=1', "'\"=1"),
        ("'=1", "''=1"),
        ("'\"'=1", "''\"'=1"),
        ("＝1", "'＝1"),
        ("+1 555 0100", "'+1 555 0100"),
        ("-12", "'-12"),
        ("a;=1", "a;'=1"),
        ("a; =1;@b", "a;' =1;'@b"),
        ("a\t=1\n-2", "a\t'=1\n'-2"),
        (";;=1", ";;'=1"),
    ],
)
def test_a_formula_becomes_text_wherever_a_cell_may_start(cell, written):
    assert no_formula(cell) == written


_AT_A_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))'(?=[\s\"']*[=+\-@＝＋－＠\t\r\n])")


@given(st.text(st.sampled_from("=+-@＝\t\r\n;,'\" ax\u00a0")) | st.text())
def test_a_text_can_be_restored_from_its_cell(text):
    file = io.StringIO(newline="")
    csv.writer(file).writerow([no_formula(text)])
    ((cell,),) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert _AT_A_FORMULA.sub("", cell) == text


@given(st.text(st.sampled_from("=+-@＝\t\r\n;,'\" ax")))
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_begins_like_a_formula_however_it_is_split(delimiter, text):
    file = io.StringIO(newline="")
    csv.writer(file).writerow(["7", no_formula(text), "end"])
    for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter):
        for cell in row:
            assert not cell.strip(' "').startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize("cell", ["", "Ann", "a=b", "'x", "a;b", "no, -1", "x+y", "jo@x.test"])
def test_other_cells_stay_as_they_are(cell):
    assert no_formula(cell) == cell


def test_times_are_written_in_utc():
    assert (
        to_iso_utc(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00.000Z"
    )
