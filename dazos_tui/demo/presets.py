"""Presets of instances: everything that may differ from one CRM to another."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import parse_qsl

from dazos_tui.demo.language import translated

Environment = Literal["production", "staging", "sandbox"]
ActionName = Literal["reset", "enable", "delete", "restore", "username", "password", "accesskey"]
Carrier = Literal["onclick", "href"]
SignInAnswer = Literal["redirect", "headers already sent", "refresh"]
CookieTrap = Literal["", "secure", "other domain", "expires"]
CodeAsked = Literal["after the password", "on every page"]
ActionAnswer = Literal["envelope", "status"]

DEFAULT_USERS = 453


@dataclass(frozen=True)
class ScriptRequest:
    """The request that a script of the page makes for an item whose code has only the record id."""

    address: str
    fields: tuple[tuple[str, str | bool], ...]
    """What is the same for everybody."""
    record_field: str = "record"
    body: Literal["form", "json"] = "form"
    """A form has the CSRF token in it; with JSON, it is in the header X-CSRF-Token."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for the script of the page."""
        return {
            "address": self.address,
            "fields": dict(self.fields),
            "recordField": self.record_field,
            "body": self.body,
        }

    def accepts(self, body: Mapping[str, Any]) -> bool:
        """Return whether these are the fields of this request: all of them, and no other."""
        return {**dict(self.fields), self.record_field: body.get(self.record_field)} == dict(body)


@dataclass(frozen=True)
class DemoMenuItem:
    """An item of a More menu or of a row's menu: a label and the action behind it."""

    label: str
    runs: ActionName
    target: str
    trigger: str
    carrier: Carrier = "onclick"
    profile_carrier: Carrier = "href"
    """The attribute with the script in the More menu; `carrier` is for the row's menu."""
    script: str = ""
    """The script, with ``{url}`` and ``{record}``, if it is not a call of the trigger with the URL."""
    request: ScriptRequest | None = None
    """What a script that has only the record id requests."""

    def url(self, record: int | str) -> str:
        """Return the URL that this item posts to for a user."""
        return f"index.php?{self.target}&record={record}"

    def code(self, record: int | str, scripts: str) -> str:
        """Return the item's script. `scripts` is the name of the object that has the page's triggers."""
        url = self.url(record)
        return (
            self.script.format(url=url, record=record)
            if self.script
            else f"{scripts}.{self.trigger}('{url}')"
        )

    def answers(self, params: dict[str, str]) -> bool:
        """Return whether a request with these parameters comes from this item."""
        return all(params.get(key) == value for key, value in parse_qsl(self.target))


RESET = DemoMenuItem(
    "Send Reset Link", "reset", "module=Users&parent=Settings&action=SendResetLink", "triggerSendResetLink"
)
ENABLE = DemoMenuItem(
    "Enable Login", "enable", "module=Users&action=SaveAjax&mode=enableLogin", "triggerEnableLogin"
)
DELETE = DemoMenuItem("Delete", "delete", "module=Users&action=DeleteAjax", "triggerDeleteUser")
RESTORE = DemoMenuItem("Restore", "restore", "module=Users&action=SaveAjax&mode=restoreUser", "restoreUser")
USERNAME = DemoMenuItem(
    "Change Username", "username", "module=Users&action=SaveAjax&mode=changeUsername", "triggerChangeUsername"
)
PASSWORD = DemoMenuItem(
    "Change Password", "password", "module=Users&action=SaveAjax&mode=savePassword", "triggerChangePassword"
)
ACCESS_KEY = DemoMenuItem(
    "Change Access Key",
    "accesskey",
    "module=Users&action=SaveAjax&mode=changeAccessKey",
    "triggerChangeAccessKey",
)
DANGEROUS_ITEMS = (DELETE, USERNAME, PASSWORD, ACCESS_KEY)


