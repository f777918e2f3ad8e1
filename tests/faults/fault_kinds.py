"""The kinds of faults of one request between the client and the CRM."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from dazos_tui.history.models import Outcome
from tests.crm.servers import answer

Change = Callable[[bytes], bytes]
"""Returns what the client gets, from what the CRM answered (empty if it was not asked)."""


class When(Enum):
    """The moment of a fault."""

    REFUSE = auto()
    """Nobody listens when the client connects for the request."""
    ACCEPT = auto()
    """The client connects for the request, and the connection ends before a byte of the request is read."""
    IDLE = auto()
    """Just before the request, on a connection that was kept open."""
    HEAD = auto()
    """The head of the request was read, its body was not."""
    ASKED = auto()
    """The request was read and does not reach the CRM."""
    ACTED = auto()
    """The CRM has carried the request out and answered."""


class End(Enum):
    """What happens to the connection after the last byte of the fault."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()


@dataclass(frozen=True)
class Kind:
    """One kind of fault, and the outcome of a send whose POST it affects."""

    name: str
    when: When
    outcome: Outcome
    end: End = End.KEEP
    change: Change = bytes
    pace: float = 0.0
    """Seconds between two bytes, of the whole answer or of its body."""
    paced_from_body: bool = False
    delay: float = 0.0
    """Seconds before the first byte."""
    endless: bytes = b""
    """Bytes that are sent again and again, every `pace` seconds, until the client gives up."""
    of_form: Outcome | None = None
    """The outcome of a POST of the forgot-password form, if it differs."""

    @property
    def waits(self) -> bool:
        """Whether only a time-out of the client ends it."""
        return self.end is End.HANG or self.pace > 0

    @property
    def form_outcome(self) -> Outcome:
        """The outcome of a send by the forgot-password form, which answers with a redirect."""
        return self.of_form if self.of_form is not None else self.outcome

    @property
    def before(self) -> bool:
        """Whether it affects a connection before the request arrives."""
        return self.when in {When.REFUSE, When.ACCEPT, When.IDLE}

    def __str__(self) -> str:
        return self.name


SENT, NOT_SENT, UNKNOWN = Outcome.SENT, Outcome.NOT_SENT, Outcome.UNKNOWN

YES = b'{"success": true, "result": {"message": "Reset Password Instruction has been sent successfully!"}}'
_PAGE = "<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"
_LOGIN = (
    '<html><body><form method="POST" action="index.php"><input name="__vtrftk" type="hidden" value="sid:0,1">'
    '<input name="username"><input name="password" type="password"></form></body></html>'
)
_STATUSES = (400, 401, 403, 404, 407, 408, 413, 429, 500, 502, 503, 504, 520)


def page(words: str) -> bytes:
    """Return an HTML page with this text."""
    return (_PAGE % (words, words)).encode()


