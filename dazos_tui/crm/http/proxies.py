"""Which proxy a request goes through: the configured one, or the one that the environment names."""

import os
import re
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from dazos_tui.crm.errors import UnreachableError
from dazos_tui.crm.http.error_causes import tls_error_text
from dazos_tui.text.sanitize import safe_text

_SOCKS_SCHEMES = frozenset({"socks5", "socks5h"})
"""With both, the proxy looks up the host name: the HTTP library supports nothing else."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's address, which may contain a password, and where it is set: “the config”, or a variable."""

    url: str = field(repr=False)
    source: str

    @property
    def scheme(self) -> str:
        """Return the scheme in lower case, such as ``http`` or ``socks5``."""
        return self.url.partition("://")[0].lower()

    @property
    def is_encrypted(self) -> bool:
        """Return whether the connection to the proxy itself uses TLS."""
        return self.scheme == "https"

    @property
    def address(self) -> str:
        """Return host and port for a message, without user name and password; empty if there is no host."""
        try:
            parts = urlsplit(self.url)
            return safe_text(_netloc(parts.hostname or "", parts.port), limit=255)
        except ValueError:
            return ""


def find_proxy(scheme: str, host: str, port: int | None, configured: str | None) -> Proxy | None:
    """Return the proxy for requests to this host, or None to connect directly.

    `host` is without brackets, `port` is None if the address has none. The environment variables are those
    that curl reads; the system settings of macOS count too, as the standard library reads them.
    """
    if configured is not None:
        return Proxy(configured, "the config")
    proxies = getproxies()
    found = proxies.get(scheme) or proxies.get("all")
    wanted = port or {"http": 80, "https": 443}.get(scheme)
    if not found or is_proxy_exempt(host, wanted, proxies.get("no", "")) or proxy_bypass(_netloc(host, port)):
        return None
    return Proxy(found if "://" in found else f"http://{found}", _proxy_source(scheme, found))


def is_proxy_exempt(host: str, port: int | None, no_proxy: str) -> bool:
    """Return whether NO_PROXY matches this host: by ``*``, a name, ``*.name``, an address or a CIDR network.

    Each entry may end in a port. Names are not looked up: a network only matches hosts written as addresses.
    """
    entries = [entry for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry]
    return any(_matches(entry, host.lower().rstrip("."), port) for entry in entries)


def _matches(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    try:
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        pass
    name, wanted = _split_port(entry)
    if wanted is not None and wanted != port:
        return False
    try:
        return ip_address(host) == ip_address(name.strip("[]"))
    except ValueError:
        domain = name.removeprefix("*").lstrip(".").rstrip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(\[.*\]|[^:]*):([0-9]{1,5})", entry)
    return (found[1], int(found[2])) if found is not None else (entry, None)


def _netloc(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _proxy_source(scheme: str, found: str) -> str:
    """Return the name of the variable that names this proxy."""
    names = (f"{scheme}_proxy", f"{scheme}_PROXY".upper(), "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name) == found), "the system's settings")


def unusable_proxy_error(proxy: Proxy) -> UnreachableError:
    """Return the error for a proxy whose address cannot be used."""
    advice = "Write it as http://, https:// or socks5://, then host and port."
    if proxy.scheme in _SOCKS_SCHEMES:
        advice = "SOCKS needs an extra: install “dazos-tui[socks]” instead of “dazos-tui”."
    return UnreachableError(f"The proxy set in {proxy.source} cannot be used.", advice=advice)


def proxy_tls_error(proxy: Proxy, error: ssl.SSLError) -> UnreachableError:
    """Return the error for a proxy whose TLS handshake failed: the host behind it was not reached."""
    name = f"The proxy {proxy.address}, set in {proxy.source},"
    if isinstance(error, ssl.SSLCertVerificationError):
        return UnreachableError(
            f"{name} has a certificate that was not accepted: {safe_text(error.verify_message)}.",
            advice="If it comes from your company's own authority, name that as ca_file in the config.",
        )
    return UnreachableError(
        f"{name} does not seem to speak TLS: {tls_error_text(error)}.",
        advice="Most proxies are reached by plain http, even for https sites: write its address with http://.",
    )


def socks_handshake_errors(proxy: Proxy | None) -> tuple[type[Exception], ...]:
    """Return what the SOCKS library raises, before a request is sent, if a proxy does not speak SOCKS."""
    if proxy is None or proxy.scheme not in _SOCKS_SCHEMES:
        return ()
    try:
        from socksio import SOCKSError
    except ImportError:
        return ()
    return (SOCKSError,)
