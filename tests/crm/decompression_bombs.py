"""Responses made to fill the reader's memory, to keep a parser busy, or to break it."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache

from tests.crm import html
from tests.crm.servers import answer

PIECES = 1_000


def of_json(text: str) -> bytes:
    """Return a response with handwritten JSON."""
    return answer(text, Content_Type="text/json")


def chunked(content: bytes, **headers: str) -> bytes:
    """Return a response in a thousand chunks, without its length."""
    given = {"Transfer-Encoding": "chunked", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
    size = max(1, len(content) // PIECES)
    pieces = (content[at : at + size] for at in range(0, len(content), size))
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return f"HTTP/1.1 200 Said\r\n{head}\r\n".encode() + body + b"0\r\n\r\n"


@cache
def _packed() -> bytes:
    return gzip.compress(b"<p>" * 100_000_000, 1)


def _rows(count: int) -> str:
    return html.users(*['<tr class="listViewEntries" data-id="1">'] * count)


def _paragraphs() -> str:
    """Return 60 KB that become gigabytes: every paragraph reopens all elements left open in the first one."""
    left_open = "".join(f"<b a{number}>" for number in range(1_500))
    return f"<p>{left_open}</p>{'<P>x</P>' * 4_000}"


def _in_a_menu(code: str) -> str:
    """Return a profile whose menu has one entry with this script."""
    return html.profile(menu=html.more("Send Reset Link", "").replace("href=", f'onclick="{code}" href='))


def of_most(share: int = 1) -> Mapping[str, Callable[[], bytes]]:
    """Return the pages that are just within the limits, divided by `share`.

    The time to read them may be quadratic in their content.
    """
    return {
        "tags in tags, as deep as they may": lambda: answer("<div>" * (19_990 // share)),
        "lists in lists": lambda: answer("<ul><li>" * (9_990 // share)),
        "tables in tables": lambda: answer("<table><tr><td>" * (6_660 // share)),
        "ends of what never began": lambda: answer("<x>" * (9_990 // share) + "</y>" * (9_990 // share)),
        "attributes of a small page": lambda: answer(f"<a {_words(0x5000 // share)}>"),
        "rows in rows": lambda: answer("<table><tr class=listViewEntries data-id=1><td>" * (6_000 // share)),
        "forms": lambda: answer(f"<form method=post>{'<input id=a><label for=b>' * (9_000 // share)}"),
        "choices": lambda: answer(f"<form method=post>{_CHOICE * (6_000 // share)}"),
    }


def _words(count: int) -> str:
    return " ".join(map(chr, range(0x4E00, 0x4E00 + count)))


_CHOICE = "<input type=radio name=a id=b><label for=c>"

PAGES: Mapping[str, Callable[[], bytes]] = {
    **of_most(),
    "fifty megabytes": lambda: answer("<html>" + "x" * 50_000_000),
    "fifty megabytes of chunks": lambda: chunked(b"<p>" * 17_000_000),
    "packed": lambda: answer(_packed(), Content_Encoding="gzip"),
    "packed, in chunks": lambda: chunked(_packed(), Content_Encoding="gzip"),
    "tags in tags": lambda: answer("<div>" * 100_000),
    "tags that are never closed": lambda: answer("<a>" * 5_000_000),
    "tags that a list is read without": lambda: answer("<div><span class='a'>" * 140_000),
    "such tags whose quotes never end": lambda: answer("<div \"'" * 400_000),
    "tags in such tags": lambda: answer("<di<div>v>" * 290_000),
    "bold in every paragraph": lambda: answer(_paragraphs()),
    "attributes": lambda: answer(f"<a {' '.join(f'b{number}' for number in range(300_000))}>"),
    "attributes without spaces": lambda: answer(f"<a{''.join(f'/b{n}' for n in range(200_000))}>"),
    "a million rows": lambda: answer(_rows(1_000_000)),
    "rows": lambda: answer(_rows(19_000)),
    "marks": lambda: answer("<body>A" + "\u0323\u0301" * 400_000),
    "no text": lambda: answer(bytes(range(256)) * 4_000),
    "half characters": lambda: answer(b"<html>" + b"\xff\xfe\xc3\x28\xed\xa0\x80\xf0\x90" * 100_000),
    "entities": lambda: answer("<html>" + "&#x1b;&#x9b;&#x202e;&#xd800;&#x110000;&amp;" * 20_000),
    "a header of a megabyte": lambda: answer("", X="x" * 1_000_000),
    "headers": lambda: b"HTTP/1.1 200 Said\r\n" + b"X: x\r\n" * 100_000 + b"\r\n",
    "cookies": lambda: answer("", Set_Cookie="a=" + "x" * 50_000),
    "nothing": lambda: answer(""),
}
"""Pages by what is bad in them. The bytes are only created on demand."""

GOOD_PAGES: Mapping[str, Callable[[], str]] = {
    "a title of nearly a megabyte": lambda: html.profile(title="x" * 900_000),
    "an attribute of nearly a megabyte": lambda: html.profile(title=f'<a title="{"&amp;" * 190_000}">x</a>'),
    "a name of marks": lambda: html.profile(first_name="A" + "\u0323\u0301" * 300_000),
    "quotes": lambda: _in_a_menu("'" + r"\'" * 400_000),
    "quotes in quotes": lambda: _in_a_menu("&quot;'\\'" * 100_000),
    "blocks in blocks": lambda: html.profile(
        extra="<div class=block data-block=a><h4>B<p id=Users_detailView_fieldLabel_x>x" * 4_900
    ),
    "blocks in blocks, of many words": lambda: html.profile(
        extra="<div class=block data-block=a><h4>B<p id=Users_detailView_fieldLabel_x>x" * 4_900
        + "é\u0323 " * 200_000
    ),
    "blocks in blocks, of secrets": lambda: html.profile(
        extra="<div class=block data-block=a><h4>B<p id=Users_detailView_fieldLabel_accesskey>x" * 4_900
        + "é\u0323 " * 200_000
    ),
    "menus": lambda: html.profile(menu=html.more("Delete", "index.php?a=1") * 4_900),
}
"""Profiles that can be read, despite what else is in them."""

DEEP = "[" * 100_000 + "]" * 100_000
ANSWERS: Mapping[str, str] = {
    "too deep": f'{{"success": true, "result": {DEEP}}}',
    "too deep, and an error": f'{{"success": false, "error": {{"code": {DEEP}}}}}',
    "never closed": '{"success":' * 100_000,
    "a number without end": f'{{"success": true, "result": {"9" * 100_000}}}',
    "a number beyond all": '{"success": true, "result": {"count": 1e999, "message": 1e999}',
    "NaN": '{"success": true, "result": [{"count": NaN}]}',
    "infinity": '{"success": true, "result": -Infinity}',
    "yes and no": '{"success": false, "success": true, "result": {"message": "sent"}}',
    "no and yes": '{"success": true, "result": {}, "success": false}',
    "twenty megabytes of lists": f'{{"success": true, "result": [{"[]," * 6_000_000}[]]}}',
    "sixty megabytes": '{"success": true, "result": "' + "x" * 60_000_000 + '"}',
    "in another code": '{"success": true}'.encode("utf-16").decode("latin-1"),
    "two answers": '{"success": true}{"success": true}',
    "cut off": '{"success": true, "result": {"message": "sent',
    "control characters": '{"success": true, "result": {"message": "\x1b[31m"}}',
    "after a PHP warning": '<br />\n<b>Warning</b>: in <b>x.php</b>{"success": true}',
}
"""JSON answers, or nearly, that say neither success nor refusal."""

HARMFUL = {"code": "\ud800\x1b[31m\u202e", "message": "no \udfff\x9b2J\x07\u202eon"}
HARMFUL_ANSWER = json.dumps({"success": False, "error": HARMFUL})
"""A refusal with incomplete characters and terminal control characters in it."""


def run_within(memory: int, code: str) -> None:
    """Run some code in a new Python process that is limited to this many bytes of memory in all."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))\n"
    done = subprocess.run([sys.executable, "-c", limit + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
