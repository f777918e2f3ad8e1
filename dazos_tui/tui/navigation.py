"""The way between the instances: the first run, the picker, and the screen of each that was opened."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.screen import ModalScreen, Screen

from dazos_tui.tui.commands import CommandTable
from dazos_tui.tui.config_watch import ConfigWatch, session_keys
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.instance_editor import InstanceEditor
from dazos_tui.tui.startup import AppContext, StartScreen
from dazos_tui.tui.terminal.control import TerminalControl

if TYPE_CHECKING:
    from datetime import datetime

    from dazos_tui.config.errors import ConfigError
    from dazos_tui.config.models import Config, ResetRoute
    from dazos_tui.instances.doctor import OpenedInstance
    from dazos_tui.tui.dialogs.instance_picker import PickerResult
    from dazos_tui.tui.dialogs.welcome import FirstStep
    from dazos_tui.tui.screens.instance import WorkScreen

# The work screen and the boxes are imported where they are opened: the first screen must not wait for them.

SIGN_OUT_SECONDS = 2.0
"""How long leaving waits for the instances to take note."""


class Navigator:
    """Knows which instances there are and which are open; has one chosen, and shows it.

    `commands` gives what the commands do that are the same over every instance, and `config_changed` is
    called after another config is used, with the one before.
    """

    def __init__(
        self,
        app: App[None],
        terminal: TerminalControl,
        commands: Callable[[], CommandTable],
        config_changed: "Callable[[Config], None]",
    ) -> None:
        self._app, self._terminal = app, terminal
        self._commands, self._config_changed = commands, config_changed
        self._editor = InstanceEditor(app, self)
        self._context: AppContext | None = None
        self._watch = ConfigWatch(None)
        self._demo = ExitStack()
        self.first = StartScreen()
        self.screens: dict[str, WorkScreen] = {}
        """The screens of the open instances, by name, the one opened last at the end."""
        self._stale: set[str] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._before: str | None = None
        self._opened: OpenedInstance | None = None
        self._kept_filters: dict[str, str] = {}
        self._choosing = False
        self._held: list[events.Key | events.Paste] = []

    # -- what there is --------------------------------------------------------------------------------

    def begin(self, context: AppContext) -> None:
        """Go on with what was loaded."""
        self._context = context
        self._watch = ConfigWatch(context.config_path)

    @property
    def context(self) -> AppContext:
        """Return what the app works with, once it is loaded."""
        if self._context is None:
            raise RuntimeError("The app has not begun.")
        return self._context

    @property
    def lock_minutes(self) -> int:
        """Return after how many minutes without a key to lock; 0 for never."""
        return self._context.config.lock_minutes if self._context is not None else 0

    @property
    def front(self) -> "WorkScreen | None":
        """Return the work screen that is in front, but for the boxes over it."""
        if self._context is None:
            return None
        from dazos_tui.tui.screens.instance import WorkScreen

        stack = reversed(self._app.screen_stack)
        return next((one for one in stack if isinstance(one, WorkScreen)), None)

    @property
    def current(self) -> str | None:
        """Return the name of the instance in front."""
        return self.front.jobs.instance.name if self.front is not None else None

    def is_in_front(self, screen: Screen[None]) -> bool:
        """Return whether this work screen is in front, and none is being chosen."""
        return screen is self.front and not self._choosing

    @property
    def sending(self) -> frozenset[str]:
        """Return whom a link is being sent to, in any instance."""
        return frozenset[str]().union(*(screen.sending for screen in self.screens.values()))

    @property
    def _open_still(self) -> list[str]:
        """Return the open instances that are in the config, the one opened last at the end."""
        return [name for name in self.screens if name in self.context.config.instances]

    # -- choosing -------------------------------------------------------------------------------------

    def holds(self, event: events.Key | events.Paste) -> bool:
        """Return whether what is typed now is for the instance just chosen, which is not shown yet."""
        if self._choosing and not isinstance(self._app.screen, Dialog):
            self._held.append(event)
            return True
        return False

    def choose(self, at: str | None = None) -> None:
        """Ask which instance to go to, the cursor on `at`; without any, how to begin."""
        trouble = self.look_at_config()
        if self.context.config.instances:
            self._show_picker(at)
        else:
            self._welcome()
        if trouble is not None:
            self.show_trouble("The config was changed, and is not used", trouble)

    def _show_picker(self, at: str | None) -> None:
        from dazos_tui.tui.dialogs.instance_picker import InstancePicker

        self._choosing = True
        context = self.context
        picker = InstancePicker(
            list(context.config.instances.values()),
            self.current,
            before=at or self._before,
            back=bool(self._open_still),
            used=self._last_used(),
            note=context.note,
            changes=context.config_path is not None,
        )
        picker.opens_by_itself = self.front is None
        self._app.push_screen(picker, self._picked)

    def _last_used(self) -> "Mapping[str, datetime]":
        """Return when the last link was asked for in each instance, as far as the history tells."""
        from dazos_tui.history.errors import HistoryError

        used = {}
        with suppress(HistoryError):
            for name in self.context.config.instances:
                for row in self.context.store.search(instance=name, limit=1):
                    used[name] = row.requested_at
        return used

    async def _picked(self, pick: "PickerResult | None") -> None:
        from dazos_tui.tui.dialogs.instance_picker import PickerAction

        match pick:
            case None:
                await self._go_on(None)
            case (name, PickerAction.OPEN):
                await self._go_on(name)
            case (_, PickerAction.ADD):
                self._editor.edit(None)
            case (name, PickerAction.EDIT):
                self._editor.edit(name)
            case (name, PickerAction.PIN):
                self._editor.pin(name)
            case (name, PickerAction.REMOVE):
                self._editor.ask_to_remove(name)

    async def go_on(self, name: str, opened: "OpenedInstance | None") -> None:
        """Go to the instance just added, with the session opened for it."""
        self._opened = opened
        await self._go_on(name)

    async def _go_on(self, name: str | None) -> None:
        """Go to the instance that was chosen, or back; what was typed meanwhile is for that one."""
        self._choosing = False
        before = self.current
        if name is not None:
            await self._go_to(name)
        else:
            await self._go_back()
        if before is not None and before != self.current:
            self._before = before
        if self.front is not None:
            self.front.presenter.show_held_back()
        held, self._held = self._held, []
        for event in held:
            await self._app.on_event(event)

    async def _go_back(self) -> None:
        """Return to the instance one was in; reopen it if its table changed.

        If it is gone from the config, go to one that is open, else quit.
        """
        name = self.current
        if name is not None and name in self._stale:
            await self.drop(name)
        if name is not None and name in self.context.config.instances:
            await self.open(name)
        elif self._open_still:
            await self._go_to(self._open_still[-1])
        elif self.front is None:
            self._app.exit()

    async def _go_to(self, name: str) -> None:
        if name in self._stale:
            await self.drop(name)
        await self.open(name)

    async def look_for(self, name: str, text: str) -> None:
        """Go to an instance and look for a person there."""
        if name not in self.context.config.instances:
            words = f"{name} is no longer in the config."
            self._app.notify(words, severity="warning", markup=False)
            return
        if name in self._stale:
            await self.drop(name)
        known = self.screens.get(name)
        await self.open(name, text)
        if known is not None:
            known.look_for(text)

    # -- the screens ----------------------------------------------------------------------------------

    async def open(self, name: str, text: str = "") -> None:
        """Go to an instance; `text` is what the filter of one not yet open begins with."""
        if name not in self.screens and not self._make_screen(name, text):
            return
        if self.current != name:
            await self._app.switch_screen(name)
        if self.front is not None and self.context.config.title:
            instance = self.front.jobs.instance
            self._terminal.set_title(f"{instance.name} {instance.environment.upper()} – dazos-tui")

    def _make_screen(self, name: str, text: str) -> bool:
        """Make the screen of an instance; return whether that went well."""
        from dazos_tui.crm.errors import CrmError
        from dazos_tui.tui.dialogs.message import MessageDialog
        from dazos_tui.tui.flows.sign_in import TypedBefore
        from dazos_tui.tui.jobs import InstanceJobs
        from dazos_tui.tui.screens.instance import WorkScreen

        opened, self._opened = self._opened, None
        try:
            jobs = InstanceJobs(self.context.config.instance(name), self.context.store, opened)
        except CrmError as error:
            box = MessageDialog(f"{name} cannot be opened", str(error), error.advice, instance=name)
            self._app.push_screen(box, self._not_opened)
            return False
        kept = self._kept_filters.pop(name, "")
        typed = self.first.typed if self.first.is_current else text or kept
        before = TypedBefore(typed, is_kept=bool(kept) and typed == kept)
        screen = WorkScreen(jobs, self.context, self.is_in_front, self._commands(), before)
        self.screens[name] = screen
        self._app.install_screen(screen, name)
        return True

    def _not_opened(self, _: None) -> None:
        """Go on after an instance could not be opened: choose again, if there is anything to choose."""
        if self.front is None and len(self.context.config.instances) > 1:
            self.choose()
        elif self.front is None:
            self._app.exit()

    async def drop(self, name: str) -> None:
        """End the session of an instance, and forget what its screen knew."""
        screen = self.screens.get(name)
        if screen is None or screen.sending:
            # What is being sent is seen to its end.
            return
        self._stale.discard(name)
        if screen is self._app.screen:
            self.first = StartScreen()
            await self._app.switch_screen(self.first)
        self._app.uninstall_screen(screen)
        del self.screens[name]
        # Before its panes go: what its jobs would still show, they would look for in vain.
        self._app.workers.cancel_node(screen)
        ending = asyncio.create_task(screen.jobs.close())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        await screen.remove()

    def leave_unanswered(self) -> None:
        """Give no answer to what any instance asks, nor to what it asks from now on: nobody is there."""
        for screen in self.screens.values():
            screen.jobs.leave_unanswered()

    def begin_lock(self) -> str | None:
        """Drop what was typed, but for the filters; return which instance is in front."""
        self._choosing, self._held = False, []
        self._kept_filters = {name: screen.filter_to_keep for name, screen in self.screens.items()}
        return self.current

    async def drop_all(self) -> None:
        """End all sessions, and forget what the screens knew."""
        for name in list(self.screens):
            await self.drop(name)

    async def close(self) -> None:
        """Sign out everywhere and close the connections, within a short while."""
        closing = [screen.jobs.close() for screen in self.screens.values()]
        try:
            await asyncio.wait_for(asyncio.gather(*closing, *self._ending), SIGN_OUT_SECONDS)
        except TimeoutError:
            self._app.log.warning("signing out took too long")
        if self._context is not None:
            self._context.store.close()
        await asyncio.to_thread(self._demo.close)

    # -- the first run --------------------------------------------------------------------------------

    def _welcome(self) -> None:
        from dazos_tui.tui.dialogs.welcome import WelcomeDialog

        self._choosing = True
        self._app.push_screen(WelcomeDialog(self.context.config_path), self._way_chosen)

    async def _way_chosen(self, way: "FirstStep | None") -> None:
        from dazos_tui.tui.dialogs.welcome import FirstStep

        match way:
            case FirstStep.DEMO:
                await self._begin_demo()
            case FirstStep.ADD:
                self._editor.edit(None)
            case _:
                self._app.exit()

    async def _begin_demo(self) -> None:
        """Go on with a demo CRM that lives as long as the app."""
        from dazos_tui.demo.errors import DemoError

        if self.context.demo is None:
            return
        real = self.context.store
        try:
            self.begin(await asyncio.to_thread(self.context.demo, self._demo))
            real.close()
        except DemoError as error:
            self._welcome()
            self.show_trouble("The demo cannot be started", error)
            return
        self.choose()

    # -- the config -----------------------------------------------------------------------------------

    def look_at_config(self) -> "ConfigError | None":
        """Use the config file as it is now; return what is wrong with it: then the old one stays."""
        from dazos_tui.config.errors import ConfigError

        try:
            config = self._watch.changed(had_instances=bool(self.context.config.instances))
        except ConfigError as error:
            return error
        if config is not None:
            self._use_config(config)
        return None

    def _use_config(self, config: "Config") -> None:
        """Use another config. An open instance whose own table changed is reopened at the next visit."""
        before = self.context.config
        old, new = before.instances, config.instances
        for name, screen in self.screens.items():
            known, now = old.get(name), new.get(name)
            if known is None or now is None or session_keys(known) != session_keys(now):
                self._stale.add(name)
            screen.use_config(config)
        self._context = replace(self.context, config=config)
        self._config_changed(before)

    async def reload(self) -> None:
        """See whether the config changed; reopen this instance if its own table did."""
        name, trouble = self.current, self.look_at_config()
        if trouble is not None:
            self.show_trouble("The config was changed, and is not used", trouble)
        elif name is not None and name in self._stale and not isinstance(self._app.screen, ModalScreen):
            await self.drop(name)
            if name in self.context.config.instances:
                await self.open(name)
            else:
                self.choose()

    def keep_route(self, name: str, route: "ResetRoute") -> None:
        """Keep how links are asked for, and write it to the config if there is one: it is asked only once."""
        context = self.context
        if name not in context.config.instances:
            # It was taken out of the config meanwhile.
            return
        changed = context.config.instance(name).model_copy(update={"reset_route": route})
        instances = {**context.config.instances, name: changed}
        self._context = replace(context, config=context.config.model_copy(update={"instances": instances}))
        if context.config_path is not None:
            self._app.run_worker(self._write_route(name, route))

    async def _write_route(self, name: str, route: "ResetRoute") -> None:
        from dazos_tui.config.edit import set_instance_key
        from dazos_tui.config.errors import ConfigError
        from dazos_tui.tui.dialogs.message import MessageDialog

        path = self.context.config_path
        if path is None:
            return
        try:
            # In a thread: the disk may be slow, and so is the first use of the library.
            await asyncio.to_thread(set_instance_key, path, name, "reset_route", route)
        except ConfigError as error:
            self._app.push_screen(MessageDialog("Not remembered", str(error), error.advice, instance=name))

    def show_trouble(self, title: str, trouble: Exception) -> None:
        """Show what went wrong."""
        from dazos_tui.tui.dialogs.message import MessageDialog

        self._app.push_screen(MessageDialog(title, str(trouble), getattr(trouble, "advice", "")))
