"""The one way to the network: requests to a single origin, and nothing of the HTTP library beyond here.

A form is posted once; a page that fails for a moment is asked for again (see `patience`). A redirect is
followed by hand, for pages only and within the origin; what an action or a sign-in answered is handed over
as it came. Whatever fails leaves as an error of the family in `errors`, without a cause attached, since
requests hold cookies, tokens and passwords.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import monotonic
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import SecretStr

from dazos_tui import __version__
from dazos_tui.crm import hosts
from dazos_tui.crm.body import Body, UnreadableError
from dazos_tui.crm.causes import causes_of, reason_of, tls_words
from dazos_tui.crm.errors import ConnectionLost, CrmError, TlsFailed, UnexpectedPage, Unreachable, WrongHost
from dazos_tui.crm.network import DIRECT, Network
from dazos_tui.crm.patience import patiently
from dazos_tui.logs import is_logging, log, log_error
from dazos_tui.text import safe_text

MAX_REDIRECTS = 5
MAX_BYTES = 20_000_000
"""Largest answer that is read, counted after unpacking. A page of the CRM has a hundredth of it."""

# Below the five seconds after which Apache closes an idle connection, lest an action be written into a
# connection that is just closing: it would end as "unknown" without need.
_LIMITS = httpx.Limits(max_connections=4, keepalive_expiry=4.0)

_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Connection": "keep-alive",
    "User-Agent": f"dazos-tui/{__version__}",
}

# At their lower levels these two write queries and headers, hence addresses of people and cookies.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: for a connection, for the next bytes, to send, and for a whole answer."""

    connect: float = 10.0
    read: float = 30.0
    write: float = 30.0
    total: float = 120.0


