"""What may be requested for a menu item: the label only names the item, the URL is what it does.

Where the config describes the request, that is run instead, and the URL does not matter.

As seen on a vtiger 8.0 server, an action is ``index.php?module=Users&parent=Settings&action=NAME&record=ID``,
perhaps with a ``mode``. PHP decides what the parameters mean: it also reads ``record[]``, ``%20record`` and
``record%00`` as ``record``, and uses the last of two values.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from dazos_tui.crm.action_names import (
    DISPATCHER,
    DISPATCHER_PARAMETERS,
    is_mutating_name,
    is_record_parameter,
)
from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import CrmError, ForbiddenItemError
from dazos_tui.crm.models import MenuItem, MenuItemKind, Status, User
from dazos_tui.crm.request_template import Offered, RequestTemplate

ResolveUrl = Callable[[str], str]
"""Returns the absolute form of a URL relative to the instance's. Raises CrmError if it leaves the host."""

_RUNNABLE_KINDS = frozenset({MenuItemKind.SEND_RESET_LINK, MenuItemKind.ENABLE_LOGIN})
_ALLOWED_SCRIPTS = frozenset({"", "index.php"})
"""All actions go through this one script."""
_PARAMETER_NAME = re.compile(r"[A-Za-z_]+")
_ACTION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_USE_BROWSER_ADVICE = (
    "Open the person's profile in a browser, and use the item there. “dazos-tui learn” learns the request "
    "that the browser makes for it, so that it can be run from here."
)
_SUSPICIOUS_ITEM_ADVICE = "Nothing was sent. Tell the server's administrator before anyone uses that item."


def advice_for_item(item: MenuItem) -> str:
    """Return what to do about an item that cannot be run from here."""
    if item.kind not in _RUNNABLE_KINDS:
        return ForbiddenItemError.advice
    return _SUSPICIOUS_ITEM_ADVICE if item.href else _USE_BROWSER_ADVICE


def with_configured_requests(
    menu: Iterable[MenuItem], user: User, dialect: Dialect, *, is_complete: bool
) -> tuple[MenuItem, ...]:
    """Return a person's menu, with the requests that the config describes for its items.

    If `is_complete`, the menu lacks nothing that the CRM shows: an item that the config offers always is then
    added, unless the account is inactive.
    """
    items = tuple(menu)
    reset = dialect.reset_request
    if reset is not None and reset.offered is Offered.ALWAYS and is_complete:
        kinds = {item.kind for item in items}
        if MenuItemKind.SEND_RESET_LINK not in kinds and user.status is not Status.INACTIVE:
            label, kind = dialect.labels.send_reset_link, MenuItemKind.SEND_RESET_LINK
            items = (*items, MenuItem(label, kind, "", user.id, is_shown=False))
    templates = {
        MenuItemKind.SEND_RESET_LINK: reset,
        MenuItemKind.ENABLE_LOGIN: dialect.enable_login_request,
    }
    return tuple(
        item if (template := templates.get(item.kind)) is None else _with_request(item, template, user)
        for item in items
    )


def _with_request(item: MenuItem, template: RequestTemplate, user: User) -> MenuItem:
    try:
        request = template.fill(user_id=user.id, user_name=user.exact_user_name, email=user.exact_email)
    except ValueError as error:
        problem = f"“{item.label}” cannot be run for this person with the configured request: {error}."
        return replace(item, href="", problem=problem)
    return replace(item, request=request, problem="")


def with_problems(items: Iterable[MenuItem], resolve: ResolveUrl) -> tuple[MenuItem, ...]:
    """Return the items, with `problem` set to the reason for those that could be run but must not be."""
    return tuple(
        replace(item, problem=item.problem or _find_problem(item, resolve))
        if item.kind in _RUNNABLE_KINDS
        else item
        for item in items
    )


def runnable_url(item: MenuItem, resolve: ResolveUrl) -> str:
    """Return the absolute URL that runs an item. Raises ForbiddenItemError if it must not be run."""
    if item.kind not in _RUNNABLE_KINDS:
        raise ForbiddenItemError(f"“{item.label}” cannot be run from here.")
    if problem := item.problem or _find_problem(item, resolve):
        raise ForbiddenItemError(problem, advice=advice_for_item(item))
    return resolve(item.request.path if item.request is not None else item.href)


def _find_problem(item: MenuItem, resolve: ResolveUrl) -> str:
    """Return why the URL of an item must not be requested, as a sentence; empty if it may be."""
    if item.request is not None:
        return ""
    if not item.href:
        return f"“{item.label}” has no address that could be run."
    try:
        url, folder = urlsplit(resolve(item.href)), urlsplit(resolve("")).path
    except (CrmError, ValueError):
        return f"“{item.label}” points away from the instance's host."
    if not url.path.startswith(folder) or url.path[len(folder) :] not in _ALLOWED_SCRIPTS:
        return f"“{item.label}” does not point at the instance's index.php."
    problem = _query_problem(url.query, item.user_id)
    return f"“{item.label}” {problem}." if problem else ""


def _query_problem(query: str, user_id: str) -> str:
    """Return what is wrong with the parameters of a URL, as the end of a sentence; empty if nothing is."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return "has an address whose parameters cannot be read"
    # Some servers read a semicolon as an ampersand.
    if ";" in query or not all(_PARAMETER_NAME.fullmatch(name) for name, _ in pairs):
        return "has an address with an odd parameter"
    params = dict(pairs)
    if len({name.casefold() for name in params}) < len(pairs):
        return "has an address with the same parameter twice"
    others = (value for name, value in params.items() if is_record_parameter(name))
    if params.get("record") != user_id or any(value != user_id for value in others):
        return f"does not point only at record {user_id}"
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
    dispatched = action.casefold() == DISPATCHER and mode and params.keys() <= DISPATCHER_PARAMETERS
    deciding = [mode] if dispatched else [action, mode]
    if any(map(is_mutating_name, [*deciding, *(params.keys() - DISPATCHER_PARAMETERS)])):
        return f"would delete, change or save something: its address says {_describe_action(action, mode)}"
    return ""


def _describe_action(action: str, mode: str) -> str:
    return f"action={action[:40]}" + (f"&mode={mode[:40]}" if mode else "")
