"""The fast start of the app: nothing that its first frame does not need is imported before it shows."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dazos_tui.tui.startup import AppContext

OPTIONS = frozenset({"-i", "--instance", "--config", "--state", "--log"})
"""The options, each with a value, with which the app can be opened."""


def open_app(arguments: Sequence[str]) -> int | None:
    """Open the app, if that is all these arguments ask for, and return the exit code.

    Return None without doing anything if there is a command, or an error that the full command line reports.
    """
    if not _asks_for_app(arguments):
        return None
    from dazos_tui.tui.launch import require_terminal, run_app

    if not require_terminal():
        return None
    try:
        return run_app(partial(_context_for, arguments))
    except Exception as error:  # noqa: BLE001 - unexpected ones are raised again
        from dazos_tui.cli._support.history_password import MustAskError

        if isinstance(error, MustAskError):
            # The full command line asks for it first.
            return None
        from dazos_tui.cli.app import report_error

        return report_error(error)


def _asks_for_app(arguments: Sequence[str]) -> bool:
    options, values = arguments[::2], arguments[1::2]
    return len(options) == len(values) and OPTIONS.issuperset(options)


def _context_for(arguments: Sequence[str]) -> "AppContext":
    from dazos_tui.cli.app import settings_of
    from dazos_tui.tui.launch import configured_context

    settings = settings_of(arguments)
    password = settings.find_history_password(may_ask=False)
    return configured_context(settings.config_path, settings.state_dir, settings.instance, password)
