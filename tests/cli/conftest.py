"""Fixtures to run the command line as a user does: real files, real HTTP, and processes where they matter."""

import io
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from dazos_tui.cli.app import run_cli
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from tests.patience import patience


@dataclass
class Desk:
    """A user's machine: a config, a state folder, and a shell to run commands in."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def configure(self, server: DemoServer, **changes: Any) -> None:
        """Write the config of the demo's instances, each with these keys changed. None removes a key."""
        tables = demo_config(server.instances)
        for name, table in tables["instances"].items():
            changed = {**table, **changes}
            tables["instances"][name] = {key: value for key, value in changed.items() if value is not None}
        self.config.write_text(tomli_w.dumps(tables))

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in this process, which saves starting one. `environment` is not used."""
        stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with redirect_stdout(stdout), redirect_stderr(stderr):
            code = run_cli([*self.places(), *arguments])
        return subprocess.CompletedProcess(arguments, code, _written(stdout), _written(stderr))

    def look(self, *arguments: str) -> str:
        """Run a command in this process on a terminal, and return what it wrote to it."""
        stdout = _Terminal(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(stdout), redirect_stderr(io.StringIO()):
            assert run_cli([*self.places(), *arguments]) == 0
        return _written(stdout)

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in its own process, without a terminal."""
        return subprocess.run(
            self.command(*arguments),
            env=self.all_environment(),
            text=True,
            check=False,
            timeout=patience(60),
            **({"capture_output": True, "stdin": subprocess.DEVNULL} | options),
        )

    def start(self, *arguments: str) -> "Terminal":
        """Run a command with a user at the terminal."""
        return Terminal(self.command(*arguments), self.all_environment())

    def places(self) -> list[str]:
        return ["--config", str(self.config), "--state", str(self.state)]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "dazos_tui", *self.places(), *arguments]

    def all_environment(self) -> dict[str, str]:
        return {**os.environ, "TERM": "xterm", **self.environment}


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


class Terminal:
    """A command whose stdin and stderr are a terminal, with stdout in a pipe."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command, env=environment, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE,
            start_new_session=True, text=True,
        )  # fmt: skip
        os.close(theirs)
        self.seen = ""

    def wait_for(self, text: str, *, times: int = 1) -> None:
        """Read from the terminal until this text has appeared `times` times."""
        while self.seen.count(text) < times:
            chunk = os.read(self._ours, 4096)
            assert chunk, f"{text!r} never came: {self.seen!r}"
            self.seen += chunk.decode(errors="replace")

    def type(self, text: str | bytes) -> None:
        os.write(self._ours, text if isinstance(text, bytes) else text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C, and again each second until the command ends.

        Python misses a signal that arrives just before it begins to wait for a key.
        """
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=1)

    def end(self) -> tuple[int, str]:
        """Return the exit code and stdout. The output on the terminal is in `seen`."""
        stdout, _ = self.process.communicate(timeout=patience(60))
        with suppress(OSError):
            while chunk := os.read(self._ours, 4096):
                self.seen += chunk.decode(errors="replace")
        os.close(self._ours)
        return self.process.returncode, stdout


@pytest.fixture
def demo() -> Iterator[DemoServer]:
    with DemoServer() as server:
        yield server


@pytest.fixture
def harbor(demo: DemoServer) -> DemoInstance:
    return demo.instance("harbor-prod")


@pytest.fixture
def desk(tmp_path: Path, demo: DemoServer) -> Desk:
    desk = Desk(tmp_path)
    desk.configure(demo)
    return desk
