"""Copying text about a person to the clipboard, and opening their profile in the browser."""

from collections.abc import Awaitable, Callable
from functools import partial

from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.system.subprocesses import child_environment
from dazos_tui.tui.copying import text_of_row, texts_of_person
from dazos_tui.tui.dialogs.copy import CopyMenu
from dazos_tui.tui.dialogs.copyable_text import CopyableTextDialog
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.instance_history import InstanceHistory
from dazos_tui.tui.terminal.browser import find_browser, open_page


class CopyFlow:
    """Copies, and shows the result. `copy` puts a text on the clipboard and returns a sentence about it."""

    def __init__(
        self, view: FlowView, history: InstanceHistory, copy: Callable[[str], Awaitable[str]]
    ) -> None:
        self._view, self._history, self._to_clipboard = view, history, copy

    def copy_row(self, entry: HistoryEntry) -> None:
        """Copy a history entry as one line."""
        self._copy(text_of_row(entry))

    def copy_email(self, user: User) -> None:
        """Copy a person's e-mail."""
        self._copy(user.email)

    def choose(self, user: User) -> None:
        """Choose what to copy about a person."""
        url = self._view.jobs.client.profile_url(user.id)

        def show(last: HistoryEntry | None) -> None:
            texts = texts_of_person(user, self._view.jobs.instance, url, last)
            box = CopyMenu(user.name or user.user_name, texts)
            # A server may take a moment in which the user types on.
            box.opens_by_itself = not self._history.is_local
            self._view.presenter.show(box, self._copy)

        self._history.last_reset(user, show)

    def _copy(self, text: str | None) -> None:
        if text:
            self._view.run("copy", partial(self._copy_it, text))

    async def _copy_it(self, text: str) -> None:
        self._view.presenter.notify(await self._to_clipboard(text), title=text)


class BrowserFlow:
    """Opens a person's profile in the browser; if there is no browser, shows its URL."""

    def __init__(self, view: FlowView) -> None:
        self._view = view

    def start(self, user_id: str) -> None:
        """Open the profile with this record id."""
        url = self._view.jobs.client.profile_url(user_id)
        if (program := find_browser()) is None:
            self._show_address(url)
        else:
            self._view.run("browser", partial(self._open, program, url))

    async def _open(self, program: str, url: str) -> None:
        if await open_page(program, url, child_environment(self._view.config.secret_variables)):
            self._view.presenter.notify(url, title="Opened in the browser")
        else:
            self._show_address(url, opens_by_itself=True)

    def _show_address(self, url: str, *, opens_by_itself: bool = False) -> None:
        box = CopyableTextDialog("Open in your browser", url, copied=True, opens_by_itself=opens_by_itself)
        self._view.presenter.show(box)
