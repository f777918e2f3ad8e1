"""The demo CRM as a running server: on 127.0.0.1, in a thread of its own."""

import asyncio
import contextlib
import errno
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from dazos_tui.demo.app import make_app
from dazos_tui.demo.clock import Clock, system_clock
from dazos_tui.demo.errors import DemoError
from dazos_tui.demo.instance import DemoInstance, WorldPlan
from dazos_tui.demo.presets import DEFAULT_USERS, InstancePreset, default_presets

__all__ = ["DemoServer"]

_HOST = "127.0.0.1"
_STOP_TIMEOUT = 0.3
"""Seconds that a stop waits for requests that are still being answered."""


class DemoServer:
    """The demo CRM, served while this context manager is open.

    Without presets it has the demo's own instances, the first with ``users`` people. Port 0 is any free one.
    """

    def __init__(
        self,
        *presets: InstancePreset,
        users: int = DEFAULT_USERS,
        seed: int = 1,
        port: int = 0,
        clock: Clock = system_clock,
    ) -> None:
        self.world = WorldPlan(presets or default_presets(users), seed, clock).build()
        self._server = AppServer(port)

    @property
    def instances(self) -> tuple[DemoInstance, ...]:
        """The instances, the main one first."""
        return tuple(self.world.instances.values())

    @property
    def url(self) -> str:
        """The server's own URL, without a trailing slash."""
        return self.world.base_url

    @property
    def outbox_url(self) -> str:
        """The URL of the outbox with the mail of all instances."""
        return f"{self.url}/outbox"

    def instance(self, name: str) -> DemoInstance:
        """Return the instance with this name."""
        return self.world.instances[name]

    def start(self) -> Self:
        """Start serving; return when the first request can be answered."""
        self.world.base_url = self._server.listen()
        self._server.start(make_app(self.world))
        return self

    def stop(self) -> None:
        """Stop serving. Requests that are not answered in time are cut off."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class AppServer:
    """A web application served on 127.0.0.1, in a thread of its own. Port 0 is any free one."""

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._listener: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def listen(self) -> str:
        """Open the port; return the server's URL, without a trailing slash. Raises DemoError."""
        self._listener = _listen(self._port)
        self.url = f"http://{_HOST}:{self._listener.getsockname()[1]}"
        return self.url

    def start(self, app: ASGIApp) -> None:
        """Start serving; return when the first request can be answered. Raises DemoError."""
        if self._listener is None:
            self.listen()
        config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            # Otherwise uvicorn would send the real time, not the demo's, which a test can move.
            date_header=False,
            timeout_keep_alive=60,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="demo-crm", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(10):
            raise DemoError("The demo CRM did not start within 10 seconds.")

    def stop(self) -> None:
        """Stop serving. Requests that are not answered in time are cut off."""
        if self._server is None or self._thread is None:
            return
        self._server.ask_to_stop()
        self._thread.join(5)
        self._server = self._thread = self._listener = None


class _Protocol(H11Protocol):
    """Uvicorn's HTTP protocol, in which each request can reach its connection, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """A uvicorn server that signals when it is ready, and stops without delay."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_to_stop = asyncio.Event()

    def ask_to_stop(self) -> None:
        """Ask the server to stop, from another thread."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has stopped already
                self._loop.call_soon_threadsafe(self._asked_to_stop.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait until the server is asked to stop."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked_to_stop.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait briefly for running requests, then cut all connections."""
        for listening in self.servers:
            listening.close()
        for listener in sockets or []:
            listener.close()
        if self.server_state.tasks:
            await asyncio.wait(list(self.server_state.tasks), timeout=_STOP_TIMEOUT)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)


def _listen(port: int) -> socket.socket:
    """Return the listening socket. It is opened before anything else, to find out if the port is in use."""
    # The protocol is given because asyncio turns off Nagle's algorithm only where it sees that this is TCP.
    # Otherwise each answer would wait 40 ms for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as problem:
        listener.close()
        taken = problem.errno == errno.EADDRINUSE
        reason = "is already in use" if taken else f"cannot be opened: {problem.strerror}"
        raise DemoError(f"Port {port} on {_HOST} {reason}. Choose another port.") from problem
    return listener
