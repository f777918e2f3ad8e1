"""Composition: no class of ours inherits from more than two others of ours."""

import pkgutil
from importlib import import_module

import pytest

import dazos_tui.tui.dialogs
import dazos_tui.tui.widgets

MOST = 3
"""Classes of ours that a reader may have to hold in mind at once, the class itself among them."""


def classes_in(package):
    """Yield each class that a module of the package defines."""
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = import_module(info.name)
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                yield kind


def chain(kind):
    """Return the names of a class and of all of ours that it inherits from, mixins included."""
    return [one.__name__ for one in kind.__mro__ if one.__module__.partition(".")[0] == "dazos_tui"]


@pytest.mark.parametrize(
    "package", [dazos_tui.tui.dialogs, dazos_tui.tui.widgets], ids=lambda one: one.__name__
)
def test_no_chain_of_inheritance_is_long(package):
    chains = [chain(kind) for kind in classes_in(package)]
    assert len(chains) > MOST
    assert [one for one in chains if len(one) > MOST] == []
