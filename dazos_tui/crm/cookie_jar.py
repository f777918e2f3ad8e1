"""The cookies of one web session: kept as browsers keep them, and why one does not come back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import httpx

from dazos_tui.crm.pauses import http_date
from dazos_tui.text import safe_text

_DELETED = frozenset({"", "deleted"})
"""Values with which a server takes a cookie back; the second is PHP's own."""
_LONGEST = 80


class Loss(NamedTuple):
    """Why a cookie is not sent back to the server that set it, as a clause, and what to do about it."""

    reason: str
    advice: str


class CookieJar:
    """What a server has set, for requests to one instance's folder `base`."""

    def __init__(self, base: httpx.URL) -> None:
        self._base = base
        self._losses: dict[str, Loss] = {}
        self.cookies = httpx.Cookies()
        """For requests of the HTTP library."""

    def take(self, response: httpx.Response) -> bool:
        """Keep what an answer sets; return whether it sets anything.

        Expires counts from the server's own Date, as in Chrome and Firefox: the two clocks need not agree.
        """
        lines = response.headers.get_list("set-cookie")
        if not lines:
            return False
        date = response.headers.get("date", "")
        # The library writes no header that is not ASCII, but keeps one as it came.
        response.headers = httpx.Headers(
            [
                (name, value + _counted_from(date, value) if name.lower() == b"set-cookie" else value)
                for name, value in response.headers.raw
            ]
        )
        self.cookies.extract_cookies(response)
        for line in lines:
            name = line.partition("=")[0].strip()
            self._losses.pop(name, None)
            if (loss := self._loss_of(line, date)) is not None:
                self._losses[name] = loss
        return True

    def use(self, cookies: Mapping[str, str]) -> None:
        """Keep these too, by name."""
        for name, value in cookies.items():
            self.cookies.set(name, value)

    def clear(self) -> None:
        """Drop all."""
        self.cookies.clear()
        self._losses.clear()

    def sent(self) -> frozenset[tuple[str, str]]:
        """Return name and value of each cookie that goes back to the server."""
        secure = self._base.scheme == "https"
        return frozenset((one.name, one.value or "") for one in self.cookies.jar if secure or not one.secure)

    @property
    def loss(self) -> Loss | None:
        """Return why a cookie that the server set is not sent back; None if all are, as far as is known."""
        sent = {name for name, _ in self.sent()}
        return next((loss for name, loss in self._losses.items() if name not in sent), None)

    def _loss_of(self, line: str, date: str) -> Loss | None:
        value, given = _parsed(line)
        if value in _DELETED:
            return None
        if "secure" in given and self._base.scheme == "http":
            return Loss(
                "it is marked “Secure”, and the address begins with http://",
                "Write the address as the browser has it, with https://. If it has none: whoever runs the "
                "instance can turn session.cookie_secure off.",
            )
        domain = given.get("domain", "").lstrip(".").lower()
        if domain and not f".{self._base.host}".endswith(f".{domain}"):
            return Loss(
                f"it is meant for another domain, {safe_text(domain, limit=_LONGEST)}",
                "Compare the address of the instance with the one in your browser.",
            )
        return _expired(given, date)


def _expired(given: dict[str, str], date: str) -> Loss | None:
    expires = http_date(given.get("expires", ""))
    if "max-age" in given or expires is None or expires > (http_date(date) or datetime.now(UTC)):
        return None
    if http_date(date) is not None:
        return Loss(
            "it has expired by the server's own clock", "Tell whoever runs the instance: nobody can sign in."
        )
    return Loss("it has expired by the clock of this machine", "Compare this machine's clock with the time.")


def _counted_from(date: str, line: bytes) -> bytes:
    """Return what makes the Expires of a Set-Cookie header a Max-Age that counts from `date`, if it can."""
    _, given = _parsed(line.decode("latin-1"))
    expires, now = http_date(given.get("expires", "")), http_date(date)
    if "max-age" in given or expires is None or now is None:
        return b""
    return f"; Max-Age={int((expires - now).total_seconds())}".encode()


def _parsed(line: str) -> tuple[str, dict[str, str]]:
    """Return a cookie's value, and its attributes by their names in lower case."""
    first, *others = line.split(";")
    pairs = (one.partition("=") for one in others)
    return first.partition("=")[2].strip().strip('"'), {
        name.strip().lower(): value.strip() for name, _, value in pairs
    }
