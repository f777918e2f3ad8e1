"""Enabling a locked login."""

from functools import partial

from dazos_tui.crm.menu_item_urls import advice_for_item
from dazos_tui.crm.models import MenuItemKind, Profile
from dazos_tui.resets.service import ResetBlockedError
from dazos_tui.tui.dialogs.enable_login import EnableConfirmed, EnableLoginDialog
from dazos_tui.tui.dialogs.message import NextStep
from dazos_tui.tui.flows.action_progress import ActionProgress
from dazos_tui.tui.flows.teach import TeachFlow
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.job_errors import JOB_ERRORS
from dazos_tui.tui.ticket_memory import InstanceTickets


class EnableLoginFlow:
    """Asks for confirmation in a dialog, and acts on exactly the profile that the dialog showed."""

    def __init__(
        self, view: FlowView, progress: ActionProgress, teach: TeachFlow, tickets: InstanceTickets
    ) -> None:
        self._view, self._progress, self._teach, self._tickets = view, progress, teach, tickets

    def start(self, profile: Profile) -> None:
        """Ask whether to enable the locked login of this profile."""
        item = profile.menu_item(MenuItemKind.ENABLE_LOGIN)
        if item is not None and item.problem:
            teach = (
                NextStep("Teach it", partial(self._teach.start, item.kind, is_in_menu=True))
                if not item.href
                else None
            )
            title, advice = "Cannot be run from here", advice_for_item(item)
            self._view.presenter.show_message(title, item.problem, advice, then=teach)
        elif not self._progress.warn_if_pending(profile.user.id):
            tickets = self._tickets.dialog_defaults(profile.user.id)
            box = EnableLoginDialog(self._view.jobs.instance, profile, **tickets)
            self._view.presenter.show(box, self._answered)

    def _answered(self, answer: EnableConfirmed | None) -> None:
        if answer is not None:
            user_id = answer.profile.user.id
            self._tickets.remember(user_id, answer.ticket)
            self._progress.begin(user_id, "enabling …", partial(self._carry_out, answer))

    async def _carry_out(self, enabling: EnableConfirmed) -> None:
        user_id = enabling.profile.user.id
        try:
            result = await self._view.jobs.enable_login(enabling.profile, enabling.ticket)
        except ResetBlockedError as blocked:
            advice = "The login may no longer be locked: read the profile again."
            self._progress.stop(user_id, "Not done", str(blocked), advice)
        except JOB_ERRORS as error:
            self._progress.stop(user_id, "Not done", str(error), error.advice)
        else:
            self._progress.finish(result)
