"""Navigation between the instances: the first run, the picker, and the screen of each open instance."""

import asyncio
import gc
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.screen import ModalScreen, Screen
from textual.worker import Worker

from dazos_tui.tui.commands import CommandTable
from dazos_tui.tui.config_watch import ConfigWatch, session_settings
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.history_watch import HistoryWatch
from dazos_tui.tui.instance_editor import InstanceEditor
from dazos_tui.tui.startup import AppContext, StartScreen
from dazos_tui.tui.terminal.control import TerminalControl

if TYPE_CHECKING:
    from datetime import datetime

    from dazos_tui.config.errors import ConfigError
    from dazos_tui.config.history_table import HistoryTable
    from dazos_tui.config.models import Config, ResetRoute
    from dazos_tui.instances.doctor import OpenedInstance
    from dazos_tui.tui.batch_progress import BatchProgress
    from dazos_tui.tui.dialogs.instance_picker import InstancePicker, PickerResult
    from dazos_tui.tui.dialogs.welcome import WelcomeChoice
    from dazos_tui.tui.flows.sign_in import FirstView
    from dazos_tui.tui.messages import RequestTaught
    from dazos_tui.tui.screens.instance import WorkScreen

# The work screen and the dialogs are imported where they are opened, to show the first screen sooner.

SIGN_OUT_SECONDS = 2.0
"""How long quitting waits for the sign-outs."""

_HISTORY_CHANGED = "Where the history is kept has changed in the config: that takes effect at the next start."
_NOT_LEFT = "This opened just now. Read it first, then choose the instance again."


