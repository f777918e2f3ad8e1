"""What the commands run on a work screen, and why they are disabled."""

from functools import partial
from typing import Protocol

from dazos_tui.crm.models import User
from dazos_tui.directory.order import BY_RELEVANCE, SORT_COLUMNS
from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui import messages
from dazos_tui.tui.commands import Command, CommandRun, CommandTable, quit_hint
from dazos_tui.tui.dialogs.help import HelpDialog
from dazos_tui.tui.dialogs.history_entry import EntryAction
from dazos_tui.tui.dialogs.sort_order import SortOrderDialog
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.list_columns import TITLES
from dazos_tui.tui.screens.history import HistoryCommands
from dazos_tui.tui.screens.instance_flows import WorkFlows, WorkView
from dazos_tui.tui.screens.picking import PickCommands
from dazos_tui.tui.target import ResetTarget


class CommandView(WorkView, Protocol):
    """A work screen with its commands."""

    commands: tuple[Command, ...]


class WorkCommands:
    """Runs the commands on the person or the history entry in focus when the key is pressed."""

    def __init__(self, view: CommandView, flows: WorkFlows) -> None:
        self._view, self._panes, self._flows = view, view.panes, flows
        self._history = HistoryCommands(view, flows)
        self._picking = PickCommands(view, flows)

    def table(self) -> CommandTable:
        """Return the commands that act on this screen."""
        follow_up = self._flows.follow_up
        return {
            **self._history.table(),
            "open": CommandRun(self._open, self._open_disabled_reason),
            "send": CommandRun(self._send, self._send_disabled_reason),
            **self._picking.table(),
            "more": CommandRun(self._flows.more_menu.start, self._more_disabled_reason),
            "ticket": CommandRun(self._flows.from_ticket.ask),
            "filter": CommandRun(lambda: self._view.go_to(self._panes.search_field_id)),
            "history": CommandRun(self._go_to_history),
            "note": CommandRun(self._show_note, self._note_disabled_reason),
            "trouble": CommandRun(self._troubleshoot, self._troubleshoot_disabled_reason),
            "waiting": CommandRun(self._show_waiting, follow_up.disabled_reason),
            "check_sign_ins": CommandRun(self._check_sign_ins, self._check_disabled_reason),
            "browser": CommandRun(self._open_in_browser, self._person_disabled_reason),
            "copy_email": CommandRun(self._copy, self._copy_disabled_reason),
            "copy_more": CommandRun(self._choose_copy, self._choose_copy_disabled_reason),
            "reload": CommandRun(self._reload),
            "stop": CommandRun(self._flows.load_list.stop, self._stop_disabled_reason),
            "sort": CommandRun(self._ask_order, self._sort_disabled_reason),
            "back": CommandRun(self._go_back),
            "teach": CommandRun(self._flows.teach.start, self._flows.teach.disabled_reason),
            "zoom": CommandRun(self._panes.zoom, self._zoom_disabled_reason),
            "previous_pane": CommandRun(partial(self._step, -1)),
            "next_pane": CommandRun(partial(self._step, 1)),
            "help": CommandRun(self._show_help),
        }

    @property
    def _no_person(self) -> str:
        if self._history.is_open:
            return self._history.no_row
        return f"Select a person first: {self._view.key_in_pane('filter')} and type a name."

    def _person_disabled_reason(self) -> str:
        panes = self._panes
        return self._no_person if panes.entry_in_focus is None and panes.user_in_focus is None else ""

    # -- a person, or a row ---------------------------------------------------------------------------

    def _open_disabled_reason(self) -> str:
        panes = self._panes
        match panes.in_focus:
            case Pane.USERS if panes.users.ticket:
                return ""
            case Pane.USERS if panes.users.current is None and not panes.users.may_change:
                return "No person selected."
            case Pane.HISTORY if panes.history.current is None:
                return "The history is empty."
            case Pane.PROFILE if panes.profile.user is None:
                return self._no_person
            case Pane.FULL_HISTORY:
                return self._history.open_disabled_reason()
        return ""

    def _open(self) -> None:
        """Open what the cursor is on."""
        match self._panes.in_focus:
            case Pane.HISTORY:
                self._flows.show_row(self._panes.history.current)
            case Pane.FULL_HISTORY:
                self._history.open_row()
            case Pane.PROFILE:
                self._open_shown()
            case Pane.USERS if self._panes.users.ticket:
                self._open_from_ticket()
            case Pane.USERS if (user := self._panes.users.chosen_by_enter()) is not None:
                self._flows.open_profile.start(user)

    def _open_from_ticket(self) -> None:
        """Open the person under the cursor for the ticket in the filter; without one, keep the ticket."""
        if (user := self._panes.users.current) is not None:
            self._flows.from_ticket.open(user)
        else:
            self._flows.from_ticket.enter()

    def _open_shown(self) -> None:
        """Read the profile of the person shown; if it is read already, expand or collapse it."""
        panel = self._panes.profile
        if panel.profile is not None:
            panel.toggle_all()
        elif panel.user is not None and not panel.is_reading:
            self._flows.from_ticket.open(panel.user)

    def _send_disabled_reason(self) -> str:
        panes = self._panes
        if self._picking.applies:
            return self._picking.plan_disabled_reason()
        in_history = panes.in_focus in {Pane.HISTORY, Pane.FULL_HISTORY}
        in_focus = panes.entry_in_focus if in_history else panes.user_in_focus
        return self._no_person if in_focus is None else ""

    def _send(self) -> None:
        """Check the selected person again, and ask for confirmation; in the list first everybody picked."""
        if self._picking.applies:
            self._picking.plan()
            return
        entry, user = self._panes.entry_in_focus, self._panes.user_in_focus
        if entry is not None:
            self._flows.rows.do(entry, EntryAction.SEND)
        elif self._panes.in_focus is not Pane.HISTORY and user is not None:
            self._flows.send_to(user)

    def _troubleshoot_disabled_reason(self) -> str:
        if not (nobody := self._person_disabled_reason()):
            return ""
        if self._history.is_open or not self._panes.users.typed:
            return nobody
        if self._panes.users.ticket:
            return self._flows.from_ticket.find_disabled_reason()
        reads = f"{self._view.key_while_typing('reload')} reads the missing part"
        unread = f"The list is not complete yet: wait, or {reads}."
        return "" if self._panes.users.is_whole else unread

    def _troubleshoot(self) -> None:
        """Open the troubleshooter for the selected person."""
        entry, user = self._panes.entry_in_focus, self._panes.user_in_focus
        if entry is not None:
            self._flows.rows.do(entry, EntryAction.TROUBLE)
        elif user is not None:
            self._flows.troubleshoot.start(ResetTarget.of_user(user))
        elif self._panes.users.ticket:
            self._flows.from_ticket.find_elsewhere()
        else:
            self._flows.troubleshoot.start_for_missing(self._panes.users.typed)

    def _open_in_browser(self) -> None:
        """Open the profile of the selected person in the browser, or show its URL."""
        entry, user = self._panes.entry_in_focus, self._panes.user_in_focus
        if entry is not None:
            self._flows.rows.do(entry, EntryAction.BROWSE)
        elif user is not None:
            self._flows.browser.start(user.id)

    def _copy_disabled_reason(self) -> str:
        if (nobody := self._person_disabled_reason()) or self._panes.entry_in_focus is not None:
            return nobody
        user = self._panes.user_in_focus
        no_address = (
            f"There is no e-mail address to copy: {self._view.key_in_pane('copy_more')} offers the rest."
        )
        return "" if user is not None and user.email else no_address

    def _copy(self) -> None:
        """Copy the history entry in focus, or the e-mail of the selected person."""
        entry, user = self._panes.entry_in_focus, self._panes.user_in_focus
        if entry is not None:
            self._flows.copy.copy_row(entry)
        elif user is not None:
            self._flows.copy.copy_email(user)

    def _choose_copy_disabled_reason(self) -> str:
        if self._history.is_open:
            return "" if self._panes.entry_in_focus is not None else self._no_person
        return "" if self._panes.user_in_focus is not None else self._no_person

    def _choose_copy(self) -> None:
        """Choose what to copy about the selected person, or of the rows found."""
        if self._history.is_open:
            self._history.choose_copy()
        elif (user := self._panes.user_in_focus) is not None:
            self._flows.copy.choose(user)

    # -- after a link ---------------------------------------------------------------------------------

    def _row_in_focus(self) -> HistoryEntry | None:
        """Return the selected entry, or the newest of the person shown, or the newest of all."""
        shown: User | None = self._panes.profile.user
        match self._panes.in_focus:
            case Pane.HISTORY | Pane.FULL_HISTORY:
                return self._panes.entry_in_focus
            case Pane.PROFILE if shown is not None:
                return self._view.history.known_last_reset(shown)
        return self._panes.history.newest

    def _note_disabled_reason(self) -> str:
        return "" if self._row_in_focus() is not None else "No ticket note yet: no link has been requested."

    def _show_note(self) -> None:
        if (entry := self._row_in_focus()) is not None:
            self._flows.follow_up.show_note(entry)

    def _show_waiting(self) -> None:
        self._flows.follow_up.with_waiting(self._flows.rows.show_waiting)

    def _check_disabled_reason(self) -> str:
        is_open = self._history.is_open
        return self._history.check_disabled_reason() if is_open else self._flows.follow_up.disabled_reason()

    def _check_sign_ins(self) -> None:
        if self._history.is_open:
            self._history.check_sign_ins()
        else:
            self._flows.follow_up.with_waiting(self._flows.follow_up.check_sign_ins)

    # -- the screen itself ----------------------------------------------------------------------------

    def _reload(self) -> None:
        """Reload the list, and the config if it changed; in the whole history, only its rows."""
        if self._history.is_open:
            self._flows.browse.refresh()
            return
        self._view.post_to_app(messages.ReloadRequested())
        self._flows.load_list.start()

    def _stop_disabled_reason(self) -> str:
        # Then Ctrl+C means that the user wants to quit.
        return "" if self._panes.users.is_reading else quit_hint(self._view.commands)

    def _sort_disabled_reason(self) -> str:
        if self._history.is_open:
            return ""
        return "" if self._panes.users.directory.users else "The list is empty: there is nothing to sort."

    def _ask_order(self) -> None:
        if self._history.is_open:
            self._history.ask_order()
            return
        columns = {column: TITLES[column] for column in SORT_COLUMNS}
        titles = {BY_RELEVANCE.column: "Best match first", **columns}
        self._view.presenter.show(SortOrderDialog("list", titles, self._panes.users.order), self._sort_by)

    def _sort_by(self, column: str | None) -> None:
        if column is not None:
            self._panes.users.sort_by(column)

    def _go_back(self) -> None:
        """Close all notices; clear the filter if it has the focus, else go to it."""
        self._view.presenter.clear_notices()
        self._panes.notice.dismiss()
        if self._history.is_open:
            self._history.go_back()
            return
        if self._panes.is_in_filter:
            # What was typed goes first; a ticket that was kept only with the next Esc.
            if not self._panes.users.typed or self._panes.users.ticket:
                self._flows.from_ticket.drop()
            self._panes.users.clear_filter()
        self._view.go_to("filter")

    async def _go_to_history(self) -> None:
        """Go to the history of this instance; from there, to all of it."""
        if self._panes.in_focus is Pane.HISTORY:
            await self._history.open()
        else:
            self._view.go_to("history")

    def _more_disabled_reason(self) -> str:
        if self._history.is_open:
            return f"Go to the person first: {self._view.key_in_pane('person')}."
        return self._flows.more_menu.disabled_reason()

    def _zoom_disabled_reason(self) -> str:
        return "Nothing else is shown beside the whole history." if self._history.is_open else ""

    def _step(self, by: int) -> None:
        self._view.go_to(self._panes.step(by))

    def _show_help(self) -> None:
        self._view.presenter.show(HelpDialog(self._view.commands, self._panes.in_focus))
