"""The ``dazos-tui`` command itself: its options, its commands, and how their errors are reported."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from dazos_tui import __version__
from dazos_tui.cli._support.command_table import COMMANDS
from dazos_tui.cli._support.groups import LazyGroup, all_arguments, searched_words
from dazos_tui.cli._support.help_width import help_width
from dazos_tui.cli._support.output_options import quiet_option
from dazos_tui.cli._support.params import FilePath, instance_option
from dazos_tui.cli._support.quiet import hide_progress, set_quiet

if TYPE_CHECKING:
    from pathlib import Path

    from dazos_tui.cli._support.options import Settings

# Help needs only what is imported here: it takes hardly longer than importing click.

_EPILOG = """\b
Exit codes:
  0    done; sent
  2    wrong usage or config
  3    refused or not sent (also: the history cannot be written)
  4    nobody matches, or more than one person does; a recording does not show what is needed
  5    the sign-in failed, or no password is available
  6    permission denied
  7    unknown: the link may have been sent
  8    the instance cannot be reached, or its list is incomplete
  130  interrupted
"""


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> bool:  # noqa: FBT001
    if value and "--verbose" not in all_arguments(context):
        click.echo(f"dazos-tui {__version__}")
        context.exit()
    return value


@click.group(
    cls=LazyGroup,
    lazy_commands=COMMANDS,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config", "config", type=FilePath(), envvar="DAZOS_TUI_CONFIG", show_envvar=True,
    metavar="FILE", help="Use the config in FILE.",
)  # fmt: skip
@click.option(
    "--state", "state", type=FilePath(), envvar="DAZOS_TUI_STATE", show_envvar=True,
    metavar="DIR", help="Keep the history in the folder DIR.",
)  # fmt: skip
@click.option(
    "--log", "log", type=FilePath(),
    metavar="FILE", help="Append a log without personal data to FILE, for a bug report.",
)  # fmt: skip
@instance_option
@quiet_option
@click.option(
    "--from-ticket", "ticket", default="", metavar="T",
    help="Open the app with the people whom the ticket T names.",
)  # fmt: skip
@click.option(
    "--version", "with_version", is_flag=True, is_eager=True, callback=_print_version,
    help="Show the version and exit.",
)  # fmt: skip
@click.option("--verbose", is_flag=True, help="With --version: also what a report of a bug has to name.")
@click.option(
    "--plain", is_flag=True, help="Questions and answers, line by line, in place of the app's screen."
)
@click.pass_context
def cli(  # noqa: PLR0913 - one argument for each option
    context: click.Context,
    *,
    config: "Path | None",
    state: "Path | None",
    log: "Path | None",
    instance: str | None,
    ticket: str,
    with_version: bool,
    verbose: bool,
    plain: bool,
) -> int:
    """Find a person in Dazos CRM and send them a password-reset link.

    Without a command, the app opens. Words after -i NAME, or after “--”, are searched for in it.
    """
    if with_version:
        _print_details(_settings(context, config, state, None, instance, ticket))
        context.exit()
    if verbose:
        raise click.UsageError("--verbose goes with --version.")
    from dazos_tui.system.terminal_lending import TERMINAL_LENDER, lend_own_terminal

    TERMINAL_LENDER.set(lend_own_terminal)
    context.obj = settings = _settings(context, config, state, log, instance, ticket, plain=plain)
    if plain:
        hide_progress()
    if context.invoked_subcommand is not None:
        if ticket:
            raise click.UsageError("--from-ticket goes without a command, or after “send”.")
        return 0
    words = searched_words(context)
    if words and ticket:
        raise click.UsageError("Search for words, or begin with a ticket, not both.")
    if settings.is_plain:
        from dazos_tui.cli.plain.start import start_plain

        return start_plain(settings, " ".join(words))
    _require_search(words)
    from dazos_tui.tui.launch import run_tui

    return run_tui(
        settings.config_path,
        settings.state_dir,
        settings.instance,
        search=" ".join(words),
        ticket=ticket,
        # Asked for before the app has the screen.
        history_password=settings.history_password,
    )


def _print_details(settings: "Settings") -> None:
    from dazos_tui.cli._support.output import write_stdout
    from dazos_tui.cli._support.version_details import version_details

    write_stdout(version_details(settings))


def _require_search(words: Sequence[str]) -> None:
    """Raise click.UsageError if these words of a script are more likely a misspelt command."""
    from dazos_tui.config.validation_messages import did_you_mean
    from dazos_tui.text.sanitize import safe_text
    from dazos_tui.tui.launch import require_terminal

    near = did_you_mean(words[0], COMMANDS, cutoff=0.6) if words and not require_terminal() else ""
    if near:
        raise click.UsageError(
            f"There is no command “{safe_text(words[0])}”{near}, and no terminal for the app."
        )


def settings_of(arguments: Sequence[str]) -> "Settings":
    """Return the settings from options that no command follows. Raises ClickException."""
    with cli.make_context("dazos-tui", list(arguments)) as context:
        names = ("config", "state", "log", "instance", "ticket")
        return _settings(context, **{name: context.params[name] for name in names})


def _settings(  # noqa: PLR0913, PLR0917 - one argument for each option
    context: click.Context,
    config: "Path | None",
    state: "Path | None",
    log: "Path | None",
    instance: str | None,
    ticket: str,
    *,
    plain: bool = False,
) -> "Settings":
    """Return the settings from the options, and start the log if one was asked for. Raises LogFileError."""
    from dazos_tui.cli._support.options import Settings

    settings = Settings(
        config_option=config,
        config_source=_option_source(context, "config"),
        state_option=state,
        state_source=_option_source(context, "state"),
        instance=instance,
        ticket=ticket,
        plain=plain,
    )
    if log is not None:
        settings.start_log(log)
    return settings


def run_cli(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code. Expected errors are reported on stderr."""
    set_quiet(quiet=False)
    try:
        return _run_command(arguments)
    except SystemExit:
        # Only click ends so: nobody reads the help any longer.
        return 0
    except (click.Abort, KeyboardInterrupt):
        from dazos_tui.cli._support.output import echo_interrupted

        echo_interrupted("Interrupted.")
        return 130
    except Exception as error:  # noqa: BLE001 - unexpected ones are raised again
        return report_error(error)


