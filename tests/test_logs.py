"""The log file: useful in a bug report, and unable to hold a secret."""

import errno
import io
import json
import logging
import os
import stat

import pytest

from dazos_tui.logs import LogError, _Quiet, end_log, log, log_error, log_to

SECRET = "hunter2-é-\x1b[31m"


@pytest.fixture
def lines(tmp_path):
    file = tmp_path / "log.jsonl"
    log_to(file)
    yield lambda: [json.loads(line) for line in file.read_text().splitlines()]
    end_log()


def test_without_a_log_nothing_is_noted(tmp_path):
    log("request", method="GET")
    assert list(tmp_path.iterdir()) == []


def test_a_line_tells_when_what_and_how_it_went(lines):
    log("request", method="POST", script="index.php", status=200, bytes=31, seconds=0.12)
    [line] = lines()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "event": "request",
        "method": "POST",
        "script": "index.php",
        "status": 200,
        "bytes": 31,
        "seconds": 0.12,
    }


@pytest.mark.parametrize(
    "field", ["password", "method", "script", "view", "error", "trace", "findings", "command", "outcome"]
)
def test_what_is_not_in_its_form_or_not_listed_is_left_out(lines, field):
    for value in (SECRET, [SECRET], {"a": SECRET}, SECRET.encode(), f"index.php?{SECRET}", "a\nb"):
        log("request", **{field: value})
    assert [set(line) for line in lines()] == [{"at", "event"}] * 6


@pytest.mark.parametrize(("field", "known"), [("script", "index.php"), ("view", "Detail")])
def test_only_names_of_our_own_list_are_taken_for_a_script_or_a_view(lines, field, known):
    for value in (known, "other", "HunterTwo.php", "HunterTwo"):
        log("request", **{field: value})
    assert [line.get(field) for line in lines()] == [known, "other", None, None]


def test_an_error_is_its_class_and_where_it_passed_and_never_its_words(lines):
    from dazos_tui.address import base_address

    with pytest.raises(ValueError) as caught:  # noqa: PT011 - any
        base_address(SECRET)
    log_error("failed", caught.value)
    [line] = lines()
    assert line["error"] == "ValueError"
    assert line["trace"]
    assert all(place.startswith("address.py:") for place in line["trace"])
    assert "hunter2" not in json.dumps(line)


def test_what_other_code_logs_does_not_get_in(lines):
    logging.getLogger("httpx").error(SECRET)
    logging.getLogger("dazos_tui.crm").error(SECRET)
    logging.getLogger("dazos_tui.events").error("odd %s", SECRET, exc_info=ValueError(SECRET))
    [line] = lines()
    assert set(line) == {"at", "event"}
    assert "hunter2" not in json.dumps(line)


def test_the_file_is_private_and_goes_on_where_it_was(lines, tmp_path):
    file = tmp_path / "log.jsonl"
    log("start")
    file.chmod(0o644)
    log_to(file)
    log("start")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(lines()) == 2


class Full(io.StringIO):
    def write(self, _text):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_not_written_over_the_screen(capfd):
    _Quiet(Full()).emit(logging.LogRecord("x", logging.INFO, "x", 1, "start", None, None))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "missing folder"])
def test_what_is_no_plain_file_is_refused(tmp_path, kind):
    path = tmp_path / "log"
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = tmp_path / "no" / "log"
    with pytest.raises(LogError):
        log_to(path)
    assert not (tmp_path / "elsewhere").exists()
