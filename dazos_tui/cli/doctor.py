"""``dazos-tui doctor``: checks each step that a send needs, without sending."""

from collections.abc import Sequence
from functools import partial
from shlex import quote

import click
from pydantic import SecretStr

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode, exit_code_for
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, json_line, show_progress, write_stdout
from dazos_tui.cli._support.prompts import answer_challenge, ask_credential
from dazos_tui.cli._support.signed_in import report_pauses, run_async
from dazos_tui.config.models import Instance
from dazos_tui.instances.doctor import DoctorStep, StepResult, run_doctor
from dazos_tui.instances.factory import Prompts
from dazos_tui.secrets import SecretError

_NAME_WIDTH = max(map(len, DoctorStep))


@click.command()
@instance_option
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: instance, step, ok, words, advice.")
@click.pass_obj
def doctor(settings: Settings, *, instance: str | None, as_json: bool) -> int:
    """Check everything a send needs, without sending: one line per step, up to the first that fails.

    The steps are the connection, its encryption, the login page, the sign-in (one attempt), the admin rights,
    whether the whole list can be read, and the menu item of an active account. The exit code is 0 if all is
    well, else that of the step that failed.
    """
    failed = run_async(_run_doctor(settings.resolve_instance(instance), as_json=as_json))
    if failed is None:
        return ExitCode.DONE
    for line in failed.advice.splitlines():
        echo_err(line)
    if failed.can_be_learned:
        name = quote(settings.resolve_instance(instance).name)
        echo_err(
            f"Copy the request in the browser as cURL, and paste it to “dazos-tui learn -i {name} --curl -”."
        )
    # A step that fails without an error means that the CRM has no way to send a link.
    return (exit_code_for(failed.error) if failed.error is not None else None) or ExitCode.NOT_SENT


async def _run_doctor(instance: Instance, *, as_json: bool) -> StepResult | None:
    """Write each step as it passes; return the one that failed, if any."""
    prompts = Prompts(partial(_read_credential, instance), answer_challenge)
    report_pauses(instance)
    async for step in run_doctor(instance, prompts):
        show_progress("")
        write_stdout([json_line(_step_record(instance, step)) if as_json else _step_line(step)])
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


def _step_record(instance: Instance, step: StepResult) -> dict[str, object]:
    return {
        "instance": instance.name,
        "step": step.step.value,
        "ok": step.ok,
        "words": step.message,
        "advice": step.advice,
    }


def _step_line(step: StepResult) -> str:
    return f"{'ok' if step.ok else 'failed':6}  {step.step:{_NAME_WIDTH}}  {step.message}"
