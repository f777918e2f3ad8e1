"""The terminal's file: written to at once where that needs no waiting, else by Textual's writer thread."""

import os
from contextlib import suppress
from typing import TextIO


class TerminalFile:
    """A terminal's file, for Textual's writer thread. It ignores writes after the connection broke.

    The app's thread offers each text to `write_now` first. Passing it to the other thread takes longer than
    most frames take to write: that thread has to wait for the interpreter, too.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._passed_on = self._written = 0
        self._own = -1

    def open(self) -> None:
        """Open the terminal once more: not to wait would hold for other programs that have the same file."""
        self.close()
        with suppress(OSError, ValueError):
            # Another program may have left it so; the writer thread could then lose what has to wait.
            os.set_blocking(self._file.fileno(), True)
            name = os.ttyname(self._file.fileno())
            self._own = os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)

    def close(self) -> None:
        """Close what `open` opened."""
        own, self._own = self._own, -1
        if own >= 0:
            os.close(own)

    def write_now(self, text: str) -> bytes:
        """Write what the terminal takes without waiting; return the rest, to be passed to `write`."""
        data = text.encode(self._file.encoding, "replace")
        taken = 0
        if self._own >= 0 and self._passed_on == self._written:
            with suppress(OSError):  # it takes nothing now, or has gone
                taken = os.write(self._own, data)
        self._passed_on += taken < len(data)
        return data[taken:]

    def write(self, data: str | bytes) -> None:
        """Write text, or what `write_now` left, in the writer thread."""
        # An error would end the writer thread; whatever waits for it, even quitting, would then hang.
        with suppress(OSError, ValueError):
            if isinstance(data, bytes):
                self._file.buffer.write(data)
            else:
                self._file.write(data)
            self._file.flush()
            # After an error everything goes this way, in its order.
            self._written += isinstance(data, bytes)

    def flush(self) -> None:
        """Write what is still in the file's buffer."""
        with suppress(OSError, ValueError):
            self._file.flush()
