"""Lists of every length with every fault, from a scripted server: nobody is lost without a reported gap."""

import asyncio
import math
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import Status, User, UserPage, UserRow
from dazos_tui.crm.pagination import MAX_PAGES, PageCrawler
from dazos_tui.crm.reader import UserListReader
from tests.crm import html
from tests.crm.servers import ReceivedRequest, answer, serving
from tests.crm.test_client import query


@dataclass
class Crm:
    """A CRM with `count` active users, some of whose pages always fail."""

    count: int
    size: int
    failing: set[int] = field(default_factory=set)
    cut: dict[int, int] = field(default_factory=dict)
    requests: int = 0

    def __call__(self, request: ReceivedRequest) -> bytes:
        params = query(request)
        match params.get("view"):
            case "List":
                return self.page(int(params["page"]))
            case "DashBoard":
                return answer(html.HOME)
        if request.method == "POST":
            return answer(status=302, Location="index.php?view=DashBoard")
        return answer(html.LOGIN)

    def page(self, number: int) -> bytes:
        self.requests += 1
        if number in self.failing:
            return answer("", 500)
        first = (number - 1) * self.size
        ids = range(first + 1, min(first + self.size, self.count) + 1)
        rows = [html.row(str(one)) for one in ids][: self.cut.get(number)]
        more = number * self.size < self.count
        return answer(html.users(*rows, announced=len(ids), more=more, size=self.size, start=first + 1))


async def reading(crm: Crm) -> tuple[set[str], UserListReader]:
    async with serving(crm) as server, CrmClient(server.url) as client:
        await client.sign_in("admin", SecretStr("hunter2"))
        reader = UserListReader(client, statuses=[Status.ACTIVE])
        return {user.id async for batch in reader.read() for user in batch.users}, reader


faults = st.fixed_dictionaries(
    {
        "count": st.integers(0, 120),
        "size": st.integers(1, 20),
        "failing": st.sets(st.integers(2, 40), max_size=8),
        "cut": st.dictionaries(st.integers(1, 40), st.integers(0, 3), max_size=5),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(faults)
def test_all_users_are_read_or_a_gap_is_reported(given: dict[str, object]) -> None:
    crm = Crm(**given)  # type: ignore[arg-type]
    got, reader = asyncio.run(reading(crm))
    everybody = {str(one) for one in range(1, crm.count + 1)}
    assert got <= everybody
    assert got == reader.ids
    assert (got == everybody) or reader.gaps
    assert reader.is_complete == (not reader.gaps)
    pages = math.ceil(crm.count / crm.size)
    if not any(number <= pages for number in {*crm.failing, *crm.cut}):
        assert reader.is_complete
    odd = len(crm.failing) + len(crm.cut)
    assert crm.requests <= pages + 2 * math.ceil(math.log2(pages + 2)) + odd + 4


def page(
    number: int, *ids: int, more: bool = True, size: int | None = 2, start: int | None = None
) -> UserPage:
    people = [User(str(one), "", "", "", "", Status.ACTIVE, None) for one in ids]
    return UserPage(number, tuple(UserRow(user, ()) for user in people), len(ids), more, size, start)


def endless(number: int) -> UserPage:
    return page(number, 2 * number, 2 * number + 1)


def test_reading_an_endless_list_ends() -> None:
    crawler = PageCrawler(Status.ACTIVE)
    asked = 0
    while (number := crawler.next_page()) is not None:
        asked += 1
        crawler.add_page(endless(number))
    assert asked <= MAX_PAGES + 20
    assert crawler.gaps == (
        "The active accounts could not be read from page 20,001 on. That would be more than 20,000 pages.",
    )


@pytest.mark.parametrize("size", [2, None])
def test_a_list_need_not_announce_size_and_position(size: int | None) -> None:
    crawler = PageCrawler(Status.ACTIVE)
    while (number := crawler.next_page()) is not None:
        ids = [one for one in (2 * number - 1, 2 * number) if one <= 31]
        crawler.add_page(page(number, *ids, more=number < 16, size=size))
    assert (crawler.expected_count, len(crawler.ids), crawler.is_complete) == (31, 31, True)


def test_a_list_that_repeats_its_last_page_is_read_sequentially() -> None:
    crawler, asked = PageCrawler(Status.ACTIVE), []
    while (number := crawler.next_page()) is not None:
        asked.append(number)
        shown = min(number, 6)
        crawler.add_page(
            page(shown, 2 * shown - 1, 2 * shown, more=shown < 6, start=2 * shown - 1)
            if shown == number
            else UserPage(number, endless(6).rows, 2, has_next=False, size=2, start=11)
        )
    assert asked == [1, 2, 3, 4, 8, 1, 2, 3, 4, 5, 6]
    assert crawler.is_complete


def test_consecutive_failures_end_the_list_and_are_reported() -> None:
    crawler = PageCrawler(Status.INACTIVE)
    while (number := crawler.next_page()) is not None:
        if number in {2, 9, 10} or number >= 13:
            crawler.record_failure(number, "The server is on fire.")
        else:
            crawler.add_page(page(number, 2 * number, 2 * number + 1))
    assert crawler.gaps == (
        "Pages 2 and 9–10 of the inactive accounts could not be read. The server is on fire.",
        "The inactive accounts could not be read from page 13 on. The server is on fire.",
    )


def test_one_missing_person_is_in_the_singular() -> None:
    crawler = PageCrawler(Status.ACTIVE)
    cut = UserPage(1, page(1, 1).rows, announced=2, has_next=False, size=2)
    while crawler.next_page() is not None:
        crawler.add_page(cut)
    assert crawler.gaps == ("Page 1 of the active accounts was cut short: 1 of 2 people is missing.",)
