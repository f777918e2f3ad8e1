"""The log file: useful in a bug report, and never with a secret in it."""

import errno
import io
import json
import logging
import os
import stat
from pathlib import Path

import pytest

from dazos_tui.system.event_log import LogFileError, _QuietHandler, log, log_error, start_log, stop_log

SECRET = "hunter2-é-\x1b[31m"


@pytest.fixture
def lines(tmp_path):
    file = tmp_path / "log.jsonl"
    start_log(file)
    yield lambda: [json.loads(line) for line in file.read_text().splitlines()]
    stop_log()


def test_without_a_log_nothing_is_logged(tmp_path):
    log("request", method="GET")
    assert list(tmp_path.iterdir()) == []


def test_a_line_has_time_event_and_fields(lines):
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


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
def test_each_method_that_is_sent_is_logged(lines, method):
    log("request", method=method)
    assert lines()[0]["method"] == method


@pytest.mark.parametrize(
    "field", ["password", "method", "script", "view", "error", "trace", "findings", "command", "outcome"]
)
def test_fields_with_the_wrong_form_or_not_listed_are_left_out(lines, field):
    for value in (SECRET, [SECRET], {"a": SECRET}, SECRET.encode(), f"index.php?{SECRET}", "a\nb"):
        log("request", **{field: value})
    assert [set(line) for line in lines()] == [{"at", "event"}] * 6


@pytest.mark.parametrize(("field", "known"), [("script", "index.php"), ("view", "Detail")])
def test_only_known_scripts_and_views_are_logged_by_name(lines, field, known):
    for value in (known, "other", "HunterTwo.php", "HunterTwo"):
        log("request", **{field: value})
    assert [line.get(field) for line in lines()] == [known, "other", None, None]


def test_an_error_is_logged_by_class_and_lines_never_by_message(lines):
    from dazos_tui.config.instance_url import normalize_base_url

    with pytest.raises(ValueError) as caught:  # noqa: PT011 - any
        normalize_base_url(SECRET)
    log_error("failed", caught.value)
    [line] = lines()
    assert line["error"] == "ValueError"
    assert line["trace"]
    assert all(place.startswith("config/instance_url.py:") for place in line["trace"])
    assert "hunter2" not in json.dumps(line)


def test_other_codes_log_records_do_not_get_in(lines):
    logging.getLogger("httpx").error(SECRET)
    logging.getLogger("dazos_tui.crm").error(SECRET)
    logging.getLogger("dazos_tui.events").error("odd %s", SECRET, exc_info=ValueError(SECRET))
    [line] = lines()
    assert set(line) == {"at", "event"}
    assert "hunter2" not in json.dumps(line)


def test_the_file_is_private_and_appended_to(lines, tmp_path):
    file = tmp_path / "log.jsonl"
    log("start")
    file.chmod(0o644)
    start_log(file)
    log("start")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(lines()) == 2


class Full(io.StringIO):
    def write(self, _text):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_not_written_over_the_screen(capfd):
    _QuietHandler(Full()).emit(logging.LogRecord("x", logging.INFO, "x", 1, "start", None, None))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "missing folder"])
def test_a_path_that_is_not_a_regular_file_is_refused(tmp_path, kind):
    path = tmp_path / "log"
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = tmp_path / "no" / "log"
    with pytest.raises(LogFileError):
        start_log(path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "content",
    [
        "theme = 'dazos-dark'\n",
        "SQLite format 3\0",
        "[]\n",
        '{"at": 1}\n',
        "{" * 5000,
        "\n",
        '"at event"\n',
        "\xff",
    ],
)
def test_a_file_with_other_content_is_unchanged(tmp_path, content):
    file = tmp_path / "file"
    file.write_text(content, encoding="latin-1")
    file.chmod(0o644)
    with pytest.raises(LogFileError, match="contains something other than a log"):
        start_log(file)
    assert file.read_text(encoding="latin-1") == content
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_reserved_file_is_neither_created_nor_written_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").touch()
    (tmp_path / "linked").hardlink_to(tmp_path / "empty")
    (tmp_path / "folder").symlink_to(tmp_path)
    for name in ("missing", "empty", "linked", "folder/missing", "folder/empty"):
        with pytest.raises(LogFileError, match="is used for something else"):
            start_log(Path(name), reserved=[tmp_path / "missing", tmp_path / "empty"])
    assert not (tmp_path / "missing").exists()
    assert (tmp_path / "empty").read_bytes() == b""
