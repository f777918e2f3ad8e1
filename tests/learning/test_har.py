"""HAR files: Chrome's and Firefox's, with and without bodies, damaged, and far larger than the memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.learning import har
from dazos_tui.learning.har import read_har
from dazos_tui.learning.recording import BodyKind, RecordedExchange, RecordingError, UnreadableRecordingError
from tests.learning.recorder import har_of
from tests.patience import patience

URL = "https://crm.example.com/index.php"


def entry(url=URL, *, text="page", body="", mime="application/x-www-form-urlencoded", status=200):
    request = {
        "method": "POST" if body else "GET",
        "url": url,
        "headers": [{"name": "Cookie", "value": "planted"}],
    }
    if body:
        request["postData"] = {"mimeType": mime, "text": body}
    content = {"mimeType": "text/html; charset=UTF-8", "text": text}
    return {"request": request, "response": {"status": status, "headers": [], "content": content}}


@pytest.fixture
def saved(tmp_path):
    def save(content):
        path = tmp_path / "walk.har"
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(data)
        return path

    return save


def read(path) -> list[RecordedExchange]:
    return list(read_har(path))


@pytest.mark.parametrize("browser", ["chrome", "firefox"])
@pytest.mark.parametrize("encoded", [False, True])
def test_exchanges_of_both_browsers(saved, browser, encoded):
    entries = [entry(), entry(f"{URL}?a=1", body="b=%C3%A9&c=", text='{"ü": "\\ud83d\\ude00"}', status=302)]
    first, second = read(saved(har_of(entries, browser=browser, encoded=encoded)))
    assert (first.request.method, first.request.url, first.response.text) == ("GET", URL, "page")
    assert first.request.dropped == ("cookie",)
    assert second.request.body is not None
    assert second.request.body.fields == (("b", "é"), ("c", ""))
    assert (second.response.status, second.response.content_type) == (302, "text/html")
    assert "planted" not in repr([first, second])


def test_without_bodies(saved):
    [one] = read(saved(har_of([entry(body="a=1")], bodies=False)))
    assert one.response.text is None
    assert one.request.body is not None


def test_parameters_instead_of_text(saved):
    recorded = entry(body="x")
    recorded["request"]["postData"] = {
        "mimeType": "multipart/form-data",
        "params": [{"name": "a", "value": "é"}],
    }
    [one] = read(saved(har_of([recorded])))
    assert one.request.body is not None
    assert one.request.body.fields == (("a", "é"),)


def test_a_redirect_has_its_target_in_the_headers_too(saved):
    recorded = entry(status=302)
    recorded["response"]["headers"] = [{"name": "Location", "value": "index.php"}]
    assert read(saved(har_of([recorded])))[0].response.location == "index.php"


def test_requests_of_no_page_are_left_out(saved):
    entries = [
        entry("chrome-extension://abc/x.js"),
        entry("data:text/plain,x"),
        entry("blob:https://x"),
        entry(),
    ]
    upload = entry(body="x")
    upload["request"]["postData"] = {
        "mimeType": "multipart/form-data",
        "params": [{"name": "f", "fileName": "x"}],
    }
    assert len(read(saved(har_of([*entries, upload, entry("https://me:planted@crm.example.com/")])))) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"request": None, "response": 3},
        {"request": {"url": 3, "method": []}},
        {
            "request": {"url": URL, "method": "GET", "headers": {"a": 1}, "postData": []},
            "response": {"content": 1},
        },
        {"request": {"url": URL, "method": "GET"}, "response": {"status": "200", "content": {"text": 3}}},
        {
            "request": {"url": URL, "method": "GET"},
            "response": {"content": {"text": "?", "encoding": "base64"}},
        },
        [],
        3,
        "x",
    ],
)
def test_odd_entries_do_no_harm(saved, odd):
    content = har_of([entry()])
    content["log"]["entries"].insert(0, odd)
    try:
        found = read(saved(content))
    except UnreadableRecordingError:
        assert not isinstance(odd, dict)
    else:
        assert found[-1].response.text == "page"


def test_a_byte_order_mark_and_spaces(saved):
    text = json.dumps(har_of([entry(), entry()]), indent=4).replace("\n", "\r\n")
    assert len(read(saved(b"\xef\xbb\xbf\r\n" + text.encode()))) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"curl 'x'",
        b"\x1f\x8b\0\0",
        b'{"entries": []}',
        b'{"log": 3}',
        "{}".encode("utf-16"),
    ],
)
def test_what_is_no_har_file(saved, content):
    with pytest.raises(UnreadableRecordingError, match=r"not a HAR file|cut off"):
        read(saved(content))


def test_a_file_cut_off_anywhere(saved):
    whole = json.dumps(har_of([entry(text='a"b\\' * 30), entry(body="a=1")])).encode()
    for end in range(len(whole) - 2):
        with pytest.raises(UnreadableRecordingError, match=r"cut off|not a HAR file"):
            read(saved(whole[:end]))


def test_the_words_entries_inside_a_page_do_no_harm(saved):
    content = har_of([entry(text='{"entries": [{"request": 1}]}')])
    content["log"]["pages"][0]["title"] = '"entries": ['
    assert len(read(saved(content))) == 1


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=6),
    st.integers(min_value=1, max_value=200),
    st.integers(min_value=50, max_value=400),
)
def test_any_texts_in_windows_of_any_size(tmp_path_factory, texts, chunk, longest):
    path = tmp_path_factory.mktemp("har") / "walk.har"
    entries = [entry(text=text) for text in texts]
    path.write_text(json.dumps(har_of(entries), ensure_ascii=len(texts) % 2 == 0), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(har, "_CHUNK_BYTES", chunk)
        patch.setattr(har, "MAX_ENTRY_LENGTH", longest + max(map(len, map(json.dumps, entries)), default=0))
        assert [one.response.text for one in read(path)] == texts
        # Even if each entry has to be skipped, its end is found.
        patch.setattr(har, "MAX_ENTRY_LENGTH", 10)
        assert all(one.response.text in texts for one in read(path))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="shows the memory of a process")
def test_an_entry_of_50_megabytes_is_skipped_in_a_large_file(tmp_path):
    """In a process of its own, whose memory is measured."""
    path = tmp_path / "large.har"
    page, video = (
        json.dumps(entry(text='<td>é"\\</td>' * 50_000)),
        json.dumps(entry(text='x\\"{[' * 10_000_000)),
    )
    with path.open("w") as file:
        file.write('{"log": {"version": "1.2", "entries": [')
        for number in range(300):
            file.write(video if number == 100 else page)
            file.write("," if number < 299 else "]}}")
    assert path.stat().st_size > 250_000_000
    script = (
        "import re, sys; from pathlib import Path; from dazos_tui.learning.har import read_har\n"
        "count = sum(1 for _ in read_har(Path(sys.argv[1])))\n"
        "peak = re.search('VmHWM: *([0-9]+)', Path('/proc/self/status').read_text().replace('\\t', ' '))[1]\n"
        "print(count, int(peak) // 1024)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=patience(50),
    )
    count, megabytes = map(int, run.stdout.split())
    assert count == 299
    assert megabytes < 150


def test_bodies_over_a_bound_are_left_out(saved):
    long = "a" * 1_000_001
    [one] = read(saved(har_of([entry(text=long, body=f"a={long}")])))
    assert one.response.text is None
    assert one.request.body is not None
    assert one.request.body.kind is BodyKind.OTHER


def test_only_regular_files_are_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, words in (
        (pipe, "not a regular file"),
        (tmp_path, "not a regular file"),
        (tmp_path / "no", "No such"),
    ):
        with pytest.raises(RecordingError, match=words):
            read(path)
