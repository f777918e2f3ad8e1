"""Rules for the structure of the app that no import contract can express."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import get_args

import dazos_tui
from dazos_tui.config.keymap import DEFAULT_KEYS, CommandName
from dazos_tui.tui.commands import COMMANDS
from dazos_tui.tui.flows.view import FlowView

LONGEST = 3
"""The most classes of our own in an inheritance chain; errors may have more."""


def own_classes() -> Iterator[type]:
    for module in walk_packages(dazos_tui.__path__, "dazos_tui."):
        if module.name.rpartition(".")[2] != "__main__":
            for kind in vars(import_module(module.name)).values():
                if inspect.isclass(kind) and kind.__module__ == module.name:
                    yield kind


def chain(kind: type) -> list[type]:
    """Return the longest inheritance chain of our own classes that ends in this one."""
    ours = [chain(base) for base in kind.__bases__ if base.__module__.startswith("dazos_tui.")]
    return [*max(ours, key=len, default=[]), kind]


def test_inheritance_is_at_most_three_classes_deep() -> None:
    kinds = [kind for kind in own_classes() if not issubclass(kind, Exception)]
    assert len(kinds) > 200
    too_long = [chain(kind) for kind in kinds if len(chain(kind)) > LONGEST]
    assert not too_long


def test_the_flow_view_is_narrow() -> None:
    seen = {name for name in [*vars(FlowView), *FlowView.__annotations__] if not name.startswith("_")}
    assert "presenter" in seen
    assert len(seen) < 14


def test_command_names_and_default_keys_match() -> None:
    names = list(get_args(CommandName))
    assert names == list(DEFAULT_KEYS) == [command.name for command in COMMANDS]
