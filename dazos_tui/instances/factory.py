"""Building clients for configured instances, and signing them in and out."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from shlex import quote
from traceback import clear_frames
from typing import TYPE_CHECKING

from pydantic import SecretStr

from dazos_tui.config.models import Auth, Instance
from dazos_tui.crm.client import ChallengeAnswers, ChallengeHandler, CrmClient
from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.errors import CredentialRefusedError, CrmError, NotACrmError, SignInError
from dazos_tui.crm.http.exchange import Exchange
from dazos_tui.crm.http.network import NetworkSettings, RateLimiter
from dazos_tui.crm.models import Challenge, ChallengeField, ChallengeFieldKind
from dazos_tui.secrets import SecretError, credential_for, one_time_code_for
from dazos_tui.secrets.keyring import stored_password
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from dazos_tui.crm.webservice import WebServiceClient

_MAX_REFUSAL = 160
"""Characters of a refusal that still leave the password field visible on a small screen."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """How a sign-in asks the user."""

    credential: Callable[[Sequence[str]], Awaitable[SecretStr]]
    """Asks for the password or the cookie; the notes say why. Raises an error if the user gives none."""
    answer: ChallengeHandler
    """Asks what else the CRM wants to know."""
    attempts: int | None = 1
    """How many credentials are asked for, each after the previous one was refused; None: any number."""


def create_client(instance: Instance, on_exchange: Callable[[Exchange], object] | None = None) -> CrmClient:
    """Return a client for this instance, not yet signed in.

    `on_exchange` is called with each request that the instance answers.
    """
    network = replace(_network_settings(instance), on_exchange=on_exchange)
    return CrmClient(instance.url, dialect=dialect_of(instance), network=network)


def dialect_of(instance: Instance) -> Dialect:
    """Return what this instance does differently, as its client needs it."""
    return Dialect(
        labels=instance.labels,
        paths=instance.paths,
        reset_request=instance.reset_request,
        enable_login_request=instance.enable_login_request,
        user_list=instance.user_list,
    )


async def open_session(client: CrmClient, instance: Instance, prompts: Prompts) -> None:
    """Sign in with the credential that the config provides, in one attempt, else as `sign_in_as_typed` does.

    Raises CrmError, SecretError, and what `prompts` raise; no frame of the traceback holds the credential.
    """
    notes: list[str] = []
    credential = await credential_for(instance, on_warning=notes.append)
    if credential is None:
        await sign_in_as_typed(client, instance, prompts, notes)
        return
    try:
        await sign_in(client, instance, credential, prompts.answer)
    finally:
        # An error's traceback keeps this frame.
        del credential


async def sign_in_as_typed(
    client: CrmClient, instance: Instance, prompts: Prompts, notes: Sequence[str] = ()
) -> SecretStr:
    """Sign in with what the user types, one attempt each; return the credential that was accepted.

    `notes` say why it has to be typed. Raises CrmError, and what `prompts` raise.
    """
    tries = 0
    while True:
        typed = await prompts.credential(notes)
        try:
            tries += 1
            await sign_in(client, instance, typed, prompts.answer)
            return typed
        except CredentialRefusedError as refused:
            if tries == prompts.attempts:
                raise
            notes = [credential_retry_text(instance, refused, tries)]
        finally:
            del typed


async def sign_in(
    client: CrmClient, instance: Instance, credential: SecretStr, answer_challenge: ChallengeHandler
) -> None:
    """Sign in, with exactly one attempt; `answer_challenge` answers what else the CRM asks.

    If it fails although the credential was not refused, the CRM is asked to end the session it may have
    opened.

    Raises what `CrmClient.sign_in` and `CrmClient.resume_session` raise, without the credential, and what
    `answer_challenge` does. Callers have to drop the credential, too: an error's traceback keeps the
    variables of each frame.
    """
    try:
        if instance.auth is Auth.COOKIE:
            await client.resume_session(credential)
        else:
            await client.sign_in(
                instance.username, credential, _with_one_time_code_command(instance, answer_challenge)
            )
    except CrmError as error:
        clear_frames(error.__traceback__)
        # Only if the password failed: else the advice is about the code, or another answer.
        is_refused = instance.auth is not Auth.COOKIE and isinstance(error, CredentialRefusedError)
        if is_refused and await _is_from_keyring(instance, credential):
            command = f"dazos-tui login -i {quote(instance.name)}"
            error.advice += f" Use “{command}” to put another password into the keyring."
        if is_refused or isinstance(error, NotACrmError):
            client.detach()
        await sign_out(client, instance)
        raise
    except Exception:
        # The user cancelled a question. A cancelled task does not get here: it waits for nothing.
        await sign_out(client, instance)
        raise
    finally:
        del credential


def credential_retry_text(instance: Instance, refused: CredentialRefusedError, tries: int) -> str:
    """Return why the user is asked for the password or the cookie again after this many `tries`."""
    if instance.auth is Auth.COOKIE:
        return f"{refused} {refused.advice}"
    said = safe_text(str(refused), limit=_MAX_REFUSAL).rstrip(".")
    return f"{said}. Try {tries} from here: Dazos locks an account for an hour after too many."


async def _is_from_keyring(instance: Instance, credential: SecretStr) -> bool:
    """Return whether the credential came from the keyring, not from the user's typing."""
    with suppress(SecretError):
        return instance.uses_keyring and await stored_password(instance) == credential
    return False


