"""Writes the tables of keys, in README.md and docs/keys.md, from the app's own list of commands.

python docs/make_keys.py
"""

from pathlib import Path

from dazos_tui.tui.commands import COMMANDS, MOVEMENTS, Command
from dazos_tui.tui.screens.layout import Pane

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- keys: written by docs/make_keys.py -->", "<!-- end of keys -->"

_TITLES = {Pane.USERS: "In the list", Pane.PROFILE: "In the profile", Pane.HISTORY: "In the history"}


def _row(keys: str, words: str) -> str:
    return f"| {keys} | {words} |"


def _command_row(command: Command) -> str:
    keys = " or ".join(f"`{key}`" for key in command.shown_keys.split(" or "))
    return _row(keys, f"{command.help}{'; ' if command.detail else ''}{command.detail}")


def _table(rows: list[str]) -> str:
    return "\n".join([_row("key", "does"), _row("---", "---"), *rows])


def readme_table() -> str:
    """Return the table of all keys, as Markdown."""
    return _table([*(_row(*row) for row in MOVEMENTS), *map(_command_row, COMMANDS)])


def with_table(readme: str) -> str:
    """Return a README with the table of keys between its two marks as it is now."""
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}\n{readme_table()}\n{END}{rest.partition(END)[2]}"


def cheatsheet() -> str:
    """Return docs/keys.md: the keys by the pane that they matter in."""
    parts = [
        "# Keys",
        "Letters act wherever no text is typed.",
        "## Moving",
        _table([_row(*row) for row in MOVEMENTS]),
    ]
    for pane, title in _TITLES.items():
        rows = [_command_row(command) for command in COMMANDS if pane in command.panes]
        parts += [f"## {title}", _table(rows)]
    rows = [_command_row(command) for command in COMMANDS if not command.panes]
    return "\n\n".join([*parts, "## Everywhere", _table(rows)]) + "\n"


def main() -> None:
    """Write both."""
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "keys.md").write_text(cheatsheet(), encoding="utf-8")


if __name__ == "__main__":
    main()
