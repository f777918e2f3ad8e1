"""``dazos-tui login`` and ``logout``: the password of an instance in the system's keyring."""

import click

from dazos_tui.cli._support.exit_codes import Exit, Stopped
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import words
from dazos_tui.cli._support.signed_in import prompts_for, run_to_end, show_pauses
from dazos_tui.config.models import Auth, Instance
from dazos_tui.instances.factory import client_for, sign_in_as_typed
from dazos_tui.secrets.keyring import KeyringError, find_keyring, forget_password, store_password


@click.command()
@instance_option
@click.pass_obj
def login(settings: Settings, *, instance: str | None) -> int:
    """Put the password of an instance into the system's keyring.

    You are asked for it, and it is tried once. A wrong one is not stored: you are asked again, twice at
    most, then it ends with exit code 5.
    """
    chosen = settings.choose(instance)
    _refuse_unasked(chosen)
    run_to_end(_log_in(chosen))
    words(f"The password of {chosen.username} in {chosen.name} is in the keyring now.")
    return Exit.DONE


@click.command()
@instance_option
@click.pass_obj
def logout(settings: Settings, *, instance: str | None) -> int:
    """Remove the password of an instance from the system's keyring."""
    chosen = settings.choose(instance)
    removed = run_to_end(_log_out(chosen))
    whose = f"{chosen.username} in {chosen.name}"
    if removed:
        words(f"The password of {whose} was removed from the keyring.")
        return Exit.DONE
    # Only then: what was stored before the config changed has to be removable.
    _refuse_unasked(chosen)
    words(f"The keyring holds no password of {whose}.")
    return Exit.DONE


async def _log_in(instance: Instance) -> None:
    try:
        # Before the question: what cannot be stored need not be typed.
        await find_keyring()
        show_pauses(instance)
        async with client_for(instance) as client:
            password = await sign_in_as_typed(client, instance, prompts_for(instance))
            await client.confirm()
            await client.sign_out()
        await store_password(instance, password)
    except KeyringError as error:
        raise _unusable(error) from None


async def _log_out(instance: Instance) -> bool:
    try:
        return await forget_password(instance)
    except KeyringError as error:
        raise _unusable(error) from None


def _refuse_unasked(instance: Instance) -> None:
    """Raise Stopped if the keyring is never asked for this instance's password."""
    if instance.asks_keyring:
        return
    source = "password_command" if instance.password_command is not None else "password_env"
    reason = f"it has a {source}" if instance.keyring else "its keyring is false"
    if instance.auth is Auth.COOKIE:
        reason = 'its auth is "cookie"'
    raise Stopped(
        Exit.USAGE,
        f"The keyring is never asked for the password of {instance.name}: {reason} in the config.",
        advice="Nothing was changed. Take that key out of the config first, if you mean the keyring.",
    )


def _unusable(error: KeyringError) -> Stopped:
    return Stopped(Exit.USAGE, str(error), advice=error.advice)
