"""From a configured instance to a client that speaks to it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from shlex import quote
from traceback import clear_frames

from pydantic import SecretStr

from dazos_tui.config.models import Auth, Instance
from dazos_tui.crm.client import Answerer, Answers, CrmClient
from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import CredentialRefused, CrmError, NotACrm, SignInFailed
from dazos_tui.crm.http.network import Network, Pace
from dazos_tui.crm.models import Prompt, PromptKind, Question
from dazos_tui.crm.webservice import WebService
from dazos_tui.secrets import SecretError, credential_for, one_time_code_for
from dazos_tui.secrets.keyring import stored_password
from dazos_tui.text.sanitize import safe_text

_LONGEST = 160
"""Characters of a refusal that leave the field for the password in sight on a small screen."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """How a person takes part in a sign-in."""

    credential: Callable[[Sequence[str]], Awaitable[SecretStr]]
    """Asks for the password, or the cookie; the notes say why. Where nobody gives it, it raises an error."""
    answer: Answerer
    """Asks what the CRM wants to know besides."""
    attempts: int | None = 1
    """How many credentials are asked for, each after the one before was refused; None: any number."""


def client_for(instance: Instance) -> CrmClient:
    """Return a client for this instance, not yet signed in."""
    dialect = Dialect(labels=instance.labels, paths=instance.paths)
    return CrmClient(instance.url, dialect=dialect, network=_network(instance))


async def open_session(client: CrmClient, instance: Instance, prompts: Prompts) -> None:
    """Sign in with the credential that the config provides, in one attempt, else as `sign_in_as_typed` does.

    Raises CrmError, SecretError, and what `prompts` raise; no frame of it holds the credential.
    """
    notes: list[str] = []
    credential = await credential_for(instance, tell=notes.append)
    if credential is None:
        await sign_in_as_typed(client, instance, prompts, notes)
        return
    try:
        await sign_in(client, instance, credential, prompts.answer)
    finally:
        # An error keeps this frame.
        del credential


async def sign_in_as_typed(
    client: CrmClient, instance: Instance, prompts: Prompts, notes: Sequence[str] = ()
) -> SecretStr:
    """Sign in with what a person types, one attempt each; return the credential that was accepted.

    `notes` say why it has to be typed. Raises CrmError, and what `prompts` raise.
    """
    tries = 0
    while True:
        typed = await prompts.credential(notes)
        try:
            tries += 1
            await sign_in(client, instance, typed, prompts.answer)
            return typed
        except CredentialRefused as refused:
            if tries == prompts.attempts:
                raise
            notes = [why_again(instance, refused, tries)]
        finally:
            del typed


async def sign_in(client: CrmClient, instance: Instance, credential: SecretStr, ask: Answerer) -> None:
    """Sign in, with exactly one attempt; `ask` has a person answer what the CRM asks besides.

    If it fails although the credential was not refused, the CRM is asked to end what it may have opened.

    Raises what `CrmClient.sign_in` and `CrmClient.resume` raise, without the credential, and what `ask` does.
    Callers have to let go of the credential, too: an error keeps the variables it passed on its way.
    """
    try:
        if instance.auth is Auth.COOKIE:
            await client.resume(credential)
        else:
            await client.sign_in(instance.username, credential, _answering(instance, ask))
    except CrmError as error:
        clear_frames(error.__traceback__)
        # Where it was the password that failed: else the advice is about the code, or another answer.
        is_refused = instance.auth is not Auth.COOKIE and isinstance(error, CredentialRefused)
        if is_refused and await _is_stored(instance, credential):
            command = f"dazos-tui login -i {quote(instance.name)}"
            error.advice += f" “{command}” puts another password into the keyring."
        if is_refused or isinstance(error, NotACrm):
            client.leave()
        await sign_out(client, instance)
        raise
    except Exception:
        # Somebody gave up at a question. A cancelled task waits for nothing.
        await sign_out(client, instance)
        raise
    finally:
        del credential


def why_again(instance: Instance, refused: CredentialRefused, tries: int) -> str:
    """Return why a person is asked for the password, or the cookie, once more, after so many `tries`."""
    if instance.auth is Auth.COOKIE:
        return f"{refused} {refused.advice}"
    said = safe_text(str(refused), limit=_LONGEST).rstrip(".")
    return f"{said}. Try {tries} from here: Dazos locks an account for an hour after too many."


async def _is_stored(instance: Instance, credential: SecretStr) -> bool:
    """Tell whether the keyring gave it: one that a person typed is none of the keyring's business."""
    with suppress(SecretError):
        return instance.asks_keyring and await stored_password(instance) == credential
    return False


async def sign_out(client: CrmClient, instance: Instance) -> None:
    """End the session, unless it is the browser's. Never raises."""
    if instance.auth is Auth.COOKIE:
        client.leave()
    else:
        await client.sign_out()


def _answering(instance: Instance, ask: Answerer) -> Answerer:
    """Return what answers a question for a code by the instance's command, once, and all else by a person."""
    tried = False

    async def answer(question: Question) -> Answers | None:
        nonlocal tried
        field = _code_field(question)
        if not tried and field is not None:
            # Once: a code that was not taken would not be taken again, and each try counts.
            tried = True
            code = await _code(instance)
            if code is not None:
                return {**_ticks(question), field.name: code}
        return await ask(question)

    return answer


def _code_field(question: Question) -> Prompt | None:
    """Return the field for a code if it is all that is asked for, but for ticks."""
    fields = [prompt for prompt in question.prompts if prompt.kind is not PromptKind.TICK]
    if len(fields) == 1 and fields[0].is_code and len(question.buttons) <= 1:
        return fields[0]
    return None


def _ticks(question: Question) -> dict[str, str]:
    """Return the ticks as the page has them: unticked ones are not sent, as by a browser."""
    ticked = [prompt for prompt in question.prompts if prompt.kind is PromptKind.TICK]
    return {tick.name: tick.choices[0][0] for tick in ticked if tick.chosen is not None}


async def _code(instance: Instance) -> SecretStr | None:
    try:
        return await one_time_code_for(instance)
    except SecretError as error:
        raise SignInFailed(str(error), advice=error.advice) from None


def service_for(instance: Instance) -> WebService | None:
    """Return the access-key API of this instance, not yet signed in, or None if it has no key configured."""
    if instance.access_key_command is None and instance.access_key_env is None:
        return None
    return WebService(instance.url, instance.username, paths=instance.paths, network=_network(instance))


def tell_pauses(instance: Instance, tell: Callable[[int], object]) -> None:
    """Have `tell` called while requests to this instance wait, since it asked for a pause.

    It gets the seconds left, once a second, and 0 at the end.
    """
    _pace(instance.url, instance.requests_per_second).tell = tell


def _network(instance: Instance) -> Network:
    return Network(instance.ca_file, instance.proxy, _pace(instance.url, instance.requests_per_second))


@cache
def _pace(url: str, per_second: int) -> Pace:
    """Return the pace of an instance: one for all who ask it."""
    return Pace(per_second)