async def sign_out(client: CrmClient, instance: Instance) -> None:
    """End the session, unless it is the browser's. Never raises."""
    if instance.auth is Auth.COOKIE:
        client.detach()
    else:
        await client.sign_out()


def _with_one_time_code_command(instance: Instance, answer_challenge: ChallengeHandler) -> ChallengeHandler:
    """Return a handler that answers a challenge for a code with the instance's command, once.

    It passes every other challenge on to `answer_challenge`.
    """
    tried = False

    async def answer(challenge: Challenge) -> ChallengeAnswers | None:
        nonlocal tried
        field = _one_time_code_field(challenge)
        if not tried and field is not None:
            # Only once: a code that was refused would be refused again, and each try counts.
            tried = True
            code = await _one_time_code(instance)
            if code is not None:
                return {**_checked_boxes(challenge), field.name: code}
        return await answer_challenge(challenge)

    return answer


def _one_time_code_field(challenge: Challenge) -> ChallengeField | None:
    """Return the field for a code if it is the only one apart from checkboxes, else None."""
    fields = [field for field in challenge.fields if field.kind is not ChallengeFieldKind.CHECKBOX]
    if len(fields) == 1 and fields[0].is_one_time_code and len(challenge.buttons) <= 1:
        return fields[0]
    return None


def _checked_boxes(challenge: Challenge) -> dict[str, str]:
    """Return the checked boxes as the page has them: like a browser, without the unchecked ones."""
    boxes = [field for field in challenge.fields if field.kind is ChallengeFieldKind.CHECKBOX]
    return {box.name: box.choices[0][0] for box in boxes if box.selected_index is not None}


async def _one_time_code(instance: Instance) -> SecretStr | None:
    try:
        return await one_time_code_for(instance)
    except SecretError as error:
        raise SignInError(str(error), advice=error.advice) from None


def create_webservice_client(instance: Instance) -> "WebServiceClient | None":
    """Return a client for this instance's access-key API, not yet signed in; None if no key is configured."""
    if instance.access_key_command is None and instance.access_key_env is None:
        return None
    from dazos_tui.crm.webservice import WebServiceClient

    return WebServiceClient(
        instance.url, instance.username, paths=instance.paths, network=_network_settings(instance)
    )


def watch_pauses(instance: Instance, on_pause: Callable[[int], object]) -> None:
    """Have `on_pause` called while requests wait because the instance asked for a pause.

    It gets the seconds left, once a second, and 0 at the end.
    """
    _rate_limiter(instance.url, instance.requests_per_second).on_pause = on_pause


def _network_settings(instance: Instance) -> NetworkSettings:
    return NetworkSettings(
        instance.ca_file, instance.proxy, _rate_limiter(instance.url, instance.requests_per_second)
    )


@cache
def _rate_limiter(url: str, per_second: int) -> RateLimiter:
    """Return the rate limiter of an instance, shared by all its clients."""
    return RateLimiter(per_second)
