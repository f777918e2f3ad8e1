"""Command groups: one that imports a command only when it runs, one that suggests what was meant."""

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from dazos_tui.cli._support.arguments import app_arguments

_SEARCH_KEY = "dazos_tui.search"
_ARGUMENTS_KEY = "dazos_tui.arguments"


class SuggestingGroup(click.Group):
    """A command group that names the most similar command if there is no such one."""

    no_such_command_advice = ""
    """What else the word may have been, with `{word}` for it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name, with the rest. Raises UsageError."""
        word = args[0]
        if not word.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, word) is None:
            # Imported here: nobody mistypes often.
            from dazos_tui.config.validation_messages import did_you_mean
            from dazos_tui.text.sanitize import safe_text

            shown = safe_text(word, limit=40)
            advice = self.no_such_command_advice.format(word=shown)
            near = did_you_mean(word, self.list_commands(ctx), cutoff=0.6)
            raise click.UsageError(f"There is no command “{shown}”{near}.{advice}", ctx)
        return super().resolve_command(ctx, args)

    def command_lines(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Return each visible command with its line of help."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        return [
            (name, one.get_short_help_str(limit=200))
            for name, one in found
            if one is not None and not one.hidden
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands: long lines are wrapped, where click would cut them."""
        with formatter.section("Commands"):
            formatter.write_dl(self.command_lines(ctx))


class LazyGroup(SuggestingGroup):
    """The commands of a table: name → (``module:attribute``, one line of help). Without one, the app."""

    no_such_command_advice = " To open the app on a search for it: dazos-tui -i NAME {word}"

    def __init__(self, *args: Any, lazy_commands: Mapping[str, tuple[str, str]], **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self._lazy = lazy_commands

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; words that the app is to search for are kept for `searched_words`."""
        ctx.meta[_ARGUMENTS_KEY] = tuple(args)
        asked = app_arguments(args, self._lazy)
        if asked is not None and asked.words:
            ctx.meta[_SEARCH_KEY] = asked.words
            args = list(asked.options)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of the table."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and return it; None if there is no such command."""
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        # From here on, there is garbage: `dazos_tui.cli.main` switched this off. What was imported never is.
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return command

    def command_lines(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Return the lines of the table, without importing any command."""
        return [(name, help_text) for name, (_, help_text) in self._lazy.items()]


def all_arguments(context: click.Context) -> tuple[str, ...]:
    """Return the arguments before they are parsed: what an option that ends the program may look at."""
    arguments: tuple[str, ...] = context.meta.get(_ARGUMENTS_KEY, ())
    return arguments


def searched_words(context: click.Context) -> tuple[str, ...]:
    """Return the words that the app is to search for."""
    words: tuple[str, ...] = context.meta.get(_SEARCH_KEY, ())
    return words
