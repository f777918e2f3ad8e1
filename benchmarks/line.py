"""A slow line: a relay in front of a server that delays all bytes in both directions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


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
async def slow_line(port: int, *, there_and_back: float) -> AsyncIterator[int]:
    """Relay to a server on 127.0.0.1 until the context ends; yield the port of the relay.

    `there_and_back` is the round trip in seconds. Connecting takes one round trip, as TCP's handshake does.
    """
    tasks = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(there_and_back)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        up = _Way(there_and_back / 2, b":%d" % near, b":%d" % port)
        down = _Way(there_and_back / 2, b":%d" % port, b":%d" % near)
        for way in (up.carry(reader, far_writer), down.carry(far_reader, writer)):
            tasks.add(asyncio.create_task(way))

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    near: int = listener.sockets[0].getsockname()[1]
    try:
        yield near
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)
