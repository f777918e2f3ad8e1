"""What every screen of one instance has: its panes, its session's state, and how it tells things."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from enum import StrEnum
from functools import partial
from typing import TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker

from dazos_tui.config import Config
from dazos_tui.crm.models import User
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Entry
from dazos_tui.keys import shown_key
from dazos_tui.resets.accounts import account_of
from dazos_tui.tui.commands import Command, commands_with
from dazos_tui.tui.dialogs.message import MessageDialog
from dazos_tui.tui.messages import Report
from dazos_tui.tui.screens.layout import HORIZONTAL, VERTICAL, Pane, heights, visible_panes
from dazos_tui.tui.session import InstanceSession
from dazos_tui.tui.start import Start
from dazos_tui.tui.widgets.framed import Framed
from dazos_tui.tui.widgets.history_list import HistoryList
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.instance_bar import InstanceBar
from dazos_tui.tui.widgets.key_bar import KeyBar
from dazos_tui.tui.widgets.notice import Notice
from dazos_tui.tui.widgets.profile_panel import ProfilePanel
from dazos_tui.tui.widgets.small_card import cover_while_too_small
from dazos_tui.tui.widgets.users_pane import UsersPane

Job = Callable[[], Awaitable[None]]
T = TypeVar("T")

_KEYS_TO = {Pane.USERS: "filter", Pane.PROFILE: "open", Pane.HISTORY: "history"}
"""The command that goes to each pane."""

HISTORY_ROWS = 200
"""How many of the newest resets the history pane holds."""


class SessionState(StrEnum):
    """What the session with the CRM is good for, in the words of the top line: in order, nothing is said."""

    OUT = "NOT SIGNED IN"
    ENDED = "SESSION ENDED"
    SIGNING_IN = "signing in …"
    IN = ""
    NO_RIGHTS = "NO ADMIN RIGHTS"


NOT_IN = frozenset({SessionState.OUT, SessionState.ENDED, SessionState.SIGNING_IN})
"""States in which nobody is signed in."""

_WANT_SIGN_IN = frozenset({SessionState.OUT, SessionState.ENDED})
"""States that last until somebody asks for something of the CRM again."""


class InstanceScreen(Screen[None]):
    """One instance on the screen. Jobs in the background post messages to it; handlers make every change."""

    AUTO_FOCUS = "#filter"
    HORIZONTAL_BREAKPOINTS = HORIZONTAL
    VERTICAL_BREAKPOINTS = VERTICAL

    pane: reactive[Pane] = reactive(Pane.USERS)

    def __init__(
        self,
        session: InstanceSession,
        start: Start,
        is_in_front: Callable[[Screen[None]], bool],
        typed: str = "",
    ) -> None:
        super().__init__()
        self._typed = typed
        self.session = session
        self._store = start.store
        self._own_bindings = dict(self._bindings.key_to_bindings)
        self.use_config(start.config)
        self._tickets = start.tickets
        self._is_in_front = is_in_front
        self._zoomed = False
        self._sending: set[str] = set()
        self._state = SessionState.OUT
        self._held_back: list[Callable[[], object]] = []

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield InstanceBar(self.session.instance, id="bar")
        yield Notice(id="notice")
        with Horizontal(id="panes"):
            yield UsersPane(self._typed, self._sure_way, id="users-pane")
            with Vertical(id="side"):
                yield Framed("Now", ProfilePanel(self._sure_way("open"), id="profile"), id="profile-pane")
                yield Framed("History", HistoryList(id="history"), id="history-pane")
        yield KeyBar()

    def on_mount(self) -> None:
        """Let the footer follow the filter: only now is there one for certain. Cover what is too small."""
        self.query_one(KeyBar).follow(self.query_one(FilterInput))
        cover_while_too_small(self)

    def use_config(self, config: Config) -> None:
        """Go on with this config, and the keys in it."""
        self._config = config
        self.commands = commands_with(config.keys.in_force)
        self._bindings.key_to_bindings = {**self._own_bindings, **_bindings_of(self.commands)}
        self.refresh_bindings()

    def check_message_enabled(self, message: Message) -> bool:
        """Take no report once the app is ending: of a screen behind, Textual may close the panes first."""
        if isinstance(message, Report) and not self.app.is_running:
            return False
        return super().check_message_enabled(message)

    def on_resize(self, event: events.Resize) -> None:
        """Show as many panes as fit."""
        self._arrange(event.size.width, event.size.height)

    def watch_pane(self, pane: Pane) -> None:
        """Show the pane that was gone to."""
        self._arrange(self.size.width, self.size.height)

    def _arrange(self, width: int, height: int) -> None:
        visible = visible_panes(width, height, self.pane, zoomed=self._zoomed)
        side = self.query_one("#side")
        side.display = bool(visible - {Pane.USERS})
        for pane, frame in self._frames.items():
            frame.display = pane in visible
        self._users.styles.height, side.styles.height = heights(width, height, self.pane)

    @property
    def _frames(self) -> dict[Pane, Framed]:
        return {pane: self.query_one(f"#{pane}-pane", Framed) for pane in Pane}

    def _name_panes(self) -> None:
        """Say in the titles where the focus is, and which key goes to each pane from there."""
        for pane, frame in self._frames.items():
            frame.show_focus(here=pane is self.pane)
            nobody = pane is Pane.PROFILE and self._profile.user is None
            frame.name_key("" if nobody else self._key_here(_KEYS_TO[pane]))

    def _key_here(self, name: str) -> str:
        """Return the key of a command that acts where the focus is; empty if none does."""
        command = self._command(name)
        if isinstance(self.focused, Input) and command.typing_key:
            return shown_key(command.typing_key)
        return shown_key(command.keys[0]) if command.keys else ""

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follow the focus, wherever a key or the mouse took it."""
        self.pane = _pane_of(event.widget.id)
        self._name_panes()
        if event.widget.id == "users":
            # From here on a key is meant for the person under the cursor, whoever arrives.
            self._users.hold()
        if event.widget.id != "filter":
            self._users.drop_enter()

    def _go_to(self, widget_id: str) -> None:
        self.pane = _pane_of(widget_id)
        # Not `Widget.focus`, which takes effect only later: the next key must already go there.
        widget = self.query_one(f"#{widget_id}", Widget)
        self.set_focus(widget)
        if isinstance(widget, FilterInput):
            widget.action_select_all()

    @property
    def _bar(self) -> InstanceBar:
        return self.query_one(InstanceBar)

    @property
    def _notice(self) -> Notice:
        return self.query_one(Notice)

    @property
    def _users(self) -> UsersPane:
        return self.query_one(UsersPane)

    @property
    def _profile(self) -> ProfilePanel:
        return self.query_one(ProfilePanel)

    @property
    def _profile_frame(self) -> Framed:
        return self.query_one("#profile-pane", Framed)

    @property
    def _history(self) -> HistoryList:
        return self.query_one(HistoryList)

    def _way(self, name: str) -> str:
        """Return the keys of a command, for a sentence."""
        return self._command(name).way

    def _sure_way(self, name: str) -> str:
        """Return the key of a command that acts wherever the focus is, for a sentence."""
        return self._command(name).sure_way

    def _command(self, name: str) -> Command:
        return next(command for command in self.commands if command.name == name)

    def _say_state(self, state: SessionState) -> None:
        self._state = state
        if not self._sending:
            signs_in = f" · {self._sure_way('reload')}" if state in _WANT_SIGN_IN else ""
            self._bar.state = f"{state}{signs_in}"

    def _say_list(self) -> None:
        """Say in the top line whether the list lacks somebody."""
        lacking = not (self._users.is_whole or self._users.is_reading)
        self._bar.incomplete = f"INCOMPLETE · {self._sure_way('reload')}" if lacking else ""

    def _in_background(self, group: str, job: Job) -> None:
        """Run a job beside the screen, in place of any other of its group."""
        _: Worker[None] = self.run_worker(awaiting(job), group=group, exclusive=True)

    def _show(self, dialog: ModalScreen[T], callback: Callable[[T | None], None] | None = None) -> None:
        """Show a box; while another instance is on the screen, hold it back until this one is again."""
        if self._is_in_front(self):
            self.app.push_screen(dialog, callback)
        else:
            self._held_back.append(partial(self._show, dialog, callback))

    def _show_in_turn(self, dialog: ModalScreen[None]) -> None:
        """Show a box that nobody waits for: not over another one, but when that is closed."""
        if self.app.screen is self:
            self._show(dialog)
        else:
            self._held_back.append(partial(self._show_in_turn, dialog))

    def _tell(self, title: str, reason: str, advice: str = "", *, tone: str = "error") -> None:
        name = self.session.instance.name
        self._show_in_turn(MessageDialog(title, reason, advice, tone=tone, instance=name))

    def _mention(self, words: str, *, title: str, severity: SeverityLevel = "information") -> None:
        """Show a notice; while another instance is on the screen, hold it back until this one is again."""
        notice = partial(self.notify, words, title=title, severity=severity, markup=False)
        if self._is_in_front(self):
            notice()
        else:
            self._held_back.append(notice)

    def on_screen_resume(self) -> None:
        """Show what was held back while another instance, or a box, was in front."""
        self.show_held_back()

    def show_held_back(self) -> None:
        """Show the boxes that were held back, if this screen is in front."""
        if not self._is_in_front(self):
            return
        held, self._held_back = self._held_back, []
        for show in held:
            show()

    def _show_history(self) -> None:
        try:
            here = self.session.instance
            rows = self._store.search(instance=here.name, limit=HISTORY_ROWS)
            self._users.show_last_links(self._store.newest_by_person(here.name, here.host, here.server))
        except HistoryError as error:
            self._history.show([], empty="The history cannot be read.")
            self._tell("The history cannot be read", str(error), error.advice)
        else:
            self._history.show(rows, empty="No link was asked for in this instance yet.")

    def _last_reset(self, user: User) -> Entry | None:
        """Return the person's newest reset; if the history cannot be read, say so and return None."""
        try:
            return self._store.last_reset(account_of(self.session.instance, user))
        except HistoryError as error:
            self.notify(str(error), title="The history cannot be read", severity="warning", markup=False)
            return None


def awaiting(job: Job) -> Callable[[], Coroutine[None, None, None]]:
    """Return the job in the form a worker takes; one that never starts then leaves nothing behind."""

    async def run() -> None:
        await job()

    return run


def _bindings_of(commands: Iterable[Command]) -> dict[str, list[Binding]]:
    return BindingsMap(command.binding for command in commands if command.keys).key_to_bindings


def _pane_of(widget_id: str | None) -> Pane:
    return Pane(widget_id) if widget_id in {Pane.PROFILE, Pane.HISTORY} else Pane.USERS
