"""Pauses that a server asks for: observed for pages, reported and bounded; no action is repeated."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic

import pytest
from pydantic import SecretStr

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import UnclearAnswerError, UnexpectedPageError
from dazos_tui.crm.http import network
from dazos_tui.crm.http.network import MAX_PAUSE_SECONDS, NetworkSettings, RateLimiter
from dazos_tui.crm.http.retry_after import describe_retry_after, format_pause, retry_after_seconds
from dazos_tui.crm.http.session import HttpSession
from dazos_tui.crm.models import MenuItemKind, Status, User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.crm.webservice import WebServiceClient
from dazos_tui.demo.faults import FaultPlace
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.server import DemoServer
from tests.crm.servers import ReceivedRequest, answer, serving
from tests.patience import patience

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (429, "7", 7),
        (503, "7", 7),
        (429, "0", 0),
        (429, " 1.5 ", 1.5),
        (429, "Sun, 01 Mar 2026 12:00:30 GMT", 30),
        (503, "Sun, 01 Mar 2026 11:59:00 GMT", 0),
        (429, "", 1),
        (429, "soon", 1),
        (429, "-5", 1),
        (429, "9" * 400, 1),
        (503, "", None),
        (503, "soon", None),
        (500, "7", None),
        (200, "7", None),
    ],
)
def test_the_pause_that_a_response_asks_for(status: int, retry_after: str, seconds: float | None) -> None:
    assert retry_after_seconds(status, retry_after, NOW) == seconds


def test_a_date_counts_from_the_servers_own_clock() -> None:
    """Our clock may be hours off: by it the date would be long past, or far away."""
    theirs = datetime(2020, 5, 4, 3, 2, 1, tzinfo=UTC)
    assert retry_after_seconds(429, "Mon, 04 May 2020 03:02:11 GMT", theirs) == 10
    assert describe_retry_after(429, "Mon, 04 May 2020 03:02:11 GMT", theirs) == (
        "It asks to wait 10 s before the next request."
    )


def test_a_pause_is_described_only_if_it_is_given() -> None:
    assert describe_retry_after(429, "", NOW) == describe_retry_after(200, "7", NOW) == ""
    assert [format_pause(seconds) for seconds in (0.2, 119, 120, 3601)] == ["1 s", "119 s", "2 min", "61 min"]


@pytest.fixture
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=240) as server:
        yield server


@pytest.fixture
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pauses very short, but not so short that they end before they are checked."""
    monkeypatch.setattr("dazos_tui.crm.http.network._MIN_PAUSE_SECONDS", patience(0.005))


def busy(times: int, status: int = 429, retry_after: str = "0.2") -> Callable[[ReceivedRequest], bytes]:
    """Return an answerer that asks for a pause `times` times, and then answers."""
    left = iter([answer(status=status, Retry_After=retry_after)] * times)
    return lambda _: next(left, answer("well"))


@pytest.mark.usefixtures("_brief")
@pytest.mark.parametrize("status", [429, 503])
async def test_a_page_is_requested_again_after_the_pause(status: int) -> None:
    async with serving(busy(2, status)) as server:
        session, begun = HttpSession(server.url), monotonic()
        assert (await session.get("index.php")).text == "well"
        await session.close()
    assert [request.target for request in server.requests] == ["/crm/index.php"] * 3
    assert monotonic() - begun >= 0.4


def noting(told: list[int], waiting: asyncio.Event) -> Callable[[int], None]:
    """Return a callback that records the reported seconds, and sets the event."""

    def note(seconds: int) -> None:
        told.append(seconds)
        waiting.set()

    return note


@pytest.mark.usefixtures("_brief")
async def test_a_pause_applies_to_all_sessions_of_the_instance_and_is_reported() -> None:
    pace, told, waiting = RateLimiter(0), list[int](), asyncio.Event()
    pace.on_pause = noting(told, waiting)
    async with serving(busy(1, retry_after="1.2")) as server:
        first, second = (
            HttpSession(server.url, network=NetworkSettings(rate_limiter=pace)) for _ in range(2)
        )
        begun = monotonic()
        asking = asyncio.create_task(first.get("a"))
        await waiting.wait()
        assert (await second.get("b")).text == "well"
        assert monotonic() - begun >= 1.2
        assert (await asking).text == "well"
        for session in (first, second):
            await session.close()
    assert set(told) == {2, 1, 0}
    assert told[-1] == 0


async def test_pauses_last_at_most_a_minute() -> None:
    async with serving(busy(1, retry_after=str(int(MAX_PAUSE_SECONDS) + 1))) as server:
        session, begun = HttpSession(server.url), monotonic()
        response = await session.get("index.php")
        await session.close()
    assert (response.status, len(server.requests)) == (429, 1)
    assert response.pause_text == "It asks to wait 61 s before the next request."
    assert monotonic() - begun < patience(10)


