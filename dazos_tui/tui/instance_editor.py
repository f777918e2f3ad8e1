"""Adding, changing, pinning and removing instances in the config."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.app import App

from dazos_tui.tui.config_watch import session_settings
from dazos_tui.tui.startup import AppContext

if TYPE_CHECKING:
    from dazos_tui.instances.doctor import OpenedInstance
    from dazos_tui.tui.dialogs.add_instance import AddInstanceDialog
    from dazos_tui.tui.messages import RequestTaught

# The dialogs are imported where they are opened, to show the first screen sooner.


class NavigatorView(Protocol):
    """The part of the navigator that the editor uses."""

    @property
    def context(self) -> AppContext:
        """Return what the app works with."""

    def choose(self, at: str | None = None) -> None:
        """Show the instance picker with the cursor on `at`."""

    def reload_config(self) -> Exception | None:
        """Apply the config file if it changed; return what is wrong with it, or None."""

    def show_error(self, title: str, error: Exception) -> None:
        """Show an error in a dialog."""

    async def continue_with(self, name: str, opened: "OpenedInstance | None") -> None:
        """Go to the instance just added, with the session opened for it."""

    async def drop(self, name: str) -> None:
        """End the session of an instance and remove its screen."""


class InstanceEditor:
    """Opens the dialogs that change the config, and returns to the instance picker."""

    def __init__(self, app: App[None], navigator: NavigatorView) -> None:
        self._app, self._navigator = app, navigator

    def edit(self, name: str | None) -> None:
        """Open the form for a new instance, or for the one of this name."""
        from dazos_tui.tui.dialogs.add_instance import AddInstanceDialog

        context = self._navigator.context
        if context.config_path is None:
            return
        existing = context.config.instance(name) if name is not None else None
        box = AddInstanceDialog(context.config, context.config_path, existing)
        done: Callable[[str | None], Awaitable[None]]
        done = partial(self._added, box) if name is None else partial(self._edited, name)
        self._app.push_screen(box, done)

    async def _added(self, box: "AddInstanceDialog", name: str | None) -> None:
        opened = box.take_opened()
        is_in_config = name is not None and self._reloaded_config_has(name)
        if opened is not None and not (
            is_in_config and session_settings(opened.instance) == self._settings_of(name)
        ):
            self._app.run_worker(opened.close())
            opened = None
        if name is None or not is_in_config:
            self._navigator.choose()
            return
        first = " Send the first link to yourself." if box.was_taught else ""
        go_on = partial(self._go_to_added, name, opened, f"{name} was added to the config.{first}")
        context = self._navigator.context
        if context.state_dir is None or "keep_people_hours" in context.config.model_fields_set:
            await go_on(None)
            return
        from dazos_tui.tui.dialogs.keep_people import KeepPeopleDialog

        self._app.push_screen(KeepPeopleDialog(), go_on)

    async def _go_to_added(
        self, name: str, opened: "OpenedInstance | None", words: str, hours: int | None
    ) -> None:
        """Go to the instance just added; first write for how many hours lists are kept, if that was asked."""
        from dazos_tui.config.edit import set_key
        from dazos_tui.config.errors import ConfigError

        failure: Exception | None = None
        if hours is not None:
            try:
                await asyncio.to_thread(set_key, self._config_path, "keep_people_hours", hours)
            except ConfigError as error:
                failure = error
            failure = failure or self._navigator.reload_config()
        self._app.notify(words, markup=False)
        await self._navigator.continue_with(name, opened)
        if failure is not None:
            self._navigator.show_error("The setting was not saved", failure)

    def _settings_of(self, name: str | None) -> dict[str, object]:
        return session_settings(self._navigator.context.config.instances.get(name or ""))

    def _reloaded_config_has(self, name: str) -> bool:
        error = self._navigator.reload_config()
        return error is None and name in self._navigator.context.config.instances

    async def _edited(self, name: str, changed: str | None) -> None:
        if changed is not None:
            self._app.notify(f"{name} was changed in the config.", markup=False)
        self._navigator.choose(at=name)

    def pin(self, name: str) -> None:
        """Pin an instance to the top of the picker, or unpin it."""
        from dazos_tui.config.edit import change_instance
        from dazos_tui.config.errors import ConfigError

        pinned = self._navigator.context.config.instance(name).pinned
        failure: ConfigError | None = None
        try:
            change_instance(self._config_path, name, {"pinned": not pinned})
        except ConfigError as error:
            failure = error
        self._navigator.choose(at=name)
        if failure is not None:
            self._navigator.show_error(f"{name} was not pinned", failure)

    async def save_request(self, taught: "RequestTaught") -> None:
        """Write a taught request to the config, apply the config, and report the result to `taught.saved`."""
        from dazos_tui.config.edit import change_instance
        from dazos_tui.config.errors import ConfigError

        failure: Exception | None = None
        try:
            # In a thread: the disk may be slow, and so is the first import of the library.
            await asyncio.to_thread(
                change_instance, self._config_path, taught.instance, {taught.key: dict(taught.template)}
            )
        except ConfigError as error:
            failure = error
        failure = failure or self._navigator.reload_config()
        if taught.saved.done():
            # The dialog was closed in the meantime, as by the lock.
            return
        if failure is not None:
            taught.saved.set_exception(failure)
        else:
            taught.saved.set_result(None)

    def ask_to_remove(self, name: str) -> None:
        """Ask whether to remove an instance from the config."""
        from dazos_tui.config.edit import require_removable
        from dazos_tui.config.errors import ConfigError
        from dazos_tui.tui.dialogs.instance_picker import RemoveInstanceDialog

        try:
            require_removable(self._navigator.context.config, name)
        except ConfigError as error:
            self._navigator.choose(at=name)
            self._navigator.show_error(f"{name} cannot be removed here", error)
            return
        box = RemoveInstanceDialog(self._navigator.context.config.instance(name))
        self._app.push_screen(box, partial(self._removal_answered, name))

    async def _removal_answered(self, name: str, confirmed: str | None) -> None:
        from dazos_tui.config.edit import remove_instance
        from dazos_tui.config.errors import ConfigError

        failure: ConfigError | None = None
        if confirmed is not None:
            try:
                remove_instance(self._config_path, name)
            except ConfigError as error:
                failure = error
            else:
                await self._navigator.drop(name)
                await self._forget_people(name)
        self._navigator.choose(at=name)
        if failure is not None:
            self._navigator.show_error(f"{name} was not removed", failure)

    async def _forget_people(self, name: str) -> None:
        from dazos_tui.instances.remembered_list import forget_list

        if (state_dir := self._navigator.context.state_dir) is not None:
            await asyncio.to_thread(forget_list, state_dir, name)

    @property
    def _config_path(self) -> Path:
        if self._navigator.context.config_path is None:
            raise RuntimeError("There is no config file.")
        return self._navigator.context.config_path
