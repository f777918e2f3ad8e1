"""Harmful responses end in a CrmError: soon, in little memory, and with a proper message."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import process_time

import pytest

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import (
    ConnectionLostError,
    CrmError,
    SignInError,
    UnclearAnswerError,
    UnexpectedPageError,
)
from dazos_tui.crm.http.retry import MAX_ATTEMPTS
from dazos_tui.crm.http.session import Timeouts
from dazos_tui.crm.models import Status
from dazos_tui.crm.webservice import WebServiceClient
from tests.crm import decompression_bombs, html
from tests.crm.servers import ReceivedRequest, answer, serving
from tests.crm.test_client import PASSWORD, RESET, Crm, sign_in
from tests.crm.test_webservice import Api, error_from
from tests.patience import processor_patience

SECONDS = 10
"""CPU time that each of these may take here, including the server's own."""
SHARE = 4
"""The pages sent to a client here have this fraction of the most that a page may have."""
MEMORY = 500_000_000
"""Bytes of memory that a process may take to read each of these."""

Look = Callable[[CrmClient], Awaitable[object]]


@asynccontextmanager
async def served(crm: Crm) -> AsyncIterator[CrmClient]:
    async with serving(crm) as server, await sign_in(server) as client:
        yield client


async def first_page(client: CrmClient) -> None:
    (await client.request_user_page(Status.ACTIVE, 1))()


LOOKS: dict[str, Look] = {
    "list": first_page,
    "profile": lambda client: client.fetch_profile("7"),
}


def is_plain(text: str) -> bool:
    return all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"} for char in text)


def assert_proper_message(error: CrmError) -> None:
    assert str(error)
    assert len(str(error)) < 1_000
    assert str(error).endswith(".")
    assert is_plain(str(error) + error.advice)
    assert error.advice
    assert error.__cause__ is None


async def assert_given_up(look: Awaitable[object], *, seconds: float = SECONDS) -> CrmError:
    begun = process_time()
    with pytest.raises(CrmError) as caught:
        await look
    assert process_time() - begun < processor_patience(seconds)
    assert_proper_message(caught.value)
    return caught.value


PAGES = {**decompression_bombs.PAGES, **decompression_bombs.of_most(SHARE)}


@pytest.mark.parametrize("bomb", PAGES.values(), ids=PAGES)
class TestAPage:
    """The largest pages are quartered here: a full one takes sixteen times as long to read.

    Time and memory for full ones are measured where each is read once.
    """

    SECONDS = SECONDS / SHARE**2

    async def test_on_the_login_page(self, bomb: Callable[[], bytes]) -> None:
        async with serving(Crm(door=bomb())) as server:
            await assert_given_up(sign_in(server), seconds=self.SECONDS)

    async def test_after_the_sign_in(self, bomb: Callable[[], bytes]) -> None:
        # No other page is shown either, so that this one matters.
        async with serving(Crm(home=bomb(), list=lambda request: answer(html.LOGIN))) as server:
            await assert_given_up(sign_in(server), seconds=self.SECONDS)

    @pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
    async def test_inside(self, bomb: Callable[[], bytes], look: Look) -> None:
        sent = bomb()
        async with served(Crm(list=lambda request: sent, profile=sent)) as client:
            await assert_given_up(look(client), seconds=self.SECONDS)

    async def test_in_answer_to_an_action(self, bomb: Callable[[], bytes]) -> None:
        async with served(Crm(action=bomb())) as client:
            error = await assert_given_up(client.run_menu_item(RESET), seconds=self.SECONDS)
        assert isinstance(error, UnclearAnswerError | ConnectionLostError)

    async def test_from_the_api(self, bomb: Callable[[], bytes]) -> None:
        begun = process_time()
        assert_proper_message(await error_from(Api([], announced="100", query=bomb())))
        assert process_time() - begun < processor_patience(self.SECONDS)


@pytest.mark.parametrize("page", decompression_bombs.GOOD_PAGES.values(), ids=decompression_bombs.GOOD_PAGES)
async def test_a_profile_can_be_read_despite_bad_content(page: Callable[[], str]) -> None:
    begun = process_time()
    async with served(Crm(profile=answer(page()))) as client:
        profile = await client.fetch_profile("7")
    assert process_time() - begun < processor_patience(SECONDS)
    assert profile.user.id == "7"
    assert is_plain("".join(field.value + field.label for block in profile.blocks for field in block.fields))
    assert sum(len(block.fields) for block in profile.blocks) <= 1_000
    assert len(profile.menu) <= 50


