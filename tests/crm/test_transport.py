"""How connections are made: without a look-up to this machine, and trusting only files that are safe."""

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from dazos_tui.crm.errors import CrmError, TlsError
from dazos_tui.crm.http.network import NetworkSettings
from dazos_tui.crm.http.session import HttpSession
from tests.crm.servers import answer, serving

SECRET = "hunter2"


async def failure(session: HttpSession, *, post: bool = False) -> CrmError:
    with pytest.raises(CrmError) as caught:
        await (
            session.post("index.php", {"password": SecretStr(SECRET)})
            if post
            else session.get("x", single_request=True)
        )
    await session.close()
    return caught.value


@pytest.mark.parametrize("host", ["crm.localhost", "127.evil.example", "localhost.example"])
async def test_a_name_that_only_resembles_localhost_is_looked_up(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(lambda request: answer(request.target)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        session = HttpSession(f"http://{host}/")
        assert (await session.get("x")).text == f"http://{host}/x"
        await session.close()


@pytest.fixture
def no_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every name look-up return the address of another machine."""
    system = socket.getaddrinfo

    def lie(host: str | bytes | None, port: int, *rest: int, **more: int) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name[0] not in "0123456789:":
            raise AssertionError(f"{name} was looked up")
        return system(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lie)


@pytest.mark.usefixtures("no_look_up")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_localhost_is_reached_without_a_look_up(address: str) -> None:
    heard = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer("itself", Set_Cookie="PHPSESSID=1"))
        writer.close()

    async with await asyncio.start_server(listen, address, 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        session = HttpSession(f"http://localhost:{port}/")
        response = await session.post("index.php", {"password": SecretStr(SECRET)})
        await session.close()
    assert response.text == "itself"
    assert response.url == f"http://localhost:{port}/index.php"
    assert f"Host: localhost:{port}\r\n".encode() in await heard


@pytest.mark.usefixtures("no_look_up")
async def test_the_certificate_of_localhost_is_checked_under_its_name(tls: ssl.SSLContext) -> None:
    names = list[str | None]()
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    async with serving(lambda _: answer("x"), tls=tls) as server:
        await failure(HttpSession(server.url.replace("127.0.0.1", "localhost")), post=True)
    assert names == ["localhost"]


async def test_no_keys_of_connections_are_logged(
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    async with serving(lambda _: answer("x"), tls=tls) as server:
        session = HttpSession(server.url, network=NetworkSettings(ca_file=certificate[1]))
        await session.get("x")
        await session.close()
        await failure(HttpSession(server.url))
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("by_environment", [False, True])
async def test_a_certificate_file_that_others_can_write_is_not_trusted(
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
    by_environment: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(certificate[1].read_bytes())
    file.chmod(0o666)
    if by_environment:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    network = NetworkSettings() if by_environment else NetworkSettings(ca_file=file)
    async with serving(lambda _: answer("x"), tls=tls) as server:
        error = await failure(HttpSession(server.url, network=network), post=True)
    assert type(error) is TlsError
    assert str(error) == f"The certificate file {file} cannot be used: Everybody may write to {file}."
    assert "chmod go-w" in error.advice
    assert server.requests == []


async def test_a_certificate_file_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ca.pem", 0o600)
    error = await failure(
        HttpSession("https://crm.test/", network=NetworkSettings(ca_file=tmp_path / "ca.pem"))
    )
    assert type(error) is TlsError
    assert "is a pipe, a device or a socket" in str(error)


@contextmanager
def refusing_the_handshake(tls: ssl.SSLContext) -> Iterator[str]:
    """Serve one connection whose handshake fails with a TLS alert, which asyncio's servers do not send."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(ssl.SSLError), tls.wrap_socket(connection, server_side=True):
            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


@pytest.mark.parametrize("post", [False, True])
async def test_a_server_that_only_supports_old_tls_is_reported(tls: ssl.SSLContext, post: bool) -> None:
    tls.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        tls.minimum_version, tls.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with refusing_the_handshake(tls) as url:
        error = await failure(HttpSession(url), post=post)
    assert type(error) is TlsError
    assert "only supports TLS versions before 1.2" in str(error)
    assert "TLS 1.2 or later" in error.advice
    assert "certificate" not in str(error) + error.advice


@pytest.mark.parametrize("post", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
async def test_plain_http_behind_https_is_reported(at_once: bool, post: bool) -> None:
    heard = bytearray()

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(b"" if at_once else await reader.read(4096))
        writer.write(answer("Bad Request", status=400))
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        error = await failure(HttpSession(f"https://127.0.0.1:{port}/"), post=post)
    assert type(error) is TlsError
    assert str(error) == f"127.0.0.1:{port} answered without encryption, as a plain http server does."
    assert "its port" in error.advice
    assert SECRET.encode() not in heard


async def test_other_handshake_failures_do_not_mention_a_certificate(tls: ssl.SSLContext) -> None:
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")  # of no use with the certificate, which has no RSA key
    with refusing_the_handshake(tls) as url:
        error = await failure(HttpSession(url))
    assert type(error) is TlsError
    assert "Could not make an encrypted connection to" in str(error)
    assert "handshake failure" in str(error)
    assert "certificate" not in str(error) + error.advice
