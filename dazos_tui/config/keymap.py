"""The keys of the commands, and which keys can be configured. Nothing here draws.

Keys are named as Textual does: ``s``, ``question_mark``, ``f3``, ``ctrl+t``, ``shift+tab``. Commands are
those of `dazos_tui.tui.commands`, by name.
"""

import string
import unicodedata
from collections.abc import Mapping
from typing import Literal

Keys = tuple[str, ...]

CommandName = Literal[
    "open",
    "send",
    "pick",
    "pick_all",
    "pick_none",
    "plan",
    "more",
    "filter",
    "ticket",
    "history",
    "full_history",
    "note",
    "trouble",
    "waiting",
    "check_sign_ins",
    "browser",
    "copy_email",
    "copy_more",
    "person",
    "scope",
    "statistics",
    "export",
    "instances",
    "reload",
    "stop",
    "sort",
    "theme",
    "teach",
    "back",
    "zoom",
    "redraw",
    "previous_pane",
    "help",
    "command_palette",
    "next_pane",
    "quit",
]
"""The names of the commands on an instance's screen, as in the config."""

DEFAULT_KEYS: dict[CommandName, Keys] = {
    "open": ("enter",),
    "send": ("s",),
    "pick": ("space",),
    "pick_all": ("asterisk",),
    "pick_none": ("u",),
    "plan": ("ctrl+o",),
    "more": ("m",),
    "filter": ("slash",),
    "ticket": ("T",),
    "history": ("h", "f3"),
    "full_history": ("H",),
    "note": ("n", "f4"),
    "trouble": ("w", "f9"),
    "waiting": ("l", "f7"),
    "check_sign_ins": ("v", "f8"),
    "browser": ("o",),
    "copy_email": ("y",),
    "copy_more": ("Y",),
    "person": ("p",),
    "scope": ("a",),
    "statistics": ("t",),
    "export": ("e",),
    "instances": ("i", "f2"),
    "reload": ("r", "f5"),
    "stop": ("ctrl+c",),
    "sort": ("c", "f6"),
    "theme": (),
    "teach": (),
    "back": ("escape",),
    "zoom": ("z",),
    "redraw": ("ctrl+l",),
    "previous_pane": ("shift+tab",),
    "help": ("question_mark", "ctrl+g", "f1"),
    "command_palette": ("ctrl+p",),
    "next_pane": ("tab",),
    "quit": ("q", "ctrl+x", "f10"),
}
"""The default keys of every command."""

QUIT_KEY = "f10"
"""The key that always quits: also in dialogs, and where nothing else is possible."""

_RESERVED_KEYS = {
    QUIT_KEY: ("quit", "always quits"),
    "escape": ("back", "closes every dialog"),
    "ctrl+c": ("stop", "closes every dialog"),
    "ctrl+l": ("redraw", "redraws every dialog"),
}
"""Keys reserved for one command, and what they do in the dialogs whatever the config says."""

_CONFIRM_KEYS = frozenset("eflrtv")
"""Letters that answer the dialog that `send` opens: held down, the same key would open and answer it."""

_MOVES_IN_LISTS = "moves in the lists"
_EDITS_TEXT = "edits what you type"
_UNAVAILABLE_KEYS = {
    # These send the control code of another key, or one that tmux, screen or the terminal's flow control
    # uses by default (their manuals; POSIX termios).
    "ctrl+a": "is taken by screen",
    "ctrl+b": "is taken by tmux",
    "ctrl+h": "is Backspace to a terminal",
    "ctrl+i": "is Tab to a terminal",
    "ctrl+j": "is Enter to a terminal",
    "ctrl+m": "is Enter to a terminal",
    "ctrl+q": "is taken by terminals, which resume output with it",
    "ctrl+s": "is taken by terminals, which stop output with it",
    # Held down, it would answer the dialog that it opened.
    "y": "says yes in dialogs",
    "A": "sends despite warnings in dialogs",
    **dict.fromkeys(("up", "down", "pageup", "pagedown", "home", "end", "j", "k", "g", "G"), _MOVES_IN_LISTS),
    **dict.fromkeys(("left", "right", "backspace", "delete"), _EDITS_TEXT),
}
"""Keys that cannot be configured, each with the reason."""

