"""The only module that sends requests: to a single origin. The HTTP library is not visible outside.

A form is posted once; a page is requested again after a transient failure (see `retry`). Redirects are
followed here, not by the library: only for pages, and only within the origin. The response to an action or a
sign-in is returned as it came. Every failure is raised as a `CrmError` without a cause, since requests hold
cookies, tokens and passwords.
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
from urllib.parse import parse_qsl, urlencode

import httpx
from pydantic import SecretStr

from dazos_tui import __version__
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    TlsError,
    UnexpectedPageError,
    UnreachableError,
)
from dazos_tui.crm.http import hosts
from dazos_tui.crm.http.body import BoundedBody, UnreadableBodyError
from dazos_tui.crm.http.content import RequestContent
from dazos_tui.crm.http.error_causes import (
    describe_handshake_failure,
    iter_causes,
    os_error_reason,
    tls_error_text,
)
from dazos_tui.crm.http.exchange import Exchange
from dazos_tui.crm.http.lost_cookies import LostCookie, LostCookieTracker, expires_to_max_age
from dazos_tui.crm.http.network import DEFAULT_NETWORK, NetworkSettings, RateLimiter
from dazos_tui.crm.http.origin_errors import Origin, wrong_folder_error, wrong_origin_error
from dazos_tui.crm.http.proxies import (
    Proxy,
    find_proxy,
    proxy_tls_error,
    socks_handshake_errors,
    unusable_proxy_error,
)
from dazos_tui.crm.http.request_trace import Preparation, RequestTrace
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.http.retry import retry_transient
from dazos_tui.crm.http.transport import LocalhostTransport
from dazos_tui.crm.http.trust import trusting_tls_context, untrusting_tls_context
from dazos_tui.system.event_log import SCRIPTS, VIEWS, is_logging, known_name, log, log_error
from dazos_tui.text.sanitize import safe_text

MAX_REDIRECTS = 5
MAX_RESPONSE_BYTES = 20_000_000
"""Largest response that is read, in bytes after decompression. A page of the CRM has a hundredth of that."""

# Below the five seconds after which Apache closes an idle connection: an action sent over a connection that
# is just closing would needlessly end as "unknown".
_LIMITS = httpx.Limits(max_connections=4, keepalive_expiry=4.0)

_DEFAULT_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Connection": "keep-alive",
    "User-Agent": f"dazos-tui/{__version__}",
}

# At lower levels these two log queries and headers, and so e-mail addresses and cookies.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: to connect, for the next bytes, to send, and for a whole response."""

    connect: float = 10.0
    read: float = 30.0
    write: float = 30.0
    total: float = 120.0


DEFAULT_TIMEOUTS = Timeouts()


_ERROR_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[CrmError], str], ...] = (
    (
        (httpx.ConnectTimeout, httpx.PoolTimeout),
        UnreachableError,
        "{host} accepted no connection within {limits.connect:g} s.",
    ),
    (httpx.ProxyError, UnreachableError, "The proxy made no connection to {host}."),
    (httpx.ReadTimeout, ConnectionLostError, "{host} sent nothing for {limits.read:g} s."),
    (httpx.WriteTimeout, ConnectionLostError, "{host} accepted no data for {limits.write:g} s."),
    (TimeoutError, ConnectionLostError, "{host} did not finish its answer within {limits.total:g} s."),
    (UnreadableBodyError, UnexpectedPageError, "{host} sent an answer {error}."),
)

# The library can raise the last three after a request was sent, for a response with a malformed Location or
# for a TLS alert in place of the response. Like everything that is not in the table above, they leave open
# whether the request was carried out.
_TRANSPORT_ERRORS = (
    httpx.HTTPError,
    httpx.StreamError,
    TimeoutError,
    UnreadableBodyError,
    httpx.InvalidURL,
    ValueError,
    OSError,
)


