"""A user's machine with secrets on it, and a search of everything that a program leaves there."""

import os
import secrets as randomness
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

import tests
from dazos_tui.demo.instance import DemoInstance
from tests import keyrings
from tests.secrecy.search import files_below, find_secrets, without_sequences
from tests.secrecy.terminal import Terminal
from tests.secrecy.wiretap import Wire

_SPYING_COMMAND = """#!/bin/sh
# Saves what a child process can see of secrets, in itself and in its parent process.
cat /proc/$$/cmdline /proc/$$/environ > "{seen}/$$.child"
cat /proc/$PPID/cmdline > "{seen}/$$.cmdline"
cat /proc/$PPID/environ > "{seen}/$$.environ"
cat "{secret}"
"""

Opened = AbstractContextManager[Terminal]


def new_secret(what: str) -> str:
    """Return a unique text, with characters that are escaped or encoded in some places."""
    return f"{what}%/+&='é-{randomness.token_hex(12)}"


@dataclass
class Machine:
    """A home, a working folder and a folder for temporary files; and a vault that secrets are read from."""

    root: Path
    wire: Wire
    secrets: dict[str, str]
    """Everything that must not be found anywhere, by name."""
    variables: dict[str, str] = field(default_factory=dict)
    """Secrets in the environment that the user put there."""
    environment: dict[str, str] = field(default_factory=dict)
    _terminal_output: dict[str, bytes] = field(default_factory=dict)
    _process_info: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("home", "work", "tmp", "vault", "vault/seen"):
            (self.root / name).mkdir(mode=0o700)
        home = self.root / "home"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(tests.__file__).parents[1]),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "HOME": str(home),
            **{f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "DATA", "CACHE")},
            "TMPDIR": str(self.root / "tmp"),
            "PYTHON_KEYRING_BACKEND": keyrings.FILE,
            keyrings.PLACE: str(self.vault / "keyring"),
        }

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def log(self) -> str:
        return (self.root / "home/app.log").read_text()

    def command(self, secret: str) -> list[str]:
        """Return a command that prints a secret, after saving what it can see of secrets."""
        number = len(list(self.vault.iterdir()))
        file, program = self.vault / f"secret-{number}", self.vault / f"tell-{number}"
        file.write_text(f"{secret}\n")
        program.write_text(_SPYING_COMMAND.format(seen=self.vault / "seen", secret=file))
        program.chmod(stat.S_IRWXU)
        return [str(program)]

    def variable(self, name: str, secret: str) -> str:
        """Put a secret into an environment variable, as the user's shell would."""
        self.variables[name] = secret
        return name

    def configure(self, crm: DemoInstance, **keys: Any) -> None:
        """Write a config with only this instance and these keys."""
        table = {"url": crm.url, "username": crm.username, "environment": crm.environment, **keys}
        path = self.root / "home/config/dazos-tui/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(tomli_w.dumps({"instances": {crm.name: table}}))

    def start(self, *arguments: str, module: tuple[str, ...] = ("dazos_tui",)) -> Opened:
        """Start the app, or a module that starts it, in a terminal and with a log."""
        return self.open(
            [sys.executable, "-m", *module, "--log", str(self.root / "home/app.log"), *arguments]
        )

    @contextmanager
    def open(self, command: Sequence[str]) -> Iterator[Terminal]:
        """Start a program in a terminal, and keep its output and process information."""
        terminal = Terminal(command, {**self.environment, **self.variables}, self.root / "work")
        try:
            with terminal:
                yield terminal
        finally:
            self._terminal_output[f"terminal {len(self._terminal_output)}"] = terminal.raw
            self._process_info += terminal.process_info

    def run(self, *arguments: str, typed: Sequence[tuple[str, str]] = (), **options: Any) -> int:
        """Run a command in a terminal, answer what it asks, and return its exit code."""
        with self.start(*arguments, **options) as terminal:
            for question, answer in typed:
                terminal.sees(question)
                terminal.type(f"{answer}\n")
            return terminal.ends()

    def leaks(self) -> list[str]:
        """Return a sentence for each secret that was found, saying where."""
        secrets = {**self.secrets, **self.wire.secrets()}
        return find_secrets(secrets, self._traces()) + [f"OSC 52 on {name}" for name in self._clipboards()]

    def _traces(self) -> dict[str, bytes]:
        plain = {f"{name}, plain": without_sequences(raw) for name, raw in self._terminal_output.items()}
        files = files_below(*(self.root / name for name in ("home", "work", "tmp")))
        return {**files, **self._terminal_output, **plain, **self._processes()}

    def _clipboards(self) -> list[str]:
        output = self._terminal_output.items()
        return [name for name, raw in output if b"\x1b]52" in raw or b"\x1bPtmux" in raw]

    def _processes(self) -> dict[str, bytes]:
        """Return what processes could see, without what the user put into the app's environment."""
        seen = {path.name: path.read_bytes() for path in sorted((self.vault / "seen").iterdir())}
        seen |= {f"{number}: {place}": content for number, (place, content) in enumerate(self._process_info)}
        allowed = [f"{name}={value}".encode() for name, value in self.variables.items()]
        is_apps_own = (".environ", "environ of the app")
        return {
            place: _without_entries(content, allowed) if place.endswith(is_apps_own) else content
            for place, content in seen.items()
        }


def _without_entries(environment: bytes, entries: list[bytes]) -> bytes:
    return b"\0".join(entry for entry in environment.split(b"\0") if entry not in entries)
