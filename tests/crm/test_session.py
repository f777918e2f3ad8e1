"""The session over real connections: what it follows, what it refuses, and the error of each failure."""

import asyncio
import gzip
import json
import logging
import socket
import ssl
import threading
import traceback
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from dazos_tui import __version__
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    TlsError,
    UnexpectedPageError,
    UnreachableError,
    WrongHostError,
)
from dazos_tui.crm.http.content import RequestContent
from dazos_tui.crm.http.network import NetworkSettings
from dazos_tui.crm.http.retry import MAX_ATTEMPTS
from dazos_tui.crm.http.session import MAX_REDIRECTS, HttpSession, Timeouts
from dazos_tui.system.event_log import start_log, stop_log
from tests.crm.servers import ReceivedRequest, answer, serving

SECRET = "hunter2"
SHORT = Timeouts(connect=0.2, read=0.2, write=0.2, total=5)


async def test_a_page_request_and_its_response() -> None:
    async with serving(lambda _: answer("gar\xe7on \xff".encode() + b"\xff")) as server:
        session = HttpSession(server.url)
        response = await session.get("index.php?module=Users", params={"record": "7"})
        await session.close()
    (request,) = server.requests
    assert request.target == "/crm/index.php?module=Users&record=7"
    assert request.headers["user-agent"] == f"dazos-tui/{__version__}"
    assert response.text == "gar\xe7on \xff\ufffd"
    assert repr(response) == "Response(status=200)"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://crm.test", "https://crm.test/index.php"),
        ("https://crm.test/a/index.php?x=1#y", "https://crm.test/a/index.php"),
        (" https://crm.test/a ", "https://crm.test/a/index.php"),
        ("https://crm.test:443/a/", "https://crm.test/a/index.php"),
    ],
)
def test_urls_are_relative_to_the_instances_folder(url: str, expected: str) -> None:
    assert HttpSession(url).resolve("index.php") == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crm.test",
        "ftp://crm.test",
        "https://",
        "https://a:hunter2@crm.test/",
        "https://a:b/",
        "https://a\x00",
        "https://\ud800/",
        f"https://{'a' * 64}.test/",
        "https://999.999.999.999/",
        "https://127.1/",
        "https://crm.xn--a/",
    ],
)
def test_an_invalid_address_is_reported_without_secrets(url: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        HttpSession(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/x",
        "http://crm.test/",
        "https://crm.test:8443/",
        "https://crm.test@evil.test/",
        "https://crm.test\\@evil.test/",
        "https://crm.test.evil.test/",
        "javascript:alert(1)",
    ],
)
def test_no_url_may_leave_the_origin(target: str) -> None:
    with pytest.raises(WrongHostError):
        HttpSession("https://crm.test/").resolve(target)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://crm.test:8443/", "http://crm.test:8443/x"),
        ("http://crm.test:8443/", "https://crm.test:8443/x"),
        ("https://crm.test/", "http://crm.test:443/x"),
        ("http://crm.test/", "https://crm.test:80/x"),
    ],
)
def test_another_scheme_on_the_same_port_is_another_origin(url: str, target: str) -> None:
    with pytest.raises(WrongHostError):
        HttpSession(url).resolve(target)


def test_a_url_keeps_no_credentials() -> None:
    assert HttpSession("https://crm.test/").resolve("https://a:b@crm.test/x#y") == "https://crm.test/x"


async def test_redirects_are_followed_within_the_origin_and_cookies_kept() -> None:
    def site(request: ReceivedRequest) -> bytes:
        if request.target.endswith("/start"):
            return answer(status=302, Location="/crm/end", Set_Cookie="PHPSESSID=abc; path=/; HttpOnly")
        return answer(request.headers.get("cookie", ""))

    async with serving(site) as server:
        session = HttpSession(server.url)
        assert (await session.get("start")).text == "PHPSESSID=abc"
        session.clear_cookies()
        assert (await session.get("end")).text == ""
        await session.close()