@pytest.mark.usefixtures("_brief")
async def test_endless_pauses_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dazos_tui.crm.http.network.MAX_PAUSE_SECONDS", 50 * network._MIN_PAUSE_SECONDS)
    async with serving(busy(1000, retry_after="0")) as server:
        session = HttpSession(server.url)
        assert (await session.get("index.php")).status == 429
        asked = len(server.requests)
        # Since there was no answer meanwhile, the next page is not waited for either.
        assert (await session.get("index.php")).status == 429
        assert len(server.requests) == asked + 1
        await session.close()
    assert 2 < asked < 10


@pytest.mark.usefixtures("_brief")
async def test_nothing_is_posted_again() -> None:
    async with serving(busy(1)) as server:
        session = HttpSession(server.url)
        response = await session.post("index.php", {"a": "b"})
        await session.close()
    assert (response.status, len(server.requests)) == (429, 1)


async def test_a_request_cancelled_during_a_pause_is_never_sent() -> None:
    pace, told, waiting = RateLimiter(0), list[int](), asyncio.Event()
    pace.on_pause = noting(told, waiting)
    async with serving(busy(1, retry_after="30")) as server:
        session = HttpSession(server.url, network=NetworkSettings(rate_limiter=pace))
        asking = asyncio.create_task(session.get("a"))
        await waiting.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await session.close()
    assert len(server.requests) == 1
    assert told == [30, 0]


async def test_the_rate_is_halved_but_never_below_two_per_second() -> None:
    pace = RateLimiter(20)
    for _ in range(8):
        await pace.acquire()
    pace.pause(0.01)
    assert pace.per_second == pytest.approx(4)
    assert RateLimiter(0).per_second > 1e9
    unlimited = RateLimiter(0)
    for _ in range(100):
        await unlimited.acquire()
    unlimited.pause(0.01)
    assert unlimited.per_second == pytest.approx(50)
    unlimited.end_backoff()
    assert unlimited.per_second == pytest.approx(50)
    slow = RateLimiter(1)
    slow.pause(0.01)
    assert slow.per_second == pytest.approx(1)


async def signed_in(instance: DemoInstance, network: NetworkSettings) -> CrmClient:
    client = CrmClient(instance.url, network=network)
    await client.sign_in(instance.username, SecretStr(instance.password))
    return client


async def test_the_list_is_complete_despite_a_rate_limit(demo: DemoServer) -> None:
    instance = demo.instance("harbor-prod")
    pace, told = RateLimiter(0), list[int]()
    pace.on_pause = told.append
    instance.faults.limit_rate("list", 8, window=1, ban=1)
    client = await signed_in(instance, NetworkSettings(rate_limiter=pace))
    reader = UserListReader(client)
    people = {user.id async for batch in reader.read() for user in batch.users}
    await client.close()
    assert reader.is_complete
    assert len(people) == len(instance.people)
    assert instance.faults.sent_away
    assert max(told) == 1


async def test_a_pause_that_is_too_long_is_reported_with_the_setting(demo: DemoServer) -> None:
    instance = demo.instance("harbor-prod")
    client = await signed_in(instance, NetworkSettings())
    instance.faults.limit_rate("list", 0, window=1, ban=300)
    with pytest.raises(UnexpectedPageError) as caught:
        await client.request_user_page(Status.ACTIVE, 1)
    await client.close()
    assert "accepts no requests for now (HTTP 429). It asks to wait 5 min" in str(caught.value)
    assert "requests_per_second" in caught.value.advice


async def test_an_action_is_run_once_and_the_pause_is_reported(demo: DemoServer) -> None:
    instance = demo.instance("harbor-prod")
    client = await signed_in(instance, NetworkSettings())
    person = next(person for person in instance.people if person.status == "Active")
    profile = await client.fetch_profile(str(person.id))
    item = profile.menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    instance.faults.limit_rate("action", 0, window=1, ban=300)
    with pytest.raises(UnclearAnswerError, match=r"HTTP 429.* It asks to wait 5 min before the next request"):
        await client.run_menu_item(item)
    await client.close()
    assert instance.faults.sent_away == 1
    assert not instance.outbox


async def test_the_access_key_api_reports_the_pause_too(demo: DemoServer) -> None:
    instance = demo.instance("harbor-prod")
    async with WebServiceClient(instance.url, instance.username) as service:
        await service.sign_in(SecretStr(instance.access_key))
        instance.faults.limit_rate("webservice", 0, window=1, ban=90)
        with pytest.raises(
            UnexpectedPageError, match=r"HTTP 429\. It asks to wait 90 s before the next request"
        ):
            await service.count()


@pytest.mark.parametrize(
    ("place", "kind"), [("home", UnexpectedPageError), ("forgot-password", UnclearAnswerError)]
)
async def test_the_forgot_password_form_reports_the_pause_too(
    demo: DemoServer, place: FaultPlace, kind: type[Exception]
) -> None:
    instance = demo.instance("harbor-sandbox")
    instance.faults.limit_rate(place, 0, window=1, ban=90)
    user = User("7", "ada.acorn", "Ada Acorn", "ada.acorn@example.com", "", Status.ACTIVE, admin=None)
    client = CrmClient(instance.url)
    with pytest.raises(kind, match=r"HTTP 429\)?.* It asks to wait 90 s before the next request"):
        await client.submit_forgot_password_form(user)
    await client.close()
    assert instance.faults.sent_away == 1
