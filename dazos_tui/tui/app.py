"""The Textual app: dispatches keys, and owns the navigator, the idle lock, the type-ahead and the themes."""

import asyncio
import gc
import re
import signal
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.geometry import Offset
from textual.widgets import Input

from dazos_tui.config.keymap import CommandName
from dazos_tui.history.errors import HistoryError, HistoryUnreachableError
from dazos_tui.history.upgrade_progress import UPGRADE_LISTENER, UpgradeProgress
from dazos_tui.system.terminal_lending import has_job_control
from dazos_tui.tui.commands import COMMANDS, CommandRun, CommandTable, quit_hint
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.early_list import EarlyList
from dazos_tui.tui.idle_lock import IdleLock, is_user_input
from dazos_tui.tui.layout import is_too_small
from dazos_tui.tui.memory_tidy import MemoryTidy
from dazos_tui.tui.navigation import Navigator
from dazos_tui.tui.startup import AppContext, Prepare, StartScreen
from dazos_tui.tui.terminal.control import TerminalControl
from dazos_tui.tui.terminal.cursor_place import cursor_place
from dazos_tui.tui.terminal.paint import paint_now
from dazos_tui.tui.theme_controller import ThemeController, themes_for
from dazos_tui.tui.theming.themes import ENVIRONMENT_COLOURS, Themes
from dazos_tui.tui.type_ahead import BACKSPACE, TypeAhead, first_line
from dazos_tui.tui.widgets.inputs import FilterInput, SafeInput, insert_text

if TYPE_CHECKING:
    from dazos_tui.config.models import Config
    from dazos_tui.tui.messages import RequestTaught, RouteChosen

_COPIED_REQUEST = re.compile(r"""\s*(?:curl(?:\.exe)?\s+(?:-|\^?["']|https?:)|(?:await\s+)?fetch\(\s*["'])""")
"""How a request begins that was copied from a browser, as cURL or as fetch."""
_NOT_PASTED = (
    "A copied request has your session in it, and is not shown. “Teach instance” in the palette reads it."
)

_OBJECTS_TO_COLLECT = 20_000
"""How many new objects the garbage collector waits for."""

_FOCUS_SECONDS, _FOCUS_TRIES = 0.005, 100


