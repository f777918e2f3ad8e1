"""Whatever happens on the wire, a reset ends with an outcome that is true.

Every kind of fault strikes the POST of a send once, and, but for some that only wait, that of the
forgot-password form; each also strikes some of the other steps, for ever or once. With ``FAULT_BENCH=full``
in the environment, every kind strikes every step, both ways.
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
from tests.faults.scenario import Stage, Told, longest, route_of, strike_of

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
    # No connection is open yet that could be spoilt while it is idle.
    return not (kind.when is When.IDLE and step is Step.LOGIN_PAGE)


def _elsewhere() -> Iterator[tuple[Kind, Step, int]]:
    """Yield kind, step and number of strikes: all of them, or so that each step meets every sort of fault."""
    for number, kind in enumerate(KINDS):
        # What only a time-out ends takes its time, three times as much where it strikes for ever.
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
def stage_of(demo, tmp_path) -> Iterator[Callable[[Step], Stage]]:
    yield lambda step: Stage(demo, tmp_path, route_of(step))
    for instance in demo.instances:
        instance.faults.clear()


@pytest.fixture
def stage(stage_of: Callable[[Step], Stage]) -> Stage:
    return stage_of(Step.SEND)


@pytest.mark.parametrize("kind", KINDS, ids=_name)
async def test_a_send_is_recorded_as_what_its_answer_proves(stage, kind, caplog):
    caplog.set_level("DEBUG")
    told = await stage.play(strike_of(kind, Step.SEND, 1), stage.people[0])
    _ends_as(told, kind.outcome)
    _is_true(told)
    _keeps_secrets(told, stage, caplog.text)
    assert told.seconds <= longest(kind)


@pytest.mark.parametrize("kind", _OF_FORM, ids=_name)
async def test_a_link_by_the_form_is_recorded_as_what_its_answer_proves(stage_of, kind, caplog):
    caplog.set_level("DEBUG")
    stage = stage_of(Step.FORM)
    told = await stage.play(strike_of(kind, Step.FORM, 1), stage.people[0])
    _ends_as(told, kind.form_outcome)
    _is_true(told)
    _keeps_secrets(told, stage, caplog.text)
    assert told.seconds <= longest(kind)


@pytest.mark.parametrize(("kind", "step", "times"), _elsewhere(), ids=_name)
async def test_a_fault_before_or_after_the_send_ends_in_an_error_of_the_family_or_in_the_truth(
    stage_of, kind, step, times, caplog
):
    caplog.set_level("DEBUG")
    stage = stage_of(step)
    told = await stage.play(strike_of(kind, step, times), stage.people[0])
    assert told.proxy.struck
    assert (told.error is None) == bool(told.results)
    assert step is not Step.SIGN_OUT or told.error is None
    assert all(told.posts(form) <= 1 for form in (Step.SIGN_IN, Step.CODE))
    _is_true(told)
    _keeps_secrets(told, stage, caplog.text)
    assert told.seconds <= longest(kind)


@pytest.mark.parametrize(
    "kind",
    _IN_USE,
    ids=_name,
)
async def test_what_an_answer_left_on_the_wire_answers_no_later_send(stage, kind):
    first, second = stage.people[:2]
    told = await stage.play(strike_of(kind, Step.SEND, 1), first, second, between=stage.refuse_next)
    assert told.error is None
    assert second.user_name not in told.mailed
    assert told.results[1].entry.outcome is not Outcome.SENT
    _is_true(told)


async def test_a_success_behind_the_answer_to_a_look_answers_no_send(stage):
    kind = Kind("success behind a page", When.ACTED, Outcome.REFUSED, change=lambda raw: raw + answer(YES))
    stage.refuse_next()
    told = await stage.play(strike_of(kind, Step.ROW, 1), stage.people[0])
    assert told.error is None
    assert told.mailed == []
    assert told.results[0].entry.outcome is not Outcome.SENT


def _ends_as(told: Told, outcome: Outcome) -> None:
    assert told.error is None
    assert told.proxy.struck == 1
    assert [result.entry.outcome for result in told.results] == [outcome]


def _is_true(told: Told) -> None:
    """Compare what the client and its history say with what the CRM did."""
    mails = Counter(told.mailed)
    assert told.rows == [result.entry for result in told.results]
    assert told.posts(Step.SEND) + told.posts(Step.FORM) <= len(told.results)
    for row in told.rows:
        count = mails.pop(row.request.user_name, 0)
        assert row.finished_at is not None
        assert count <= 1
        assert count == 1 or row.outcome is not Outcome.SENT
        assert count == 0 or row.outcome in {Outcome.SENT, Outcome.UNKNOWN}
    assert not mails


def _keeps_secrets(told: Told, stage: Stage, log: str) -> None:
    """See that no error says the password or a token, and that each says what happened and what to do."""
    errors = [error for error in (told.error, *(result.error for result in told.results)) if error]
    said = "".join("".join(traceback.format_exception(error)) + repr(error) for error in errors) + log
    assert stage.crm.password not in said
    assert (stage.crm.one_time_code or "no code") not in said
    assert not re.search("sid:[0-9a-f]{8}|PHPSESSID", said)
    for error in errors:
        assert isinstance(error, CrmError)
        assert str(error)
        assert error.advice
        assert error.__cause__ is None
