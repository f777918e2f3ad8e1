"""Normalizing the address of an instance, as users copy it from a browser.

No message here repeats the address: a user may have pasted one with a password in it.
"""

import re
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from dazos_tui.crm.http import hosts

_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_PATH = re.compile(r"[A-Za-z0-9/._~%!$&'()*+,;=:@-]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalize_base_url(text: str) -> str:
    """Return the base of an instance's address: scheme, host in lower case, path with a slash at its end.

    A page's address such as ``https://crm.example.com/index.php?module=Users`` is cut to its base, and the
    default port is left out. Raises ValueError with what is wrong, without the address.
    """
    parts = _split_url(text.strip())
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("does not start with https:// (or http://)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("contains a user name or password: leave those out of the address")
    path, page = _cut_page(parts.path)
    is_page = page or re.search(r"(^|&)(module|view)=", parts.query)
    if (parts.query or parts.fragment) and not is_page:
        raise ValueError("contains a question mark or #: leave that out, and everything after it")
    if not _PATH.fullmatch(path):
        raise ValueError("contains a character after the host that is not allowed in an address")
    return f"{parts.scheme}://{_host_and_port(parts)}{path.rstrip('/')}/"


def server_of(url: str) -> str:
    """Return a base address without its scheme: two instances with one server are the same CRM."""
    return url.partition("://")[2]


def operator_name(username: str, *, is_cookie: bool) -> str:
    """Return who acts in an instance, for screen and history; whose session a cookie is, is not checked."""
    return f"{username} (browser session)" if is_cookie else username


def is_loopback_url(url: str) -> bool:
    """Return whether a URL leads to this machine itself, so that nothing crosses a network."""
    return hosts.is_loopback(urlsplit(url).hostname or "")


def _split_url(text: str) -> SplitResult:
    if not text.isascii():
        raise ValueError("contains letters outside ASCII: write the host as your browser sends it (xn--…)")
    # urlsplit drops line breaks and tabs silently.
    if not text.isprintable() or " " in text or "\\" in text:
        raise ValueError("contains a space, a backslash or a control character")
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError("is not a valid address") from None


def _cut_page(path: str) -> tuple[str, bool]:
    folder, slash, last = path.rpartition("/")
    return (folder + slash, True) if last.lower().endswith(".php") else (path, False)


def _host_and_port(parts: SplitResult) -> str:
    host = _normalize_host(parts.hostname or "", bracketed="[" in parts.netloc)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has a port that is not a number from 1 to 65535") from None
    if port == 0:
        raise ValueError("has a port that is not a number from 1 to 65535")
    return host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"


def _normalize_host(host: str, *, bracketed: bool) -> str:
    if not host:
        raise ValueError("has no host")
    if bracketed:
        try:
            return f"[{IPv6Address(host.partition('%')[0])}]"
        except ValueError:
            raise ValueError("does not have a valid IPv6 address in its brackets") from None
    if not _HOST.fullmatch(host) or not hosts.has_valid_length(host):
        raise ValueError("has an invalid host")
    if hosts.ends_like_ipv4(host) and not hosts.is_ipv4(host):
        raise ValueError("has a host that is not a valid IPv4 address")
    if "xn--" in host and not _is_valid_host(host):
        raise ValueError("has an invalid host: no name is written xn--… like this")
    return host


def _is_valid_host(host: str) -> bool:
    # Imported only for the rare host that needs it: this imports the whole HTTP library.
    from dazos_tui.crm.http.session import is_valid_host

    return is_valid_host(host)
