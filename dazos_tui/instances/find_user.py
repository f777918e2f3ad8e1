"""Looking for one person in several instances: a person missing in one may have an account in another."""

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
    """The matching users of one instance, or the error because of which it could not be searched."""

    instance: Instance
    users: tuple[User, ...] = ()
    error: CrmError | SecretError | None = None


async def find_user(instances: Iterable[Instance], query: str) -> AsyncIterator[InstanceFindResult]:
    """Yield the result of each instance as it arrives. Each is signed in to and out of, without prompts.

    A person matches if each word is in the name, user name, e-mail or role, as in the list's own filter. The
    CRM's search is asked for the longest word, and only the first page of its results is used.
    """
    tasks = [asyncio.create_task(_find_in(instance, query)) for instance in instances]
    try:
        for result in asyncio.as_completed(tasks):
            yield await result
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _find_in(instance: Instance, query: str) -> InstanceFindResult:
    try:
        longest = max(query.split(), key=len, default="")
        prompts = Prompts(partial(_refuse_to_prompt, instance), _decline_challenge)
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
    except (CrmError, SecretError) as error:
        return InstanceFindResult(instance, error=error)
    matches = Directory.from_users(row.user for row in rows).search(query)
    return InstanceFindResult(instance, tuple(matches[: matches.exact_count]))


async def _refuse_to_prompt(instance: Instance, _: Sequence[str]) -> SecretStr:
    raise SignInError(
        f"The {instance.credential_name} has to be typed there.", advice="Go to that instance and look."
    )


async def _decline_challenge(_: Challenge) -> ChallengeAnswers | None:
    return None
