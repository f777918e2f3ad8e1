"""The list of an earlier reading: shown at once when an instance is opened, and kept after each reading."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from dazos_tui.directory.directory import Directory
from dazos_tui.instances.remembered_list import keep_list, read_remembered
from dazos_tui.tui.flows.sign_in import FirstView
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.panes import Panes


class RememberedListFlow:
    """Shows a remembered list until the list has been read. Nothing is sent on what it says."""

    def __init__(
        self,
        view: FlowView,
        panes: Panes,
        state_dir: Path | None,
        first: FirstView,
        on_shown: Callable[[], object],
    ) -> None:
        """Build the flow; files are in `state_dir`. After a lock, the list waits until somebody signs in.

        `on_shown` is called once the list is shown.
        """
        self._on_shown = on_shown
        self._view, self._panes, self._state_dir = view, panes, state_dir
        self._early, self._chosen, self._is_hidden = first.remembered, first.chosen, first.is_locked

    def start(self) -> None:
        """Show the list, if there is one and it may be seen."""
        if self._is_hidden or self._state_dir is None:
            return
        if self._early is not None and self._early.is_indexed:
            # Without a frame in which the list that is on the screen already would be missing.
            early, self._early = self._early, None
            self._show_found(early.directory, early.read_at)
        else:
            self._view.run("remembered", partial(self._show, self._state_dir))

    def signed_in(self) -> None:
        """Show the list that a lock had hidden."""
        if self._is_hidden:
            self._is_hidden = False
            self.start()

    async def _show(self, state_dir: Path) -> None:
        found = await asyncio.to_thread(self._read, state_dir)
        if found is not None:
            self._show_found(*found)

    def _show_found(self, directory: Directory, read_at: datetime) -> None:
        self._panes.users.show_remembered(directory, read_at)
        self._panes.users.point_at(self._chosen)
        self._on_shown()

    def _read(self, state_dir: Path) -> tuple[Directory, datetime] | None:
        instance, hours = self._view.jobs.instance, self._view.config.keep_people_hours
        found = self._early or read_remembered(state_dir, instance, hours)
        self._early = None
        return None if found is None else (found.directory, found.read_at)

    def keep(self, directory: Directory, read_at: datetime) -> None:
        """Keep a complete list that was read at `read_at` (UTC)."""
        if self._state_dir is not None:
            hours = self._view.config.keep_people_hours
            job = partial(keep_list, self._state_dir, self._view.jobs.instance, hours, directory, read_at)
            self._view.run("remembered", partial(asyncio.to_thread, job))
