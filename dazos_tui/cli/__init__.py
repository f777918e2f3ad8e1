"""The command line: one module per command, imported when that command is run."""

import sys


def main() -> None:
    """Run ``dazos-tui`` with the arguments of this process, and exit with its code."""
    from dazos_tui.cli._support.fast_start import open_screen

    code = open_screen(sys.argv[1:])
    if code is None:
        from dazos_tui.cli.app import run_cli

        code = run_cli(sys.argv[1:])
    sys.exit(code)