_CHARACTER_NAMES = {"/": "slash", "\\": "backslash", "@": "at", "-": "minus", "+": "plus", "_": "underscore"}
_CHARACTER_NAMES |= {
    sign: unicodedata.name(sign).lower().replace("-", "_").replace(" ", "_")
    for sign in f"{string.punctuation} "
    if sign not in _CHARACTER_NAMES
}
_CHARACTERS_BY_NAME = {name: sign for sign, name in _CHARACTER_NAMES.items()}
_SPECIAL_KEYS = {
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "insert": "Insert",
}
_SPECIAL_KEYS |= {f"f{number}": f"F{number}" for number in range(1, 13)}
_SPECIAL_KEYS |= {f"ctrl+{letter}": f"Ctrl+{letter.upper()}" for letter in string.ascii_lowercase}
_ALIASES = {"esc": "escape", "return": "enter", "ins": "insert", "page up": "pageup", "page down": "pagedown"}


def parse_key(text: str) -> str:
    """Return Textual's name of a key that a user wrote: ``?``, ``Ctrl+T``, ``f4``, ``question_mark``.

    Raises ValueError with the reason if not every terminal sends it, or if it is used for something else.
    """
    key = _textual_name(text)
    if key in _UNAVAILABLE_KEYS:
        raise ValueError(f"{display_key(key)} {_UNAVAILABLE_KEYS[key]}")
    if not is_character_key(key) and key not in _SPECIAL_KEYS:
        raise ValueError("names a key that not every terminal sends")
    return key


def _textual_name(text: str) -> str:
    if len(text) == 1:
        return _CHARACTER_NAMES.get(text, text)
    key = text.strip().lower().replace("control+", "ctrl+").replace("ctrl-", "ctrl+")
    return _ALIASES.get(key, key)


def is_character_key(key: str) -> bool:
    """Return whether a key is a printable character, which in a text field is typed."""
    return key in _CHARACTERS_BY_NAME or (len(key) == 1 and key.isalnum() and key.isprintable())


def display_key(key: str) -> str:
    """Return a key as users write it."""
    if key == "space":
        return "Space"
    return _CHARACTERS_BY_NAME.get(key) or _SPECIAL_KEYS.get(key) or key


def effective_keys(configured: Mapping[CommandName, Keys]) -> dict[CommandName, Keys]:
    """Return the keys of every command. Another command loses a default key that is configured elsewhere."""
    taken = {key for keys in configured.values() for key in keys}
    effective = {
        name: configured.get(name, tuple(key for key in keys if key not in taken))
        for name, keys in DEFAULT_KEYS.items()
    }
    effective["quit"] = tuple(dict.fromkeys([*effective["quit"], QUIT_KEY]))
    return effective


def check_keys(configured: Mapping[CommandName, Keys]) -> None:
    """Raise ValueError if a command has another command's key, or if no key is left to go back."""
    owners: dict[str, CommandName] = {}
    for name, keys in configured.items():
        for key in keys:
            owner, reason = _RESERVED_KEYS.get(key, (name, ""))
            if owner != name:
                raise ValueError(f"{name} cannot have {display_key(key)}: {display_key(key)} {reason}")
            if owners.setdefault(key, name) != name:
                raise ValueError(f"{owners[key]} and {name} have the same key, {display_key(key)}")
    for key in configured.get("send", ()):
        if key in _CONFIRM_KEYS:
            raise ValueError(f"send cannot have {key}: {key} answers the question that send opens")
    if not effective_keys(configured)["back"]:
        raise ValueError("back would have no key left: give it one")
