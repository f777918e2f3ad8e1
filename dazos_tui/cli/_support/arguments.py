"""What the arguments of ``dazos-tui`` ask for: a command, or the app on a search. Imports nothing."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

OPTIONS = frozenset({"-i", "--instance", "--config", "--state", "--log", "--from-ticket"})
"""The options, each with a value, with which the app can be opened."""

FLAGS = frozenset({"--plain"})
"""The options without a value with which the app can be opened."""

_INSTANCE = ("-i", "--instance")


class AppArguments(NamedTuple):
    """The arguments of the app: its options as they were typed, and the words to search for."""

    options: tuple[str, ...]
    words: tuple[str, ...] = ()


def app_arguments(arguments: Sequence[str], commands: Collection[str]) -> AppArguments | None:
    """Return what the app is opened with, None if the arguments are something else, or a mistake.

    Words are searched for after ``--``; or after an instance, if the first is no command: without an
    instance, a word that is no command is a misspelt one.
    """
    at, has_instance = 0, False
    while at < len(arguments) and (width := _option_width(arguments[at])):
        has_instance = has_instance or arguments[at].startswith(_INSTANCE)
        at += width
    if at > len(arguments):
        return None
    options, rest = tuple(arguments[:at]), tuple(arguments[at:])
    if rest[:1] == ("--",):
        return AppArguments(options, rest[1:])
    if rest and (not has_instance or rest[0] in commands or any(word.startswith("-") for word in rest)):
        return None
    return AppArguments(options, rest)


def option_value(options: Sequence[str], *names: str) -> str | None:
    """Return the value of an option under one of its names; None without it. The last one counts."""
    value, at = None, 0
    while at < len(options):
        width = _option_width(options[at])
        name, _, attached = options[at].partition("=")
        if width == 2 and options[at] in names:
            value = options[at + 1] if at + 1 < len(options) else None
        elif width == 1 and name in names:
            value = attached
        elif width == 1 and "-i" in names and options[at].startswith("-i"):
            value = options[at][2:]
        at += width or 1
    return value


def _option_width(argument: str) -> int:
    """Return how many arguments an option takes with its value; 0 for anything else."""
    if argument in OPTIONS:
        return 2
    if argument in FLAGS:
        return 1
    attached = argument.startswith("-i") or ("=" in argument and argument.partition("=")[0] in OPTIONS)
    return 1 if attached else 0
