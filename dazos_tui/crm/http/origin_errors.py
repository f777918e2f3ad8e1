"""Errors for a CRM that points away from its own address."""

from dataclasses import dataclass

from dazos_tui.crm.errors import WrongHostError
from dazos_tui.text.sanitize import safe_text


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a URL leads: its scheme and host, and host and port as safe text for messages."""

    scheme: str
    host: str
    display_host: str

    @property
    def url(self) -> str:
        """Return scheme, host and port for a message."""
        return f"{self.scheme}://{self.display_host}"


def wrong_origin_error(here: Origin, there: Origin) -> WrongHostError:
    """Return the error for a redirect or form of `here` that leads to `there`. Never advises plain http."""
    downgraded = here.scheme == "https" and there.scheme == "http"
    if downgraded and here.host == there.host:
        return WrongHostError(
            f"{here.url} points to {there.url}, the same host without encryption. Nothing was sent there.",
            advice="The CRM, or the proxy in front of it, redirects to http://. The server's administrator "
            "can fix that: with https:// in the CRM's site_URL, or the header X-Forwarded-Proto from the "
            "proxy.",
        )
    if downgraded:
        advice = f"If {there.display_host} is the instance you mean, give its https:// address."
    else:
        advice = f"If {there.url} is the instance you mean, give that as its address."
    return WrongHostError(
        f"{here.url} points to another address, {there.url}. Nothing was sent there.",
        advice=f'{advice} If it is your single sign-on, set auth = "cookie" for the instance.',
    )


def wrong_folder_error(here: Origin, folder: str) -> WrongHostError:
    """Return the error for a redirect or form of `here` that leads out of the instance's own `folder`."""
    place = f"{here.url}{safe_text(folder, limit=200)}"
    return WrongHostError(
        f"{here.url} points to a page outside of {place}. Nothing was sent there.",
        advice="Compare the address of the instance with the one in your browser when you sign in there.",
    )
