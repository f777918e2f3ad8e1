"""The lock of the screen: how long nobody has been there, and what happens then."""

import time

from textual import events
from textual.app import App
from textual.screen import ModalScreen

from dazos_tui.system.event_log import log
from dazos_tui.tui.navigation import Navigator
from dazos_tui.tui.screens.lock import LockScreen

CHECK_SECONDS = 5.0
"""How often it is looked whether it is time to lock. No timer counts the time that the machine sleeps."""

SENDING_CHECK_SECONDS = 1.0
"""How often it is looked whether a link that was being sent when it was time to lock is done."""


def clock() -> float:
    """Return seconds since some moment; those that the machine slept count, too.

    CLOCK_MONOTONIC leaves them out on Linux, where CLOCK_BOOTTIME has them (clock_gettime(2)); on macOS it
    has them itself (clock_gettime(3)).
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def is_user_input(event: events.Event) -> bool:
    """Return whether somebody pressed a key or a button of the mouse, pasted, or turned the wheel.

    A pointer that just moves may have been pushed by a sleeve.
    """
    return isinstance(event, events.Paste | events.InputEvent) and not isinstance(event, events.MouseMove)


class IdleLock:
    """Ends all sessions once nobody has pressed a key for a while, and shows the lock screen instead."""

    def __init__(self, app: App[None], navigator: Navigator) -> None:
        self._app, self._navigator = app, navigator
        self._last_input_at = clock()
        self._locking = self._locked = False
        self._locked_instance: str | None = None

    def begin(self) -> None:
        """Look from now on whether it is time to lock."""
        self._app.set_interval(CHECK_SECONDS, self.check)

    def record_input(self) -> bool:
        """Take note of a key or a click; return whether it was time to lock before it came."""
        self.check()
        self._last_input_at = clock()
        return self._locking

    def check(self) -> None:
        """Begin to lock if it is time to."""
        seconds = self._navigator.lock_minutes * 60
        idle = 0 < seconds <= clock() - self._last_input_at
        if idle and not self._locking and not self._locked:
            self._locking = True
            self._app.call_later(self.lock)
            if self._navigator.sending:
                self._app.notify("The screen locks once the CRM has answered.", markup=False)

    async def lock(self) -> None:
        """Drop what is shown and the sessions with it, and show the card in its place."""
        self._navigator.cancel_questions()
        if self._navigator.sending:
            # A link whose answer is still waited for is seen to its end.
            self._app.set_timer(SENDING_CHECK_SECONDS, self.lock)
            return
        log("locked")
        self._locked_instance = self._navigator.begin_lock()
        self._locking, self._locked = False, True
        self._app.clear_notifications()
        # All in one go: whatever a box waits for must not happen between its end and the card.
        while isinstance(self._app.screen, ModalScreen):
            self._app.pop_screen()
        await self._app.switch_screen(LockScreen(self._navigator.lock_minutes))
        await self._navigator.drop_all()

    async def unlock(self) -> None:
        """Go back to where one was, which signs in again."""
        log("unlocked")
        self._locked = False
        if self._locked_instance is not None:
            await self._navigator.open(self._locked_instance)
        else:
            self._navigator.choose()
