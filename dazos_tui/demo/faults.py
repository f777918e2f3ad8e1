"""Trouble on demand: what a test can make an instance do wrong, and when."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Literal

FaultPlace = Literal[
    "login-page",
    "sign-in",
    "one-time-code-page",
    "one-time-code",
    "sign-out",
    "home",
    "list",
    "profile",
    "login-history",
    "action",
    "webservice",
    "forgot-password",
    "other",
]
"""Where in the conversation a request belongs."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request: it is answered otherwise, not at all, or late."""

    body: str | None = None
    status: int = 200
    content_type: str = "text/json; charset=UTF-8"
    drop: bool = False
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the answer says beside its body, such as Retry-After."""
    runs: bool = False
    """Whether the request does its work all the same (a mail goes out whose answer is lost)."""
    before: str = ""
    """What stands before the usual answer, as PHP's warnings do where a server displays its errors."""
    after: str = ""
    """What stands after it, as the comment of a proxy does."""

    @property
    def replaces(self) -> bool:
        """Whether the usual answer is not given."""
        return self.drop or self.body is not None


@dataclass
class _Armed:
    place: FaultPlace
    fault: Fault
    times: int | None


@dataclass(frozen=True)
class _EveryNth:
    """Cut each n-th of the requests that come after the first ``since``."""

    n: int
    since: int

    def applies_to(self, request: int) -> bool:
        return (request - self.since) % self.n == 0


@dataclass
class _RateLimit:
    """At most ``most`` requests in ``window`` seconds; whoever asks for more is sent away for ``ban``."""

    max_requests: int
    window: float
    ban: float
    timestamps: deque[float] = field(default_factory=deque)
    until: float = 0.0

    def wait(self, now: float) -> float:
        """Count a request at ``now`` (seconds); return for how long it is sent away, 0 if it is not."""
        while self.timestamps and self.timestamps[0] <= now - self.window:
            self.timestamps.popleft()
        if now >= self.until and len(self.timestamps) < self.max_requests:
            self.timestamps.append(now)
            return 0.0
        if now >= self.until:
            self.until = now + self.ban
        return self.until - now


@dataclass(frozen=True)
class _Resize:
    """Another page size for every list request after the first ``since``."""

    since: int
    page_size: int


@dataclass
class Faults:
    """The faults of one instance. Each lasts for a number of requests, or (``None``) until cleared."""

    expire_before: FaultPlace | None = None
    """End every session when the next request for this place arrives, just before it is looked at."""
    _armed: list[_Armed] = field(default_factory=list)
    _seen: Counter[FaultPlace] = field(default_factory=Counter)
    _every: dict[FaultPlace, _EveryNth] = field(default_factory=dict)
    _limits: dict[FaultPlace, _RateLimit] = field(default_factory=dict)
    sent_away: int = 0
    """How many requests came too soon for a limit."""
    _cuts: dict[int, int] = field(default_factory=dict)
    _resize: _Resize | None = None
    _stuck_at: int | None = None
    _repeated: set[int] = field(default_factory=set)

    def inject(self, place: FaultPlace, fault: Fault, *, times: int | None = 1) -> None:
        """Make the coming requests for this place go wrong."""
        self._armed.append(_Armed(place, fault, times))

    def answer_with(self, place: FaultPlace, body: str, *, status: int = 200, runs: bool = False) -> None:
        """Answer the next request for this place with just this."""
        self.inject(place, Fault(body=body, status=status, runs=runs))

    def wrap_body(
        self, place: FaultPlace, *, before: str = "", after: str = "", times: int | None = None
    ) -> None:
        """Write something before and after the usual answers for this place."""
        self.inject(place, Fault(before=before, after=after), times=times)

    def drop_connection(self, place: FaultPlace, *, runs: bool = False) -> None:
        """Cut the connection instead of answering the next request for this place."""
        self.inject(place, Fault(drop=True, runs=runs))

    def drop_every_nth(self, place: FaultPlace, n: int) -> None:
        """Cut the connection of the n-th request for this place from now on, of the 2n-th, and so on."""
        self._every[place] = _EveryNth(n, self._seen[place])

    def limit_rate(self, place: FaultPlace, most: int, *, window: float, ban: float) -> None:
        """Answer HTTP 429 to whoever asks more often than ``most`` times in ``window`` seconds, for ``ban``.

        As a limiter before the CRM does it, with Retry-After in whole seconds.
        """
        self._limits[place] = _RateLimit(most, window, ban)

    def delay(self, place: FaultPlace, seconds: float, *, times: int | None = 1) -> None:
        """Answer late."""
        self.inject(place, Fault(delay=seconds), times=times)

    def cut_page(self, page: int, rendered: int = 2) -> None:
        """Cut this page of the list short: all its entries announced, only some rendered, still HTTP 200."""
        self._cuts[page] = rendered

    def resize_after(self, requests: int, page_size: int) -> None:
        """Change the list's page size (in rows) once this many more list requests have come in."""
        self._resize = _Resize(self._seen["list"] + requests, page_size)

    def repeat_page(self, page: int) -> None:
        """Show this page of the list in place of every later one, each time promising that more follow."""
        self._stuck_at = page

    def repeat_person(self, page: int) -> None:
        """Show the last person of this page again as the first of the next, whose own first is lost."""
        self._repeated.add(page)

    def clear(self) -> None:
        """Let everything go right again."""
        self.expire_before = None
        self._armed.clear()
        self._every.clear()
        self._limits.clear()
        self._cuts.clear()
        self._resize = None
        self._stuck_at = None
        self._repeated.clear()

    @property
    def is_empty(self) -> bool:
        """Whether every fault asked for has struck (apart from those that never wear off).

        Never do: what goes wrong with the list's pages, and with every n-th request.
        """
        return not self._armed and self.expire_before is None

    def next_fault(self, place: FaultPlace) -> Fault:
        """Return what is to go wrong with a request for this place, and count it."""
        self._seen[place] += 1
        every = self._every.get(place)
        if every is not None and every.applies_to(self._seen[place]):
            return Fault(drop=True)
        if (limit := self._limits.get(place)) and (wait := limit.wait(monotonic())):
            self.sent_away += 1
            return Fault("", 429, "text/html", headers={"Retry-After": str(ceil(wait))})
        for armed in self._armed:
            if armed.place == place:
                if armed.times is not None:
                    armed.times -= 1
                    if armed.times < 1:
                        self._armed.remove(armed)
                return armed.fault
        return Fault()

    def is_expired_now(self, place: FaultPlace) -> bool:
        """Tell whether every session is to end now."""
        due = self.expire_before == place
        if due:
            self.expire_before = None
        return due

    def rendered(self, page: int) -> int | None:
        """Return how many rows of this page reach the visitor, or None for all."""
        return self._cuts.get(page)

    @property
    def page_size(self) -> int | None:
        """How many rows a page of the list has by now, or None for as many as ever."""
        if self._resize is None or self._seen["list"] <= self._resize.since:
            return None
        return self._resize.page_size

    def stuck_page(self, page: int) -> int | None:
        """Return the page that is shown for ever where this one is asked for, or None for none."""
        return self._stuck_at if self._stuck_at is not None and page >= self._stuck_at else None

    def repeats_person_before(self, page: int) -> bool:
        """Tell whether this page begins with the last person of the one before it."""
        return page - 1 in self._repeated
