"""``dazos-tui demo``: a CRM to try it on."""

from pathlib import Path

import click

from dazos_tui.cli._support.options import Settings


@click.command()
@click.option("--serve-only", is_flag=True, help="Only serve the demo CRM; say where in one JSON line.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port on 127.0.0.1 (0: a free one)."
)
@click.option(
    "--users",
    type=click.IntRange(2, 100_000),
    default=453,
    show_default=True,
    metavar="N",
    help="People in it.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, metavar="N", help="Another seed, other people."
)
@click.option(
    "--write-config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --serve-only: write a config for it.",
)
@click.pass_obj
def demo(  # noqa: PLR0913 - one argument for each option
    settings: Settings, *, serve_only: bool, port: int, users: int, seed: int, write_config: Path | None
) -> int:
    """Open the screen on a demo CRM: no config, no network, no account.

    It has its own history, apart from the real one.
    """
    if serve_only:
        from dazos_tui.demo.serve import serve_until_signalled

        serve_until_signalled(port, users, seed, write_config)
        return 0
    if write_config is not None:
        raise click.UsageError("--write-config needs --serve-only.")
    from dazos_tui.tui.launch import run_demo

    return run_demo(settings.state_dir, users, seed, port)