class Navigator:
    """Keeps the screens of the open instances, and switches between them.

    `commands` returns the commands that are the same in every instance. `config_changed` is called with the
    previous config after another one is applied. `start_screen` is shown until the config is loaded.
    """

    def __init__(
        self,
        app: App[None],
        terminal: TerminalControl,
        commands: Callable[[], CommandTable],
        config_changed: "Callable[[Config], None]",
        start_screen: StartScreen,
    ) -> None:
        self._app, self._terminal = app, terminal
        self._commands, self._config_changed = commands, config_changed
        self._editor = InstanceEditor(app, self)
        self._context: AppContext | None = None
        self._watch = ConfigWatch(None)
        self._demo = ExitStack()
        self.start_screen = start_screen
        self.screens: dict[str, WorkScreen] = {}
        """The screens of the open instances, by name, the most recently opened last."""
        self._stale: set[str] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._history_watch = HistoryWatch(self._show_history)
        self._history_in_force: HistoryTable | None = None
        self._previous: str | None = None
        self._opened_by_check: OpenedInstance | None = None
        self._kept_filters: dict[str, str] = {}
        self._was_locked = False
        self._choosing = False
        self._used: Mapping[str, datetime] = {}
        self._held_input: list[events.Key | events.Paste] = []

    # -- what there is --------------------------------------------------------------------------------

    def begin(self, context: AppContext) -> None:
        """Use the loaded context."""
        self._context = context
        self._watch = ConfigWatch(context.config_path, context.config.included_files)
        self._history_in_force = context.config.history
        self._history_watch.begin(context.store, context.config.history)
        self._forget_outdated()

    def _forget_outdated(self) -> None:
        _: Worker[None] = self._app.run_worker(self._forget_outdated_lists)

    async def _forget_outdated_lists(self) -> None:
        from dazos_tui.instances.remembered_list import forget_outdated_lists

        context = self.context
        if context.state_dir is not None:
            await asyncio.to_thread(
                forget_outdated_lists, context.state_dir, context.config.keep_people_hours
            )

    def _show_history(self) -> None:
        """Show what others sent, in every open instance."""
        for screen in self.screens.values():
            screen.in_turn(screen.show_history)

    @property
    def context(self) -> AppContext:
        """Return what the app works with. Raises RuntimeError before it is loaded."""
        if self._context is None:
            raise RuntimeError("The app has not loaded its config yet.")
        return self._context

    @property
    def lock_minutes(self) -> int:
        """Return after how many minutes without input to lock; 0 means never."""
        return self._context.config.lock_minutes if self._context is not None else 0

    @property
    def front(self) -> "WorkScreen | None":
        """Return the work screen in front, ignoring dialogs over it."""
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
        """Return whether this work screen is in front, and the user is not choosing an instance."""
        return screen is self.front and not self._choosing

    @property
    def sending(self) -> frozenset[str]:
        """Return the people to whom a link is being sent in any instance, by `InstanceTickets.key`."""
        return frozenset[str]().union(*(screen.sending for screen in self.screens.values()))

    @property
    def batch(self) -> "BatchProgress | None":
        """Return how far the batch under way in an instance has come, or None without one."""
        return next(filter(None, (screen.running_batch for screen in self.screens.values())), None)

    @property
    def _open_names(self) -> list[str]:
        """Return the open instances that are still in the config, the most recently opened last."""
        return [name for name in self.screens if name in self.context.config.instances]

    # -- choosing -------------------------------------------------------------------------------------

    def hold_input(self, event: events.Key | events.Paste) -> bool:
        """Keep input for an instance that was chosen but is not shown yet; return whether it was kept."""
        if self._choosing and not isinstance(self._app.screen, Dialog):
            self._held_input.append(event)
            return True
        return False

    def choose(self, at: str | None = None) -> None:
        """Show the instance picker with the cursor on `at`; if there are no instances, show how to begin."""
        error = self.reload_config()
        if self.context.config.instances:
            self._show_picker(at)
        else:
            self._show_welcome()
        if error is not None:
            self.show_error("The config has changed, but could not be used", error)

    def _show_picker(self, at: str | None) -> None:
        from dazos_tui.tui.dialogs.instance_picker import InstancePicker

        self._choosing = True
        context = self.context
        is_local = context.store.is_local
        if is_local:
            self._used = self._last_used()
        picker = InstancePicker(
            list(context.config.instances.values()),
            self.current,
            before=at or self._previous,
            back=bool(self._open_names),
            used=self._used,
            note=context.note,
            changes=context.config_path is not None,
        )
        picker.opens_by_itself = self.front is None
        self._app.push_screen(picker, self._picked)
        if not is_local:
            self._app.run_worker(self._read_last_used(picker), group="last used", exclusive=True)

    async def _read_last_used(self, picker: "InstancePicker") -> None:
        """Show in the picker when a server's history says that the instances were used last."""
        self._used = await asyncio.to_thread(self._last_used)
        if picker.is_current:
            picker.show_used(self._used)

    def _last_used(self) -> "Mapping[str, datetime]":
        """Return when the last link was requested in each instance, if the history can be read."""
        from dazos_tui.history.errors import HistoryError

        with suppress(HistoryError):
            newest = self.context.store.newest_by_instance(list(self.context.config.instances))
            return {name: entry.requested_at for name, entry in newest.items()}
        return {}

    async def _picked(self, pick: "PickerResult | None") -> None:
        from dazos_tui.tui.dialogs.instance_picker import PickerAction

        match pick:
            case None:
                await self._continue_with(None)
            case (name, PickerAction.OPEN):
                await self._continue_with(name)
            case (_, PickerAction.ADD):
                self._editor.edit(None)
            case (name, _) if name not in self.context.config.instances:
                # The config was read again while the picker was open.
                await self._continue_with(name)
            case (name, PickerAction.EDIT):
                self._editor.edit(name)
            case (name, PickerAction.PIN):
                self._editor.pin(name)
            case (name, PickerAction.REMOVE):
                self._editor.ask_to_remove(name)

    async def continue_with(self, name: str, opened: "OpenedInstance | None") -> None:
        """Go to the instance just added, with the session opened for it."""
        self._opened_by_check = opened
        await self._continue_with(name)

    async def _continue_with(self, name: str | None, text: str = "") -> None:
        """Go to the chosen instance, or back, and pass on what was typed in the meantime.

        A `text` is searched for there.
        """
        if isinstance(self._app.screen, ModalScreen):
            # Another screen would replace the dialog, and nobody would have read it.
            self._choosing, self._held_input = False, []
            self._app.notify(_NOT_LEFT, severity="warning", markup=False)
            return
        before = self.current
        if name is not None:
            await self._go_to(name, text)
        else:
            await self._go_back()
        # Only now: the instance that is left must not open a dialog in the meantime.
        self._choosing = False
        if before is not None and before != self.current:
            self._previous = before
        if self.front is not None:
            self.front.presenter.show_held_back()
        held, self._held_input = self._held_input, []
        for event in held:
            await self._app.on_event(event)

    async def _go_back(self) -> None:
        """Return to the previous instance; reopen it if its config changed.

        If it is gone from the config, go to another open instance; without one, quit.
        """
        name = self.current
        if name is not None and name in self._stale:
            await self.drop(name)
        if name is not None and name in self.context.config.instances:
            await self.open(name)
        elif self._open_names:
            await self._go_to(self._open_names[-1])
        elif self.front is None:
            self._app.exit()

    async def _go_to(self, name: str, text: str = "") -> None:
        if name in self._stale:
            await self.drop(name)
        known = self.screens.get(name)
        await self.open(name, text)
        if known is not None and text:
            known.look_for(text)

    def go_to_user(self, name: str, text: str) -> None:
        """Go to an instance and search for a person there, as a message of the app.

        Until then, the instance in front holds back its dialogs, and keys are kept for the other one.
        """
        self._choosing = True
        self._app.call_later(self._continue_with, name, text)

    # -- the screens ----------------------------------------------------------------------------------

    async def open(self, name: str, text: str = "") -> None:
        """Go to an instance. If it is not open yet, `text` is put into its filter."""
        if name not in self.screens and not self._make_screen(name, text):
            return
        if self.current != name:
            await self._app.switch_screen(name)
            self.start_screen.forget_list()
        if self.front is not None and self.context.config.title:
            instance = self.front.jobs.instance
            self._terminal.set_title(f"{instance.name} {instance.environment.upper()} – dazos-tui")

    def _make_screen(self, name: str, text: str) -> bool:
        """Create the screen of an instance; return whether that succeeded."""
        from dazos_tui.config.errors import ConfigError
        from dazos_tui.crm.errors import CrmError
        from dazos_tui.tui.dialogs.message import MessageDialog
        from dazos_tui.tui.jobs import InstanceJobs
        from dazos_tui.tui.screens.instance import WorkScreen

        opened, self._opened_by_check = self._opened_by_check, None
        try:
            jobs = InstanceJobs(self.context.config.instance(name), self.context.store, opened)
        except (CrmError, ConfigError) as error:
            # The config may have been read again since the name was chosen, or the screen was locked.
            if opened is not None:
                self._app.run_worker(opened.close())
            box = MessageDialog(f"Could not open {name}", str(error), error.advice, instance=name)
            self._app.push_screen(box, partial(self._not_opened, name))
            return False
        first = self._first_view(name, text)
        screen = WorkScreen(jobs, self.context, self, self._commands(), first)
        self.screens[name] = screen
        self._app.install_screen(screen, name)
        return True

    def _first_view(self, name: str, text: str) -> "FirstView":
        """Return what the screen of an instance shows first: what was typed, and a list already read."""
        from dazos_tui.instances.remembered_list import list_source
        from dazos_tui.tui.flows.sign_in import FirstView

        kept = self._kept_filters.pop(name, "")
        start = self.start_screen
        if not start.is_current:
            return FirstView(text or kept, is_kept=not text and bool(kept), is_locked=self._was_locked)
        early, config = start.remembered, self.context.config
        is_ours = early is not None and early.source == list_source(config.instance(name))
        is_kept = bool(start.typed) and start.typed in {kept, start.search}
        return FirstView(
            start.typed,
            is_kept=is_kept,
            remembered=early if is_ours and config.keep_people_hours else None,
            chosen=start.chosen if is_ours else None,
            is_locked=self._was_locked,
        )

    def _not_opened(self, name: str, _: None) -> None:
        """Show the picker again unless this instance is the only one to choose; then quit."""
        if self.front is None and list(self.context.config.instances) != [name]:
            self.choose()
        elif self.front is None:
            self._app.exit()

    async def drop(self, name: str) -> None:
        """End the session of an instance and remove its screen."""
        screen = self.screens.get(name)
        if screen is None or screen.sending or screen.running_batch is not None:
            # Wait for the outcome of the links that are being sent.
            return
        self._stale.discard(name)
        if screen is self._app.screen:
            self.start_screen = StartScreen()
            await self._app.switch_screen(self.start_screen)
        self._app.uninstall_screen(screen)
        del self.screens[name]
        # Before its panes are removed: its jobs would still try to update them.
        self._app.workers.cancel_node(screen)
        closing = asyncio.create_task(screen.jobs.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await screen.remove()
        # Its list was exempt from garbage collection (see UsersPane), with all that refers to it. It is freed
        # at once, since the next list makes everything exempt again.
        gc.unfreeze()
        gc.collect()

    def cancel_questions(self) -> None:
        """Cancel all questions to the user in every instance, and those asked from now on."""
        for screen in self.screens.values():
            screen.jobs.cancel_questions()

    def begin_lock(self) -> str | None:
        """Drop pending input and keep the filters; return the name of the instance in front."""
        self._choosing, self._held_input, self._was_locked = False, [], True
        self._kept_filters = {name: screen.filter_to_keep for name, screen in self.screens.items()}
        return self.current

    async def drop_all(self) -> None:
        """End all sessions and remove all screens."""
        for name in list(self.screens):
            await self.drop(name)

    async def close(self) -> None:
        """Sign out of every instance and close the connections, within `SIGN_OUT_SECONDS`."""
        closing = [screen.jobs.close() for screen in self.screens.values()]
        try:
            await asyncio.wait_for(asyncio.gather(*closing, *self._closing), SIGN_OUT_SECONDS)
        except TimeoutError:
            self._app.log.warning("signing out took too long")
        await asyncio.to_thread(self._history_watch.end)
        if self._context is not None:
            await asyncio.to_thread(self._context.store.close)
        await asyncio.to_thread(self._demo.close)

    # -- the first run --------------------------------------------------------------------------------

    def _show_welcome(self) -> None:
        from dazos_tui.tui.dialogs.welcome import WelcomeDialog

        self._choosing = True
        self._app.push_screen(WelcomeDialog(self.context.config_path), self._welcome_chosen)

    async def _welcome_chosen(self, choice: "WelcomeChoice | None") -> None:
        from dazos_tui.tui.dialogs.welcome import WelcomeChoice

        match choice:
            case WelcomeChoice.DEMO:
                await self._begin_demo()
            case WelcomeChoice.ADD:
                self._editor.edit(None)
            case _:
                self._app.exit()

    async def _begin_demo(self) -> None:
        """Switch to a demo CRM that ends with the app."""
        from dazos_tui.demo.errors import DemoError

        if self.context.demo is None:
            return
        real = self.context.store
        try:
            self.begin(await asyncio.to_thread(self.context.demo, self._demo))
            await asyncio.to_thread(real.close)
        except DemoError as error:
            self._show_welcome()
            self.show_error("Could not start the demo", error)
            return
        self.choose()

    # -- the config -----------------------------------------------------------------------------------

    def reload_config(self) -> "ConfigError | None":
        """Apply the config file if it changed; on an error keep the old config, and return the error."""
        from dazos_tui.config.errors import ConfigError

        try:
            config = self._watch.changed(had_instances=bool(self.context.config.instances))
        except ConfigError as error:
            return error
        if config is not None:
            self._use_config(config)
        return None

    def _use_config(self, config: "Config") -> None:
        """Apply another config. An open instance whose settings changed is reopened at the next visit."""
        before = self.context.config
        old, new = before.instances, config.instances
        for name, screen in self.screens.items():
            known, now = old.get(name), new.get(name)
            if known is None or now is None or session_settings(known) != session_settings(now):
                self._stale.add(name)
            else:
                screen.jobs.use_requests(now)
            screen.use_config(config)
        self._context = replace(self.context, config=config)
        if config.keep_people_hours != before.keep_people_hours:
            self._forget_outdated()
        self._config_changed(before)
        if config.history not in {before.history, self._history_in_force}:
            self._app.notify(_HISTORY_CHANGED, title="[history]", severity="warning", markup=False)

    async def reload(self) -> None:
        """Apply the config file if it changed; reopen this instance if its settings did."""
        name, error = self.current, self.reload_config()
        if error is not None:
            self.show_error("The config has changed, but could not be used", error)
        elif name is not None and name in self._stale and not isinstance(self._app.screen, ModalScreen):
            await self.drop(name)
            if name in self.context.config.instances:
                await self.open(name)
            else:
                self.choose()

    def save_route(self, name: str, route: "ResetRoute") -> None:
        """Save how links are requested, in the config too if there is a file: the user is asked only once."""
        context = self.context
        if name not in context.config.instances:
            # It was removed from the config in the meantime.
            return
        changed = context.config.instance(name).model_copy(update={"reset_route": route})
        instances = {**context.config.instances, name: changed}
        self._context = replace(context, config=context.config.model_copy(update={"instances": instances}))
        if context.config_path is not None:
            self._app.run_worker(self._write_route(name, route))

    async def save_request(self, taught: "RequestTaught") -> None:
        """Write a taught request to the config and apply it; the result goes to `taught.saved`."""
        await self._editor.save_request(taught)

    async def _write_route(self, name: str, route: "ResetRoute") -> None:
        from dazos_tui.config.edit import set_instance_key
        from dazos_tui.config.errors import ConfigError
        from dazos_tui.tui.dialogs.message import MessageDialog

        path = self.context.config_path
        if path is None:
            return
        try:
            # In a thread: the disk may be slow, and so is the first import of the library.
            await asyncio.to_thread(set_instance_key, path, name, "reset_route", route)
        except ConfigError as error:
            self._app.push_screen(
                MessageDialog("Could not save the setting", str(error), error.advice, instance=name)
            )

    def show_error(self, title: str, error: Exception) -> None:
        """Show an error in a dialog."""
        from dazos_tui.tui.dialogs.message import MessageDialog

        self._app.push_screen(MessageDialog(title, str(error), getattr(error, "advice", "")))
