"""Asking many instances at once: the bound, the time limit, and the one terminal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.crm.errors import PermissionDeniedError, UnreachableError
from dazos_tui.instances.many import InstanceAnswer, ask_each
from dazos_tui.secrets import SecretError
from dazos_tui.system.terminal_lending import TERMINAL_LENDER

LONG = 60.0


def instances(count: int) -> list[Instance]:
    return [
        Instance(name=f"site-{n:03}", url=f"https://site-{n}.example/", username="kim", environment="sandbox")
        for n in range(count)
    ]


class Gate:
    """What is asked of each instance: it waits until the gate opens, and counts how many wait at once."""

    def __init__(self, opens_at: int) -> None:
        self.now, self.most, self._opens_at = 0, 0, opens_at
        self._opened = asyncio.Event()

    async def ask(self, instance: Instance) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == self._opens_at:
            self._opened.set()
        await self._opened.wait()
        await asyncio.sleep(0)
        self.now -= 1
        return instance.name


async def test_at_most_so_many_are_asked_at_once_and_all_of_them_in_the_end():
    gate = Gate(opens_at=16)
    answers = [one async for one in ask_each(instances(200), gate.ask, seconds=LONG)]
    assert gate.most == 16
    assert sorted(one.value or "" for one in answers) == [one.name for one in instances(200)]
    gate = Gate(opens_at=3)
    assert len([one async for one in ask_each(instances(9), gate.ask, jobs=3, seconds=LONG)]) == 9
    assert gate.most == 3


async def test_one_that_never_answers_holds_nobody_up():
    async def ask(instance: Instance) -> str:
        if instance.name == "site-000":
            await asyncio.Event().wait()
        return instance.name

    answers = ask_each(instances(40), ask, jobs=2, seconds=0.5)
    found = [one async for one in answers]
    assert [one.instance.name for one in found][-1] == "site-000"
    assert isinstance(found[-1].error, UnreachableError)
    assert str(found[-1].error) == "site-0.example did not answer within 0.5 seconds."
    assert all(one.error is None for one in found[:-1])


async def test_one_that_hangs_in_its_clean_up_is_given_up_as_well():
    cancelled = 0

    async def ask(_: Instance) -> None:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        finally:
            cancelled += 1
            # As a sign-out does at a server that hangs; the second cancellation ends it.
            await asyncio.Event().wait()

    answers = ask_each(instances(1), ask, seconds=0.05)
    first = await anext(answers)
    assert isinstance(first.error, UnreachableError)
    await answers.aclose()
    assert cancelled == 1


async def test_an_error_is_an_answer():
    async def ask(instance: Instance) -> str:
        raise PermissionDeniedError(instance.name)

    assert [str(one.error) async for one in ask_each(instances(1), ask, seconds=LONG)] == ["site-000"]


async def test_leaving_early_ends_the_others():
    ended = 0

    async def ask(instance: Instance) -> str:
        nonlocal ended
        if instance.name == "site-000":
            return instance.name
        try:
            await asyncio.Event().wait()
        finally:
            ended += 1
        raise AssertionError

    async with aclosing(ask_each(instances(5), ask, seconds=LONG)) as answers:
        assert (await anext(answers)).value == "site-000"
    assert ended == 4


class Terminal:
    """A terminal to lend, on which the user takes longer than an instance may."""

    def __init__(self) -> None:
        self.now, self.most, self.lent = 0, 0, list[str]()

    @asynccontextmanager
    async def lend(self, program: str) -> AsyncIterator[int | None]:
        self.now += 1
        self.most = max(self.most, self.now)
        self.lent.append(program)
        await asyncio.sleep(0.06)
        yield 7
        self.now -= 1


async def ask_at_terminal(count: int, *, declines: bool) -> list[InstanceAnswer[int | None]]:
    async def ask(instance: Instance) -> int | None:
        lend = TERMINAL_LENDER.get()
        assert lend is not None
        async with lend(instance.name) as terminal:
            if declines or terminal is None:
                raise SecretError("no passphrase")
            return terminal

    return [one async for one in ask_each(instances(count), ask, seconds=0.05)]


@pytest.fixture
def terminal():
    terminal = Terminal()
    token = TERMINAL_LENDER.set(terminal.lend)
    yield terminal
    TERMINAL_LENDER.reset(token)


async def test_the_terminal_goes_to_one_program_after_the_other_and_its_time_does_not_count(terminal):
    TERMINAL_LENDER.set(terminal.lend)
    answers = await ask_at_terminal(5, declines=False)
    assert [one.value for one in answers] == [7] * 5
    assert terminal.most == 1
    assert len(terminal.lent) == 5


async def test_once_the_user_declined_nobody_else_asks(terminal):
    TERMINAL_LENDER.set(terminal.lend)
    answers = await ask_at_terminal(40, declines=True)
    assert len(terminal.lent) == 1
    assert all(isinstance(one.error, SecretError) for one in answers)
