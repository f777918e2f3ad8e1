"""The command line: one module per command, imported when that command is run."""

import sys


def main() -> None:
    """Run ``dazos-tui`` with this process's arguments and exit with its exit code."""
    from dazos_tui.cli._support.fast_start import open_app
    from dazos_tui.system.descriptors import occupy_closed_streams

    occupy_closed_streams()
    code = open_app(sys.argv[1:])
    if code is None:
        from dazos_tui.cli.app import run_cli

        code = run_cli(sys.argv[1:])
    sys.exit(code)
