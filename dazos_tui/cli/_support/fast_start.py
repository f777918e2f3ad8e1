"""The short way to the screen, for which nothing else is imported until it shows."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dazos_tui.tui.startup import AppContext

OPTIONS = frozenset({"-i", "--instance", "--config", "--state", "--log"})
"""The options, each with a value, that may stand where no command follows."""


def open_screen(arguments: Sequence[str]) -> int | None:
    """Open the screen, if that is all these arguments ask for, and return the exit code.

    None means that nothing was done: there is a command, or something is wrong that the command line proper
    will find and tell.
    """
    if not _asks_for_screen(arguments):
        return None
    from dazos_tui.tui.launch import require_terminal, run_app

    if not require_terminal():
        return None
    try:
        return run_app(partial(_context_for, arguments))
    except Exception as error:  # noqa: BLE001 - only those that may happen are told
        from dazos_tui.cli.app import without_traceback

        return without_traceback(error)


def _asks_for_screen(arguments: Sequence[str]) -> bool:
    options, values = arguments[::2], arguments[1::2]
    return len(options) == len(values) and OPTIONS.issuperset(options)


def _context_for(arguments: Sequence[str]) -> "AppContext":
    from dazos_tui.cli.app import settings_of
    from dazos_tui.tui.launch import configured_context

    settings = settings_of(arguments)
    return configured_context(settings.config_path, settings.state_dir, settings.instance)
