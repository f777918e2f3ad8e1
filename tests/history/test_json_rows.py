"""Rows from the JSON of a history, which somebody may have edited: all of it is read, or a line is named."""

import json
from dataclasses import replace

import pytest

from dazos_tui.history import json_rows
from dazos_tui.history.chain import legacy_uid
from dazos_tui.history.json_rows import UnreadableRowError, iter_json_rows
from dazos_tui.history.models import ResetRequest
from dazos_tui.history.transfer import PortableRow

UID = "0123456789abcdef" * 2
TEXTS = {
    "instance": "acme", "environment": "production", "host": "crm.example", "operator": "admin",
    "ticket": "HD-7", "message": "Sent.", "server": "crm.example/crm/", "os_user": "kim", "os_host": "desk",
    "sudo_user": "lee", "batch": "spring",
}  # fmt: skip
USER = {"id": "42", "user_name": "ann.lee", "name": "Ann Lee", "email": "ann@example.com"}
RECORD = {
    **TEXTS,
    "history_id": 7,
    "uid": UID,
    "user": USER,
    "outcome": "sent",
    "action": "reset link",
    "requested_at": "2026-11-23T13:37:00.123Z",
    "finished_at": "2026-11-23T13:37:01.000Z",
    "back_in_at": "2026-11-23T14:01:00.000Z",
    "proof": "sign-in",
    "noted_at": "2026-11-23T13:40:00.000Z",
}
REQUEST = ResetRequest(
    "acme", "production", "crm.example", "admin", "42", "ann.lee", "Ann Lee", "ann@example.com", "HD-7",
    "crm.example/crm/", "kim", "desk", "lee", "spring",
)  # fmt: skip
ROW = PortableRow(
    uid=UID,
    request=REQUEST,
    requested_at="2026-11-23T13:37:00.123Z",
    finished_at="2026-11-23T13:37:01.000Z",
    outcome="sent",
    message="Sent.",
    action="reset link",
    back_in_at="2026-11-23T14:01:00.000Z",
    proof="sign-in",
    erased_at=None,
    noted_at="2026-11-23T13:40:00.000Z",
)
UNKNOWN = {"outcome": "unknown", "finished_at": None}


@pytest.fixture
def read(tmp_path):
    """Return a function that reads the rows of some lines, records or bytes."""
    path = tmp_path / "history.json"

    def read(*lines):
        path.write_bytes(
            b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
        )
        return list(iter_json_rows(path))

    return read


