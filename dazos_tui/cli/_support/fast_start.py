"""The fast start of the app: nothing that its first frame does not need is imported before it shows."""

import codecs
import gc
import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from dazos_tui.cli._support.arguments import FLAGS, app_arguments, option_value
from dazos_tui.cli._support.command_table import COMMANDS

if TYPE_CHECKING:
    from dazos_tui.tui.early_list import EarlyList, EarlyPaths
    from dazos_tui.tui.startup import AppContext


_MOST_WAIT_SECONDS = 0.2
"""How long the start waits for the remembered list. From a local disk, it is read in a tenth of that."""


def open_app(arguments: Sequence[str]) -> int | None:
    """Open the app, if that is all these arguments ask for, and return the exit code.

    Return None without doing anything if there is a command, or an error that the full command line reports.
    """
    asked = app_arguments(arguments, COMMANDS)
    if asked is None or (asked.words and option_value(asked.options, "--from-ticket")):
        return None
    from dazos_tui.tui.early_list import EarlyList
    from dazos_tui.tui.launch import require_terminal, run_app

    if not require_terminal() or not FLAGS.isdisjoint(asked.options) or _may_be_accessible(asked.options):
        return None
    # Until the app is loaded, nothing is garbage: looking for some would take a twentieth of the start.
    gc.disable()
    early = EarlyList(partial(_early_paths, asked.options))
    search = " ".join(asked.words)
    try:
        _show_first_frame(early, search)
        return run_app(partial(_context_for, asked.options), search=search, early=early)
    except Exception as error:  # noqa: BLE001 - unexpected ones are raised again
        from dazos_tui.cli._support.history_password import MustAskError
        from dazos_tui.cli.app import report_error

        _remove_first_frame()
        if isinstance(error, MustAskError):
            # The full command line asks for it first.
            return None
        return report_error(error)
    finally:
        _remove_first_frame()


def _show_first_frame(early: "EarlyList", search: str) -> None:
    """Show a filter, and the remembered list if there is one, while Textual is being imported."""
    from dazos_tui.directory.pasted_email import query_from_pasted
    from dazos_tui.tui.first_frame import FIRST_FRAME

    FIRST_FRAME.show(*early.first(_MOST_WAIT_SECONDS), query_from_pasted(search))


def _remove_first_frame() -> None:
    from dazos_tui.tui.first_frame import FIRST_FRAME

    FIRST_FRAME.remove()


def _log_first_frame() -> None:
    from dazos_tui.system.event_log import log_error
    from dazos_tui.tui.first_frame import FIRST_FRAME

    for error in FIRST_FRAME.errors:
        log_error("the first frame could not be drawn", error)


def _may_be_accessible(arguments: Sequence[str]) -> bool:
    """Return whether the config may ask for plain mode: the full command line reads whether it does."""
    paths = _early_paths(arguments)
    try:
        content = paths.config.read_bytes() if paths is not None else b""
    except OSError:
        return False
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    found = (line.partition(b"#")[0] for line in lines)
    return any(line.strip(b" \t\"'").startswith(b"accessible") and b"true" in line for line in found)


def _early_paths(arguments: Sequence[str]) -> "EarlyPaths | None":
    """Return where to look for a remembered list, as far as that is clear before the options are checked."""
    from pathlib import Path

    from dazos_tui.system.paths import UnknownHomeError, default_config_path, default_state_dir
    from dazos_tui.tui.early_list import EarlyPaths

    config = option_value(arguments, "--config") or os.environ.get("DAZOS_TUI_CONFIG")
    state = option_value(arguments, "--state") or os.environ.get("DAZOS_TUI_STATE")
    instance = option_value(arguments, "--instance", "-i")
    try:
        return EarlyPaths(
            Path(config) if config else default_config_path(),
            Path(state) if state else default_state_dir(),
            instance,
        )
    except UnknownHomeError:
        return None


def _context_for(arguments: Sequence[str]) -> "AppContext":
    from dazos_tui.cli.app import settings_of
    from dazos_tui.tui.launch import configured_context

    settings = settings_of(arguments)
    _log_first_frame()
    password = settings.find_history_password(may_ask=False)
    return configured_context(
        settings.config_path,
        settings.state_dir,
        settings.instance,
        ticket=settings.ticket,
        history_password=password,
    )
