"""What a host name or a path shows by itself, without any look-up or request."""

import re
from ipaddress import IPv4Address, ip_address
from urllib.parse import unquote

_MAX_HOST_LENGTH = 253
_MAX_LABEL_LENGTH = 63
_MAX_DECODINGS = 5
"""A path that is still encoded after this many decodings is refused: the CRM's are not encoded even once."""
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


LOCALHOST = "localhost"
"""The only name that means this machine: many systems look up others, such as ``crm.localhost``, in DNS."""

LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
"""The addresses tried for `LOCALHOST`, in order: DNS or a hosts file could say something else."""


def is_loopback(host: str) -> bool:
    """Return whether a host, in lower case, is this machine: `LOCALHOST` or a literal loopback address."""
    if host == LOCALHOST:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def ends_like_ipv4(host: str) -> bool:
    """Return whether a name ends in a number: no host name may, so browsers read it as an IPv4 address."""
    return _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2].lower()) is not None


def is_ipv4(host: str) -> bool:
    """Return whether this is an IPv4 address, written as four plain numbers."""
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def has_valid_length(host: str) -> bool:
    """Return whether a name, in ASCII, and each of its labels have a length that DNS allows."""
    name = host.removesuffix(".")
    return len(name) <= _MAX_HOST_LENGTH and all(
        0 < len(label) <= _MAX_LABEL_LENGTH for label in name.split(".")
    )


def is_path_inside(path: str, root: str) -> bool:
    """Return whether a path is inside the folder `root` (which ends in a slash), however servers decode it.

    Backslashes count as slashes, and percent-encoding is decoded repeatedly.
    """
    for _ in range(_MAX_DECODINGS):
        path, before = unquote(path).replace("\\", "/"), path
        if path == before:
            return f"{path}/".startswith(root) and ".." not in path.split("/")
    return False
