"""What is known of one status' list while it is read page by page, and which page to ask for next.

No I/O: whoever reads asks `opening` or `next` for a number, and tells what came by `take` or `failed`. Every
way through ends: pages are bounded, each odd page is looked at twice at most, and a list begun anew once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dazos_tui.crm.models import Status, UserPage

FIRST_PAGES = 4
"""Pages read one by one before the end is searched for: a list as short as these needs no search."""
MOST_PAGES = 20_000
"""Pages read of one list at most, 400,000 people at vtiger's 20 a page: nothing a CRM says makes it more."""
PATIENCE = 3
"""Pages in a row that may fail or bring nobody before the rest of the list is given up."""

_REPEATS = "The CRM shows people there that other pages showed already."
_EMPTY = "The CRM shows nobody there."
_BARREN = "The CRM cut every page short before its first row."
_RESIZED = "Its pages changed their size while they were read, more than once."
_ENDLESS = f"That would be more than {MOST_PAGES:,} pages."


@dataclass(slots=True)
class _Page:
    """A page that was read: who was on it, how many it announced, and whether it promised more."""

    ids: set[str] = field(default_factory=set)
    announced: int = 0
    more: bool = False

    @property
    def missing(self) -> int:
        return max(0, self.announced - len(self.ids))


class Listing:
    """The list of active or of inactive people.

    It is read in this order: the first pages; those met in the search for the end, in steps of a quarter of
    the way so far and then by halving; all that lie between; then once more those that failed or were cut
    short; and the last one once more, unless nothing was read after it, to see whether the list changed
    meanwhile. A page met in the search is one less to read, one past the end is asked for in vain: so the
    steps are short. Where a page's size or place does not fit, or the search meets people again, all is read
    once more from page 1, plainly one page after the other.
    """

    def __init__(self, status: Status) -> None:
        self.status = status
        self._earlier: set[str] = set()
        self._ids: set[str] = set()
        self._begin()

    def _begin(self, *, plainly: bool = False) -> None:
        self._plain = plainly
        self._searching = not plainly
        self._earlier |= self._ids
        self._ids = set()
        self._size: int | None = None
        self._pages: dict[int, _Page] = {}
        self._bad: dict[int, str] = {}
        self._low = 0  # the last page that held somebody
        self._high: int | None = None  # the first one known to lie past the end
        self._changed = False
        self._resized = False
        self._latest = 0  # the page that came last
        self._take_heart()

    def _take_heart(self) -> None:
        self._cursor = 1
        self._failures: list[int] = []
        self._looked: set[int] = set()
        self._stopped: tuple[int, str] | None = None
        self._checked = False
        self._unsure = ""

    def resume(self) -> None:
        """Begin another reading: what failed is asked for again, what came is not.

        Only a list that changed, or that showed fewer than it announced, is read anew: who is missing may
        be on any page.
        """
        if self.complete:
            return
        if self._changed or self._resized or self._astray():
            self._begin()
        else:
            self._bad.clear()
            self._take_heart()

    @property
    def ids(self) -> frozenset[str]:
        """Return the record ids of everybody seen; once a list read anew is whole, those seen anew alone."""
        return frozenset(self._ids if self.complete else self._ids | self._earlier)

    @property
    def expected(self) -> int | None:
        """Return how many people the list announces in all, or None while its end is not known."""
        last = self._last
        if not last:
            return last
        found = self._pages.get(last)
        return (last - 1) * (self._size or 0) + found.announced if found else None

    @property
    def complete(self) -> bool:
        """Tell whether all was read and nothing is missing."""
        return self.next() is None and not self.gaps

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return a sentence or two for each thing that is missing, as far as it was read."""
        return tuple(self._gaps())

    def opening(self) -> int | None:
        """Return the next page that helps to find the end of the list, or None if none is needed."""
        if not self._searching or self._stopped or self._last is not None:
            return None
        unread = self._unread()
        if unread is None or unread <= FIRST_PAGES:
            return unread
        step = max(FIRST_PAGES, self._low // FIRST_PAGES)
        probe = max(FIRST_PAGES, self._low) + step if self._high is None else (self._low + self._high) // 2
        return probe if probe <= MOST_PAGES and probe not in self._bad else None

    def next(self) -> int | None:
        """Return the next page to ask for, or None if there is nothing left to do."""
        if self._stopped:
            return None
        return self.opening() or self._unread() or self._second_look() or self._last_look()

    def after(self, number: int) -> int | None:
        """Return the page that is wanted after this one, or None if that depends on what comes."""
        if self._high is None or self._last is None or number != self._unread():
            return None
        return next((later for later in range(number + 1, self._high) if not self._known(later)), None)

    def failed(self, number: int, why: str) -> None:
        """Take note that a page did not come; `why` is a sentence."""
        if self._is_last_look(number):
            self._checked, self._unsure = True, why
        elif not self._known(number) and number != self._unread():
            # A page past the end may fail just because it is: no loss, but no way to find the end either.
            self._searching = False
        else:
            self._missed(number, why)
            if number not in self._pages and not self._stopped:
                self._bad[number] = why

    def take(self, page: UserPage) -> None:
        """Take in a page that came."""
        self._latest = page.number
        if not self._fits(page):
            self._begin_anew(page.number)
        elif self._is_last_look(page.number):
            self._compare(page)
        elif not page.announced:
            self._past_the_end(page.number)
        else:
            self._somebody(page)

    @property
    def _last(self) -> int | None:
        return self._low if self._high == self._low + 1 else None

    def _known(self, number: int) -> bool:
        return number in self._pages or number in self._bad

    def _unread(self) -> int | None:
        while self._known(self._cursor):
            self._cursor += 1
        return self._cursor if self._high is None or self._cursor < self._high else None

    def _second_look(self) -> int | None:
        if len(self._failures) >= PATIENCE:
            return None
        odd = sorted({*self._bad, *self._cut()} - self._looked)
        return odd[0] if odd else None

    def _last_look(self) -> int | None:
        last = self._last
        if last is None or last == 1 or last not in self._pages or self._checked:
            return None
        return last if self._latest != last else None

    def _is_last_look(self, number: int) -> bool:
        read = self._pages.get(number)
        return read is not None and (not read.missing or number in self._looked)

    def _cut(self) -> dict[int, _Page]:
        return {number: page for number, page in self._pages.items() if page.missing}

    def _fits(self, page: UserPage) -> bool:
        """Tell whether a page has the size and the place that those before it let expect."""
        if not page.announced:
            return True
        size = page.size or (page.announced if page.has_next else self._size)
        if self._size is None:
            self._size = size
        if size != self._size or (size and page.announced > size):
            return False
        return size is None or page.start is None or page.start == (page.number - 1) * size + 1

    def _begin_anew(self, number: int) -> None:
        if self._plain:
            self._resized = True
            self._stopped = (number, _RESIZED)
        else:
            self._begin(plainly=True)

    def _past_the_end(self, number: int) -> None:
        if number <= self._low:
            self.failed(number, _EMPTY)
            return
        self._bad.pop(number, None)
        self._high = number if self._high is None else min(self._high, number)

    def _somebody(self, page: UserPage) -> None:
        number, ids = page.number, {row.user.id for row in page.rows}
        new = ids - self._ids
        if ids and not new and number not in self._pages and self._repeats(page):
            return
        if self._known(number):
            self._looked.add(number)
        if new or not page.missing:
            self._failures.clear()
        else:
            self._missed(number, _BARREN)
        self._keep(page, ids)
        if number >= MOST_PAGES and page.has_next:
            self._stopped = (number + 1, _ENDLESS)

    def _repeats(self, page: UserPage) -> bool:
        """Tell whether a page of people known already is no page of its own, and note it if so."""
        number = page.number
        if not self._known(number) and number != self._unread():
            self._begin_anew(number)
            return True
        if page.has_next or number < self._low:
            self.failed(number, _REPEATS)
            return True
        return False

    def _keep(self, page: UserPage, ids: set[str]) -> None:
        number = page.number
        self._bad.pop(number, None)
        kept = self._pages.setdefault(number, _Page())
        kept.ids |= ids
        kept.announced, kept.more = page.announced, page.has_next
        self._ids |= ids
        self._low = max(self._low, number)
        if not page.has_next and number == self._low:
            self._high = number + 1 if self._high is None else min(self._high, number + 1)
        self._changed = self._changed or (self._high is not None and self._low >= self._high)

    def _missed(self, number: int, why: str) -> None:
        """Count a page that did not come, or brought nobody; too many in a row end the first pass."""
        self._failures.append(number)
        if self._known(number):
            self._looked.add(number)
        elif len(self._failures) >= PATIENCE:
            first = self._failures[0]
            self._stopped = (first, why)
            self._bad = {page: reason for page, reason in self._bad.items() if page < first}

    def _compare(self, page: UserPage) -> None:
        """Look at the last page once more: another length, or more after it, and the list has changed."""
        self._checked, self._unsure = True, ""
        read = self._pages[page.number]
        self._changed = self._changed or (page.announced, page.has_next) != (read.announced, read.more)
        self._ids |= {row.user.id for row in page.rows}

    def _astray(self) -> bool:
        """Tell whether all pages came whole, and held fewer or more people than they announced."""
        if self._stopped or self._bad or self._cut() or self.next() is not None:
            return False
        return sum(page.announced for page in self._pages.values()) != len(self._ids)

    def _gaps(self) -> Iterable[str]:
        accounts = f"{self.status} accounts"
        for why in dict.fromkeys(self._bad.values()):
            numbers = sorted(number for number, reason in self._bad.items() if reason == why)
            yield f"{_named(numbers)} of the {accounts} could not be read. {why}"
        for number, page in sorted(self._cut().items()):
            people = (
                f"{page.missing} of {page.announced} people {'is' if page.missing == 1 else 'are'} missing"
            )
            yield f"Page {number} of the {accounts} was cut short: {people}."
        if self._stopped:
            yield f"The {accounts} could not be read from page {self._stopped[0]:,} on. {self._stopped[1]}"
        if self._changed:
            yield f"The list of {accounts} changed while it was read: somebody may be missing."
        elif self._astray():
            announced = sum(page.announced for page in self._pages.values())
            yield (
                f"The CRM announced {announced} {accounts} and showed {len(self._ids)} different ones: "
                "somebody may be missing."
            )
        if self._unsure:
            yield f"Whether the list of {accounts} changed while it was read is not known. {self._unsure}"


def _named(numbers: list[int]) -> str:
    """Return “Page 3”, or “Pages 3, 5–7 and 9”."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    *most, last = ["–".join(map(str, run)) for run in runs]
    return f"Page{'s' if len(numbers) > 1 else ''} " + (f"{', '.join(most)} and {last}" if most else last)
