"""Requests copied from browsers: each flavour, each kind of body, and what a shell could do with them."""

import json
import shutil
import subprocess
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.learning.curl import MAX_COMMAND_LENGTH, parse_curl
from dazos_tui.learning.recording import (
    BodyKind,
    RecordedBody,
    RecordedRequest,
    RecordingError,
    UnreadableRecordingError,
)
from dazos_tui.learning.shell_words import split_bash
from tests.learning.copied import FLAVOURS, Copied

URL = "https://crm.example.com/index.php?module=Users&action=SendLink&record=12"
NASTY = 'a\'b"c\\d\\"e%41%zz$x`y!z^&|<>(){}[];,=+~#@ \\n é 日本 €'

text = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=60
)


def body_of(request: RecordedRequest) -> RecordedBody:
    assert request.body is not None
    return request.body


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "value", [NASTY, "", '"', '""', "\\", '\\"', "two\nlines", "%", "100%", "^", '{"a": "b\\"c"}', "a b"]
)
def test_a_form_comes_through_every_flavour(flavour, value):
    body = (
        urlencode({"__vtrftk": "sid:1", "why": value})
        + "&raw="
        + value.replace("&", "").replace("+", "").replace("%", "").replace("#", "").replace(";", "")
    )
    request = parse_curl(Copied(URL, body).as_text(flavour))
    assert (request.method, request.url) == ("POST", URL)
    assert dict(body_of(request).fields)["why"] == value


@pytest.mark.parametrize("flavour", FLAVOURS)
@given(value=text)
def test_any_text_of_a_json_body_comes_through_every_flavour(flavour, value):
    body = json.dumps({"userId": "12", "why": value}, ensure_ascii=False)
    copied = Copied(URL, body, content_type="application/json")
    assert body_of(parse_curl(copied.as_text(flavour))).json_value == {"userId": "12", "why": value}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is the judge of its own words")
@pytest.mark.parametrize("flavour", ["chrome bash", "firefox posix", "safari"])
def test_words_are_those_of_bash_itself(flavour):
    command = Copied(URL, NASTY + "\n'!\x1f").as_text(flavour)
    shown = subprocess.run(
        ["bash", "-c", f"curl() {{ printf '%s\\0' \"$@\"; }}\n{command}"],
        capture_output=True, check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert split_bash(command)[1:] == shown.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize(
    "command",
    [
        f"curl -XPOST '{URL}'",
        f"curl -X POST '{URL}'",
        f"curl --request=POST '{URL}'",
        f"curl -sSkXPOST --url '{URL}'",
        f"curl -X post --url={URL.replace('&', chr(92) + '&')}",
        f'curl.exe "{URL.replace("&", "^&")}" ^\r\n -X POST',
        f"  curl \\\n'{URL}' \\\n-d ''\n",
        f"curl $'{URL}' --data-raw ''",
        f'curl --path-as-is --http2 --no-keepalive -L "{URL}" -d ""',
        f"curl '{URL.replace('?', '?a[0]=1&')}' -X POST".replace("a[0]=1&", ""),
    ],
)  # fmt: skip
def test_a_post_without_a_body_in_any_notation(command):
    request = parse_curl(command)
    assert (request.method, request.url, request.body) == ("POST", URL, None)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ("-d a=1 -d 'b=x y'", [("a", "1"), ("b", "x y")]),
        ("-da=1 --data=b=2", [("a", "1"), ("b", "2")]),
        ("--data-raw '@a=1'", [("@a", "1")]),
        ("--data-urlencode 'a=x&y=z' --data-urlencode =b", [("a", "x&y=z"), ("", "b")]),
        (
            "-F a=1 -F 'b=\"x y\";type=text/plain' --form-string 'c=@d'",
            [("a", "1"), ("b", "x y"), ("c", "@d")],
        ),
        ("--data-ascii a=1", [("a", "1")]),
        (
            "--data-binary $'a=\\u00e9\\x21\\'&b=\\ud83d\\ude00&c=\\xc3\\xa9'",
            [("a", "é!'"), ("b", "😀"), ("c", "é")],
        ),
    ],
)
def test_bodies_of_forms(options, fields):
    body = body_of(parse_curl(f"curl '{URL}' {options}"))
    assert (body.kind, list(body.fields)) == (BodyKind.FORM, fields)