class DazosApp(App[None]):
    """Find a person, send a reset link, keep track of it."""

    TITLE = "dazos-tui"
    CSS_PATH = "styles/app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self,
        prepare: Prepare,
        *,
        driver_class: type[Driver] | None = None,
        search: str = "",
        early: EarlyList | None = None,
    ) -> None:
        super().__init__(driver_class)
        self._prepare = prepare
        self.terminal = TerminalControl(self)
        start = StartScreen(search, early)
        self.navigator = Navigator(self, self.terminal, self._commands, self._config_changed, start)
        self.theming = ThemeController(self, lambda: self.context.config_path)
        self.type_ahead = TypeAhead(self)
        self.idle_lock = IdleLock(self, self.navigator)
        self.memory_tidy = MemoryTidy(self, self.idle_lock.idle_seconds)
        self._warned_sends: frozenset[str] = frozenset()
        self._recent_commands: list[CommandName] = []
        self.failure: Exception | None = None
        """The error that kept the app from starting, or None."""
        self.has_crashed = False
        """Whether an unhandled error ended the app, even if something else ended it too."""

    @property
    def cursor_position(self) -> Offset:
        """Return where the terminal's cursor is to be: Textual moves it there at the end of each frame."""
        return cursor_place(self.screen)

    @cursor_position.setter
    def cursor_position(self, _: Offset) -> None:
        """Ignore what Textual's inputs set: they do not know which widget has the focus later."""

    @property
    def context(self) -> AppContext:
        """Return what the app works with. Raises RuntimeError before it is loaded."""
        return self.navigator.context

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the environment colours that the stylesheet needs in every theme."""
        return ENVIRONMENT_COLOURS

    # -- beginning ------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show a screen that accepts typing at once, and load the rest in the background."""
        for number in () if self.is_headless else (signal.SIGTERM, signal.SIGHUP):
            # By default these signals would leave the terminal in the app's mode, and the session open.
            asyncio.get_running_loop().add_signal_handler(number, self.terminal.leave_for, number)
        self.push_screen(self.navigator.start_screen)
        self.call_after_refresh(self.run_worker, self._load)

    async def _load(self) -> None:
        UPGRADE_LISTENER.set(partial(self._show_upgrade, asyncio.get_running_loop()))
        try:
            context, themes = await asyncio.to_thread(self._load_context)
            # Report a history that cannot be read before anything else. A server that is away only stops
            # sends: people can be looked up, and the history pane tries again.
            with suppress(HistoryUnreachableError):
                await asyncio.to_thread(context.store.require_current)
        except Exception as error:  # noqa: BLE001 - `run_app` raises it again
            self.failure = error
            self.exit()
            return
        # As a message to the app: no key is handled between this and the screen that is shown next.
        self.call_next(self._open_first_screen, context, themes)

    def _show_upgrade(self, loop: asyncio.AbstractEventLoop, progress: UpgradeProgress | None) -> None:
        """Show how far an older history is brought up to date, from its thread; stop it if the user quits."""
        if self._exit:
            raise HistoryError("It was not brought up to date.", advice="The history is as it was.")
        words = str(progress) if progress is not None else "starting …"
        loop.call_soon_threadsafe(self.navigator.start_screen.show_status, words)

    def _load_context(self) -> tuple[AppContext, Themes]:
        """Load everything, in a thread: it takes too long to keep the first key press waiting."""
        import_module("dazos_tui.tui.screens.instance")
        context = self._prepare()
        return context, themes_for(context)

    async def _open_first_screen(self, context: AppContext, themes: Themes) -> None:
        if self._exit:
            # The user quit while it was loading: the first screen is gone.
            return
        # The fast start disables it. A frame makes thousands of objects, nearly none of them in cycles.
        gc.set_threshold(_OBJECTS_TO_COLLECT)
        gc.enable()
        start_screen = self.navigator.start_screen
        self.navigator.begin(context)
        start_screen.show_ready()
        self.idle_lock.begin()
        self.memory_tidy.begin()
        self.theming.use(themes, context.config.theme)
        if not context.config.mouse:
            self.terminal.ignore_mouse()
        for warning in context.config.deprecations:
            self.notify(f"{warning}.", title="Old key in the config", severity="warning", markup=False)
        names = list(context.config.instances)
        chosen = context.instance or (names[0] if len(names) == 1 else None)
        if chosen is None:
            self.navigator.choose()
        else:
            has_submitted = start_screen.has_submitted
            await self.navigator.open(chosen)
            if has_submitted and self.navigator.current == chosen:
                await self.on_event(events.Key("enter", "\r"))

    # -- keys -----------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Finish handling one key before looking at the next.

        Textual hands a key to the focused widget, which acts on it later. When two keys arrive together, as
        over a slow line, the second would still go to the widget that had the focus before the first.
        """
        if is_user_input(event) and self.idle_lock.record_input():
            return
        if isinstance(event, events.Resize):
            # The terminal moves or cuts what it shows when it is resized.
            self.terminal.forget_screen()
        if isinstance(event, events.Key) and event.key == "ctrl+z" and not self.is_headless:
            self.action_suspend_process()
            return
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if is_too_small(*self.size):
                await self._quit_if_asked(event)
                return
            if self.navigator.hold_input(event) or await self._handle_input(event):
                # One frame for keys that came together.
                if not self.message_queue_size:
                    paint_now(self.screen)
                return
        await super().on_event(event)

    async def _quit_if_asked(self, event: events.Key | events.Paste) -> None:
        """Quit on F10 and Ctrl+C; ignore other input: a terminal that is too small shows no effect of it."""
        if isinstance(event, events.Key) and event.key in {"f10", "ctrl+c"}:
            await self.action_quit()

    async def _handle_input(self, event: events.Key | events.Paste) -> bool:
        await self._wait_for_focus()
        if self.type_ahead.intercept(event):
            return True
        return self._paste(event) if isinstance(event, events.Paste) else await self._handle_key(event)

    async def _wait_for_focus(self) -> None:
        """Wait until the current screen has its focus, which is set shortly after the screen is shown."""
        tries = 0
        while self.screen.AUTO_FOCUS and self.screen.focused is None and tries < _FOCUS_TRIES:
            tries += 1
            await asyncio.sleep(_FOCUS_SECONDS)

    def _paste(self, event: events.Paste) -> bool:
        focused, front = self.focused, self.navigator.front
        if isinstance(self.screen, Dialog) and self.screen.receive_paste(event.text):
            return True
        if _COPIED_REQUEST.match(event.text):
            self.notify(_NOT_PASTED, title="Not pasted", severity="warning", markup=False)
            return True
        if isinstance(self.screen, Dialog) and self.screen.yields_to_typing:
            self.type_ahead.type_behind(self.screen, first_line(event.text))
            return True
        if front is not None and self.screen is front and not isinstance(focused, Input):
            # Pasting into a list or a panel can only mean a search.
            front.go_to(front.panes.search_field_id)
            focused = self.focused
        if isinstance(focused, SafeInput):
            focused.paste(event.text)
        elif isinstance(focused, Input):
            insert_text(focused, first_line(event.text))
        return isinstance(focused, Input)

    async def _handle_key(self, key: events.Key) -> bool:
        focused = self.focused
        if isinstance(focused, Input) and key.is_printable and key.character and not self._runs_command(key):
            insert_text(focused, key.character)
            return True
        box = self.screen
        if isinstance(box, Dialog) and box.yields_to_typing and (key.is_printable or key.key == "backspace"):
            character = key.character if key.is_printable and key.character else BACKSPACE
            self.type_ahead.type_behind(box, character)
            return True
        active = self.screen.active_bindings.get(key.key)
        if active is None or not active.enabled:
            return isinstance(box, Dialog) and box.handle_unbound_key(key)
        return await self.run_action(active.binding.action, active.node)

    def _runs_command(self, key: events.Key) -> bool:
        """Return whether a character runs its command instead of being typed into the filter."""
        focused = self.focused
        leaves = isinstance(focused, FilterInput) and focused.passes_on(key.key)
        return leaves and key.key in self.screen.active_bindings

    # -- commands -------------------------------------------------------------------------------------

    def _commands(self) -> CommandTable:
        """Return the commands that are the same in every instance."""
        return {
            "instances": CommandRun(self.navigator.choose),
            "theme": CommandRun(self.theming.choose),
            "redraw": CommandRun(self.terminal.redraw),
            "command_palette": CommandRun(self.action_command_palette),
            "quit": CommandRun(self.action_quit),
        }

    def action_redraw(self) -> None:
        """Redraw the whole screen, for example after another program wrote over it."""
        self.terminal.redraw()

    async def action_unlock(self) -> None:
        """Return to the instance that was in front before the lock, which signs in again."""
        await self.idle_lock.unlock()

    def action_command_palette(self) -> None:
        """Open the command palette. Only the screen of an instance has commands for it."""
        from dazos_tui.tui.dialogs.palette import PaletteDialog

        front = self.navigator.front
        if front is not None and self.screen is front:
            palette = PaletteDialog(front.commands, front.disabled_reason, self._recent_commands)
            self.push_screen(palette, self._run_from_palette)

    async def _run_from_palette(self, name: CommandName | None) -> None:
        """Run the command that was chosen in the palette."""
        front = self.navigator.front
        if name is not None and front is not None:
            self._recent_commands = [name, *(one for one in self._recent_commands if one != name)]
            await front.action_command(name)

    def action_suspend_process(self) -> None:
        """Suspend the app until the shell resumes it, if the shell can do that."""
        if has_job_control():
            super().action_suspend_process()
        else:
            self.notify(
                "Ctrl+Z needs a shell with job control, so that fg can bring the app back.", markup=False
            )

    @on(Driver.SignalResume)
    def _on_resumed(self) -> None:
        self.terminal.redraw()

    # -- what the screens ask of it -------------------------------------------------------------------

    async def on_reload_requested(self) -> None:
        """Read the config again if its file has changed."""
        await self.navigator.reload()

    def on_route_chosen(self, message: "RouteChosen") -> None:
        """Save the chosen route, so that the user is asked only once."""
        self.navigator.save_route(message.instance, message.route)

    def on_request_taught(self, message: "RequestTaught") -> None:
        """Write a request to the config and apply it, while keys are still handled."""
        self.run_worker(self.navigator.save_request(message))

    def _config_changed(self, before: "Config") -> None:
        if self.context.config.theme != before.theme:
            self.theming.use(themes_for(self.context), self.context.config.theme)

    def clear_notifications(self) -> None:
        """Remove all notices and their containers: Textual leaves those, and the next one would be lower."""
        for screen in {*self.screen_stack, *self.navigator.screens.values()}:
            screen.query("ToastHolder").remove()
        super().clear_notifications()

    # -- leaving --------------------------------------------------------------------------------------

    def action_help_quit(self) -> None:
        """Show how to quit, after Ctrl+C."""
        self.notify(quit_hint(COMMANDS), markup=False)

    async def action_quit(self) -> None:
        """Quit. While links are being sent, the first attempt only warns."""
        batch = self.navigator.batch
        sending = self.navigator.sending if batch is None else frozenset({batch.key})
        if sending and sending != self._warned_sends:
            self._warned_sends = sending
            state = (
                "The CRM has not answered yet." if batch is None else f"Links are being sent: {batch.words}."
            )
            stop = "" if batch is None else "Esc stops after this one. "
            words = "Quit again to leave anyway; the history will then say unknown."
            self.notify(f"{state} {stop}{words}", severity="warning", markup=False)
            return
        self.exit()

    def panic(self, *renderables: RenderableType) -> None:
        """End after an error outside the app's own tasks, such as in the input thread, with exit code 1."""
        self.has_crashed = True
        super().panic(*renderables)

    def _fatal_error(self) -> None:
        """End after an unhandled error. The traceback leaves out local values, which can hold secrets."""
        self.has_crashed = True
        from rich.segment import Segments
        from rich.traceback import Traceback

        trace = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(trace, self.console.options)))
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        """Sign out of every instance and close the connections, however the app ends."""
        await self.navigator.close()
