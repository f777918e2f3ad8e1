"""The app: it takes the keys, and has a navigator, a lock, a type-ahead and the themes for all the rest."""

import asyncio
import signal
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.widgets import Input

from dazos_tui.config.keymap import CommandName
from dazos_tui.system.terminal_lending import has_job_control
from dazos_tui.tui.commands import COMMANDS, CommandRun, CommandTable, quit_hint
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.idle_lock import IdleLock, is_user_input
from dazos_tui.tui.layout import is_too_small
from dazos_tui.tui.navigation import Navigator
from dazos_tui.tui.startup import AppContext, Prepare
from dazos_tui.tui.terminal.control import TerminalControl
from dazos_tui.tui.theme_controller import ThemeController, themes_for
from dazos_tui.tui.theming.themes import ENVIRONMENT_COLOURS, Themes
from dazos_tui.tui.type_ahead import BACKSPACE, TypeAhead, first_line
from dazos_tui.tui.widgets.inputs import FilterInput, SafeInput, insert_text

if TYPE_CHECKING:
    from dazos_tui.config.models import Config
    from dazos_tui.tui.messages import GoTo, RouteChosen

_FOCUS_SECONDS, _FOCUS_TURNS = 0.005, 100


class DazosApp(App[None]):
    """Find a person, send a reset link, keep track of it."""

    TITLE = "dazos-tui"
    CSS_PATH = "styles/app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, prepare: Prepare, *, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class)
        self._prepare = prepare
        self.terminal = TerminalControl(self)
        self.navigator = Navigator(self, self.terminal, self._commands, self._config_changed)
        self.theming = ThemeController(self, lambda: self.start.config_path)
        self.type_ahead = TypeAhead(self)
        self.idle_lock = IdleLock(self, self.navigator)
        self._warned_of: frozenset[str] = frozenset()
        self._used_commands: list[CommandName] = []
        self.failure: Exception | None = None
        """Why the app could not begin, if it could not."""
        self.broken = False
        """Whether an error ends the app, whatever else wants to end it, too."""

    @property
    def start(self) -> AppContext:
        """Return what the app works with, once it is loaded."""
        return self.navigator.context

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give every theme the colours of the environments, as the stylesheet needs them."""
        return ENVIRONMENT_COLOURS

    # -- beginning ------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Take letters at once, and load the rest meanwhile."""
        for number in () if self.is_headless else (signal.SIGTERM, signal.SIGHUP):
            # Textual alone would leave the terminal as the app uses it, and the session open.
            asyncio.get_running_loop().add_signal_handler(number, self.terminal.leave_for, number)
        self.push_screen(self.navigator.first)
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

    def _loaded(self) -> tuple[AppContext, Themes]:
        """Load everything, in a thread: it takes longer than a person can wait for the first letter."""
        import_module("dazos_tui.tui.screens.instance")
        start = self._prepare()
        return start, themes_for(start)

    async def _show_first(self, start: AppContext, themes: Themes) -> None:
        if self._exit:
            # Somebody left while it was loading: the first screen is gone.
            return
        first = self.navigator.first
        self.navigator.begin(start)
        first.show_ready()
        self.idle_lock.begin()
        self.theming.use(themes, start.config.theme)
        if not start.config.mouse:
            self.terminal.ignore_mouse()
        names = list(start.config.instances)
        chosen = start.instance or (names[0] if len(names) == 1 else None)
        if chosen is None:
            self.navigator.choose()
        else:
            entered = first.has_pressed_enter
            await self.navigator.open(chosen)
            if entered and self.navigator.current == chosen:
                await self.on_event(events.Key("enter", "\r"))

    # -- keys -----------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Act on a key wholly before the next one is looked at.

        Textual hands a key to the widget in focus, which acts on it later: of two keys that arrive together,
        as they do over a slow line, the second would still go to what had the focus before the first.
        """
        if is_user_input(event) and self.idle_lock.comes_too_late():
            return
        if isinstance(event, events.Resize):
            # The terminal moves or cuts what it shows.
            self.terminal.forget_screen()
        if isinstance(event, events.Key) and event.key == "ctrl+z" and not self.is_headless:
            self.action_suspend_process()
            return
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if is_too_small(*self.size):
                await self._quit_by(event)
                return
            if self.navigator.holds(event) or await self._taken(event):
                return
        await super().on_event(event)

    async def _quit_by(self, event: events.Key | events.Paste) -> None:
        """Leave if that is the key for it: on a terminal that is too small, nobody sees what another does."""
        if isinstance(event, events.Key) and event.key in {"f10", "ctrl+c"}:
            await self.action_quit()

    async def _taken(self, event: events.Key | events.Paste) -> bool:
        await self._focus()
        if self.type_ahead.takes(event):
            return True
        return self._paste(event) if isinstance(event, events.Paste) else await self._act_on(event)

    async def _focus(self) -> None:
        """Wait until the screen in front has its focus: it is set a moment after the screen is shown."""
        turns = 0
        while self.screen.AUTO_FOCUS and self.screen.focused is None and turns < _FOCUS_TURNS:
            turns += 1
            await asyncio.sleep(_FOCUS_SECONDS)

    def _paste(self, event: events.Paste) -> bool:
        focused, front = self.focused, self.navigator.front
        if isinstance(self.screen, Dialog) and self.screen.yields_to_typing:
            self.type_ahead.type_behind(self.screen, first_line(event.text))
            return True
        if front is not None and self.screen is front and not isinstance(focused, Input):
            # In a list or a panel nothing could be done with it but to look for it.
            front.go_to("filter")
            focused = self.focused
        if isinstance(focused, SafeInput):
            focused.paste(event.text)
        elif isinstance(focused, Input):
            insert_text(focused, first_line(event.text))
        return isinstance(focused, Input)

    async def _act_on(self, key: events.Key) -> bool:
        focused = self.focused
        if isinstance(focused, Input) and key.is_printable and key.character and not self._is_left(key):
            insert_text(focused, key.character)
            return True
        box = self.screen
        if isinstance(box, Dialog) and box.yields_to_typing and (key.is_printable or key.key == "backspace"):
            typed = key.character if key.is_printable and key.character else BACKSPACE
            self.type_ahead.type_behind(box, typed)
            return True
        active = self.screen.active_bindings.get(key.key)
        if active is None or not active.enabled:
            return isinstance(box, Dialog) and box.handle_unbound_key(key)
        return await self.run_action(active.binding.action, active.node)

    def _is_left(self, key: events.Key) -> bool:
        """Return whether a character is not typed where the focus is but runs its command."""
        focused = self.focused
        leaves = isinstance(focused, FilterInput) and focused.passes_on(key.key)
        return leaves and key.key in self.screen.active_bindings

    # -- commands -------------------------------------------------------------------------------------

    def _commands(self) -> CommandTable:
        """Return what the commands do that are the same over every instance."""
        return {
            "instances": CommandRun(self.navigator.choose),
            "theme": CommandRun(self.theming.choose),
            "redraw": CommandRun(self.terminal.redraw),
            "command_palette": CommandRun(self.action_command_palette),
            "quit": CommandRun(self.action_quit),
        }

    def action_redraw(self) -> None:
        """Redraw the whole screen, as after another program wrote over it."""
        self.terminal.redraw()

    async def action_unlock(self) -> None:
        """Go back to where one was, which signs in again."""
        await self.idle_lock.unlock()

    def action_command_palette(self) -> None:
        """Open the palette over the screen of an instance: elsewhere there are no commands for it."""
        from dazos_tui.tui.dialogs.palette import PaletteDialog

        front = self.navigator.front
        if front is not None and self.screen is front:
            palette = PaletteDialog(front.commands, front.disabled_reason, self._used_commands)
            self.push_screen(palette, self._run_chosen)

    async def _run_chosen(self, name: CommandName | None) -> None:
        """Run a command of the palette."""
        front = self.navigator.front
        if name is not None and front is not None:
            self._used_commands = [name, *(one for one in self._used_commands if one != name)]
            await front.action_command(name)

    def action_suspend_process(self) -> None:
        """Stop until the shell has us go on, if one can."""
        if has_job_control():
            super().action_suspend_process()
        else:
            self.notify("Ctrl+Z stops only what a shell with job control can bring back: fg.", markup=False)

    @on(Driver.SignalResume)
    def _continued(self) -> None:
        self.terminal.redraw()

    # -- what the screens ask of it -------------------------------------------------------------------

    async def on_reload_asked(self) -> None:
        """See whether the config changed, too."""
        await self.navigator.reload()

    async def on_go_to(self, message: "GoTo") -> None:
        """Go to an instance and look for a person there."""
        await self.navigator.look_for(message.instance, message.text)

    def on_route_chosen(self, message: "RouteChosen") -> None:
        """Keep it: it is asked only once."""
        self.navigator.keep_route(message.instance, message.route)

    def _config_changed(self, before: "Config") -> None:
        if self.start.config.theme != before.theme:
            self.theming.use(themes_for(self.start), self.start.config.theme)

    def clear_notifications(self) -> None:
        """Take away all notices, and what holds them: Textual leaves it, and the next ones stand below."""
        for screen in {*self.screen_stack, *self.navigator.screens.values()}:
            screen.query("ToastHolder").remove()
        super().clear_notifications()

    # -- leaving --------------------------------------------------------------------------------------

    def action_help_quit(self) -> None:
        """Say how to leave, after Ctrl+C."""
        self.notify(quit_hint(COMMANDS), markup=False)

    async def action_quit(self) -> None:
        """Leave. While links are being sent, only on the second try."""
        sending = self.navigator.sending
        if sending and sending != self._warned_of:
            self._warned_of = sending
            words = "Quitting again leaves all the same; the history then says unknown."
            self.notify(f"The CRM has not answered yet. {words}", severity="warning", markup=False)
            return
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

    async def on_unmount(self) -> None:
        """Sign out everywhere and close the connections, whichever way the app ends."""
        await self.navigator.close()
