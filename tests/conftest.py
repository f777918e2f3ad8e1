"""Every test lives in a home of its own and knows nothing of the machine's configuration."""

import gc
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.patience import patience

# A shell that runs this in the background has it ignore Ctrl+C, and all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

WORKERS_FOR_EACH_CORE = 2
"""Half the time of a test of the app passes in waiting for it."""

_OBJECTS = 50_000
"""How many more objects there are before the garbage is looked for."""

# Each app makes and drops some ten thousand objects, and most that a test process holds stays to its end.
gc.set_threshold(_OBJECTS, 20, 50)

# A busy machine takes long over an example that is quick, and over making one.
settings.register_profile(
    "any machine", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have the limit of a test grow with the slowness of the machine."""
    if config.option.timeout is None:
        config.option.timeout = patience(float(config.getini("timeout")))


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` means."""
    return WORKERS_FOR_EACH_CORE * len(os.sched_getaffinity(0))


@pytest.fixture(autouse=True)
def _own_home(monkeypatch, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    # Nobody's real keyring is asked.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    # Nor anybody's terminal, desktop or clipboard.
    for name in ("TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DAZOS_TUI_CONFIG", "DAZOS_TUI_STATE", "NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
