"""Messages from the jobs to their screen, and from the screens to the app."""

from asyncio import Future
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr
from textual.message import Message

from dazos_tui.config.models import ResetRoute
from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.models import Challenge


class Report(Message):
    """An event during a job that is not the job's result."""


class SigningIn(Report):
    """A sign-in has started; `again` if an earlier session had ended."""

    def __init__(self, *, again: bool) -> None:
        self.again = again
        super().__init__()


class PasswordNeeded(Report):
    """No source has the password: the receiver asks the user, and sets `answer`. `note` may say why."""

    def __init__(self, answer: "Future[SecretStr | None]", note: str) -> None:
        self.answer, self.note = answer, note
        super().__init__()


class ChallengeAsked(Report):
    """The CRM asks for a further step to sign in: the receiver asks the user and sets `answers`."""

    def __init__(self, challenge: Challenge, answers: "Future[ChallengeAnswers | None]") -> None:
        self.challenge, self.answers = challenge, answers
        super().__init__()


class SignedIn(Report):
    """The CRM accepted the sign-in."""


class SessionEnded(Report):
    """A background request found that the session has ended. The next request signs in again."""


class Paused(Report):
    """The CRM asked for a pause: a request waits for `seconds` more; 0 means that the pause is over."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__()


class RouteChosen(Report):
    """The user chose how links of this instance are requested where no menu offers them."""

    def __init__(self, instance: str, route: ResetRoute) -> None:
        self.instance, self.route = instance, route
        super().__init__()


class RequestTaught(Message):
    """The user taught the request of a menu item: the receiver writes it to the config, applies it, and sets
    `saved`, or its exception to a ConfigError.

    `key` is that of the instance's table, `template` the content of the table below it.
    """

    def __init__(self, instance: str, key: str, template: Mapping[str, Any], saved: "Future[None]") -> None:
        self.instance, self.key, self.template, self.saved = instance, key, template, saved
        super().__init__()


class ReloadRequested(Message):
    """The user asked to reload; the config may have changed too."""
