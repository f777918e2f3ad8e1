"""One person looked for in several instances: who cannot be found under Users here may be there."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import Answers
from dazos_tui.crm.errors import CrmError, SignedOut, SignInFailed
from dazos_tui.crm.models import Question, User
from dazos_tui.directory.directory import Directory
from dazos_tui.instances.factory import Prompts, client_for, open_session, sign_out
from dazos_tui.secrets import SecretError


@dataclass(frozen=True, slots=True)
class Found:
    """Who fits in one instance; or why it could not be looked at, in words, with what to do about it."""

    instance: Instance
    users: tuple[User, ...] = ()
    trouble: CrmError | SecretError | None = None


async def look_everywhere(instances: Iterable[Instance], text: str) -> AsyncIterator[Found]:
    """Yield what each instance has, as it comes. Each is signed in to once, and out again; nobody is asked.

    A person fits if each word is in the name, user name, e-mail or role, as in the list's own filter. The
    CRM's search is asked for the longest word, and of what it finds the first page counts.
    """
    looking = [asyncio.create_task(_look_in(instance, text)) for instance in instances]
    try:
        for found in asyncio.as_completed(looking):
            yield await found
    finally:
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)


async def _look_in(instance: Instance, text: str) -> Found:
    try:
        longest = max(text.split(), key=len, default="")
        prompts = Prompts(partial(_untyped, instance), _nobody)
        async with client_for(instance) as client:
            await open_session(client, instance, prompts)
            try:
                try:
                    rows = await client.search_like(longest)
                except SignedOut:
                    await open_session(client, instance, prompts)
                    rows = await client.search_like(longest)
            finally:
                await sign_out(client, instance)
    except (CrmError, SecretError) as trouble:
        return Found(instance, trouble=trouble)
    matches = Directory.of(row.user for row in rows).matching(text)
    return Found(instance, tuple(matches[: matches.as_typed]))


async def _untyped(instance: Instance, _: Sequence[str]) -> SecretStr:
    raise SignInFailed(
        f"The {instance.credential} has to be typed there.", advice="Go to that instance and look."
    )


async def _nobody(_: Question) -> Answers | None:
    return None
