"""Presets for tests only: each has one more trap of the protocol than the demo's own instances."""

from dataclasses import replace

from dazos_tui.demo.presets import (
    DANGEROUS_ITEMS,
    DEFAULT_USERS,
    DELETE,
    ENABLE,
    HARBOR,
    RESET,
    DemoMenuItem,
    InstancePreset,
    ScriptRequest,
)

ONE_LIST = replace(HARBOR, name="one-list", users=DEFAULT_USERS, one_list=True)
"""The list shows both active and inactive people, as the vendor's guide describes it."""

ONE_LIST_WITH_STATUS = replace(ONE_LIST, name="one-list-status", columns=(*HARBOR.columns, "status"))
"""The same, with a column for the status."""

WITH_STATUS = replace(HARBOR, name="two-lists-status", columns=(*HARBOR.columns, "status"))
"""Two lists, as usual, with a column for the status."""

NO_INACTIVE_SWITCH = replace(ONE_LIST, name="no-switch", ignores_switch=True)
"""One list whatever is requested. Nothing in it shows who is inactive."""

SPANISH = replace(HARBOR, name="spanish-prod", language="es_es", columns=(*HARBOR.columns, "status"))
"""An instance in Spanish. The menu item is in English, because it is not in the stock language pack."""

_SEND_FORM = ScriptRequest(
    "index.php", (("module", "Users"), ("parent", "Settings"), ("action", "SendResetLink"))
)
_ENABLE_FORM = ScriptRequest(
    "index.php", (("module", "Users"), ("action", "SaveAjax"), ("mode", "enableLogin"))
)

_SCRIPTED = replace(
    RESET, trigger="sendResetLink", script="Users_Detail_Js.sendResetLink({record})", request=_SEND_FORM
)
SCRIPTED = InstancePreset(
    "scripted-prod",
    "Scripted items (demo)",
    "scripted.example.com",
    users=60,
    profile_menu=(*DANGEROUS_ITEMS, _SCRIPTED),
    row_menu=(DELETE, _SCRIPTED),
    enable_item=replace(
        ENABLE,
        trigger="enableLogin",
        script="Settings_Users_List_Js.enableLogin({record})",
        request=_ENABLE_FORM,
    ),
)
"""Items that run a script of the page with a record id and contain no URL."""


def _script_instance(name: str, title: str, item: DemoMenuItem) -> InstancePreset:
    """Return an instance whose items are handlers of the page's script, in both menus."""
    return replace(
        SCRIPTED,
        name=name,
        title=title,
        profile_menu=(*DANGEROUS_ITEMS, item),
        row_menu=(DELETE, item),
    )


_HANDLER = replace(_SCRIPTED, profile_carrier="onclick")

SCRIPT_ITEM = _script_instance("script-item", "Items as handlers (demo)", _HANDLER)
"""The item is a handler without an address; its script posts a form with everything in it."""

JSON_BODY = _script_instance(
    "json-body",
    "Items that post JSON (demo)",
    replace(
        _HANDLER,
        request=ScriptRequest("api/users/reset", (("notify", True),), record_field="userId", body="json"),
    ),
)
"""The handler posts JSON to another address than the index.php, with the CSRF token in a header."""

OTHER_ANSWER = replace(
    _script_instance("other-answer", "Other answers (demo)", _HANDLER), action_answer="status"
)
"""Actions answer in another form than vtiger's own."""

NO_ITEM = replace(
    _script_instance("no-item", "No item in any menu (demo)", _HANDLER),
    profile_menu=DANGEROUS_ITEMS,
    row_menu=(DELETE,),
    unlisted_items=(_HANDLER,),
)
"""No menu has the item, although the request behind it works."""

_MISLABELLED_ITEM = replace(DELETE, label="Send Reset Link")
MISLABELLED = replace(
    SCRIPTED,
    name="mislabelled-prod",
    profile_menu=(*DANGEROUS_ITEMS, _MISLABELLED_ITEM),
    row_menu=(_MISLABELLED_ITEM,),
    enable_item=replace(ENABLE, target="module=Users&action=SaveAjax&mode=changeUsername"),
)
"""Items whose URL does something else than their label says."""
