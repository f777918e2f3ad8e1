"""The app: one work screen for each instance that was opened, and what lies above them all."""

import asyncio
import signal
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from dazos_tui.logs import log
from dazos_tui.text import safe_text
from dazos_tui.tui.choosing import ChoosingApp
from dazos_tui.tui.commands import COMMANDS, how_to_quit
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.driver import ThriftyDriver
from dazos_tui.tui.idle import IDLE_SECONDS, SENDING_SECONDS, clock, is_touch
from dazos_tui.tui.looks import ThemedApp, themes_for
from dazos_tui.tui.screens.layout import is_too_small
from dazos_tui.tui.screens.lock import LockScreen
from dazos_tui.tui.start import Prepare, Start, StartScreen
from dazos_tui.tui.themes import Themes
from dazos_tui.tui.widgets.inputs import FilterInput, SteadyInput, put

if TYPE_CHECKING:
    from dazos_tui.config import Config, ResetRoute
    from dazos_tui.tui.messages import GoTo, RouteChosen
    from dazos_tui.tui.screens.work import WorkScreen

# The work screen and the boxes are imported where they are opened: the first screen must not wait for them.

QUIET_SECONDS = 0.5
"""Without a key for so long, somebody is no longer in the middle of a word."""

_BACKSPACE = "\b"

_FOCUS_SECONDS, _FOCUS_TURNS = 0.005, 100

SIGN_OUT_SECONDS = 2.0
"""How long leaving waits for the instances to take note."""


