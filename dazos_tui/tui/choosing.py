"""How the app comes to its instances: the first run, the picker, and changes to the config meanwhile."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.screen import ModalScreen

from dazos_tui.tui.start import Start

if TYPE_CHECKING:
    from datetime import datetime

    from dazos_tui.config import Config, ConfigError
    from dazos_tui.resets.checkup import Opened
    from dazos_tui.tui.dialogs.add_instance import AddInstanceDialog
    from dazos_tui.tui.dialogs.instances import Pick
    from dazos_tui.tui.screens.welcome import Way
    from dazos_tui.tui.screens.work import WorkScreen

# The boxes are imported where they are opened: the first screen must not wait for them.

Stamp = tuple[int, int, int]
"""What tells whether a file is another one by now: when it was written, its size and its number."""


class ChoosingApp(App[None]):
    """Knows which instances there are, and has one chosen. `DazosApp` shows them."""

    _start: Start | None
    _choosing: bool
    _held: "list[events.Key | events.Paste]"
    _screens_by_instance: "dict[str, WorkScreen]"
    _before: str | None = None
    """The instance that was in front before this one."""
    _stamp: Stamp | None = None
    """The config file as it was read."""
    _opened: "Opened | None" = None
    """The session to go on with in the instance that is opened next."""

    def _begin_choosing(self) -> None:
        """Take note of what belongs to one app alone."""
        self._stale: set[str] = set()
        self._demo = ExitStack()

    @property
    def start(self) -> Start:
        """Return what the app works with, once it is loaded."""
        if self._start is None:
            raise RuntimeError("The app has not begun.")
        return self._start

    @property
    def _front(self) -> "WorkScreen | None":
        raise NotImplementedError

    @property
    def _current(self) -> str | None:
        return self._front.jobs.instance.name if self._front is not None else None

    async def _open_instance(self, name: str, text: str = "") -> None:
        """Go to an instance; `text` is what the filter of one not yet open begins with."""
        raise NotImplementedError

    async def _drop_screen(self, name: str) -> None:
        """End the session of an instance, and forget what its screen knew."""
        raise NotImplementedError

    # -- the picker -----------------------------------------------------------------------------------

    def action_instances(self, at: str | None = None) -> None:
        """Ask which instance to go to, the cursor on `at`; without any, how to begin."""
        trouble = self._look_at_config()
        if self.start.config.instances:
            self._show_picker(at)
        else:
            self._welcome()
        if trouble is not None:
            self._tell_trouble("The config was changed, and is not used", trouble)

    def _show_picker(self, at: str | None) -> None:
        from dazos_tui.tui.dialogs.instances import InstancePicker

        self._choosing = True
        start = self.start
        picker = InstancePicker(
            list(start.config.instances.values()),
            self._current,
            before=at or self._before,
            back=bool(self._open_still),
            used=self._last_used(),
            note=start.note,
            changes=start.config_path is not None,
        )
        picker.unasked = self._front is None
        self.push_screen(picker, self._picked)

    def _last_used(self) -> "Mapping[str, datetime]":
        """Return when the last link was asked for in each instance, as far as the history tells."""
        from dazos_tui.history.errors import HistoryError

        used = {}
        with suppress(HistoryError):
            for name in self.start.config.instances:
                for row in self.start.store.search(instance=name, limit=1):
                    used[name] = row.requested_at
        return used

    async def _picked(self, pick: "Pick | None") -> None:
        from dazos_tui.tui.dialogs.instances import Verb

        match pick:
            case None:
                await self._instance_chosen(None)
            case (name, Verb.OPEN):
                await self._instance_chosen(name)
            case (_, Verb.ADD):
                self._edit(None)
            case (name, Verb.EDIT):
                self._edit(name)
            case (name, Verb.PIN):
                self._pin(name)
            case (name, Verb.REMOVE):
                self._ask_to_remove(name)

    async def _instance_chosen(self, name: str | None) -> None:
        self._choosing = False
        before = self._current
        if name is not None:
            await self._go_to(name)
        else:
            await self._go_back()
        if before is not None and before != self._current:
            self._before = before
        if self._front is not None:
            self._front.presenter.show_held_back()
        held, self._held = self._held, []
        for event in held:
            await self.on_event(event)

    async def _go_back(self) -> None:
        """Go on where one was, anew if its table changed; where that is gone, in what is open; else leave."""
        name = self._current
        if name is not None and name in self._stale:
            await self._drop_screen(name)
        if name is not None and name in self.start.config.instances:
            await self._open_instance(name)
        elif self._open_still:
            await self._go_to(self._open_still[-1])
        elif self._front is None:
            self.exit()

    @property
    def _open_still(self) -> list[str]:
        """Return the open instances that are in the config, the one opened last at the end."""
        return [name for name in self._screens_by_instance if name in self.start.config.instances]

    async def _go_to(self, name: str) -> None:
        await self._drop_if_stale(name)
        await self._open_instance(name)

    async def _drop_if_stale(self, name: str) -> None:
        if name in self._stale:
            await self._drop_screen(name)

    # -- the first run --------------------------------------------------------------------------------

    def _welcome(self) -> None:
        from dazos_tui.tui.screens.welcome import WelcomeDialog

        self._choosing = True
        self.push_screen(WelcomeDialog(self.start.config_path), self._way_chosen)

    async def _way_chosen(self, way: "Way | None") -> None:
        from dazos_tui.tui.screens.welcome import Way

        match way:
            case Way.DEMO:
                await self._begin_demo()
            case Way.ADD:
                self._edit(None)
            case _:
                self.exit()

    async def _begin_demo(self) -> None:
        """Go on with a demo CRM that lives as long as the app."""
        from dazos_tui.demo.errors import DemoError

        if self.start.demo is None:
            return
        real = self.start.store
        try:
            self._start = await asyncio.to_thread(self.start.demo, self._demo)
            real.close()
        except DemoError as error:
            self._welcome()
            self._tell_trouble("The demo cannot be started", error)
            return
        self.action_instances()

    # -- changes to the config ------------------------------------------------------------------------

    def _edit(self, name: str | None) -> None:
        """Have an instance added, or the one of this name changed."""
        from dazos_tui.tui.dialogs.add_instance import AddInstanceDialog

        start = self.start
        if start.config_path is None:
            return
        existing = start.config.instance(name) if name is not None else None
        box = AddInstanceDialog(start.config, start.config_path, existing)
        self.push_screen(box, partial(self._added, box) if name is None else partial(self._edited, name))

    async def _added(self, box: "AddInstanceDialog", name: str | None) -> None:
        opened = box.take_opened()
        took = name is not None and self._took_config(name)
        if opened is not None and not (took and _keys(opened.instance) == self._keys_of(name)):
            self.run_worker(opened.close())
            opened = None
        if name is None or not took:
            self.action_instances()
            return
        self.notify(f"{name} is in the config now.", markup=False)
        self._opened = opened
        await self._instance_chosen(name)

    def _keys_of(self, name: str | None) -> dict[str, object]:
        return _keys(self.start.config.instances.get(name or ""))

    def _edited(self, name: str, changed: str | None) -> None:
        if changed is not None:
            self.notify(f"{name} is changed in the config.", markup=False)
        self.action_instances(at=name)

    def _took_config(self, name: str) -> bool:
        trouble = self._look_at_config()
        return trouble is None and name in self.start.config.instances

    def _pin(self, name: str) -> None:
        from dazos_tui.config import ConfigError
        from dazos_tui.config_edit import change_instance

        pinned = self.start.config.instance(name).pinned
        try:
            change_instance(self._file, name, {"pinned": not pinned})
        except ConfigError as error:
            self.action_instances(at=name)
            self._tell_trouble(f"{name} was not pinned", error)
        else:
            self.action_instances(at=name)

    def _ask_to_remove(self, name: str) -> None:
        from dazos_tui.tui.dialogs.instances import RemoveDialog

        box = RemoveDialog(self.start.config.instance(name))
        self.push_screen(box, partial(self._removal_answered, name))

    async def _removal_answered(self, name: str, yes: str | None) -> None:
        from dazos_tui.config import ConfigError
        from dazos_tui.config_edit import remove_instance

        trouble: ConfigError | None = None
        if yes is not None:
            try:
                remove_instance(self._file, name)
            except ConfigError as error:
                trouble = error
            else:
                await self._drop_screen(name)
        self.action_instances(at=name)
        if trouble is not None:
            self._tell_trouble(f"{name} was not removed", trouble)

    @property
    def _file(self) -> Path:
        if self.start.config_path is None:
            raise RuntimeError("There is no config file.")
        return self.start.config_path

    def _look_at_config(self) -> "ConfigError | None":
        """Take in the config file if it changed; return what is wrong with it: then the old one stays."""
        from dazos_tui.config import Config, ConfigError, MissingConfigError, load_config

        path, stamp = self.start.config_path, self._stamp_now()
        if path is None or stamp == self._stamp:
            return None
        try:
            self._take_config(load_config(path))
        except MissingConfigError as error:
            if self.start.config.instances:
                return error
            self._take_config(Config())
        except ConfigError as error:
            return error
        # Not before: what is wrong with it is told each time.
        self._stamp = stamp
        return None

    def _stamp_now(self) -> Stamp | None:
        path = self.start.config_path
        with suppress(OSError):
            if path is not None:
                state = path.stat()
                return state.st_mtime_ns, state.st_size, state.st_ino
        return None

    def _take_config(self, config: "Config") -> None:
        """Use another config. An open instance whose own table changed is opened anew when it is gone to."""
        old, new = self.start.config.instances, config.instances
        for name in self._screens_by_instance:
            known, now = old.get(name), new.get(name)
            if known is None or now is None or _keys(known) != _keys(now):
                self._stale.add(name)
        for screen in self._screens_by_instance.values():
            screen.use_config(config)
        self._start = replace(self.start, config=config)

    async def on_reload_asked(self) -> None:
        """See whether the config changed; open this instance anew if its own table did."""
        name, trouble = self._current, self._look_at_config()
        if trouble is not None:
            self._tell_trouble("The config was changed, and is not used", trouble)
        elif name is not None and name in self._stale and not isinstance(self.screen, ModalScreen):
            await self._drop_screen(name)
            if name in self.start.config.instances:
                await self._open_instance(name)
            else:
                self.action_instances()

    def _tell_trouble(self, title: str, trouble: Exception) -> None:
        from dazos_tui.tui.dialogs.message import MessageDialog

        self.push_screen(MessageDialog(title, str(trouble), getattr(trouble, "advice", "")))


def _keys(instance: object) -> dict[str, object]:
    from dazos_tui.config import Instance

    # Where it stands in the picker is nothing to its session.
    return instance.model_dump(exclude={"pinned"}) if isinstance(instance, Instance) else {}
