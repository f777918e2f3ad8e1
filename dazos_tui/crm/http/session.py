"""The one way to the network: requests to a single origin, and nothing of the HTTP library beyond here.

A form is posted once; a page that fails for a moment is asked for again (see `patience`). A redirect is
followed by hand, for pages only and within the origin; what an action or a sign-in answered is handed over
as it came. Whatever fails leaves as an error of the family in `errors`, without a cause attached, since
requests hold cookies, tokens and passwords.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from time import monotonic
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from dazos_tui import __version__
from dazos_tui.crm.errors import ConnectionLost, CrmError, TlsFailed, UnexpectedPage, Unreachable
from dazos_tui.crm.http import hosts
from dazos_tui.crm.http.body import Body, UnreadableError
from dazos_tui.crm.http.error_causes import causes_of, handshake_failure, reason_of, tls_words
from dazos_tui.crm.http.lost_cookies import Loss, LostCookies, by_server_clock
from dazos_tui.crm.http.network import DIRECT, Network, Pace
from dazos_tui.crm.http.origin_errors import Place, wrong_folder, wrong_host
from dazos_tui.crm.http.proxies import Proxy, broken_handshake, proxy_for, tls_failed, unusable
from dazos_tui.crm.http.request_trace import Steps
from dazos_tui.crm.http.response import Reply
from dazos_tui.crm.http.retry import patiently
from dazos_tui.crm.http.transport import LocalhostTransport
from dazos_tui.crm.http.trust import no_trust, system_trust
from dazos_tui.system.event_log import SCRIPTS, VIEWS, is_logging, known_name, log, log_error
from dazos_tui.text.sanitize import safe_text

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
        self._pace = network.pace or Pace(0)
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._waits = httpx.Timeout(timeouts.read, connect=timeouts.connect, write=timeouts.write).as_dict()
        self._way: httpx.AsyncBaseTransport | None = None
        self._cookies = httpx.Cookies()
        self._lost = LostCookies(self._base.scheme, self._base.host)
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
        """Return the absolute address of `target`, which may be relative to the page `base`.

        Raises WrongHost if it leaves the origin or, named by a page, the instance's folder there: another
        folder of the same host may be somebody else's.
        """
        try:
            url = httpx.URL(base or self._base).join(target)
            if url.userinfo or "#" in str(url):  # seldom, and a copy takes half as long as all the rest
                url = url.copy_with(userinfo=b"", fragment=None)
        except (httpx.InvalidURL, ValueError):
            raise UnexpectedPage(f"{self.host} points to an address that cannot be used.") from None
        if _origin(url) != _origin(self._base):
            raise wrong_host(_place(self._base), _place(url))
        if base is not None and not hosts.is_below(url.path, self._base.path):
            raise wrong_folder(_place(self._base), self._base.path)
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

        return await (self._send(url, headers=headers, sent=sent) if once else patiently(ask, self._pace))

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
        self._lost.clear()
        self._headers.clear()

    def cookies(self) -> frozenset[tuple[str, str]]:
        """Return name and value of each cookie that is held and sent."""
        secure = self._base.scheme == "https"
        return frozenset((one.name, one.value or "") for one in self._cookies.jar if secure or not one.secure)

    @property
    def lost_cookie(self) -> Loss | None:
        """Return why a cookie that the server set is not sent back to it; None if there is no such cookie."""
        return self._lost.among({name for name, _ in self.cookies()})

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
        await self._pace.turn()
        request = self._request(url, form, headers)
        steps = Steps(sent)
        proxy = self._proxy
        if sent is not None or (proxy and proxy.is_encrypted):
            request.extensions["trace"] = steps
        trouble: tuple[type[Exception], ...] = (*_TROUBLE, *broken_handshake(proxy))
        way = self._connections() if alone else shared
        try:
            reply = await self._exchange(way, request)
            self._take_note(reply)
            return reply
        except trouble as error:
            failure = self._explained(error, steps)
            log_error("request failed", error)
        finally:
            if alone:
                with suppress(*_TROUBLE):
                    await way.aclose()
        # Raised out here so that the original, which holds the request, is not even its context.
        raise failure

    def _take_note(self, reply: Reply) -> None:
        """Have the requests that follow wait if this answer asks for it."""
        if reply.pause is None:
            self._pace.answered()
        else:
            self._pace.hold(reply.pause)

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

    async def _exchange(self, way: httpx.AsyncBaseTransport, request: httpx.Request) -> Reply:
        started = monotonic()
        async with asyncio.timeout(self._timeouts.total):
            response = await way.handle_async_request(request)
            response.request = request
            try:
                body = await _read(response, self._max_bytes)
            finally:
                await response.aclose()
        if "set-cookie" in response.headers:
            self._keep_cookies(response)
        if is_logging():
            _note(request, response.status_code, len(body), monotonic() - started)
        return Reply(
            status=response.status_code,
            url=str(request.url),
            location=response.headers.get("location", ""),
            text=body.decode("utf-8-sig", errors="replace"),
            date=response.headers.get("date", ""),
            retry_after=response.headers.get("retry-after", ""),
        )

    def _keep_cookies(self, response: httpx.Response) -> None:
        date = response.headers.get("date", "")
        for line in response.headers.get_list("set-cookie"):
            self._lost.note(line, date)
        response.headers = httpx.Headers(by_server_clock(response.headers.raw, date))
        self._cookies.extract_cookies(response)
        self._headers.clear()

    def _open(self) -> httpx.AsyncBaseTransport:
        if self._closed:
            raise Unreachable(f"The session with {self.host} was closed here.", advice="Sign in again.")
        if self._way is None:
            self._way = self._connections()
        return self._way

    def _connections(self) -> httpx.AsyncBaseTransport:
        proxy = self._proxy
        if proxy is None:
            way = httpx.AsyncHTTPTransport(verify=self._trust(), limits=_LIMITS)
            return LocalhostTransport(way) if self._base.host == hosts.LOCALHOST else way
        # What is suppressed may quote the proxy's address, and that may hold a password.
        with suppress(ValueError, ImportError, httpx.InvalidURL):
            # Its own context: the library sets what is agreed on in the handshake, which differs for the two.
            secure = system_trust(self._network.ca_file) if proxy.is_encrypted else None
            through = httpx.Proxy(proxy.url, ssl_context=secure)
            return httpx.AsyncHTTPTransport(verify=self._trust(), proxy=through, limits=_LIMITS)
        raise unusable(proxy)

    @cached_property
    def _proxy(self) -> Proxy | None:
        """Return the proxy to go through, if any."""
        if self._is_local():
            return None
        return proxy_for(self._base.scheme, self._base.host, self._base.port, self._network.proxy)

    def _by_proxy(self) -> str:
        """Return which proxy the way leads through, for a message: without its password."""
        proxy = self._proxy
        return f" by the proxy {proxy.address}" if proxy else ""

    def _is_local(self) -> bool:
        """Tell whether all goes to this very machine: it may go in clear then, so it must not leave it."""
        return hosts.is_loopback(self._base.host)

    def _trust(self) -> ssl.SSLContext:
        """Return whom to trust. Made once: reading the certificates takes longer than a whole request."""
        if self._tls is None:
            # Where nothing is encrypted, nobody needs to be trusted.
            in_clear = self._is_local() and self._base.scheme == "http"
            self._tls = no_trust() if in_clear else system_trust(self._network.ca_file)
        return self._tls

    def _explained(self, error: Exception, steps: Steps) -> CrmError:
        """Return the error of the family that says what `error` means."""
        if isinstance(error, httpx.ConnectError):
            return self._not_connected(error, steps)
        if isinstance(error, broken_handshake(self._proxy)):
            return Unreachable(f"What answers{self._by_proxy()} speaks no SOCKS.")
        for kinds, family, words in _MEANINGS:
            if isinstance(error, kinds):
                return family(words.format(host=self.host, limits=self._timeouts, error=error))
        if isinstance(error, ssl.SSLError):
            failure = ConnectionLost(f"The encrypted connection to {self.host} broke: {tls_words(error)}.")
            failure.fleeting = False
            return failure
        return ConnectionLost(f"The connection to {self.host} broke, or its answer was damaged.")

    def _not_connected(self, error: Exception, steps: Steps) -> CrmError:
        causes = list(causes_of(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                if self._proxy and self._proxy.is_encrypted and steps.ended_with_first_hop:
                    return tls_failed(self._proxy, cause)
                words, advice = handshake_failure(cause, self.host)
                return TlsFailed(words, advice=advice)
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
        script=known_name(script, SCRIPTS),
        view=known_name(view, VIEWS),
        status=status,
        bytes=size,
        seconds=round(seconds, 3),
    )


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


def _place(url: httpx.URL) -> Place:
    """Return where an address leads, without the path and query that a redirect may hide something in."""
    # Not `host`, which decodes the name and raises for some.
    host = url.raw_host.decode("ascii", errors="replace").lower()
    return Place(safe_text(url.scheme, limit=20), host, _netloc(url))
