"""Which page of a user list to request next, and what is known about the list so far.

No I/O: the reader gets a page number from `next_probe` or `next_page`, and reports the result with
`add_page` or `record_failure`. Reading always ends: the number of pages is bounded, each faulty page is
requested at most twice, and a list is restarted at most once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dazos_tui.crm.models import Status, UserPage

PAGES_BEFORE_PROBING = 4
"""Pages read one by one before probing for the end: a list this short needs no probing."""
MAX_PAGES = 20_000
"""The most pages read of one list, whatever the CRM announces: 400,000 people at vtiger's 20 a page."""
MAX_CONSECUTIVE_FAILURES = 3
"""Pages in a row that may fail or bring nobody new before the rest of the list is given up."""

_REPEATED_PAGE = "The CRM shows people there that other pages showed already."
_EMPTY_PAGE = "The CRM shows nobody there."
_TRUNCATED_PAGES = "The CRM cut every page short before its first row."
_PAGE_SIZE_CHANGED = "The page size changed more than once while the list was read."
_TOO_MANY_PAGES = f"That would be more than {MAX_PAGES:,} pages."


@dataclass(slots=True)
class _PageRecord:
    """A page that was read: its record ids, and the row count and the next page that it announced."""

    ids: set[str] = field(default_factory=set)
    announced: int = 0
    has_next: bool = False

    @property
    def missing(self) -> int:
        return max(0, self.announced - len(self.ids))


