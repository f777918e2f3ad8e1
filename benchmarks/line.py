"""A slow line: a relay in front of a server that delays all bytes in both directions."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from unittest.mock import patch


@dataclass(frozen=True)
class _Way:
    """One direction: its delay in seconds, and the port in the text that is replaced by another one."""

    seconds: float
    here: bytes
    there: bytes

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65536):
                # The server redirects requests for another address to its own.
                loop.call_later(self.seconds, writer.write, data.replace(self.here, self.there))
        loop.call_later(self.seconds, writer.close)


@asynccontextmanager
async def slow_line(port: int, *, there_and_back: float, from_here: bool = False) -> AsyncIterator[int]:
    """Relay to a server on 127.0.0.1 until the context ends; yield the port of the relay.

    `there_and_back` is the round trip in seconds. Connecting takes one round trip, as TCP's handshake does.
    The one with the relay is over at once, since it is on this machine: so what waits is the connection's
    first request, or with `from_here` the connecting itself, of clients in this event loop.
    """
    tasks = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0 if from_here else there_and_back)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        up = _Way(there_and_back / 2, b":%d" % near, b":%d" % port)
        down = _Way(there_and_back / 2, b":%d" % port, b":%d" % near)
        for way in (up.carry(reader, far_writer), down.carry(far_reader, writer)):
            tasks.add(asyncio.create_task(way))

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    near: int = listener.sockets[0].getsockname()[1]
    try:
        with _slow_handshakes(near, there_and_back) if from_here else nullcontext():
            yield near
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


@contextmanager
def _slow_handshakes(port: int, seconds: float) -> Iterator[None]:
    """Let connecting to a port from this event loop take these seconds, as to a server far away."""
    loop = asyncio.get_running_loop()
    connect = loop.sock_connect

    async def slow_connect(sock: socket.socket, address: tuple[str, int]) -> None:
        await connect(sock, address)
        if address[1] == port:
            await asyncio.sleep(seconds)

    with patch.object(loop, "sock_connect", slow_connect):
        yield
