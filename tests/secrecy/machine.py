"""A person's machine on which secrets lie about, and a search of everything that is left there."""

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
from tests.secrecy.search import files_below, found, without_sequences
from tests.secrecy.terminal import Terminal
from tests.secrecy.wiretap import Wire

_TELLS = """#!/bin/sh
# What a program that was started sees of secrets, and what can be seen of whoever started it.
cat /proc/$$/cmdline /proc/$$/environ > "{seen}/$$.child"
cat /proc/$PPID/cmdline > "{seen}/$$.cmdline"
cat /proc/$PPID/environ > "{seen}/$$.environ"
cat "{secret}"
"""

Opened = AbstractContextManager[Terminal]


def new_secret(what: str) -> str:
    """Return a text that is nowhere else, with characters that are written otherwise in some places."""
    return f"{what}%/+&='é-{randomness.token_hex(12)}"


@dataclass
class Machine:
    """Home, a folder to work in, one for passing files; and a vault, which is what secrets are read from."""

    root: Path
    wire: Wire
    secrets: dict[str, str]
    """All that must be found nowhere, by name."""
    variables: dict[str, str] = field(default_factory=dict)
    """Secrets that stand in the environment because the person put them there."""
    environment: dict[str, str] = field(default_factory=dict)
    _written: dict[str, bytes] = field(default_factory=dict)
    _looks: list[tuple[str, bytes]] = field(default_factory=list)

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
        """Return a command that prints a secret, and first keeps what it and others can see of secrets."""
        number = len(list(self.vault.iterdir()))
        place, program = self.vault / f"secret-{number}", self.vault / f"tell-{number}"
        place.write_text(f"{secret}\n")
        program.write_text(_TELLS.format(seen=self.vault / "seen", secret=place))
        program.chmod(stat.S_IRWXU)
        return [str(program)]

    def variable(self, name: str, secret: str) -> str:
        """Put a secret into a variable, as a person's shell would."""
        self.variables[name] = secret
        return name

    def configure(self, crm: DemoInstance, **keys: Any) -> None:
        """Write a config with just this instance and these keys."""
        table = {"url": crm.url, "username": crm.username, "environment": crm.environment, **keys}
        path = self.root / "home/config/dazos-tui/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(tomli_w.dumps({"instances": {crm.name: table}}))

    def start(self, *arguments: str, module: tuple[str, ...] = ("dazos_tui",)) -> Opened:
        """Start the app, or a module that starts it, at a terminal and with a log."""
        return self.open(
            [sys.executable, "-m", *module, "--log", str(self.root / "home/app.log"), *arguments]
        )

    @contextmanager
    def open(self, command: Sequence[str]) -> Iterator[Terminal]:
        """Start a program at a terminal, and keep what is seen of it."""
        terminal = Terminal(command, {**self.environment, **self.variables}, self.root / "work")
        try:
            with terminal:
                yield terminal
        finally:
            self._written[f"terminal {len(self._written)}"] = terminal.raw
            self._looks += terminal.looks

    def run(self, *arguments: str, typed: Sequence[tuple[str, str]] = (), **options: Any) -> int:
        """Run a command at a terminal, answer what it asks, and return its exit code."""
        with self.start(*arguments, **options) as terminal:
            for question, answer in typed:
                terminal.sees(question)
                terminal.type(f"{answer}\n")
            return terminal.ends()

    def leaks(self) -> list[str]:
        """Return each secret that was found, and where: a sentence each."""
        secrets = {**self.secrets, **self.wire.secrets()}
        return found(secrets, self._left()) + [f"OSC 52 on {name}" for name in self._clipboards()]

    def _left(self) -> dict[str, bytes]:
        plain = {f"{name}, plain": without_sequences(raw) for name, raw in self._written.items()}
        files = files_below(*(self.root / name for name in ("home", "work", "tmp")))
        return {**files, **self._written, **plain, **self._processes()}

    def _clipboards(self) -> list[str]:
        return [name for name, raw in self._written.items() if b"\x1b]52" in raw or b"\x1bPtmux" in raw]

    def _processes(self) -> dict[str, bytes]:
        """Return what was seen of processes. What the person put into the app's environment is left out."""
        seen = {path.name: path.read_bytes() for path in sorted((self.vault / "seen").iterdir())}
        seen |= {f"{number}: {place}": content for number, (place, content) in enumerate(self._looks)}
        own = [f"{name}={value}".encode() for name, value in self.variables.items()]
        return {
            place: _without(content, own) if place.endswith((".environ", "environ of the app")) else content
            for place, content in seen.items()
        }


def _without(environment: bytes, entries: list[bytes]) -> bytes:
    return b"\0".join(entry for entry in environment.split(b"\0") if entry not in entries)
