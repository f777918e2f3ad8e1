"""A user of the app in a terminal: waits for what the screen shows, and types."""

from benchmarks.bytes import ESCAPE
from benchmarks.terminal import SIZE, Terminal

_IN_PROFILE = "Send link"
"""The footer while the focus is in the profile."""
_BOX, _PICKER = "Esc cancel", "Which CRM instance?"
_CLEAR, _PALETTE, _HELP, _INSTANCES, _RELOAD = b"\x15", b"\x10", b"\x1bOP", b"\x1bOQ", b"\x1b[15~"
_WAITING, _QUIT = b"\x1b[18~", b"\x1b[21~"
_QUIET = 1.0
"""Seconds after which a key does not belong to what was typed before."""
_LOOKS = 30
"""How many tenths of a second to wait for a box to read the profile; then it warns."""
_SIZES = (80, 24), (45, 20), (100, 30), SIZE


class User:
    """Does what a user does, each time until it is seen. Raises TimeoutError if it is not."""

    def __init__(self, app: Terminal) -> None:
        self._app = app

    def _until(self, keys: bytes, words: str, *, gone: bool = False) -> None:
        self._app.type(keys)
        self._app.ready(lambda screen: (words in screen) is not gone)

    def loaded(self) -> None:
        """Wait until everybody is in the list."""
        self._app.ready(
            lambda screen: "active ·" in screen and "reading" not in screen and "INCOMPLETE" not in screen
        )

    def unlock(self) -> None:
        """Come back after so long that the app locks, and sign in again."""
        self._until(b"x", "Enter signs in again")
        self._app.idle(_QUIET)
        self._until(b"\r", "Enter signs in again", gone=True)
        self.loaded()

    def switch(self, name: str) -> None:
        """Go to an instance, unless it is in front."""
        if name in self._app.screen.lines[0]:
            return
        self._until(_INSTANCES, _PICKER)
        self._app.type(name.encode())
        self._app.idle(_QUIET)
        self._until(b"\r", _PICKER, gone=True)
        self._app.ready(lambda screen: name in screen.lines[0])
        self.loaded()

    def open(self, user_name: str) -> None:
        """Read the profile of a person."""
        while _IN_PROFILE in self._app.screen:
            self._app.press(ESCAPE)
        self._app.press(_CLEAR + user_name.encode())
        self._until(b"\r", f"{user_name} ·")
        self._app.ready(lambda screen: "Last Name" in screen and _IN_PROFILE in screen)

    def send(self, user_name: str) -> bool:
        """Send a link to a person, unless the app warns of it; return whether it was sent."""
        self.open(user_name)
        self._until(b"s", _BOX)
        if not self._can_send():
            self._until(ESCAPE, _BOX, gone=True)
            return False
        self._until(b"y", "Success")
        self._until(ESCAPE, "Success", gone=True)
        return True

    def _can_send(self) -> bool:
        """Return whether the box soon offers to send without a warning."""
        for _ in range(_LOOKS):
            if "y send" in self._app.screen:
                return True
            self._app.idle(0.1)
        return False

    def look_around(self) -> None:
        """Open and close everything, in windows of several sizes."""
        self.see(_PALETTE, "Enter run")
        self.see(_HELP, "Esc close")
        for size in _SIZES:
            self._app.resize(*size)
            self._app.idle(0.5)
        self._app.press(_CLEAR + b"an")
        self._app.press(_CLEAR)
        self._app.press(b"\tH")
        self._app.idle(0.5)
        self._app.press(b"H")
        self._app.press(ESCAPE)

    def see(self, keys: bytes, words: str) -> None:
        """Open a dialog, and close it."""
        self._until(keys, words)
        self._until(ESCAPE, words, gone=True)

    def reload(self) -> None:
        """Read the list again."""
        self._app.press(_RELOAD)
        self.loaded()

    def rest(self) -> None:
        """Go back to an empty filter."""
        for _ in range(3):
            self._app.type(ESCAPE)
            self._app.idle(0.3)

    def quit(self) -> None:
        """Sign out and quit."""
        self._app.type(_QUIT)
        self._app.settle()
