"""Looking for one person in several instances: a person missing in one may have an account in another."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import MIN_SEARCH_LENGTH, CrmClient
from dazos_tui.crm.errors import CrmError, SignedOutError, UnexpectedPageError
from dazos_tui.crm.models import User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.query import plain_words
from dazos_tui.instances.factory import create_client, open_session, sign_out
from dazos_tui.instances.many import MAX_AT_ONCE, InstanceAnswer, ask_each, no_prompts
from dazos_tui.text.sanitize import safe_text

FindAnswer = InstanceAnswer[tuple[User, ...]]
"""The matching users of one instance, or the error because of which it could not be searched. With both, the
error says who may be missing."""

FIND_SECONDS = 15.0
"""How long an instance may take to answer, unless the user says otherwise."""
_MAX_READ = 500
"""The most people who are read in one search: reading all who have “.com” in their address would take longer
than an instance may take."""


def find_user(
    instances: Iterable[Instance], *texts: str, jobs: int = MAX_AT_ONCE, seconds: float = FIND_SECONDS
) -> AsyncGenerator[FindAnswer, None]:
    """Yield the answer of each instance as it arrives. Each is signed in to and out of, without prompts.

    `jobs` instances are asked at once, each for `seconds` at most. A person matches a text if each of its
    words is in the name, user name, e-mail or role, as in the list's own filter; with several texts, one is
    enough. The CRM's search knows one word and no roles: it is asked for the longest word, and for the other
    ones only if nobody it finds matches. So nobody is found by the role only, unless the list is in JSON.
    """
    return _answers(ask_each(instances, partial(_find_in, texts=texts), jobs=jobs, seconds=seconds))


@dataclass(slots=True)
class _Found:
    """The matching users, and the error that says who may be missing."""

    users: dict[str, User] = field(default_factory=dict)
    gap: CrmError | None = None


async def _answers(asked: AsyncGenerator[InstanceAnswer[_Found], None]) -> AsyncGenerator[FindAnswer, None]:
    async with aclosing(asked) as answers:
        async for one in answers:
            if one.value is None:
                yield InstanceAnswer(one.instance, error=one.error)
            else:
                yield InstanceAnswer(one.instance, tuple(one.value.users.values()), one.value.gap)


async def _find_in(instance: Instance, texts: Sequence[str]) -> _Found:
    """Return who matches in one instance. Raises CrmError, SecretError."""
    prompts = no_prompts(instance)
    all_found = _Found()
    async with create_client(instance) as client:
        await open_session(client, instance, prompts)
        try:
            for text in texts:
                try:
                    found = await _search(client, text)
                except SignedOutError:
                    await open_session(client, instance, prompts)
                    found = await _search(client, text)
                all_found.users |= found.users
                all_found.gap = all_found.gap or found.gap
        finally:
            await sign_out(client, instance)
    return all_found


async def _search(client: CrmClient, text: str) -> _Found:
    """Return who matches, from the searches for one word after the other. Raises CrmError."""
    words = [word for word in plain_words(text) if len(word) >= MIN_SEARCH_LENGTH]
    if not client.has_server_search:
        words = [""]
    if not words:
        raise UnexpectedPageError(
            "The CRM's own search needs a word of two letters or more.",
            advice="Look for a part of the name or the e-mail.",
        )
    all_found = _Found()
    for word in words:
        found = await _search_word(client, word, text)
        all_found.users |= found.users
        all_found.gap = all_found.gap or found.gap
        if found.users and found.gap is None:
            return _Found(all_found.users)
    return all_found


async def _search_word(client: CrmClient, word: str, text: str) -> _Found:
    """Return who matches `text`, of those whom the CRM finds by `word`; all people, if that is empty."""
    read: dict[str, User] = {}
    reader = UserListReader(client, containing=word)
    gap: CrmError | None = None
    async with aclosing(reader.read()) as batches:
        async for batch in batches:
            read |= {user.id: user for user in batch.users}
            if word and batch.read_count >= _MAX_READ and batch.read_count != batch.expected_count:
                gap = _too_many(word)
                break
        else:
            gap = _missing(reader.gaps)
    matches = Directory.from_users(read.values()).search(text)
    return _Found({user.id: user for user in matches[: matches.exact_count]}, gap)


def _too_many(word: str) -> UnexpectedPageError:
    return UnexpectedPageError(
        f"More than {_MAX_READ} people have “{safe_text(word)}” in their name or e-mail: only the first ones "
        "were looked at.",
        advice="Look for more of the name or the e-mail.",
    )


def _missing(gaps: Sequence[str]) -> UnexpectedPageError | None:
    sentence = f"The CRM's answer to the search is incomplete. {' '.join(gaps)}"
    return UnexpectedPageError(sentence, advice="Try again.") if gaps else None
