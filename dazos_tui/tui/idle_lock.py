"""The idle lock: measures the time without input, and locks the screen."""

import time

from textual import events
from textual.app import App, ScreenStackError
from textual.screen import ModalScreen

from dazos_tui.system.event_log import log
from dazos_tui.tui.navigation import Navigator
from dazos_tui.tui.screens.lock import LockScreen

CHECK_SECONDS = 5.0
"""How often to check whether it is time to lock. A timer would not count the time the machine sleeps."""

SENDING_CHECK_SECONDS = 1.0
"""How often to check, once it is time to lock, whether a link that is being sent is done."""


def clock() -> float:
    """Return seconds from an arbitrary point, including those that the machine slept.

    CLOCK_MONOTONIC leaves sleep out on Linux, where CLOCK_BOOTTIME includes it (clock_gettime(2)); on macOS
    CLOCK_MONOTONIC includes it (clock_gettime(3)).
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def is_user_input(event: events.Event) -> bool:
    """Return whether the user pressed a key or a mouse button, pasted, or turned the wheel.

    Mouse movement does not count: something may just have touched the mouse.
    """
    return isinstance(event, events.Paste | events.InputEvent) and not isinstance(event, events.MouseMove)


class IdleLock:
    """Ends all sessions after a time without input, and shows the lock screen."""

    def __init__(self, app: App[None], navigator: Navigator) -> None:
        self._app, self._navigator = app, navigator
        self._last_input_at = clock()
        self._locking = self._locked = False
        self._locked_instance: str | None = None

    def begin(self) -> None:
        """Start checking whether it is time to lock."""
        self._app.set_interval(CHECK_SECONDS, self.check)

    def record_input(self) -> bool:
        """Record a key or a click; return whether it came after the time to lock, and is to be ignored."""
        self.check()
        self._last_input_at = clock()
        return self._locking

    def idle_seconds(self) -> float:
        """Return how long ago the last input was."""
        return clock() - self._last_input_at

    def check(self) -> None:
        """Start to lock if it is time to."""
        seconds = self._navigator.lock_minutes * 60
        idle = 0 < seconds <= self.idle_seconds()
        if idle and not self._locking and not self._locked:
            self._locking = True
            self._app.call_later(self.lock)
            if self._navigator.sending:
                self._app.notify("The screen locks once the CRM has answered.", markup=False)

    async def lock(self) -> None:
        """Close all screens and sessions, and show the lock screen."""
        self._navigator.cancel_questions()
        if self._navigator.sending:
            # Wait for the answer to a link that is being sent.
            self._app.set_timer(SENDING_CHECK_SECONDS, self.lock)
            return
        log("locked")
        self._locked_instance = self._navigator.begin_lock()
        self._locking, self._locked = False, True
        self._app.clear_notifications()
        if (batch := self._navigator.batch) is not None:
            batch.stop_if_paused()
        # Without an await in between: a job that waits for a box must not run before the lock screen is up.
        while isinstance(self._app.screen, ModalScreen):
            self._app.pop_screen()
        await self._app.switch_screen(LockScreen(self._navigator.lock_minutes, batch))
        await self._end_sessions()

    async def _end_sessions(self) -> None:
        """End all sessions; that of a batch under way once it has ended."""
        try:
            await self._navigator.drop_all()
        except ScreenStackError:
            # The app has just ended, and signs out itself.
            return
        if self._locked and self._navigator.screens:
            self._app.set_timer(SENDING_CHECK_SECONDS, self._end_sessions)

    async def unlock(self) -> None:
        """Return to the instance that was in front, which signs in again; not while a batch is under way."""
        if self._navigator.batch is not None:
            self._app.notify("Wait until the links are sent, or stop with Esc.", markup=False)
            return
        await self._navigator.drop_all()
        log("unlocked")
        self._locked = False
        if self._locked_instance is not None:
            await self._navigator.open(self._locked_instance)
        else:
            self._navigator.choose()
