"""How long loading the whole list takes, compared with a bare script that reads the same pages.

Both sign in for each round and request one page after the other over one connection, because a CRM answers
the requests of a session one by one. The times do not include the sign-in. The script has what somebody
would write who only wants the people: of each row the record id, the name and the e-mail, read with the same
parser, and nothing is checked. A loop that fetches the pages and reads nobody is there for comparison.
"""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
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

PAGE_SIZE, FIRSTS_A_ROUND = 20, 8
MOST_OF_BARE, MOST_OF_BARE_FIRST = 1.15, 1.3

_LIST = "index.php?module=Users&parent=Settings&view=List&orderby=user_name&sortorder=ASC"
_STATUSES = ("", "&search_key=status&search_value=Inactive&operator=e")
_FRAGMENT = {"X-Requested-With": "XMLHttpRequest", "X-PJAX": "true"}
_TOKEN = re.compile(r'name="__vtrftk" value="([^"]+)"')
_MORE = re.compile(rb'id="nextPageExist" value="1"')


@dataclass(frozen=True)
class Reading:
    """Milliseconds of loading the list, after the sign-in: until the first people, and until the end."""

    first: float
    whole: float


Way = Callable[[Server], AsyncGenerator[int, None]]


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
    """Return the medians of loading by the app, by the script, and by the loop that only fetches.

    The first rows are a matter of two milliseconds: they are read many more times.
    """
    ways: tuple[Way, ...] = (_by_app, _by_script, _by_loop)
    for way in ways:
        # The first round is not counted: the demo CRM has not sorted yet, and the parser is not imported.
        await _whole(way, server, people)
    wholes = [[await _whole(way, server, people) for way in ways] for _ in range(rounds)]
    firsts = [[await _first(way, server) for way in ways] for _ in range(FIRSTS_A_ROUND * rounds)]
    return [
        Reading(median(first), median(whole))
        for first, whole in zip(zip(*firsts, strict=True), zip(*wholes, strict=True), strict=True)
    ]


async def _whole(way: Way, server: Server, people: int) -> float:
    """Return the milliseconds of a whole reading. Raises RuntimeError if people are missing."""
    async with aclosing(way(server)) as reading:
        await anext(reading)
        start = perf_counter()
        counts = [count async for count in reading]
        taken = (perf_counter() - start) * 1000
    if counts[-1] < people:
        raise RuntimeError(f"Only {counts[-1]} of {people} people were read.")
    return taken


async def _first(way: Way, server: Server) -> float:
    """Return the milliseconds until the first people are there."""
    async with aclosing(way(server)) as reading:
        await anext(reading)
        start = perf_counter()
        await anext(reading)
        return (perf_counter() - start) * 1000


async def _by_app(server: Server) -> AsyncGenerator[int, None]:
    """Sign in and load the list as the app does; yield 0, then how many people are known after each page."""
    async with CrmClient(server.url) as client:
        await client.sign_in(server.username, SecretStr(server.password))
        yield 0
        async with aclosing(UserListReader(client).read()) as batches:
            async for batch in batches:
                yield batch.read_count
        await client.sign_out()


async def _by_script(server: Server) -> AsyncGenerator[int, None]:
    """Do the same with a script that reads everybody's id, name and e-mail."""
    async with _signed_in(server) as http:
        yield 0
        found = dict[str, tuple[str, str]]()
        for status in _STATUSES:
            async for content in _pages(http, status):
                for row in LexborHTMLParser(content).css("tr.listViewEntries[data-id]"):
                    name, email = row.css("td[data-name=first_name] a")
                    found[row.attrs["data-id"] or ""] = name.text(strip=True), email.text(strip=True)
                yield len(found)


async def _by_loop(server: Server) -> AsyncGenerator[int, None]:
    """Do the same with a loop that fetches all pages and reads nobody."""
    async with _signed_in(server) as http:
        yield 0
        pages = 0
        for status in _STATUSES:
            async for _ in _pages(http, status):
                pages += 1
                yield pages * PAGE_SIZE


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
