"""Options and values of options that many commands have. Imports only click, so that help is fast."""

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

instance_option = click.option(
    "-i", "--instance", metavar="NAME", help="The CRM instance, by its name in the config."
)
"""The option that names an instance. It is accepted before and after the command."""


class FilePath(click.Path):
    """The path of a file or folder, as a `pathlib.Path`, which is imported only if a path is given."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Path":  # noqa: ANN401
        """Return the path. Raises click.BadParameter."""
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))
