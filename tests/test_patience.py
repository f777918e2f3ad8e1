"""Time-outs of the tests grow with the slowness of the machine."""

import subprocess
import sys

import pytest

from tests import patience
from tests.patience import QUICK_SECONDS, SLOWEST, processor_patience


@pytest.fixture
def measured(monkeypatch):
    """Return a function that sets the slowness that the next measurements find."""

    def set_slowness(times):
        monkeypatch.setattr(patience, "_work", lambda _: times * QUICK_SECONDS)
        patience._gauge._measured_at = float("-inf")

    monkeypatch.setattr(patience, "_gauge", patience._Gauge())
    return set_slowness


def test_a_slow_machine_gets_more_time_and_a_quick_one_not_less(measured):
    measured(0.1)
    ample = patience.patience(2)
    assert ample >= 2
    measured(3)
    assert patience.patience(2) == pytest.approx(3 * ample)
    measured(1e9)
    assert patience.patience(2) == pytest.approx(SLOWEST * ample)


def test_slowness_falls_by_at_most_half(measured):
    measured(8)
    busy = patience.patience(1)
    measured(1)
    assert patience.patience(1) == pytest.approx(busy / 2)


def test_a_measurement_is_kept_for_a_while(measured, monkeypatch):
    measured(2)
    before = patience.patience(1)
    monkeypatch.setattr(patience, "_work", lambda _: pytest.fail("measured again"))
    assert patience.patience(1) == before


def test_processor_time_is_scaled(measured):
    measured(0.1)
    assert processor_patience(2) == 2
    measured(3)
    assert processor_patience(2) == pytest.approx(6)


def test_the_limit_of_a_test_is_scaled(request):
    assert request.config.option.timeout >= float(request.config.getini("timeout"))


def test_the_fixed_piece_of_work_takes_about_the_stated_time():
    code = "import time; from tests.patience import _work; print(_work(time.process_time))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 0.001 < float(done.stdout) < SLOWEST * QUICK_SECONDS