async def test_a_redirect_to_another_host_names_both_and_is_not_followed() -> None:
    async with (
        serving(lambda _: answer("never asked")) as other,
        serving(lambda _: answer(status=301, Location=f"{other.url}?token=hunter2")) as server,
    ):
        session = HttpSession(server.url)
        with pytest.raises(WrongHostError) as caught:
            await session.get("index.php")
        await session.close()
    here, there = server.url.split("/")[2], other.url.split("/")[2]
    assert here in str(caught.value)
    assert there in str(caught.value)
    assert "give that as its address" in caught.value.advice
    assert "hunter2" not in str(caught.value) + caught.value.advice
    assert other.requests == []


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("http://crm.test/x", "http://crm.test"),
        ("http://CRM.test:8080/?token=hunter2", "http://crm.test:8080"),
    ],
)
def test_a_redirect_to_the_same_host_in_clear_is_never_advised(target: str, shown: str) -> None:
    with pytest.raises(WrongHostError) as caught:
        HttpSession("https://crm.test/").resolve(target)
    assert f"points to {shown}, the same host without encryption" in str(caught.value)
    assert "site_URL" in caught.value.advice
    assert "address" not in caught.value.advice
    assert "hunter2" not in str(caught.value) + caught.value.advice


def test_another_host_in_clear_is_advised_only_with_https() -> None:
    with pytest.raises(WrongHostError) as caught:
        HttpSession("https://crm.test/").resolve("http://other.test/")
    assert "If other.test is the instance you mean, give its https:// address." in caught.value.advice
    assert "http://" not in caught.value.advice


def test_the_same_host_with_encryption_is_advised() -> None:
    with pytest.raises(WrongHostError) as caught:
        HttpSession("http://crm.test/").resolve("https://crm.test/")
    assert "If https://crm.test is the instance you mean, give that as its address." in caught.value.advice


async def test_circular_redirects_are_given_up() -> None:
    async with serving(lambda _: answer(status=302, Location="again")) as server:
        session = HttpSession(server.url)
        with pytest.raises(UnexpectedPageError, match="circle"):
            await session.get("index.php")
        await session.close()
    assert len(server.requests) == MAX_REDIRECTS + 1


async def test_a_form_is_posted_once_and_redirects_are_followed_only_on_demand() -> None:
    async with serving(lambda _: answer("ok", status=302, Location="end")) as server:
        session = HttpSession(server.url)
        response = await session.post("index.php", {"name": "Gar\xe7on", "password": SecretStr("a&b")})
        assert [request.method for request in server.requests] == ["POST"]
        assert server.requests[0].body == "name=Gar%C3%A7on&password=a%26b"
        assert response.location == "end"
        await session.close()


@pytest.mark.parametrize("status", [307, 308])
async def test_a_form_is_never_posted_twice(status: int) -> None:
    async with serving(lambda _: answer(status=status, Location="elsewhere")) as server:
        session = HttpSession(server.url)
        response = await session.post("index.php", {"password": SecretStr("x")})
        with pytest.raises(UnexpectedPageError, match=str(status)):
            await session.follow_redirect(response)
        await session.close()
    assert len(server.requests) == 1


@contextmanager
def free_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def failure(session: HttpSession, *, post: bool = False) -> CrmError:
    """Return the error that a request ends with, after checking that it contains no secret."""
    address = f"x?q={SECRET}"
    with pytest.raises(CrmError) as caught:
        await (session.post(address, {"a": SecretStr(SECRET)}) if post else session.get(address))
    await session.close()
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in str(error) + error.advice + "".join(traceback.format_exception(error))
    return error