def without(*keys):
    return {key: value for key, value in RECORD.items() if key not in keys}


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (RECORD, ROW),
        (RECORD | {"requested_at": "2026-11-23T14:37:00.123456+01:00"}, ROW),
        (RECORD | {"outcome": "not sent", "action": "enable login", "proof": "person"},
         replace(ROW, outcome="not sent", action="enable login", proof="person")),
        (without("back_in_at", "proof"), replace(ROW, back_in_at=None, proof=None)),
        (without("noted_at"), replace(ROW, noted_at=None)),
        # A message is of an answer.
        (RECORD | UNKNOWN, replace(ROW, outcome="unknown", finished_at=None, message="")),
        (RECORD | {"outcome": "unknown"}, replace(ROW, outcome="unknown")),
        (without("server", "os_user", "os_host", "sudo_user", "batch"),
         replace(ROW, request=replace(REQUEST, server="", os_user="", os_host="", sudo_user="", batch=""))),
        (without("uid"),
         replace(ROW, uid=legacy_uid(7, "2026-11-23T13:37:00.123Z", "acme", "crm.example", "admin"))),
        (RECORD | {"message": "a\x1b[31m\ud800"}, replace(ROW, message="a\ufffd[31m?")),
        (RECORD | {"user": {"id": "", "user_name": "", "name": "(erased)", "email": ""}},
         replace(ROW, request=replace(REQUEST, user_id="", user_name="", name="(erased)", email=""),
                 erased_at="2026-11-23T13:37:01.000Z")),
        (RECORD | UNKNOWN | {"user": {"id": "", "user_name": "", "name": "(erased)", "email": ""}},
         replace(ROW, request=replace(REQUEST, user_id="", user_name="", name="(erased)", email=""),
                 outcome="unknown", finished_at=None, message="", erased_at="2026-11-23T13:37:00.123Z")),
        *((RECORD | {"user": {"id": "", "user_name": "", "name": "(erased)", "email": ""} | {key: "x"}},
           replace(ROW, request=replace(REQUEST, **{"user_id": "", "user_name": "", "name": "(erased)",
                                                    "email": ""} | {column: "x"})))
          for key, column in (("id", "user_id"), ("user_name", "user_name"), ("email", "email"))),
    ],
)  # fmt: skip
def test_a_row_is_read_whole(read, record, row):
    assert read(record) == [row]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        *((without(key), f"“{key}” is missing or not a text")
          for key in (*list(TEXTS)[:6], "outcome", "action")),
        *((RECORD | {key: 7}, f"“{key}” is missing or not a text") for key in TEXTS),
        *((RECORD | {"user": {one: USER[one] for one in USER if one != key}},
           f"“user.{key}” is missing or not a text") for key in USER),
        (RECORD | {"user": []}, "“user” is missing or not an object"),
        *((RECORD | {key: wrong}, f"“{key}” is not a time such as 2026-11-23T13:37:00.000Z")
          for key in ("requested_at", "finished_at", "back_in_at", "noted_at")
          for wrong in ("soon", 7, "2026-11-23T13:37:00")),
        (without("requested_at"), "“requested_at” is not a time such as 2026-11-23T13:37:00.000Z"),
        (without("proof"), "“back_in_at” and “proof” belong together"),
        (without("back_in_at"), "“back_in_at” and “proof” belong together"),
        (without("finished_at"), "the outcome is “sent”, but “finished_at” is missing"),
        (RECORD | {"outcome": "x\x07"}, "“outcome” cannot be “x�”"),
        (RECORD | {"action": "reset"}, "“action” cannot be “reset”"),
        (RECORD | {"proof": "hearsay"}, "“proof” cannot be “hearsay”"),
        (RECORD | {"proof": "x" * 41}, f"“proof” cannot be “{'x' * 39}…”"),
        (RECORD | {"uid": UID + "0"}, "“uid” is not 32 digits and letters from a to f"),
        (RECORD | {"uid": UID.upper()}, "“uid” is not 32 digits and letters from a to f"),
        (RECORD | {"uid": 7}, "“uid” is missing or not a text"),
        *((RECORD | {"uid": "", "history_id": wrong}, "“history_id” is missing or not a whole number")
          for wrong in (None, "7", True, 7.0)),
        (b"{", "this is not JSON"),
        (b"[" * 100_000, "this is not JSON"),
        (b"\xff", "this is not JSON"),
        (b"[]", "this is not an object in braces"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_row_is_named(read, tmp_path, line, words):
    with pytest.raises(UnreadableRowError) as caught:
        read(RECORD, b"", line, RECORD)
    assert str(caught.value) == f"{tmp_path / 'history.json'}, line 3: {words}."
    assert caught.value.advice == "Nothing was brought in. Correct the line, or export the history again."


def test_the_oldest_comes_first_and_empty_lines_do_not_matter(read):
    days = [
        RECORD | {"uid": f"{day:032}", "requested_at": f"2026-11-{day}T00:00:00Z"} for day in (12, 11, 13, 11)
    ]
    days[3]["uid"] = "f" * 32
    found = read(b"", days[0], b"  ", b"\t", *days[1:], b"")
    assert [row.uid for row in found] == [f"{11:032}", "f" * 32, f"{12:032}", f"{13:032}"]


def test_a_line_that_is_too_long(read, monkeypatch):
    line = json.dumps(RECORD).encode()
    monkeypatch.setattr(json_rows, "_MAX_LINE", len(line))
    assert read(line) == [ROW]
    with pytest.raises(UnreadableRowError, match="line 1: the line is too long"):
        read(line + b" ")
