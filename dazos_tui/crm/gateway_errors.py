"""What a web server, proxy or gate says in the CRM's place, by its HTTP status and the page's title."""

from contextlib import suppress
from http import HTTPStatus

from dazos_tui.crm.errors import UnexpectedPage
from dazos_tui.crm.http.response import Reply
from dazos_tui.crm.http.retry_after import too_many_requests
from dazos_tui.crm.pages.html import parse, title_of

_CLOSED_DOORS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}
)


def quoted_title(html: str) -> str:
    """Return “: it says “TITLE”” for a page with a title, safe for a terminal; else an empty text."""
    with suppress(UnexpectedPage):
        if title := title_of(parse(html)):
            return f": it says “{title}”"
    return ""


def refused(host: str, reply: Reply) -> UnexpectedPage:
    """Return the error for an answer whose HTTP status is not 200: the pause it asks for, or its title."""
    if reply.pause is not None:
        return too_many_requests(host, reply.status, reply.pause_words)
    title = quoted_title(reply.text)
    if reply.status in _CLOSED_DOORS:
        return UnexpectedPage(
            f"The web server or proxy at {host} refuses access (HTTP {reply.status}), before the CRM is "
            f"asked{title}.",
            advice="Ask whoever runs the instance or your network whether you may reach it from here.",
        )
    return UnexpectedPage(f"{host} answered with an error (HTTP {reply.status}){title}.")