def test_json_option():
    request = parse_curl(f"curl '{URL}' --json '{{\"a\": [1' --json ']}}'")
    assert request.method == "POST"
    assert body_of(request).json_value == {"a": [1]}


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_a_multipart_body_as_raw_text(newline):
    boundary = "----WebKitFormBoundaryAb12"
    parts = [
        f'--{boundary}{newline}Content-Disposition: form-data; name="{name}"{newline}{newline}'
        f"{value}{newline}"
        for name, value in (("record", "12"), ("why", "a b"))
    ]
    copied = Copied(
        URL,
        "".join(parts) + f"--{boundary}--{newline}",
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    for flavour in ("chrome bash", "chrome cmd"):
        fields = body_of(parse_curl(copied.as_text(flavour))).fields
        assert dict(fields) == {"record": "12", "why": "a b"}


def test_get_with_data_goes_into_the_address():
    request = parse_curl("curl -G 'https://crm.example.com/x' -d a=1 --url-query b=2")
    assert (request.method, request.url) == ("GET", "https://crm.example.com/x?b=2&a=1")


def test_a_question_mark_within_a_parameter_stays():
    url = "https://crm.example.com/index.php?why=really?&record=12"
    assert parse_curl(f"curl '{url}' -X POST").url == url


def test_credentials_are_dropped_as_they_are_read():
    secrets = "-b 'PHPSESSID=planted' -H 'Cookie: a=planted' -H 'Authorization: Bearer planted' -u me:planted"
    request = parse_curl(f"curl '{URL}' -X POST {secrets} -H ':authority: x' -H 'Empty;' -H 'A: 1' -H 'A: 2'")
    assert request.headers == (("empty", ""), ("a", "1"), ("a", "2"))
    assert set(request.dropped) == {"cookie", "password"}
    assert "planted" not in repr(request) + str([getattr(request, name) for name in request.__slots__])


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f'curl "{URL}$(id)"', "another command in it"),
        (f"curl '{URL}' -d `id`", "another command in it"),
        (f"curl '{URL}' -d \"`id`\"", "another command in it"),
        (f"curl '{URL}' -d $HOME", "a variable"),
        (f"curl '{URL}' -d \"${{HOME}}\"", "a variable"),
        (f"curl '{URL}' -d a=b; id", "after a semicolon"),
        (f"curl '{URL}' -d a=b | sh", "after a pipe"),
        (f"curl '{URL}' -d a=b && id", "after &&"),
        (f"curl {URL} -d a=b", "an & outside quotes"),
        (f"curl '{URL}' -d a=b > /tmp/x", "a redirection of a file"),
        (f"curl '{URL}' -d a=b < /etc/passwd", "a redirection of a file"),
        (f"curl '{URL}' <(id)", "a redirection of a file"),
        (f"curl '{URL}' # -d a=b", "a comment"),
        (f"curl '{URL}'\nid", "more than one command"),
        (f"curl '{URL}' -d a=b \\\n\ncurl '{URL}'", "more than one command"),
        (f'curl ^"{URL}^" ^&^& id ^| more & id', "an & outside quotes"),
        (f'curl ^"{URL}^" -d ^"%USERNAME%^"', "a variable"),
        (f"curl '{URL}' -d @/etc/passwd", "would read a file"),
        (f"curl '{URL}' -d@/etc/passwd", "would read a file"),
        (f"curl '{URL}' --data-binary @-", "would read a file"),
        (f"curl '{URL}' --data-urlencode a@/etc/passwd", "would read a file"),
        (f"curl '{URL}' --json @x", "would read a file"),
        (f"curl '{URL}' -H @x", "would read a file"),
        (f"curl '{URL}' -K /tmp/config", "would read a file"),
        (f"curl '{URL}' --config=/tmp/config", "would read a file"),
        (f"curl '{URL}' -T /etc/passwd", "would read a file"),
        (f"curl '{URL}' -F a=@/etc/passwd", "uploads a file"),
        (f"curl '{URL}' -F 'a=</etc/passwd'", "uploads a file"),
        (f"curl '{URL}' --next '{URL}'", "more than one request"),
        (f"curl '{URL}' '{URL}'", "more than one address"),
        ("curl -X POST", "no address"),
        (f"curl '{URL}' --wobble x", "not known here: --wobble"),
        (f"curl '{URL}' -X", "its last option has no value"),
        (f"curl '{URL}", "a quote in it is never closed"),
        (f'curl ^"{URL}^" -d ^"a', "a quote in it is never closed"),
        ("curl file:///etc/passwd", "no usable address"),
        ("curl 'https://me:planted@crm.example.com/' -X POST", "a user name or a password in its address"),
        ("wget https://crm.example.com/", "does not begin with “curl”"),
        ("$session = New-Object", "PowerShell"),
        ('{"log": {}}', "may be a HAR file"),
        ("", "nothing to read"),
        (f'fetch("{URL}", {{"method": "POST"}}); alert(1)', "more in it than one call"),
        (f'fetch("{URL}", {{"body": document.cookie}})', "more in it than a browser writes"),
        ("curl '" + "a" * MAX_COMMAND_LENGTH, "far longer than one copied request"),
    ],
)  # fmt: skip
def test_what_no_browser_writes_is_said_in_a_sentence(command, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecordingError) as caught:
        parse_curl(command)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")
    assert caught.value.advice
    assert "planted" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=300))
def test_no_text_ends_in_another_error(pasted):
    for command in (pasted, f"curl {pasted}", f'curl ^"{pasted}', f"fetch({pasted}"):
        with suppress(RecordingError):
            parse_curl(command)


def test_an_error_has_no_way_back_to_the_text():
    with pytest.raises(UnreadableRecordingError) as caught:
        parse_curl(f"curl '{URL}' -H 'planted")
    frames = []
    trace = caught.value.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert frames[-1] == "read_safely"
    assert caught.value.__context__ is None
