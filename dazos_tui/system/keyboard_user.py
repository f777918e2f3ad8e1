"""Who is at the keyboard: the operating system's user, the machine, and who became that user by sudo."""

import os
import pwd
from dataclasses import dataclass
from functools import lru_cache

from dazos_tui.text.sanitize import safe_text

MAX_NAME = 256
"""The longest name that is kept, in characters. Those of users and machines are shorter everywhere."""


@dataclass(frozen=True, slots=True)
class KeyboardUser:
    """The user that this process runs as, and the name of the machine; safe to show, empty if unknown.

    `sudo_user` is who called sudo, by the variable SUDO_USER; empty without sudo. Unlike `os_user`, a user
    can set it to anything.
    """

    os_user: str = ""
    os_host: str = ""
    sudo_user: str = ""


@lru_cache(maxsize=1)
def keyboard_user() -> KeyboardUser:
    """Return who is at the keyboard. Asked for once: a directory of users may take seconds to answer."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except (KeyError, OSError):
        # As in a container that runs as a user of its own.
        name = f"uid {uid}"
    return KeyboardUser(_name(name), _name(os.uname().nodename), _name(os.environ.get("SUDO_USER", "")))


def _name(text: str) -> str:
    # Bytes that are not UTF-8 arrive as lone surrogates.
    return safe_text(text.encode("utf-8", "replace").decode(), limit=MAX_NAME)
