"""The tree of commands, made from click's objects: for shell completion and for the man page."""

from collections.abc import Iterable

import click

from dazos_tui.cli.app import cli
from dazos_tui.history.models import Outcome

_VALUES_BY_METAVAR = {"FILE": "files", "DIR": "folders", "USER": "people", "QUERY": "people"}
"""What a value is, by how help calls it, unless its type says so."""


def root_context() -> click.Context:
    """Return the context of ``dazos-tui`` itself."""
    return cli.make_context("dazos-tui", [], resilient_parsing=True)


def subcommands(context: click.Context) -> dict[str, click.Context]:
    """Return the contexts of the visible commands under a command, in the order of its help."""
    command = context.command
    if not isinstance(command, click.Group):
        return {}
    found = {name: command.get_command(context, name) for name in command.list_commands(context)}
    return {
        name: one.make_context(name, [], parent=context, resilient_parsing=True)
        for name, one in found.items()
        if one is not None and not one.hidden
    }


def options_of(context: click.Context) -> list[click.Option]:
    """Return the visible options of a command, --help last."""
    return [
        one for one in context.command.get_params(context) if isinstance(one, click.Option) and not one.hidden
    ]


def arguments_of(context: click.Context) -> list[click.Argument]:
    """Return the arguments of a command, in their order."""
    return [one for one in context.command.get_params(context) if isinstance(one, click.Argument)]


def metavar_of(parameter: click.Parameter, context: click.Context) -> str:
    """Return how help calls a value: ``NAME``; for an argument ``[QUERY]...``."""
    return parameter.make_metavar(context)


def completion_table(context: click.Context) -> dict[str, object]:
    """Return a command and those under it as `cli/_support/complete.py` reads them."""
    return _table(context, context.command.get_short_help_str(limit=200))


def short_help(context: click.Context, name: str) -> str:
    """Return the line about a command in the help of its group."""
    command = context.command
    lazy = getattr(command, "_lazy", {})
    if name in lazy:
        return str(lazy[name][1])
    return subcommands(context)[name].command.get_short_help_str(limit=200)


class _HelpBlocks(click.HelpFormatter):
    """Takes help apart, for `cli/_support/quick_help.py`, instead of writing it at some width."""

    def __init__(self) -> None:
        super().__init__(width=80)
        self.blocks: list[list[object]] = []

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        self.blocks.append(["text", f"Usage: {prog} ", args])

    def write_heading(self, heading: str) -> None:
        self.blocks.append(["as it is", f"{heading}:"])

    def write_paragraph(self) -> None:
        self.blocks.append(["as it is", ""])

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        self.blocks.append(["rows", [list(row) for row in rows]])

    def write_text(self, text: str) -> None:
        begin = " " * self.current_indent
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write_paragraph()
            first, *lines = paragraph.splitlines()
            if first == "\b":
                self.blocks += (["as it is", begin + line] for line in lines)
            else:
                self.blocks.append(["text", begin, " ".join((first, *lines))])


def _help_blocks(context: click.Context) -> list[list[object]]:
    formatter = _HelpBlocks()
    context.command.format_help(context, formatter)
    return formatter.blocks


def _table(context: click.Context, words: str) -> dict[str, object]:
    return {
        "help": words.removesuffix("."),
        "page": _help_blocks(context),
        "options": [_option(one, context) for one in options_of(context)],
        "arguments": [_argument(one, context) for one in arguments_of(context)],
        "commands": {
            name: _table(one, short_help(context, name)) for name, one in subcommands(context).items()
        },
    }


def _option(option: click.Option, context: click.Context) -> dict[str, object]:
    found: dict[str, object] = {
        "names": [*option.opts, *option.secondary_opts],
        "help": _first_sentence(option.help),
    }
    if option.multiple or option.count:
        found["repeats"] = True
    if not (option.is_flag or option.count):
        found["takes"] = _value(option, context)
    return found


def _argument(argument: click.Argument, context: click.Context) -> dict[str, object]:
    found: dict[str, object] = {"takes": _value(argument, context)}
    if argument.nargs == -1:
        found["repeats"] = True
    return found


def _value(parameter: click.Parameter, context: click.Context) -> object:
    """Return what a value is: a list of words, or the name of what is looked up; "" for any text."""
    metavar = metavar_of(parameter, context).strip("[].").upper()
    if isinstance(parameter.type, click.Choice):
        return list(parameter.type.choices)
    if "--instance" in parameter.opts:
        return "instances"
    if metavar == "OUTCOME":
        return [outcome.value.replace(" ", "-") for outcome in Outcome]
    if metavar not in _VALUES_BY_METAVAR and isinstance(parameter.type, click.Path | click.File):
        return "files"
    found = _VALUES_BY_METAVAR.get(metavar, "")
    has_instance = any("--instance" in option.opts for option in context.command.params)
    return "people everywhere" if found == "people" and not has_instance else found


def _first_sentence(text: str | None) -> str:
    sentence = " ".join((text or "").split())
    return sentence.partition(". ")[0].rstrip(".")


def walk(
    context: click.Context, names: Iterable[str] = ()
) -> Iterable[tuple[tuple[str, ...], click.Context]]:
    """Yield all commands under a command with the words that call them, each before those under it."""
    for name, one in subcommands(context).items():
        yield (*names, name), one
        yield from walk(one, (*names, name))