@pytest.mark.parametrize("post", [False, True])
class TestFailures:
    async def test_refused(self, post: bool) -> None:
        with free_port() as port:
            error = await failure(HttpSession(f"http://127.0.0.1:{port}/"), post=post)
        assert type(error) is UnreachableError
        assert "refused" in str(error)

    async def test_refused_at_every_address(self, post: bool) -> None:
        with free_port() as port:
            error = await failure(HttpSession(f"http://localhost:{port}/"), post=post)
        assert type(error) is UnreachableError
        assert "refused" in str(error)

    async def test_no_such_name(self, post: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        async def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
        error = await failure(HttpSession("http://crm.test/"), post=post)
        assert type(error) is UnreachableError
        assert "not known" in str(error)

    @pytest.mark.parametrize(
        "location", ["http://a:b:c/", "javascript:x", "http://\u20ac\u0301/", "data:,\x7f"]
    )
    async def test_an_odd_redirect_proves_nothing(self, location: str, post: bool) -> None:
        async with serving(lambda _: answer(status=302, Location=location)) as server:
            session = HttpSession(server.url)
            try:
                await (session.post("x", {}) if post else session.get("x"))
            except CrmError as error:
                assert not isinstance(error, UnreachableError)  # noqa: PT017 - some of them are just handed over
            await session.close()

    async def test_no_connection_in_time(self, post: bool) -> None:
        with ExitStack() as stack:
            deaf = stack.enter_context(socket.socket())
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(deaf.getsockname())
            session = HttpSession(f"http://127.0.0.1:{deaf.getsockname()[1]}/", timeouts=SHORT)
            error = await failure(session, post=post)
        assert type(error) is UnreachableError
        assert "0.2 s" in str(error)

    async def test_silence(self, post: bool) -> None:
        never = asyncio.Event()

        async def silent(_: ReceivedRequest) -> bytes | None:
            await never.wait()
            return None

        async with serving(silent) as server:
            error = await failure(HttpSession(server.url, timeouts=SHORT), post=post)
        assert type(error) is ConnectionLostError
        assert "0.2 s" in str(error)

    async def test_an_answer_without_end(self, post: bool) -> None:
        never = asyncio.Event()

        async def silent(_: ReceivedRequest) -> bytes | None:
            await never.wait()
            return None

        async with serving(silent) as server:
            error = await failure(HttpSession(server.url, timeouts=Timeouts(total=0.2)), post=post)
        assert type(error) is ConnectionLostError
        assert "0.2 s" in str(error)

    @pytest.mark.parametrize(
        "content",
        [
            None,
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        ],
        ids=["at once", "in the head", "in the body", "in a chunk", "no HTTP", "endless header"],
    )
    async def test_dropped(self, content: bytes | None, post: bool) -> None:
        async with serving(lambda _: content) as server:
            error = await failure(HttpSession(server.url), post=post)
        assert type(error) is ConnectionLostError
        assert len(server.requests) == (1 if post else MAX_ATTEMPTS)

    @pytest.mark.parametrize(
        ("packed", "encoding"),
        [
            (gzip.compress(b"0" * 60_000_000), "gzip"),
            (gzip.compress(b"0" * 1_000_001), "gzip"),
            (b"0" * 1_000_001, "identity"),
            (gzip.compress(b"half of it")[:-12], "gzip"),
            (b"not packed at all", "gzip"),
            (zlib.compress(b"x"), "deflate"),
            (b"x", "br"),
            (b"x", "Zstd, utf-8"),
            (gzip.compress(gzip.compress(b"x")), "gzip, gzip"),
        ],
        ids=["bomb", "large", "plain", "cut", "damaged", "deflate", "br", "zstd", "twice"],
    )
    async def test_unreadable(self, packed: bytes, encoding: str, post: bool) -> None:
        async with serving(lambda _: answer(packed, Content_Encoding=encoding)) as server:
            error = await failure(HttpSession(server.url, max_bytes=1_000_000), post=post)
        assert type(error) is UnexpectedPageError

    async def test_a_cookie_that_cannot_be_sent_back(self, post: bool) -> None:
        async with serving(lambda _: answer(Set_Cookie="a=\u20ac\u20ac; path=/")) as server:
            session = HttpSession(server.url)
            await session.get("first")
            error = await failure(session, post=post)
        assert isinstance(error, UnreachableError)

    async def test_a_proxy_that_is_none(self, post: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "odd://me:hunter2@proxy.test")
        error = await failure(HttpSession("http://crm.test/"), post=post)
        assert type(error) is UnreachableError
        assert "proxy" in str(error)

    async def test_after_it_was_closed(self, post: bool) -> None:
        session = HttpSession("http://crm.test/")
        await session.close()
        assert type(await failure(session, post=post)) is UnreachableError


async def test_a_compressed_page_is_decompressed() -> None:
    async with serving(
        lambda _: answer(gzip.compress(b"\xef\xbb\xbfpacked"), Content_Encoding="gzip")
    ) as server:
        session = HttpSession(server.url)
        assert (await session.get("x")).text == "packed"
        await session.close()
    assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    "encoding",
    [
        "none",
        "UTF-8",
        "utf8",
        "ISO-8859-1",
        "identity",
        "binary",
        "8bit",
        "*",
        ",",
        "none, identity",
        "text/html",
    ],
)
async def test_an_encoding_that_is_not_compression_is_ignored(encoding: str) -> None:
    async with serving(lambda _: answer("as it is", Content_Encoding=encoding)) as server:
        session = HttpSession(server.url)
        assert (await session.get("x")).text == "as it is"
        await session.close()


