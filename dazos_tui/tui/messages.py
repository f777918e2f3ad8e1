"""What the jobs report beside their results, and what the screens ask of the app."""

from asyncio import Future

from pydantic import SecretStr
from textual.message import Message

from dazos_tui.config.models import ResetRoute
from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.models import Challenge


class Report(Message):
    """Anything that happens while jobs run, and is the result of none."""


class SigningIn(Report):
    """The session is being opened, or opened again after it had ended."""

    def __init__(self, *, again: bool) -> None:
        self.again = again
        super().__init__()


class PasswordNeeded(Report):
    """No source gives the password: whoever gets this asks, and sets `answer`. `note` may say why."""

    def __init__(self, answer: "Future[SecretStr | None]", note: str) -> None:
        self.answer, self.note = answer, note
        super().__init__()


class ChallengeAsked(Report):
    """The CRM asks for something more: whoever gets this has it answered, and sets `answers`."""

    def __init__(self, challenge: Challenge, answers: "Future[ChallengeAnswers | None]") -> None:
        self.challenge, self.answers = challenge, answers
        super().__init__()


class SignedIn(Report):
    """The CRM took user name and password."""


class SessionEnded(Report):
    """The CRM knows the session no longer, as was found out by the way: the next request signs in again."""


class Paused(Report):
    """The CRM asked for a pause, and a request waits so many more seconds for its end; 0: it is over."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__()


class RouteChosen(Report):
    """From now on, links of this instance are asked for in this way where no menu offers them."""

    def __init__(self, instance: str, route: ResetRoute) -> None:
        self.instance, self.route = instance, route
        super().__init__()


class ReloadRequested(Message):
    """Somebody asked for what is new: the config may have changed, too."""


class GoToUser(Message):
    """A person of another instance is to be looked for there."""

    def __init__(self, instance: str, text: str) -> None:
        self.instance, self.text = instance, text
        super().__init__()
