"""A TCP proxy in front of a server that cuts a connection after so many packets."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CuttingProxy:
    """Passes packets on, and counts them in both directions. It cuts one connection, then lets all through.

    `cut_at` is the number of the packet that is not passed on; None: none. `hold_at` is that of the packet
    with which it begins to hold. `passed` counts the packets,
    `round_trips` how often the server answered.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_at: int | None = None
        self.hold_at: int | None = None
        self.passed = 0
        self.round_trips = 0
        self._is_upward = False
        self.is_closed = False
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._may_pass = threading.Event()
        self._may_pass.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def restart_count(self, cut_at: int | None) -> None:
        with self._lock:
            self.passed, self.round_trips, self.cut_at = 0, 0, cut_at

    def refuse(self, *, refuse: bool = True) -> None:
        """End all connections and accept no other, or accept them again."""
        self.is_closed = refuse
        with self._lock:
            for one in self._open if refuse else ():
                _reset(one)

    def hold(self, *, hold: bool = True) -> None:
        """Pass nothing on and answer nobody, or go on where it stopped."""
        (self._may_pass.clear if hold else self._may_pass.set)()

    def close(self) -> None:
        self.hold(hold=False)
        self.refuse()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.is_closed:
                _reset(near)
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open += [near, far]
            for way in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass, args=way, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_upward: bool) -> None:
        with suppress(OSError):
            while packet := source.recv(65536):
                with self._lock:
                    self.passed += 1
                    # A round trip is an answer to what was asked since the last one.
                    self.round_trips += self._is_upward and not is_upward
                    self._is_upward = is_upward
                    is_cut = self.passed == self.cut_at
                    if self.passed == self.hold_at:
                        self.hold()
                if is_cut:
                    break
                self._may_pass.wait()
                target.sendall(packet)
        _reset(source)
        _reset(target)


def _reset(one: socket.socket) -> None:
    # Without waiting for what is under way, as when a machine is gone.
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        one.close()


@contextmanager
def cutting(port: int) -> Iterator[CuttingProxy]:
    """Run a proxy to this port of 127.0.0.1."""
    proxy = CuttingProxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
