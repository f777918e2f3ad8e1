"""Sending a link, or letting a locked login in again, from the screen: asked, done once, told."""

from collections.abc import Callable
from functools import partial

from textual import on
from textual.worker import Worker

from dazos_tui.config import ResetRoute
from dazos_tui.crm.errors import PermissionDenied, SignedOut, SignInFailed
from dazos_tui.crm.menu_address import way_out
from dazos_tui.crm.models import ItemKind, Profile
from dazos_tui.history.models import Action, Entry, Outcome
from dazos_tui.tui import messages
from dazos_tui.tui.dialogs.confirm import Answer, ConfirmDialog, Confirmed, EnableFirst, TryAgain
from dazos_tui.tui.dialogs.enable import EnableDialog, Enabling
from dazos_tui.tui.phrases import outcome_words, whom
from dazos_tui.tui.screens.base import NOT_IN, Job, SessionState, awaiting
from dazos_tui.tui.screens.cards import CardScreen
from dazos_tui.tui.whom import Whom


class SendingScreen(CardScreen):
    """What has the CRM do something. Each is confirmed in a box of its own, and acts on what that showed."""

    def ask_to_send(self, whom: Whom, fresh: Profile | None = None) -> None:
        """Look at a person once more, unless there is a `fresh` profile, and ask."""
        if self._is_busy_with(whom.id):
            return
        dialog = ConfirmDialog(self.session.instance, whom, **self._tickets_for(whom.id))
        self._show(dialog, partial(self._answered, whom, fresh))
        # The answer goes to this dialog and to no other, whatever is on the screen by then.
        people = self._users.directory.users
        job = partial(self.session.check, self.post_message, dialog.post_message, whom, fresh, people)
        self._in_background("check", job)

    def ask_to_enable(self, profile: Profile) -> None:
        """Ask whether the locked login of this profile is to be let in again."""
        item = profile.item(ItemKind.ENABLE_LOGIN)
        if item is not None and item.problem:
            self._tell("Not run from here", item.problem, way_out(item))
        elif not self._is_busy_with(profile.user.id):
            tickets = self._tickets_for(profile.user.id)
            self._show(EnableDialog(self.session.instance, profile, **tickets), self._enable)

    def _tickets_for(self, user_id: str) -> dict[str, str]:
        return {"ticket": self._tickets.of(self._key(user_id)), "last_ticket": self._tickets.last}

    def _is_busy_with(self, user_id: str) -> bool:
        busy = user_id in self._sending
        if busy:
            self.notify("Wait for the CRM's answer to the last one first.", severity="warning", markup=False)
        return busy

    def _key(self, user_id: str) -> str:
        return f"{self.session.instance.name} {user_id}"

    def _answered(self, whom: Whom, fresh: Profile | None, answer: Answer | None) -> None:
        match answer:
            case ResetRoute():
                self._take_route(answer, partial(self.ask_to_send, whom, fresh))
            case TryAgain():
                self._tickets.keep(self._key(whom.id), answer.ticket)
                self.ask_to_send(whom, fresh)
            case EnableFirst():
                self._tickets.keep(self._key(answer.profile.user.id), answer.ticket)
                self.ask_to_enable(answer.profile)
            case Confirmed():
                user_id = answer.check.profile.user.id
                self._tickets.keep(self._key(user_id), answer.ticket)
                said = answer.check, answer.ticket, answer.allowed
                send = partial(self.session.send, self.post_message, *said)
                self._do("sending …", user_id, send)

    def _take_route(self, route: ResetRoute, ask_again: Callable[[], None]) -> None:
        self.session.use_route(route)
        self.app.post_message(messages.RouteChosen(self.session.instance.name, route))
        if route is ResetRoute.FORGOT_PASSWORD:
            ask_again()
        else:
            self.notify("You are not asked again: reset_route is “menu” now.", markup=False)

    def _enable(self, answer: Enabling | None) -> None:
        if answer is not None:
            user_id = answer.profile.user.id
            self._tickets.keep(self._key(user_id), answer.ticket)
            enable = partial(self.session.enable_login, self.post_message, answer.profile, answer.ticket)
            self._do("enabling …", user_id, enable)

    def _do(self, state: str, user_id: str, job: Job) -> None:
        self._sending.add(user_id)
        self._bar.state = state
        # What one types next is the next person's name, not a command for this one.
        self._go_to("filter")
        # On the app and in no group: nothing the person does next may cancel it.
        _: Worker[None] = self.app.run_worker(awaiting(job))

    @on(messages.ResetFinished)
    def _reset_finished(self, message: messages.ResetFinished) -> None:
        result = message.result
        entry = result.entry
        self._done_sending(entry.request.user_id)
        self._show_history()
        self._show_resets()
        if entry.action is Action.ENABLE_LOGIN:
            self._read_again(entry.request.user_id)
        if problem := result.record_error:
            words = outcome_words(entry).capitalize()
            self._tell(f"{words}, but not recorded", str(problem), problem.advice)
        if entry.outcome is Outcome.SENT:
            self._notice.show("Success", entry.message, whom(entry), entry.request.email)
            return
        if isinstance(result.error, PermissionDenied):
            self._say_state(SessionState.NO_RIGHTS)
        elif isinstance(result.error, SignedOut | SignInFailed) or self._state in NOT_IN:
            self._say_state(SessionState.OUT)
            self._profile.grow_stale()
        advice = f"{result.advice} {self._next_step(entry)}".strip()
        self._tell(_title(entry), f"{entry.message}\n\n{whom(entry)}", advice)

    def _next_step(self, entry: Entry) -> str:
        """Return the sentence with the command that helps with a link that may not have gone out, if any."""
        match entry.outcome, entry.action:
            case Outcome.REFUSED, Action.RESET_LINK:
                return f"{self._sure_way('trouble')} on the person walks through what may be wrong."
            case Outcome.UNKNOWN, Action.RESET_LINK:
                return f"{self._sure_way('check_sign_ins')} looks in the sign-in history."
        return ""

    def _read_again(self, user_id: str) -> None:
        """Read the profile that is shown anew, if it is this person's: what it says no longer holds."""
        self._profile.grow_stale()
        if self._profile.user is not None and self._profile.user.id == user_id:
            read = partial(self.session.load_profile, self.post_message, user_id)
            self._in_background("profile", read)

    @on(messages.ResetStopped)
    def _reset_stopped(self, message: messages.ResetStopped) -> None:
        self._done_sending(message.user_id)
        self._tell(
            "Not sent" if message.action is Action.RESET_LINK else "Not done", message.reason, message.advice
        )

    def _done_sending(self, user_id: str) -> None:
        self._sending.discard(user_id)
        if not self._sending:
            self._say_state(self._state)

    @property
    def sending(self) -> frozenset[str]:
        """Return for which people of this instance an answer of the CRM is still waited for."""
        return frozenset(map(self._key, self._sending))


def _title(entry: Entry) -> str:
    match entry.outcome, entry.action:
        case Outcome.REFUSED, _:
            return "Refused by the CRM"
        case Outcome.NOT_SENT, Action.RESET_LINK:
            return "Not sent"
        case Outcome.UNKNOWN, Action.RESET_LINK:
            return "Unknown whether it was sent"
        case Outcome.NOT_SENT, _:
            return "Not done"
    return "Unknown whether it was done"
