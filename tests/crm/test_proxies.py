"""Which proxy is used, which hosts are exempt, and how a failing proxy is reported."""

import asyncio
import gc
import ssl
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dazos_tui.crm.errors import CrmError, TlsError, UnreachableError
from dazos_tui.crm.http.network import NetworkSettings
from dazos_tui.crm.http.proxies import find_proxy, is_proxy_exempt
from dazos_tui.crm.http.session import HttpSession
from tests.crm.certificates import self_signed, server_context
from tests.crm.servers import answer, serving


@pytest.fixture(autouse=True)
def _nothing_exempt(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("host", "port", "no_proxy"),
    [
        ("192.0.2.7", 443, "192.0.2.0/24"),
        ("192.0.2.7", 443, "example.com, 192.0.2.0/24 ,10.0.0.0/8"),
        ("192.0.2.7", 443, "192.0.2.9/24"),
        ("192.0.2.7", 443, "192.0.2.7"),
        ("192.0.2.7", 8080, "192.0.2.7:8080"),
        ("2001:db8::7", 443, "2001:db8::/32"),
        ("2001:db8::7", 443, "[2001:db8:0::7]"),
        ("2001:db8::7", 443, "[2001:db8::7]:443"),
        ("crm.example.com", 443, "*.example.com"),
        ("a.crm.example.com", 443, "*.example.com"),
        ("crm.example.com", 443, ".example.com"),
        ("crm.example.com", 443, "EXAMPLE.com"),
        ("crm.example.com", 443, "other.test crm.example.com:443"),
        ("crm.example.com.", 443, "crm.example.com"),
        ("crm.example.com", 443, "*"),
    ],
)
def test_a_host_in_no_proxy_is_reached_directly(host: str, port: int, no_proxy: str) -> None:
    assert is_proxy_exempt(host, port, no_proxy)


@pytest.mark.parametrize(
    ("host", "port", "no_proxy"),
    [
        ("192.0.3.7", 443, "192.0.2.0/24"),
        ("192.0.2.7", 443, "2001:db8::/32"),
        ("192.0.2.7", 443, "192.0.2.7:8080"),
        ("crm.example.com", 443, "192.0.2.0/24"),
        ("badexample.com", 443, "example.com"),
        ("badexample.com", 443, "*.example.com"),
        ("crm.example.com", 443, "crm.example.com:8443"),
        ("crm.example.com", 443, "example.com.test, ,, *., ."),
        ("crm.example.com", 443, ""),
    ],
)
def test_every_other_host_is_reached_through_the_proxy(host: str, port: int, no_proxy: str) -> None:
    assert not is_proxy_exempt(host, port, no_proxy)


def test_the_default_port_is_used_if_the_address_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "crm.test:443")
    assert find_proxy("https", "crm.test", None, None) is None
    assert find_proxy("https", "crm.test", 8443, None) is not None


