"""Looking for one person in several instances: a person missing in one may have an account in another."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from functools import partial

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import SignedOutError
from dazos_tui.crm.models import User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.query import longest_word
from dazos_tui.instances.factory import create_client, open_session, sign_out
from dazos_tui.instances.many import MAX_AT_ONCE, InstanceAnswer, ask_each, no_prompts

FindAnswer = InstanceAnswer[tuple[User, ...]]
"""The matching users of one instance, or the error because of which it could not be searched."""

FIND_SECONDS = 15.0
"""How long an instance may take to answer, unless the user says otherwise."""


def find_user(
    instances: Iterable[Instance], *texts: str, jobs: int = MAX_AT_ONCE, seconds: float = FIND_SECONDS
) -> AsyncGenerator[FindAnswer, None]:
    """Yield the answer of each instance as it arrives. Each is signed in to and out of, without prompts.

    `jobs` instances are asked at once, each for `seconds` at most. A person matches a text if each of its
    words is in the name, user name, e-mail or role, as in the list's own filter; with several texts, one is
    enough. The CRM's search is asked for the longest word, and only the first page of its results is used.
    """
    return ask_each(instances, partial(_find_in, texts=texts), jobs=jobs, seconds=seconds)


async def _find_in(instance: Instance, texts: Sequence[str]) -> tuple[User, ...]:
    """Return who matches in one instance. Raises CrmError, SecretError."""
    prompts = no_prompts(instance)
    users: dict[str, User] = {}
    async with create_client(instance) as client:
        await open_session(client, instance, prompts)
        try:
            for text in texts:
                try:
                    found = await _search(client, text)
                except SignedOutError:
                    await open_session(client, instance, prompts)
                    found = await _search(client, text)
                users |= {user.id: user for user in found}
        finally:
            await sign_out(client, instance)
    return tuple(users.values())


async def _search(client: CrmClient, text: str) -> Sequence[User]:
    rows = await client.quick_search(longest_word(text))
    matches = Directory.from_users(row.user for row in rows).search(text)
    return matches[: matches.exact_count]
