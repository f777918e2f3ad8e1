"""A choice among words that names the one that was probably meant."""

from collections.abc import Sequence
from typing import Any

import click


class SuggestingChoice(click.Choice[str]):
    """One of a few words; an error names the most similar one."""

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__(list(choices))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return the word. Raises click.BadParameter."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            # Imported here: nobody mistypes often.
            from dazos_tui.config.validation_messages import did_you_mean

            near = did_you_mean(str(value), map(str, self.choices), cutoff=0.6)
            self.fail(f"{error.message.rstrip('.')}{near}.", param, ctx)
