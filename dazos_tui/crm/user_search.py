"""The search of the user list: what is asked, and whom the rows that come are."""

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
"""Where a part of somebody's name or address is looked for."""

_MAX_PAGES_WITHOUT_NEW = 3
"""Pages in a row that may be cut short before their first row; then the list is given up."""
_MAX_PROFILE_LOOKUPS = 10
"""Rows of one search that are completed from their profiles at most."""
_MAX_SEARCH_LENGTH = 4_000
"""Characters of a search as it stands in an address: web servers take 8,000 in all, and at times less."""


class UserSearch:
    """The CRM's own search of the user list: `ask` asks for a page of it, `profile` for a profile."""

    def __init__(
        self,
        fetch_page: Callable[[Status, Mapping[str, str], int], Awaitable[Response]],
        fetch_profile: Callable[[str], Awaitable[Profile]],
        labels: Labels,
    ) -> None:
        self._fetch_page = fetch_page
        self._fetch_profile = fetch_profile
        self._labels = labels

    async def find_containing(self, text: str) -> tuple[UserRow, ...]:
        """Return the first page of the usual and of the inactive people's list whose names contain `text`."""
        query = {
            "search_params": search_params(((name, text) for name in _QUICK_SEARCH_FIELDS), operator="c")
        }
        pages = {}
        for status in LISTED_STATUSES:
            reply = await self._fetch_page(status, query, 1)
            pages[status] = parse_user_page(reply.text, number=1, status=status, labels=self._labels)
        inactive = pages[Status.INACTIVE]
        whole = not inactive.has_next and not inactive.missing
        return status_resolver.merge_search_results(
            pages[Status.ACTIVE].rows, inactive.rows, is_complete=whole
        )

    async def find_exact(self, texts: Sequence[str]) -> dict[str, list[UserRow]]:
        """Return for each text the rows whose user name or e-mail it is: see `CrmClient.find_exact_many`."""
        usual: dict[str, list[UserRow]] = {text: [] for text in texts}
        for batch in split_searches(texts):
            await self._find_batch(Status.ACTIVE, batch, usual)
        open_ones = [text for text in texts if not is_unambiguous(text, usual[text])]
        inactive: dict[str, list[UserRow]] = {text: [] for text in open_ones}
        for batch in split_searches(open_ones):
            await self._find_batch(Status.INACTIVE, batch, inactive)
        # All together: whether both lists are the same one shows by those who are in one of them only.
        both = status_resolver.merge_search_results(
            _rows_for(usual, open_ones), _rows_for(inactive, open_ones), is_complete=True
        )
        known = {row.user.id: row for row in both}
        return {
            text: _unique_rows(
                [known.get(row.user.id, row) for row in [*usual[text], *inactive.get(text, [])]]
            )
            for text in texts
        }

    async def fetch_row_menu(self, user: User) -> tuple[MenuItem, ...]:
        """Return the menu of the person's row in the list, looked up by user name."""
        query = search_params([("user_name", user.user_name)])
        cut_short = False
        async for page in self._iter_pages(Status.ACTIVE, {"search_params": query}):
            cut_short = cut_short or page.missing > 0
            if row := next((row for row in page.rows if row.user.id == user.id), None):
                return row.menu
        if cut_short:
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
            # Whose rows these are shows only one by one.
            for text in texts:
                await self._find_batch(status, [text], found)
            return
        if len(texts) == 1:
            rows = await self._complete_rows(rows, comparable_text(texts[0]))
        for text in texts:
            found[text] += [row for row in rows if comparable_text(text) in identifiers_of(row)]

    async def _complete_rows(self, rows: list[UserRow], wanted: str) -> list[UserRow]:
        """Return the rows, those that lack what would show whether they are `same` completed."""
        unsure = [is_missing_identifier(row) and wanted not in identifiers_of(row) for row in rows]
        if sum(unsure) > _MAX_PROFILE_LOOKUPS:
            raise UnexpectedPageError(
                f"The search finds {sum(unsure)} rows that do not show whether they are the person.",
                advice="Let the user list in the CRM show the column user_name.",
            )
        return [
            await self._complete_row(row) if is_unsure else row
            for row, is_unsure in zip(rows, unsure, strict=True)
        ]

    async def _complete_row(self, row: UserRow) -> UserRow:
        """Return a row with the user name and e-mail of the person's profile, if there still is one."""
        try:
            shown = (await self._fetch_profile(row.user.id)).user
        except UserNotFoundError:
            return row
        user = replace(row.user, user_name=shown.user_name, email=shown.email, status=shown.status)
        return replace(row, user=user)

    async def _iter_pages(self, status: Status, query: Mapping[str, str]) -> AsyncIterator[UserPage]:
        seen: set[str] = set()
        number, barren = 0, 0
        while True:
            number += 1
            reply = await self._fetch_page(status, query, number)
            page = parse_user_page(reply.text, number=number, status=status, labels=self._labels)
            new = {row.user.id for row in page.rows} - seen
            barren = 0 if new else barren + 1
            if page.has_next and barren and (not page.missing or barren == _MAX_PAGES_WITHOUT_NEW):
                raise UnexpectedPageError(
                    f"Page {number} of the user list brings nobody new, and promises more."
                )
            seen |= new
            yield page
            if not page.has_next:
                return


def _rows_for(rows: Mapping[str, list[UserRow]], texts: Iterable[str]) -> list[UserRow]:
    return _unique_rows([row for text in texts for row in rows[text]])


def _unique_rows(rows: Iterable[UserRow]) -> list[UserRow]:
    """Return the rows without those of a person who was there before."""
    return list({row.user.id: row for row in reversed(list(rows))}.values())[::-1]


def search_params(any_of: Iterable[tuple[str, str]], *, operator: str = "e") -> str:
    """Return a search for records where one of these fields is exactly its text, or contains it (“c”).

    As seen on a vtiger 8.0 server: two lists of conditions, all of the first and any of the second.
    """
    conditions = [[field, operator, text] for field, text in any_of]
    return json.dumps([conditions] if len(conditions) == 1 else [[], conditions])


def split_searches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in as few groups as fit into one search each."""
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
    """Return a text as rows show it, in small letters."""
    return safe_text(text).casefold()


def identifiers_of(row: UserRow) -> set[str]:
    """Return user name and e-mail of a row in small letters; one it does not show is empty."""
    return {row.user.user_name.casefold(), row.user.email.casefold()}


def is_missing_identifier(row: UserRow) -> bool:
    """Return whether a row lacks user name or e-mail, so that it may be of more texts than it shows."""
    return "" in identifiers_of(row)


def is_unambiguous(text: str, rows: Sequence[UserRow]) -> bool:
    """Return whether nobody else can be meant: by a user name that is somebody's, and no address."""
    return "@" not in text and any(row.user.user_name.casefold() == comparable_text(text) for row in rows)
