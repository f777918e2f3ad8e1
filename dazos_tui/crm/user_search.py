"""The search of the user list: what is sent, and which text each returned row belongs to."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from dazos_tui.crm import status_resolver
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import UnexpectedPageError, UserNotFoundError
from dazos_tui.crm.http.response import Response
from dazos_tui.crm.models import LISTED_STATUSES, MenuItem, Profile, Status, User, UserPage, UserRow
from dazos_tui.crm.pages.users import parse_user_page
from dazos_tui.text.sanitize import safe_text

_QUICK_SEARCH_FIELDS = ("first_name", "last_name", "user_name", "email1")
"""Fields in which a part of a name or address is searched for."""

_MAX_PAGES_WITHOUT_NEW = 3
"""Pages in a row that may be cut short before their first row before the list is given up."""
_MAX_PROFILE_LOOKUPS = 10
"""The most rows of one search that are completed from their profiles."""
_MAX_SEARCH_LENGTH = 4_000
"""Characters of a search, URL-encoded: web servers accept URLs of 8,000 characters in all, some fewer."""


class UserSearch:
    """The CRM's own search of the user list."""

    def __init__(
        self,
        fetch_page: Callable[[Status, Mapping[str, str], int], Awaitable[Response]],
        fetch_profile: Callable[[str], Awaitable[Profile]],
        labels: Labels,
    ) -> None:
        """Build a search that requests list pages with `fetch_page`, and profiles with `fetch_profile`."""
        self._fetch_page = fetch_page
        self._fetch_profile = fetch_profile
        self._labels = labels

    async def find_containing(self, text: str) -> tuple[UserRow, ...]:
        """Return the first pages of the default and the inactive list, filtered by `text`, merged."""
        pages = {}
        for status in LISTED_STATUSES:
            response = await self._fetch_page(status, containing_query(text), 1)
            pages[status] = parse_user_page(response.text, number=1, status=status, labels=self._labels)
        if not any(page.rows for page in pages.values()) and any(page.missing for page in pages.values()):
            raise UnexpectedPageError("The CRM's answer to the search was cut short before the first person.")
        inactive = pages[Status.INACTIVE]
        is_complete = not inactive.has_next and not inactive.missing
        return status_resolver.merge_search_results(
            pages[Status.ACTIVE].rows, inactive.rows, is_complete=is_complete
        )

    async def find_exact(self, texts: Sequence[str]) -> dict[str, list[UserRow]]:
        """Return for each text the rows whose user name or e-mail it is: see `CrmClient.find_exact_many`."""
        default: dict[str, list[UserRow]] = {text: [] for text in texts}
        for batch in split_searches(texts):
            await self._find_batch(Status.ACTIVE, batch, default)
        ambiguous = [text for text in texts if not is_unambiguous(text, default[text])]
        inactive: dict[str, list[UserRow]] = {text: [] for text in ambiguous}
        for batch in split_searches(ambiguous):
            await self._find_batch(Status.INACTIVE, batch, inactive)
        # Merged for all texts at once: only users who are in one list but not the other show that the two
        # lists differ.
        merged = status_resolver.merge_search_results(
            _rows_for(default, ambiguous), _rows_for(inactive, ambiguous), is_complete=True
        )
        known = {row.user.id: row for row in merged}
        return {
            text: _unique_rows(
                [known.get(row.user.id, row) for row in [*default[text], *inactive.get(text, [])]]
            )
            for text in texts
        }

    async def fetch_row_menu(self, user: User) -> tuple[MenuItem, ...]:
        """Return the menu of the user's row in the list, found by the user name as the CRM has it."""
        query = search_params([("user_name", user.exact_user_name)])
        is_truncated = False
        async for page in self._iter_pages(Status.ACTIVE, {"search_params": query}):
            is_truncated = is_truncated or page.missing > 0
            if row := next((row for row in page.rows if row.user.id == user.id), None):
                return row.menu
        if is_truncated:
            raise UnexpectedPageError(
                "The CRM's answer was cut short: this person's row in the list is missing."
            )
        return ()

    async def _find_batch(
        self, status: Status, texts: Sequence[str], found: dict[str, list[UserRow]]
    ) -> None:
        """Add to `found` the rows of these texts."""
        rows: list[UserRow] = []
        query = search_params((field, text) for text in texts for field in ("user_name", "email1"))
        async for page in self._iter_pages(status, {"search_params": query}):
            if page.missing:
                raise UnexpectedPageError(
                    "The CRM's answer to the search was cut short: somebody may be missing."
                )
            rows += page.rows
        if len(texts) > 1 and any(map(is_missing_identifier, rows)):
            # Only separate searches show which text each row belongs to.
            for text in texts:
                await self._find_batch(status, [text], found)
            return
        if len(texts) == 1:
            rows = await self._complete_rows(rows, comparable_text(texts[0]))
        for text in texts:
            found[text] += [row for row in rows if comparable_text(text) in identifiers_of(row)]

    async def _complete_rows(self, rows: list[UserRow], wanted: str) -> list[UserRow]:
        """Return the rows; those that lack an identifier and may be `wanted` are completed."""
        unclear = [is_missing_identifier(row) and wanted not in identifiers_of(row) for row in rows]
        if sum(unclear) > _MAX_PROFILE_LOOKUPS:
            raise UnexpectedPageError(
                f"The search found {sum(unclear)} rows that do not show whether they are the person.",
                advice="Add the column user_name to the user list in the CRM.",
            )
        return [
            await self._complete_row(row) if is_unclear else row
            for row, is_unclear in zip(rows, unclear, strict=True)
        ]

    async def _complete_row(self, row: UserRow) -> UserRow:
        """Return a row with the user name, e-mail and status of the user's profile, if it still exists."""
        try:
            profile_user = (await self._fetch_profile(row.user.id)).user
        except UserNotFoundError:
            return row
        user = replace(
            row.user,
            user_name=profile_user.user_name,
            email=profile_user.email,
            status=profile_user.status,
        )
        return replace(row, user=user)

    async def _iter_pages(self, status: Status, query: Mapping[str, str]) -> AsyncIterator[UserPage]:
        seen: set[str] = set()
        number, without_new = 0, 0
        while True:
            number += 1
            response = await self._fetch_page(status, query, number)
            page = parse_user_page(response.text, number=number, status=status, labels=self._labels)
            new = {row.user.id for row in page.rows} - seen
            without_new = 0 if new else without_new + 1
            if page.has_next and without_new and (not page.missing or without_new == _MAX_PAGES_WITHOUT_NEW):
                raise UnexpectedPageError(
                    f"Page {number} of the user list has nobody new on it, but announces more pages."
                )
            seen |= new
            yield page
            if not page.has_next:
                return


