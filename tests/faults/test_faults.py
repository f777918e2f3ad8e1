"""Whatever happens on the network, a reset ends with a true outcome.

Every kind of fault is caused once at the POST of a send and, except some that only wait, at that of the
forgot-password form. Each is also caused at some of the other steps, once or permanently. With
``FAULT_BENCH=full`` in the environment, every kind is caused at every step, once and permanently.
"""

import os
import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from dazos_tui.crm.errors import CrmError
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome
from tests.crm.servers import answer
from tests.faults.fault_kinds import FORM_KINDS, KINDS, YES, End, Kind, When
from tests.faults.proxy import Step
from tests.faults.scenario import JobBench, JobResult, longest, route_of, strike_of

FULL = os.environ.get("FAULT_BENCH") == "full"
FOR_EVER = 1_000
_OTHERS = [step for step in Step if step not in {Step.SEND, Step.FORM}]
_OF_FORM = [kind for number, kind in enumerate(FORM_KINDS) if FULL or not kind.waits or number % 4 == 1]
_DOUBLE = ("answer given twice", "answer, then garbage", "Content-Length too short", "100 Continue first")
_IN_USE = [
    kind
    for kind in KINDS
    if kind.end is End.KEEP and not kind.waits and not kind.before and (FULL or kind.name in _DOUBLE)
]


def _possible(kind: Kind, step: Step) -> bool:
    # There is no idle connection yet that could break.
    return not (kind.when is When.IDLE and step is Step.LOGIN_PAGE)


def _elsewhere() -> Iterator[tuple[Kind, Step, int]]:
    """Yield kind, step and number of faults: all, or a selection with all sorts of faults at each step."""
    for number, kind in enumerate(KINDS):
        # Faults that only a time-out ends take long, and three times longer if they are permanent.
        chosen = number % (4 if kind.waits else 2) == 1
        steps = _OTHERS if FULL else [_OTHERS[number // 2 % len(_OTHERS)]] * chosen
        often = (1, FOR_EVER) if FULL else (1,) if kind.waits or number % 4 == 1 else (FOR_EVER,)
        yield from ((kind, step, times) for step in steps for times in often if _possible(kind, step))


def _name(value: object) -> str | None:
    if isinstance(value, int):
        return "once" if value == 1 else "always"
    return str(value)


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def stage_of(demo, tmp_path) -> Iterator[Callable[[Step], JobBench]]:
    yield lambda step: JobBench(demo, tmp_path, route_of(step))
    for instance in demo.instances:
        instance.faults.clear()


@pytest.fixture
def stage(stage_of: Callable[[Step], JobBench]) -> JobBench:
    return stage_of(Step.SEND)


@pytest.mark.parametrize("kind", KINDS, ids=_name)
async def test_a_send_is_recorded_as_what_its_answer_proves(stage, kind, caplog):
    caplog.set_level("DEBUG")
    job = await stage.play(strike_of(kind, Step.SEND, 1), stage.people[0])
    _ends_as(job, kind.outcome)
    _is_true(job)
    _keeps_secrets(job, stage, caplog.text)
    assert job.seconds <= longest(kind)


@pytest.mark.parametrize("kind", _OF_FORM, ids=_name)
async def test_a_link_by_the_form_is_recorded_as_what_its_answer_proves(stage_of, kind, caplog):
    caplog.set_level("DEBUG")
    stage = stage_of(Step.FORM)
    job = await stage.play(strike_of(kind, Step.FORM, 1), stage.people[0])
    _ends_as(job, kind.form_outcome)
    _is_true(job)
    _keeps_secrets(job, stage, caplog.text)
    assert job.seconds <= longest(kind)


@pytest.mark.parametrize(("kind", "step", "times"), _elsewhere(), ids=_name)
async def test_a_fault_before_or_after_the_send_ends_in_a_crm_error_or_a_true_outcome(
    stage_of, kind, step, times, caplog
):
    caplog.set_level("DEBUG")
    stage = stage_of(step)
    job = await stage.play(strike_of(kind, step, times), stage.people[0])
    assert job.proxy.struck
    assert (job.error is None) == bool(job.results)
    assert step is not Step.SIGN_OUT or job.error is None
    assert all(job.posts(form) <= 1 for form in (Step.SIGN_IN, Step.CODE))
    _is_true(job)
    _keeps_secrets(job, stage, caplog.text)
    assert job.seconds <= longest(kind)


@pytest.mark.parametrize(
    "kind",
    _IN_USE,
    ids=_name,
)
async def test_bytes_left_over_from_an_answer_do_not_answer_a_later_send(stage, kind):
    first, second = stage.people[:2]
    job = await stage.play(strike_of(kind, Step.SEND, 1), first, second, between=stage.refuse_next)
    assert job.error is None
    assert second.user_name not in job.mailed
    assert job.results[1].entry.outcome is not Outcome.SENT
    _is_true(job)


async def test_a_success_after_the_answer_to_a_read_does_not_answer_a_send(stage):
    kind = Kind("success behind a page", When.ACTED, Outcome.REFUSED, change=lambda raw: raw + answer(YES))
    stage.refuse_next()
    job = await stage.play(strike_of(kind, Step.ROW, 1), stage.people[0])
    assert job.error is None
    assert job.mailed == []
    assert job.results[0].entry.outcome is not Outcome.SENT


def _ends_as(job: JobResult, outcome: Outcome) -> None:
    assert job.error is None
    assert job.proxy.struck == 1
    assert [result.entry.outcome for result in job.results] == [outcome]


def _is_true(job: JobResult) -> None:
    """Compare the client's result and its history with what the CRM did."""
    mails = Counter(job.mailed)
    assert job.rows == [result.entry for result in job.results]
    assert job.posts(Step.SEND) + job.posts(Step.FORM) <= len(job.results)
    for row in job.rows:
        count = mails.pop(row.request.user_name, 0)
        assert row.finished_at is not None
        assert count <= 1
        assert count == 1 or row.outcome is not Outcome.SENT
        assert count == 0 or row.outcome in {Outcome.SENT, Outcome.UNKNOWN}
    assert not mails


def _keeps_secrets(job: JobResult, stage: JobBench, log: str) -> None:
    """Check that no error has the password or a token, and that each says what happened and what to do."""
    errors = [error for error in (job.error, *(result.error for result in job.results)) if error]
    said = "".join("".join(traceback.format_exception(error)) + repr(error) for error in errors) + log
    assert stage.crm.password not in said
    assert (stage.crm.one_time_code or "no code") not in said
    assert not re.search("sid:[0-9a-f]{8}|PHPSESSID", said)
    for error in errors:
        assert isinstance(error, CrmError)
        assert str(error)
        assert error.advice
        assert error.__cause__ is None
