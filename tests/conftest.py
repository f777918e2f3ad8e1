"""Isolation and time-outs of all tests: each has its own home, without the machine's configuration."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.contract.options import add_options
from tests.patience import patience

# A shell that runs the tests in the background makes them, and their child processes, ignore Ctrl+C.
signal.signal(signal.SIGINT, signal.default_int_handler)

WORKERS_FOR_EACH_CORE = 3
"""A test of the app spends most of its time waiting."""

_OBJECTS = 50_000
"""The number of new objects that start a garbage collection."""

# Each app creates and drops some ten thousand objects, and most others live as long as the test process.
gc.set_threshold(_OBJECTS, 20, 10)

# Without compiled files, each of the hundreds of processes that tests start would compile all modules first.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# On a busy machine, an example takes long to make and to run.
settings.register_profile(
    "any machine", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# Mutation testing asks only whether there is one that fails.
settings.register_profile(
    "mutants",
    settings.get_profile("any machine"),
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    database=None,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "any machine"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the contract tests: here, so that they are known wherever pytest starts."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Scale the time limit of a test with the slowness of the machine."""
    if config.option.timeout is None:
        config.option.timeout = patience(float(config.getini("timeout")))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that what measures the coverage would disturb: it writes files, and imports modules."""
    if item.get_closest_marker("without_coverage") and item.config.getoption("cov_source", None):
        pytest.skip("coverage is measured")


def pytest_collection_finish() -> None:
    """Exempt all modules and tests from garbage collection: they live as long as the process."""
    gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of processes for `-n auto`."""
    return WORKERS_FOR_EACH_CORE * len(os.sched_getaffinity(0))


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return paths for new folders. `mktemp`, for each test, would look through those of all tests before."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count(1))


@pytest.fixture(autouse=True)
def _own_home(monkeypatch, _homes):
    home = next(_homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    # Never use the user's real keyring,
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    # terminal, desktop or clipboard; pytest-xdist gives its processes a width.
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    for name in ("TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DAZOS_TUI_CONFIG", "DAZOS_TUI_STATE", "NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
