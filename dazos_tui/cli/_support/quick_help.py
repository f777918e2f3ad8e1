"""Help and version, from the table of commands: only to import click would take longer than all of this.

The pages are those that click would write; docs/make_commands.py puts them into the table.
"""

import sys
from collections.abc import Iterator, Sequence

from dazos_tui import __version__
from dazos_tui.cli._support.complete import Table, load_table
from dazos_tui.cli._support.help_width import help_width

_MOST_IN_FIRST_COLUMN, _BETWEEN = 30, 2
_LEAST_IN_SECOND_COLUMN = 10


def write_help(arguments: Sequence[str]) -> bool:
    """Write the help or the version if that is all that is asked for; return whether it was written."""
    if list(arguments) == ["--version"]:
        return _write(f"dazos-tui {__version__}\n")
    if arguments[-1:] not in (["-h"], ["--help"]):
        return False
    table = load_table()
    for word in arguments[:-1]:
        if word not in table["commands"]:
            return False
        table = table["commands"][word]
    return _write(help_page(table, help_width()))


def _write(text: str) -> bool:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError):
        # click writes it again, and the error is reported.
        return False
    return True


def help_page(command: Table, width: int) -> str:
    """Return the help of a command, at most `width` columns wide."""
    return "".join(f"{line}\n" for block in command["page"] for line in _lines(block, width))


def _lines(block: Sequence[object], width: int) -> Iterator[str]:
    from textwrap import wrap

    match block:
        case ["rows", list(rows)]:
            first_column = min(max(len(first) for first, _ in rows), _MOST_IN_FIRST_COLUMN) + _BETWEEN
            room = max(width - first_column - 2, _LEAST_IN_SECOND_COLUMN)
            for first, second in rows:
                begun, *lines = wrap(second, room)
                if len(first) > first_column - _BETWEEN:
                    yield f"  {first}"
                    yield f"  {'':{first_column}}{begun}"
                else:
                    yield f"  {first:{first_column}}{begun}"
                yield from (f"  {'':{first_column}}{line}" for line in lines)
        case ["text", str(begin), str(text)]:
            yield from wrap(text, width, initial_indent=begin, subsequent_indent=" " * len(begin))
        case ["as it is", str(line)]:
            yield line
