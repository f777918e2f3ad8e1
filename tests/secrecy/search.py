"""Searches bytes that a program left behind for secrets, as they are and in many encodings."""

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

MIN_LENGTH = 12
"""This many characters of a secret are as bad as all of it."""

_SEQUENCES = re.compile(rb"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")


@cache
def disguises(secret: str) -> frozenset[bytes]:
    """Return all forms that a secret, and each half of at least MIN_LENGTH characters, could have."""
    half = len(secret) // 2
    parts = [secret, secret[:half], secret[half:]] if half >= MIN_LENGTH else [secret]
    encoded = (form for part in parts for text in (part, part[::-1]) for form in _encodings(text))
    return frozenset(encoded)


def find_secrets(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Return a sentence for each secret that was found, with its name and the place."""
    return [
        f"{name} in {place}"
        for place, content in places.items()
        for name, secret in secrets.items()
        if any(disguise in content for disguise in disguises(secret))
    ]


def without_sequences(written: bytes) -> bytes:
    """Return terminal output without its escape sequences: a change of colour may split a word."""
    return _SEQUENCES.sub(b"", written)


def files_below(*folders: Path) -> dict[str, bytes]:
    """Return the contents of all files in these folders by path, and the list of paths itself."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    listing = {"names of files": "\n".join(map(str, paths)).encode()}
    return listing | {str(path): path.read_bytes() for path in paths if path.is_file()}


def _encodings(text: str) -> Iterable[bytes]:
    plain = text.encode()
    escaped = {text, quote(text, safe=""), quote(text), quote_plus(text), html.escape(text), repr(text)[1:-1]}
    escaped |= {json.dumps(text)[1:-1], text.upper(), text.lower()}
    yield from (one.encode() for one in escaped)
    yield plain.hex().encode()
    yield from (_in_base64(plain, offset) for offset in range(3))
    yield from (_in_base64(plain, offset).translate(_URL_SAFE) for offset in range(3))


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _in_base64(content: bytes, offset: int) -> bytes:
    """Return the base64 characters that depend only on `content`, after `offset` other bytes."""
    encoded = base64.b64encode(bytes(offset) + content).rstrip(b"=")
    ends_amid = (offset + len(content)) % 3
    return encoded[(offset * 8 + 5) // 6 : len(encoded) - (1 if ends_amid else 0)]
