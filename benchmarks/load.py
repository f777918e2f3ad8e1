"""How long loading the whole list takes, compared with a bare script that reads the same pages.

Both sign in for each round and request one page after the other over one connection, because a CRM answers
the requests of a session one by one. The times do not include the sign-in. The script has what somebody
would write who only wants the people: of each row the record id, the name and the e-mail, read with the same
parser, and nothing is checked. A loop that fetches the pages and reads nobody is there for comparison.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from statistics import median
from time import perf_counter

import httpx
from pydantic import SecretStr
from selectolax.lexbor import LexborHTMLParser

from benchmarks.harness import Figure, options, report
from benchmarks.server import Server, demo_server
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.reader import UserListReader

PAGE_SIZE = 20
MOST_OF_BARE, MOST_OF_BARE_FIRST = 1.15, 1.3

_LIST = "index.php?module=Users&parent=Settings&view=List&orderby=user_name&sortorder=ASC"
_STATUSES = ("", "&search_key=status&search_value=Inactive&operator=e")
_FRAGMENT = {"X-Requested-With": "XMLHttpRequest", "X-PJAX": "true"}
_TOKEN = re.compile(r'name="__vtrftk" value="([^"]+)"')
_MORE = re.compile(rb'id="nextPageExist" value="1"')


@dataclass(frozen=True)
class Reading:
    """Milliseconds of loading the list once, after the sign-in: until the first people, and until the end."""

    first: float
    whole: float


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=5000, rounds=5).parse_args()
    with demo_server(chosen.people, page_size=PAGE_SIZE) as server:
        ours, bare, fetched = asyncio.run(_alternately(server, chosen.people, chosen.rounds))
    pages = ceil(chosen.people / PAGE_SIZE)
    figures = [
        Figure("the whole list · median", "ms", ours.whole, bare.whole, most_ratio=MOST_OF_BARE),
        Figure("the first rows · median", "ms", ours.first, bare.first, most_ratio=MOST_OF_BARE_FIRST),
        Figure("a page of the list", "ms", ours.whole / pages, bare.whole / pages),
        Figure("the whole list · a loop that reads nobody", "ms", ours.whole, fetched.whole),
        Figure("the first page · a loop that reads nobody", "ms", ours.first, fetched.first),
    ]
    title = f"load: {chosen.people:,} people, {PAGE_SIZE} a page, {chosen.rounds} rounds"
    return report(title, figures, strict=chosen.strict)


async def _alternately(server: Server, people: int, rounds: int) -> list[Reading]:
    """Return the medians of loading by the app, by the script, and by the loop that only fetches."""
    ways: tuple[Callable[[Server, int], Awaitable[Reading]], ...] = (_ours, _bare, _fetched)
    for way in ways:
        # The first round is not counted: the demo CRM has not sorted yet, and the parser is not imported.
        await way(server, people)
    readings = [[await way(server, people) for way in ways] for _ in range(rounds)]
    return [
        Reading(median(one.first for one in way), median(one.whole for one in way))
        for way in zip(*readings, strict=True)
    ]


async def _ours(server: Server, people: int) -> Reading:
    """Load the list as the app does. Raises RuntimeError if people are missing, which would be unfair."""
    async with CrmClient(server.url) as client:
        await client.sign_in(server.username, SecretStr(server.password))
        reader, first, start = UserListReader(client), 0.0, perf_counter()
        async for _ in reader.read():
            first = first or perf_counter() - start
        whole = perf_counter() - start
        if len(reader.ids) != people:
            raise RuntimeError(f"Only {len(reader.ids)} of {people} people were read.")
        await client.sign_out()
    return Reading(first * 1000, whole * 1000)


async def _bare(server: Server, people: int) -> Reading:
    """Read everybody's id, name and e-mail. Raises RuntimeError if people are missing."""
    async with _signed_in(server) as http:
        found, first, start = dict[str, tuple[str, str]](), 0.0, perf_counter()
        for status in _STATUSES:
            async for content in _pages(http, status):
                for row in LexborHTMLParser(content).css("tr.listViewEntries[data-id]"):
                    name, email = row.css("td[data-name=first_name] a")
                    found[row.attrs["data-id"] or ""] = name.text(strip=True), email.text(strip=True)
                first = first or perf_counter() - start
        whole = perf_counter() - start
    if len(found) != people:
        raise RuntimeError(f"Only {len(found)} of {people} people were read.")
    return Reading(first * 1000, whole * 1000)


async def _fetched(server: Server, people: int) -> Reading:
    """Fetch all pages. Raises RuntimeError if they are too few to have all people."""
    async with _signed_in(server) as http:
        times, start = list[float](), perf_counter()
        for status in _STATUSES:
            async for _ in _pages(http, status):
                times.append(perf_counter() - start)
    if len(times) < people / PAGE_SIZE:
        raise RuntimeError(f"Only {len(times)} pages were fetched.")
    return Reading(times[0] * 1000, times[-1] * 1000)


async def _pages(http: httpx.AsyncClient, status: str) -> AsyncIterator[bytes]:
    number, more = 0, True
    while more:
        number += 1
        content = (await http.get(f"{_LIST}{status}&page={number}", headers=_FRAGMENT)).content
        more = _MORE.search(content) is not None
        yield content


@asynccontextmanager
async def _signed_in(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, headers={"Accept-Encoding": "gzip"}) as http:
        token = _TOKEN.search((await http.get("index.php")).text)
        if token is None:
            raise RuntimeError("The demo CRM's login page has no token.")
        fields = {"__vtrftk": token[1], "module": "Users", "action": "Login"}
        await http.post(
            "index.php", data={**fields, "username": server.username, "password": server.password}
        )
        yield http


if __name__ == "__main__":
    sys.exit(main())