def report_error(error: Exception) -> int:
    """Report an expected error on stderr and return the exit code. Raises an unexpected one again."""
    from dazos_tui.cli._support.output import OutputClosedError, failed_output

    if isinstance(error, OutputClosedError):
        return 0
    if isinstance(error, OSError) and _is_of_help(error):
        error = failed_output(error)
    if isinstance(error, click.ClickException):
        return _usage_error(error)
    # Imported late, because it knows the errors of every layer.
    from dazos_tui.cli._support.exit_codes import echo_error, exit_code_for
    from dazos_tui.system.event_log import log_error

    code = exit_code_for(error)
    log_error("stopped", error)
    if code is None:
        raise error
    echo_error(error)
    return code


def _is_of_help(error: OSError) -> bool:
    """Return whether click could not write help or version: our own output reports its errors itself."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "click.utils"


def _run_command(arguments: Sequence[str]) -> int:
    result = cli.main(
        args=list(arguments), prog_name="dazos-tui", standalone_mode=False, terminal_width=help_width()
    )
    return result if isinstance(result, int) else 0


def _usage_error(error: click.ClickException) -> int:
    from dazos_tui.cli._support.output import echo_err
    from dazos_tui.text.sanitize import safe_text

    # Not `error.show()`: the message quotes what the user typed, so it has to be made safe.
    if isinstance(error, click.UsageError) and error.ctx is not None:
        echo_err(error.ctx.get_usage())
    echo_err(f"Error: {safe_text(error.format_message())}")
    echo_err("For help: dazos-tui [COMMAND] --help")
    return error.exit_code


def _option_source(context: click.Context, name: str) -> str:
    match context.get_parameter_source(name):
        case click.core.ParameterSource.COMMANDLINE:
            return f"--{name}"
        case click.core.ParameterSource.ENVIRONMENT:
            return f"DAZOS_TUI_{name.upper()}"
        case _:
            return "default"
