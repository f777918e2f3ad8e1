"""A user whose home is not known: HOME is not set, and the system has no entry for the user id."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dazos_tui.system.paths import UnknownHomeError, default_config_path, default_state_dir
from tests.patience import patience

_NOBODY = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]


def has_user_namespaces():
    found = shutil.which("unshare") is not None
    return found and subprocess.run([*_NOBODY, "true"], check=False, capture_output=True).returncode == 0


@pytest.fixture
def nobody():
    """Return a function that runs a command as a user without a passwd entry, with only this environment."""
    if not has_user_namespaces():
        pytest.skip("this system makes no users without an entry")

    def run(*arguments, **environment):
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return subprocess.run(
            [*_NOBODY, sys.executable, "-m", "dazos_tui", *arguments],
            env={**kept, "LANG": "C.UTF-8", **environment},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=patience(60),
        )  # fmt: skip

    return run


@pytest.mark.parametrize("command", [["config", "path"], ["history"], ["users", "-i", "x"], ["demo"]])
@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "here"}], ids=str)
def test_an_unknown_home_is_reported_with_advice(nobody, command, environment):
    done = nobody(*command, **environment)
    assert done.returncode == 2
    problem, advice = done.stderr.splitlines()
    assert "your home folder is not known" in problem
    assert all(word in advice for word in ("HOME", "--config", "--state", "XDG_STATE_HOME"))


def test_given_paths_need_no_home(nobody, tmp_path):
    assert nobody("config", "path", XDG_CONFIG_HOME="/x").stdout == "/x/dazos-tui/config.toml\n"
    assert nobody("--state", str(tmp_path), "history").returncode == 0
    config = tmp_path / "config.toml"
    config.write_text('[instances.x]\nurl = "http://127.0.0.1:9/"\nusername = "a"\nenvironment = "sandbox"\n')
    config.chmod(0o600)
    done = nobody("--config", str(config), "--state", str(tmp_path), "users", "-i", "x")
    assert done.returncode == 5
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("find", [default_config_path, default_state_dir])
def test_an_unknown_home_is_not_the_current_folder(find, monkeypatch):
    """Older versions of platformdirs do not replace the “~” if they know no home."""
    for name in ("user_config_path", "user_state_path"):
        monkeypatch.setattr(f"platformdirs.{name}", _left_as_it_is)
    with pytest.raises(UnknownHomeError):
        find()


def _left_as_it_is(*_, **__):
    return Path("~/.config/dazos-tui")
