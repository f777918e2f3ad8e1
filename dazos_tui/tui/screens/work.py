"""The screen on which the work is done: people, profile and history of one instance."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import ClassVar, TypeVar

from pydantic import SecretStr
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker

from dazos_tui.config import ResetRoute
from dazos_tui.crm.errors import PermissionDenied, SignedOut, SignInFailed
from dazos_tui.crm.models import ItemKind, MenuItem, Profile, Status, User
from dazos_tui.crm.reader import PeopleReader
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Entry, Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.service import UNKNOWN_ADVICE, Check
from dazos_tui.secrets import SecretError
from dazos_tui.tui import messages
from dazos_tui.tui.commands import COMMANDS
from dazos_tui.tui.dialogs.confirm import ConfirmDialog
from dazos_tui.tui.dialogs.message import MessageDialog
from dazos_tui.tui.dialogs.more_menu import MoreMenu
from dazos_tui.tui.dialogs.question import Answers, QuestionDialog
from dazos_tui.tui.dialogs.sign_in import SignInDialog
from dazos_tui.tui.dialogs.sort import SortDialog
from dazos_tui.tui.phrases import local_time
from dazos_tui.tui.screens.layout import MEDIUM, WIDE, Pane, visible_panes
from dazos_tui.tui.session import InstanceSession
from dazos_tui.tui.widgets.history_list import HistoryList
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.instance_bar import InstanceBar
from dazos_tui.tui.widgets.key_bar import KeyBar
from dazos_tui.tui.widgets.profile_panel import ProfilePanel
from dazos_tui.tui.widgets.users_pane import UsersPane

Job = Callable[[], Awaitable[None]]
T = TypeVar("T")

FRESH = timedelta(seconds=60)
"""A profile read this short a while ago need not be read again before a send."""

AGES_SECONDS = 30.0
"""How often "2 min ago" is looked at again."""

HISTORY_ROWS = 200
"""How many of the newest resets the history pane holds."""

_TYPED = frozenset(command.name for command in COMMANDS if not command.typing_key)
_TAB_ORDER = ("filter", "users", "profile", "history")


class SessionState(StrEnum):
    """What the session with the CRM is good for, in the words of the top line."""

    OUT = "not signed in"
    SIGNING_IN = "signing in …"
    IN = "signed in"
    ADMIN = "signed in · admin"
    NO_RIGHTS = "no admin rights"


class WorkScreen(Screen[None]):
    """One instance. Jobs in the background post messages; all that changes, changes in a handler here."""

    BINDINGS: ClassVar[list[BindingType]] = [command.binding for command in COMMANDS]
    AUTO_FOCUS = "#filter"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (MEDIUM, "-medium"), (WIDE, "-wide")]  # noqa: RUF012

    pane: reactive[Pane] = reactive(Pane.USERS)

    def __init__(
        self,
        session: InstanceSession,
        store: HistoryStore,
        is_in_front: "Callable[[WorkScreen], bool]",
        typed: str = "",
    ) -> None:
        super().__init__()
        self._typed = typed
        self.session = session
        self._store = store
        self._is_in_front = is_in_front
        self._side = Pane.PROFILE
        self._sending: set[str] = set()
        self._state = SessionState.OUT
        self._was_in = False
        self._held_back: list[Callable[[], object]] = []
        self._reader: PeopleReader | None = None
        self._told: set[str] = set()

    # -- what it looks like ---------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield InstanceBar(self.session.instance, id="bar")
        with Horizontal(id="panes"):
            yield UsersPane(self._typed, id="users-pane")
            with Vertical(id="side"):
                yield ProfilePanel(id="profile")
                yield HistoryList(id="history")
        yield KeyBar()

    def on_mount(self) -> None:
        """Show what is known already, and read the rest; the first read signs in."""
        self._explain_interrupted()
        self._show_history()
        self._read_people(self.session.reading())
        self.set_interval(AGES_SECONDS, self._refresh_ages)

    def on_resize(self, event: events.Resize) -> None:
        """Show as many panes as fit."""
        self._arrange(event.size.width, event.size.height)

    def watch_pane(self, pane: Pane) -> None:
        """Show the pane that was gone to."""
        if pane is not Pane.USERS:
            self._side = pane
        self._arrange(self.size.width, self.size.height)

    def _arrange(self, width: int, height: int) -> None:
        visible = visible_panes(width, height, self.pane, self._side)
        self._users.display = Pane.USERS in visible
        self.query_one("#side").display = bool(visible - {Pane.USERS})
        self._profile.display = Pane.PROFILE in visible
        self._history.display = Pane.HISTORY in visible

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follow the focus, wherever a key or the mouse took it."""
        self.pane = _pane_of(event.widget.id)
        if event.widget.id == "users":
            # From here on a key is meant for the person under the cursor, whoever arrives.
            self._users.hold()

    def _go_to(self, widget_id: str) -> None:
        self.pane = _pane_of(widget_id)
        # Not `Widget.focus`, which takes effect only later: the next key must already go there.
        widget = self.query_one(f"#{widget_id}", Widget)
        self.set_focus(widget)
        if isinstance(widget, FilterInput):
            widget.action_select_all()

    @property
    def _users(self) -> UsersPane:
        return self.query_one(UsersPane)

    @property
    def _profile(self) -> ProfilePanel:
        return self.query_one(ProfilePanel)

    @property
    def _history(self) -> HistoryList:
        return self.query_one(HistoryList)

    def _say_state(self, state: SessionState) -> None:
        self._state = state
        if not self._sending:
            self.query_one(InstanceBar).state = state

    def _in_background(self, group: str, job: Job) -> None:
        """Run a job beside the screen, in place of any other of its group."""
        _: Worker[None] = self.run_worker(_awaiting(job), group=group, exclusive=True)

    def _show(self, dialog: ModalScreen[T], callback: Callable[[T | None], None] | None = None) -> None:
        """Show a box; while another instance is on the screen, hold it back until this one is again."""
        if self._is_in_front(self):
            self.app.push_screen(dialog, callback)
        else:
            self._held_back.append(lambda: self.app.push_screen(dialog, callback))

    def _tell(self, title: str, reason: str, advice: str = "", *, tone: str = "error") -> None:
        self._show(MessageDialog(title, reason, advice, tone=tone))

    def _mention(self, words: str, *, title: str, severity: SeverityLevel = "information") -> None:
        """Show a notice; while another instance is on the screen, hold it back until this one is again."""
        notice = partial(self.notify, words, title=title, severity=severity, markup=False)
        if self._is_in_front(self):
            notice()
        else:
            self._held_back.append(notice)

    def on_screen_resume(self) -> None:
        """Show what was held back while another instance was in front."""
        self.show_held_back()

    def show_held_back(self) -> None:
        """Show the boxes that were held back, if this screen is in front."""
        if not self._is_in_front(self):
            return
        held, self._held_back = self._held_back, []
        for show in held:
            show()

    # -- signing in -----------------------------------------------------------------------------------

    @on(messages.SigningIn)
    def _signing_in(self, message: messages.SigningIn) -> None:
        self._say_state(SessionState.SIGNING_IN)
        if message.again:
            self._mention("The session had ended; signing in again.", title="Signed out")

    @on(messages.PasswordNeeded)
    def _ask_password(self, message: messages.PasswordNeeded) -> None:
        self._say_state(SessionState.OUT)

        def give(password: SecretStr | None) -> None:
            if not message.answer.done():
                message.answer.set_result(password)

        note = " ".join(filter(None, [message.note, self._drop_typed()]))
        self._show(SignInDialog(self.session.instance, note), give)

    @on(messages.QuestionAsked)
    def _ask_question(self, message: messages.QuestionAsked) -> None:
        def give(answers: Answers | None) -> None:
            if not message.answers.done():
                message.answers.set_result(answers)

        self._drop_typed()
        self._show(QuestionDialog(self.session.instance, message.question), give)

    def _drop_typed(self) -> str:
        """Empty the filter if nobody was signed in yet, and say so: it may hold the password, in clear."""
        if self._was_in or not self._users.typed:
            return ""
        self._users.clear_filter()
        return "What you typed before was dropped."

    @on(messages.SignedIn)
    def _signed_in(self) -> None:
        self._was_in = True
        self._say_state(SessionState.IN)

    # -- reading --------------------------------------------------------------------------------------

    def _read_people(self, reader: PeopleReader) -> None:
        self._reader = reader
        self._users.begin_reading()
        self._in_background("users", partial(self.session.read_people, self.post_message, reader))

    @on(messages.PeopleArrived)
    def _people_arrived(self, message: messages.PeopleArrived) -> None:
        # Also after a stop: the reader does not ask for these people again.
        if message.reader is self._reader:
            self._say_state(SessionState.ADMIN)
            self._users.add(message.arrival)

    @on(messages.ListRead)
    def _list_read(self, message: messages.ListRead) -> None:
        if message.reader is not self._reader or not self._users.is_reading:
            return
        reader = message.reader
        self._users.end_reading(reader.ids, complete=reader.complete)
        if reader.complete:
            reader.forget()
            self._reader = None
        for note in set(reader.notes) - self._told:
            self._told.add(note)
            self._mention(note, title="Reading took longer", severity="warning")
        if reader.gaps:
            advice = "F5 reads what is missing. Until then somebody you look for may not be in the list."
            self._tell("The list is not complete", "\n".join(reader.gaps), advice)

    @on(messages.ListFailed)
    def _list_failed(self, message: messages.ListFailed) -> None:
        if message.reader is self._reader and self._users.is_reading:
            denied = isinstance(message.trouble, PermissionDenied)
            self._users.stop_reading(_ADMINS_ONLY if denied else _CUT_SHORT)
            self._reading_failed("The list of people could not be read", message.trouble)

    @on(UsersPane.Sought)
    def _person_sought(self, message: UsersPane.Sought) -> None:
        self._in_background("search", partial(self.session.find_people, self.post_message, message.text))

    @on(messages.PeopleFound)
    def _people_found(self, message: messages.PeopleFound) -> None:
        if self._users.is_reading:
            self._users.add_found(message.text, message.users)

    @on(UsersPane.Opened)
    def _person_opened(self, message: UsersPane.Opened) -> None:
        self._open(message.user)

    def _open(self, user: User) -> None:
        self._users.hold()
        self._profile.show_reading(user)
        self._go_to("profile")
        self._in_background("profile", partial(self.session.load_profile, self.post_message, user.id))

    @on(messages.ProfileArrived)
    def _profile_arrived(self, message: messages.ProfileArrived) -> None:
        self._say_state(SessionState.ADMIN)
        user, shown = message.profile.user, self._profile.user
        if shown is None or shown.id == user.id:
            self._profile.show_profile(message.profile, self._last_reset(user))

    @on(messages.ProfileFailed)
    def _profile_failed(self, message: messages.ProfileFailed) -> None:
        shown = self._profile.user
        if shown is not None and shown.id == message.user_id:
            self._profile.show_words("The profile could not be read: Enter on the person tries again.")
            self._reading_failed("The profile could not be read", message.trouble)

    def _reading_failed(self, title: str, trouble: messages.Trouble) -> None:
        if isinstance(trouble, PermissionDenied):
            self._say_state(SessionState.NO_RIGHTS)
            title = "This account cannot send reset links"
        elif isinstance(trouble, SignedOut | SignInFailed | SecretError) or self._state in _NOT_IN:
            self._say_state(SessionState.OUT)
            title = "Not signed in"
        self._tell(title, str(trouble), trouble.advice)

    # -- a reset --------------------------------------------------------------------------------------

    def _ask_to_send(self, user_id: str, name: str, listed: str, fresh: Profile | None = None) -> None:
        if user_id in self._sending:
            self.notify("Wait for the CRM's answer to the last one first.", severity="warning", markup=False)
            return
        dialog = ConfirmDialog(self.session.instance, name)
        self._show(dialog, partial(self._answered, partial(self._ask_to_send, user_id, name, listed, fresh)))
        # The answer goes to this dialog and to no other, whatever is on the screen by then.
        job = partial(self.session.check, self.post_message, dialog.post_message, user_id, fresh, listed)
        self._in_background("check", job)

    def _answered(self, ask_again: Callable[[], None], answer: Check | ResetRoute | None) -> None:
        if isinstance(answer, ResetRoute):
            self.session.use_route(answer)
            self.app.post_message(messages.RouteChosen(self.session.instance.name, answer))
            if answer is ResetRoute.FORGOT_PASSWORD:
                ask_again()
            else:
                self.notify("You are not asked again: reset_route is “menu” now.", markup=False)
        elif answer is not None:
            self._send(answer)

    def _send(self, check: Check) -> None:
        self._sending.add(check.profile.user.id)
        self.query_one(InstanceBar).state = "sending …"
        # What one types next is the next person's name, not a command for this one.
        self._go_to("filter")
        # On the app and in no group: nothing the person does next may cancel it.
        _: Worker[None] = self.app.run_worker(_awaiting(partial(self.session.send, self.post_message, check)))

    @on(messages.ResetFinished)
    def _reset_finished(self, message: messages.ResetFinished) -> None:
        result = message.result
        entry = result.entry
        self._done_sending(entry.request.user_id)
        self._show_history()
        self._show_last_reset()
        if problem := result.record_error:
            self._tell(f"{entry.outcome.capitalize()}, but not recorded", str(problem), problem.advice)
        if entry.outcome is Outcome.SENT:
            self.notify(f"{entry.message}\n{_whom(entry)}", title="Success", timeout=8, markup=False)
            return
        if isinstance(result.error, PermissionDenied):
            self._say_state(SessionState.NO_RIGHTS)
        elif isinstance(result.error, SignedOut | SignInFailed) or self._state in _NOT_IN:
            self._say_state(SessionState.OUT)
            self._profile.grow_stale()
        self._tell(_TITLES[entry.outcome], f"{entry.message}\n\n{_whom(entry)}", result.advice)

    @on(messages.ResetStopped)
    def _reset_stopped(self, message: messages.ResetStopped) -> None:
        self._done_sending(message.user_id)
        self._tell("Not sent", message.reason, message.advice)

    def _done_sending(self, user_id: str) -> None:
        self._sending.discard(user_id)
        if not self._sending:
            self._say_state(self._state)

    @property
    def sending(self) -> frozenset[str]:
        """Return for which people of this instance an answer of the CRM is still waited for."""
        return frozenset(f"{self.session.instance.name} {user_id}" for user_id in self._sending)

    # -- the history ----------------------------------------------------------------------------------

    def _show_history(self) -> None:
        try:
            rows = self._store.search(instance=self.session.instance.name, limit=HISTORY_ROWS)
        except HistoryError as error:
            self._history.show([], empty="The history cannot be read.")
            self._tell("The history cannot be read", str(error), error.advice)
        else:
            self._history.show(rows, empty="No link was asked for in this instance yet.")

    def _explain_interrupted(self) -> None:
        """Say which links were asked for when the app, or its machine, went down before the answer came."""
        try:
            cut_off = self._store.settle_interrupted(self.session.instance.name)
        except HistoryError as error:
            self._tell("The history cannot be written", str(error), error.advice)
            return
        if cut_off:
            lines = [f"{local_time(entry.requested_at)}  {_whom(entry)}" for entry in cut_off]
            self._tell("Unknown whether it was sent", "\n".join([_CUT_OFF, "", *lines]), UNKNOWN_ADVICE)

    def _last_reset(self, user: User) -> Entry | None:
        """Return the person's newest reset; if the history cannot be read, say so and return None."""
        try:
            return self._store.last_reset(self.session.instance.name, user.id, user.user_name)
        except HistoryError as error:
            self.notify(str(error), title="The history cannot be read", severity="warning", markup=False)
            return None

    def _show_last_reset(self) -> None:
        if self._profile.profile is not None:
            self._profile.show_last_reset(self._last_reset(self._profile.profile.user))

    def _refresh_ages(self) -> None:
        self._history.repaint()
        self._profile.refresh_age()

    @on(HistoryList.Chosen)
    def _show_entry(self) -> None:
        entry = self._history.current
        if entry is not None:
            self._tell(f"Reset · {entry.outcome}", _entry_words(entry), tone="plain")

    # -- commands (see dazos_tui.tui.commands) --------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let characters that are commands elsewhere be typed into the filter."""
        typing = isinstance(self.focused, Input)
        return not (typing and action == "command" and parameters[0] in _TYPED)

    async def action_command(self, name: str) -> None:
        """Run one of the commands: the app's own, or the one of this name below."""
        handler = getattr(self, f"command_{name}", None)
        if handler is None:
            await self.app.run_action(f"app.{name}")
        else:
            handler()

    def action_move_in_list(self, how: str, by: int) -> None:
        """Move in the list while the focus stays in the filter."""
        self._users.move(how, by)

    def command_open(self) -> None:
        """Open what is under the cursor."""
        if self.pane is Pane.HISTORY:
            self._show_entry()
        elif self.pane is Pane.USERS and self._users.current is not None:
            self._open(self._users.current)

    def command_send(self) -> None:
        """Look at the person in focus once more and ask."""
        entry = self._history.current if self.pane is Pane.HISTORY else None
        user = self._users.current if self.pane is Pane.USERS else self._profile.user
        if entry is not None:
            request = entry.request
            self._ask_to_send(request.user_id, request.name or request.user_name, request.email)
        elif self.pane is not Pane.HISTORY and user is not None:
            fresh = self._profile.fresh_profile(user.id, FRESH)
            self._ask_to_send(user.id, user.name or user.user_name, user.email, fresh)
        else:
            self.notify("Choose a person first: / and type a name.", severity="warning", markup=False)

    def command_more(self) -> None:
        """Open the More menu of the profile that is shown."""
        profile, current = self._profile.profile, self._users.current
        elsewhere = self.pane is Pane.USERS and profile is not None and profile.user != current
        if profile is None or elsewhere:
            self.notify("Open the profile first: Enter on the person.", severity="warning", markup=False)
        elif not profile.menu:
            words = "The CRM shows no More menu for this person."
            if profile.user.status is Status.INACTIVE:
                words += " The account is inactive: it must be restored in the browser first."
            self.notify(words, severity="warning", markup=False)
        else:
            self._show(MoreMenu(profile), self._item_chosen)

    def _item_chosen(self, item: MenuItem | None) -> None:
        profile = self._profile.profile
        if item is None or profile is None or item.user_id != profile.user.id:
            return
        user = profile.user
        if item.kind is ItemKind.SEND_RESET_LINK:
            fresh = self._profile.fresh_profile(user.id, FRESH)
            self._ask_to_send(user.id, user.name or user.user_name, user.email, fresh)
        else:
            url = self.session.client.profile_url(item.user_id)
            words = f"“{item.label}” is not run from here. Open the profile in the browser:\n\n{url}"
            self._tell("In the browser", words, tone="plain")

    def command_filter(self) -> None:
        """Go to the filter."""
        self._go_to("filter")

    def command_history(self) -> None:
        """Go to the history."""
        self._go_to("history")

    def command_back(self) -> None:
        """Clear the filter if the focus is in it, else go to it. Notices go, too."""
        self.app.clear_notifications()
        if self.focused is not None and self.focused.id == "filter":
            self._users.clear_filter()
        self._go_to("filter")

    def command_next_pane(self) -> None:
        """Go to the next pane."""
        self._step_pane(1)

    def command_previous_pane(self) -> None:
        """Go to the pane before."""
        self._step_pane(-1)

    def _step_pane(self, by: int) -> None:
        here = self.focused.id if self.focused is not None else None
        index = _TAB_ORDER.index(here) if here in _TAB_ORDER else 0
        self._go_to(_TAB_ORDER[(index + by) % len(_TAB_ORDER)])

    def command_reload(self) -> None:
        """Read the list again, or what the last reading left, signing in first if need be."""
        self._read_people(self._reader or self.session.reading())

    def command_stop(self) -> None:
        """Stop reading the list, or say how to leave to whoever presses Ctrl+C for that."""
        if not self._users.is_reading:
            self.app.action_help_quit()
            return
        self.workers.cancel_group(self, "users")
        self._users.stop_reading("Reading was stopped: F5 goes on.")

    def command_sort(self) -> None:
        """Ask for the column to sort by."""
        self._show(SortDialog(self._users.order), self._sort_by)

    def _sort_by(self, column: str | None) -> None:
        if column is not None:
            self._users.sort_by(column)


