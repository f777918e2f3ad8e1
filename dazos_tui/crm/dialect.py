"""What an instance may do differently: labels on its screens, addresses of its pages, requests of its items.

The defaults are those of a CRM derived from vtiger, plus Dazos' own menu item. Dazos publishes no
description of its HTTP interface, so each of them can be overridden per instance.
"""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dazos_tui.crm.request_template import RequestTemplate
from dazos_tui.crm.user_list_template import UserListTemplate

_PLAIN_LETTERS = re.compile("[A-Za-z0-9]+")


def is_same_label(one: str, other: str) -> bool:
    """Return whether two labels are the same, ignoring case and spacing."""
    return one == other or "".join(one.split()).casefold() == "".join(other.split()).casefold()


def may_show_label(html: str, label: str) -> bool:
    """Return False if no text of a page is the same label, without parsing the page.

    Only the label's longest part of plain letters is looked for: its accents and spaces may be entities.
    """
    longest = max(_PLAIN_LETTERS.findall(label), key=len, default="").lower()
    # As bytes, since changing the case of a text with accents takes five times as long.
    return longest.encode() in html.encode("utf-8", "surrogatepass").lower()


def _normalized(text: str) -> str:
    """Return a label in the form that page text has: composed (NFC), so accents are part of their letters."""
    return unicodedata.normalize("NFC", text).strip()


def _require_three_letters(text: str) -> str:
    if sum(char.isalnum() for char in text) < 3:
        raise ValueError("holds fewer than three letters or digits")
    return text


def _require_letter(text: str) -> str:
    if not any(char.isalnum() for char in text):
        raise ValueError("holds no letter and no digit")
    return text


LabelText = Annotated[
    str, Field(min_length=1), AfterValidator(_normalized), AfterValidator(_require_three_letters)
]
"""A label long enough that empty or accidental text does not match it."""
ShortLabelText = Annotated[
    str, Field(min_length=1), AfterValidator(_normalized), AfterValidator(_require_letter)
]
"""A label that may be a single letter."""


_DELETING_WORDS = frozenset(
    {"delete", "remove", "deactivate", "erase", "purge", "eliminar", "borrar", "quitar", "desactivar"}
    | {"löschen", "entfernen", "deaktivieren", "supprimer", "désactiver", "excluir", "remover", "desativar"}
    | {"elimina", "rimuovi", "disattiva", "verwijderen", "usuń"}
)
"""Words of vtiger's own menus, in the languages of its packs, that no item run by this tool may contain."""
_CHANGING_WORDS = frozenset(
    {"change", "edit", "save", "transfer", "restore", "duplicate", "import", "export", "merge", "disable"}
    | {"cambiar", "editar", "guardar", "transferir", "restaurar", "duplicar", "ändern", "bearbeiten"}
    | {
        "speichern",
        "changer",
        "modifier",
        "enregistrer",
        "alterar",
        "salvar",
        "modifica",
        "salva",
        "wijzigen",
    }
)
"""The same for words that no such item may begin with."""


class Labels(BaseModel):
    """Words on the instance's screens, compared without regard to case and spacing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    send_reset_link: LabelText = "Send Reset Link"
    """The menu item that mails a reset link."""
    enable_login: LabelText = Field("Enable Login", validate_default=True)
    """The menu item shown while a login is locked."""
    permission_denied: LabelText = "Permission denied"
    """What a page or an answer says to an account that may not see it."""
    invalid_request: LabelText = "Invalid request"
    """The answer to a request whose CSRF token is from another session."""
    illegal_request: LabelText = "Illegal request"
    """The answer to a request that seems to come from another site."""
    login_required: LabelText = "Login is required"
    """The answer to an action without a session."""
    active: LabelText = "Active"
    """The status of an account that may sign in."""
    inactive: LabelText = Field("Inactive", validate_default=True)
    """The status of an account that may not."""
    signed_in: LabelText = "Signed in"
    """The login history's status of a user who signed in."""
    signed_off: LabelText = "Signed off"
    """The login history's status of a user who signed in and has signed out since."""
    yes: ShortLabelText = "Yes"
    """The value of a ticked box, as in the list's Admin column."""

    def with_english(self, name: str) -> tuple[str, str]:
        """Return the label of this name and the English default, as language packs leave words in English."""
        return getattr(self, name), type(self).model_fields[name].default

    def is_active_status(self, words: str) -> bool | None:
        """Return whether a status says that the account is active; None if it is not a known status."""
        if not words:
            return None
        for label, active in (
            (self.active, True),
            (self.inactive, False),
            ("Active", True),
            ("Inactive", False),
        ):
            if is_same_label(words, label):
                return active
        return None

    def is_checked(self, words: str) -> bool | None:
        """Return whether a box is ticked; None if these words do not say.

        If the instance has its own word for yes, every other word means no.
        """
        if not words:
            return None
        if is_same_label(words, self.yes):
            return True
        if not is_same_label(self.yes, "Yes"):
            return is_same_label(words, "Yes")
        return False if is_same_label(words, "No") else None

    @field_validator("send_reset_link", "enable_login")
    @classmethod
    def _check_harmless(cls, value: str) -> str:
        words = value.casefold().split()
        if words[0] in _CHANGING_WORDS or not _DELETING_WORDS.isdisjoint(words):
            raise ValueError("is the label of an item that deletes or changes something")
        return value

    @field_validator("enable_login")
    @classmethod
    def _check_not_send_reset_link(cls, value: str, info: ValidationInfo) -> str:
        if is_same_label(value, info.data.get("send_reset_link", "")):
            raise ValueError("is the same as send_reset_link")
        return value

    @field_validator("inactive")
    @classmethod
    def _check_not_active(cls, value: str, info: ValidationInfo) -> str:
        if is_same_label(value, info.data.get("active", "")):
            raise ValueError("is the same as active")
        return value


class Paths(BaseModel):
    """Addresses relative to the instance's URL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: str = Field("index.php", min_length=1)
    """The page that shows the login form, and that it is posted to."""
    users: str = Field("index.php?module=Users&parent=Settings&view=List", min_length=1)
    """The user list."""
    profile: str = Field("index.php?module=Users&view=Detail&parent=Settings", min_length=1)
    """A user's profile; `record=ID` is added."""
    own_settings: str = Field("index.php?module=Users&parent=Settings&view=Calendar", min_length=1)
    """The calendar settings of the signed-in account; `record=ID` is added."""
    sign_out: str = Field("index.php?module=Users&action=Logout", min_length=1)
    """Ends the session."""
    login_history: str = Field("index.php?module=LoginHistory&parent=Settings&view=List", min_length=1)
    """Who signed in when."""
    webservice: str = Field("webservice.php", min_length=1)
    """The API that users sign in to with an access key."""


class Dialect(BaseModel):
    """The labels and paths of one instance, and the requests that its config describes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: Labels = Labels()
    paths: Paths = Paths()
    reset_request: RequestTemplate | None = None
    """What is run for the item that mails a reset link; None: the address in the item."""
    enable_login_request: RequestTemplate | None = None
    """The same for the item that enables a locked login."""
    user_list: UserListTemplate | None = None
    """The user list in JSON; None: the pages of the list."""
