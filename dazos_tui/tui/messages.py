"""What the jobs in the background report. They only post these; the screen makes every change."""

from textual.message import Message

from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.models import Profile, Status, UserPage
from dazos_tui.resets.service import Check, Result


class PasswordNeeded(Message):
    """Neither a command nor a variable gives the password: the person must be asked."""


class SignedIn(Message):
    """The CRM took user name and password."""


class Stopped(Message):
    """Something ended before it changed anything: what, why, and what to do next."""

    def __init__(self, title: str, reason: str, advice: str) -> None:
        self.title, self.reason, self.advice = title, reason, advice
        super().__init__()


class SignInStopped(Stopped):
    """Signing in did not work. It is not tried again by itself."""


class SendStopped(Stopped):
    """A reset ended before the CRM was asked: nothing was sent."""


class PageArrived(Message):
    """Some more people are known."""

    def __init__(self, page: UserPage, status: Status) -> None:
        self.page, self.status = page, status
        super().__init__()


class ListComplete(Message):
    """The last page has come."""


class ProfileArrived(Message):
    """A profile was read."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        super().__init__()


class CheckReady(Message):
    """A reset was looked at and can be shown for confirmation."""

    def __init__(self, check: Check) -> None:
        self.check = check
        super().__init__()


class ResetFinished(Message):
    """A reset has its outcome, and it is on disk."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__()


class ReadFailed(Message):
    """Something could not be read; nothing was changed."""

    def __init__(self, error: CrmError) -> None:
        self.error = error
        super().__init__()


class ListFailed(ReadFailed):
    """The list of people could not be read to its end."""


class ProfileFailed(ReadFailed):
    """A profile could not be read."""
