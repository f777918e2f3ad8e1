"""The fast start of the app: nothing that its first frame does not need is imported before it shows."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from dazos_tui.cli._support.arguments import app_arguments
from dazos_tui.cli._support.command_table import COMMANDS

if TYPE_CHECKING:
    from dazos_tui.tui.startup import AppContext


def open_app(arguments: Sequence[str]) -> int | None:
    """Open the app, if that is all these arguments ask for, and return the exit code.

    Return None without doing anything if there is a command, or an error that the full command line reports.
    """
    asked = app_arguments(arguments, COMMANDS)
    if asked is None:
        return None
    from dazos_tui.tui.launch import require_terminal, run_app

    if not require_terminal():
        return None
    try:
        return run_app(partial(_context_for, asked.options), search=" ".join(asked.words))
    except Exception as error:  # noqa: BLE001 - unexpected ones are raised again
        from dazos_tui.cli.app import report_error

        return report_error(error)


def _context_for(arguments: Sequence[str]) -> "AppContext":
    from dazos_tui.cli.app import settings_of
    from dazos_tui.tui.launch import configured_context

    settings = settings_of(arguments)
    return configured_context(settings.config_path, settings.state_dir, settings.instance)
