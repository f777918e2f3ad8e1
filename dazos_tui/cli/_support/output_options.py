"""The options that choose how a command writes: --json, --csv, --limit, --quiet. Imports only click."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

import click

from dazos_tui.cli._support.quiet import set_quiet

F = TypeVar("F", bound=Callable[..., Any])


def _set_quiet(_context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if value:
        set_quiet(quiet=True)


quiet_option = click.option(
    "-q", "--quiet", is_flag=True, expose_value=False, callback=_set_quiet,
    help="Leave out remarks and progress; errors and warnings stay.",
)  # fmt: skip
"""The option that leaves out remarks. It is accepted before and after the command."""

_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON line.")


class RowFormat(StrEnum):
    """How a command writes rows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"

    @classmethod
    def of(cls, *, as_json: bool, as_csv: bool) -> "RowFormat":
        """Return what the options of `rows_options` ask for. Raises click.UsageError."""
        if as_json and as_csv:
            raise click.UsageError("--json and --csv cannot be combined.")
        return cls.JSON if as_json else cls.CSV if as_csv else cls.TABLE


def json_options(command: F) -> F:
    """Add the options of a command with one result: --json, as `as_json`, and --quiet."""
    return _json_option(quiet_option(command))


def rows_options(*, json_help: str, limit_help: str = "Only the first N.") -> Callable[[F], F]:
    """Return a decorator that adds --json, --csv, --limit and --quiet: `as_json`, `as_csv` and `limit`."""
    options = (
        click.option("--json", "as_json", is_flag=True, help=json_help),
        click.option("--csv", "as_csv", is_flag=True, help="CSV with a header; times in UTC."),
        click.option("--limit", type=click.IntRange(1, 2**31), metavar="N", help=limit_help),
        quiet_option,
    )

    def add_options(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add_options
