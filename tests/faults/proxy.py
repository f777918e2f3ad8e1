"""A TCP proxy between a client and the demo CRM that causes one kind of fault at one step."""

import asyncio
import fcntl
import re
import socket
import struct
import termios
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from tests.faults.fault_kinds import End, Kind, When, parts


class Step(StrEnum):
    """The requests of a job, in order."""

    LOGIN_PAGE = "login page"
    SIGN_IN = "sign-in"
    CODE_PAGE = "code page"
    CODE = "code"
    LIST = "list"
    SEARCH = "search"
    SEARCH_INACTIVE = "search inactive"
    PROFILE = "profile"
    ROW = "row lookup"
    SEND = "send"
    FORM_PAGE = "form page"
    FORM = "form"
    SIGN_OUT = "sign-out"


class Moment(StrEnum):
    """How far a request has come."""

    ASKED = "asked"
    ACTED = "acted"
    ANSWERED = "answered"


Watch = Callable[[Step, Moment], None]
"""Called at three moments of each request."""


@dataclass(frozen=True)
class Strike:
    """A fault, its step, and how often it is caused. `after` is the step before, None for the first."""

    kind: Kind
    step: Step
    after: Step | None = None
    times: int = 1


@dataclass
class _Wire:
    """One connection with the client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def write(self, content: bytes) -> None:
        self.writer.write(content)
        await self.writer.drain()

    async def end(self, how: End) -> None:
        if how is End.RESET:
            await self._arrived()
            # A linger time of zero makes the kernel send RST instead of FIN.
            raw: socket.socket = self.writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        elif how is End.CLOSE:
            self.writer.close()

    async def gone(self, how: End) -> None:
        """Wait until the connection's end has left this process."""
        if how is not End.KEEP:
            with suppress(ConnectionError):
                await self.writer.wait_closed()

    async def _arrived(self) -> None:
        """Wait until the client's side has received everything: a reset discards what is still on its way."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        while not self.writer.is_closing() and _unacknowledged(raw):  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.001)


@dataclass
class Proxy:
    """A running proxy: its URL, and all requests that went through it."""

    target: str
    strike: Strike | None = None
    watch: Watch | None = None
    asked: list[Step] = field(default_factory=list)
    """All requests whose head was read."""
    struck: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the test when the client is idle. Idle connections are broken only then."""
    spoilt: asyncio.Event = field(default_factory=asyncio.Event)
    _listener: asyncio.Server | None = None
    _trap: bool = False
    """Whether the next connection gets the fault when it is accepted."""
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _wires: list[_Wire] = field(default_factory=list)
    """All connections with the client."""

    @property
    def url(self) -> str:
        """The proxy's URL, without a trailing slash."""
        assert self._listener is not None
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        self._listener = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self._port: int = self._listener.sockets[0].getsockname()[1]
        if self.strike is not None and self.strike.after is None and self.strike.kind.before:
            self._set_trap()

    async def close(self) -> None:
        assert self._listener is not None
        self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._listener.wait_closed()

    async def quiet(self) -> None:
        """Wait until no client is connected and all requests are done."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        # So that a drain waits until nothing is left in this process.
        writer.transport.set_write_buffer_limits(high=0)
        wire = _Wire(reader, writer)
        self._wires.append(wire)
        try:
            await self._converse(wire)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._tasks.discard(task)
            self._wires = [other for other in self._wires if other is not wire]
            wire.writer.close()

    async def _converse(self, wire: _Wire) -> None:
        if self._trap and self.strike is not None and self.strike.kind.when is When.ACCEPT:
            self._count()
            await wire.end(self.strike.kind.end)
            return
        while not wire.writer.is_closing():
            head = await wire.reader.readuntil(b"\r\n\r\n")
            step = step_of(head, self.asked)
            self.asked.append(step)
            self._notify(step, Moment.ASKED)
            if self._strikes_now(step):
                await self._strike(wire, head)
            else:
                await wire.write(await self._acted(step, head, wire))
                self._notify(step, Moment.ANSWERED)
            await self._prepare(step, wire)

    def _strikes_now(self, step: Step) -> bool:
        strike = self.strike
        return (
            strike is not None and strike.step is step and not strike.kind.before and self._left(strike) > 0
        )

    def _left(self, strike: Strike) -> int:
        return strike.times - self.struck

    def _count(self) -> None:
        self.struck += 1
        self._trap = self.strike is not None and self._left(self.strike) > 0

    def _set_trap(self) -> None:
        """Prepare for the connection that gets the fault."""
        self._trap = True
        if self.strike is not None and self.strike.kind.when is When.REFUSE and self._listener is not None:
            self._listener.close()
            self.struck += 1

    async def _prepare(self, step: Step, wire: _Wire) -> None:
        """Break the connection, if the answer that was just sent is that of the step before the fault."""
        strike = self.strike
        if strike is None or strike.after is not step or not strike.kind.before or self._left(strike) < 1:
            return
        if strike.kind.when is When.IDLE:
            if strike.step is Step.SEND:
                await self.idle.wait()
            self._count()
            await wire.write(strike.kind.change(b""))
            await wire.end(strike.kind.end)
            await wire.gone(strike.kind.end)
            self.spoilt.set()
        else:
            self._set_trap()
            # A POST with a connection of its own leaves another one open, which the next request would use.
            for each in self._wires:
                await each.end(End.CLOSE)

    async def _strike(self, wire: _Wire, head: bytes) -> None:
        assert self.strike is not None
        kind, step = self.strike.kind, self.strike.step
        self._count()
        raw = b""
        if kind.when is When.ACTED:
            raw = await self._acted(step, head, wire)
        elif kind.when is When.ASKED:
            await _body(head, wire.reader)
        await asyncio.sleep(kind.delay)
        await _give(wire, kind, kind.change(raw))
        if kind.end is End.HANG:
            await wire.reader.read()
        await wire.end(kind.end)

    async def _acted(self, step: Step, head: bytes, wire: _Wire) -> bytes:
        """Return the CRM's answer to this request."""
        body = await _body(head, wire.reader)
        host = urlsplit(self.target)
        # The CRM redirects requests for another host name to its own.
        ours = re.sub(rb"(?im)^host:[^\r\n]*", b"Host: " + host.netloc.encode(), head)
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        try:
            writer.write(ours + body)
            answered = await reader.readuntil(b"\r\n\r\n")
            raw = answered + await _body(answered, reader)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        self._notify(step, Moment.ACTED)
        return raw

    def _notify(self, step: Step, moment: Moment) -> None:
        if self.watch is not None:
            self.watch(step, moment)


