"""``dazos-tui doctor``: checks each step that a send needs, without sending."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shlex import quote

import click
from pydantic import SecretStr

from dazos_tui.cli._support.doctor_all import DOCTOR_SECONDS, check_all, step_record
from dazos_tui.cli._support.exit_codes import CommandError, ExitCode, exit_code_for
from dazos_tui.cli._support.many_instances import jobs_option, timeout_option
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, echo_note, json_line, show_progress, write_stdout
from dazos_tui.cli._support.output_options import quiet_option
from dazos_tui.cli._support.prompts import answer_challenge, ask_credential
from dazos_tui.cli._support.signed_in import report_pauses, run_async
from dazos_tui.config.models import Instance
from dazos_tui.instances.doctor import DoctorStep, StepResult, run_doctor
from dazos_tui.instances.factory import Prompts, dialect_of
from dazos_tui.instances.tags import TagTerm, select_instances
from dazos_tui.reports.recorder import ReportRecorder
from dazos_tui.secrets import SecretError
from dazos_tui.system.files import UnsafeFileError
from dazos_tui.system.new_file import check_new_file, write_new_file
from dazos_tui.text.normalize import fold
from dazos_tui.text.sanitize import safe_text

_NAME_WIDTH = max(map(len, DoctorStep))


@click.command()
@instance_option
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: instance, step, ok, words, advice.")
@quiet_option
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write what the pages are built like, without names, addresses and secrets, to a new file.",
)
@click.option("--all", "all_instances", is_flag=True, help="Check all instances: one line for each.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="With --all: only instances with this tag.")
@jobs_option
@timeout_option(DOCTOR_SECONDS)
@click.pass_obj
def doctor(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    instance: str | None,
    as_json: bool,
    report_path: Path | None,
    all_instances: bool,
    tags: tuple[str, ...],
    jobs: int,
    seconds: float,
) -> int:
    """Check everything a send needs, without sending: one line per step, up to the first that fails.

    The steps are the connection, its encryption, the login page, the sign-in (one attempt), the admin rights,
    whether the whole list can be read, and the menu item of an active account. The exit code is 0 if all is
    well, else that of the step that failed.

    With --all, one line per instance as the answers come; the exit code is the highest one. An instance whose
    password has to be typed fails. --jobs and --timeout are for --all.
    """
    if all_instances or tags:
        if instance is not None or report_path is not None or not all_instances:
            raise click.UsageError("--all goes with --tag, and not with --instance or --report.")
        terms = [TagTerm(fold(tag)) for tag in tags]
        instances = select_instances(settings.config().instances.values(), terms)
        return run_async(check_all(instances, jobs, seconds, as_json=as_json))
    chosen = settings.resolve_instance(instance)
    recorder = ReportRecorder(chosen.url, dialect_of(chosen))
    if report_path is None:
        failed = run_async(_run_doctor(chosen, None, as_json=as_json))
    else:
        with _report_at_end(report_path, recorder):
            failed = run_async(_run_doctor(chosen, recorder, as_json=as_json))
    if failed is None:
        return ExitCode.DONE
    for line in failed.advice.splitlines():
        echo_err(line)
    if failed.can_be_learned:
        echo_err(
            "Copy the request in the browser as cURL, and paste it to "
            f"“dazos-tui learn -i {quote(chosen.name)} --curl -”."
        )
    # A step that fails without an error means that the CRM has no way to send a link.
    return (exit_code_for(failed.error) if failed.error is not None else None) or ExitCode.NOT_SENT


@contextmanager
def _report_at_end(path: Path, recorder: ReportRecorder) -> Iterator[None]:
    """Write the report when the block ends, also if it fails. Raises CommandError if it cannot be written."""
    _with_reason(path, partial(check_new_file, path))
    try:
        yield
    finally:
        _with_reason(path, lambda: write_new_file(path, recorder.text()))
        echo_note(f"Wrote the report to {safe_text(str(path))}: {recorder.summary}.")
        echo_err(
            "Every text in it that is not a word of the CRM itself is replaced by its shape. Read it before "
            "you pass it on."
        )


def _with_reason(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except UnsafeFileError as error:
        raise CommandError(ExitCode.USAGE, str(error), advice=error.advice) from None
    except OSError as error:
        reason = safe_text(error.strerror or "it cannot be written")
        raise CommandError(
            ExitCode.USAGE,
            f"Could not write the report to {safe_text(str(path))}: {reason}.",
            advice="Choose another file.",
        ) from None


async def _run_doctor(
    instance: Instance, recorder: ReportRecorder | None, *, as_json: bool
) -> StepResult | None:
    """Write each step as it passes; return the one that failed, if any."""
    prompts = Prompts(partial(_read_credential, instance), answer_challenge)
    report_pauses(instance)
    on_exchange = recorder.add if recorder is not None else None
    async for step in run_doctor(instance, prompts, on_exchange=on_exchange):
        show_progress("")
        write_stdout([json_line(step_record(instance, step)) if as_json else _step_line(step)])
        if recorder is not None:
            recorder.add_step(step.step.value, ok=step.ok, error=step.error)
        if not step.ok:
            return step
        show_progress(f"Checking {instance.name} ({instance.environment.upper()}) …")
    show_progress("")
    return None


async def _read_credential(instance: Instance, notes: Sequence[str]) -> SecretStr:
    try:
        return ask_credential(instance, notes)
    except CommandError as error:
        # No terminal to ask on is one more reason why the sign-in step fails.
        raise SecretError(str(error), advice=error.advice) from None


def _step_line(step: StepResult) -> str:
    return f"{'ok' if step.ok else 'failed':6}  {step.step:{_NAME_WIDTH}}  {step.message}"
