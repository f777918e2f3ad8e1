"""``dazos-tui doctor``: whether a link could be sent, each step to it, without sending one."""

from collections.abc import Sequence
from functools import partial

import click
from pydantic import SecretStr

from dazos_tui.cli._support.exit_codes import Exit, Stopped, code_of
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import json_line, out, progress, words
from dazos_tui.cli._support.prompts import answer_question, ask_credential
from dazos_tui.cli._support.signed_in import run_to_end, show_pauses
from dazos_tui.config.models import Instance
from dazos_tui.instances.doctor import CheckStep, Step, check_up
from dazos_tui.instances.factory import Prompts
from dazos_tui.secrets import SecretError

_WIDTH = max(map(len, Step))


@click.command()
@instance_option
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: instance, step, ok, words, advice.")
@click.pass_obj
def doctor(settings: Settings, *, instance: str | None, as_json: bool) -> int:
    """Check all that a send needs, without sending: one line a step, up to the first that fails.

    Looked at are the connection, its encryption, the login page, the sign-in (one attempt), the admin rights,
    whether the whole list can be read, and the menu item of an active account. Exit code: 0 if all is well,
    else that of the step that failed.
    """
    failed = run_to_end(_check(settings.choose(instance), as_json=as_json))
    if failed is None:
        return Exit.DONE
    for line in failed.advice.splitlines():
        words(line)
    # Without an error, the CRM lacks what would send a link.
    return (code_of(failed.error) if failed.error is not None else None) or Exit.NOT_SENT


async def _check(instance: Instance, *, as_json: bool) -> CheckStep | None:
    """Write each step as it passes; return the one that failed, if any."""
    prompts = Prompts(partial(_credential, instance), answer_question)
    show_pauses(instance)
    async for step in check_up(instance, prompts):
        progress("")
        out([json_line(_record(instance, step)) if as_json else _line(step)])
        if not step.ok:
            return step
        progress(f"Checking {instance.name} ({instance.environment.upper()}) …")
    progress("")
    return None


async def _credential(instance: Instance, notes: Sequence[str]) -> SecretStr:
    try:
        return ask_credential(instance, notes)
    except Stopped as stopped:
        # Nobody sits there: one more reason why the sign-in fails.
        raise SecretError(str(stopped), advice=stopped.advice) from None


def _record(instance: Instance, step: CheckStep) -> dict[str, object]:
    return {
        "instance": instance.name,
        "step": step.step.value,
        "ok": step.ok,
        "words": step.words,
        "advice": step.advice,
    }


def _line(step: CheckStep) -> str:
    return f"{'ok' if step.ok else 'failed':6}  {step.step:{_WIDTH}}  {step.words}"
