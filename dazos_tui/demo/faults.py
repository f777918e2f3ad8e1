"""Trouble on demand: what a test can make an instance do wrong, and when."""

from dataclasses import dataclass, field
from typing import Literal

Place = Literal[
    "login-page", "sign-in", "sign-out", "home", "list", "profile", "login-history", "action", "other"
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
    runs: bool = False
    """Whether the request does its work all the same (a mail goes out whose answer is lost)."""

    @property
    def replaces(self) -> bool:
        """Whether the usual answer is not given."""
        return self.drop or self.body is not None


@dataclass
class _Armed:
    place: Place
    fault: Fault
    times: int | None


@dataclass
class Faults:
    """The faults of one instance. Each lasts for a number of requests, or (``None``) until cleared."""

    expire_before: Place | None = None
    """End every session when the next request for this place arrives, just before it is looked at."""
    _armed: list[_Armed] = field(default_factory=list)
    _cuts: dict[int, int] = field(default_factory=dict)

    def inject(self, place: Place, fault: Fault, *, times: int | None = 1) -> None:
        """Make the coming requests for this place go wrong."""
        self._armed.append(_Armed(place, fault, times))

    def answer(self, place: Place, body: str, *, status: int = 200, runs: bool = False) -> None:
        """Answer the next request for this place with just this."""
        self.inject(place, Fault(body=body, status=status, runs=runs))

    def drop(self, place: Place, *, runs: bool = False) -> None:
        """Cut the connection instead of answering the next request for this place."""
        self.inject(place, Fault(drop=True, runs=runs))

    def delay(self, place: Place, seconds: float, *, times: int | None = 1) -> None:
        """Answer late."""
        self.inject(place, Fault(delay=seconds), times=times)

    def cut_page(self, page: int, rendered: int = 2) -> None:
        """Cut this page of the list short: all its entries announced, only some rendered, still HTTP 200."""
        self._cuts[page] = rendered

    def clear(self) -> None:
        """Let everything go right again."""
        self.expire_before = None
        self._armed.clear()
        self._cuts.clear()

    @property
    def idle(self) -> bool:
        """Whether every fault asked for has struck (apart from pages cut short, which never wear off)."""
        return not self._armed and self.expire_before is None

    def take(self, place: Place) -> Fault:
        """Return what is to go wrong with a request for this place, and count it."""
        for armed in self._armed:
            if armed.place == place:
                if armed.times is not None:
                    armed.times -= 1
                    if armed.times < 1:
                        self._armed.remove(armed)
                return armed.fault
        return Fault()

    def take_expiry(self, place: Place) -> bool:
        """Tell whether every session is to end now."""
        due = self.expire_before == place
        if due:
            self.expire_before = None
        return due

    def rendered(self, page: int) -> int | None:
        """Return how many rows of this page reach the visitor, or None for all."""
        return self._cuts.get(page)