def _rows_for(rows: Mapping[str, list[UserRow]], texts: Iterable[str]) -> list[UserRow]:
    return _unique_rows([row for text in texts for row in rows[text]])


def _unique_rows(rows: Iterable[UserRow]) -> list[UserRow]:
    """Return the first row of each user."""
    return list({row.user.id: row for row in reversed(list(rows))}.values())[::-1]


def containing_query(text: str) -> dict[str, str]:
    """Return the parameters of a search for users whose name, user name or e-mail contains `text`."""
    return {"search_params": search_params(((name, text) for name in _QUICK_SEARCH_FIELDS), operator="c")}


def search_params(any_of: Iterable[tuple[str, str]], *, operator: str = "e") -> str:
    """Return a search for records in which one of these fields equals its text, or contains it (“c”).

    As seen on a vtiger 8.0 server: two lists of conditions. All of the first list and any of the second must
    hold.
    """
    conditions = [[field, operator, text] for field, text in any_of]
    return json.dumps([conditions] if len(conditions) == 1 else [[], conditions])


def split_searches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in batches, each as long as fits into one search."""
    batch: list[str] = []
    length = 0
    for text in texts:
        cost = len(quote(search_params([("user_name", text), ("email1", text)])))
        if batch and length + cost > _MAX_SEARCH_LENGTH:
            yield batch
            batch, length = [], 0
        batch.append(text)
        length += cost
    if batch:
        yield batch


def comparable_text(text: str) -> str:
    """Return a text as rows show it, casefolded."""
    return safe_text(text).casefold()


def identifiers_of(row: UserRow) -> set[str]:
    """Return the user name and e-mail of a row, casefolded; one that the row does not show is empty."""
    return {row.user.user_name.casefold(), row.user.email.casefold()}


def is_missing_identifier(row: UserRow) -> bool:
    """Return whether a row lacks the user name or e-mail, so that it may match more texts than it shows."""
    return "" in identifiers_of(row)


def is_unambiguous(text: str, rows: Sequence[UserRow]) -> bool:
    """Return whether nobody else can match: the text is the user name of one of the rows, not an address."""
    return "@" not in text and any(row.user.user_name.casefold() == comparable_text(text) for row in rows)
