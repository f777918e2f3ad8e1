"""A process that reads pages with secrets, then searches everything it kept for them. Run with ``python -m``.

Arguments: the server's URL, a folder for the history, and the secret spelled backwards, so that the search
itself leaves no copy. Prints the names of the places where it was found, one per line.
"""

import asyncio
import csv
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from pathlib import Path
from traceback import TracebackException

from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.models import MenuItem, MenuItemKind, Status
from dazos_tui.crm.reader import UserListReader
from dazos_tui.crm.webservice import WebServiceClient
from dazos_tui.history.export import csv_row, entry_to_record
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from tests.password_in_memory import holders

RESET = MenuItem(
    "Send Reset Link", MenuItemKind.SEND_RESET_LINK, "index.php?module=Users&action=SendIt&record=7", "7"
)
NO_SUCH_ANSWER = MenuItem(
    "Send Reset Link", MenuItemKind.SEND_RESET_LINK, "index.php?action=Odd&record=7", "7"
)


class Kept:
    """Everything that was read, logged and written."""

    def __init__(self) -> None:
        self.places: dict[str, list[str]] = {"log": []}
        self.values: list[object] = []

    def keep(self, place: str, value: object) -> None:
        """Keep a value as the screen does, and its repr."""
        self.values.append(value)
        self.places.setdefault(place, []).append(repr(value))

    async def fail(self, place: str, work: Awaitable[object]) -> None:
        """Await `work`, and keep the text of its error and the traceback with the values of all variables."""
        try:
            self.keep(place, await work)
        except CrmError as error:
            traceback = TracebackException.from_exception(error, capture_locals=True)
            self.keep(place, str(error))
            self.places[place] += [repr(error), error.advice, *traceback.format()]
            return
        raise AssertionError(f"{place}: no error")


class _Listening(logging.Handler):
    def __init__(self, kept: Kept) -> None:
        super().__init__(logging.DEBUG)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        """Keep everything in a log record."""
        self._kept.places["log"].append(f"{record.getMessage()} {record.__dict__}")


async def _read(kept: Kept, url: str) -> None:
    async with CrmClient(url) as client:
        await client.sign_in("admin", SecretStr("hunter2"))
        kept.keep("client", client)
        kept.keep("profile", await client.fetch_profile("7"))
        kept.keep("search", await client.find_exact("ann"))
        kept.keep("list", (await client.request_user_page(Status.ACTIVE, 1))())
        kept.keep("answer", await client.run_menu_item(RESET))
        await kept.fail("unclear answer", client.run_menu_item(NO_SUCH_ANSWER))
        kept.keep("profile whose status is not known", await client.fetch_profile("8"))
        for record in ("9", "10"):
            await kept.fail(f"profile {record}", client.fetch_profile(record))


async def _read_api(kept: Kept, url: str) -> None:
    async with WebServiceClient(url, "jo") as service:
        await service.sign_in(SecretStr("key"))
        kept.keep("api", [user async for users in service.active_users() for user in users])
    for odd in ("rows", "refused", "cut", "count"):
        async with WebServiceClient(f"{url}{odd}/", "jo") as service:
            await service.sign_in(SecretStr("key"))
            await kept.fail(f"api {odd}", _all(service.active_users()))


async def _all(pages: AsyncIterator[object]) -> list[object]:
    return [page async for page in pages]


async def _read_all(kept: Kept, url: str) -> None:
    async with CrmClient(url) as client:
        await client.sign_in("admin", SecretStr("hunter2"))
        async with aclosing(UserListReader(client).read()) as batches:
            kept.keep("reading", [batch async for batch in batches])


def _record(kept: Kept, folder: Path) -> None:
    with HistoryStore(folder / "history.db") as store:
        request = ResetRequest("acme", "staging", "crm.test", "admin", "7", "ann", "Ann", "ann@x.test", "T-1")
        for message in ("Sent.", *kept.places["unclear answer"]):
            store.record_outcome(store.record_request(request).id, Outcome.UNKNOWN, message)
        file = io.StringIO()
        csv.writer(file).writerows(map(csv_row, store.search()))
        kept.keep("csv", file.getvalue())
        kept.keep("json", json.dumps([entry_to_record(entry) for entry in store.search()]))
        kept.keep("history", [path.read_bytes() for path in sorted(folder.iterdir())])


def _found(kept: Kept, backwards: str) -> list[str]:
    places = [place for place, texts in kept.places.items() if any(backwards[::-1] in text for text in texts)]
    return places + [f"memory: {name}" for name in holders(backwards)]


def main(url: str, folder: str, backwards: str) -> None:
    """Read everything, search for the secret, and print where it is."""
    kept = Kept()
    logging.getLogger().addHandler(_Listening(kept))
    logging.getLogger().setLevel(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).propagate = True
    asyncio.run(_read(kept, url))
    asyncio.run(_read_api(kept, url))
    asyncio.run(_read_all(kept, url))
    _record(kept, Path(folder))
    # Checks that the search works: one that finds nothing anywhere would prove nothing.
    kept.keep("control", [backwards[::-1]])
    assert "control" in _found(kept, backwards)
    del kept.places["control"], kept.values[-1]
    sys.stdout.write("".join(f"{place}\n" for place in _found(kept, backwards)))


if __name__ == "__main__":
    main(*sys.argv[1:])
