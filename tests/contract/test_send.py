"""The check of everything that a send needs, and one send if somebody was named who gets it."""

import pytest

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import Status
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.doctor import DoctorStep, run_doctor
from dazos_tui.resets.service import ResetService
from tests.contract.conftest import PROMPTS, Target

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_doctor_passes_every_step_but_perhaps_the_last(target: Target) -> None:
    steps = [step async for step in run_doctor(target.instance, PROMPTS)]
    assert [step.step for step in steps] == list(DoctorStep)
    assert all(step.ok for step in steps[:-1])
    if not steps[-1].ok:
        target.skip(f"The instance has no way to send a link: {steps[-1].message}")


async def test_a_link_is_sent_to_the_person_who_was_named(target: Target, crm: CrmClient, tmp_path) -> None:
    """Sends a real mail: only with --mail-to, or on the demo."""
    if target.mail_to is None:
        pytest.skip("Nobody was named who gets a link (--mail-to).")
    [row] = await crm.find_exact(target.mail_to)
    assert row.user.status is not Status.INACTIVE
    with HistoryStore(tmp_path / "history.db") as store:
        service = ResetService(target.instance, crm, store)
        prepared = await service.prepare(row.user.id)
        if prepared.blockers:
            target.skip(f"No link can be sent: {prepared.blockers[0].message}")
        result = await service.send(prepared, allowed={finding.code for finding in prepared.overridable})
        [entry] = store.search()
    assert (entry.outcome, result.error) == (Outcome.SENT, None), entry.message
    if target.demo is not None:
        assert [mail.user_name for mail in target.demo.outbox] == [target.mail_to]
