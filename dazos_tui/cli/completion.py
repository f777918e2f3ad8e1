"""``dazos-tui completion``: the scripts with which the shells complete its command lines."""

import click

from dazos_tui.cli._support.output import write_stdout
from dazos_tui.cli._support.output_options import quiet_option

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@quiet_option
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options and their values.

    It completes instances from the config, and people from the last list that is kept of them; it never signs
    in. To install it, run the line of your shell once, and open a new one:

    \b
      echo 'source <(dazos-tui completion bash)' >> ~/.bashrc
      echo 'source <(dazos-tui completion zsh)' >> ~/.zshrc
      dazos-tui completion fish > ~/.config/fish/completions/dazos-tui.fish
    """
    from dazos_tui.system.paths import bundled_path

    script = bundled_path("cli") / "completion_scripts" / shell
    write_stdout(script.read_text(encoding="utf-8").splitlines())
