"""How the app writes to its terminal."""

from textual.drivers.linux_driver import LinuxDriver

from dazos_tui.tui.sgr import thinned


class ThriftyDriver(LinuxDriver):
    """Textual's driver, but for the bytes that a slow line can be spared."""

    def write(self, data: str) -> None:
        """Write what the screen is to show."""
        super().write(thinned(data))
