"""Writes the tables of keys, in README.md and docs/keys.md, from the app's own list of commands.

python -m docs.make_keys [--check]
"""

import sys
from collections.abc import Iterable

from dazos_tui.keys import shown_key
from dazos_tui.tui.commands import COMMANDS, MOVEMENTS, Command
from dazos_tui.tui.screens.layout import Pane
from docs.written import ROOT, only_checks, write_or_check

BEGIN, END = "<!-- keys: written by docs/make_keys.py -->", "<!-- end of keys -->"

_INTRODUCTION = """\
Letters act wherever no text is typed. Keys of your own stand in the config, by the command's name:

```toml
[keys]
send = "f11"
note = ["n", "ctrl+t"]
```

Refused, with the reason, are keys that terminals, tmux or screen take themselves, those that move in lists or
edit text, `y` and `A`, which say yes in the boxes, and `e`, `f`, `r`, `t` and `v` for `send`, whose question
they answer.
`F10`, `Esc`, `Ctrl+C` and `Ctrl+L` act in every box, whatever the config says: no command but their own
can have them. `F10` always quits, whatever keys `quit` has besides."""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(command: Command) -> tuple[str, str]:
    keys = " or ".join(f"`{shown_key(key)}`" for key in command.keys) or "in the palette"
    return keys, f"{command.help}{'; ' if command.detail else ''}{command.detail}"


def _table(rows: Iterable[tuple[str, ...]], *titles: str) -> str:
    return "\n".join([_row(*titles), _row(*["---"] * len(titles)), *(_row(*row) for row in rows)])


def _named(commands: Iterable[Command]) -> str:
    rows = ((*_cells(command), f"`{command.name}`") for command in commands)
    return _table(rows, "key", "does", "name")


def readme_table() -> str:
    """Return the table of all keys, as Markdown."""
    return _table([*MOVEMENTS, *map(_cells, COMMANDS)], "key", "does")


def with_table(readme: str) -> str:
    """Return a README with the table of keys between its two marks as it is now."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{readme_table()}\n{END}{rest.partition(END)[2]}"


def cheatsheet() -> str:
    """Return docs/keys.md: the keys by the pane that they matter in, with the commands' names."""
    parts = ["# Keys", _INTRODUCTION, "## Moving", _table(MOVEMENTS, "key", "does")]
    for pane in Pane:
        parts += [f"## {pane.where}", _named(command for command in COMMANDS if pane in command.panes)]
    everywhere = _named(command for command in COMMANDS if not command.panes)
    return "\n\n".join([*parts, "## Everywhere", everywhere]) + "\n"


def main() -> int:
    """Write both, or only compare them; return the exit code."""
    only_check = only_checks(__doc__)
    readme = ROOT / "README.md"
    made = {
        readme: with_table(readme.read_text(encoding="utf-8")),
        ROOT / "docs" / "keys.md": cheatsheet(),
    }
    return write_or_check(made, only_check=only_check)


if __name__ == "__main__":
    sys.exit(main())
