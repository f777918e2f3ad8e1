"""The command line: one module per command, imported when that command is run."""

import gc
import os
import sys


def main() -> None:
    """Run ``dazos-tui`` with this process's arguments and exit with its exit code."""
    # While modules are imported nothing is garbage: looking for some would take a twentieth of the start. The
    # app and `LazyGroup` switch it on again.
    gc.disable()
    if shell := os.environ.get("_DAZOS_TUI_COMPLETE"):
        from dazos_tui.cli._support.shell_reply import reply_to_shell

        reply_to_shell(shell, sys.argv[1:])
        sys.exit()
    from dazos_tui.system.descriptors import occupy_closed_streams

    occupy_closed_streams()
    if sys.argv[-1] in {"-h", "--help", "--version"}:
        from dazos_tui.cli._support.quick_help import write_help

        if write_help(sys.argv[1:]):
            sys.exit()
    from dazos_tui.cli._support.fast_start import open_app

    code = open_app(sys.argv[1:])
    if code is None:
        from dazos_tui.cli.app import run_cli

        code = run_cli(sys.argv[1:])
    sys.exit(code)