class HttpSession:
    """The cookies and connections of one web session with one origin. Connects only at the first request."""

    def __init__(
        self,
        url: str,
        *,
        network: NetworkSettings = DEFAULT_NETWORK,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        max_bytes: int = MAX_RESPONSE_BYTES,
    ) -> None:
        """Build a session with the instance at `url`; `max_bytes` limits each response.

        Raises UnreachableError if `url` is not a valid address.
        """
        self._base_url = _parse_base_url(url)
        self._network = network
        self._rate_limiter = network.rate_limiter or RateLimiter(0)
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._timeout_extension = httpx.Timeout(
            timeouts.read, connect=timeouts.connect, write=timeouts.write
        ).as_dict()
        self._transport: httpx.AsyncBaseTransport | None = None
        self._cookies = httpx.Cookies()
        self._lost_cookies = LostCookieTracker(self._base_url.scheme, self._base_url.host)
        self._tls_context: ssl.SSLContext | None = None
        self._closed = False
        # Cached, since the library is slow at joining URLs, headers and cookies.
        self._url_cache: dict[str, str] = {}
        self._header_cache: dict[object, httpx.Headers] = {}

    @property
    def host(self) -> str:
        """Return the host, with the port if it is not the default one."""
        return _netloc(self._base_url)

    def resolve(self, target: str, *, base: str | None = None) -> str:
        """Return the absolute URL of `target`, which may be relative to the page `base`.

        Raises WrongHostError if it leaves the origin, or if a page (`base`) leads out of the instance's
        folder: another folder on the same host may belong to someone else. Raises UnexpectedPageError if it
        is not a valid URL.
        """
        try:
            url = httpx.URL(base or self._base_url).join(target)
            if url.userinfo or "#" in str(url):  # rare, and copying takes half as long as all the rest
                url = url.copy_with(userinfo=b"", fragment=None)
        except (httpx.InvalidURL, ValueError):
            raise UnexpectedPageError(f"{self.host} points to an address that cannot be used.") from None
        if _origin_key(url) != _origin_key(self._base_url):
            raise wrong_origin_error(_origin_of(self._base_url), _origin_of(url))
        if base is not None and not hosts.is_path_inside(url.path, self._base_url.path):
            raise wrong_folder_error(_origin_of(self._base_url), self._base_url.path)
        return str(url)

    async def get(
        self,
        target: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        single_request: bool = False,
        on_request_sent: Callable[[], object] | None = None,
    ) -> Response:
        """Request a page, with retries, and follow redirects within the origin; neither if `single_request`.

        `on_request_sent` is called each time the request for `target` has been sent.

        Raises UnreachableError, TlsError, ConnectionLostError, WrongHostError, UnexpectedPageError.
        """
        resolved = self._url_cache.get(target) or self.resolve(target)
        url = _with_query(self._url_cache.setdefault(target, resolved), params or {})

        trace = RequestTrace(on_request_sent) if on_request_sent is not None else None

        async def send_and_follow() -> Response:
            return await self._follow_redirects(await self._send(url, headers=headers, trace=trace), headers)

        return await (
            self._send(url, headers=headers, trace=trace)
            if single_request
            else retry_transient(send_and_follow, self._rate_limiter)
        )

    async def follow_redirect(self, response: Response) -> Response:
        """Return the page that the response to a POST redirects to, or the response if it does not."""
        if response.is_redirect and response.status in {
            HTTPStatus.TEMPORARY_REDIRECT,
            HTTPStatus.PERMANENT_REDIRECT,
        }:
            # These two ask to repeat the POST, and a form is never posted twice.
            self.resolve(response.location, base=response.url)
            raise UnexpectedPageError(
                f"{self.host} wants the form posted elsewhere (HTTP {response.status})."
            )
        return await self._follow_redirects(response, None)

    async def post(
        self,
        target: str,
        form: Mapping[str, str | SecretStr],
        *,
        base: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Post a form once and return the response, even if it is a redirect.

        UnreachableError and TlsError prove that nothing was sent. After ConnectionLostError and
        UnexpectedPageError the request may have been carried out.
        """
        url, content = self.resolve(target, base=base), RequestContent(form=form, headers=headers or {})
        return await self._send(url, content=content)

    async def send_once(
        self, target: str, content: RequestContent, preparation: Preparation | None = None
    ) -> Response:
        """Send a request that changes something once, on a new connection; raises errors as `post` does.

        On a used connection, leftover data from a server or proxy, such as a response sent twice, could be
        mistaken for the response to this request. Nothing is sent before the `preparation` is done, which
        goes on while the connection is being made; what it raises is raised.
        """
        trace = RequestTrace(preparation=preparation)
        return await self._send(self.resolve(target), content=content, fresh_connection=True, trace=trace)

    def clear_cookies(self) -> None:
        """Drop the cookies, so that the next request begins a new session."""
        self._cookies.clear()
        self._lost_cookies.clear()
        self._header_cache.clear()

    def cookies(self) -> frozenset[tuple[str, str]]:
        """Return the name and value of each cookie that is sent with requests."""
        secure = self._base_url.scheme == "https"
        return frozenset((one.name, one.value or "") for one in self._cookies.jar if secure or not one.secure)

    @property
    def lost_cookie(self) -> LostCookie | None:
        """Return why a cookie that the server set is not sent back to it; None if all are."""
        return self._lost_cookies.find_lost({name for name, _ in self.cookies()})

    def set_cookies(self, cookies: Mapping[str, str]) -> None:
        """Send these cookies, given by name, with each request until `clear_cookies` is called."""
        for name, value in cookies.items():
            self._cookies.set(name, value)
        self._header_cache.clear()

    async def close(self) -> None:
        """Close the connections. No further request can be made."""
        self._closed = True
        if self._transport is not None:
            await self._transport.aclose()

    async def _follow_redirects(self, response: Response, headers: Mapping[str, str] | None) -> Response:
        for _ in range(MAX_REDIRECTS):
            if not response.is_redirect:
                return response
            response = await self._send(self.resolve(response.location, base=response.url), headers=headers)
        raise UnexpectedPageError(f"{self.host} redirects in a circle: gave up after {MAX_REDIRECTS}.")

    async def _send(
        self,
        url: str,
        *,
        content: RequestContent | None = None,
        headers: Mapping[str, str] | None = None,
        fresh_connection: bool = False,
        trace: RequestTrace | None = None,
    ) -> Response:
        shared = self._shared_transport()
        await self._rate_limiter.acquire()
        request = self._build_request(url, content, headers)
        proxy = self._proxy
        if trace is not None or (proxy and proxy.is_encrypted):
            trace = request.extensions["trace"] = trace or RequestTrace()
        errors: tuple[type[Exception], ...] = (*_TRANSPORT_ERRORS, *socks_handshake_errors(proxy))
        transport = self._new_transport() if fresh_connection else shared
        try:
            response = await self._exchange(transport, request)
            self._apply_retry_after(response)
            return response
        except errors as error:
            failure = self._to_crm_error(error, trace)
            log_error("request failed", error)
        finally:
            if fresh_connection:
                with suppress(*_TRANSPORT_ERRORS):
                    await transport.aclose()
        # Raised out here so that the original error, which holds the request, is not even its context.
        raise failure

    def _apply_retry_after(self, response: Response) -> None:
        """Make later requests wait if this response asks for a pause."""
        if response.pause_seconds is None:
            self._rate_limiter.end_backoff()
        else:
            self._rate_limiter.pause(response.pause_seconds)

    def _build_request(
        self,
        url: str,
        content: RequestContent | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        # The suppressed errors quote the text that cannot be encoded, which may be a password.
        with suppress(httpx.InvalidURL, UnicodeError):
            extensions = {"timeout": self._timeout_extension}
            if content is not None:
                return httpx.Request(
                    content.method,
                    url,
                    data=content.reveal_form(),
                    content=content.reveal_json(),
                    headers={**_DEFAULT_HEADERS, **content.reveal_headers()},
                    cookies=self._cookies,
                    extensions=extensions,
                )
            all_headers = {**_DEFAULT_HEADERS, **(headers or {})}
            cache_key = url.partition("?")[0], *(headers or {}).items()
            with_cookies = self._header_cache.get(cache_key)
            if with_cookies is None:
                with_cookies = httpx.Request("GET", url, headers=all_headers, cookies=self._cookies).headers
                self._header_cache[cache_key] = with_cookies
            return httpx.Request("GET", url, headers=with_cookies, extensions=extensions)
        raise UnreachableError(
            f"Could not send a request to {self.host}: an address, a cookie or a field has characters that "
            "cannot be sent."
        )

    async def _exchange(self, transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Response:
        started = monotonic()
        async with asyncio.timeout(self._timeouts.total):
            response = await transport.handle_async_request(request)
            response.request = request
            try:
                body = await _read_body(response, self._max_bytes)
            finally:
                await response.aclose()
        if "set-cookie" in response.headers:
            self._keep_cookies(response)
        if is_logging():
            _log_request(request, response.status_code, len(body), monotonic() - started)
        text = body.decode("utf-8-sig", errors="replace")
        if self._network.on_exchange is not None:
            self._network.on_exchange(_exchange_of(request, response, text))
        return Response(
            status=response.status_code,
            url=str(request.url),
            location=response.headers.get("location", ""),
            text=text,
            date_header=response.headers.get("date", ""),
            retry_after_header=response.headers.get("retry-after", ""),
        )

    def _keep_cookies(self, response: httpx.Response) -> None:
        date = response.headers.get("date", "")
        for line in response.headers.get_list("set-cookie"):
            self._lost_cookies.record(line, date)
        response.headers = httpx.Headers(expires_to_max_age(response.headers.raw, date))
        self._cookies.extract_cookies(response)
        self._header_cache.clear()

    def _shared_transport(self) -> httpx.AsyncBaseTransport:
        if self._closed:
            raise UnreachableError(f"The session with {self.host} was closed here.", advice="Sign in again.")
        if self._transport is None:
            self._transport = self._new_transport()
        return self._transport

    def _new_transport(self) -> httpx.AsyncBaseTransport:
        proxy = self._proxy
        if proxy is None:
            direct = httpx.AsyncHTTPTransport(verify=self._get_tls_context(), limits=_LIMITS)
            return LocalhostTransport(direct) if self._base_url.host == hosts.LOCALHOST else direct
        # The suppressed errors may quote the proxy's address, which may contain a password.
        with suppress(ValueError, ImportError, httpx.InvalidURL):
            # A separate context: the library sets the protocols to negotiate (ALPN) on it, which differ for
            # the proxy and the CRM.
            proxy_tls = trusting_tls_context(self._network.ca_file) if proxy.is_encrypted else None
            with_tls = httpx.Proxy(proxy.url, ssl_context=proxy_tls)
            return httpx.AsyncHTTPTransport(verify=self._get_tls_context(), proxy=with_tls, limits=_LIMITS)
        raise unusable_proxy_error(proxy)

    @cached_property
    def _proxy(self) -> Proxy | None:
        """Return the proxy to go through, if any."""
        if self._is_loopback():
            return None
        return find_proxy(
            self._base_url.scheme, self._base_url.host, self._base_url.port, self._network.proxy
        )

    def _proxy_suffix(self) -> str:
        """Return which proxy is used, for a message: without its password; empty if none is."""
        proxy = self._proxy
        return f" through the proxy {proxy.address}" if proxy else ""

    def _is_loopback(self) -> bool:
        """Return whether the instance is on this machine; its traffic may be in clear, but must stay here."""
        return hosts.is_loopback(self._base_url.host)

    def _get_tls_context(self) -> ssl.SSLContext:
        """Return the TLS context, built once: reading the certificates takes longer than a whole request."""
        if self._tls_context is None:
            # Without encryption, no certificates are needed.
            is_plain = self._is_loopback() and self._base_url.scheme == "http"
            self._tls_context = (
                untrusting_tls_context() if is_plain else trusting_tls_context(self._network.ca_file)
            )
        return self._tls_context

    def _to_crm_error(self, error: Exception, trace: RequestTrace | None) -> CrmError:
        """Return the CrmError that says what `error` means."""
        if isinstance(error, httpx.ConnectError):
            return self._connect_error(error, trace)
        if isinstance(error, socks_handshake_errors(self._proxy)):
            return UnreachableError(f"Could not connect{self._proxy_suffix()}: it does not speak SOCKS.")
        for kinds, error_class, message in _ERROR_MEANINGS:
            if isinstance(error, kinds):
                return error_class(message.format(host=self.host, limits=self._timeouts, error=error))
        if isinstance(error, ssl.SSLError):
            failure = ConnectionLostError(
                f"The encrypted connection to {self.host} broke: {tls_error_text(error)}."
            )
            failure.is_transient = False
            return failure
        return ConnectionLostError(f"The connection to {self.host} broke, or its answer was damaged.")

    def _connect_error(self, error: Exception, trace: RequestTrace | None) -> CrmError:
        causes = list(iter_causes(error))
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                if self._proxy and self._proxy.is_encrypted and trace and trace.has_failed_at_first_hop:
                    return proxy_tls_error(self._proxy, cause)
                message, advice = describe_handshake_failure(cause, self.host)
                return TlsError(message, advice=advice)
        reasons = (os_error_reason(cause) for cause in causes if isinstance(cause, OSError))
        reason = next(filter(None, reasons), "it refused, or could not be found")
        failure = UnreachableError(
            f"Could not connect to {self.host}{self._proxy_suffix()}: {safe_text(reason)}."
        )
        failure.is_transient = any(isinstance(cause, ConnectionError) for cause in causes)
        return failure


def _log_request(request: httpx.Request, status: int, size: int, seconds: float) -> None:
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


def _exchange_of(request: httpx.Request, response: httpx.Response, text: str) -> Exchange:
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    form = request.content.decode("ascii", errors="replace") if is_form else ""
    return Exchange(
        request.method,
        str(request.url),
        tuple(dict(parse_qsl(form, keep_blank_values=True))),
        tuple(request.headers),
        response.status_code,
        tuple(response.headers.multi_items()),
        text,
    )


async def _read_body(response: httpx.Response, limit: int) -> bytes:
    body = BoundedBody(response.headers.get("content-encoding", ""), limit)
    async for chunk in response.aiter_raw():
        body.add(chunk)
    return body.finish()


def _with_query(url: str, params: Mapping[str, str]) -> str:
    """Return the URL with these parameters at the end of its query: of two values, PHP uses the last."""
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"


def _parse_base_url(url: str) -> httpx.URL:
    """Return the URL of the folder that the dialect's paths are relative to. Raises UnreachableError."""
    try:
        parsed = httpx.URL(url.strip())
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        parsed, host = httpx.URL(), ""
    # The name look-up would fail on this later, with a less clear error.
    if ":" not in host and not is_valid_host(host):
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise UnreachableError(
            "The url is not an address such as https://crm.example.com/.",
            advice="Write it without a user name or password in it.",
        )
    path = parsed.path
    folder = path.rpartition("/")[0] if path.endswith(".php") else path.rstrip("/")
    return parsed.copy_with(path=folder + "/", query=None, fragment=None)


def is_valid_host(host: str) -> bool:
    """Return whether requests can be made to this host, given in ASCII and not an IPv6 address."""
    if not hosts.has_valid_length(host) or (hosts.ends_like_ipv4(host) and not hosts.is_ipv4(host)):
        return False
    return _is_host(host) and all(
        _is_host(label) or _is_idna_2003_label(label) for label in host.split(".") if label.startswith("xn--")
    )


def _is_host(name: str) -> bool:
    try:
        httpx.URL(f"https://{name}/").host.encode("idna")
    except (httpx.InvalidURL, UnicodeError):
        return False
    return True


def _is_idna_2003_label(label: str) -> bool:
    """Return whether a label is valid by IDNA 2003, which allows some that today's rules refuse."""
    try:
        label.encode("ascii").decode("idna")
    except UnicodeError:
        return False
    return True


def _origin_key(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host.lower(), url.port or {"http": 80, "https": 443}.get(url.scheme)


def _netloc(url: httpx.URL) -> str:
    return safe_text(url.netloc.decode("ascii", errors="replace"), limit=255)


def _origin_of(url: httpx.URL) -> Origin:
    """Return where a URL leads, without the path and query, in which a redirect may hide something."""
    # Not `host`, which decodes the name and raises an error for some.
    host = url.raw_host.decode("ascii", errors="replace").lower()
    return Origin(safe_text(url.scheme, limit=20), host, _netloc(url))
