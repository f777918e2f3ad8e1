"""After the click: the note for the ticket, who is back in, and what to do for those who are not."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from textual import on

from dazos_tui.config import Instance
from dazos_tui.crm.models import Profile, User
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import BackIn, Entry, Outcome, Proof
from dazos_tui.history.store import utc_now
from dazos_tui.programs import child_environment
from dazos_tui.resets.addresses import domains_of
from dazos_tui.resets.back_in import Verdict, Verification
from dazos_tui.resets.note import note_for, without_addresses
from dazos_tui.resets.troubleshooter import Remedy, Step, summary, walk_missing
from dazos_tui.resets.waiting import LOOKED_BACK, is_waiting
from dazos_tui.tui import messages
from dazos_tui.tui.browser import open_page, opener
from dazos_tui.tui.copying import copy_to_clipboard, text_of_row, texts_of_person
from dazos_tui.tui.dialogs.copy import CopyMenu
from dazos_tui.tui.dialogs.entry import EntryDialog, Verb
from dazos_tui.tui.dialogs.find import FindDialog, Place
from dazos_tui.tui.dialogs.note import NoteDialog
from dazos_tui.tui.dialogs.said import SaidDialog
from dazos_tui.tui.dialogs.text import TextDialog
from dazos_tui.tui.dialogs.trouble import Chosen, TroubleDialog
from dazos_tui.tui.dialogs.waiting import WaitingDialog
from dazos_tui.tui.phrases import back_in, counted
from dazos_tui.tui.screens.base import NOT_IN, SessionState
from dazos_tui.tui.screens.layout import Pane
from dazos_tui.tui.screens.sending import SendingScreen
from dazos_tui.tui.whom import Whom
from dazos_tui.tui.widgets.history_list import HistoryList

WATCHED = timedelta(hours=12)
"""How old a link may be for its person's sign-in to be looked for unasked."""

_NOBODY_WAITS = "Nobody is waited for: each link of the last days was followed by a sign-in, or was not sent."


