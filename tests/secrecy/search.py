"""Looks for secrets, as they are and disguised, in whatever bytes something left behind."""

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

LEAST = 12
"""So many characters of a secret are as bad as all of it."""

_SEQUENCES = re.compile(rb"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")


@cache
def disguises(secret: str) -> frozenset[bytes]:
    """Return all that a secret of LEAST characters or more could look like, and halves that are as long."""
    half = len(secret) // 2
    parts = [secret, secret[:half], secret[half:]] if half >= LEAST else [secret]
    written = (way for part in parts for text in (part, part[::-1]) for way in _written(text))
    return frozenset(written)


def found(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Return which secret, by its name, was found in which place, a sentence each."""
    return [
        f"{name} in {place}"
        for place, content in places.items()
        for name, secret in secrets.items()
        if any(disguise in content for disguise in disguises(secret))
    ]


def without_sequences(written: bytes) -> bytes:
    """Return what was written to a terminal without its escape sequences: a colour may split a word."""
    return _SEQUENCES.sub(b"", written)


def files_below(*folders: Path) -> dict[str, bytes]:
    """Return the content of all files in these folders, by their paths, and the paths themselves."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    listing = {"names of files": "\n".join(map(str, paths)).encode()}
    return listing | {str(path): path.read_bytes() for path in paths if path.is_file()}


def _written(text: str) -> Iterable[bytes]:
    plain = text.encode()
    shown = {text, quote(text, safe=""), quote(text), quote_plus(text), html.escape(text), repr(text)[1:-1]}
    shown |= {json.dumps(text)[1:-1], text.upper(), text.lower()}
    yield from (one.encode() for one in shown)
    yield plain.hex().encode()
    yield from (_in_base64(plain, before) for before in range(3))
    yield from (_in_base64(plain, before).translate(_FOR_ADDRESSES) for before in range(3))


_FOR_ADDRESSES = bytes.maketrans(b"+/", b"-_")


def _in_base64(content: bytes, before: int) -> bytes:
    """Return the letters that stand for this content alone, where so many other bytes come before it."""
    letters = base64.b64encode(bytes(before) + content).rstrip(b"=")
    ends_amid = (before + len(content)) % 3
    return letters[(before * 8 + 5) // 6 : len(letters) - (1 if ends_amid else 0)]
