"""Commands that ask many instances at once: their options, and who could not be asked."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import click

from dazos_tui.cli._support.exit_codes import echo_error
from dazos_tui.cli._support.output import echo_err
from dazos_tui.config.models import Instance
from dazos_tui.instances.many import MAX_AT_ONCE

jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 100),
    default=MAX_AT_ONCE,
    show_default=True,
    metavar="N",
    help="Ask N instances at once.",
)
"""The option for how many instances are asked at once."""


def _require_number(_context: click.Context, _option: click.Parameter, value: float) -> float:
    # It is neither below a limit nor above one, so the range lets it pass.
    if math.isnan(value):
        raise click.BadParameter("nan is not a number of seconds.")
    return value


def timeout_option(seconds: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option for how long one instance may take, with this default."""
    return click.option(
        "--timeout",
        "seconds",
        type=click.FloatRange(0, 3600, min_open=True),
        callback=_require_number,
        default=seconds,
        show_default=True,
        metavar="SECONDS",
        help="Give an instance up that has not answered after SECONDS.",
    )


def echo_failures(verb: str, failed: Sequence[tuple[Instance, Exception]], asked: int) -> None:
    """Write to stderr which of the `asked` instances failed, and why."""
    if len(failed) > 1:
        echo_err(f"Could not {verb} {len(failed)} of {asked} instances:")
    for instance, error in failed:
        echo_err(f"Could not {verb} {instance.name}:")
        echo_error(error)
