"""What to say of a CRM that points away from its own address."""

from dataclasses import dataclass

from dazos_tui.crm.errors import WrongHost
from dazos_tui.text.sanitize import safe_text


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads: its scheme and host, and what a message shows, host and port as safe text."""

    scheme: str
    host: str
    shown: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port as a message shows them."""
        return f"{self.scheme}://{self.shown}"


def wrong_host(here: Place, there: Place) -> WrongHost:
    """Return the error for a redirect or form of `here` that leads `there`. It never advises plain http."""
    downgraded = here.scheme == "https" and there.scheme == "http"
    if downgraded and here.host == there.host:
        return WrongHost(
            f"{here.origin} points to {there.origin}, the same host without encryption. "
            "Nothing was sent there.",
            advice="The CRM, or the proxy before it, writes http:// into its redirects. Whoever runs the "
            "instance can mend that: https:// in the CRM's site_URL, or the header X-Forwarded-Proto from "
            "the proxy.",
        )
    if downgraded:
        advice = f"If {there.shown} is the instance you mean, give its https:// address."
    else:
        advice = f"If {there.origin} is the instance you mean, give that as its address."
    return WrongHost(
        f"{here.origin} points to another address, {there.origin}. Nothing was sent there.",
        advice=f'{advice} If it is your single sign-on, set auth = "cookie" for the instance.',
    )


def wrong_folder(here: Place, folder: str) -> WrongHost:
    """Return the error for a redirect or form of `here` that leads out of the instance's own `folder`."""
    place = f"{here.origin}{safe_text(folder, limit=200)}"
    return WrongHost(
        f"{here.origin} points to a page outside of {place}. Nothing was sent there.",
        advice="Compare the address of the instance with the one in your browser when you sign in there.",
    )
