"""Pages that fail transiently: what is requested again, and what never is."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

import pytest

from dazos_tui.crm.errors import ConnectionLostError
from dazos_tui.crm.http.retry import MAX_ATTEMPTS
from dazos_tui.crm.http.session import HttpSession, Timeouts
from tests.crm.servers import ReceivedRequest, answer, serving


def failing(times: int, content: bytes | None) -> Callable[[ReceivedRequest], bytes | None]:
    """Return an answerer that fails `times` times, and then succeeds."""
    left = iter([content] * times)
    return lambda _: next(left, answer("well"))


@pytest.mark.parametrize("content", [None, *(answer(status=status) for status in (502, 503, 504))])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_page_that_fails_transiently_is_requested_again(content: bytes | None, times: int) -> None:
    async with serving(failing(times, content)) as server:
        session = HttpSession(server.url)
        assert (await session.get("index.php", params={"a": "1"}, headers={"X-A": "b"})).text == "well"
        await session.close()
    assert [(request.target, request.headers["x-a"]) for request in server.requests] == [
        ("/crm/index.php?a=1", "b")
    ] * (times + 1)


async def test_an_unavailable_server_is_tried_three_times() -> None:
    async with serving(lambda _: answer("back soon", status=503)) as server:
        session = HttpSession(server.url)
        response = await session.get("x")
        await session.close()
    assert (response.status, response.text, len(server.requests)) == (503, "back soon", MAX_ATTEMPTS)


@pytest.mark.parametrize("status", [404, 500, 501])
async def test_other_errors_are_not_retried(status: int) -> None:
    async with serving(lambda _: answer(status=status)) as server:
        session = HttpSession(server.url)
        assert (await session.get("x")).status == status
        await session.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", [None, answer(status=503)])
async def test_a_post_and_a_single_request_are_never_retried(content: bytes | None) -> None:
    async with serving(lambda _: content) as server:
        session = HttpSession(server.url)
        for ask in (session.post("x", {}), session.get("x", single_request=True)):
            before = len(server.requests)
            with suppress(ConnectionLostError):
                await ask
            assert len(server.requests) == before + 1
        await session.close()


async def test_a_server_that_starts_meanwhile_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    servers: list[asyncio.Server] = []

    async def up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer("up"))
        await writer.drain()
        writer.close()

    async def start_it(_: float) -> None:
        servers.append(await asyncio.start_server(up, "127.0.0.1", port))

    monkeypatch.setattr("dazos_tui.crm.http.retry.asyncio.sleep", start_it)
    session = HttpSession(f"http://127.0.0.1:{port}/")
    assert (await session.get("x")).text == "up"
    await session.close()
    (server,) = servers
    server.close()


async def test_a_slow_failure_is_not_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dazos_tui.crm.http.retry._RETRY_WINDOW", 0.1)
    never = asyncio.Event()

    async def silent(_: ReceivedRequest) -> bytes | None:
        await never.wait()
        return None

    async with serving(silent) as server:
        session = HttpSession(server.url, timeouts=Timeouts(read=0.2))
        with pytest.raises(ConnectionLostError):
            await session.get("x")
        await session.close()
    assert len(server.requests) == 1
