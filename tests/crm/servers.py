"""A real HTTP server with every byte of its responses chosen by the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class ReceivedRequest:
    """One request, as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


Answerer = Callable[[ReceivedRequest], bytes | Awaitable[bytes | None] | None]


@dataclass
class RawServer:
    """A server as a test sees it: its address, and all requests that it received."""

    url: str
    requests: list[ReceivedRequest] = field(default_factory=list)


def answer(body: str | bytes = b"", status: int = 200, **headers: str) -> bytes:
    """Return a complete HTTP response; underscores in header names become hyphens."""
    content = body.encode() if isinstance(body, str) else body
    given = {"Content-Type": "text/html", "Content-Length": str(len(content))}
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + content


@asynccontextmanager
async def serving(answerer: Answerer, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Serve what `answerer` returns for each request; None or a truncated response drops the connection."""
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            while (request := await _request(reader)) is not None:
                server.requests.append(request)
                given = answerer(request)
                content = given if isinstance(given, bytes | None) else await given
                writer.write(content or b"")
                await writer.drain()
                if content is None or not _complete(content):
                    return
        except (ConnectionError, asyncio.CancelledError):
            return
        finally:
            connections.discard(task)
            writer.transport.abort() if writer.get_extra_info("ssl_object") else writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server = RawServer(f"{'https' if tls else 'http'}://127.0.0.1:{port}/crm/")
    try:
        yield server
    finally:
        listener.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await listener.wait_closed()


async def _request(reader: asyncio.StreamReader) -> ReceivedRequest | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = first.split(" ")
    return ReceivedRequest(method, target, headers, body.decode())


def _complete(content: bytes) -> bool:
    head, _, body = content.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    ]
    return bool(lengths) and len(body) >= int(lengths[0])
