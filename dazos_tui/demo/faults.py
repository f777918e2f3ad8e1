"""Faults on demand: what a test can make an instance do wrong, and when."""

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
"""The part of the protocol that a request belongs to."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request: another answer, none, or a late one."""

    body: str | None = None
    status: int = 200
    content_type: str = "text/json; charset=UTF-8"
    drop: bool = False
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the answer, such as Retry-After."""
    runs: bool = False
    """Whether the request still does its work (a mail goes out, but its answer is lost)."""
    before: str = ""
    """Text in front of the usual body, such as PHP's warnings where a server displays its errors."""
    after: str = ""
    """Text after the usual body, such as the comment of a proxy."""

    @property
    def replaces(self) -> bool:
        """Whether this is answered instead of the usual answer."""
        return self.drop or self.body is not None


@dataclass
class _Armed:
    place: FaultPlace
    fault: Fault
    times: int | None


@dataclass(frozen=True)
class _EveryNth:
    """Cuts every n-th request after the first ``since`` ones."""

    n: int
    since: int

    def applies_to(self, request: int) -> bool:
        return (request - self.since) % self.n == 0


@dataclass
class _RateLimit:
    """Allows ``max_requests`` in ``window`` seconds; a request above that starts a ban of ``ban`` seconds."""

    max_requests: int
    window: float
    ban: float
    timestamps: deque[float] = field(default_factory=deque)
    banned_until: float = 0.0

    def wait(self, now: float) -> float:
        """Count a request at ``now`` (seconds); return the seconds it has to wait, 0 if it is allowed."""
        while self.timestamps and self.timestamps[0] <= now - self.window:
            self.timestamps.popleft()
        if now >= self.banned_until and len(self.timestamps) < self.max_requests:
            self.timestamps.append(now)
            return 0.0
        if now >= self.banned_until:
            self.banned_until = now + self.ban
        return self.banned_until - now


@dataclass(frozen=True)
class _Resize:
    """Another page size for all list requests after the first ``since``."""

    since: int
    page_size: int


@dataclass
class Faults:
    """The faults of one instance. Each lasts for a number of requests, or until cleared (``None``)."""

    expire_before: FaultPlace | None = None
    """End all sessions when the next request for this place arrives, just before it is processed."""
    _armed: list[_Armed] = field(default_factory=list)
    _seen: Counter[FaultPlace] = field(default_factory=Counter)
    _every: dict[FaultPlace, _EveryNth] = field(default_factory=dict)
    _limits: dict[FaultPlace, _RateLimit] = field(default_factory=dict)
    sent_away: int = 0
    """How many requests exceeded a rate limit."""
    cleared: int = 0
    """How often all faults were removed."""
    _cuts: dict[int, int] = field(default_factory=dict)
    _resize: _Resize | None = None
    _stuck_at: int | None = None
    _repeated: set[int] = field(default_factory=set)

    def inject(self, place: FaultPlace, fault: Fault, *, times: int | None = 1) -> None:
        """Apply a fault to the next requests for this place."""
        self._armed.append(_Armed(place, fault, times))

    def answer_with(self, place: FaultPlace, body: str, *, status: int = 200, runs: bool = False) -> None:
        """Answer the next request for this place with this body."""
        self.inject(place, Fault(body=body, status=status, runs=runs))

    def wrap_body(
        self, place: FaultPlace, *, before: str = "", after: str = "", times: int | None = None
    ) -> None:
        """Put text in front of and after the usual bodies for this place."""
        self.inject(place, Fault(before=before, after=after), times=times)

    def drop_connection(self, place: FaultPlace, *, runs: bool = False) -> None:
        """Cut the connection instead of answering the next request for this place."""
        self.inject(place, Fault(drop=True, runs=runs))

    def drop_every_nth(self, place: FaultPlace, n: int) -> None:
        """Cut the connection of every n-th request for this place, counted from now on."""
        self._every[place] = _EveryNth(n, self._seen[place])

    def limit_rate(self, place: FaultPlace, max_requests: int, *, window: float, ban: float) -> None:
        """Answer HTTP 429 for ``ban`` seconds after more than ``max_requests`` in ``window`` seconds.

        This is how a rate limiter in front of the CRM does it, with Retry-After in whole seconds.
        """
        self._limits[place] = _RateLimit(max_requests, window, ban)

    def delay(self, place: FaultPlace, seconds: float, *, times: int | None = 1) -> None:
        """Delay the next answers for this place, at most until the faults are cleared."""
        self.inject(place, Fault(delay=seconds), times=times)

    def cut_page(self, page: int, rendered: int = 2) -> None:
        """Cut a page of the list short: it announces all its entries and shows some, with HTTP 200."""
        self._cuts[page] = rendered

    def resize_after(self, requests: int, page_size: int) -> None:
        """Change the list's page size (in rows) after this many more list requests."""
        self._resize = _Resize(self._seen["list"] + requests, page_size)

    def repeat_page(self, page: int) -> None:
        """Show this page of the list in place of all later ones, each time announcing that more follow."""
        self._stuck_at = page

    def repeat_person(self, page: int) -> None:
        """Show the last person of this page again in place of the first person of the next page."""
        self._repeated.add(page)

    def clear(self) -> None:
        """Remove all faults, and end all delays."""
        self.cleared += 1
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
        """Whether all faults with a limited number of requests have been used up.

        Faults of the list's pages and of every n-th request are not counted: they last until cleared.
        """
        return not self._armed and self.expire_before is None

    def next_fault(self, place: FaultPlace) -> Fault:
        """Return the fault of a request for this place, and count the request."""
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

    def pop_expiry(self, place: FaultPlace) -> bool:
        """Return whether all sessions end now. Returns True once."""
        due = self.expire_before == place
        if due:
            self.expire_before = None
        return due

    def rendered(self, page: int) -> int | None:
        """Return how many rows of this page are sent, or None for all."""
        return self._cuts.get(page)

    @property
    def page_size(self) -> int | None:
        """The current number of rows of a page of the list, or None for the usual number."""
        if self._resize is None or self._seen["list"] <= self._resize.since:
            return None
        return self._resize.page_size

    def stuck_page(self, page: int) -> int | None:
        """Return the page that is shown again and again in place of this one, or None."""
        return self._stuck_at if self._stuck_at is not None and page >= self._stuck_at else None

    def repeats_person_before(self, page: int) -> bool:
        """Return whether this page begins with the last person of the previous page."""
        return page - 1 in self._repeated
