"""What an instance may name differently: labels of its screens and addresses of its pages.

The defaults are those of a vtiger-lineage CRM with Dazos' own menu item; Dazos publishes no description
of its HTTP interface, so each of them can be overridden per instance in the config.
"""

from pydantic import BaseModel, ConfigDict, Field


class Labels(BaseModel):
    """Words on the instance's screens, compared without regard to case and spacing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    send_reset_link: str = Field("Send Reset Link", min_length=1)
    """The menu item that mails a reset link."""
    enable_login: str = Field("Enable Login", min_length=1)
    """The menu item shown while a login is locked."""
    permission_denied: str = Field("Permission denied", min_length=1)
    """What a page or an answer says to somebody who may not see it."""
    invalid_request: str = Field("Invalid request", min_length=1)
    """The answer to a request whose CSRF token is not of this session."""
    illegal_request: str = Field("Illegal request", min_length=1)
    """The answer to a request that seems to come from another site."""
    login_required: str = Field("Login is required", min_length=1)
    """The answer to an action without a session."""
    active: str = Field("Active", min_length=1)
    """The status of an account that may sign in."""
    inactive: str = Field("Inactive", min_length=1)
    """The status of an account that may not."""
    yes: str = Field("Yes", min_length=1)
    """The value of a ticked box, as in the list's Admin column."""


class Paths(BaseModel):
    """Addresses relative to the instance's URL."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: str = Field("index.php", min_length=1)
    """The page that shows the login form, and takes it."""
    users: str = Field("index.php?module=Users&parent=Settings&view=List", min_length=1)
    """The user list."""
    profile: str = Field("index.php?module=Users&view=Detail&parent=Settings", min_length=1)
    """A person's profile; `record=ID` is added."""
    sign_out: str = Field("index.php?module=Users&action=Logout", min_length=1)
    """Ends the session."""


class Dialect(BaseModel):
    """All that one instance names in its own way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: Labels = Labels()
    paths: Paths = Paths()


def same_label(one: str, other: str) -> bool:
    """Tell whether two labels are the same but for case and spacing."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()
