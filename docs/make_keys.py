"""Writes docs/keys.md from the app's own list of commands.

python -m docs.make_keys [--check]
"""

import sys
from collections.abc import Iterable

from dazos_tui.config.keymap import display_key
from dazos_tui.tui.commands import COMMANDS, MOVEMENTS, Command
from dazos_tui.tui.layout import Pane
from docs.written import ROOT, only_checks, write_or_check

_INTRODUCTION = """\
<!-- written by docs/make_keys.py -->

Typing goes to the filter. Single letters act in the list and wherever no text is typed; Tab goes from pane to
pane. After a send the filter has the focus again, for the next name. `?` shows these keys in the app."""

_YOUR_OWN = """\
Set them in the config, by the command's name in the table above: one key, or a list of keys. `[]` removes all
keys; the command can still be found in the palette.

```toml
[keys]
send = "f11"
note = ["n", "ctrl+t"]
```

Some keys are refused, with the reason:

- keys that terminals, tmux or screen use themselves, and those that move in lists or edit text;
- `y` and `A`, which answer the confirmation; for `send` also `e`, `f`, `l`, `r`, `t` and `v`, which answer it
  too;
- `F10`, `Esc`, `Ctrl+C` and `Ctrl+L` for any command but their own, because they act in every dialog. `F10`
  always quits, whatever other keys `quit` has."""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(command: Command) -> tuple[str, ...]:
    keys = " or ".join(f"`{display_key(key)}`" for key in command.keys) or "in the palette"
    does = f"{command.help}. {command.detail}" if command.detail else command.help
    return keys, does, _places(command.panes), f"`{command.name}`"


def _places(panes: frozenset[Pane]) -> str:
    """Return where a command for these panes acts; it acts everywhere if there are none."""
    where = [pane.where.lower() for pane in Pane if pane in panes]
    return ", ".join(where) if len(where) < len(Pane) and where else "everywhere"


def _table(rows: Iterable[tuple[str, ...]], *titles: str) -> str:
    return "\n".join([_row(*titles), _row(*["---"] * len(titles)), *(_row(*row) for row in rows)])


def cheatsheet() -> str:
    """Return docs/keys.md: each command with its keys, the panes that it is for, and its name."""
    moving = _table(MOVEMENTS, "key", "does")
    commands = _table(map(_cells, COMMANDS), "key", "does", "where", "name")
    parts = ("# Keys", _INTRODUCTION, moving, commands, "## Keys of your own", _YOUR_OWN)
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the page, or only compare it; return the exit code."""
    only_check = only_checks(__doc__)
    return write_or_check({ROOT / "docs" / "keys.md": cheatsheet()}, only_check=only_check)


if __name__ == "__main__":
    sys.exit(main())
