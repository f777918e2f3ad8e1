"""The work screen of one instance: users, profile and history."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.worker import Worker

from dazos_tui.config.keymap import CommandName, display_key
from dazos_tui.config.models import Config
from dazos_tui.config.ticket_pattern import TicketPattern
from dazos_tui.directory.packed_people import PackedPeople
from dazos_tui.tui import messages
from dazos_tui.tui.batch_progress import BatchProgress
from dazos_tui.tui.commands import (
    CHARTS_FOOTER,
    CHARTS_LABELS,
    FOOTERS,
    PICKED_FOOTER,
    PICKED_LABELS,
    Command,
    CommandTable,
    commands_with,
)
from dazos_tui.tui.copying import copy_to_clipboard
from dazos_tui.tui.flows.sign_in import FirstView
from dazos_tui.tui.history_pane import HistoryPane
from dazos_tui.tui.instance_history import InstanceHistory
from dazos_tui.tui.job_end import Job, run_until_end
from dazos_tui.tui.jobs import InstanceJobs
from dazos_tui.tui.layout import HORIZONTAL, VERTICAL, Pane
from dazos_tui.tui.panes import Panes, pane_of
from dazos_tui.tui.person_cards import PersonCards
from dazos_tui.tui.presenter import Presenter
from dazos_tui.tui.screens.instance_commands import WorkCommands
from dazos_tui.tui.screens.instance_flows import WorkFlows
from dazos_tui.tui.session_status import SessionStatus
from dazos_tui.tui.startup import AppContext
from dazos_tui.tui.terminal.compositor import cull_hidden_widgets
from dazos_tui.tui.ticket_memory import InstanceTickets
from dazos_tui.tui.widgets.history_list import HistoryList
from dazos_tui.tui.widgets.history_view import HistoryView
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.instance_bar import InstanceBar
from dazos_tui.tui.widgets.key_bar import KeyBar
from dazos_tui.tui.widgets.notice import Notice
from dazos_tui.tui.widgets.profile_panel import ProfilePanel
from dazos_tui.tui.widgets.titled_pane import TitledPane
from dazos_tui.tui.widgets.too_small import cover_while_too_small
from dazos_tui.tui.widgets.users_pane import UsersPane

AGES_SECONDS = 3.0
"""How often ages such as "2 min ago" are refreshed."""

_NOTHING_YET = FirstView()

_PANE_COMMANDS: Mapping[Pane, CommandName] = {
    Pane.USERS: "filter",
    Pane.PROFILE: "open",
    Pane.HISTORY: "history",
}
"""The command that goes to each pane."""


class Instances(Protocol):
    """The navigator as the screens see it."""

    def is_in_front(self, screen: Screen[None]) -> bool:
        """Return whether this work screen is in front, and the user is not choosing an instance."""

    def go_to_user(self, name: str, text: str) -> None:
        """Go to an instance and search for a person there."""


class WorkScreen(Screen[None]):
    """The screen of one instance. It has flows, which do the work, and a table of the commands."""

    AUTO_FOCUS = "#filter"
    HORIZONTAL_BREAKPOINTS = HORIZONTAL
    VERTICAL_BREAKPOINTS = VERTICAL

    pane: reactive[Pane] = reactive(Pane.USERS)
    """The pane that has the focus."""

    def __init__(
        self,
        jobs: InstanceJobs,
        context: AppContext,
        instances: Instances,
        app_commands: CommandTable,
        first: FirstView = _NOTHING_YET,
    ) -> None:
        """Build the screen of the instance that `jobs` are for.

        `instances` are all that are open, and `app_commands` the commands that do not depend on the screen.
        """
        super().__init__()
        cull_hidden_widgets(self)
        self._initial_text = first.text
        self.config_path = context.config_path
        self._own_bindings = dict(self._bindings.key_to_bindings)
        self.use_config(context.config)
        self.jobs = jobs
        jobs.report = self.post_message
        self.panes = Panes(self, lambda: self.pane)
        self.presenter = Presenter(self, jobs.instance.name, instances.is_in_front)
        self.go_to_user = instances.go_to_user
        self.status = SessionStatus(self._show_state, partial(self.key_while_typing, "reload"))
        self.history = InstanceHistory(context.store, jobs, self.presenter, self)
        self._ticket_memory = context.tickets
        self._tickets = InstanceTickets(context.tickets, jobs.instance.name, self._show_ticket)
        self.cards = PersonCards(self, self.panes, self.history, context.tickets)
        self._history_pane = HistoryPane(self, self.panes, self.history, self.cards, self.presenter)
        self.state_dir = context.state_dir
        self._flows = WorkFlows(self, self._tickets, first)
        self._table: CommandTable = {**app_commands, **WorkCommands(self, self._flows).table()}

    # -- what is on it --------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield InstanceBar(self.jobs.instance, id="bar")
        yield Notice(id="notice")
        with Horizontal(id="panes"):
            users = UsersPane(self._initial_text, self.key_while_typing, id="users-pane")
            users.on_moved = self.cards.follow_cursor
            users.on_vanished = self._flows.load_list.say_who_vanished
            yield users
            with Vertical(id="side"):
                yield TitledPane(
                    "Now", ProfilePanel(self.key_while_typing("open"), id="profile"), id="profile-pane"
                )
                yield TitledPane("History", HistoryList(id="history"), id="history-pane")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show what is known already, and load the rest; the first request signs in."""
        # The filter exists only now.
        self.query_one(KeyBar).follow(self.query_one(FilterInput))
        cover_while_too_small(self)
        if seconds := self.config.sign_in_check_seconds:
            self.set_interval(seconds, self._flows.follow_up.poll)
        self._history_pane.begin()
        self.panes.users.is_ticket = self._is_ticket
        self._show_ticket()
        self._flows.load_list.start()
        self._flows.remembered.start()
        if ticket := self._ticket_memory.take_start():
            self.call_after_refresh(self._flows.from_ticket.start, ticket, opens_single=True)
        self.set_interval(AGES_SECONDS, self._refresh_ages)

    async def prepare_full_history(self) -> None:
        """Create the view of the whole history, when it is needed for the first time."""
        if self.panes.full_history is None:
            # Before the key bar, and hidden until it gets the focus.
            view = HistoryView(self._full_history_keys)
            view.display = False
            await self.mount(view, before=self.query_one(KeyBar))
            self.query_one(KeyBar).follow(view.search_line)

    def _full_history_keys(self) -> str:
        names: tuple[CommandName, ...] = ("scope", "statistics", "export")
        return "  ".join(f"{self.key_in_pane(name)} {self.label_of(name).lower()}" for name in names)

    def use_config(self, config: Config) -> None:
        """Apply a config, with its keys."""
        self._config = config
        self._ticket_pattern = TicketPattern(config.ticket_pattern)
        self.commands = commands_with(config.keys.effective)
        self._character_commands = frozenset(one.name for one in self.commands if not one.typing_key)
        self._bindings.key_to_bindings = {**self._own_bindings, **_bindings_of(self.commands)}
        self.refresh_bindings()

    @property
    def config(self) -> Config:
        """Return the config in force."""
        return self._config

    @property
    def footer(self) -> tuple[CommandName, ...]:
        """Return the commands on the left of the footer now, the most needed first."""
        if self._has_charts:
            return CHARTS_FOOTER
        if not self._has_picks:
            return FOOTERS[self.pane]
        # Of the two ways to the plan, the one that acts here.
        elsewhere = "send" if self.panes.is_typing else "plan"
        return tuple(name for name in PICKED_FOOTER if name != elsewhere)

    def label_of(self, name: CommandName) -> str:
        """Return a command's label for what it does now."""
        label = self._command(name).label
        if self._has_charts:
            return CHARTS_LABELS.get(name, label)
        return PICKED_LABELS.get(name, label) if self._has_picks else label

    @property
    def _has_picks(self) -> bool:
        return self.pane is Pane.USERS and bool(self.panes.users.picks)

    @property
    def _has_charts(self) -> bool:
        view = self.panes.full_history if self.pane is Pane.FULL_HISTORY else None
        return view is not None and view.has_charts

    def on_resize(self) -> None:
        """Show as many panes as fit."""
        self.panes.arrange()

    def watch_pane(self, before: Pane, _: Pane) -> None:
        """Show the pane that got the focus, and the person meant there."""
        self.panes.arrange()
        self.cards.follow_focus(before)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follow the focus, whether a key or the mouse moved it."""
        # Not the widget of the event: with a second key, the focus may have moved on.
        self.pane = pane_of((self.focused or event.widget).id)
        self.panes.show_keys(self.key_to_pane)
        if event.widget.id == "users":
            # From now on a key is meant for the person under the cursor, so the list must not move.
            self.panes.users.pause_updates()
            self.cards.follow_cursor()
        if event.widget.id != "filter":
            self.panes.users.drop_enter()

    def go_to(self, widget_id: str) -> None:
        """Go to a widget, by its id, before the next key is handled."""
        self.pane = pane_of(widget_id)
        self.panes.go_to(widget_id)

    def on_screen_resume(self) -> None:
        """Show what was held back while another instance or a dialog was in front."""
        self._show_ticket()
        self.presenter.show_held_back()

    def look_for(self, text: str) -> None:
        """Replace the text in the filter."""
        self.go_to("filter")
        self.panes.users.look_for(text)

    def _is_ticket(self, word: str) -> bool:
        return self._ticket_pattern.matches(word)

    def _show_ticket(self) -> None:
        self.panes.bar.ticket = self._ticket_memory.next

    def _show_state(self, words: str) -> None:
        self.panes.bar.state = words

    def _refresh_ages(self) -> None:
        if not self.app.is_running:
            # Textual may have closed the panes of a screen in the background first.
            return
        self.panes.history.repaint()
        self.panes.profile.refresh_age()
        if self.panes.full_history is not None:
            self.panes.full_history.refresh_ages()

    def show_history(self) -> None:
        """Refresh everything that comes from the history: its pane, the list and the card."""
        self._history_pane.refresh()
        self._flows.browse.refresh()

    def key_to_pane(self, pane: Pane) -> str:
        """Return the key that goes to a pane; empty if it has none."""
        return self.key_here(_PANE_COMMANDS[pane])

    def post_to_app(self, message: Message) -> None:
        """Post a message that concerns more than this instance to the app."""
        self.app.post_message(message)

    def loaded_users(self) -> PackedPeople:
        """Return the users loaded so far."""
        return self.panes.users.directory.users

    async def copy(self, text: str) -> str:
        """Copy a text to the clipboard; return the sentence that reports the result."""
        return (await copy_to_clipboard(self.app, text)).message

    # -- what the flows see of it (see dazos_tui.tui.flows.view) --------------------------------------

    def run(self, group: str, job: Job, *, exclusive: bool = True) -> None:
        """Run a job that ends with the screen; if `exclusive`, cancel the other jobs of its group."""
        _: Worker[None] = self.run_worker(partial(run_until_end, self, job), group=group, exclusive=exclusive)

    def stop(self, group: str) -> None:
        """Cancel the jobs of a group."""
        self.workers.cancel_group(self, group)

    def run_until_quit(self, job: Job) -> None:
        """Run a job that only quitting the app cancels."""
        # On the app and in no group: nothing that the user does next may cancel it.
        _: Worker[None] = self.app.run_worker(partial(run_until_end, self, job))

    def in_turn(self, change: Callable[..., object], *args: Any) -> None:  # noqa: ANN401 - those of `change`
        """Run a change as a message of the screen, after the messages that it already received."""
        self.call_later(self._unless_ending, partial(change, *args))

    def _unless_ending(self, change: Callable[[], object]) -> None:
        # Textual may have closed the panes of a screen in the background first.
        if self.app.is_running:
            change()

    def key_in_pane(self, name: CommandName) -> str:
        """Return a command's keys in a pane, for use in a sentence."""
        return self._command(name).key_in_pane

    def key_while_typing(self, name: CommandName) -> str:
        """Return a command's key that works wherever the focus is, for use in a sentence."""
        return self._command(name).key_while_typing

    def key_here(self, name: CommandName) -> str:
        """Return a command's key that works where the focus is; empty if it has none."""
        command = self._command(name)
        if self.panes.is_typing and command.typing_key:
            return display_key(command.typing_key)
        return display_key(command.keys[0]) if command.keys else ""

    def _command(self, name: CommandName) -> Command:
        return next(command for command in self.commands if command.name == name)

    # -- what happens to it ---------------------------------------------------------------------------

    def check_message_enabled(self, message: Message) -> bool:
        """Ignore reports once the app is ending: the panes of a background screen may be closed."""
        if isinstance(message, messages.Report) and not self.app.is_running:
            return False
        return super().check_message_enabled(message)

    @on(messages.SigningIn)
    def _signing_in(self, message: messages.SigningIn) -> None:
        self._flows.sign_in.begin(again=message.again)

    @on(messages.PasswordNeeded)
    def _password_needed(self, message: messages.PasswordNeeded) -> None:
        self._flows.sign_in.ask_password(message.answer, message.note)

    @on(messages.ChallengeAsked)
    def _challenge_asked(self, message: messages.ChallengeAsked) -> None:
        self._flows.sign_in.ask_challenge(message.challenge, message.answers)

    @on(messages.SignedIn)
    def _signed_in(self) -> None:
        self._flows.sign_in.succeed()

    @on(messages.SessionEnded)
    def _session_ended(self) -> None:
        self._flows.sign_in.end()

    @on(messages.Paused)
    def _paused(self, message: messages.Paused) -> None:
        self.panes.users.show_pause(message.seconds)

    @on(UsersPane.Sought)
    def _person_sought(self, message: UsersPane.Sought) -> None:
        self._flows.load_list.search(message.text)

    @on(UsersPane.Opened)
    def _person_opened(self, message: UsersPane.Opened) -> None:
        self._flows.from_ticket.keep()
        self._flows.open_profile.start(message.user)

    @on(UsersPane.TicketChanged)
    def _ticket_changed(self, message: UsersPane.TicketChanged) -> None:
        self._flows.from_ticket.follow(message.ticket)

    @on(UsersPane.ListEnded)
    def _list_ended(self) -> None:
        self._flows.from_ticket.list_changed()

    @on(HistoryList.Chosen)
    def _row_chosen(self) -> None:
        self._flows.show_row(self.panes.history.current)

    @on(HistoryView.SearchChanged)
    @on(HistoryView.MoreWanted)
    def _history_wanted(self) -> None:
        self._flows.browse.go_on()

    @on(HistoryView.CursorRested)
    def _history_rested(self, message: HistoryView.CursorRested) -> None:
        self._flows.browse.follow(message.entry)

    @on(HistoryView.RowOpened)
    def _history_chosen(self) -> None:
        self._flows.browse.open_when_found(self._flows.rows.show)

    @on(FilterInput.AddressPasted)
    def _address_pasted(self, message: FilterInput.AddressPasted) -> None:
        message.stop()
        self.presenter.notify(f"Searching for {message.address}, found in the pasted text.")

    @property
    def filter_to_keep(self) -> str:
        """Return the filter text if it was typed while signed in: it cannot be a password then."""
        return self._flows.sign_in.filter_to_keep

    @property
    def sending(self) -> frozenset[str]:
        """Return the people with a pending action, by `InstanceTickets.key`."""
        return frozenset(map(self._tickets.key, self.status.pending))

    @property
    def running_batch(self) -> BatchProgress | None:
        """Return how far the batch under way has come, or None without one."""
        return self._flows.batch.progress

    # -- commands (see dazos_tui.tui.commands) --------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a character be typed into the filter although it runs a command elsewhere."""
        typed = self.panes.is_typing and action == "command" and parameters[0] in self._character_commands
        return not typed or self._is_passed_on(parameters[0])

    def _is_passed_on(self, name: object) -> bool:
        """Return whether the field in focus leaves a key of this command to it."""
        focused = self.focused
        keys = (key for command in self.commands if command.name == name for key in command.keys)
        return isinstance(focused, FilterInput) and any(map(focused.passes_on, keys))

    def disabled_reason(self, name: CommandName) -> str:
        """Return why a command is disabled now, as a sentence; empty if it is enabled."""
        return self._table[name].disabled_reason()

    async def action_command(self, name: CommandName) -> None:
        """Run a command, or show why it is disabled."""
        if reason := self.disabled_reason(name):
            self.presenter.notify(reason, severity="warning")
            return
        result = self._table[name].run()
        if isawaitable(result):
            await result

    def action_move_in_list(self, how: str, by: int) -> None:
        """Move the cursor in the list below while the focus stays in the filter."""
        view = self.panes.full_history
        if self.pane is Pane.FULL_HISTORY and view is not None:
            view.move(how, by)
        else:
            self.panes.users.move(how, by)


def _bindings_of(commands: Iterable[Command]) -> dict[str, list[Binding]]:
    return BindingsMap(command.binding for command in commands if command.keys).key_to_bindings