def parts(raw: bytes) -> tuple[bytes, bytes]:
    """Return the head (with the empty line) and the body of an answer."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", body


def says(body: bytes | str, status: int = 200, **headers: str) -> Change:
    """Return a change into an answer with this body."""
    return lambda _: answer(body, status, **headers)


def with_head(*lines: bytes, change: Change = bytes) -> Change:
    """Return a change that replaces the head by a 200 with these lines, and applies `change` to the body."""

    def changed(raw: bytes) -> bytes:
        body = change(parts(raw)[1])
        filled = [line.replace(b"LENGTH", b"%d" % len(body)) for line in lines]
        return b"\r\n".join([b"HTTP/1.1 200 OK", *filled, b"", body])

    return changed


def in_body(change: Change) -> Change:
    """Return a change of only the body, with a head that matches it."""
    return lambda raw: answer(change(parts(raw)[1]))


def in_chunks(body: bytes) -> bytes:
    """Return a body as two chunks and the end mark."""
    middle = len(body) // 2
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:middle], body[middle:], b""))


@cache
def bomb() -> bytes:
    """Return a hundred million spaces, compressed."""
    return gzip.compress(b" " * 100_000_000, 9)


def _cuts() -> list[Kind]:
    """Return all kinds of connections that end too early: where × how."""
    chunked = with_head(b"Transfer-Encoding: chunked", change=lambda body: in_chunks(body)[:-12])
    pieces: dict[str, tuple[When, Change]] = {
        "before the body was read": (When.HEAD, lambda _: b""),
        "after reading, not acted": (When.ASKED, lambda _: b""),
        "after acting": (When.ACTED, lambda _: b""),
        "in the status line": (When.ACTED, lambda raw: raw[:7]),
        "in the headers": (When.ACTED, lambda raw: raw[: len(parts(raw)[0]) // 2]),
        "after the headers": (When.ACTED, lambda raw: _sized(parts(raw)[0])),
        "in the body": (When.ACTED, lambda raw: raw[: -max(1, len(parts(raw)[1]) // 2)]),
        "before the last byte": (When.ACTED, lambda raw: raw[:-1]),
        "in a chunk": (When.ACTED, chunked),
        "before the end mark": (
            When.ACTED,
            with_head(b"Transfer-Encoding: chunked", change=lambda body: in_chunks(body)[:-5]),
        ),
    }
    ends = {End.CLOSE: "closed", End.RESET: "reset", End.HANG: "hangs"}
    return [
        Kind(f"{word} {where}", when, UNKNOWN, end, change)
        for where, (when, change) in pieces.items()
        for end, word in ends.items()
    ]


def _sized(head: bytes) -> bytes:
    """Return a head that announces a body, even if it has none."""
    return head.replace(b"content-length: 0\r\n", b"content-length: 9\r\n")


def _connections() -> list[Kind]:
    late = answer(page("Request Time-out"), 408, Connection="close")
    return [
        Kind("refused", When.REFUSE, NOT_SENT),
        Kind("closed at accept", When.ACCEPT, UNKNOWN, End.CLOSE),
        Kind("reset at accept", When.ACCEPT, UNKNOWN, End.RESET),
        Kind("closed while idle", When.IDLE, SENT, End.CLOSE),
        Kind("reset while idle", When.IDLE, SENT, End.RESET),
        Kind("408 while idle", When.IDLE, SENT, End.CLOSE, lambda _: late),
        Kind("page that nobody asked for, while idle", When.IDLE, SENT, End.KEEP, says(page("Bye"), 408)),
    ]


def _heads() -> list[Kind]:
    heads: dict[str, tuple[Outcome, End, Change]] = {
        "Content-Length too long, closed": (
            UNKNOWN, End.CLOSE, with_head(b"Content-Length: 999999")),
        "Content-Length too long, hangs": (
            UNKNOWN, End.HANG, with_head(b"Content-Length: 999999")),
        "Content-Length too short": (
            UNKNOWN, End.KEEP, with_head(b"Content-Length: 9", change=lambda body: body or page("Moved"))),
        "Content-Length no number": (UNKNOWN, End.KEEP, with_head(b"Content-Length: many")),
        "Content-Length negative": (UNKNOWN, End.KEEP, with_head(b"Content-Length: -1")),
        "Content-Length twice, different": (
            UNKNOWN, End.KEEP, with_head(b"Content-Length: LENGTH", b"Content-Length: 9")),
        "no length, closed": (SENT, End.CLOSE, with_head(b"Content-Type: text/json")),
        "no length, reset": (UNKNOWN, End.RESET, with_head(b"Content-Type: text/json")),
        "chunked, whole": (SENT, End.KEEP, with_head(b"Transfer-Encoding: chunked", change=in_chunks)),
        "chunk of no size": (
            UNKNOWN, End.KEEP,
            with_head(b"Transfer-Encoding: chunked", change=lambda body: b"zz\r\n" + body)),
        "header very long": (
            UNKNOWN, End.KEEP, with_head(b"X-Long: " + b"x" * 1_000_000, b"Content-Length: LENGTH")),
        "headers very many": (
            UNKNOWN, End.KEEP,
            with_head(*(b"X-%d: x" % n for n in range(20_000)), b"Content-Length: LENGTH")),
        "header that is none": (UNKNOWN, End.KEEP, with_head(b"no colon here", b"Content-Length: LENGTH")),
        "HTTP/0.9": (UNKNOWN, End.CLOSE, lambda raw: parts(raw)[1] or b"text"),
        "HTTP/3.7": (SENT, End.CLOSE, lambda raw: b"HTTP/3.7" + raw[8:]),
        "garbage": (UNKNOWN, End.CLOSE, lambda _: bytes(range(256)) * 8),
        "another protocol": (UNKNOWN, End.CLOSE, lambda _: b"SSH-2.0-OpenSSH_9.2\r\n"),
        "100 Continue first": (SENT, End.KEEP, lambda raw: b"HTTP/1.1 100 Continue\r\n\r\n" + raw),
        "101 Switching Protocols": (
            UNKNOWN, End.KEEP, lambda _: b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    }  # fmt: skip
    whole = {"no length, closed", "chunked, whole"}
    return [
        Kind(name, When.ACTED, outcome, end, change, of_form=UNKNOWN if name in whole else None)
        for name, (outcome, end, change) in heads.items()
    ]


def _statuses() -> list[Kind]:
    """Return answers of a proxy or a broken server in place of the CRM's, before and after the CRM acted."""
    whens = {When.ASKED: "not acted", When.ACTED: "acted"}
    errors = [
        Kind(f"{status} {words}", when, UNKNOWN, change=says(page("Error"), status))
        for status in _STATUSES
        for when, words in whens.items()
    ]
    redirects = {
        "302 to the login page": says("", 302, Location="index.php"),
        "302 to another host": says("", 302, Location="http://other.example.com/crm/index.php"),
        "302 to no address": says("", 302, Location="http://[::bad/%zz"),
        "302 to a host that cannot be written": says("", 302, Location="http://xn--ls8h=/"),
        "302 to nowhere": says("", 302),
        "307 to another host": says("", 307, Location="https://other.example.com/"),
    }
    to_itself = {f"{status} to the same place": says("", status, Location="") for status in (307, 308)}
    return [
        *errors,
        *(Kind(n, When.ACTED, UNKNOWN, change=to) for n, to in (redirects | to_itself).items()),
        Kind("success with HTTP 500", When.ACTED, UNKNOWN, change=says(YES, 500)),
        Kind("“Invalid request” with HTTP 500", When.ACTED, UNKNOWN, change=says(b"Invalid request", 500)),
        Kind("204, no content", When.ACTED, UNKNOWN, change=lambda _: b"HTTP/1.1 204 No Content\r\n\r\n"),
    ]