@pytest.mark.parametrize("text", decompression_bombs.ANSWERS.values(), ids=decompression_bombs.ANSWERS)
class TestAnAnswer:
    async def test_to_an_action(self, text: str) -> None:
        async with served(Crm(action=decompression_bombs.of_json(text))) as client:
            error = await assert_given_up(client.run_menu_item(RESET))
        assert isinstance(error, UnclearAnswerError)

    @pytest.mark.parametrize("operation", ["getchallenge", "login", "query", "count"])
    async def test_from_the_api(self, text: str, operation: str) -> None:
        answers = {operation: decompression_bombs.of_json(text)}
        assert_proper_message(await error_from(Api([], announced="100", **answers)))


async def test_harmful_text_in_an_answer_is_made_safe() -> None:
    async with served(Crm(action=decompression_bombs.of_json(decompression_bombs.HARMFUL_ANSWER))) as client:
        result = await client.run_menu_item(RESET)
    assert not result.success
    assert is_plain(result.message)
    error = await error_from(Api([], login=decompression_bombs.of_json(decompression_bombs.HARMFUL_ANSWER)))
    assert_proper_message(error)


@pytest.mark.parametrize(
    "location", ["http://[", "//[::1/?error=login", "http://ex\u2100mple.test/", "http://[::1]]/x", "\\\\["]
)
@pytest.mark.parametrize("status", [200, 300, 302, 304, 399])
async def test_an_invalid_location_after_the_sign_in(location: str, status: int) -> None:
    async with serving(Crm(sign_in=answer(html.LOGIN, status, Location=location))) as server:
        await assert_given_up(sign_in(server))


async def test_a_refusing_redirect_without_a_target_is_a_refusal() -> None:
    crm = Crm(sign_in=answer(status=302, Location="http://elsewhere.test/?error=login"))
    async with serving(crm) as server:
        assert isinstance(await assert_given_up(sign_in(server)), SignInError)


async def test_endless_redirects() -> None:
    def onward(request: ReceivedRequest) -> bytes:
        return answer(status=302, Location=f"index.php?view=List&n={len(request.target)}{'x' * 1_000}")

    async with serving(onward) as server, WebServiceClient(server.url, "jo") as service:
        with pytest.raises(UnexpectedPageError, match="in a circle"):
            await service._session.get("index.php")


@pytest.mark.parametrize("piece", [b"x", b"1\r\nx\r\n"], ids=["plain", "chunks"])
async def test_an_endlessly_slow_page(piece: bytes) -> None:
    """Each byte arrives in time, so only the time limit for the whole response ends it."""
    head = b"Transfer-Encoding: chunked" if b"\r" in piece else b"Content-Length: 999999999"

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 Said\r\n" + head + b"\r\n\r\n")
        with suppress(ConnectionError):
            while not over.is_set():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.transport.abort()
        left.release()

    over, left = asyncio.Event(), asyncio.Semaphore(0)
    listener = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        client = CrmClient(f"http://127.0.0.1:{port}/", timeouts=Timeouts(total=0.2))
        async with client:
            error = await assert_given_up(client.sign_in("admin", PASSWORD))
        over.set()
        for _ in range(MAX_ATTEMPTS):
            await left.acquire()
    assert "within 0.2 s" in str(error)


MEASURED = {
    "list": "from functools import partial; from dazos_tui.crm.dialect import Labels; "
    "from dazos_tui.crm.models import Status; from dazos_tui.crm.pages.users import parse_user_page; "
    "parse = partial(parse_user_page, number=1, status=Status.ACTIVE, labels=Labels())",
    "profile": "from functools import partial; from dazos_tui.crm.dialect import Labels; "
    "from dazos_tui.crm.pages.profile import parse_profile; "
    "parse = partial(parse_profile, user_id='7', labels=Labels())",
}
"""The parsers of pages, as code for a separate process."""
READ_ALL = """
from contextlib import suppress
from time import process_time
from dazos_tui.crm.errors import CrmError
from tests.crm import decompression_bombs
for name, make in decompression_bombs.PAGES.items():
    text = make().partition(b"\\r\\n\\r\\n")[2]
    if len(text) < 5_000_000:
        text, begun = text.decode(errors="replace"), process_time()
        with suppress(CrmError):
            parse(text)
        assert process_time() - begun < seconds, name
for make in decompression_bombs.GOOD_PAGES.values():
    with suppress(CrmError):
        parse(make())
"""
READ_ANSWERS = """
from contextlib import suppress
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.pages.action_results import parse_action_result
from tests.crm import decompression_bombs
for text in decompression_bombs.ANSWERS.values():
    with suppress(CrmError):
        parse_action_result(200, text, Labels())
"""


@pytest.mark.parametrize("parser", MEASURED.values(), ids=MEASURED)
def test_no_parser_needs_much_memory(parser: str) -> None:
    decompression_bombs.run_within(MEMORY, f"{parser}\nseconds = {processor_patience(SECONDS)}\n{READ_ALL}")


def test_no_answer_needs_much_memory() -> None:
    decompression_bombs.run_within(MEMORY, READ_ANSWERS)
