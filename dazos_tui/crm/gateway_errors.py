"""Errors for what a web server or proxy answers in place of the CRM, by HTTP status and page title."""

from contextlib import suppress
from http import HTTPStatus

from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.http.retry_after import too_many_requests_error
from dazos_tui.crm.pages.html import parse_html, title_of

_ACCESS_DENIED_STATUSES = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
)


def quoted_title(html: str) -> str:
    """Return “: it says “TITLE”” for a page with a title, safe for a terminal; else an empty string."""
    with suppress(UnexpectedPageError):
        if title := title_of(parse_html(html)):
            return f": it says “{title}”"
    return ""


def http_status_error(host: str, response: Response) -> UnexpectedPageError:
    """Return the error for a response whose status is not 200, with the pause it asks for or its title."""
    if response.pause_seconds is not None:
        return too_many_requests_error(host, response.status, response.pause_text)
    title = quoted_title(response.text)
    if response.status in _ACCESS_DENIED_STATUSES:
        return UnexpectedPageError(
            f"The web server or proxy at {host} refused access (HTTP {response.status}) before the request "
            f"reached the CRM{title}.",
            advice="Ask the administrator of the server or network whether you may reach it from here.",
        )
    return UnexpectedPageError(f"{host} answered with an error (HTTP {response.status}){title}.")