class PageCrawler:
    """The progress of reading one list, of active or of inactive users.

    Pages are read in this order:

    1. the first few pages;
    2. probes for the end of the list: steps of a quarter of the distance so far, then halving;
    3. all pages in between;
    4. a second try at those that failed or were cut short;
    5. the last page again, unless it was the latest one read, to see whether the list changed meanwhile.

    The steps are short because a probe within the list is one page less to read later, while a probe past
    the end is wasted. If a page has an unexpected size or position, or a probe returns people seen before,
    the whole list is read again from page 1, one page after the other.
    """

    def __init__(self, status: Status, *, accounts: str = "") -> None:
        """Build a crawler of a list. `accounts` is what its people are called, such as “active accounts”."""
        self.status = status
        self._accounts = accounts or f"{status} accounts"
        self._earlier_ids: set[str] = set()
        self._ids: set[str] = set()
        self._reset()

    def _reset(self, *, sequentially: bool = False) -> None:
        self._is_sequential = sequentially
        self._is_probing = not sequentially
        self._earlier_ids |= self._ids
        self._ids = set()
        self._page_size: int | None = None
        self._total: int | None = None  # the people that the list announces in all, if it says so
        self._pages: dict[int, _PageRecord] = {}
        self._failed_pages: dict[int, str] = {}
        self._last_nonempty = 0  # the last page that held somebody
        self._first_past_end: int | None = None  # the first one known to lie past the end
        self._has_changed = False
        self._has_page_size_changed = False
        self._latest_number = 0  # the page that came last
        self._reset_retries()

    def _reset_retries(self) -> None:
        self._cursor = 1
        self._consecutive_failures: list[int] = []
        self._retried: set[int] = set()
        self._gave_up: tuple[int, str] | None = None
        self._is_last_page_rechecked = False
        self._recheck_failure = ""

    def resume(self) -> None:
        """Prepare for another reading, which requests the failed pages again but not those that were read.

        A list that changed, or that showed fewer people than it announced, is read again from the start:
        those who are missing may be on any page.
        """
        if self.is_complete:
            return
        if self._has_changed or self._has_page_size_changed or self._has_count_mismatch():
            self._reset()
        else:
            self._failed_pages.clear()
            self._reset_retries()

    @property
    def ids(self) -> frozenset[str]:
        """Return all record ids seen; after a complete second reading, only those of that reading."""
        return frozenset(self._ids if self.is_complete else self._ids | self._earlier_ids)

    @property
    def expected_count(self) -> int | None:
        """Return how many people the list announces in all, or None while its end is not known."""
        last = self._last_page
        if self._total is not None:
            return self._total
        if not last:
            return last
        found = self._pages.get(last)
        return (last - 1) * (self._page_size or 0) + found.announced if found else None

    @property
    def is_complete(self) -> bool:
        """Return whether all pages were read and nothing is missing."""
        return self.next_page() is None and not self.gaps

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return a sentence or two for each thing that is missing so far."""
        return tuple(self._describe_gaps())

    def next_probe(self) -> int | None:
        """Return the next page to request to find the end of the list, or None if none is needed."""
        if not self._is_probing or self._gave_up or self._last_page is not None or self._total is not None:
            return None
        unread = self._next_unread()
        if unread is None or unread <= PAGES_BEFORE_PROBING:
            return unread
        step = max(PAGES_BEFORE_PROBING, self._last_nonempty // PAGES_BEFORE_PROBING)
        probe = (
            max(PAGES_BEFORE_PROBING, self._last_nonempty) + step
            if self._first_past_end is None
            else (self._last_nonempty + self._first_past_end) // 2
        )
        return probe if probe <= MAX_PAGES and probe not in self._failed_pages else None

    def next_page(self) -> int | None:
        """Return the next page to request, or None if there is nothing left to do."""
        if self._gave_up:
            return None
        return self.next_probe() or self._next_unread() or self._next_retry() or self._next_recheck()

    def page_after(self, number: int) -> int | None:
        """Return the page to request after this one, or None if that depends on this one's content."""
        end = self._first_past_end if self._last_page is not None else self._end_by_total()
        if end is None or number != self._next_unread():
            return None
        return next((later for later in range(number + 1, end) if not self._is_read_or_failed(later)), None)

    def record_failure(self, number: int, reason: str) -> None:
        """Record that a page could not be read; `reason` is a sentence."""
        if self._is_recheck(number):
            self._is_last_page_rechecked, self._recheck_failure = True, reason
        elif not self._is_read_or_failed(number) and number != self._next_unread():
            # A probe past the end may fail for just that reason. Nothing is lost, but probing cannot go on.
            self._is_probing = False
        else:
            self._count_failure(number, reason)
            if number not in self._pages and not self._gave_up:
                self._failed_pages[number] = reason

    def add_page(self, page: UserPage) -> None:
        """Add a page that was read."""
        self._latest_number = page.number
        self._has_changed = self._has_changed or (self._total is not None and page.total != self._total)
        self._total = page.total
        if not self._has_expected_size(page):
            self._restart_sequentially(page.number)
        elif self._is_recheck(page.number):
            self._recheck_last_page(page)
        elif not page.announced:
            self._mark_past_end(page.number)
        else:
            self._add_nonempty_page(page)

    @property
    def _last_page(self) -> int | None:
        return self._last_nonempty if self._first_past_end == self._last_nonempty + 1 else None

    def _end_by_total(self) -> int | None:
        """Return the number of the first page past the end, from the total and the page size."""
        if self._total is None or not self._page_size:
            return None
        return min(-(-self._total // self._page_size), MAX_PAGES) + 1

    def _is_read_or_failed(self, number: int) -> bool:
        return number in self._pages or number in self._failed_pages

    def _next_unread(self) -> int | None:
        while self._is_read_or_failed(self._cursor):
            self._cursor += 1
        return self._cursor if self._first_past_end is None or self._cursor < self._first_past_end else None

    def _next_retry(self) -> int | None:
        if len(self._consecutive_failures) >= MAX_CONSECUTIVE_FAILURES:
            return None
        faulty = {*self._failed_pages, *self._truncated_pages()} - self._retried
        return min(faulty, default=None)

    def _next_recheck(self) -> int | None:
        last = self._last_page
        if last is None or last == 1 or last not in self._pages or self._is_last_page_rechecked:
            return None
        return last if self._latest_number != last else None

    def _is_recheck(self, number: int) -> bool:
        read = self._pages.get(number)
        return read is not None and (not read.missing or number in self._retried)

    def _truncated_pages(self) -> dict[int, _PageRecord]:
        return {number: page for number, page in self._pages.items() if page.missing}

    def _has_expected_size(self, page: UserPage) -> bool:
        """Return whether a page has the size and the position that the earlier pages suggest."""
        if not page.announced:
            return True
        size = page.size or (page.announced if page.has_next else self._page_size)
        if self._page_size is None:
            self._page_size = size
        if size != self._page_size or (size and page.announced > size):
            return False
        return size is None or page.start is None or page.start == (page.number - 1) * size + 1

    def _restart_sequentially(self, number: int) -> None:
        if self._is_sequential:
            self._has_page_size_changed = True
            self._gave_up = (number, _PAGE_SIZE_CHANGED)
        else:
            self._reset(sequentially=True)

    def _mark_past_end(self, number: int) -> None:
        if number <= self._last_nonempty:
            self.record_failure(number, _EMPTY_PAGE)
            return
        self._failed_pages.pop(number, None)
        self._first_past_end = number if self._first_past_end is None else min(self._first_past_end, number)

    def _add_nonempty_page(self, page: UserPage) -> None:
        number, ids = page.number, {row.user.id for row in page.rows}
        new = ids - self._ids
        if ids and not new and number not in self._pages and self._handle_repeated_page(page):
            return
        if self._is_read_or_failed(number):
            self._retried.add(number)
        if new or not page.missing:
            self._consecutive_failures.clear()
        else:
            self._count_failure(number, _TRUNCATED_PAGES)
        self._store_page(page, ids)
        if number >= MAX_PAGES and page.has_next:
            self._gave_up = (number + 1, _TOO_MANY_PAGES)

    def _handle_repeated_page(self, page: UserPage) -> bool:
        """Return whether a page with nobody new is a repetition, and handle it if so.

        A last page with nobody new is not one: the caller stores it.
        """
        number = page.number
        if not self._is_read_or_failed(number) and number != self._next_unread():
            self._restart_sequentially(number)
            return True
        if page.has_next or number < self._last_nonempty:
            self.record_failure(number, _REPEATED_PAGE)
            return True
        return False

    def _store_page(self, page: UserPage, ids: set[str]) -> None:
        number = page.number
        self._failed_pages.pop(number, None)
        record = self._pages.setdefault(number, _PageRecord())
        record.ids |= ids
        record.announced, record.has_next = page.announced, page.has_next
        self._ids |= ids
        self._last_nonempty = max(self._last_nonempty, number)
        if not page.has_next and number == self._last_nonempty:
            self._first_past_end = (
                number + 1 if self._first_past_end is None else min(self._first_past_end, number + 1)
            )
        self._has_changed = self._has_changed or (
            self._first_past_end is not None and self._last_nonempty >= self._first_past_end
        )

    def _count_failure(self, number: int, reason: str) -> None:
        """Count a page that failed or brought nobody new; too many in a row end the first pass."""
        self._consecutive_failures.append(number)
        if self._is_read_or_failed(number):
            self._retried.add(number)
        elif len(self._consecutive_failures) >= MAX_CONSECUTIVE_FAILURES:
            first = self._consecutive_failures[0]
            self._gave_up = (first, reason)
            self._failed_pages = {page: why for page, why in self._failed_pages.items() if page < first}

    def _recheck_last_page(self, page: UserPage) -> None:
        """Compare the last page with its first reading: another length, or a next page, means a change."""
        self._is_last_page_rechecked, self._recheck_failure = True, ""
        read = self._pages[page.number]
        self._has_changed = self._has_changed or (page.announced, page.has_next) != (
            read.announced,
            read.has_next,
        )
        self._ids |= {row.user.id for row in page.rows}

    def _has_count_mismatch(self) -> bool:
        """Return whether all pages were read in full, but held fewer or more people than they announced."""
        if self._gave_up or self._failed_pages or self._truncated_pages() or self.next_page() is not None:
            return False
        return sum(page.announced for page in self._pages.values()) != len(self._ids)

    def _describe_gaps(self) -> Iterable[str]:
        accounts = self._accounts
        for reason in dict.fromkeys(self._failed_pages.values()):
            numbers = sorted(number for number, why in self._failed_pages.items() if why == reason)
            yield f"{_format_page_numbers(numbers)} of the {accounts} could not be read. {reason}"
        for number, page in sorted(self._truncated_pages().items()):
            people = (
                f"{page.missing} of {page.announced} people {'is' if page.missing == 1 else 'are'} missing"
            )
            yield f"Page {number} of the {accounts} was cut short: {people}."
        if self._gave_up:
            yield f"The {accounts} could not be read from page {self._gave_up[0]:,} on. {self._gave_up[1]}"
        if self._has_changed:
            yield f"The list of {accounts} changed while it was read: somebody may be missing."
        elif self._has_count_mismatch():
            announced = sum(page.announced for page in self._pages.values())
            yield (
                f"The CRM announced {announced} {accounts} and showed {len(self._ids)} different ones: "
                "somebody may be missing."
            )
        if self._recheck_failure:
            yield (
                f"It is not known whether the list of {accounts} changed while it was read. "
                f"{self._recheck_failure}"
            )


def _format_page_numbers(numbers: list[int]) -> str:
    """Return “Page 3”, or “Pages 3, 5–7 and 9”."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    *most, last = ["–".join(map(str, run)) for run in runs]
    return f"Page{'s' if len(numbers) > 1 else ''} " + (f"{', '.join(most)} and {last}" if most else last)