def _awaiting(job: Job) -> Callable[[], Coroutine[None, None, None]]:
    """Return the job in the form a worker takes; one that never starts then leaves nothing behind."""

    async def run() -> None:
        await job()

    return run


_CUT_OFF = "dazos-tui ended before the CRM answered. These links may have been sent, or may not:"

_CUT_SHORT = "The list could not be read to its end: F5 tries again."
_ADMINS_ONLY = "The CRM shows the list to administrators alone."

_NOT_IN = frozenset({SessionState.OUT, SessionState.SIGNING_IN})

_TITLES = {
    Outcome.REFUSED: "Refused by the CRM",
    Outcome.NOT_SENT: "Not sent",
    Outcome.UNKNOWN: "Unknown whether it was sent",
}


def _pane_of(widget_id: str | None) -> Pane:
    return Pane(widget_id) if widget_id in {Pane.PROFILE, Pane.HISTORY} else Pane.USERS


def _whom(entry: Entry) -> str:
    request = entry.request
    return f"{request.name or request.user_name} <{request.email}> · {request.instance}"


def _entry_words(entry: Entry) -> str:
    request = entry.request
    lines = {
        "Asked for": local_time(entry.requested_at),
        "Outcome": f"{entry.outcome}{'' if entry.finished_at else ' (no answer was recorded)'}",
        "Answer": entry.message or "—",
        "Person": f"{request.name or '—'} ({request.user_name})",
        "E-mail": request.email,
        "Instance": f"{request.instance} · {request.environment.upper()} · {request.host}",
        "Asked by": request.operator,
        "Ticket": request.ticket or "—",
        "History no.": str(entry.id),
    }
    return "\n".join(f"{label:<13}{value}" for label, value in lines.items())
