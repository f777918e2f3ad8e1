"""Reading a person's profile, and the More menu."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from dazos_tui.crm.errors import CrmError, UserNotFoundError
from dazos_tui.crm.models import MenuItem, Profile, Status, User
from dazos_tui.secrets import SecretError
from dazos_tui.tui.dialogs.more_menu import MoreMenuDialog
from dazos_tui.tui.flows.failures import show_read_failure
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.job_errors import JobError
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.person_cards import PersonCards
from dazos_tui.tui.session_status import SessionState

PROFILE_MAX_AGE = timedelta(seconds=60)
"""Maximum age of a profile that may be used for a send without reading it again."""


class OpenProfileFlow:
    """Reads profiles into the profile panel."""

    def __init__(self, view: FlowView, panes: Panes, cards: PersonCards) -> None:
        self._view, self._panes, self._cards = view, panes, cards

    def start(self, user: User) -> None:
        """Read this person's profile, and move the focus to it."""
        self._panes.users.pause_updates()
        self._panes.notice.dismiss()
        self._cards.show_reading(user, self._what_it_waits_for(user))
        self._view.go_to("profile")
        self._view.run("profile", partial(self._read, user.id))

    def _what_it_waits_for(self, user: User) -> str:
        """Return a sentence for a remembered person who is opened before somebody has signed in."""
        users = self._panes.users
        if self._view.status.is_signed_in or not users.is_remembered(user.id):
            return ""
        return f"The profile opens once you are signed in. This is as of {users.as_of}."

    def read_again(self, user_id: str) -> None:
        """Read the profile again if it is the one shown: it is out of date."""
        panel = self._panes.profile
        panel.mark_stale()
        if panel.user is not None and panel.user.id == user_id:
            self._view.run("profile", partial(self._read, user_id))

    async def _read(self, user_id: str) -> None:
        try:
            profile = await self._view.jobs.profile(user_id)
        except (CrmError, SecretError) as error:
            self._show_failure(user_id, error)
        else:
            self.show(profile)

    def show(self, profile: Profile) -> None:
        """Show a profile just read, unless another person is shown."""
        self._view.status.set(SessionState.IN)
        self._cards.show_profile(profile)

    def show_checked(self, profile: Profile, fresh: Profile | None) -> None:
        """Show the profile that was read to check a send, unless the `fresh` one was used unchanged."""
        if fresh is None:
            self.show(profile)
        elif profile is not fresh:
            self._panes.profile.add_menu(profile)

    def _show_failure(self, user_id: str, error: JobError) -> None:
        shown = self._panes.profile.user
        if shown is not None and shown.id == user_id:
            again = f"{self._view.key_in_pane('open')} on the person tries again."
            users = self._panes.users
            if isinstance(error, UserNotFoundError) and users.is_remembered(user_id):
                again = f"The list is as of {users.as_of}: {self._view.key_while_typing('reload')} reads it."
            self._panes.profile.show_words(f"Could not read the profile: {again}")
            show_read_failure(self._view, "Could not read the profile", error, again)

    def fresh(self, user: User) -> Profile | None:
        """Return this person's profile if it is shown and fresh enough."""
        return self._panes.profile.recent_profile(user.id, PROFILE_MAX_AGE)


class MoreMenuFlow:
    """Shows the More menu of the profile in the panel; `choose` runs the chosen item."""

    def __init__(self, view: FlowView, panes: Panes, choose: Callable[[Profile, MenuItem], None]) -> None:
        self._view, self._panes, self._choose = view, panes, choose

    def disabled_reason(self) -> str:
        """Return why there is no menu to open; empty if there is one."""
        profile, current = self._panes.profile.profile, self._panes.users.current
        in_list = self._panes.in_focus is Pane.USERS
        elsewhere = in_list and profile is not None and profile.user != current
        if profile is None or elsewhere:
            return f"Open the profile first: {self._view.key_in_pane('open')} on the person."
        if profile.menu:
            return ""
        inactive = " The account is inactive: it must be restored in the browser first."
        words = "The CRM does not show a More menu for this person."
        return words + (inactive if profile.user.status is Status.INACTIVE else "")

    def start(self) -> None:
        """Open the menu; read the menu of the list row too, and add its items."""
        profile = self._panes.profile.profile
        if profile is None:
            return
        menu = MoreMenuDialog(profile)
        self._view.presenter.show(menu, self._chosen)
        if not profile.has_row_menu:
            self._view.run("menu", partial(self._read_row_menu, menu, profile))

    async def _read_row_menu(self, menu: MoreMenuDialog, profile: Profile) -> None:
        try:
            whole = await self._view.jobs.with_row_menu(profile)
        except (CrmError, SecretError):
            # The menu then shows only the items of the profile page.
            return
        self._panes.profile.add_menu(whole)
        menu.call_later(menu.add_items, whole)

    def _chosen(self, item: MenuItem | None) -> None:
        profile = self._panes.profile.profile
        if item is not None and profile is not None and item.user_id == profile.user.id:
            self._choose(profile, item)
