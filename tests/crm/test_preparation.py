"""What is done before a request leaves: nothing is sent before it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.http.content import RequestContent
from dazos_tui.crm.http.network import NetworkSettings
from dazos_tui.crm.http.session import HttpSession
from tests.crm.preparations import Prepared, failing_preparation
from tests.crm.servers import answer
from tests.patience import patience


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, asyncio.Event, bytearray]]:
    """Serve one answer; yield the address, an event of the first connection, and all bytes that arrived."""
    connected, received, tasks = asyncio.Event(), bytearray(), list[asyncio.Task[None] | None]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        connected.set()
        while chunk := await reader.read(65536):
            received.extend(chunk)
            writer.write(answer("ok"))
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/", connected, received
        await asyncio.gather(*filter(None, tasks))


async def test_nothing_leaves_before_the_caller_is_ready_but_the_connection_is_made() -> None:
    async with listening() as (url, connected, received):
        session = HttpSession(url)

        async def look() -> None:
            async with asyncio.timeout(patience(5)):
                await connected.wait()
            for _ in range(50):
                await asyncio.sleep(0)
            assert not received

        preparation = Prepared(look)
        response = await session.send_once("x", RequestContent(form={"a": "b"}), preparation)
        await session.close()
    assert response.text == "ok"
    assert preparation.begun
    assert received.endswith(b"a=b")


async def test_nothing_leaves_if_the_caller_cannot_be_ready() -> None:
    async with listening() as (url, connected, received):
        session = HttpSession(url)
        with pytest.raises(LookupError):
            await session.send_once("x", RequestContent(form={"a": "b"}), failing_preparation())
        await session.close()
        async with asyncio.timeout(patience(5)):
            await connected.wait()
    assert not received


async def test_through_a_proxy_not_even_the_tunnel_is_asked_for_before() -> None:
    async with listening() as (url, _, received):
        session = HttpSession("https://crm.example.test/", network=NetworkSettings(proxy=url))

        async def look() -> None:
            assert not received

        with pytest.raises(CrmError):
            await session.send_once("x", RequestContent(form={"a": "b"}), Prepared(look))
        await session.close()
    assert received.startswith(b"CONNECT crm.example.test:443")
    assert b"a=b" not in received