@dataclass(frozen=True)
class InstancePreset:
    """The properties of an instance that differ between CRMs."""

    name: str
    title: str
    domain: str
    environment: Environment = "production"
    users: int = DEFAULT_USERS
    hostile_names: bool = False

    page_size: int = 20
    columns: tuple[str, ...] = ("first_name", "roleid", "user_name", "email2", "is_admin", "phone_work")

    profile_menu: tuple[DemoMenuItem, ...] = (DELETE, USERNAME, PASSWORD, ACCESS_KEY, RESET)
    row_menu: tuple[DemoMenuItem, ...] = (DELETE, RESET)
    inactive_row_menu: tuple[DemoMenuItem, ...] = (RESTORE, replace(DELETE, label="Delete Permanently"))
    """The row's menu of an inactive user, whose profile does not have a More menu."""

    enable_item: DemoMenuItem = ENABLE
    """The item that the row of a locked login has."""
    unlisted_items: tuple[DemoMenuItem, ...] = ()
    """Items that no menu has, although their requests work."""
    action_answer: ActionAnswer = "envelope"
    """The form of an action's answer: vtiger's envelope, or ``{"status": …, "data": …}``."""

    one_list: bool = False
    """Whether the list shows both active and inactive people."""
    ignores_switch: bool = False
    """Whether the list ignores a request for the inactive people and shows the same."""
    list_in_json: bool = False
    """Whether a script builds the list's table from JSON, beside an HTML profile. Its rows have no menus."""
    language: str = "en_us"
    """The language of the administrator's pages."""

    unreadable_every: int = 0
    """The access-key API leaves out every n-th active user, by record id; 0 for none."""
    api_version: Literal["8.0", "8.3"] = "8.0"
    """The vtiger version that this behaves like. The access-key API of 8.3 drops rows without an id, a count
    too, and does not escape control characters; a page of 8.3 shows calendar settings only with
    parent=Settings."""

    sign_in_form_first: bool = False
    forgot_password_works: bool = True
    mail_server_works: bool = True
    apostrophes_work: bool = True
    """Whether the forgot-password form and the login history know people with an apostrophe in user name or
    e-mail."""

    time_zone: str = "America/New_York"
    date_format: str = "mm-dd-yyyy"
    hour_format: Literal[12, 24] = 12

    asks_for_code: bool = False
    """Whether a sign-in needs a one-time code besides the password."""
    code_asked: CodeAsked = "after the password"
    """How the user gets to the code's page: by the redirect of the sign-in, or (as hooks do it) in place of
    every page, after the usual redirect."""
    set_up: bool = True
    """Whether the administrator has answered the set-up pages that vtiger shows at first."""
    asks_at_sign_in: bool = False
    """Whether the sign-in form has further fields, as forks and add-ons have: letters to type, a company, a
    ticked box, a named button. Without their values the password counts as wrong."""
    sign_in_answer: SignInAnswer = "redirect"
    """How a sign-in is answered. If PHP has already written something, it can neither redirect nor change the
    cookie. Some servers send a page that redirects."""
    cookie_trap: CookieTrap = ""
    """An extra attribute of the session cookie: secure, a domain, or an expiry in half an hour."""
    single_sign_on: bool = False
    """Whether the login page has a link to another server instead of the form."""
    failures_to_lock: int | None = 5
    """The number of wrong passwords that lock a login; None for no lock, as in a stock vtiger. Dazos does not
    document its number."""
    link_lifetime: float = 3600.0
    session_lifetime: float = 12 * 3600.0

    def translate(self, word: str) -> str:
        """Return a word of the pages in the administrator's language."""
        return translated(word, self.language)

    @property
    def actions(self) -> tuple[DemoMenuItem, ...]:
        """All items that any menu of this instance can have."""
        enable = () if self.failures_to_lock is None else (self.enable_item,)
        menus = (*self.profile_menu, *self.row_menu, *self.inactive_row_menu)
        return (*menus, *enable, *self.unlisted_items)

    @property
    def item_requests(self) -> dict[str, dict[str, Any]]:
        """The requests of items whose code has only the record id, by the name of their trigger."""
        return {item.trigger: item.request.as_dict() for item in self.actions if item.request is not None}

    def can_compare(self, user_name: str, email: str) -> bool:
        """Return whether form and login history find a person with this user name and e-mail."""
        return self.apostrophes_work or "'" not in f"{user_name}{email}"


HARBOR = InstancePreset(
    "harbor-prod", "Harbor Recovery (demo)", "harbor.example.com", users=DEFAULT_USERS, hostile_names=True
)

SUMMIT = InstancePreset(
    "summit-prod",
    "Summit Behavioral Health (demo)",
    "summit.example.com",
    users=60,
    page_size=50,
    columns=(
        "first_name",
        "department",
        "user_name",
        "title",
        "phone_mobile",
        "roleid",
        "is_admin",
        "secondaryemail",
        "phone_work",
    ),
    profile_menu=DANGEROUS_ITEMS,
    row_menu=(
        replace(DELETE, carrier="href"),
        replace(
            RESET,
            label="\n   SEND  reset link ",
            target="module=Users&action=SaveAjax&mode=mailResetInstructions",
            trigger="triggerResetInstructions",
            carrier="href",
        ),
    ),
    api_version="8.3",
    sign_in_form_first=True,
    time_zone="America/Denver",
    date_format="dd-mm-yyyy",
    hour_format=24,
)

SANDBOX = InstancePreset(
    "harbor-sandbox",
    "Harbor Recovery sandbox (demo)",
    "harbor-sandbox.example.com",
    environment="sandbox",
    users=40,
    columns=("first_name", "user_name", "is_admin", "roleid"),
    row_menu=(DELETE,),
    date_format="yyyy-mm-dd",
    hour_format=24,
)

VALLEY = InstancePreset(
    "valley-staging",
    "Valley Wellness staging (demo)",
    "valley-staging.example.com",
    environment="staging",
    users=120,
    profile_menu=DANGEROUS_ITEMS,
    row_menu=(DELETE,),
    sign_in_form_first=True,
    time_zone="America/Chicago",
    apostrophes_work=False,
    failures_to_lock=None,
)
"""A stock vtiger 8.0: no menu sends a link, only the public forgot-password form."""

RIDGE = InstancePreset(
    "ridge-prod",
    "Ridge Counseling (demo)",
    "ridge.example.com",
    users=60,
    asks_for_code=True,
    time_zone="America/Los_Angeles",
)
"""An instance that asks for a one-time code. It is not known whether any Dazos instance does, or how."""


def default_presets(users: int = DEFAULT_USERS) -> tuple[InstancePreset, ...]:
    """Return the presets of the demo's instances; the first one has this number of users."""
    return (replace(HARBOR, users=users), SUMMIT, SANDBOX, VALLEY, RIDGE)
