"""``dazos-tui demo``: a CRM to try dazos-tui on."""

from pathlib import Path

import click

from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import write_stdout
from dazos_tui.cli._support.output_options import quiet_option


@click.command()
@click.option(
    "--serve-only", is_flag=True, help="Only serve the demo CRM, and print its addresses as one JSON line."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Port on 127.0.0.1 (0: any free port).",
)
@click.option(
    "--users",
    type=click.IntRange(2, 100_000),
    default=453,
    show_default=True,
    metavar="N",
    help="Number of people.",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    metavar="N",
    help="A different seed makes up different people.",
)
@click.option(
    "--write-config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --serve-only: also write a config for the demo CRM.",
)
@quiet_option
@click.pass_obj
def demo(  # noqa: PLR0913 - one argument for each option
    settings: Settings, *, serve_only: bool, port: int, users: int, seed: int, write_config: Path | None
) -> int:
    """Open the app on a demo CRM: no config, no network, no account.

    It has its own history, separate from the real one.
    """
    if serve_only:
        from dazos_tui.demo.serve import serve_until_signalled

        serve_until_signalled(port, users, seed, write_config, announce=lambda line: write_stdout([line]))
        return 0
    if write_config is not None:
        raise click.UsageError("--write-config needs --serve-only.")
    if settings.is_plain:
        from dazos_tui.cli.plain.start import start_plain_demo

        return start_plain_demo(settings, users, seed, port)
    from dazos_tui.tui.launch import run_demo

    return run_demo(settings.state_dir, users, seed, port)
