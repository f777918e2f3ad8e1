"""How the app writes to its terminal."""

from contextlib import suppress
from typing import IO, Any, ClassVar

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from dazos_tui.tui.painted import Painted
from dazos_tui.tui.sgr import thinned


class _Terminal:
    """The terminal, of which nothing is left to write to once its connection broke."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        # An error would end the thread that writes, and whatever waits for it, the app's end too, would hang.
        with suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()


class ThriftyDriver(LinuxDriver):
    """Textual's driver, but for the bytes that a slow line can be spared; it outlives its terminal."""

    colours: ClassVar[bool] = True
    """Whether the terminal is told any colour."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._painted = Painted()
        if self._file is not None:
            terminal: Any = _Terminal(self._file)
            self._file = terminal

    def without_mouse(self) -> None:
        """Leave the mouse to the terminal, from now on."""
        self._disable_mouse_support()
        self._mouse = False

    def forget(self) -> None:
        """Send everything anew from now on, as when the terminal moved what it showed."""
        self._painted.forget()

    def write(self, data: str) -> None:
        """Write what the screen is to show, as far as it does not show it yet."""
        super().write(thinned(self._painted.changes(data), colours=self.colours))


class MonochromeDriver(ThriftyDriver):
    """The same for a terminal that shall have no colours: bold, dim, underline and reverse video alone."""

    colours = False