@pytest.mark.parametrize("encoding", ["x-gzip", "GZIP", "gzip, utf-8", "none, gzip", ", gzip"])
async def test_gzip_is_decompressed_despite_other_names_beside_it(encoding: str) -> None:
    packed = gzip.compress(b"packed")
    async with serving(lambda _: answer(packed, Content_Encoding=encoding)) as server:
        session = HttpSession(server.url)
        assert (await session.get("x")).text == "packed"
        await session.close()


async def test_a_redirect_without_a_body_may_claim_to_be_compressed() -> None:
    async with serving(lambda _: answer(status=304, Content_Encoding="gzip")) as server:
        session = HttpSession(server.url)
        assert (await session.get("x")).status == 304
        await session.close()


async def test_the_log_names_no_query_cookie_or_form(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    start_log(tmp_path / "log")
    try:
        async with serving(lambda _: answer("hunter2", Set_Cookie="a=hunter2")) as server:
            session = HttpSession(server.url)
            await session.get("index.php?q=hunter2&view=List")
            await session.post("hunter2", {"p": SecretStr("hunter2")})
            await session.close()
        assert (await failure(HttpSession(server.url), post=True)).advice
    finally:
        stop_log()
    text = (tmp_path / "log").read_text()
    assert "hunter2" not in caplog.text + text
    page, form, failed = [json.loads(line) for line in text.splitlines()]
    assert {"method": "GET", "script": "index.php", "view": "List", "status": 200}.items() <= page.items()
    assert (form["method"], form["script"]) == ("POST", "other")
    assert (failed["event"], failed["error"]) == ("request failed", "ConnectError")
    assert any(place.startswith("crm/http/session.py:") for place in failed["trace"])


async def test_an_unknown_certificate_is_not_accepted(tls: ssl.SSLContext) -> None:
    async with serving(lambda _: answer("x"), tls=tls) as server:
        error = await failure(HttpSession(server.url), post=True)
    assert type(error) is TlsError
    assert "self-signed" in str(error).replace(" ", "-")
    assert "ca_file" in error.advice
    assert server.requests == []


async def test_a_companys_own_certificate(tls: ssl.SSLContext, certificate: tuple[Path, Path]) -> None:
    async with serving(lambda _: answer("trusted"), tls=tls) as server:
        session = HttpSession(server.url, network=NetworkSettings(ca_file=certificate[1]))
        assert (await session.get("x")).text == "trusted"
        await session.close()


async def test_a_certificate_for_another_name(tls: ssl.SSLContext, certificate: tuple[Path, Path]) -> None:
    async with serving(lambda _: answer("x"), tls=tls) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        error = await failure(HttpSession(url, network=NetworkSettings(ca_file=certificate[1])))
    assert type(error) is TlsError
    assert "localhost" in str(error)


@contextmanager
def refusing_after_the_handshake(tls: ssl.SSLContext) -> Iterator[str]:
    """Serve one connection that ends with a TLS 1.3 alert, which the client reads instead of a response."""

    def serve() -> None:
        connection, _ = listener.accept()
        with tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secure:
            with suppress(ssl.SSLError):
                secure.do_handshake()
            secure.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                # Read to the end, since closing a connection with unread data loses what was sent.
                while socket.socket.recv(secure, 4096):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize("post", [False, True])
async def test_a_server_that_requires_a_client_certificate(
    tls: ssl.SSLContext, certificate: tuple[Path, Path], post: bool
) -> None:
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(certificate[1])
    with refusing_after_the_handshake(tls) as url:
        error = await failure(HttpSession(url, network=NetworkSettings(ca_file=certificate[1])), post=post)
    assert type(error) is ConnectionLostError
    assert "certificate required" in str(error)


async def test_a_server_that_requires_a_client_certificate_in_the_handshake(
    tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(certificate[1])
    async with serving(lambda _: answer("x"), tls=tls) as server:
        error = await failure(
            HttpSession(server.url, network=NetworkSettings(ca_file=certificate[1])), post=True
        )
    assert type(error) is TlsError


@pytest.mark.parametrize(
    "failure_cause", [OSError(5, "Input/output error"), ssl.SSLError(1, "odd"), OSError()]
)
async def test_any_system_error_becomes_a_crm_error(
    failure_cause: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise failure_cause

    monkeypatch.setattr("httpx.AsyncHTTPTransport.handle_async_request", broken)
    assert type(await failure(HttpSession("http://crm.test/"), post=True)) is ConnectionLostError


async def test_a_server_without_tls() -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("Use TLS", status=400))
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        error = await failure(HttpSession(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"))
    assert type(error) is TlsError


def set_proxies(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1.2.3", "[::1]"])
async def test_requests_to_this_machine_use_no_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(lambda _: answer("the proxy")) as proxy:
        set_proxies(monkeypatch, proxy.url)
        with free_port() as port:
            session = HttpSession(f"http://{host}:{port}/", timeouts=SHORT)
            with pytest.raises(UnreachableError):
                await session.post("index.php", {"password": SecretStr(SECRET)})
            await session.close()
    assert proxy.requests == []


async def test_a_server_on_this_machine_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(lambda _: answer("the proxy")) as proxy, serving(lambda _: answer("itself")) as server:
        set_proxies(monkeypatch, proxy.url)
        session = HttpSession(server.url)
        assert (await session.get("x")).text == "itself"
        await session.close()
    assert proxy.requests == []


async def test_every_other_host_is_reached_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(lambda request: answer(request.target)) as proxy:
        set_proxies(monkeypatch, proxy.url)
        session = HttpSession("http://crm.test/")
        assert (await session.get("x")).text == "http://crm.test/x"
        await session.close()
        secure = HttpSession("https://crm.test/")
        with pytest.raises(CrmError):
            await secure.get("x")
        await secure.close()
    assert [request.method for request in proxy.requests] == ["GET", "CONNECT"]


async def test_certificates_named_in_the_environment_apply_to_this_machine_too(
    tls: ssl.SSLContext, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    async with serving(lambda _: answer("trusted"), tls=tls) as server:
        session = HttpSession(server.url)
        assert (await session.get("x")).text == "trusted"
        await session.close()


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_an_invalid_certificate_file(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    error = await failure(HttpSession("https://crm.test/", network=NetworkSettings(ca_file=file)))
    assert type(error) is TlsError
    assert str(file) in str(error)


async def test_each_request_has_the_current_cookie() -> None:
    """The same page is requested repeatedly, so that its cached headers are used."""
    given = iter(["a=1; path=/", "a=2; path=/", "", "a=3; path=/"])

    def say(request: ReceivedRequest) -> bytes:
        cookie = next(given, "")
        said = request.headers.get("cookie", "none")
        return answer(said, Set_Cookie=cookie) if cookie else answer(said)

    async with serving(say) as server:
        session = HttpSession(server.url)
        seen = [(await session.get("x", params={"page": str(number)})).text for number in range(5)]
        session.clear_cookies()
        seen.append((await session.get("x")).text)
        await session.close()
    assert seen == ["none", "a=1", "a=2", "a=2", "a=3", "none"]


async def test_added_parameters_are_encoded_and_come_last() -> None:
    async with serving(lambda request: answer(request.target)) as server:
        session = HttpSession(server.url)
        asked = [
            (await session.get("x?a=1", params={"q": "ä &=?#+/%", "a": "2"})).text,
            (await session.get("x", params={"q": '[["e","c"]]'})).text,
            (await session.get("x")).text,
        ]
        await session.close()
    assert asked == [
        "/crm/x?a=1&q=%C3%A4+%26%3D%3F%23%2B%2F%25&a=2",
        "/crm/x?q=%5B%5B%22e%22%2C%22c%22%5D%5D",
        "/crm/x",
    ]


def locals_of_our_code(error: CrmError) -> str:
    """Return the variables of every frame of a traceback but the test's own, and the error's words."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return f"{shown} {[frame.locals for frame in shown.stack[1:]]}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_json_is_sent_once_with_its_headers_and_secrets(method: str) -> None:
    content = RequestContent(
        method=method,
        json_body={"name": "Gar\xe7on \u202e", "token": SecretStr("a&b"), "n": [1, True, None]},
        headers={"X-CSRF-Token": SecretStr("a&b"), "Accept": "application/json"},
    )
    async with serving(lambda _: answer("ok", status=302, Location="end")) as server:
        session = HttpSession(server.url)
        response = await session.send_once("api/users", content)
        await session.close()
    (request,) = server.requests
    assert (request.method, request.target, response.location) == (method, "/crm/api/users", "end")
    assert json.loads(request.body) == {"name": "Gar\xe7on \u202e", "token": "a&b", "n": [1, True, None]}
    assert request.headers["content-type"] == "application/json"
    assert (request.headers["x-csrf-token"], request.headers["accept"]) == ("a&b", "application/json")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_request_without_a_body_says_that_it_has_none(method: str) -> None:
    async with serving(lambda _: answer("ok")) as server:
        session = HttpSession(server.url)
        await session.send_once("api/users/7", RequestContent(method=method))
        await session.send_once("api/users/7", RequestContent(method=method, form={}))
        await session.close()
    assert [(one.method, one.headers.get("content-length"), one.body) for one in server.requests] == [
        (method, "0", "")
    ] * 2


async def test_a_request_of_any_kind_that_was_dropped_is_not_repeated_and_shows_no_secret() -> None:
    content = RequestContent(
        method="PUT", json_body={"a": SecretStr(SECRET)}, headers={"X": SecretStr(SECRET)}
    )
    assert SECRET not in repr(content)
    async with serving(lambda _: None) as server:
        session = HttpSession(server.url)
        with pytest.raises(ConnectionLostError) as caught:
            await session.send_once("x", content)
        await session.close()
    assert len(server.requests) == 1
    assert SECRET not in locals_of_our_code(caught.value)


async def test_a_header_that_cannot_be_sent_is_reported_without_its_value() -> None:
    content = RequestContent(headers={"X-CSRF-Token": SecretStr(f"{SECRET}\u202e")})
    session = HttpSession("http://127.0.0.1:9/")
    with pytest.raises(UnreachableError) as caught:
        await session.send_once("x", content)
    await session.close()
    assert SECRET not in locals_of_our_code(caught.value)