@asynccontextmanager
async def proxying(
    target: str, strike: Strike | None = None, watch: Watch | None = None
) -> AsyncIterator[Proxy]:
    """Run a proxy in front of the server at `target` until the context ends."""
    proxy = Proxy(target, strike, watch)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()


def step_of(head: bytes, before: Sequence[Step]) -> Step:
    """Return the step of a request, from only its head and the steps before it.

    Its body may not have arrived yet.
    """
    method, target = head.decode("latin-1").split(" ", 2)[:2]
    url = urlsplit(target)
    if method == "POST":
        return _kind_of_post(url.path, url.query, before)
    if "view=List" in url.query:
        return _kind_of_list(url.query)
    step = next((step for mark, step in _PAGES.items() if mark in url.query), Step.LOGIN_PAGE)
    # The forgot-password form is on the login page.
    return Step.FORM_PAGE if step is Step.LOGIN_PAGE and Step.PROFILE in before else step


_PAGES = {
    "view=Detail": Step.PROFILE,
    "action=Logout": Step.SIGN_OUT,
    "view=OneTimeCode": Step.CODE_PAGE,
}


def _kind_of_post(path: str, query: str, before: Sequence[Step]) -> Step:
    if path.endswith("/forgotPassword.php"):
        return Step.FORM
    if "action=" in query:
        return Step.SEND
    return Step.CODE if Step.CODE_PAGE in before else Step.SIGN_IN


def _kind_of_list(query: str) -> Step:
    if "search_params" not in query:
        return Step.LIST
    if "email1" not in query:
        return Step.ROW
    return Step.SEARCH_INACTIVE if "Inactive" in query else Step.SEARCH


async def _give(wire: _Wire, kind: Kind, content: bytes) -> None:
    """Write an answer to the client, in one piece or byte by byte, and then the endless part, if any."""
    slow_from = len(content) if not kind.pace else len(parts(content)[0]) if kind.paced_from_body else 0
    await wire.write(content[:slow_from])
    for at in range(slow_from, len(content)):
        await wire.write(content[at : at + 1])
        await asyncio.sleep(kind.pace)
    while kind.endless:
        await wire.write(kind.endless)
        await asyncio.sleep(kind.pace)


def _unacknowledged(raw: socket.socket) -> int:
    """Return how many bytes the other side's kernel has not acknowledged yet."""
    count: int = struct.unpack("i", fcntl.ioctl(raw.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]
    return count


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    found = re.search(rb"(?im)^content-length:\s*([0-9]+)", head)
    return await reader.readexactly(int(found[1]) if found else 0)
