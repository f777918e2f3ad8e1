"""The flows of a work screen, and how they lead to one another."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from textual.message import Message

from dazos_tui.crm.models import MenuItem, MenuItemKind, Profile, User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.troubleshooting.steps import Remedy
from dazos_tui.tui.dialogs.find_user import FoundUser
from dazos_tui.tui.dialogs.history_entry import EntryAction
from dazos_tui.tui.flows.action_progress import ActionProgress
from dazos_tui.tui.flows.batch import BatchFlow
from dazos_tui.tui.flows.browse_history import BrowseHistoryFlow
from dazos_tui.tui.flows.copy_and_browse import BrowserFlow, CopyFlow
from dazos_tui.tui.flows.enable_login import EnableLoginFlow
from dazos_tui.tui.flows.follow_up import FollowUpFlow, RowFlow
from dazos_tui.tui.flows.from_ticket import FromTicketFlow
from dazos_tui.tui.flows.load_list import LoadListFlow
from dazos_tui.tui.flows.open_profile import MoreMenuFlow, OpenProfileFlow
from dazos_tui.tui.flows.remembered_list import RememberedListFlow
from dazos_tui.tui.flows.send import SendFlow
from dazos_tui.tui.flows.sign_in import FirstView, SignInFlow
from dazos_tui.tui.flows.take_out_history import TakeOutHistoryFlow
from dazos_tui.tui.flows.teach import TeachFlow
from dazos_tui.tui.flows.troubleshoot import TroubleshootFlow
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.instance_history import InstanceHistory
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.person_cards import PersonCards
from dazos_tui.tui.target import ResetTarget
from dazos_tui.tui.ticket_memory import InstanceTickets


class WorkView(FlowView, Protocol):
    """A work screen as the flows see it, with its parts and the way to the app."""

    panes: Panes
    cards: PersonCards
    state_dir: Path | None
    history: InstanceHistory
    config_path: Path | None
    """The config file; None without one, as in the demo."""

    async def prepare_full_history(self) -> None:
        """Create the view of the whole history, when it is needed for the first time."""

    def look_for(self, text: str) -> None:
        """Replace the text in the filter."""

    def refresh_bindings(self) -> None:
        """Draw the keys of the footer again. It is Textual's own."""

    async def copy(self, text: str) -> str:
        """Copy a text to the clipboard; return the sentence that reports the result."""

    def post_to_app(self, message: Message) -> None:
        """Post a message that concerns more than this instance to the app."""

    def go_to_user(self, name: str, text: str) -> None:
        """Go to another instance and search for a person there."""


class WorkFlows:
    """Builds the flows of one screen and connects them."""

    def __init__(self, view: WorkView, tickets: InstanceTickets, first: FirstView) -> None:
        self._view, panes, history = view, view.panes, view.history
        self.remembered = RememberedListFlow(view, panes, view.state_dir, first, self._remembered_shown)
        self.sign_in = SignInFlow(view, panes, first, self.remembered.signed_in)
        self.load_list = LoadListFlow(view, panes, self.remembered.keep)
        self.open_profile = OpenProfileFlow(view, panes, view.cards)
        self.from_ticket = FromTicketFlow(
            view, panes, tickets, open_person=self.open_profile.start, go_to=self._go_to
        )
        self.more_menu = MoreMenuFlow(view, panes, self._run_item)
        self.follow_up = FollowUpFlow(view, history)
        self.copy = CopyFlow(view, history, view.copy)
        self.browser = BrowserFlow(view)
        progress = ActionProgress(view, panes, self.follow_up.after, self.open_profile.read_again)
        self.teach = TeachFlow(
            view, panes, self.open_profile, config_path=view.config_path, post=view.post_to_app
        )
        self.enable_login = EnableLoginFlow(view, progress, self.teach, tickets)
        self.send = SendFlow(
            view,
            progress,
            self.open_profile,
            enable_login=self.enable_login,
            teach=self.teach,
            tickets=tickets,
        )
        self.troubleshoot = TroubleshootFlow(
            view, history, self.open_profile, remedies=self._remedies(), go_to=self._go_to
        )
        self.rows = RowFlow(view, self._entry_actions(), self._go_to, is_local=history.is_local)
        self.browse = BrowseHistoryFlow(view, lambda: panes.full_history, view.jobs.instance.name)
        self.take_out = TakeOutHistoryFlow(view, self.browse, view.state_dir, view.copy)
        self.batch = BatchFlow(view, panes, self.take_out, tickets, self.follow_up.note_taken)

    def _remedies(self) -> Mapping[Remedy, Callable[[Profile], None]]:
        """Return what each remedy of the troubleshooter does for the person of a profile."""
        return {
            Remedy.ENABLE_LOGIN: self.enable_login.start,
            Remedy.SEND_AGAIN: lambda profile: self.send.start(ResetTarget.of_user(profile.user)),
            Remedy.CHECK_SIGN_INS: self._check_sign_ins_of,
            Remedy.OPEN_IN_BROWSER: lambda profile: self.browser.start(profile.user.id),
        }

    def _entry_actions(self) -> Mapping[EntryAction, Callable[[HistoryEntry], None]]:
        """Return what each action does with a history entry."""
        return {
            EntryAction.NOTE: self.follow_up.show_note,
            EntryAction.TROUBLE: lambda row: self.troubleshoot.start(ResetTarget.of_row(row), row),
            EntryAction.CHECK: lambda row: self.follow_up.check_sign_ins([row]),
            EntryAction.CONFIRM: self.follow_up.ask_whether_back_in,
            EntryAction.SEND: lambda row: self.send.start(ResetTarget.of_row(row)),
            EntryAction.BROWSE: lambda row: self.browser.start(row.request.user_id),
            EntryAction.PERSON: self._show_person,
        }

    def show_row(self, entry: HistoryEntry | None) -> None:
        """Show a history entry, if there is one."""
        if entry is not None:
            self.rows.show(entry)

    def _show_person(self, entry: HistoryEntry) -> None:
        """Search for the person of a history entry, and open their profile if they are loaded."""
        request = entry.request
        user = self._view.loaded_users().with_id(request.user_id)
        self._view.look_for(request.user_name or request.email)
        if user is not None and user.user_name == request.user_name:
            self.open_profile.start(user)

    def _remembered_shown(self) -> None:
        self.load_list.show_completeness()

    def send_to(self, user: User) -> None:
        """Ask whether to send a link to this person."""
        self.send.start(ResetTarget.of_user(user), self.open_profile.fresh(user))

    def _run_item(self, profile: Profile, item: MenuItem) -> None:
        """Run an item of the More menu; open the browser for one that cannot be run from here."""
        match item.kind:
            case MenuItemKind.SEND_RESET_LINK:
                self.send_to(profile.user)
            case MenuItemKind.ENABLE_LOGIN:
                self.enable_login.start(profile)
            case _:
                words = f"“{item.label}” cannot be run from here."
                self._view.presenter.notify(words, title="In the browser")
                self.browser.start(item.user_id)

    def _check_sign_ins_of(self, profile: Profile) -> None:
        def check(last: HistoryEntry | None) -> None:
            self.follow_up.check_sign_ins([last] if last is not None else [])

        self._view.history.last_reset(profile.user, check)

    def _go_to(self, place: FoundUser) -> None:
        self._view.go_to_user(*place)
