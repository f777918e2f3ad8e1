"""Sending a reset link, from the check to the outcome."""

import asyncio
from functools import partial

from dazos_tui.config.models import ResetRoute
from dazos_tui.crm.models import Profile
from dazos_tui.history.errors import HistoryError
from dazos_tui.resets.service import ResetBlockedError
from dazos_tui.tui.dialogs.confirm import (
    CheckAgain,
    ConfirmAnswer,
    ConfirmDialog,
    EnableLoginFirst,
    SendConfirmed,
    TeachFirst,
)
from dazos_tui.tui.flows.action_progress import ActionProgress
from dazos_tui.tui.flows.enable_login import EnableLoginFlow
from dazos_tui.tui.flows.open_profile import OpenProfileFlow
from dazos_tui.tui.flows.teach import TeachFlow
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.job_errors import JOB_ERRORS
from dazos_tui.tui.target import ResetTarget
from dazos_tui.tui.ticket_memory import InstanceTickets


class SendFlow:
    """Runs two coroutines with two lifetimes: `_ask` ends with the screen, `_carry_out` with the app."""

    def __init__(  # noqa: PLR0913 - the flows that its answers lead to
        self,
        view: FlowView,
        progress: ActionProgress,
        profiles: OpenProfileFlow,
        *,
        enable_login: EnableLoginFlow,
        teach: TeachFlow,
        tickets: InstanceTickets,
    ) -> None:
        self._view, self._progress, self._tickets = view, progress, tickets
        self._profiles, self._enable_login, self._teach = profiles, enable_login, teach
        self._answer: asyncio.Future[ConfirmAnswer | None] | None = None

    def start(self, target: ResetTarget, fresh: Profile | None = None) -> None:
        """Check a person, on the `fresh` profile if given, and ask whether to send."""
        if self._progress.warn_if_pending(target.id):
            return
        self._cancel_unanswered()
        instance = self._view.jobs.instance
        box = ConfirmDialog(instance, target, **self._tickets.dialog_defaults(target.id))
        self._answer = answer = self._view.presenter.ask(box)
        self._view.run("check", partial(self._ask, box, answer, target, fresh), exclusive=False)

    def _cancel_unanswered(self) -> None:
        """Cancel the last check if its dialog was closed without an answer; a yes just given still counts."""
        if self._answer is not None and self._answer.done() and self._answer.result() is None:
            self._view.stop("check")

    async def _ask(
        self,
        box: ConfirmDialog,
        answer: "asyncio.Future[ConfirmAnswer | None]",
        target: ResetTarget,
        fresh: Profile | None,
    ) -> None:
        try:
            prepared = await self._view.jobs.check(target, fresh, self._view.loaded_users())
        except JOB_ERRORS as error:
            box.call_later(box.show_trouble, error)
        else:
            box.call_later(box.show_check, prepared)
            self._profiles.show_checked(prepared.profile, fresh)
        match await answer:
            case SendConfirmed() as confirmed:
                self._confirmed(confirmed)
            case EnableLoginFirst(profile, ticket):
                self._tickets.remember(profile.user.id, ticket)
                self._enable_login.start(profile)
            case ResetRoute() as route:
                self._use_route(route, target, fresh)
            case TeachFirst(is_in_menu, ticket):
                self._tickets.remember(target.id, ticket)
                self._teach.start(is_in_menu=is_in_menu)
            case CheckAgain(ticket):
                self._tickets.remember(target.id, ticket)
                self.start(target, fresh)

    def _use_route(self, route: ResetRoute, target: ResetTarget, fresh: Profile | None) -> None:
        self._view.jobs.use_route(route)
        if route is ResetRoute.FORGOT_PASSWORD:
            self.start(target, fresh)
        else:
            self._view.presenter.notify("You will not be asked again: reset_route is “menu” now.")

    def _confirmed(self, confirmed: SendConfirmed) -> None:
        user_id = confirmed.check.profile.user.id
        self._tickets.remember(user_id, confirmed.ticket)
        self._progress.begin(user_id, "sending …", partial(self._carry_out, confirmed))

    async def _carry_out(self, confirmed: SendConfirmed) -> None:
        prepared, user_id = confirmed.check, confirmed.check.profile.user.id
        try:
            result = await self._view.jobs.send(prepared, confirmed.ticket, confirmed.allowed)
        except ResetBlockedError as blocked:
            self._progress.stop(user_id, "Not sent", str(blocked))
        except HistoryError as error:
            self._progress.stop(user_id, "Not sent", str(error), error.advice)
        else:
            self._progress.finish(result)
