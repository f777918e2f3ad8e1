"""What the CRM's pages say, as immutable values. All text in them is safe for a terminal, except `raw_…`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

# Not imported at run time: the list of people is shown before pydantic is loaded.
if TYPE_CHECKING:
    from dazos_tui.crm.request_template import FilledRequest


class Status(StrEnum):
    """Whether an account may sign in at all."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Return the status as it is shown to users."""
        return "status not known" if self is Status.UNKNOWN else self.value


LISTED_STATUSES = (Status.ACTIVE, Status.INACTIVE)
"""The two lists that a CRM shows: the default one, called ACTIVE although it may show everybody, and the
inactive one."""


class MenuItemKind(StrEnum):
    """What a menu item does, as far as it matters here. Only the first two can be run."""

    SEND_RESET_LINK = "send reset link"
    ENABLE_LOGIN = "enable login"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account, as one row of the list shows them.

    `id` is the CRM's record id, unique and unchanging within an instance. `role` is empty and `admin` is
    None if the instance's list has no such column, or has it in unknown words. The `raw_…` texts are what
    the CRM stores, if a profile was read and they cannot be shown unchanged: they are sent back to the CRM
    but never shown.
    """

    id: str
    user_name: str
    name: str
    email: str
    role: str
    status: Status
    admin: bool | None
    raw_user_name: str = field(default="", repr=False)
    raw_email: str = field(default="", repr=False)

    @property
    def exact_user_name(self) -> str:
        """Return the user name as the CRM stores it. Not safe for a terminal."""
        return self.raw_user_name or self.user_name

    @property
    def exact_email(self) -> str:
        """Return the e-mail as the CRM stores it. Not safe for a terminal."""
        return self.raw_email or self.email


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of a user's menu: its label, and the URL that runs it (empty if it has none).

    `request` is what is run instead of the URL, if the config describes it. `problem` is a sentence that says
    why an item of the first two kinds cannot be run from here; empty if no problem is known. `is_shown` is
    False if no menu of the CRM has the item, and only the config offers it.
    """

    label: str
    kind: MenuItemKind
    href: str
    user_id: str
    problem: str = ""
    request: "FilledRequest | None" = None
    is_shown: bool = True

    @property
    def has_target(self) -> bool:
        """Return whether it is known what running this item would request."""
        return bool(self.href) or self.request is not None


@dataclass(frozen=True, slots=True)
class UserRow:
    """One row of the list: the person, and the menu behind the row's icon."""

    user: User
    menu: tuple[MenuItem, ...]


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of the list, in the server's order.

    `announced` is the number of rows that the page claims to have: if `rows` are fewer, an error on the
    server cut the page short, although its HTTP status was 200. `size` is the most rows that a page can have,
    `start` the position of the page's first row in the whole list, counted from 1, and `total` the number of
    people in the whole list; each is None if the page does not say.
    """

    number: int
    rows: tuple[UserRow, ...]
    announced: int
    has_next: bool
    size: int | None = None
    start: int | None = None
    total: int | None = None

    @property
    def missing(self) -> int:
        """Return how many announced rows are missing."""
        return max(0, self.announced - len(self.rows))


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One line of a profile. `name` is the CRM's own name of the field, such as `email1`."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ProfileBlock:
    """A titled group of fields on a profile."""

    title: str
    fields: tuple[ProfileField, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A user's profile page, without the secrets it shows (access keys are dropped when it is parsed).

    `menu` holds the More menu's items, then those that only the row's menu in the list has, if that was read
    (`has_row_menu`). Only the row menu shows that a login is locked.
    """

    user: User
    blocks: tuple[ProfileBlock, ...]
    menu: tuple[MenuItem, ...]
    has_row_menu: bool = False

    def menu_item(self, kind: MenuItemKind) -> MenuItem | None:
        """Return the menu item of this kind, or None if no menu has it."""
        return next((item for item in self.menu if item.kind is kind), None)

    @property
    def is_locked(self) -> bool:
        """Return whether the login is locked: the CRM offers Enable Login only then."""
        return self.menu_item(MenuItemKind.ENABLE_LOGIN) is not None


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What the CRM answered to an action: the `success` of its answer, and its message unchanged."""

    success: bool
    message: str


@dataclass(frozen=True, slots=True)
class LoginHistoryRow:
    """One row of the login history, each cell as the CRM wrote it. `name` is a full name, not a user name.

    `succeeded` is whether the status is known to be that of a successful sign-in.
    """

    name: str
    ip: str
    signed_in: str
    signed_out: str
    status: str
    succeeded: bool


@dataclass(frozen=True, slots=True)
class LoginHistory:
    """The newest sign-ins, newest first, and when the server answered (UTC; None if it does not say)."""

    rows: tuple[LoginHistoryRow, ...]
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """How the CRM shows times to the signed-in account: time zone (IANA) and date format, as it names them.

    Each is empty if the CRM does not show it.
    """

    time_zone: str
    date_format: str


class ChallengeFieldKind(StrEnum):
    """How a field of a challenge is filled in."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - a kind, not a secret
    CHOICE = "choice"
    CHECKBOX = "tick"


@dataclass(frozen=True, slots=True)
class ChallengeField:
    """One field to fill in. `choices` are pairs of a value and its label; a checkbox has one such pair.

    `selected_index` is the index of the choice that the page preselects, or None; for a checkbox it is 0 or
    None. `is_one_time_code` is whether the field seems to be for a one-time code, `is_optional` whether the
    page says that it can be left empty.
    """

    name: str
    label: str
    kind: ChallengeFieldKind
    choices: tuple[tuple[str, str], ...] = ()
    selected_index: int | None = None
    is_one_time_code: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class SubmitButton:
    """A button that submits the form. `name` and `value` are sent with it; the name may be empty."""

    name: str
    value: str
    label: str

    @property
    def form_data(self) -> dict[str, str]:
        """Return what pressing the button adds to the form, as in a browser."""
        return {self.name: self.value} if self.name else {}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the CRM asks for during a sign-in: its text, and the fields to fill in, if any.

    If there are several `buttons`, the user must choose one: they may mean opposite things.
    """

    text: str
    fields: tuple[ChallengeField, ...]
    buttons: tuple[SubmitButton, ...] = ()

    @property
    def only_button(self) -> SubmitButton | None:
        """Return the button of a challenge that has only one, else None."""
        return self.buttons[0] if len(self.buttons) == 1 else None
