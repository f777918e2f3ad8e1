"""The screen on which the work is done: people, profile and history of one instance."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from pydantic import SecretStr
from textual import on
from textual.screen import Screen
from textual.widgets import Input

from dazos_tui.crm.errors import PermissionDenied, SignedOut, SignInFailed
from dazos_tui.crm.models import ItemKind, MenuItem, Status, User
from dazos_tui.crm.reader import PeopleReader
from dazos_tui.history.errors import HistoryError
from dazos_tui.resets.service import UNKNOWN_ADVICE
from dazos_tui.secrets import SecretError
from dazos_tui.tui import messages
from dazos_tui.tui.commands import how_to_quit
from dazos_tui.tui.dialogs.entry import Verb
from dazos_tui.tui.dialogs.help import HelpDialog
from dazos_tui.tui.dialogs.more_menu import MoreMenu
from dazos_tui.tui.dialogs.question import Answers, QuestionDialog
from dazos_tui.tui.dialogs.sign_in import SignInDialog
from dazos_tui.tui.dialogs.sort import SortDialog
from dazos_tui.tui.phrases import local_time, whom
from dazos_tui.tui.screens.base import NOT_IN, SessionState
from dazos_tui.tui.screens.follow_up import FollowUpScreen
from dazos_tui.tui.screens.layout import Pane
from dazos_tui.tui.session import Declined, InstanceSession
from dazos_tui.tui.start import Start
from dazos_tui.tui.whom import Whom
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.users_pane import UsersPane

FRESH = timedelta(seconds=60)
"""A profile read this short a while ago need not be read again before a send."""

AGES_SECONDS = 3.0
"""How often ages such as "2 min ago" are looked at: so late at most they change on the screen."""

_TAB_ORDER = ("filter", "users", "profile", "history")


class WorkScreen(FollowUpScreen):
    """The screen of one instance, with all that can be done on it."""

    def __init__(
        self,
        session: InstanceSession,
        start: Start,
        is_in_front: Callable[[Screen[None]], bool],
        typed: str = "",
    ) -> None:
        super().__init__(session, start, is_in_front, typed)
        self._typed_keys = frozenset(command.name for command in self.commands if not command.typing_key)
        self._was_in = False
        self.kept = ""
        """What stood in the filter when the screen was locked: it was typed while somebody was signed in."""
        self._reader: PeopleReader | None = None
        self._told: set[str] = set()

    def on_mount(self) -> None:
        """Show what is known already, and read the rest; the first read signs in."""
        self._explain_interrupted()
        self._show_history()
        self._read_people(self.session.reading())
        self.set_interval(AGES_SECONDS, self._refresh_ages)

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

    @property
    def filter_to_keep(self) -> str:
        """Return what stands in the filter, if it was typed while somebody was signed in."""
        return self._users.typed if self._was_in else self.kept

    def _drop_typed(self) -> str:
        """Empty the filter if nobody was signed in yet, and say so: it may hold the password, in clear."""
        if self._was_in or self._users.typed == self.kept:
            return ""
        self._users.look_for(self.kept)
        return "What you typed before was dropped."

    @on(messages.SignedIn)
    def _signed_in(self) -> None:
        self._was_in = True
        self._say_state(SessionState.IN)

    # -- reading --------------------------------------------------------------------------------------

    def _read_people(self, reader: PeopleReader) -> None:
        self._reader = reader
        self._users.begin_reading()
        self._say_list()
        self._in_background("users", partial(self.session.read_people, self.post_message, reader))

    @on(messages.Paused)
    def _paused(self, message: messages.Paused) -> None:
        self._users.show_pause(message.seconds)

    @on(messages.PeopleArrived)
    def _people_arrived(self, message: messages.PeopleArrived) -> None:
        # Also after a stop: the reader does not ask for these people again.
        if message.reader is self._reader:
            self._say_state(SessionState.IN)
            self._users.add(message.arrival)

    @on(messages.ListRead)
    def _list_read(self, message: messages.ListRead) -> None:
        if message.reader is not self._reader or not self._users.is_reading:
            return
        reader = message.reader
        self._users.end_reading(reader.ids, complete=reader.complete)
        self._say_list()
        if reader.complete:
            reader.forget()
            self._reader = None
        for note in set(reader.notes) - self._told:
            self._told.add(note)
            self._mention(note, title="Reading took longer", severity="warning")
        if reader.gaps:
            reads = f"{self._sure_way('reload')} reads what is missing."
            advice = f"{reads} Until then somebody you look for may not be in the list."
            self._tell("The list is not complete", "\n".join(reader.gaps), advice)

    @on(messages.ListFailed)
    def _list_failed(self, message: messages.ListFailed) -> None:
        if message.reader is self._reader and self._users.is_reading:
            denied = isinstance(message.trouble, PermissionDenied)
            again = f"{self._sure_way('reload')} tries again."
            out = self._is_signed_out_by(message.trouble)
            cut_short = f"The list could not be read to its end: {again}"
            words = _ADMINS_ONLY if denied else f"Nobody is signed in: {again}" if out else cut_short
            self._users.stop_reading(words, searchable=not (denied or out), signed_out=out)
            self._say_list()
            self._reading_failed("The list could not be read", message.trouble, again)

    @on(UsersPane.Sought)
    def _person_sought(self, message: UsersPane.Sought) -> None:
        self._in_background("search", partial(self.session.find_people, self.post_message, message.text))

    @on(messages.PeopleFound)
    def _people_found(self, message: messages.PeopleFound) -> None:
        if not self._users.is_whole:
            self._users.add_found(message.text, message.users)

    @on(UsersPane.Opened)
    def _person_opened(self, message: UsersPane.Opened) -> None:
        self._open(message.user)

    def _open(self, user: User) -> None:
        self._users.hold()
        self._end_rest()
        self._notice.dismiss()
        self._profile.show_reading(user, self._resets_of(user))
        self._profile_frame.call("Person", self._key_here("open"))
        self._go_to("profile")
        self._in_background("profile", partial(self.session.load_profile, self.post_message, user.id))

    @on(messages.ProfileArrived)
    def _profile_arrived(self, message: messages.ProfileArrived) -> None:
        self._say_state(SessionState.IN)
        user, shown = message.profile.user, self._profile.user
        if shown is None or shown.id == user.id:
            self._profile.show_profile(message.profile, self._resets_of(user))
            self._profile_frame.call("Person", self._key_here("open"))

    @on(messages.RowMenuArrived)
    def _row_menu_arrived(self, message: messages.RowMenuArrived) -> None:
        self._profile.add_menu(message.profile)
        for menu in self.app.screen_stack:
            if isinstance(menu, MoreMenu):
                menu.extend(message.profile)

    @on(messages.ProfileFailed)
    def _profile_failed(self, message: messages.ProfileFailed) -> None:
        shown = self._profile.user
        if shown is not None and shown.id == message.user_id:
            again = f"{self._way('open')} on the person tries again."
            self._profile.show_words(f"The profile could not be read: {again}")
            self._reading_failed("The profile could not be read", message.trouble, again)

    def _reading_failed(self, title: str, trouble: messages.Trouble, again: str) -> None:
        advice = f"{trouble.advice} {again}".strip()
        if isinstance(trouble, PermissionDenied | Declined):
            advice = trouble.advice
        if isinstance(trouble, PermissionDenied):
            self._say_state(SessionState.NO_RIGHTS)
            title = "No right to send reset links"
        elif self._is_signed_out_by(trouble):
            self._say_state(SessionState.OUT)
            title = "Not signed in"
        self._tell(title, str(trouble), advice)

    def _is_signed_out_by(self, trouble: messages.Trouble) -> bool:
        return isinstance(trouble, SignedOut | SignInFailed | SecretError) or self._state in NOT_IN

    # -- the history ----------------------------------------------------------------------------------

    def _explain_interrupted(self) -> None:
        """Say which links were asked for when the app, or its machine, went down before the answer came."""
        try:
            cut_off = self._store.settle_interrupted(self.session.instance.name)
        except HistoryError as error:
            self._tell("The history cannot be written", str(error), error.advice)
            return
        if cut_off:
            lines = [f"{local_time(entry.requested_at)}  {whom(entry)}" for entry in cut_off]
            self._tell("Unknown whether it was sent", "\n".join([_CUT_OFF, "", *lines]), UNKNOWN_ADVICE)

    def _refresh_ages(self) -> None:
        if not self.app.is_running:
            # Of a screen behind, Textual may have closed the panes first.
            return
        self._history.repaint()
        self._profile.refresh_age()

    # -- commands (see dazos_tui.tui.commands) --------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let characters that are commands elsewhere be typed into the filter."""
        typing = isinstance(self.focused, Input)
        return not (typing and action == "command" and parameters[0] in self._typed_keys)

    def why_not(self, name: str) -> str:
        """Return why a command cannot be run now, as a sentence; empty if it can."""
        reason: Callable[[], str] | None = getattr(self, f"_why_not_{name}", None)
        return reason() if reason is not None else ""

    async def action_command(self, name: str) -> None:
        """Run one of the commands: the app's own, or the one of this name below; or say why not."""
        if reason := self.why_not(name):
            self.notify(reason, severity="warning", markup=False)
            return
        handler = getattr(self, f"command_{name}", None)
        if handler is None:
            await self.app.run_action(f"app.{name}")
        else:
            handler()

    def action_move_in_list(self, how: str, by: int) -> None:
        """Move in the list while the focus stays in the filter."""
        self._users.move(how, by)

    def _why_not_open(self) -> str:
        match self.pane:
            case Pane.USERS if self._users.current is None and not self._users.may_change:
                return "Nobody is under the cursor."
            case Pane.HISTORY if self._history.current is None:
                return "The history has no row yet."
            case Pane.PROFILE if self._profile.user is None:
                return self._nobody
        return ""

    def command_open(self) -> None:
        """Open what is under the cursor."""
        if self.pane is Pane.HISTORY:
            self.show_entry()
        elif self.pane is Pane.PROFILE:
            self._open_shown()
        elif (user := self._users.chosen_by_enter()) is not None:
            self._open(user)

    def _open_shown(self) -> None:
        """Read the profile of the person shown; if that is there, open what is folded of it."""
        if self._profile.profile is not None:
            self._profile.toggle_all()
        elif self._profile.user is not None and not self._profile.is_reading:
            self._open(self._profile.user)

    def _why_not_send(self) -> str:
        in_history = self.pane is Pane.HISTORY
        return self._nobody if (self._entry_in_focus if in_history else self._user_in_focus) is None else ""

    def command_send(self) -> None:
        """Look at the person in focus once more and ask."""
        entry, user = self._entry_in_focus, self._user_in_focus
        if entry is not None:
            self.do_about(entry, Verb.SEND)
        elif self.pane is not Pane.HISTORY and user is not None:
            self.ask_to_send(Whom.of_user(user), self._profile.fresh_profile(user.id, FRESH))

    def _why_not_more(self) -> str:
        profile, current = self._profile.profile, self._users.current
        elsewhere = self.pane is Pane.USERS and profile is not None and profile.user != current
        if profile is None or elsewhere:
            return f"Open the profile first: {self._way('open')} on the person."
        if profile.menu:
            return ""
        inactive = " The account is inactive: it must be restored in the browser first."
        words = "The CRM shows no More menu for this person."
        return words + (inactive if profile.user.status is Status.INACTIVE else "")

    def command_more(self) -> None:
        """Open the More menu of the profile that is shown."""
        profile = self._profile.profile
        if profile is None:
            return
        self._show(MoreMenu(profile), self._item_chosen)
        if not profile.has_row_menu:
            self._in_background("menu", partial(self.session.load_row_menu, self.post_message, profile))

    def _item_chosen(self, item: MenuItem | None) -> None:
        profile = self._profile.profile
        if item is None or profile is None or item.user_id != profile.user.id:
            return
        user = profile.user
        if item.kind is ItemKind.SEND_RESET_LINK:
            self.ask_to_send(Whom.of_user(user), self._profile.fresh_profile(user.id, FRESH))
        elif item.kind is ItemKind.ENABLE_LOGIN:
            self.ask_to_enable(profile)
        else:
            self.notify(f"“{item.label}” is not run from here.", title="In the browser", markup=False)
            self._open_in_browser(item.user_id)

    def command_filter(self) -> None:
        """Go to the filter."""
        self._go_to("filter")

    @on(FilterInput.AddressPasted)
    def _address_pasted(self, message: FilterInput.AddressPasted) -> None:
        message.stop()
        self.notify(f"Looking for {message.address}, taken out of what was pasted.", markup=False)

    def look_for(self, text: str) -> None:
        """Put a text into the filter, in place of what is there."""
        self._go_to("filter")
        self._users.look_for(text)

    def command_history(self) -> None:
        """Go to the history."""
        self._go_to("history")

    def command_back(self) -> None:
        """Clear the filter if the focus is in it, else go to it. Notices go, too."""
        self.app.clear_notifications()
        self._notice.dismiss()
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

    def command_zoom(self) -> None:
        """Show the pane in focus alone, or the others again."""
        self._zoomed = not self._zoomed
        self._arrange(self.size.width, self.size.height)

    def command_reload(self) -> None:
        """Read the list again, or what the last reading left, signing in first if need be."""
        self.post_message(messages.ReloadAsked())
        self._read_people(self._reader or self.session.reading())

    def _why_not_stop(self) -> str:
        # Whoever presses Ctrl+C then means to leave.
        return "" if self._users.is_reading else how_to_quit(self.commands)

    def command_stop(self) -> None:
        """Stop reading the list."""
        self.workers.cancel_group(self, "users")
        self._users.stop_reading(f"Reading was stopped: {self._sure_way('reload')} goes on.")
        self._say_list()

    def command_help(self) -> None:
        """Show keys and steps."""
        self._show(HelpDialog(self.commands, self.pane))

    def _why_not_sort(self) -> str:
        return "" if self._users.directory.users else "There is nobody in the list to sort."

    def command_sort(self) -> None:
        """Ask for the column to sort by."""
        self._show(SortDialog(self._users.order), self._sort_by)

    def _sort_by(self, column: str | None) -> None:
        if column is not None:
            self._users.sort_by(column)


_CUT_OFF = "dazos-tui ended before the CRM answered. These links may have been sent, or may not:"
_ADMINS_ONLY = "The CRM shows the list to administrators alone."