class DazosApp(ChoosingApp, ThemedApp):
    """Find a person, send a reset link, keep track of it."""

    TITLE = "dazos-tui"
    CSS_PATH = "styles/app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, prepare: Prepare, *, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class)
        self._begin_choosing()
        self._prepare = prepare
        self._start: Start | None = None
        self._screens_by_instance: dict[str, WorkScreen] = {}
        self._warned_of: frozenset[str] = frozenset()
        self._choosing = False
        self._used_commands: list[str] = []
        self._first = StartScreen()
        self._held: list[events.Key | events.Paste] = []
        self._typing_at = float("-inf")
        self._touched_at = clock()
        self._locking = self._locked = False
        self._locked_in: str | None = None
        self._kept_filters: dict[str, str] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.failure: Exception | None = None
        """Why the app could not begin, if it could not."""
        self.broken = False
        """Whether an error ends the app, whatever else wants to end it, too."""

    def on_mount(self) -> None:
        """Take letters at once, and load the rest meanwhile."""
        for number in () if self.is_headless else (signal.SIGTERM, signal.SIGHUP):
            # By Textual alone, the terminal would be left as the app uses it, and the session open.
            asyncio.get_running_loop().add_signal_handler(number, self._leave_for, number)
        self.push_screen(self._first)
        self.call_after_refresh(self.run_worker, self._begin)

    async def _begin(self) -> None:
        try:
            start, themes = await asyncio.to_thread(self._loaded)
            # A history that cannot be read is told before anything else.
            start.store.search(limit=1)
        except Exception as error:  # noqa: BLE001 - whoever started the app tells it
            self.failure = error
            self.exit()
            return
        # In the app's own turn: no key is looked at between this and the screen that is shown then.
        self.call_next(self._show_first, start, themes)

    async def _show_first(self, start: Start, themes: Themes) -> None:
        if self._exit:
            # Somebody left while it was loading: the first screen is gone.
            return
        self._start = start
        self._stamp = self._stamp_now()
        self._first.say_ready()
        self.set_interval(IDLE_SECONDS, self._watch_idleness)
        self._use_themes(themes, start.config.theme)
        if not start.config.mouse and isinstance(self._driver, ThriftyDriver):
            self._driver.without_mouse()
        names = list(start.config.instances)
        chosen = start.instance or (names[0] if len(names) == 1 else None)
        if chosen is None:
            self.action_instances()
        else:
            entered = self._first.entered
            await self._open_instance(chosen)
            if entered and self._current == chosen:
                await self.on_event(events.Key("enter", "\r"))

    def _loaded(self) -> tuple[Start, Themes]:
        """Load everything, in a thread: it takes longer than a person can wait for the first letter."""
        import_module("dazos_tui.tui.screens.work")
        start = self._prepare()
        return start, themes_for(start)

    async def on_event(self, event: events.Event) -> None:
        """Act on a key wholly before the next one is looked at.

        Textual hands a key to the widget in focus, which acts on it later: of two keys that arrive together,
        as they do over a slow line, the second would still go to what had the focus before the first.
        """
        if is_touch(event) and self._comes_too_late():
            return
        if isinstance(event, events.Resize):
            # The terminal moves or cuts what it shows.
            self._draw_all_anew()
        if isinstance(event, events.Key) and event.key == "ctrl+z" and not self.is_headless:
            self.action_suspend_process()
            return
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if is_too_small(*self.size):
                await self._quit_by(event)
                return
            if self._choosing and not isinstance(self.screen, Dialog):
                # An instance was chosen and is not shown yet: what is typed now is for that one.
                self._held.append(event)
                return
            if await self._taken(event):
                return
        await super().on_event(event)

    async def _quit_by(self, event: events.Key | events.Paste) -> None:
        """Leave if that is the key for it: on a terminal that is too small, nobody sees what another does."""
        if isinstance(event, events.Key) and event.key in {"f10", "ctrl+c"}:
            await self.action_quit()

    async def _taken(self, event: events.Key | events.Paste) -> bool:
        await self._focus()
        if self._is_typed_ahead(event):
            return True
        return self._paste(event) if isinstance(event, events.Paste) else await self._act_on(event)

    async def _focus(self) -> None:
        """Wait until the screen in front has its focus: it is set a moment after the screen is shown."""
        turns = 0
        while self.screen.AUTO_FOCUS and self.screen.focused is None and turns < _FOCUS_TURNS:
            turns += 1
            await asyncio.sleep(_FOCUS_SECONDS)

    def _is_typed_ahead(self, event: events.Key | events.Paste) -> bool:
        """Tell whether a key belongs to the word that somebody was typing when a box opened by itself.

        Its letters go to the filter, where they were meant to go; but not if they may be a password.
        """
        text = _first_line(event.text) if isinstance(event, events.Paste) else event.character or ""
        if not text or not (text.isprintable() or text == "\r"):
            return False
        now, box = monotonic(), self.screen
        if not isinstance(box, Dialog) or not box.unasked:
            typing = text != "\r" and isinstance(self.focused, Input) and not isinstance(box, Dialog)
            self._typing_at = now if typing else self._typing_at
            return False
        if now - self._typing_at > QUIET_SECONDS:
            return False
        self._typing_at = now
        if not box.secret and text.isprintable():
            self._type_behind(box, text)
        return True

    def _type_behind(self, box: Dialog[Any], text: str) -> None:
        """Put letters, or a backspace, into the field behind a box, if there is one that is typed in."""
        below = self.screen_stack[self.screen_stack.index(box) - 1]
        # It has its focus only a moment after it is shown.
        field = below.focused or next(iter(below.query(FilterInput)), None)
        if not isinstance(field, Input) or (isinstance(below, Dialog) and below.secret):
            return
        if text == _BACKSPACE:
            field.action_delete_left()
        else:
            field.replace(text, *field.selection)
        if box.makes_way:
            self._typing_at = monotonic()
            box.typed_past(field.value)

    def _paste(self, event: events.Paste) -> bool:
        focused = self.focused
        if isinstance(self.screen, Dialog) and self.screen.makes_way:
            self._type_behind(self.screen, _first_line(event.text))
            return True
        if self._front is not None and self.screen is self._front and not isinstance(focused, Input):
            # In a list or a panel nothing could be done with it but to look for it.
            self._front.command_filter()
            focused = self.focused
        if isinstance(focused, SteadyInput):
            focused.paste(event.text)
        elif isinstance(focused, Input):
            put(focused, _first_line(event.text))
        return isinstance(focused, Input)

    async def _act_on(self, key: events.Key) -> bool:
        focused = self.focused
        if isinstance(focused, Input) and key.is_printable and key.character and not self._is_left(key):
            put(focused, key.character)
            return True
        box = self.screen
        if isinstance(box, Dialog) and box.makes_way and (key.is_printable or key.key == "backspace"):
            self._type_behind(box, key.character if key.is_printable and key.character else _BACKSPACE)
            return True
        active = self.screen.active_bindings.get(key.key)
        if active is None or not active.enabled:
            return isinstance(box, Dialog) and box.take_stray(key)
        return await self.run_action(active.binding.action, active.node)

    def _is_left(self, key: events.Key) -> bool:
        """Return whether a character is not typed where the focus is but runs its command."""
        focused = self.focused
        leaves = isinstance(focused, FilterInput) and focused.leaves(key.key)
        return leaves and key.key in self.screen.active_bindings

    def _comes_too_late(self) -> bool:
        """Take note of a key or a click; tell whether it was time to lock before it came."""
        self._watch_idleness()
        self._touched_at = clock()
        return self._locking

    def _watch_idleness(self) -> None:
        """Begin to lock if it is time to."""
        seconds = self._start.config.lock_minutes * 60 if self._start is not None else 0
        idle = 0 < seconds <= clock() - self._touched_at
        if idle and not self._locking and not self._locked:
            self._locking = True
            self.call_later(self._lock)
            if self._sending:
                self.notify("The screen locks once the CRM has answered.", markup=False)

    async def _lock(self) -> None:
        """Drop what is shown and the sessions with it, and show the card in its place."""
        for screen in self._screens_by_instance.values():
            screen.session.leave_unanswered()
        if self._sending:
            # A link whose answer is still waited for is seen to its end.
            self.set_timer(SENDING_SECONDS, self._lock)
            return
        log("locked")
        self._locked_in, self._choosing, self._held = self._current, False, []
        self._locking, self._locked = False, True
        self._kept_filters = {name: one.filter_to_keep for name, one in self._screens_by_instance.items()}
        self.clear_notifications()
        # All in one go: whatever a box waits for must not happen between its end and the card.
        while isinstance(self.screen, ModalScreen):
            self.pop_screen()
        await self.switch_screen(LockScreen(self.start.config.lock_minutes))
        await self._drop_screens()

    async def _drop_screens(self) -> None:
        """End all sessions, and forget what the screens knew."""
        for name in list(self._screens_by_instance):
            await self._drop_screen(name)

    async def _drop_screen(self, name: str) -> None:
        screen = self._screens_by_instance.get(name)
        if screen is None or screen.sending:
            # What is being sent is seen to its end.
            return
        self._stale.discard(name)
        if screen is self.screen:
            self._first = StartScreen()
            await self.switch_screen(self._first)
        self.uninstall_screen(screen)
        del self._screens_by_instance[name]
        ending = asyncio.create_task(screen.session.close())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        await screen.remove()

    async def action_unlock(self) -> None:
        """Go back to where one was, which signs in again."""
        log("unlocked")
        self._locked = False
        if self._locked_in is not None:
            await self._open_instance(self._locked_in)
        else:
            self.action_instances()

    def clear_notifications(self) -> None:
        """Take away all notices, and what holds them: Textual leaves it, and the next ones stand below."""
        for screen in {*self.screen_stack, *self._screens_by_instance.values()}:
            screen.query("ToastHolder").remove()
        super().clear_notifications()

    def action_command_palette(self) -> None:
        """Open the palette over the screen of an instance: elsewhere there are no commands for it."""
        from dazos_tui.tui.dialogs.palette import Palette

        front = self._front
        if front is not None and self.screen is front:
            palette = Palette(front.commands, front.why_not, self._used_commands)
            self.push_screen(palette, self._run_chosen)

    async def _run_chosen(self, name: str | None) -> None:
        """Run a command of the palette."""
        if name is not None and self._front is not None:
            self._used_commands = [name, *(one for one in self._used_commands if one != name)]
            await self._front.action_command(name)

    @property
    def _front(self) -> "WorkScreen | None":
        """Return the work screen that is in front, but for the boxes over it."""
        if self._start is None:
            return None
        from dazos_tui.tui.screens.work import WorkScreen

        return next((one for one in reversed(self.screen_stack) if isinstance(one, WorkScreen)), None)

    def _is_in_front(self, screen: Screen[None]) -> bool:
        return screen is self._front and not self._choosing

    async def _open_instance(self, name: str, text: str = "") -> None:
        """Go to an instance; `text` is what the filter of one not yet open begins with."""
        if name not in self._screens_by_instance and not self._make_screen(name, text):
            return
        if self._current != name:
            await self.switch_screen(name)
        self._name_window()

    def _name_window(self) -> None:
        """Have the terminal's title say which instance this is, unless the config wants none."""
        if self._front is None or not self.start.config.title or not isinstance(self._driver, ThriftyDriver):
            return
        instance = self._front.session.instance
        self._driver.set_title(safe_text(f"{instance.name} {instance.environment.upper()} – dazos-tui"))

    def _take_config(self, config: "Config") -> None:
        before = self.start.config.theme
        super()._take_config(config)
        if config.theme != before:
            self._use_themes(themes_for(self.start), config.theme)

    def _make_screen(self, name: str, text: str) -> bool:
        """Make the screen of an instance; tell whether that went well."""
        from dazos_tui.crm.errors import CrmError
        from dazos_tui.tui.dialogs.message import MessageDialog
        from dazos_tui.tui.screens.work import WorkScreen
        from dazos_tui.tui.session import InstanceSession

        opened, self._opened = self._opened, None
        try:
            session = InstanceSession(self.start.config.instance(name), self.start.store, opened)
        except CrmError as error:
            box = MessageDialog(f"{name} cannot be opened", str(error), error.advice, instance=name)
            self.push_screen(box, self._not_opened)
            return False
        kept = self._kept_filters.pop(name, "")
        typed = self._first.typed if self._first.is_current else text or kept
        screen = WorkScreen(session, self.start, self._is_in_front, typed)
        screen.kept = kept if typed == kept else ""
        self._screens_by_instance[name] = screen
        self.install_screen(screen, name)
        return True

    async def on_go_to(self, message: "GoTo") -> None:
        """Go to an instance and look for a person there."""
        if message.instance not in self.start.config.instances:
            self.notify(f"{message.instance} is no longer in the config.", severity="warning", markup=False)
            return
        await self._drop_if_stale(message.instance)
        known = self._screens_by_instance.get(message.instance)
        await self._open_instance(message.instance, message.text)
        if known is not None:
            known.look_for(message.text)

    def on_route_chosen(self, message: "RouteChosen") -> None:
        """Keep it, and write it to the config if there is one: it is asked only once."""
        start = self.start
        if message.instance not in start.config.instances:
            # It was taken out of the config meanwhile.
            return
        changed = start.config.instance(message.instance).model_copy(update={"reset_route": message.route})
        config = start.config.model_copy(
            update={"instances": {**start.config.instances, message.instance: changed}}
        )
        self._start = replace(start, config=config)
        if self.start.config_path is not None:
            self.run_worker(self._write_route(self.start.config_path, message.instance, message.route))

    @property
    def _config_path(self) -> Path | None:
        return self.start.config_path

    async def _write_route(self, path: Path, instance: str, route: "ResetRoute") -> None:
        from dazos_tui.config import ConfigError
        from dazos_tui.config_edit import set_instance_key
        from dazos_tui.tui.dialogs.message import MessageDialog

        try:
            # In a thread: the disk may be slow, and so is the first use of the library.
            await asyncio.to_thread(set_instance_key, path, instance, "reset_route", route)
        except ConfigError as error:
            self.push_screen(MessageDialog("Not remembered", str(error), error.advice, instance=instance))

    def _not_opened(self, _: None) -> None:
        """Go on after an instance could not be opened: choose again, if there is anything to choose."""
        if self._front is None and len(self.start.config.instances) > 1:
            self.action_instances()
        elif self._front is None:
            self.exit()

    def panic(self, *renderables: RenderableType) -> None:
        """End after an error, as of the thread that reads the keys, which Textual gives no exit code."""
        self.broken = True
        super().panic(*renderables)

    def _fatal_error(self) -> None:
        """End after an error of ours with its trace, but without the values: they can hold secrets."""
        self.broken = True
        from rich.segment import Segments
        from rich.traceback import Traceback

        trace = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(trace, self.console.options)))
        self._close_messages_no_wait()

    def action_help_quit(self) -> None:
        """Say how to leave, to whoever presses Ctrl+C."""
        self.notify(how_to_quit(COMMANDS), markup=False)

    async def action_quit(self) -> None:
        """Leave. While links are being sent, only on the second try."""
        sending = self._sending
        if sending and sending != self._warned_of:
            self._warned_of = sending
            words = "Quitting again leaves all the same; the history then says unknown."
            self.notify(f"The CRM has not answered yet. {words}", severity="warning", markup=False)
            return
        self.exit()

    @property
    def _sending(self) -> frozenset[str]:
        """Return whom a link is being sent to, in any instance."""
        return frozenset[str]().union(*(screen.sending for screen in self._screens_by_instance.values()))

    async def on_unmount(self) -> None:
        """Sign out everywhere and close the connections, whichever way the app ends."""
        closing = [screen.session.close() for screen in self._screens_by_instance.values()]
        try:
            await asyncio.wait_for(asyncio.gather(*closing, *self._ending), SIGN_OUT_SECONDS)
        except TimeoutError:
            self.log.warning("signing out took too long")
        if self._start is not None:
            self._start.store.close()
        await asyncio.to_thread(self._demo.close)


def _first_line(text: str) -> str:
    return next(iter(text.splitlines()), "")
