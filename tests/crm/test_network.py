"""The connection to an instance: its rate limit and its proxy."""

import asyncio
from time import monotonic

import pytest

from dazos_tui.crm.errors import UnreachableError
from dazos_tui.crm.http.network import NetworkSettings, RateLimiter
from dazos_tui.crm.http.session import HttpSession, Timeouts
from tests.crm.servers import answer, serving
from tests.patience import patience


async def test_requests_over_the_limit_wait_and_none_is_lost():
    pace, begun, went = RateLimiter(40), monotonic(), list[float]()

    async def one(number: int) -> int:
        await pace.acquire()
        went.append(monotonic() - begun)
        return number

    numbers = [asyncio.create_task(one(number)) for number in range(60)]
    assert await asyncio.gather(*numbers) == list(range(60))
    # Forty may be sent at once, then one more every 25 ms.
    for place, after in enumerate(sorted(went)):
        assert after >= (place - 40) * 0.025 - 0.001


async def test_all_sessions_of_an_instance_share_its_rate_limit():
    network = NetworkSettings(rate_limiter=RateLimiter(20))
    async with serving(lambda _: answer("here")) as server:
        sessions = [HttpSession(server.url, network=network) for _ in range(3)]
        begun = monotonic()
        for _ in range(10):
            for session in sessions:
                await session.get("x")
        took = monotonic() - begun
        for session in sessions:
            await session.close()
    assert len(server.requests) == 30
    assert took >= 10 / 20 - 0.06


async def test_a_request_cancelled_while_waiting_is_never_sent():
    async with serving(lambda _: answer("here")) as server:
        session = HttpSession(server.url, network=NetworkSettings(rate_limiter=RateLimiter(4)))
        for _ in range(4):
            await session.get("x")
        waiting = [asyncio.create_task(session.get("y")) for _ in range(40)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        begun = monotonic()
        await session.get("z")
        took = monotonic() - begun
        await session.close()
    assert [request.target for request in server.requests] == ["/crm/x"] * 4 + ["/crm/z"]
    # The cancelled ones gave up their turns: behind all forty this one would wait for ten seconds.
    assert took < patience(2)


async def test_the_configured_proxy_replaces_the_environments(monkeypatch):
    async with serving(lambda request: answer(request.target)) as proxy, serving(lambda _: None) as other:
        monkeypatch.setenv("HTTP_PROXY", other.url)
        session = HttpSession("http://crm.test/", network=NetworkSettings(proxy=proxy.url))
        assert (await session.get("x")).text == "http://crm.test/x"
        await session.close()
    assert other.requests == []


async def test_an_unreachable_proxy_is_named_in_the_error():
    session = HttpSession(
        "https://crm.test/",
        network=NetworkSettings(proxy="http://127.0.0.1:9"),
        timeouts=Timeouts(connect=0.5),
    )
    with pytest.raises(UnreachableError) as caught:
        await session.get("x", single_request=True)
    await session.close()
    assert "Could not connect to crm.test through the proxy 127.0.0.1:9: " in str(caught.value)
