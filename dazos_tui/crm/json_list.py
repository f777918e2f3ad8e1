"""The user list of an instance that shows it as JSON beside its pages.

Such a list has no search that could be relied on: what its server searches in is not known. So people are
looked for in the complete list, and a list with a gap is an error, since somebody might be missing.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Protocol

from dazos_tui.crm import status_resolver
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import PermissionDeniedError, SignedOutError, UnexpectedPageError
from dazos_tui.crm.gateway_errors import http_status_error
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.models import LISTED_STATUSES, Status, UserPage, UserRow
from dazos_tui.crm.pages.error_pages import read_json
from dazos_tui.crm.pages.user_rows import parse_user_rows
from dazos_tui.crm.pagination import PageCrawler
from dazos_tui.crm.user_list_template import UserListTemplate
from dazos_tui.crm.user_search import comparable_text, identifiers_of

_HEADERS = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}


class FetchJson(Protocol):
    """Requests an address with the session. Raises CrmError, but not for an HTTP status."""

    def __call__(
        self, path: str, *, headers: dict[str, str], on_request_sent: Callable[[], object] | None
    ) -> Awaitable[Response]:
        """Return the response."""


class JsonUserList:
    """The pages of the list, and a search in all of them."""

    def __init__(self, template: UserListTemplate, fetch: FetchJson, host: str, labels: Labels) -> None:
        """Build a list that requests its pages with `fetch`, without requesting one yet."""
        self._template = template
        self._fetch = fetch
        self._host = host
        self._labels = labels

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Return the lists that there are: a second one only if the inactive accounts have their own."""
        return LISTED_STATUSES if self._template.inactive_path is not None else (Status.ACTIVE,)

    async def request_page(
        self, status: Status, number: int, on_request_sent: Callable[[], object] | None = None
    ) -> Callable[[], UserPage]:
        """Request a page; return a function that parses it. See `CrmClient.request_user_page`."""
        address = self._template.address(number, inactive=status is Status.INACTIVE)
        response = await self._fetch(address, headers=_HEADERS, on_request_sent=on_request_sent)
        self._require_success(response)
        return partial(
            parse_user_rows,
            response.text,
            number=number,
            status=status,
            template=self._template,
            labels=self._labels,
        )

    async def find_containing(self, text: str) -> tuple[UserRow, ...]:
        """Return the people whose name, user name or e-mail contains `text`. Raises CrmError."""
        wanted = comparable_text(text)
        return tuple(
            row
            for row in await self._read_all()
            if any(wanted in one.casefold() for one in (row.user.name, row.user.user_name, row.user.email))
        )

    async def find_exact(self, texts: Sequence[str]) -> dict[str, list[UserRow]]:
        """Return for each text the rows whose user name or e-mail it is. Raises CrmError."""
        self._require_identifiers(texts)
        rows = await self._read_all() if texts else ()
        return {text: [row for row in rows if comparable_text(text) in identifiers_of(row)] for text in texts}

    def _require_identifiers(self, texts: Iterable[str]) -> None:
        """Raise UnexpectedPageError if the list does not show what one of the texts may be."""
        fields = self._template.fields
        if fields.user_name is None and any("@" not in text for text in texts):
            raise UnexpectedPageError(
                "The user list of this instance does not show user names.",
                advice="Use an e-mail address. Or add user_list.fields.user_name to the config.",
            )
        if fields.email is None and any("@" in text for text in texts):
            raise UnexpectedPageError(
                "The user list of this instance does not show e-mail addresses.",
                advice="Use a user name. Or add user_list.fields.email to the config.",
            )

    async def _read_all(self) -> tuple[UserRow, ...]:
        """Return everybody, each once, with the status that both lists together show. Raises CrmError."""
        lists = {status: await self._read_list(status) for status in self.statuses}
        return status_resolver.merge_search_results(
            lists[Status.ACTIVE], lists.get(Status.INACTIVE, ()), is_complete=Status.INACTIVE in lists
        )

    async def _read_list(self, status: Status) -> list[UserRow]:
        accounts = "" if len(self.statuses) > 1 else "accounts"
        crawler, rows = PageCrawler(status, accounts=accounts), dict[str, UserRow]()
        while (number := crawler.next_page()) is not None:
            try:
                page = (await self.request_page(status, number))()
            except UnexpectedPageError as error:
                if not rows:
                    raise
                crawler.record_failure(number, str(error))
            else:
                crawler.add_page(page)
                rows |= {row.user.id: row for row in page.rows}
        if not crawler.is_complete:
            raise UnexpectedPageError(f"Somebody may be missing from the list. {' '.join(crawler.gaps)}")
        return [row for row in rows.values() if row.user.id in crawler.ids]

    def _require_success(self, response: Response) -> None:
        """Raise the error that an HTTP status other than 200 means.

        In JSON, 401 and 403 come from the CRM; otherwise they are a proxy's.
        """
        if response.status == HTTPStatus.OK:
            return
        is_json = read_json(response.text) is not None
        if response.status == HTTPStatus.UNAUTHORIZED and is_json:
            raise SignedOutError("The session has ended: the CRM does not show its user list (HTTP 401).")
        if response.status == HTTPStatus.FORBIDDEN and is_json:
            raise PermissionDeniedError("The CRM does not show its user list to this account (HTTP 403).")
        raise http_status_error(self._host, response)
