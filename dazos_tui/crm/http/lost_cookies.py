"""Cookie expiry by the server's clock, as in browsers; and why a cookie is not sent back to its server."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from dazos_tui.crm.http.retry_after import parse_http_date
from dazos_tui.text.sanitize import safe_text

_DELETED_VALUES = frozenset({"", "deleted"})
"""Values with which a server deletes a cookie; the second is PHP's own."""
_MAX_DOMAIN_SHOWN = 80


class LostCookie(NamedTuple):
    """Why a cookie is not sent back to the server that set it, as a clause, and advice for the user."""

    reason: str
    advice: str


class LostCookieTracker:
    """The cookies that one instance has set but does not get back."""

    def __init__(self, scheme: str, host: str) -> None:
        """Build an empty tracker for the instance at this scheme and host."""
        self._scheme, self._host = scheme, host
        self._lost: dict[str, LostCookie] = {}

    def record(self, line: str, date: str) -> None:
        """Record a Set-Cookie header, from a response with this Date header."""
        name = line.partition("=")[0].strip()
        self._lost.pop(name, None)
        if (loss := self._diagnose(line, date)) is not None:
            self._lost[name] = loss

    def find_lost(self, sent: Collection[str]) -> LostCookie | None:
        """Return why a cookie was lost, ignoring cookies whose name is in `sent`; None if none is lost."""
        return next((loss for name, loss in self._lost.items() if name not in sent), None)

    def clear(self) -> None:
        """Clear what was recorded."""
        self._lost.clear()

    def _diagnose(self, line: str, date: str) -> LostCookie | None:
        value, given = _parse_set_cookie(line)
        if value in _DELETED_VALUES:
            return None
        if "secure" in given and self._scheme == "http":
            return LostCookie(
                "it is marked “Secure”, and the address begins with http://",
                "Use the address that your browser shows, with https://. If the instance has no https, the "
                "server's administrator can turn off session.cookie_secure.",
            )
        domain = given.get("domain", "").lstrip(".").lower()
        if domain and not f".{self._host}".endswith(f".{domain}"):
            return LostCookie(
                f"it is meant for another domain, {safe_text(domain, limit=_MAX_DOMAIN_SHOWN)}",
                "Compare the address of the instance with the one in your browser.",
            )
        return _diagnose_expiry(given, date)


def _diagnose_expiry(given: dict[str, str], date: str) -> LostCookie | None:
    expires = parse_http_date(given.get("expires", ""))
    if "max-age" in given or expires is None or expires > (parse_http_date(date) or datetime.now(UTC)):
        return None
    if parse_http_date(date) is not None:
        return LostCookie(
            "it has expired by the server's own clock",
            "Tell the server's administrator that nobody can sign in.",
        )
    return LostCookie("it has expired by the clock of this machine", "Check whether that clock is right.")


def expires_to_max_age(headers: Sequence[tuple[bytes, bytes]], date: str) -> list[tuple[bytes, bytes]]:
    """Return the headers with a Max-Age, counted from `date`, added to each cookie that has Expires.

    `date` is the server's own Date: its clock and ours may differ. Chrome and Firefox do the same.
    """
    return [
        (name, value + _max_age_attribute(value, date) if name.lower() == b"set-cookie" else value)
        for name, value in headers
    ]


def _max_age_attribute(line: bytes, date: str) -> bytes:
    _, given = _parse_set_cookie(line.decode("latin-1"))
    expires, now = parse_http_date(given.get("expires", "")), parse_http_date(date)
    if "max-age" in given or expires is None or now is None:
        return b""
    return f"; Max-Age={int((expires - now).total_seconds())}".encode()


def _parse_set_cookie(line: str) -> tuple[str, dict[str, str]]:
    """Return a cookie's value, and its attributes by lower-case name."""
    first, *others = line.split(";")
    pairs = (one.partition("=") for one in others)
    return first.partition("=")[2].strip().strip('"'), {
        name.strip().lower(): value.strip() for name, _, value in pairs
    }
