"""The password of the history's server: from the keyring, typed, and ``login --history``."""

import asyncio

from pydantic import SecretStr

from dazos_tui.cli._support import prompts
from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_note
from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.config.models import Config
from dazos_tui.history.errors import HistoryServerError
from dazos_tui.instances.team_history import open_history, stored_history_password
from dazos_tui.secrets.keyring import KeyringError, delete_password, require_keyring, store_password


class MustAskError(Exception):
    """The password has to be asked for, before the app has the screen."""


def find_history_password(config: Config, *, may_ask: bool = True) -> SecretStr | None:
    """Return the password from the keyring, or ask for it; None if the config does not want the keyring.

    Raises HistoryServerError if there is no terminal to ask on; MustAskError unless it `may_ask`.
    """
    address = config.history.address
    if address is None or not config.history.keyring:
        return None
    notes = list[str]()
    if (stored := stored_history_password(config, notes.append)) is not None:
        return stored
    if not may_ask:
        raise MustAskError
    if not prompts.can_ask():
        raise HistoryServerError(
            " ".join([f"There is no password for {address}, and no terminal to ask for it.", *notes]),
            advice="Store it with “dazos-tui login --history”, or set password_command in [history].",
        )
    return prompts.ask_hidden(_question(address), notes)


def store_history_password(settings: Settings) -> PostgresAddress:
    """Ask for the password, try it once, and store it in the keyring; return whose password it is.

    Raises CommandError if the keyring cannot be used, HistoryError if the password does not work.
    """
    config = settings.config()
    address = _require_address(config)
    try:
        # Before the prompt: a password that cannot be stored need not be typed.
        asyncio.run(require_keyring())
        if not prompts.can_ask():
            raise CommandError(ExitCode.USAGE, "There is no terminal to ask for the password.", advice="")
        password = prompts.ask_hidden(_question(address))
        with open_history(config, settings.history_path, can_queue=False, password=password) as store:
            store.is_missing()
        asyncio.run(store_password(address, password))
    except KeyringError as error:
        raise keyring_problem(error) from None
    echo_note(f"The password of {address} is now in the keyring.")
    return address


def remove_history_password(settings: Settings) -> tuple[PostgresAddress, bool]:
    """Remove the password from the keyring; return whose it is, and whether there was one.

    Raises CommandError.
    """
    address = _require_address(settings.config())
    try:
        removed = asyncio.run(delete_password(address))
    except KeyringError as error:
        raise keyring_problem(error) from None
    echo_note(
        f"The password of {address} was removed from the keyring."
        if removed
        else f"The keyring has no password of {address}."
    )
    return address, removed


def keyring_problem(error: KeyringError) -> CommandError:
    """Return the error of a command that needs the keyring."""
    return CommandError(ExitCode.USAGE, str(error), advice=error.advice)


def _require_address(config: Config) -> PostgresAddress:
    address = config.history.address
    if address is None or not config.history.keyring:
        raise CommandError(
            ExitCode.USAGE,
            "The keyring is not used for the history's server.",
            advice="Set url and keyring = true in [history] first.",
        )
    return address


def _question(address: PostgresAddress) -> str:
    return f"Password of {address}"
