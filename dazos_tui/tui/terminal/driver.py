"""Textual's terminal driver with less output and filtered input."""

import os
import selectors
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from select import select
from time import monotonic
from typing import Any, ClassVar

from textual import constants
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from dazos_tui.system.terminal_lending import is_in_foreground
from dazos_tui.tui.first_frame import ENTER_SCREEN, FIRST_FRAME
from dazos_tui.tui.terminal.colour_support import erases_in_colour
from dazos_tui.tui.terminal.input_filter import STATUS_REPORT, InputFilter
from dazos_tui.tui.terminal.paced_output import PacedOutput
from dazos_tui.tui.terminal.screen_diff import PlacedText, ScreenDiff
from dazos_tui.tui.terminal.terminal_file import TerminalFile

_SAVE_TITLE, _RESTORE_TITLE = "\x1b[22;0t", "\x1b[23;0t"
"""Save and restore the terminal's title (XTerm Control Sequences, XTWINOPS)."""

_READ_BYTES = 4096
_TICK_SECONDS = min(max(constants.ESCAPE_DELAY, 0.02), 0.5)
"""How long to wait before a lone escape counts as a key: ESCDELAY, within limits."""


class DiffingDriver(LinuxDriver):
    """Textual's Linux driver that sends only what changed, and that survives a lost terminal."""

    colours: ClassVar[bool] = True
    """Whether to send colours."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._title = ""
        self._is_on_screen, self._typed_early = False, b""
        self._output = PacedOutput(
            ScreenDiff(erases=self.colours and erases_in_colour(os.environ)),
            self._transmit,
            self._present_size,
            self._loop,
            colours=self.colours,
        )
        self._reports_read = self._reports_taken = 0
        self._just_read: list[Callable[[], object]] = []
        self._terminal = TerminalFile(self._file) if self._file is not None else None
        if self._terminal is not None:
            terminal: Any = self._terminal
            self._file = terminal

    def disable_mouse(self) -> None:
        """Stop using the mouse from now on."""
        self._disable_mouse_support()
        self._mouse = False

    def invalidate(self) -> None:
        """Repaint everything, for example after the terminal moved its content."""
        self._output.repaint()

    def start_application_mode(self) -> None:
        """Start, and test at once whether the terminal answers status queries: it has nothing to draw yet."""
        self._output.start()
        if self._terminal is not None:
            self._terminal.open()
        # Entering the alternate screen again would clear it, until the app's first frame.
        typed = FIRST_FRAME.take_over()
        self._is_on_screen, self._typed_early = typed is not None, typed or b""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._is_on_screen = False
        title, self._title = self._title, ""
        self.set_title(title)
        if self._writer_thread is not None:
            self.when_drawn(None)

    def stop_application_mode(self) -> None:
        """Stop with an empty screen, since GNU screen has no alternate screen by default.

        It is cleared row by row: what is erased at once would go into GNU screen's scrollback.
        """
        self._output.stop()
        _, rows = self._get_terminal_size()
        self._send("".join(f"\x1b[{row};1H\x1b[K" for row in range(rows, 0, -1)))
        if self._title:
            self._send(_RESTORE_TITLE)
        if self._key_thread is not None and self._key_thread.is_alive():
            self.disable_input()
        self._take_last_answers()
        super().stop_application_mode()

    def _take_last_answers(self) -> None:
        """Read the answers that are still to come, which the next program would take for keys."""
        reports = self._output.reports
        count = reports.pending_count - (self._reports_read - self._reports_taken)
        for _ in range(_read_status_reports(self.fileno, count, reports.final_wait_seconds)):
            self._loop.call_soon(reports.on_answer)

    def set_title(self, title: str) -> None:
        """Set the terminal's title until the app ends; an empty title changes nothing."""
        if title and not self._title:
            self._send(_SAVE_TITLE)
        self._title = title
        if title:
            self._send(f"\x1b]0;{title}\x07")

    def when_drawn(self, then: Callable[[], object] | None) -> None:
        """Call `then`, if any, once the terminal has drawn everything sent so far, as far as is known."""
        self._output.when_drawn(then)

    def has_sent(self, pieces: Iterable[PlacedText]) -> bool:
        """Return whether these pieces were the last text sent for these places: what still waits was not."""
        return self._output.has_sent(pieces)

    def run_input_thread(self) -> None:
        """Read input until the app ends, as Textual does, but filter what the terminal sends by itself."""
        parser = XTermParser(self._debug)
        keys = InputFilter(self._on_report_read)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                read, self._typed_early = self._typed_early, b""
                is_ready = bool(read or selector.select(_TICK_SECONDS))
                read = read or (_read(self.fileno) if is_ready else b"")
                if is_ready and not read:
                    self._loop.call_soon_threadsafe(self._exit_without_terminal)
                    break
                for piece in keys.feed(decode(read)) if is_ready else keys.flush():
                    for message in parse_input(parser, piece):
                        self.process_message(message)
                self._pass_on_input()
        with suppress(EOFError, ParseError):
            for _ in parser.feed(""):
                pass

    def _on_report_read(self) -> None:
        self._reports_read += 1
        # Handle it in the app's own thread, in order with the keys.
        self._just_read.append(self._on_report_taken)

    def _on_report_taken(self) -> None:
        self._reports_taken += 1
        self._output.reports.on_answer()

    def _exit_without_terminal(self) -> None:
        """Quit because the terminal has gone. No signal says so if it was not the controlling terminal."""
        if not self._app._exit:
            self._app.exit(return_code=128 + signal.SIGHUP)

    def write(self, data: str) -> None:
        """Write output, reduced to what differs from the screen's content, as soon as the line takes it."""
        if self._is_open and not (self._is_on_screen and data == ENTER_SCREEN):
            self._output.write(data)

    def _present_size(self) -> tuple[int, int] | None:
        """Return the terminal's columns and rows now: a frame may have been drawn for its earlier size."""
        try:
            columns, rows = os.get_terminal_size(self.fileno)
        except (OSError, ValueError):
            return None
        return (columns, rows) if columns and rows else None

    def _send(self, data: str) -> None:
        """Write something other than a picture, at once."""
        self._output.send(data)

    def _transmit(self, data: str) -> None:
        if self._is_open and self._terminal is not None and (rest := self._terminal.write_now(data)):
            super().write(rest)  # type: ignore[arg-type]

    def send_message(self, message: Message) -> None:
        """Send a message to the app, from the input thread, with all others that were read together."""
        self._just_read.append(partial(self._app.post_message, message))

    def _pass_on_input(self) -> None:
        """Pass on what was read, in its order and at once, so that the app draws one frame for it."""
        read, self._just_read = self._just_read, []
        if read:
            self._loop.call_soon_threadsafe(self._handle, read)

    def _handle(self, read: Sequence[Callable[[], object]]) -> None:
        # Each by itself: an error of one must not lose the others.
        for one in read:
            self._loop.call_soon(one)

    def close(self) -> None:
        """End the writer thread, once it has written everything."""
        super().close()
        if self._terminal is not None:
            self._terminal.close()

    @property
    def _is_open(self) -> bool:
        """Return whether the app may write to the terminal: not while it is lent, nor after it has gone."""
        return self._writer_thread is not None and self._writer_thread.is_alive()

    @contextmanager
    def lend_terminal(self, message: str) -> Iterator[int | None]:
        """Show `message` and lend the terminal; yield its file descriptor, or None if it cannot be lent."""
        if self._file is None or not is_in_foreground(self.fileno):
            yield None
            return
        self.suspend_application_mode()
        # It may have gone: the program then finds that out.
        with suppress(OSError):
            self._file.write(f"{message}\n")
            self._file.flush()
        try:
            with self.no_automatic_restart():
                yield self.fileno
        finally:
            self.resume_application_mode()
            if not self._is_open:
                self._exit_without_terminal()


