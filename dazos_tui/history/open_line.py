"""The socket below a connection to a server: a thread that waits for an answer can be released.

A server that is stopped, or a firewall that drops what passes, leaves a connection open in which no answer
ever comes. The limits of the server itself do not count then.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer


class OpenLine:
    """The socket of an open connection. It is thread-safe."""

    def __init__(self, fileno: int) -> None:
        """Take the socket by its file descriptor, which stays the connection's."""
        # Another descriptor: the number of the first may soon be that of another connection.
        self._socket = socket.socket(fileno=os.dup(fileno))

    def hang_up(self) -> None:
        """End the connection: a thread that waits for an answer gets an error."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Hang up unless the answer is there in time."""
        timer = Timer(seconds, self.hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        """Release the socket."""
        self._socket.close()
