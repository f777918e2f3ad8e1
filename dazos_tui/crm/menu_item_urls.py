"""Whether the address of a menu item may be asked for: the label says what it is called, this what it does.

As seen on a vtiger 8.0 server, an action is ``index.php?module=Users&parent=Settings&action=NAME&record=ID``,
perhaps with a ``mode``; what an address says is decided by PHP, which also takes ``record[]``, ``%20record``
and ``record%00`` for ``record``, and of two the last.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from dazos_tui.crm.errors import CrmError, ForbiddenItem
from dazos_tui.crm.models import ItemKind, MenuItem

Resolve = Callable[[str], str]
"""Returns the absolute address of one relative to the instance's. Raises CrmError if it leaves the host."""

_RUNNABLE = frozenset({ItemKind.SEND_RESET_LINK, ItemKind.ENABLE_LOGIN})
_SCRIPTS = frozenset({"", "index.php"})
"""All actions go through the one script."""
_PARAMETER = re.compile(r"[A-Za-z_]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OTHER_RECORD = re.compile(r"record|ids?$|^users?$|^selected|^excluded")
_DISPATCHER = "saveajax"
"""An action that does what its `mode` says, and nothing else if it has one."""
_OF_DISPATCHER = frozenset({"module", "parent", "action", "mode", "record"})

_VERBS = (
    "delet", "remov", "eras", "purg", "destroy", "truncat", "trash", "save", "chang", "edit", "updat",
    "modif", "replac", "overwrit", "renam", "activat", "disabl", "suspend", "revok", "archiv", "restor",
    "import", "export", "upload", "transfer", "assign", "merg", "duplicat", "convert", "mass", "creat",
    "insert", "install", "upgrad", "execut", "logout",
)  # fmt: skip
"""Parts of names of what deletes, changes or saves: none of them can be in one that sends a link."""
_SHORT_VERBS = frozenset({"set", "add", "drop", "move", "put", "write", "clear", "block", "lock", "run"})
"""The same, as whole words: “set” is a part of “reset”."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_IN_THE_BROWSER = "Open the person's profile in a browser, and use the item there."
_SUSPECT = "Nothing was sent. Tell the person who runs the instance, before anybody uses that item."


def way_out(item: MenuItem) -> str:
    """Return what to do about an item that cannot be run from here."""
    if item.kind not in _RUNNABLE:
        return ForbiddenItem.advice
    return _SUSPECT if item.target else _IN_THE_BROWSER


def judged(items: Iterable[MenuItem], resolve: Resolve) -> tuple[MenuItem, ...]:
    """Return the items; those that would be run, but may not be, say in `problem` why."""
    return tuple(
        replace(item, problem=item.problem or _problem(item, resolve)) if item.kind in _RUNNABLE else item
        for item in items
    )


def runnable_address(item: MenuItem, resolve: Resolve) -> str:
    """Return the absolute address that runs an item. Raises ForbiddenItem if it must not be run."""
    if item.kind not in _RUNNABLE:
        raise ForbiddenItem(f"“{item.label}” cannot be run from here.")
    if problem := item.problem or _problem(item, resolve):
        raise ForbiddenItem(problem, advice=way_out(item))
    return resolve(item.target)


def has_verb_of_change(name: str) -> bool:
    """Return whether a name, such as ``DeleteAjax``, says that an action deletes, changes or saves."""
    lowered = name.casefold()
    words = {word.casefold() for word in _WORDS.findall(name)}
    return any(verb in lowered for verb in _VERBS) or not words.isdisjoint(_SHORT_VERBS)


def _problem(item: MenuItem, resolve: Resolve) -> str:
    """Return why the address of an item must not be asked for, as a sentence; empty if it may be."""
    if not item.target:
        return f"“{item.label}” has no address that could be run."
    try:
        address, folder = urlsplit(resolve(item.target)), urlsplit(resolve("")).path
    except (CrmError, ValueError):
        return f"“{item.label}” points away from the instance's host."
    if not address.path.startswith(folder) or address.path[len(folder) :] not in _SCRIPTS:
        return f"“{item.label}” does not point at the instance's index.php."
    why = _why_not(address.query, item.user_id)
    return f"“{item.label}” {why}." if why else ""


def _why_not(query: str, user_id: str) -> str:
    """Return what speaks against the parameters of an address, as the end of a sentence."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return "has an address whose parameters cannot be read"
    # Some servers take a semicolon for an ampersand.
    if ";" in query or not all(_PARAMETER.fullmatch(name) for name, _ in pairs):
        return "has an address with an odd parameter"
    params = dict(pairs)
    if len({name.casefold() for name in params}) < len(pairs):
        return "has an address that says one thing twice"
    others = (value for name, value in params.items() if _OTHER_RECORD.search(name.casefold()))
    if params.get("record") != user_id or any(value != user_id for value in others):
        return f"does not point at record {user_id} alone"
    return _why_not_action(params)


def _why_not_action(params: dict[str, str]) -> str:
    module, action, mode = (params.get(name, "") for name in ("module", "action", "mode"))
    if module != "Users" or params.get("parent", "Settings") != "Settings":
        return "does not point at the module Users"
    if "view" in params or not _NAME.fullmatch(action) or ("mode" in params and not _NAME.fullmatch(mode)):
        return "names no action of the module Users"
    dispatched = action.casefold() == _DISPATCHER and mode and params.keys() <= _OF_DISPATCHER
    deciding = [mode] if dispatched else [action, mode]
    if any(map(has_verb_of_change, [*deciding, *(params.keys() - _OF_DISPATCHER)])):
        return f"would delete, change or save something: its address says {_shown(action, mode)}"
    return ""


def _shown(action: str, mode: str) -> str:
    return f"action={action[:40]}" + (f"&mode={mode[:40]}" if mode else "")