def _bodies() -> list[Kind]:
    bodies: dict[str, tuple[Outcome, Change]] = {
        "empty": (UNKNOWN, lambda _: b""),
        "login page": (UNKNOWN, lambda _: _LOGIN.encode()),
        "page of a stranger": (UNKNOWN, lambda _: page("Welcome to our wireless network")),
        "JSON cut short": (UNKNOWN, lambda body: body[:-1]),
        "JSON with success as text": (UNKNOWN, lambda _: b'{"success": "true"}'),
        "JSON with success as number": (UNKNOWN, lambda _: b'{"success": 1}'),
        "JSON without success": (UNKNOWN, lambda _: b'{"result": {"message": "sent"}}'),
        "JSON null": (UNKNOWN, lambda _: b"null"),
        "JSON in a list": (UNKNOWN, lambda _: b"[" + YES + b"]"),
        "JSON very deep": (UNKNOWN, lambda _: b"[" * 200_000),
        "JSON with an endless number": (UNKNOWN, lambda _: b'{"success": true, "n": ' + b"9" * 9_000 + b"}"),
        "two JSON objects": (UNKNOWN, lambda body: body + b"\n" + body),
        "warning before the JSON": (SENT, lambda body: b"<br />\n<b>Warning</b>: x in y.php<br />" + body),
        "words before the JSON": (UNKNOWN, lambda body: b"Not sent. " + body),
        "comment after the JSON": (UNKNOWN, lambda body: body + b"<!-- proxy 7 -->"),
        "yes with an error": (UNKNOWN, lambda _: b'{"success": true, "error": {"code": "Mail not sent"}}'),
        "yes with a no in it": (UNKNOWN, lambda _: b'{"success": true, "result": {"success": false}}'),
        "page after the JSON": (UNKNOWN, lambda body: body + page("Error")),
        "byte order mark": (SENT, lambda body: b"\xef\xbb\xbf" + body),
        "invalid UTF-8 in the words": (SENT, lambda body: body.replace(b"sent", b"\xff\xfe\xc3")),
        "invalid UTF-8 around": (UNKNOWN, lambda body: b"\xff" + body),
        "UTF-16": (UNKNOWN, lambda body: body.decode("utf-8", "replace").encode("utf-16")),
        "NULs": (UNKNOWN, lambda body: b"\0" * len(body)),
        "30 MB": (UNKNOWN, lambda body: body + b" " * 30_000_000),
    }
    return [
        Kind(name, When.ACTED, outcome, change=in_body(to), of_form=UNKNOWN)
        for name, (outcome, to) in bodies.items()
    ]


