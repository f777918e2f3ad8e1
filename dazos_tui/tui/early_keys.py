"""Keys typed before the app reads them: shown as text at once, and handed to the app as they came."""

import os
import select
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread

_READ_BYTES = 4096
_ERASE = frozenset("\x7f\b")


class EarlyKeys:
    """Reads the terminal of stdin in a thread, until `end`. Ctrl+C still interrupts."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        """What went wrong when what was typed was to be shown."""
        self._read = b""
        self._pipe = -1, -1
        """When its second end is closed, the thread ends."""
        self._thread: Thread | None = None
        self._restore: Callable[[], None] = lambda: None

    def silence(self) -> None:
        """Let the terminal neither show nor gather what is typed."""
        terminal = _terminal()
        with suppress(termios.error, OSError):
            before, now = termios.tcgetattr(terminal), termios.tcgetattr(terminal)
            # Enter as the app gets it, too.
            now[0] &= ~termios.ICRNL
            now[3] &= ~(termios.ICANON | termios.ECHO)
            now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
            # Their signals would leave the terminal as the app has it: it gets them as keys.
            now[6][termios.VSUSP] = now[6][termios.VQUIT] = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
            # Before it is changed: the user may interrupt at any time.
            self._restore = partial(termios.tcsetattr, terminal, termios.TCSANOW, before)
            termios.tcsetattr(terminal, termios.TCSANOW, now)

    def begin(self, text: str, show: Callable[[str], None]) -> None:
        """Read from now on. `show` gets the text that what is typed makes of `text`, in the thread."""
        self._pipe = awake, _ = os.pipe()
        arguments = (_terminal(), awake, EarlyText(text).typed, show)
        self._thread = Thread(target=self._run, args=arguments, daemon=True)
        self._thread.start()

    def end(self) -> bytes:
        """Stop reading, leave the terminal as it was, and return all that was read."""
        thread, self._thread = self._thread, None
        if thread is not None:
            os.close(self._pipe[1])
            # The user may have interrupted its start.
            if thread.is_alive():
                thread.join()
            os.close(self._pipe[0])
        restore, self._restore = self._restore, lambda: None
        with suppress(termios.error):
            restore()
        read, self._read = self._read, b""
        return read

    def _run(
        self, terminal: int, awake: int, typed: Callable[[bytes], str], show: Callable[[str], None]
    ) -> None:
        while awake not in select.select([terminal, awake], [], [])[0]:
            try:
                came = os.read(terminal, _READ_BYTES)
            except OSError:
                return
            if not came:
                return
            self._read += came
            try:
                show(typed(came))
            except Exception as error:  # noqa: BLE001 - it would be written over the frame
                # The app reads the rest.
                self.error = error
                return


def _terminal() -> int:
    return sys.__stdin__.fileno() if sys.__stdin__ is not None else 0


class EarlyText:
    """The text of the filter, as far as keys only write or erase at its end. After any other key it stays."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._goes_on = True
        self._decode = getincrementaldecoder("utf-8")("replace").decode

    def typed(self, read: bytes) -> str:
        """Return the text after what was read."""
        for char in self._decode(read):
            # The app takes these for commands: `FilterInput.passes_on`.
            is_command = (char == "?" and not self._text) or (char == " " and self._text[-1:] in {"", " "})
            self._goes_on &= char in _ERASE or (char.isprintable() and not is_command)
            if self._goes_on:
                self._text = self._text[:-1] if char in _ERASE else self._text + char
        return self._text