def parse_input(parser: XTermParser, piece: str) -> Iterator[Message]:
    """Yield the messages for a complete piece of input, so that no key continues in the next piece."""
    yield from parser.feed(piece)
    if parser._timeout_time is not None:
        # The filter has already waited; the next piece is not a continuation, whatever it looks like.
        parser._timeout_time = 0.0
        yield from parser.tick()


def _read_status_reports(terminal: int, count: int, seconds: float) -> int:
    """Read `count` status reports and everything before them; return how many came within `seconds`."""
    deadline, read = monotonic() + seconds, b""
    while (answered := len(STATUS_REPORT.findall(read))) < count and (left := deadline - monotonic()) > 0:
        if not select([terminal], [], [], left)[0] or not (more := _read(terminal)):
            break
        read += more
    return answered


def _read(terminal: int) -> bytes:
    """Return what a terminal sent; empty after it has gone."""
    try:
        return os.read(terminal, _READ_BYTES)
    except OSError:
        return b""


class MonochromeDriver(DiffingDriver):
    """The driver for a terminal without colours: it uses only bold, dim, underline and reverse video."""

    colours = False


def when_drawn(app: App[Any], pieces: Iterable[PlacedText], then: Callable[[], object]) -> bool:
    """Call `then` once the terminal has drawn these pieces; return False if they are not sent yet.

    Without a terminal, as in a test, text counts as drawn once it is written.
    """
    if not has_sent(app, pieces):
        return False
    driver = app._driver
    if isinstance(driver, DiffingDriver):
        driver.when_drawn(then)
    else:
        then()
    return True


def has_sent(app: App[Any], pieces: Iterable[PlacedText]) -> bool:
    """Return whether these pieces were the last text sent to the terminal for these places."""
    driver = app._driver
    return not isinstance(driver, DiffingDriver) or driver.has_sent(pieces)
