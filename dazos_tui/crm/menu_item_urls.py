"""Whether the address of a menu item may be asked for: the label says what it is called, this what it does.

As seen on a vtiger 8.0 server, an action is ``index.php?module=Users&parent=Settings&action=NAME&record=ID``,
perhaps with a ``mode``; what an address says is decided by PHP, which also takes ``record[]``, ``%20record``
and ``record%00`` for ``record``, and of two the last.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from dazos_tui.crm.errors import CrmError, ForbiddenItemError
from dazos_tui.crm.models import MenuItem, MenuItemKind

ResolveUrl = Callable[[str], str]
"""Returns the absolute address of one relative to the instance's. Raises CrmError if it leaves the host."""

_RUNNABLE_KINDS = frozenset({MenuItemKind.SEND_RESET_LINK, MenuItemKind.ENABLE_LOGIN})
_ALLOWED_SCRIPTS = frozenset({"", "index.php"})
"""All actions go through the one script."""
_PARAMETER_NAME = re.compile(r"[A-Za-z_]+")
_ACTION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RECORD_PARAMETER = re.compile(r"record|ids?$|^users?$|^selected|^excluded")
_DISPATCHER = "saveajax"
"""An action that does what its `mode` says, and nothing else if it has one."""
_DISPATCHER_PARAMETERS = frozenset({"module", "parent", "action", "mode", "record"})

_MUTATING_STEMS = (
    "delet", "remov", "eras", "purg", "destroy", "truncat", "trash", "save", "chang", "edit", "updat",
    "modif", "replac", "overwrit", "renam", "activat", "disabl", "suspend", "revok", "archiv", "restor",
    "import", "export", "upload", "transfer", "assign", "merg", "duplicat", "convert", "mass", "creat",
    "insert", "install", "upgrad", "execut", "logout",
)  # fmt: skip
"""Parts of names of what deletes, changes or saves: none of them can be in one that sends a link."""
_MUTATING_WORDS = frozenset({"set", "add", "drop", "move", "put", "write", "clear", "block", "lock", "run"})
"""The same, as whole words: “set” is a part of “reset”."""
_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_USE_BROWSER_ADVICE = "Open the person's profile in a browser, and use the item there."
_SUSPICIOUS_ITEM_ADVICE = (
    "Nothing was sent. Tell the person who runs the instance, before anybody uses that item."
)


def advice_for_item(item: MenuItem) -> str:
    """Return what to do about an item that cannot be run from here."""
    if item.kind not in _RUNNABLE_KINDS:
        return ForbiddenItemError.advice
    return _SUSPICIOUS_ITEM_ADVICE if item.href else _USE_BROWSER_ADVICE


def with_problems(items: Iterable[MenuItem], resolve: ResolveUrl) -> tuple[MenuItem, ...]:
    """Return the items; those that would be run, but may not be, say in `problem` why."""
    return tuple(
        replace(item, problem=item.problem or _find_problem(item, resolve))
        if item.kind in _RUNNABLE_KINDS
        else item
        for item in items
    )


def runnable_url(item: MenuItem, resolve: ResolveUrl) -> str:
    """Return the absolute address that runs an item. Raises ForbiddenItemError if it must not be run."""
    if item.kind not in _RUNNABLE_KINDS:
        raise ForbiddenItemError(f"“{item.label}” cannot be run from here.")
    if problem := item.problem or _find_problem(item, resolve):
        raise ForbiddenItemError(problem, advice=advice_for_item(item))
    return resolve(item.href)


def is_mutating_name(name: str) -> bool:
    """Return whether a name, such as ``DeleteAjax``, says that an action deletes, changes or saves."""
    lowered = name.casefold()
    words = {word.casefold() for word in _NAME_WORD.findall(name)}
    return any(verb in lowered for verb in _MUTATING_STEMS) or not words.isdisjoint(_MUTATING_WORDS)


def _find_problem(item: MenuItem, resolve: ResolveUrl) -> str:
    """Return why the address of an item must not be asked for, as a sentence; empty if it may be."""
    if not item.href:
        return f"“{item.label}” has no address that could be run."
    try:
        address, folder = urlsplit(resolve(item.href)), urlsplit(resolve("")).path
    except (CrmError, ValueError):
        return f"“{item.label}” points away from the instance's host."
    if not address.path.startswith(folder) or address.path[len(folder) :] not in _ALLOWED_SCRIPTS:
        return f"“{item.label}” does not point at the instance's index.php."
    why = _query_problem(address.query, item.user_id)
    return f"“{item.label}” {why}." if why else ""


def _query_problem(query: str, user_id: str) -> str:
    """Return what speaks against the parameters of an address, as the end of a sentence."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return "has an address whose parameters cannot be read"
    # Some servers take a semicolon for an ampersand.
    if ";" in query or not all(_PARAMETER_NAME.fullmatch(name) for name, _ in pairs):
        return "has an address with an odd parameter"
    params = dict(pairs)
    if len({name.casefold() for name in params}) < len(pairs):
        return "has an address that says one thing twice"
    others = (value for name, value in params.items() if _RECORD_PARAMETER.search(name.casefold()))
    if params.get("record") != user_id or any(value != user_id for value in others):
        return f"does not point at record {user_id} alone"
    return _action_problem(params)


def _action_problem(params: dict[str, str]) -> str:
    module, action, mode = (params.get(name, "") for name in ("module", "action", "mode"))
    if module != "Users" or params.get("parent", "Settings") != "Settings":
        return "does not point at the module Users"
    if (
        "view" in params
        or not _ACTION_NAME.fullmatch(action)
        or ("mode" in params and not _ACTION_NAME.fullmatch(mode))
    ):
        return "names no action of the module Users"
    dispatched = action.casefold() == _DISPATCHER and mode and params.keys() <= _DISPATCHER_PARAMETERS
    deciding = [mode] if dispatched else [action, mode]
    if any(map(is_mutating_name, [*deciding, *(params.keys() - _DISPATCHER_PARAMETERS)])):
        return f"would delete, change or save something: its address says {_describe_action(action, mode)}"
    return ""


def _describe_action(action: str, mode: str) -> str:
    return f"action={action[:40]}" + (f"&mode={mode[:40]}" if mode else "")
