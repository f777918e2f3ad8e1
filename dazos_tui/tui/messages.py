"""What the jobs in the background report. They only post these; the screen makes every change."""

from asyncio import Future
from collections.abc import Sequence

from pydantic import SecretStr
from textual.message import Message

from dazos_tui.config import ResetRoute
from dazos_tui.crm.client import Answers
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.models import Profile, Question, User
from dazos_tui.crm.reader import Arrival, PeopleReader
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Action
from dazos_tui.resets.back_in import Verification
from dazos_tui.resets.service import Check, Result
from dazos_tui.resets.troubleshooter import Step
from dazos_tui.secrets import SecretError

Trouble = CrmError | SecretError | HistoryError
"""All that can stop a job. `str(trouble)` says what happened, `trouble.advice` what to do next."""


class Report(Message):
    """Anything such a job posts."""


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


class QuestionAsked(Report):
    """The CRM asks for something more: whoever gets this has it answered, and sets `answers`."""

    def __init__(self, question: Question, answers: "Future[Answers | None]") -> None:
        self.question, self.answers = question, answers
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


class ReadingMessage(Report):
    """Something about one reading of the list; `reader` tells which one."""

    def __init__(self, reader: PeopleReader) -> None:
        self.reader = reader
        super().__init__()


class PeopleArrived(ReadingMessage):
    """Some more people are known."""

    def __init__(self, reader: PeopleReader, arrival: Arrival) -> None:
        self.arrival = arrival
        super().__init__(reader)


class ListRead(ReadingMessage):
    """The reading is through; what it could not read is in the reader's gaps."""


class ListFailed(ReadingMessage):
    """The list of people could not be read to its end."""

    def __init__(self, reader: PeopleReader, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(reader)


class PeopleFound(Report):
    """The CRM's own search for a text has ended; it found these people. `users` is None if it failed."""

    def __init__(self, text: str, users: tuple[User, ...] | None) -> None:
        self.text, self.users = text, users
        super().__init__()


class ProfileArrived(Report):
    """A profile was read."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        super().__init__()


class RowMenuArrived(Report):
    """A profile read before has got the items of the row's menu in the list, too."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        super().__init__()


class ProfileFailed(Report):
    """A profile could not be read."""

    def __init__(self, user_id: str, trouble: Trouble) -> None:
        self.user_id, self.trouble = user_id, trouble
        super().__init__()


class CheckReady(Report):
    """A reset was looked at and can be shown for confirmation."""

    def __init__(self, check: Check) -> None:
        self.check = check
        super().__init__()


class CheckFailed(Report):
    """A reset could not be looked at."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__()


class TroubleFound(Report):
    """A person's profile was read again, and what may keep the person out was looked at."""

    def __init__(self, profile: Profile, steps: tuple[Step, ...]) -> None:
        self.profile, self.steps = profile, steps
        super().__init__()


class SignInsChecked(Report):
    """The CRM's login history was looked at; `asked` tells whether a person wanted that."""

    def __init__(self, verifications: Sequence[Verification], *, asked: bool) -> None:
        self.verifications, self.asked = verifications, asked
        super().__init__()


class SignInsUnknown(Report):
    """The CRM's login history could not be looked at."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__()


class RouteChosen(Report):
    """From now on, links of this instance are asked for in this way where no menu offers them."""

    def __init__(self, instance: str, route: ResetRoute) -> None:
        self.instance, self.route = instance, route
        super().__init__()


class ResetFinished(Report):
    """A reset has its outcome."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__()


class ResetStopped(Report):
    """A reset, or another action, ended before the CRM was asked: nothing was done."""

    def __init__(self, user_id: str, reason: str, advice: str, *, action: Action = Action.RESET_LINK) -> None:
        self.user_id, self.reason, self.advice, self.action = user_id, reason, advice, action
        super().__init__()


class ReloadAsked(Message):
    """Somebody asked for what is new: the config may have changed, too."""


class GoTo(Message):
    """A person of another instance is to be looked for there."""

    def __init__(self, instance: str, text: str) -> None:
        self.instance, self.text = instance, text
        super().__init__()
