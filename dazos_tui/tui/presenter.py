"""Dialogs and notices of one instance, held back while another instance is in front."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from textual.notifications import SeverityLevel
from textual.screen import ModalScreen, Screen

from dazos_tui.tui.dialogs.message import MessageDialog, NextStep

T = TypeVar("T")
AnswerCallback = Callable[[T | None], None] | Callable[[T | None], Awaitable[None]]


class Presenter:
    """Shows dialogs and notices of a screen. `name` is the name of its instance."""

    def __init__(self, screen: Screen[None], name: str, is_in_front: Callable[[Screen[None]], bool]) -> None:
        self._screen, self._name, self._is_in_front = screen, name, is_in_front
        self._held_back: list[Callable[[], object]] = []

    def show(self, box: ModalScreen[T], on_answer: AnswerCallback[T] | None = None) -> None:
        """Show a dialog, or hold it back until this instance is in front."""
        if self._is_in_front(self._screen):
            self._screen.app.push_screen(box, on_answer)
        else:
            self._held_back.append(partial(self.show, box, on_answer))

    def ask(self, box: ModalScreen[T]) -> "asyncio.Future[T | None]":
        """Show a box as `show` does, before the next key is handled; return a future for its answer.

        The waiting code also continues before the next key is handled. A box that is removed, as by the lock,
        never sets the future: only a worker of the screen may wait for it.
        """
        answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

        async def set_answer(value: T | None) -> None:
            if not answer.done():
                answer.set_result(value)
                # Let the waiting code run now.
                await asyncio.sleep(0)

        self.show(box, set_answer)
        return answer

    def show_when_free(self, box: ModalScreen[None]) -> None:
        """Show a dialog with no answer once no other dialog is open."""
        if self._screen.app.screen is self._screen:
            self.show(box)
        else:
            self._held_back.append(partial(self.show_when_free, box))

    def show_by_itself(self, box: ModalScreen[None]) -> None:
        """Show a dialog that opens by itself after the next refresh, so that it is below a new notice."""
        self._screen.call_after_refresh(self.show_when_free, box)

    def show_message(
        self, title: str, reason: str, advice: str = "", *, tone: str = "error", then: NextStep | None = None
    ) -> None:
        """Show what happened, why, and what to do next, in a dialog once no other dialog is open.

        `then` is a further button of the dialog.
        """
        box = MessageDialog(title, reason, advice, tone=tone, instance=self._name, then=then)
        self.show_when_free(box)

    def notify(self, text: str, *, title: str = "", severity: SeverityLevel = "information") -> None:
        """Show a notice now."""
        self._screen.notify(text, title=title, severity=severity, markup=False)

    def notify_when_visible(self, text: str, *, title: str, severity: SeverityLevel = "information") -> None:
        """Show a notice, or hold it back until this instance is in front."""
        notice = partial(self.notify, text, title=title, severity=severity)
        if self._is_in_front(self._screen):
            notice()
        else:
            self._held_back.append(notice)

    def clear_notices(self) -> None:
        """Remove all notices."""
        self._screen.app.clear_notifications()

    def show_held_back(self) -> None:
        """Show what was held back, if the screen is in front now."""
        if not self._is_in_front(self._screen):
            return
        held, self._held_back = self._held_back, []
        for show in held:
            show()
