"""How long loading the whole list takes, compared with a bare script that only fetches the same pages.

Both sign in for each round and request one page after the other over one connection, because a CRM answers
the requests of a session one by one. The times do not include the sign-in.
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

from benchmarks.harness import Figure, options, report
from benchmarks.server import Server, demo_server
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.reader import UserListReader

PAGE_SIZE = 20
MOST_OF_BARE, MOST_OF_BARE_FIRST = 1.25, 1.5

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
        ours, bare = asyncio.run(_alternately(server, chosen.people, chosen.rounds))
    figures = [
        _figure("the whole list", [one.whole for one in ours], [one.whole for one in bare], MOST_OF_BARE),
        _figure(
            "the first rows", [one.first for one in ours], [one.first for one in bare], MOST_OF_BARE_FIRST
        ),
        Figure(
            "a page of the list", "ms", *(_per_page(readings, chosen.people) for readings in (ours, bare))
        ),
    ]
    title = f"load: {chosen.people:,} people, {PAGE_SIZE} a page, {chosen.rounds} rounds"
    return report(title, figures, strict=chosen.strict)


def _figure(what: str, ours: list[float], bare: list[float], most_ratio: float) -> Figure:
    return Figure(f"{what} · median", "ms", median(ours), median(bare), most_ratio=most_ratio)


def _per_page(readings: list[Reading], people: int) -> float:
    return median(one.whole for one in readings) / ceil(people / PAGE_SIZE)


async def _alternately(server: Server, people: int, rounds: int) -> tuple[list[Reading], list[Reading]]:
    ways: tuple[Callable[[Server, int], Awaitable[Reading]], ...] = (_ours, _bare)
    for way in ways:
        # The first round is not counted: the demo CRM has not sorted yet, and the parser is not imported.
        await way(server, people)
    readings = [[await way(server, people) for way in ways] for _ in range(rounds)]
    return [ours for ours, _ in readings], [bare for _, bare in readings]


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
