"""One person looked for in several instances: who cannot be found under Users here may be there."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.errors import CrmError, SignedOutError, SignInError
from dazos_tui.crm.models import Challenge, User
from dazos_tui.directory.directory import Directory
from dazos_tui.instances.factory import Prompts, create_client, open_session, sign_out
from dazos_tui.secrets import SecretError


@dataclass(frozen=True, slots=True)
class InstanceFindResult:
    """Who fits in one instance; or why it could not be looked at, in words, with what to do about it."""

    instance: Instance
    users: tuple[User, ...] = ()
    error: CrmError | SecretError | None = None


async def find_user(instances: Iterable[Instance], query: str) -> AsyncIterator[InstanceFindResult]:
    """Yield what each instance has, as it comes. Each is signed in to once, and out again; nobody is asked.

    A person fits if each word is in the name, user name, e-mail or role, as in the list's own filter. The
    CRM's search is asked for the longest word, and of what it finds the first page counts.
    """
    looking = [asyncio.create_task(_find_in(instance, query)) for instance in instances]
    try:
        for found in asyncio.as_completed(looking):
            yield await found
    finally:
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)


async def _find_in(instance: Instance, query: str) -> InstanceFindResult:
    try:
        longest = max(query.split(), key=len, default="")
        prompts = Prompts(partial(_untyped, instance), _decline_challenge)
        async with create_client(instance) as client:
            await open_session(client, instance, prompts)
            try:
                try:
                    rows = await client.quick_search(longest)
                except SignedOutError:
                    await open_session(client, instance, prompts)
                    rows = await client.quick_search(longest)
            finally:
                await sign_out(client, instance)
    except (CrmError, SecretError) as trouble:
        return InstanceFindResult(instance, error=trouble)
    matches = Directory.from_users(row.user for row in rows).search(query)
    return InstanceFindResult(instance, tuple(matches[: matches.exact_count]))


async def _untyped(instance: Instance, _: Sequence[str]) -> SecretStr:
    raise SignInError(
        f"The {instance.credential_name} has to be typed there.", advice="Go to that instance and look."
    )


async def _decline_challenge(_: Challenge) -> ChallengeAnswers | None:
    return None
