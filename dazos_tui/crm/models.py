"""What the CRM's pages say, as immutable values. All text in them is safe for a terminal, but for `raw_…`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Whether an account may sign in at all."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """Return the status as people read it."""
        return "status not known" if self is Status.UNKNOWN else self.value


LISTED_STATUSES = (Status.ACTIVE, Status.INACTIVE)
"""The two lists that a CRM shows: the usual one, called ACTIVE whoever is in it, and the inactive people."""


class MenuItemKind(StrEnum):
    """What a menu item does, as far as it matters here. Only the first two can be run."""

    SEND_RESET_LINK = "send reset link"
    ENABLE_LOGIN = "enable login"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account, as one row of the list shows them.

    `id` is the CRM's record id, unique and unchanging within an instance. `role` is empty and `admin`
    is None where the instance's list has no such column, or says it in words that are not known. The `raw_…`
    texts are what the CRM holds, where a profile was read and that differs from what can be shown: they are
    sent back to the CRM, and never shown.
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
        """Return the user name as the CRM holds it. Not safe for a terminal."""
        return self.raw_user_name or self.user_name

    @property
    def exact_email(self) -> str:
        """Return the e-mail as the CRM holds it. Not safe for a terminal."""
        return self.raw_email or self.email


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of a person's menu: its label, and the address that runs it (empty if it has none).

    `problem` is a sentence that says why an item of the first two kinds cannot be run from here; empty if
    nothing is known to be wrong with it.
    """

    label: str
    kind: MenuItemKind
    href: str
    user_id: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class UserRow:
    """One row of the list: the person, and the menu behind the row's icon."""

    user: User
    menu: tuple[MenuItem, ...]


@dataclass(frozen=True, slots=True)
class UserPage:
    """One page of the list, in the server's order.

    `announced` is the number of rows the page says it holds: fewer `rows` means that the page was cut
    short by an error on the server, although it came with HTTP status 200. `size` is how many rows a page
    takes at most, and `start` the place of the page's first row in the whole list, counted from 1; each is
    None if the page does not say so.
    """

    number: int
    rows: tuple[UserRow, ...]
    announced: int
    has_next: bool
    size: int | None = None
    start: int | None = None

    @property
    def missing(self) -> int:
        """Return how many announced rows did not arrive."""
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
    """A person's profile page, without the secrets it shows (access keys are dropped when it is read).

    `menu` holds the More menu's items, then those that only the row's menu in the list has, if that was read
    (`has_row_menu`): there alone the CRM shows that a login is locked.
    """

    user: User
    blocks: tuple[ProfileBlock, ...]
    menu: tuple[MenuItem, ...]
    has_row_menu: bool = False

    def menu_item(self, kind: MenuItemKind) -> MenuItem | None:
        """Return the menu item of this kind, or None if no menu holds it."""
        return next((item for item in self.menu if item.kind is kind), None)

    @property
    def is_locked(self) -> bool:
        """Tell whether the login is locked: the CRM offers Enable Login only then."""
        return self.menu_item(MenuItemKind.ENABLE_LOGIN) is not None


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What the CRM answered to an action, in its own words. `success` is its own word too."""

    success: bool
    message: str


@dataclass(frozen=True, slots=True)
class LoginHistoryRow:
    """One row of the login history, each cell as the CRM wrote it. `name` is the person's, no user name.

    `succeeded` tells whether the status is known to be that of somebody who got in.
    """

    name: str
    ip: str
    signed_in: str
    signed_out: str
    status: str
    succeeded: bool


@dataclass(frozen=True, slots=True)
class LoginHistory:
    """The newest sign-ins, newest first, and when the server answered: in UTC, None if it does not say."""

    rows: tuple[LoginHistoryRow, ...]
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class OwnSettings:
    """How the signed-in account is shown times: a time zone (IANA) and a date format, as the CRM names them.

    Each is empty if the CRM does not tell it.
    """

    time_zone: str
    date_format: str


class ChallengeFieldKind(StrEnum):
    """How a prompt is answered."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - a kind, no secret
    CHOICE = "choice"
    CHECKBOX = "tick"


@dataclass(frozen=True, slots=True)
class ChallengeField:
    """One field to fill in. `choices` are pairs of a value and its label; a tick has one such pair.

    `chosen` is the place, from 0, of the choice that the page starts with, None if it starts with none: for a
    tick it is 0 or None. `is_one_time_code` tells whether the field looks like one for a code that serves
    once, `is_optional` whether the page says that it can be left out.
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
    """A button that sends the form. `name` and `value` go with it; the name may be empty."""

    name: str
    value: str
    label: str

    @property
    def form_data(self) -> dict[str, str]:
        """Return what pressing it adds to the answers, as a browser does."""
        return {self.name: self.value} if self.name else {}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the CRM asks for in the middle of a sign-in: its words, and what to fill in, perhaps nothing.

    Of several `buttons` one is the person's to choose: they may mean opposite things.
    """

    text: str
    fields: tuple[ChallengeField, ...]
    buttons: tuple[SubmitButton, ...] = ()

    @property
    def only_button(self) -> SubmitButton | None:
        """Return the button of a question that has a single one."""
        return self.buttons[0] if len(self.buttons) == 1 else None
