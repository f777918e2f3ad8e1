"""``dazos-tui login`` and ``logout``: an instance's password in the system's keyring."""

import click

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.history_password import (
    keyring_problem,
    remove_history_password,
    store_history_password,
)
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_note, json_line, write_stdout
from dazos_tui.cli._support.output_options import json_options
from dazos_tui.cli._support.signed_in import prompts_for, report_pauses, run_async
from dazos_tui.config.models import Auth, Instance
from dazos_tui.instances.factory import create_client, sign_in_as_typed
from dazos_tui.secrets.keyring import KeyringError, delete_password, require_keyring, store_password

_history_option = click.option(
    "--history", "is_of_history", is_flag=True, help="Of the history's server, instead of an instance."
)


@click.command()
@instance_option
@_history_option
@json_options
@click.pass_obj
def login(settings: Settings, *, instance: str | None, is_of_history: bool, as_json: bool) -> int:
    """Store an instance's password in the system's keyring.

    You are asked for the password, and it is tried once. A wrong one is not stored: you are asked again, at
    most twice, and then the exit code is 5.
    """
    if is_of_history:
        address = store_history_password(settings)
        _write_record(None, address.username, "stored", value=True, as_json=as_json)
        return ExitCode.DONE
    chosen = settings.resolve_instance(instance)
    _require_keyring(
        chosen,
        advice="To use the keyring, remove that key from the config first. If it is for all instances or in "
        "an included file, write keyring = true for this one instead.",
    )
    run_async(_store_password(chosen))
    echo_note(f"The password of {chosen.username} in {chosen.name} is now in the keyring.")
    _write_record(chosen.name, chosen.username, "stored", value=True, as_json=as_json)
    return ExitCode.DONE


@click.command()
@instance_option
@_history_option
@json_options
@click.pass_obj
def logout(settings: Settings, *, instance: str | None, is_of_history: bool, as_json: bool) -> int:
    """Remove an instance's password from the system's keyring.

    There is nothing else to sign out of: no session is kept. Each command signs out of the CRM at its end,
    and so does the app. Passwords that a command or a variable of the config yields are not changed.
    """
    if is_of_history:
        address, removed = remove_history_password(settings)
        _write_record(None, address.username, "removed", value=removed, as_json=as_json)
        return ExitCode.DONE
    chosen = settings.resolve_instance(instance)
    removed = run_async(_remove_password(chosen))
    whose = f"{chosen.username} in {chosen.name}"
    if removed:
        echo_note(f"The password of {whose} was removed from the keyring.")
        _write_record(chosen.name, chosen.username, "removed", value=True, as_json=as_json)
        return ExitCode.DONE
    # Checked only now: a password that was stored before the config changed has to be removable.
    _require_keyring(chosen, advice="There is nothing to sign out of: no session is kept.")
    echo_note(f"The keyring has no password of {whose}.")
    _write_record(chosen.name, chosen.username, "removed", value=False, as_json=as_json)
    return ExitCode.DONE


def _write_record(instance: str | None, username: str, key: str, *, value: bool, as_json: bool) -> None:
    if as_json:
        write_stdout([json_line({"instance": instance, "username": username, key: value})])


async def _store_password(instance: Instance) -> None:
    try:
        # Before the prompt: a password that cannot be stored need not be typed.
        await require_keyring()
        report_pauses(instance)
        async with create_client(instance) as client:
            password = await sign_in_as_typed(client, instance, prompts_for(instance))
            await client.confirm_session()
            await client.sign_out()
        await store_password(instance, password)
    except KeyringError as error:
        raise keyring_problem(error) from None


async def _remove_password(instance: Instance) -> bool:
    try:
        return await delete_password(instance)
    except KeyringError as error:
        if not instance.uses_keyring:
            # The config says where the password is: nobody has to set up a keyring to find none in it.
            return False
        raise keyring_problem(error) from None


def _require_keyring(instance: Instance, *, advice: str) -> None:
    """Raise CommandError if this instance's password never comes from the keyring."""
    if instance.uses_keyring:
        return
    source = "password_command" if instance.password_command is not None else "password_env"
    reason = f"it has a {source}" if instance.keyring else "its keyring is false"
    if instance.auth is Auth.COOKIE:
        reason = 'its auth is "cookie"'
    raise CommandError(
        ExitCode.USAGE,
        f"The keyring is not used for the password of {instance.name}: {reason} in the config.",
        advice=f"Nothing was changed. {advice}",
    )
