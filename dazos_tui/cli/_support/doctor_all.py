"""Checking all instances at once, for ``dazos-tui doctor --all``."""

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial

from dazos_tui.cli._support.exit_codes import ExitCode, echo_problem, exit_code_for
from dazos_tui.cli._support.output import echo_err, json_line, show_progress, write_stdout
from dazos_tui.cli._support.signed_in import report_pauses
from dazos_tui.cli._support.tables import ENVIRONMENT_COLOURS, Column, Table
from dazos_tui.config.models import Instance
from dazos_tui.crm.errors import CrmError
from dazos_tui.instances.doctor import DoctorStep, StepResult, run_doctor
from dazos_tui.instances.many import InstanceAnswer, ask_each, no_prompts
from dazos_tui.secrets import SecretError

DOCTOR_SECONDS = 120.0
"""How long the check of one instance may take: a long list is read completely."""

_STEPS = tuple(DoctorStep)
_COLUMNS = (
    Column("result", fixed=True),
    Column("instance", fixed=True),
    Column("environment", fixed=True, optional=True, colours=ENVIRONMENT_COLOURS),
    Column("problem"),
)


async def check_all(instances: Sequence[Instance], jobs: int, seconds: float, *, as_json: bool) -> ExitCode:
    """Write the result of each instance as it arrives; return the highest exit code."""
    table = Table(_COLUMNS)
    steps: dict[str, list[StepResult]] = {one.name: [] for one in instances}
    done, failed = 0, dict[str, tuple[StepResult, ExitCode]]()
    for instance in instances:
        report_pauses(instance)
    show_progress(f"Checking {len(instances)} instances …")
    ask = partial(_check, steps)
    async with aclosing(ask_each(instances, ask, jobs=jobs, seconds=seconds)) as answers:
        async for answer in answers:
            done += 1
            name = answer.instance.name
            passed = _with_time_out(answer, steps[name])
            if not passed[-1].ok:
                failed[name] = passed[-1], _exit_code(passed[-1])
            show_progress("")
            write_stdout(_lines(answer.instance, passed, table, as_json=as_json))
            show_progress(f"Checked {done} of {len(instances)} instances …")
    show_progress("")
    _echo_summary([one for one in instances if one.name in failed], failed, len(instances))
    return max((code for _, code in failed.values()), default=ExitCode.DONE)


async def _check(steps: dict[str, list[StepResult]], instance: Instance) -> None:
    """Add each step of an instance to its list as it passes."""
    async with aclosing(run_doctor(instance, no_prompts(instance))) as results:
        async for step in results:
            steps[instance.name].append(step)


def _with_time_out(answer: InstanceAnswer[None], steps: Sequence[StepResult]) -> list[StepResult]:
    """Return the steps, with the one at which the instance was given up, if it was."""
    if answer.error is None:
        return list(steps)
    at = _STEPS[min(len(steps), len(_STEPS) - 1)]
    return [*steps, _failed_step(at, answer.error)]


def _failed_step(at: DoctorStep, error: CrmError | SecretError) -> StepResult:
    return StepResult(at, ok=False, message=str(error), advice=error.advice, error=error)


def _exit_code(step: StepResult) -> ExitCode:
    # A step that fails without an error means that the CRM has no way to send a link.
    return (exit_code_for(step.error) if step.error is not None else None) or ExitCode.NOT_SENT


def _lines(instance: Instance, steps: Sequence[StepResult], table: Table, *, as_json: bool) -> list[str]:
    if as_json:
        return [json_line(step_record(instance, step)) for step in steps]
    last = steps[-1]
    words = "" if last.ok else f"{last.step}: {last.message}"
    return table.lines([("ok" if last.ok else "failed", instance.name, instance.environment.upper(), words)])


def _echo_summary(
    instances: Sequence[Instance], failed: dict[str, tuple[StepResult, ExitCode]], checked: int
) -> None:
    if failed:
        echo_err(f"{checked - len(failed)} of {checked} instances are ready. Not ready:")
    for instance in instances:
        step, _ = failed[instance.name]
        echo_problem(f"{instance.name}: {step.message}", advice=step.advice)


def step_record(instance: Instance, step: StepResult) -> dict[str, object]:
    """Return the JSON record of a step."""
    return {
        "instance": instance.name,
        "step": step.step.value,
        "ok": step.ok,
        "words": step.message,
        "advice": step.advice,
    }