async def test_an_instance_in_a_network_of_no_proxy_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(lambda _: answer("the proxy")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        through = HttpSession("http://192.0.2.7/")
        assert (await through.get("x")).text == "the proxy"
        await through.close()
        monkeypatch.setenv("NO_PROXY", "192.0.2.0/24")
        assert HttpSession("http://192.0.2.7/")._proxy is None


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_is_named_by_its_variable_and_shows_no_password(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://me:hunter2@proxy.test:3128")
    proxy = find_proxy("https", "crm.test", None, None)
    assert proxy is not None
    assert (proxy.source, proxy.address) == (variable, "proxy.test:3128")
    assert "hunter2" not in repr(proxy)


async def failure(session: HttpSession) -> CrmError:
    with pytest.raises(CrmError) as caught:
        await session.get("x", single_request=True)
    await session.close()
    assert "hunter2" not in str(caught.value) + caught.value.advice
    return caught.value


@asynccontextmanager
async def plain_http() -> AsyncIterator[int]:
    """Serve an error in plain http to every byte, like a plain http proxy that is spoken to by TLS."""

    async def complain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("Speak http", status=400))
        writer.close()

    async with await asyncio.start_server(complain, "127.0.0.1", 0) as listener:
        yield listener.sockets[0].getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_without_tls_is_not_reported_as_the_instance(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with plain_http() as port:
        monkeypatch.setenv(f"{scheme}_proxy", f"https://me:hunter2@127.0.0.1:{port}")
        error = await failure(HttpSession(f"{scheme}://crm.test/"))
    assert type(error) is UnreachableError
    assert str(error).startswith(
        f"The proxy 127.0.0.1:{port}, set in {scheme}_proxy, does not seem to speak TLS"
    )
    assert "http://" in error.advice
    assert "certificate" not in str(error) + error.advice


async def test_a_bad_proxy_certificate_is_reported_as_the_proxys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    async with serving(lambda _: answer("x"), tls=server_context(certificate)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = await failure(HttpSession("https://crm.test/"))
    assert type(error) is UnreachableError
    assert "The proxy 127.0.0.1:" in str(error)
    assert "has a certificate that was not accepted" in str(error)
    assert "crm.test" not in str(error)


async def test_a_proxy_with_the_companys_own_certificate_is_trusted_by_ca_file(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    async with serving(lambda request: answer(request.target), tls=server_context(certificate)) as proxy:
        session = HttpSession(
            "http://crm.test/", network=NetworkSettings(ca_file=certificate.file, proxy=proxy.url)
        )
        assert (await session.get("x")).text == "http://crm.test/x"
        await session.close()


async def test_a_bad_certificate_behind_a_tls_proxy_is_reported_as_the_instances(tmp_path: Path) -> None:
    """The proxy is trusted and opens the tunnel; the server at its other end is not trusted."""
    certificate = self_signed(tmp_path)
    (tmp_path / "other").mkdir()
    stranger = self_signed(tmp_path / "other")
    async with (
        serving(lambda _: answer("x"), tls=server_context(stranger)) as server,
        tunnelling(server_context(certificate), server.url) as proxy,
    ):
        network = NetworkSettings(ca_file=certificate.file, proxy=proxy)
        error = await failure(HttpSession("https://crm.test/", network=network))
    assert type(error) is TlsError
    assert "The certificate of crm.test was not accepted" in str(error)


@asynccontextmanager
async def tunnelling(tls: ssl.SSLContext, target: str) -> AsyncIterator[str]:
    """Serve a TLS proxy whose tunnels all lead to `target`; yield its URL."""
    port = int(target.split(":")[2].partition("/")[0])

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls) as listener:
        yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except (OSError, ssl.SSLError):
        pass
    writer.close()


@asynccontextmanager
async def socks(port: int, asked: list[bytes]) -> AsyncIterator[str]:
    """Serve a SOCKS 5 proxy without a password that connects every name to local `port`; yield its URL."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        *_, kind, length = await reader.readexactly(5)
        assert kind == 3
        asked.append(await reader.readexactly(length))
        await reader.readexactly(2)
        writer.write(b"\x05\x00\x00\x01" + bytes(4) + struct.pack(">H", port))
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as listener:
        yield f"socks5://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


async def test_a_socks_proxy_is_used_and_looks_up_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    async with serving(lambda _: answer("behind it")) as server:
        port = int(server.url.split(":")[2].partition("/")[0])
        async with socks(port, asked) as proxy:
            monkeypatch.setenv("ALL_PROXY", proxy)
            session = HttpSession("http://crm.test/")
            assert (await session.get("x")).text == "behind it"
            await session.close()
    assert asked == [b"crm.test"]


# The HTTP library lets go of such a connection without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
async def test_a_proxy_that_does_not_speak_socks_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async with plain_http() as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5://me:hunter2@127.0.0.1:{port}")
        error = await failure(HttpSession("https://crm.test/"))
        gc.collect()
    assert type(error) is UnreachableError
    assert str(error) == f"Could not connect through the proxy 127.0.0.1:{port}: it does not speak SOCKS."


async def test_a_socks_proxy_without_the_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "socksio"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setattr("httpcore.AsyncSOCKSProxy", _missing)
    monkeypatch.setenv("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:9")
    error = await failure(HttpSession("https://crm.test/"))
    assert str(error) == "The proxy set in ALL_PROXY cannot be used."
    assert "dazos-tui[socks]" in error.advice


def _missing(*_: object, **__: object) -> None:
    raise ImportError


async def test_an_unknown_kind_of_proxy_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks4://me:hunter2@127.0.0.1:9")
    error = await failure(HttpSession("https://crm.test/"))
    assert str(error) == "The proxy set in ALL_PROXY cannot be used."
    assert "socks5://" in error.advice
