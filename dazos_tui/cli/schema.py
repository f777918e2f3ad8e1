"""``dazos-tui schema``: prints the JSON Schema of a command's output."""

import click

from dazos_tui.cli._support.output import write_stdout
from dazos_tui.cli._support.output_options import quiet_option
from dazos_tui.system.paths import bundled_path

SCHEMA_FOLDER = bundled_path("schemas")


def schema_names() -> list[str]:
    """Return the names of the schemas: of the commands, with “-” between the words."""
    return sorted(path.stem for path in SCHEMA_FOLDER.glob("*.json"))


@click.command()
@click.argument("command", nargs=-1)
@quiet_option
def schema(*, command: tuple[str, ...]) -> None:
    """Print the JSON Schema of a line that COMMAND writes with --json, such as “users” or “db check”.

    Without COMMAND, print the names of all schemas. Later versions may add keys, and remove none.
    """
    names, name = schema_names(), "-".join(command)
    if not name:
        write_stdout(names)
        return
    if name not in names:
        from dazos_tui.config.validation_messages import did_you_mean
        from dazos_tui.text.sanitize import safe_text

        shown, near = safe_text(name, limit=40), did_you_mean(name, names)
        raise click.UsageError(f"There is no schema “{shown}”{near}; there are {', '.join(names)}.")
    text = (SCHEMA_FOLDER / f"{name}.json").read_text(encoding="utf-8")
    write_stdout(text.splitlines())