def _packed() -> list[Kind]:
    sizes, packed = b"Content-Length: LENGTH", b"Content-Encoding: gzip"
    changes: dict[str, tuple[Outcome, Change]] = {
        "gzip, whole": (SENT, with_head(sizes, packed, change=gzip.compress)),
        "gzip, cut": (UNKNOWN, with_head(sizes, packed, change=lambda body: gzip.compress(body)[:-9])),
        "gzip, damaged": (
            UNKNOWN,
            with_head(sizes, packed, change=lambda body: gzip.compress(body)[:-8] + b"\0" * 8),
        ),
        "gzip that is none": (UNKNOWN, with_head(sizes, packed)),
        "gzip bomb": (UNKNOWN, with_head(sizes, packed, change=lambda _: bomb())),
        "packing nobody asked for": (UNKNOWN, with_head(sizes, b"Content-Encoding: br")),
    }
    return [
        Kind(name, When.ACTED, outcome, change=change, of_form=UNKNOWN)
        for name, (outcome, change) in changes.items()
    ]


def _slow_and_double() -> list[Kind]:
    twice = "answer given twice"
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [
        Kind("late, but in time", When.ACTED, SENT, delay=0.2),
        Kind("drip of bytes", When.ACTED, UNKNOWN, pace=0.02),
        Kind("drip of bytes in the body", When.ACTED, UNKNOWN, pace=0.02, paced_from_body=True,
             of_form=SENT),
        Kind("endless 100 Continue", When.ACTED, UNKNOWN, change=lambda _: b"", pace=0.02,
             endless=b"HTTP/1.1 100 Continue\r\n\r\n"),
        Kind("endless headers", When.ACTED, UNKNOWN, change=lambda _: b"HTTP/1.1 200 OK\r\n", pace=0.02,
             endless=b"X-More: x\r\n"),
        Kind("endless chunks", When.ACTED, UNKNOWN, change=lambda _: chunks, pace=0.02,
             endless=b"1\r\n \r\n"),
        Kind(twice, When.ACTED, SENT, change=lambda raw: raw + raw),
        Kind(f"{twice}, then closed", When.ACTED, SENT, End.CLOSE, lambda raw: raw + raw),
        Kind("answer, then garbage", When.ACTED, SENT, change=lambda raw: raw + b"\0\xff garbage"),
        Kind("answer, then closed", When.ACTED, SENT, End.CLOSE),
        Kind("answer, then reset", When.ACTED, SENT, End.RESET),
    ]  # fmt: skip


KINDS: tuple[Kind, ...] = (
    *_connections(),
    *_cuts(),
    *_heads(),
    *_statuses(),
    *_bodies(),
    *_packed(),
    *_slow_and_double(),
)


def _redirects() -> list[Kind]:
    """Return unusual answers of the forgot-password form, all after it has sent the mail."""
    login = "index.php?module=Users&view=Login"
    yes = f"{login}&mailStatus=success"
    answers: dict[str, Change] = {
        "yes and no": says("", 302, Location=f"{yes}&error=fpError"),
        "no and yes": says("", 302, Location=f"{login}&error=statusError&mailStatus=success"),
        "yes twice": says("", 302, Location=f"{yes}&mailStatus=success"),
        "yes in capitals": says("", 302, Location=f"{login}&mailStatus=SUCCESS"),
        "yes and more": says("", 302, Location=f"{yes}ful"),
        "an error of another name": says("", 302, Location=f"{login}&error=captchaError"),
        "yes behind the fragment": says("", 302, Location=f"{login}#&mailStatus=success"),
        "yes at another host": says("", 302, Location=f"https://other.example.com/crm/{yes}"),
        "no at another host": says("", 302, Location=f"https://other.example.com/crm/{login}&error=fpError"),
        "yes at no address": says("", 302, Location=f"http://[::bad/%zz?{yes}"),
        "two addresses": says("", 302, Location=f"{yes}\r\nLocation: {login}"),
        "yes in a page": says(f'<a href="{yes}">Mail was sent to your email.</a>'),
        "yes with HTTP 200": says("", 200, Location=yes),
        "yes with HTTP 500": says("", 500, Location=yes),
        **{f"yes with HTTP {status}": says("", status, Location=yes) for status in (300, 301, 304, 307, 308)},
    }
    return [Kind(f"{name} from the form", When.ACTED, UNKNOWN, change=to) for name, to in answers.items()]


FORM_KINDS: tuple[Kind, ...] = (*KINDS, *_redirects())
"""The kinds of faults of the forgot-password form, which has its own answers."""
