"""Finds the request that sends a reset link among all that a browser made during a walk."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

from dazos_tui.crm.action_names import DISPATCHER, is_mutating_name
from dazos_tui.crm.models import MenuItemKind
from dazos_tui.learning.recording import RecordedExchange, RecordingError
from dazos_tui.learning.request_fields import KnownPerson, request_fields

_CHANGING_METHODS = frozenset({"POST", "PUT", "PATCH"})
_MAX_SENDS = 2_000
_MAX_ANSWER = 20_000
"""Characters of an answer that are kept: a longer one is a page, not the answer to an action."""
_RESET_WORDS = re.compile(
    r"reset|forgot|send_?(?:pass|link)|recover|passw.{0,10}link|link.{0,10}passw", re.IGNORECASE
)
_ENABLE_WORDS = re.compile(r"enable_?(?:user_?)?login|unlock", re.IGNORECASE)
_PUBLIC_FORM = "forgotPassword.php"
"""Where vtiger's own form for a forgotten password is sent; it needs no session."""
_ONE_SEND_ADVICE = "Clear the browser's network list, open one person's profile, and send one link."


@dataclass(frozen=True, slots=True)
class RecordedSend:
    """A request that may run a menu item; `relative` is its address within the instance."""

    exchange: RecordedExchange
    relative: str = field(repr=False)

    @property
    def names(self) -> list[str]:
        """Return the names of what the request does: of its action and mode, or else of its path."""
        request = self.exchange.request
        pairs = [*parse_qsl(urlsplit(self.relative).query), *(request.body.fields if request.body else ())]
        params = {name.casefold(): value for name, value in pairs}
        action, mode = params.get("action", ""), params.get("mode", "")
        if action.casefold() == DISPATCHER and mode:
            return [mode]
        segments = urlsplit(self.relative).path.removesuffix("index.php").split("/")
        return list(filter(None, [action, mode, params.get("operation", ""), *segments]))

    @property
    def shape(self) -> tuple[str, ...]:
        """Return what two requests for different people have in common."""
        names = sorted(name for name, _ in parse_qsl(urlsplit(self.relative).query, keep_blank_values=True))
        return (
            self.exchange.request.method,
            re.sub(r"\d+", "#", urlsplit(self.relative).path),
            *self.names,
            *names,
        )

    def says(self, words: re.Pattern[str]) -> bool:
        """Return whether one of the names has these words, and none says that something is changed."""
        return any(map(words.search, self.names)) and not any(map(is_mutating_name, self.names))

    @property
    def kind(self) -> MenuItemKind:
        """Return what kind of menu item makes the request, judging by its names."""
        return MenuItemKind.ENABLE_LOGIN if self.says(_ENABLE_WORDS) else MenuItemKind.SEND_RESET_LINK

    def record_ids(self) -> set[str]:
        """Return the record ids in the request. Raises RecordingError."""
        return {
            one.record_id for one in request_fields(self.exchange.request, self.relative) if one.record_id
        }


@dataclass
class RecordedSends:
    """The requests of a walk that are neither pages nor the sign-in."""

    uses_public_form: bool = False
    """Whether a link was sent with the public form for a forgotten password."""
    has_foreign: bool = False
    """Whether a request that seems to send a link went to another site."""
    _sends: deque[RecordedSend] = field(default_factory=lambda: deque(maxlen=_MAX_SENDS), repr=False)

    def add_foreign(self, exchange: RecordedExchange) -> None:
        """Look at an exchange with another site."""
        parts = exchange.request.parts
        send = RecordedSend(exchange, f"{parts.path.lstrip('/')}?{parts.query}")
        if exchange.request.method in _CHANGING_METHODS and send.says(_RESET_WORDS):
            self.has_foreign = True

    def add(self, exchange: RecordedExchange, relative: str) -> None:
        """Keep an exchange if it may run something. The text of a long answer is dropped."""
        method, parts = exchange.request.method, urlsplit(relative)
        if method == "POST" and parts.path.endswith(_PUBLIC_FORM):
            self.uses_public_form = True
            return
        is_json = exchange.response.content_type.endswith("json")
        may_get = "action=" in parts.query or (is_json and _RESET_WORDS.search(parts.path))
        if method not in _CHANGING_METHODS and not (method == "GET" and may_get):
            return
        if len(exchange.response.text or "") > _MAX_ANSWER:
            exchange = replace(exchange, response=replace(exchange.response, text=None))
        self._sends.append(RecordedSend(exchange, relative))

    def find_reset(self, people: Sequence[KnownPerson]) -> list[RecordedSend]:
        """Return the sends of one link, the newest first: a first try may have failed.

        Raises RecordingError if there are several different ones, or only a GET.
        """
        changing = [one for one in self._sends if one.exchange.request.method in _CHANGING_METHODS]
        found = [one for one in changing if one.says(_RESET_WORDS)] or _about(people, changing)
        if not found and any(one.says(_RESET_WORDS) for one in self._sends):
            raise RecordingError(
                "The recording sends the link with a GET. A GET that changes things can be repeated by "
                "anything that loads its address, so it is never run from here.",
                advice="Ask the CRM's vendor for an item that sends a POST.",
            )
        if len({one.shape for one in found}) > 1:
            raise RecordingError(
                "Several different requests of the recording could be the one that sends the link.",
                advice=f"{_ONE_SEND_ADVICE} Or copy that one request as cURL, and learn from it.",
            )
        if len({frozenset(one.record_ids()) for one in found}) > 1:
            raise RecordingError(
                "The recording sends links to several people, so it does not show which value is the person.",
                advice=_ONE_SEND_ADVICE,
            )
        return found[::-1]

    def find_enable(self) -> RecordedSend | None:
        """Return the newest request that enables a login, None if the recording has none."""
        found = [one for one in self._sends if one.kind is MenuItemKind.ENABLE_LOGIN]
        return found[-1] if found else None


def _has_id(send: RecordedSend, record_id: str) -> bool:
    try:
        return record_id in send.record_ids()
    except RecordingError:
        # Most requests of a walk have nothing to do with sending, and may have any fields.
        return False


def _about(people: Sequence[KnownPerson], sends: Iterable[RecordedSend]) -> list[RecordedSend]:
    """Return the requests with the id of the profile last seen, unless a name says that they change it."""
    last = next((person.id for person in reversed(people)), "")
    return [
        one
        for one in sends
        if _has_id(one, last)
        and not any(map(is_mutating_name, one.names))
        and one.kind is MenuItemKind.SEND_RESET_LINK
    ]
