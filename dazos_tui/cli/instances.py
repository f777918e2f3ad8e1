"""``dazos-tui instances``: lists the instances of the config."""

import click

from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_note, write_stdout
from dazos_tui.cli._support.output_options import RowFormat, rows_options
from dazos_tui.cli._support.rows import RowKind, note_limit
from dazos_tui.cli._support.tables import ENVIRONMENT_COLOURS, Column
from dazos_tui.config.models import Instance


@click.command()
@rows_options(json_help="JSON Lines: name, environment, url, username, auth, pinned.")
@click.pass_obj
def instances(settings: Settings, *, as_json: bool, as_csv: bool, limit: int | None) -> None:
    """List the instances of the config, in its order, without contacting any.

    The name is what -i takes. “dazos-tui config show” has all settings of each.
    """
    row_format = RowFormat.of(as_json=as_json, as_csv=as_csv)
    found = list(settings.config().instances.values())
    write_stdout(_INSTANCE_ROWS.lines(found[:limit], row_format))
    note_limit(len(found), limit)
    if not found:
        echo_note("There is no instance in the config. “dazos-tui” in a terminal asks for one.")


def _record(instance: Instance) -> dict[str, object]:
    return {
        "name": instance.name,
        "environment": instance.environment.value,
        "url": instance.url,
        "username": instance.username,
        "auth": instance.auth.value,
        "pinned": instance.pinned,
    }


def _cells(instance: Instance) -> tuple[str, ...]:
    pinned = "pinned" if instance.pinned else ""
    return instance.name, instance.environment.upper(), instance.url, instance.operator, pinned


_INSTANCE_ROWS = RowKind(
    (
        Column("instance", fixed=True),
        Column("environment", fixed=True, colours=ENVIRONMENT_COLOURS),
        Column("url"),
        Column("account", optional=True),
        Column("pinned", fixed=True, optional=True),
    ),
    _cells,
    _record,
    csv_header=("name", "environment", "url", "username", "auth", "pinned"),
)
