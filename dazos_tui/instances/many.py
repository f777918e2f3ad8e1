"""Asking many instances at once: a limited number at a time, each within its own time limit."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import SecretStr

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.errors import CrmError, SignInError, UnreachableError
from dazos_tui.crm.models import Challenge
from dazos_tui.instances.factory import Prompts
from dazos_tui.secrets import SecretError
from dazos_tui.system.terminal_lending import TERMINAL_LENDER

T = TypeVar("T")

MAX_AT_ONCE = 16
"""How many instances are asked at once, unless the user says otherwise."""
_CLEAN_UP_SECONDS = 2.0
"""How long the end waits for those that were given up, such as for a sign-out that hangs."""


@dataclass(frozen=True, slots=True)
class InstanceAnswer(Generic[T]):
    """What asking one instance returned, or the error that stopped it; both, if the answer has a gap."""

    instance: Instance
    value: T | None = None
    error: CrmError | SecretError | None = None


async def ask_each(
    instances: Iterable[Instance],
    ask: Callable[[Instance], Awaitable[T]],
    *,
    jobs: int = MAX_AT_ONCE,
    seconds: float,
) -> AsyncGenerator[InstanceAnswer[T], None]:
    """Yield the answer of each instance as it arrives; `jobs` of them are asked at once.

    One that has not answered after `seconds` is given up with an UnreachableError, and its place goes to the
    next. Other errors than CrmError and SecretError are raised.

    Programs that ask for something at the terminal, such as gpg for a passphrase, get it one after the
    other, and that time does not count. Once the user has declined one, no other one gets it.
    """
    crowd = _Crowd(asyncio.Semaphore(jobs), seconds)
    tasks = [asyncio.create_task(crowd.answer_of(instance, ask)) for instance in instances]
    try:
        for answer in asyncio.as_completed(tasks):
            yield await answer
    finally:
        await _end([*tasks, *crowd.given_up])


async def _end(tasks: Sequence[asyncio.Task[object]]) -> None:
    open_tasks = [task for task in tasks if not task.done()]
    for task in open_tasks:
        task.cancel()
    if open_tasks:
        await asyncio.wait(open_tasks, timeout=_CLEAN_UP_SECONDS)


class _Crowd:
    """The instances that are asked together: they share the places and the terminal."""

    def __init__(self, places: asyncio.Semaphore, seconds: float) -> None:
        self._places, self._seconds = places, seconds
        self._lend = TERMINAL_LENDER.get()
        self._terminal = asyncio.Lock()
        self._is_terminal_declined = False
        self.given_up: list[asyncio.Task[object]] = []

    async def answer_of(
        self, instance: Instance, ask: Callable[[Instance], Awaitable[T]]
    ) -> InstanceAnswer[T]:
        async with self._places:
            turn = _Turn()
            # In this task's own context.
            TERMINAL_LENDER.set(partial(self._lend_once, turn) if self._lend is not None else None)
            work = asyncio.ensure_future(ask(instance))
            work.add_done_callback(_ignore_result)
            try:
                async with asyncio.timeout(self._seconds) as turn.limit:
                    # It is not waited for after a time-out: its clean-up may hang, too.
                    return InstanceAnswer(instance, await asyncio.shield(work))
            except TimeoutError:
                return InstanceAnswer(instance, error=_too_slow(instance, self._seconds))
            except (CrmError, SecretError) as error:
                return InstanceAnswer(instance, error=error)
            finally:
                if not work.done():
                    work.cancel()
                    self.given_up.append(work)

    @asynccontextmanager
    async def _lend_once(self, turn: "_Turn", program: str) -> AsyncIterator[int | None]:
        """Lend the terminal to one program after the other. This is a `LendTerminal`."""
        if self._lend is None or turn.limit is None:
            yield None
            return
        turn.limit.reschedule(None)
        try:
            async with self._terminal:
                if self._is_terminal_declined:
                    yield None
                    return
                try:
                    async with self._lend(program) as terminal:
                        yield terminal
                except Exception:
                    self._is_terminal_declined = True
                    raise
        finally:
            # If everything was cancelled meanwhile, there is no limit any longer.
            with suppress(RuntimeError):
                turn.limit.reschedule(asyncio.get_running_loop().time() + self._seconds)


def _ignore_result(work: asyncio.Future[Any]) -> None:
    # Otherwise asyncio would report the error of one that was given up.
    if not work.cancelled():
        work.exception()


@dataclass(slots=True)
class _Turn:
    """The time limit of one instance, once it has begun."""

    limit: asyncio.Timeout | None = None


def _too_slow(instance: Instance, seconds: float) -> UnreachableError:
    return UnreachableError(
        f"{instance.host} did not answer within {seconds:g} seconds.",
        advice="Ask it again later, with more time, or open the instance in a browser.",
    )


def no_prompts(instance: Instance) -> Prompts:
    """Return the prompts of a sign-in among many: they ask for nothing, so what needs an answer fails."""
    return Prompts(partial(_refuse_to_prompt, instance), _decline_challenge)


async def _refuse_to_prompt(instance: Instance, _: Sequence[str]) -> SecretStr:
    raise SignInError(
        f"The {instance.credential_name} has to be typed there.", advice="Go to that instance and look."
    )


async def _decline_challenge(_: Challenge) -> ChallengeAnswers | None:
    return None
