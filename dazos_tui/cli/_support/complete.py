"""What can follow on a command line, from the table of commands. Imports neither click nor a command.

Importing click would take a third of the time that a completion may take, and a command all of it. The table,
``commands.json``, is made from click's objects by docs/make_commands.py.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

Table = dict[str, Any]
"""A command: its `help`, `page`, `options`, `arguments` and `commands`, as in ``commands.json``."""


class Candidate(NamedTuple):
    """A word that can follow, and what it means."""

    word: str
    help: str = ""


class Completion(NamedTuple):
    """What can follow: ``words`` to choose from, or ``files`` or ``folders``, which the shell finds."""

    kind: str = "words"
    candidates: tuple[Candidate, ...] = ()
    before: str = ""
    """What is before each candidate in the same word: ``--outcome=``."""


class Given:
    """What the words before the cursor say: values of options by each of their names."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}

    def last(self, name: str) -> str | None:
        """Return the last value of an option, None if it was not given."""
        return self.values.get(name, [None])[-1]


_UNKNOWN: Table = {"options": [], "arguments": [], "commands": {}}

LookUp = Callable[[str, Given, str], Iterable[Candidate]]
"""Returns the candidates of a kind of value, such as ``instances``, that begin with a text."""


def load_table() -> Table:
    """Return the table of all commands."""
    # Importing `pathlib` would take a tenth of the time of a completion.
    path = os.path.join(os.path.dirname(__file__), "..", "commands.json")  # noqa: PTH118, PTH120
    with open(path, "rb") as file:  # noqa: PTH123
        table: Table = json.load(file)
    return table


def complete(table: Table, words: Sequence[str], word: str, look_up: LookUp) -> Completion:
    """Return what can be typed at the cursor, after these words, for the beginning of a word."""
    state = _State(table)
    for one in words:
        state.read(one)
    return _Finder(state, word, look_up).completion()


class _State:
    """Where the words before the cursor lead, by the rules of click's parser."""

    def __init__(self, table: Table) -> None:
        self.command = table
        self.given = Given()
        self.used: set[str] = set()
        self.positional = 0
        self.waiting: Table | None = None
        self.only_arguments = False

    def read(self, word: str) -> None:
        """Read the next word."""
        if self.waiting is not None:
            self._take(self.waiting, word)
            self.waiting = None
        elif self.only_arguments or not word.startswith("-") or word == "-":
            self._read_argument(word)
        elif word == "--":
            self.only_arguments = True
        elif word.startswith("--"):
            self._read_long(word)
        else:
            self._read_short(word)

    def option(self, name: str) -> Table | None:
        """Return an option of the command by one of its names."""
        options: list[Table] = self.command["options"]
        return next((one for one in options if name in one["names"]), None)

    def argument(self) -> Table | None:
        """Return the argument at the cursor; None if all are given."""
        arguments: list[Table] = self.command["arguments"]
        if self.positional < len(arguments):
            return arguments[self.positional]
        return arguments[-1] if arguments and arguments[-1].get("repeats") else None

    def _read_argument(self, word: str) -> None:
        if self.command["commands"]:
            self.command = self.command["commands"].get(word, _UNKNOWN)
            self.used, self.only_arguments = set(), False
        else:
            self.positional += 1

    def _read_long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        option = self.option(name)
        if option is None:
            return
        self.used.add(option["names"][0])
        if "takes" in option:
            if equals:
                self._take(option, value)
            else:
                self.waiting = option

    def _read_short(self, word: str) -> None:
        for index, letter in enumerate(word[1:], start=2):
            option = self.option(f"-{letter}")
            if option is None:
                return
            self.used.add(option["names"][0])
            if "takes" in option:
                if word[index:]:
                    self._take(option, word[index:])
                else:
                    self.waiting = option
                return

    def _take(self, option: Table, value: str) -> None:
        for name in option["names"]:
            self.given.values.setdefault(name, []).append(value)


class _Finder:
    """Finds the candidates at the cursor."""

    def __init__(self, state: _State, word: str, look_up: LookUp) -> None:
        self._state, self._word, self._look_up = state, word, look_up

    def completion(self) -> Completion:
        """Return what can follow."""
        state, word = self._state, self._word
        if state.waiting is not None:
            return self._values(state.waiting["takes"], word)
        if word.startswith("-") and not state.only_arguments:
            name, equals, value = word.partition("=")
            option = state.option(name) if equals else None
            if option is not None:
                return self._values(option.get("takes", ""), value, before=f"{name}=")
            return Completion(candidates=tuple(self._options()))
        if state.command["commands"]:
            return Completion(
                candidates=tuple(
                    Candidate(name, one["help"])
                    for name, one in state.command["commands"].items()
                    if name.startswith(word)
                )
            )
        argument = state.argument()
        return Completion() if argument is None else self._values(argument["takes"], word)

    def _options(self) -> Iterable[Candidate]:
        for option in self._state.command["options"]:
            if option.get("repeats") or option["names"][0] not in self._state.used:
                for name in option["names"]:
                    if name.startswith(self._word):
                        yield Candidate(name, option["help"])

    def _values(self, takes: str | list[str], word: str, *, before: str = "") -> Completion:
        if takes in ("files", "folders"):
            return Completion(str(takes), before=before)
        found = (
            [Candidate(value) for value in takes if value.startswith(word)]
            if isinstance(takes, list)
            else self._look_up(takes, self._state.given, word)
        )
        return Completion(candidates=tuple(found), before=before)
