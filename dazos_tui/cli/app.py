"""The ``dazos-tui`` command itself: its options, its commands, and how their errors are reported."""

from collections.abc import Sequence
from pathlib import Path

import click

from dazos_tui import __version__
from dazos_tui.cli._support.lazy_group import LazyGroup
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import OutputClosedError, echo_err, echo_interrupted
from dazos_tui.system.terminal_lending import TERMINAL_LENDER, lend_own_terminal
from dazos_tui.text.sanitize import safe_text

_COMMANDS = {
    "users": ("dazos_tui.cli.users:users", "List the people of an instance."),
    "find": ("dazos_tui.cli.find:find", "Look for a person in every instance."),
    "send": ("dazos_tui.cli.send:send", "Send a reset link to one or more people."),
    "history": ("dazos_tui.cli.history:history", "Show what was sent."),
    "note": ("dazos_tui.cli.note:note", "Print the note for the ticket."),
    "verify": ("dazos_tui.cli.verify:verify", "Check who is back in since their reset."),
    "login": ("dazos_tui.cli.login:login", "Store an instance's password in the system's keyring."),
    "logout": ("dazos_tui.cli.login:logout", "Remove an instance's password from the keyring."),
    "doctor": ("dazos_tui.cli.doctor:doctor", "Check everything a send needs, without sending."),
    "learn": ("dazos_tui.cli.learn:learn", "Learn from your browser how an instance sends a link."),
    "db": ("dazos_tui.cli.db:db", "Keep the history: backup, check, import, erase, move, roles."),
    "config": ("dazos_tui.cli.config:config", "Show and check the config."),
    "demo": ("dazos_tui.cli.demo:demo", "Try dazos-tui on a demo CRM: no config, no network, no account."),
}

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


@click.group(
    cls=LazyGroup,
    lazy_commands=_COMMANDS,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config", "config", type=click.Path(path_type=Path), envvar="DAZOS_TUI_CONFIG", show_envvar=True,
    metavar="FILE", help="Use the config in FILE.",
)  # fmt: skip
@click.option(
    "--state", "state", type=click.Path(path_type=Path), envvar="DAZOS_TUI_STATE", show_envvar=True,
    metavar="DIR", help="Keep the history in the folder DIR.",
)  # fmt: skip
@click.option(
    "--log", "log", type=click.Path(path_type=Path),
    metavar="FILE", help="Append a log without personal data to FILE, for a bug report.",
)  # fmt: skip
@instance_option
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(
    context: click.Context, config: Path | None, state: Path | None, log: Path | None, instance: str | None
) -> int:
    """Find a person in Dazos CRM and send them a password-reset link.

    Without a command, the app opens.
    """
    context.obj = settings = _settings(context, config, state, log, instance)
    if context.invoked_subcommand is not None:
        return 0
    from dazos_tui.tui.launch import run_tui

    # Asked for before the app has the screen.
    password = settings.history_password
    return run_tui(settings.config_path, settings.state_dir, settings.instance, history_password=password)


def settings_of(arguments: Sequence[str]) -> Settings:
    """Return the settings from options that no command follows. Raises ClickException."""
    with cli.make_context("dazos-tui", list(arguments)) as context:
        return _settings(context, **context.params)


def _settings(
    context: click.Context, config: Path | None, state: Path | None, log: Path | None, instance: str | None
) -> Settings:
    """Return the settings from the options, and start the log if one was asked for. Raises LogFileError."""
    settings = Settings(
        config_option=config,
        config_source=_option_source(context, "config"),
        state_option=state,
        state_source=_option_source(context, "state"),
        instance=instance,
    )
    if log is not None:
        settings.start_log(log)
    return settings


def run_cli(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code. Expected errors are reported on stderr."""
    try:
        return _run_command(arguments)
    except OutputClosedError:
        return 0
    except (click.Abort, KeyboardInterrupt):
        echo_interrupted("Interrupted.")
        return 130
    except Exception as error:  # noqa: BLE001 - unexpected ones are raised again
        return report_error(error)


def report_error(error: Exception) -> int:
    """Report an expected error on stderr and return the exit code. Raises an unexpected one again."""
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


def _run_command(arguments: Sequence[str]) -> int:
    TERMINAL_LENDER.set(lend_own_terminal)
    result = cli.main(args=list(arguments), prog_name="dazos-tui", standalone_mode=False)
    return result if isinstance(result, int) else 0


def _usage_error(error: click.ClickException) -> int:
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