class FollowUpScreen(SendingScreen):
    """What follows a reset. It never changes anything in the CRM by itself: it only looks."""

    def on_mount(self) -> None:
        """Look at the newest sign-ins now and then, while somebody is waited for."""
        if seconds := self._config.sign_in_check_seconds:
            self.set_interval(seconds, self._glance)

    # -- one row --------------------------------------------------------------------------------------

    @on(HistoryList.Chosen)
    def show_entry(self) -> None:
        """Show the row of the history under the cursor."""
        if (entry := self._history.current) is not None:
            self._show_row(entry)

    def _show_row(self, entry: Entry) -> None:
        def do(verb: Verb | None) -> None:
            if verb is not None:
                self.do_about(entry, verb)

        self._show(EntryDialog(entry), do)

    def do_about(self, entry: Entry, verb: Verb) -> None:
        """Do something about a row of the history."""
        if verb is not Verb.NOTE and verb is not Verb.CONFIRM and self._is_of_another_host(entry):
            return
        match verb:
            case Verb.NOTE:
                self._show_note(entry)
            case Verb.TROUBLE:
                self._look_for_trouble(Whom.of_row(entry), entry)
            case Verb.CHECK:
                self._check_sign_ins([entry])
            case Verb.CONFIRM:
                self._show(SaidDialog(entry), self._note_back_in)
            case Verb.SEND:
                self.ask_to_send(Whom.of_row(entry))
            case Verb.BROWSE:
                self._open_in_browser(entry.request.user_id)

    def _is_of_another_host(self, entry: Entry) -> bool:
        """Tell whether a row is of another server, whose record ids are other people's; say so."""
        here, there = self.session.instance.host, entry.request.host
        if here != there:
            words = f"This row is about {there}, and {entry.request.instance} is {here} by now."
            advice = f"Look for the person by name: {self._way('filter')} and type."
            self._tell("Another server", words, advice)
        return here != there

    @property
    def _nobody(self) -> str:
        return f"Choose a person first: {self._way('filter')} and type a name."

    @property
    def _entry_in_focus(self) -> Entry | None:
        """Return the history's row under the cursor, while the focus is there."""
        return self._history.current if self.pane is Pane.HISTORY else None

    @property
    def _user_in_focus(self) -> User | None:
        """Return the person under the cursor; where the list is not in focus, the one of the profile."""
        return self._users.current if self.pane is Pane.USERS else self._profile.user

    def _row_in_focus(self) -> Entry | None:
        """Return the row under the cursor, or the newest of the person shown; else the newest of all."""
        if self.pane is Pane.HISTORY:
            return self._history.current
        if self.pane is Pane.PROFILE and self._profile.user is not None:
            return self._last_reset(self._profile.user)
        return self._history.newest

    # -- the note -------------------------------------------------------------------------------------

    def _why_not_note(self) -> str:
        return "" if self._row_in_focus() is not None else "There is nothing to note: no link was asked for."

    def command_note(self) -> None:
        """Show the note for the ticket."""
        if (entry := self._row_in_focus()) is not None:
            self._show_note(entry)

    def _show_note(self, entry: Entry, *, unasked: bool = False) -> None:
        template = self._config.note_template
        title = f"Note for {entry.request.ticket or 'the ticket'}"
        text = partial(_note, entry, template)
        dialog = NoteDialog(title, text, entry, self._config, unasked=unasked)
        if unasked:
            # Once the success is in its place: the box keeps below it.
            self.call_after_refresh(self._show_in_turn, dialog)
        else:
            self._show(dialog)

    @on(messages.ResetFinished)
    def _follow_up(self, message: messages.ResetFinished) -> None:
        entry = message.result.entry
        if entry.outcome is not Outcome.SENT or not is_waiting(entry):
            return
        if self._config.sign_in_check_seconds:
            self._in_background("baseline", partial(self.session.note_baseline, self.post_message, entry))
        if entry.request.ticket:
            self._show_note(entry, unasked=True)

    # -- who is back in -------------------------------------------------------------------------------

    def _why_not_check_sign_ins(self) -> str:
        return self._why_not_waiting()

    def command_check_sign_ins(self) -> None:
        """See in the CRM's login history who is back in."""
        if waiting := self._waiting():
            self._check_sign_ins(waiting)

    def _rows_waiting(self, how_long: timedelta) -> list[Entry]:
        return self._store.waiting(utc_now() - how_long, instance=self.session.instance.name)

    def _waiting(self) -> list[Entry]:
        try:
            return self._rows_waiting(LOOKED_BACK)
        except HistoryError as error:
            self._tell("The history cannot be read", str(error), error.advice)
            return []

    def _check_sign_ins(self, entries: Sequence[Entry]) -> None:
        if not entries:
            self.notify(_NOBODY_WAITS, markup=False)
            return
        self.notify(f"Looking for sign-ins of {counted(len(entries), 'person', 'people')} …", markup=False)
        job = partial(self.session.check_sign_ins, self.post_message, entries)
        self._in_background("sign-ins", job)

    def _glance(self) -> None:
        running = any(worker.group == "glance" and worker.is_running for worker in self.workers)
        if running or self._sending or self._state is not SessionState.IN:
            return
        try:
            waiting = self._rows_waiting(WATCHED)
        except HistoryError:
            return
        if waiting:
            job = partial(self.session.glance_at_sign_ins, self.post_message, waiting)
            self._in_background("glance", job)

    @on(messages.SessionEnded)
    def _session_ended(self) -> None:
        # No other report of the looks comes until somebody signs in again.
        if self._state not in NOT_IN:
            self._say_state(SessionState.ENDED)

    @on(messages.SignInsChecked)
    def _sign_ins_checked(self, message: messages.SignInsChecked) -> None:
        self._show_history()
        self._show_resets()
        back = [one for one in message.verifications if one.verdict is Verdict.BACK_IN]
        open_still = [one for one in message.verifications if one.verdict is not Verdict.BACK_IN]
        if back:
            self._mention("\n".join(map(_line, back)), title="Back in")
        if open_still and message.asked:
            self.app.clear_notifications()
            lines = [*map(_line, back), *map(_line, open_still)]
            self._tell("Not everybody is back in", "\n".join(lines), self._by_hand, tone="plain")

    @on(messages.SignInsUnknown)
    def _sign_ins_unknown(self, message: messages.SignInsUnknown) -> None:
        trouble = message.trouble
        advice = f"{trouble.advice}\n{self._by_hand}".strip()
        self._tell("The login history cannot be read", str(trouble), advice)

    @property
    def _by_hand(self) -> str:
        there = f"{self._way('history')} goes there, {self._way('open')} opens it"
        return f"c on a row of the history notes that the person is back in: {there}."

    def _note_back_in(self, entry: Entry | None) -> None:
        if entry is None:
            return
        try:
            noted = self._store.note_back_in(entry.id, BackIn(utc_now(), Proof.PERSON))
        except HistoryError as error:
            self._tell("Not noted", str(error), error.advice)
            return
        self._show_history()
        self._show_resets()
        request = noted.request
        words = f"{request.name or request.user_name} is back in: the person said so."
        self.notify(words, title="Noted", markup=False)

    def _why_not_waiting(self) -> str:
        try:
            return "" if self._rows_waiting(LOOKED_BACK) else _NOBODY_WAITS
        except HistoryError:
            # The command itself says so.
            return ""

    def command_waiting(self) -> None:
        """Show who is not back in yet."""
        if not (waiting := self._waiting()):
            return

        def do(chosen: tuple[Entry, Verb | None] | None) -> None:
            if chosen is None:
                return
            entry, verb = chosen
            if verb is None:
                self._show_row(entry)
            else:
                self.do_about(entry, verb)

        self._show(WaitingDialog(waiting, utc_now()), do)

    # -- still can't get in ---------------------------------------------------------------------------

    def _why_not_trouble(self) -> str:
        if not (nobody := self._why_not_browser()):
            return ""
        if not self._users.typed:
            return nobody
        reads = f"{self._sure_way('reload')} reads what is missing"
        unread = f"Not everybody has been read yet: wait, or {reads}."
        return "" if self._users.is_whole else unread

    def command_trouble(self) -> None:
        """Walk through what may keep the person in focus out."""
        entry, user = self._entry_in_focus, self._user_in_focus
        if entry is not None:
            self.do_about(entry, Verb.TROUBLE)
        elif user is not None:
            self._look_for_trouble(Whom.of_user(user))
        else:
            steps = self._steps_without(self._users.typed)
            self._show(TroubleDialog(self.session.instance, self._users.typed, steps), self._remedy)

    def _steps_without(self, text: str) -> tuple[Step, ...]:
        """Return what to try for somebody who is not here."""
        return walk_missing(text, [instance.name for instance in self._elsewhere])

    def _look_for_trouble(self, whom: Whom, row: Entry | None = None) -> None:
        steps = self._steps_without(whom.user_name or whom.name)
        alone = not self._elsewhere
        dialog = TroubleDialog(self.session.instance, whom.name, gone=steps, alone=alone)
        self._show(dialog, self._remedy)
        domains = domains_of(self._users.directory.users)
        look = partial(self.session.look_for_trouble, self.post_message, dialog.post_message)
        self._in_background("trouble", partial(look, whom, domains, row))

    def _remedy(self, chosen: Chosen | None) -> None:
        if chosen is not None and chosen.remedy is Remedy.OTHER_INSTANCES:
            self._find(chosen.name)
        if chosen is None or (profile := chosen.profile) is None:
            return
        user = profile.user
        match chosen.remedy:
            case Remedy.ENABLE_LOGIN:
                self.ask_to_enable(profile)
            case Remedy.SEND_AGAIN:
                self.ask_to_send(Whom.of_user(user))
            case Remedy.CHECK_SIGN_INS:
                last = self._last_reset(user)
                self._check_sign_ins([last] if last is not None else [])
            case Remedy.OPEN_IN_BROWSER:
                self._open_in_browser(user.id)
            case None:
                self._show_summary(chosen, profile)

    def _show_summary(self, chosen: Chosen, profile: Profile) -> None:
        text = summary(profile, chosen.steps)

        def text_of(masked: bool) -> str:  # noqa: FBT001 - given by place
            return without_addresses(text) if masked else text

        last = self._last_reset(profile.user)
        self._show(NoteDialog("Note for the ticket", text_of, last, self._config))

    @property
    def _elsewhere(self) -> list[Instance]:
        here = self.session.instance.name
        return [instance for name, instance in self._config.instances.items() if name != here]

    def _find(self, text: str) -> None:
        def go(place: Place | None) -> None:
            if place is not None:
                self.app.post_message(messages.GoTo(*place))

        self._show(FindDialog(self._elsewhere, text), go)

    # -- copying --------------------------------------------------------------------------------------

    def _why_not_copy_email(self) -> str:
        if (nobody := self._why_not_browser()) or self._entry_in_focus is not None:
            return nobody
        user = self._user_in_focus
        no_address = f"There is no e-mail address to copy: {self._way('copy_more')} offers the rest."
        return "" if user is not None and user.email else no_address

    def command_copy_email(self) -> None:
        """Copy the row under the cursor, or the e-mail of the person in focus."""
        entry, user = self._entry_in_focus, self._user_in_focus
        if entry is not None:
            self._copy(text_of_row(entry))
        elif user is not None:
            self._copy(user.email)

    def _why_not_copy_more(self) -> str:
        return "" if self._user_in_focus is not None else self._nobody

    def command_copy_more(self) -> None:
        """Choose what to copy of the person in focus."""
        if (user := self._user_in_focus) is not None:
            self._show(CopyMenu(user.name or user.user_name, self._texts()), self._copy)

    def _texts(self) -> dict[str, str]:
        user = self._user_in_focus
        if user is None:
            return {}
        url = self.session.client.profile_url(user.id)
        return texts_of_person(user, self.session.instance, url, self._last_reset(user))

    def _copy(self, text: str | None) -> None:
        if not text:
            return

        async def copy_it() -> None:
            self.notify(await copy_to_clipboard(self.app, text), title=text, markup=False)

        self._in_background("copy", copy_it)

    # -- in the browser -------------------------------------------------------------------------------

    def _why_not_browser(self) -> str:
        return self._nobody if self._entry_in_focus is None and self._user_in_focus is None else ""

    def command_browser(self) -> None:
        """Open the profile of the person in focus in the browser, or show its address."""
        entry, user = self._entry_in_focus, self._user_in_focus
        if entry is not None:
            self.do_about(entry, Verb.BROWSE)
        elif user is not None:
            self._open_in_browser(user.id)

    def _open_in_browser(self, user_id: str) -> None:
        url = self.session.client.profile_url(user_id)
        if (program := opener()) is None:
            self._show_address(url)
            return

        async def open_it() -> None:
            if await open_page(program, url, child_environment(self._config.secret_variables)):
                self.notify(url, title="Opened in the browser", markup=False)
            else:
                self._show_address(url, unasked=True)

        self._in_background("browser", open_it)

    def _show_address(self, url: str, *, unasked: bool = False) -> None:
        self._show(TextDialog("Open in your browser", url, copied=True, unasked=unasked))


def _note(entry: Entry, template: str, masked: bool) -> str:  # noqa: FBT001 - given by place
    return note_for(entry, template=template, mask=masked)


def _line(one: Verification) -> str:
    request = one.entry.request
    state = back_in(one.entry) or ("unclear" if one.verdict is Verdict.UNCLEAR else "not back in yet")
    words = f" {one.words}" if one.words else ""
    return f"{request.name} ({request.user_name}): {state}.{words}"