DEFAULT_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the address it was asked at, where it redirects to, and its text."""

    status: int
    url: str = field(repr=False)
    location: str = field(repr=False)
    text: str = field(repr=False)
    date: str = field(default="", repr=False)

    @property
    def server_time(self) -> datetime | None:
        """Return when the server answered, by its own clock, to the second and in UTC (HTTP header Date)."""
        # The library raises these two for what is no date, and OverflowError for years beyond all reckoning.
        with suppress(ValueError, TypeError, OverflowError):
            moment = parsedate_to_datetime(self.date)
            return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return None

    @property
    def redirects(self) -> bool:
        """Tell whether the answer points elsewhere."""
        return 300 <= self.status < 400 and bool(self.location)


_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[CrmError], str], ...] = (
    (
        (httpx.ConnectTimeout, httpx.PoolTimeout),
        Unreachable,
        "{host} took no connection within {limits.connect:g} s.",
    ),
    (httpx.ProxyError, Unreachable, "The proxy made no connection to {host}."),
    (httpx.ReadTimeout, ConnectionLost, "{host} sent nothing for {limits.read:g} s."),
    (httpx.WriteTimeout, ConnectionLost, "{host} took nothing for {limits.write:g} s."),
    (TimeoutError, ConnectionLost, "{host} did not finish its answer within {limits.total:g} s."),
    (UnreadableError, UnexpectedPage, "{host} sent an answer {error}."),
)

# The library raises the last three for an answer too, such as one with an odd Location, or a refusal in TLS
# that comes in its place: like all that is not in the table above, they leave open whether the request was
# carried out.
_TROUBLE = (
    httpx.HTTPError,
    httpx.StreamError,
    TimeoutError,
    UnreadableError,
    httpx.InvalidURL,
    ValueError,
    OSError,
)


class Session:
    """Cookies and connections of one web session with one origin. Opens nothing before the first request."""

    def __init__(
        self,
        url: str,
        *,
        network: Network = DIRECT,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Take the instance's address. Raises Unreachable if it is not one."""
        self._base = _base_url(url)
        self._network = network
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._waits = httpx.Timeout(timeouts.read, connect=timeouts.connect, write=timeouts.write).as_dict()
        self._way: httpx.AsyncHTTPTransport | None = None
        self._cookies = httpx.Cookies()
        self._tls: ssl.SSLContext | None = None
        self._closed = False
        # Kept, since the library is slow at joining addresses, headers and cookies.
        self._addresses: dict[str, str] = {}
        self._headers: dict[object, httpx.Headers] = {}

    @property
    def host(self) -> str:
        """Return the host, and the port if it is not the usual one."""
        return _netloc(self._base)

    def resolve(self, target: str, *, base: str | None = None) -> str:
        """Return the absolute address of `target`. Raises WrongHost if it leaves the origin."""
        try:
            url = httpx.URL(base or self._base).join(target)
            if url.userinfo or "#" in str(url):  # seldom, and a copy takes half as long as all the rest
                url = url.copy_with(userinfo=b"", fragment=None)
        except (httpx.InvalidURL, ValueError):
            raise UnexpectedPage(f"{self.host} points to an address that cannot be used.") from None
        if _origin(url) != _origin(self._base):
            raise self._wrong_host(url)
        return str(url)

    async def get(
        self,
        target: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        once: bool = False,
        sent: Callable[[], object] | None = None,
    ) -> Reply:
        """Ask for a page, patiently, and follow its redirects within the origin; neither if `once`.

        `sent` is called each time a request has left.

        Raises Unreachable, TlsFailed, ConnectionLost, WrongHost, UnexpectedPage.
        """
        address = self._addresses.get(target) or self.resolve(target)
        url = _with_query(self._addresses.setdefault(target, address), params or {})

        async def ask() -> Reply:
            return await self._followed(await self._send(url, headers=headers, sent=sent), headers)

        return await (self._send(url, headers=headers, sent=sent) if once else patiently(ask))

    async def follow(self, reply: Reply) -> Reply:
        """Return the page that an answer to a POST redirects to, or the answer if it does not."""
        if reply.redirects and reply.status in {HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT}:
            # These two ask for the same method again, and a form is never posted twice.
            self.resolve(reply.location, base=reply.url)
            raise UnexpectedPage(f"{self.host} wants the form posted elsewhere (HTTP {reply.status}).")
        return await self._followed(reply, None)

    async def post(
        self,
        target: str,
        form: Mapping[str, str | SecretStr],
        *,
        base: str | None = None,
        headers: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> Reply:
        """Post a form once and return what came back, a redirect included.

        `alone` takes a connection of its own: what a server or proxy left on a used one, an answer given
        twice perhaps, could be taken for the answer to this. Unreachable and TlsFailed prove that nothing was
        sent; after ConnectionLost and UnexpectedPage the request may have been carried out.
        """
        url = self.resolve(target, base=base)
        return await self._send(url, form=form, headers=headers, alone=alone)

    def forget(self) -> None:
        """Drop the cookies, so that the next request begins a new session."""
        self._cookies.clear()
        self._headers.clear()

    def cookies(self) -> frozenset[tuple[str, str]]:
        """Return name and value of each cookie that is held."""
        return frozenset((cookie.name, cookie.value or "") for cookie in self._cookies.jar)

    def use_cookies(self, cookies: Mapping[str, str]) -> None:
        """Send these from now on, by name, until `forget`."""
        for name, value in cookies.items():
            self._cookies.set(name, value)
        self._headers.clear()

    async def close(self) -> None:
        """Close the connections; there can be no further request."""
        self._closed = True
        if self._way is not None:
            await self._way.aclose()

    async def _followed(self, reply: Reply, headers: Mapping[str, str] | None) -> Reply:
        for _ in range(MAX_REDIRECTS):
            if not reply.redirects:
                return reply
            reply = await self._send(self.resolve(reply.location, base=reply.url), headers=headers)
        raise UnexpectedPage(f"{self.host} redirects in a circle: gave up after {MAX_REDIRECTS}.")

    async def _send(
        self,
        url: str,
        *,
        form: Mapping[str, str | SecretStr] | None = None,
        headers: Mapping[str, str] | None = None,
        alone: bool = False,
        sent: Callable[[], object] | None = None,
    ) -> Reply:
        shared = self._open()
        if self._network.pace is not None:
            await self._network.pace.turn()
        request = self._request(url, form, headers)
        if sent is not None:
            request.extensions["trace"] = _telling(sent)
        way = self._connections() if alone else shared
        try:
            return await self._exchange(way, request)
        except _TROUBLE as error:
            failure = self._explained(error)
            log_error("request failed", error)
        finally:
            if alone:
                with suppress(*_TROUBLE):
                    await way.aclose()
        # Raised out here so that the original, which holds the request, is not even its context.
        raise failure

    def _request(
        self,
        url: str,
        form: Mapping[str, str | SecretStr] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        # What is suppressed quotes the text that cannot be encoded, a password perhaps.
        with suppress(httpx.InvalidURL, UnicodeError):
            given, waits = {**_HEADERS, **(headers or {})}, {"timeout": self._waits}
            if form is not None:
                return httpx.Request(
                    "POST", url, data=_plain(form), headers=given, cookies=self._cookies, extensions=waits
                )
            alike = url.partition("?")[0], *(headers or {}).items()
            whole = self._headers.get(alike)
            if whole is None:
                whole = httpx.Request("GET", url, headers=given, cookies=self._cookies).headers
                self._headers[alike] = whole
            return httpx.Request("GET", url, headers=whole, extensions=waits)
        raise Unreachable(
            f"No request can be made to {self.host}: an address, a cookie or a field cannot be written so."
        )

    async def _exchange(self, way: httpx.AsyncHTTPTransport, request: httpx.Request) -> Reply:
        started = monotonic()
        async with asyncio.timeout(self._timeouts.total):
            response = await way.handle_async_request(request)
            response.request = request
            try:
                body = await _read(response, self._max_bytes)
            finally:
                await response.aclose()
        if "set-cookie" in response.headers:
            self._cookies.extract_cookies(response)
            self._headers.clear()
        if is_logging():
            _note(request, response.status_code, len(body), monotonic() - started)
        return Reply(
            status=response.status_code,
            url=str(request.url),
            location=response.headers.get("location", ""),
            text=body.decode("utf-8-sig", errors="replace"),
            date=response.headers.get("date", ""),
        )

    def _open(self) -> httpx.AsyncHTTPTransport:
        if self._closed:
            raise Unreachable(f"The session with {self.host} was closed here.", advice="Sign in again.")
        if self._way is None:
            self._way = self._connections()
        return self._way

    def _connections(self) -> httpx.AsyncHTTPTransport:
        # What is suppressed may quote the proxy's address, and that may hold a password.
        with suppress(ValueError, ImportError, httpx.InvalidURL):
            return httpx.AsyncHTTPTransport(verify=self._trust(), proxy=self._proxy(), limits=_LIMITS)
        where = "config" if self._network.proxy else "environment"
        raise Unreachable(f"The proxy set in the {where} cannot be used.")

    def _proxy(self) -> str | None:
        """Return the address of the proxy to go through, if any."""
        if self._is_local():
            return None
        if self._network.proxy is not None:
            return self._network.proxy
        proxies = getproxies()
        found = proxies.get(self._base.scheme) or proxies.get("all")
        if not found or proxy_bypass(_netloc(self._base)):
            return None
        return found if "://" in found else f"http://{found}"

    def _by_proxy(self) -> str:
        """Return which proxy the way leads through, for a message: without its password."""
        proxy = self._proxy()
        return f" by the proxy {_netloc(httpx.URL(proxy))}" if proxy else ""

    def _is_local(self) -> bool:
        """Tell whether all goes to this very machine: it may go in clear then, so it must not leave it."""
        return hosts.is_loopback(self._base.host)

    def _trust(self) -> ssl.SSLContext:
        """Return whom to trust. Made once: reading the certificates takes longer than a whole request."""
        if self._tls is None:
            # Where nothing is encrypted, nobody needs to be trusted.
            in_clear = self._is_local() and self._base.scheme == "http"
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if in_clear else self._authorities()
        return self._tls

    def _authorities(self) -> ssl.SSLContext:
        file = self._network.ca_file
        if file is None:
            return httpx.create_ssl_context()
        try:
            return ssl.create_default_context(cafile=file)
        except ssl.SSLError:
            reason = "it holds no certificate"
        except OSError as error:
            reason = reason_of(error)
        raise TlsFailed(
            f"The certificate file {safe_text(str(file))} cannot be used: {reason}.",
            advice="Check ca_file in the config.",
        )

    def _wrong_host(self, url: httpx.URL) -> WrongHost:
        here, there = _shown(self._base), _shown(url)
        return WrongHost(
            f"{here} points to another address, {there}. Nothing was sent there.",
            advice=f"If {there} is the instance you mean, give that as its address. "
            'If it is your single sign-on, set auth = "cookie" for the instance.',
        )

    def _explained(self, error: Exception) -> CrmError:
        """Return the error of the family that says what `error` means."""
        if isinstance(error, httpx.ConnectError):
            return self._not_connected(error)
        for kinds, family, words in _MEANINGS:
            if isinstance(error, kinds):
                return family(words.format(host=self.host, limits=self._timeouts, error=error))
        if isinstance(error, ssl.SSLError):
            failure = ConnectionLost(f"The encrypted connection to {self.host} broke: {tls_words(error)}.")
            failure.fleeting = False
            return failure
        return ConnectionLost(f"The connection to {self.host} broke, or its answer was damaged.")

    def _not_connected(self, error: Exception) -> CrmError:
        causes = list(causes_of(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                words = getattr(cause, "verify_message", "") or cause.reason or "the TLS handshake failed"
                return TlsFailed(f"The certificate of {self.host} was not accepted: {safe_text(words)}.")
        known = (reason_of(cause) for cause in causes if isinstance(cause, OSError))
        reason = next(filter(None, known), "it refused, or could not be found")
        failure = Unreachable(f"No connection to {self.host}{self._by_proxy()}: {safe_text(reason)}.")
        failure.fleeting = any(isinstance(cause, ConnectionError) for cause in causes)
        return failure


def _note(request: httpx.Request, status: int, size: int, seconds: float) -> None:
    script, view = request.url.path.rpartition("/")[2], request.url.params.get("view", "")
    log(
        "request",
        method=request.method,
        script=script,
        view=view,
        status=status,
        bytes=size,
        seconds=round(seconds, 3),
    )


def _telling(sent: Callable[[], object]) -> Callable[[str, object], Awaitable[None]]:
    """Return what the HTTP library tells each of its steps to, and which passes on the one that counts."""

    async def trace(step: str, _: object) -> None:
        if step.endswith(".send_request_body.complete"):
            sent()

    return trace


async def _read(response: httpx.Response, limit: int) -> bytes:
    body = Body(response.headers.get("content-encoding", ""), limit)
    async for chunk in response.aiter_raw():
        body.add(chunk)
    return body.whole()


def _with_query(address: str, params: Mapping[str, str]) -> str:
    """Return the address with these added to its query: of two values, PHP takes the last."""
    if not params:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(params)}"


def _plain(form: Mapping[str, str | SecretStr] | None) -> dict[str, str] | None:
    if form is None:
        return None
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in form.items()
    }


def _base_url(url: str) -> httpx.URL:
    """Return the folder that the paths of the dialect are relative to."""
    try:
        parsed = httpx.URL(url.strip())
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        parsed, host = httpx.URL(), ""
    # The look-up of the name would fail on this later, with an error that says less.
    if ":" not in host and not can_be_asked(host):
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise Unreachable(
            "The url is not an address such as https://crm.example.com/.",
            advice="Write it without a user name or password in it.",
        )
    path = parsed.path
    folder = path.rpartition("/")[0] if path.endswith(".php") else path.rstrip("/")
    return parsed.copy_with(path=folder + "/", query=None, fragment=None)


def can_be_asked(host: str) -> bool:
    """Tell whether a host that is no IPv6 address, in ASCII, is one that a request can be made to."""
    if not hosts.fits(host) or (hosts.is_address_like(host) and not hosts.is_ipv4(host)):
        return False
    return _is_host(host) and all(
        _is_host(label) or _is_old_name(label) for label in host.split(".") if label.startswith("xn--")
    )


def _is_host(name: str) -> bool:
    try:
        httpx.URL(f"https://{name}/").host.encode("idna")
    except (httpx.InvalidURL, UnicodeError):
        return False
    return True


def _is_old_name(label: str) -> bool:
    """Tell whether a label is a name by the rules of 2003, which know some that those of today refuse."""
    try:
        label.encode("ascii").decode("idna")
    except UnicodeError:
        return False
    return True


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host.lower(), url.port or {"http": 80, "https": 443}.get(url.scheme)


def _netloc(url: httpx.URL) -> str:
    return safe_text(url.netloc.decode("ascii", errors="replace"), limit=255)


def _shown(url: httpx.URL) -> str:
    """Return scheme, host and port, without the path and query that a redirect may hide something in."""
    return f"{safe_text(url.scheme, limit=20)}://{_netloc(url)}"
