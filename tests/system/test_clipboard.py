"""The clipboard, with a real tmux and the other end of a real terminal."""

import base64
import os
import pty
import re
import subprocess
import tty
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from dazos_tui.system.clipboard import MAX_OSC52_BYTES, copy_text
from tests.patience import patience
from tests.smoke.terminal import needs_tmux

TEXT = "Grüße,\n\tthe link is on its way ✓ $HOME 'x'\n"
SENT = (
    "Sent to your terminal's clipboard. In case it did not accept it, the text stays here for you to select."
)


async def copied(*arguments) -> str:
    """Copy a text; return the message, which must agree with whether the text left."""
    result = await copy_text(*arguments)
    failed = "Too long" in result.message or "Could not reach" in result.message
    assert result.is_sent is not failed
    return result.message


class Tmux:
    """A tmux server in its default configuration, with one session."""

    def __init__(self) -> None:
        self.socket = f"dazos-{uuid.uuid4().hex[:8]}"
        self.ask("-f", "/dev/null", "new-session", "-d", "-s", "t", "sh")
        self.environ = {
            "PATH": os.environ["PATH"],
            "TMUX": self.ask("display-message", "-p", "#{socket_path},#{pid},0").strip(),
        }

    def ask(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-L", self.socket, *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=patience(30),
        ).stdout

    def attach(self, terminal: int) -> subprocess.Popen[bytes]:
        """Show the session on a terminal."""
        return subprocess.Popen(
            ["tmux", "-L", self.socket, "attach"], stdin=terminal, stdout=terminal, stderr=terminal,
            env={**os.environ, "TERM": "xterm-256color"}, start_new_session=True,
        )  # fmt: skip


@pytest.fixture
def tmux() -> Iterator[Tmux]:
    server = Tmux()
    yield server
    # The end of its last session may have ended the server.
    with suppress(subprocess.CalledProcessError):
        server.ask("kill-server")


@pytest.fixture
def stand_in(tmp_path) -> Callable[[str], dict[str, str]]:
    """Makes an environment in which tmux is a script of ours."""

    def make(script: str) -> dict[str, str]:
        program = tmp_path / "tmux"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMUX": "/nowhere,1,0"}

    return make


def refuse(_sequence: str) -> None:
    raise OSError(5, "Input/output error")


def unwrapped(sequence: str) -> str:
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    assert found, repr(sequence[:100])
    return base64.b64decode(found[1]).decode()


@needs_tmux
@pytest.mark.parametrize("text", [TEXT, "-w", "", "x" * 200_000], ids=len)
async def test_in_tmux_its_buffer_gets_the_text(tmux, text):
    told = await copied(text, refuse, tmux.environ)
    assert told == "Copied into tmux's buffer and sent to your terminal's clipboard."
    # An empty text makes no buffer.
    if text:
        assert tmux.ask("show-buffer") == text


@needs_tmux
async def test_tmux_sends_it_to_its_own_terminal(tmux):
    ours, theirs = pty.openpty()
    client = tmux.attach(theirs)
    os.close(theirs)
    seen = b""
    while b"\x1b[?1049h" not in seen:
        seen += os.read(ours, 4096)
    await copy_text(TEXT, refuse, tmux.environ)
    wanted = base64.b64encode(TEXT.encode())
    while wanted not in seen:
        seen += os.read(ours, 4096)
    assert b"\x1b]52;" in seen
    client.terminate()
    client.wait(timeout=patience(30))
    os.close(ours)


@needs_tmux
async def test_a_dead_tmux_is_reported_and_the_terminal_used(tmux):
    tmux.ask("kill-session", "-t", "t")
    written: list[str] = []
    told = await copied(TEXT, written.append, tmux.environ)
    assert told.startswith("tmux ended with exit code 1: ")
    assert told.endswith(f". {SENT}")
    assert [unwrapped(sequence) for sequence in written] == [TEXT]


async def test_an_older_tmux_gets_it_only_into_its_buffer(stand_in, tmp_path):
    kept = tmp_path / "kept"
    environ = stand_in(
        f'[ "$2" = -w ] && {{ echo "usage: load-buffer path" >&2; exit 1; }}; echo "$@" >&2; cat > {kept}'
    )
    told = await copied(TEXT, refuse, environ)
    assert told == (
        "Copied into tmux's buffer (paste it with tmux's paste key), but not to your terminal's clipboard."
    )
    assert kept.read_text() == TEXT


async def test_a_hanging_tmux_is_abandoned(stand_in, monkeypatch):
    monkeypatch.setattr("dazos_tui.system.clipboard.TMUX_SECONDS", 0.3)
    written: list[str] = []
    told = await copied(TEXT, written.append, stand_in("sleep 600"))
    assert told == f"tmux did not end within 0.3 seconds. {SENT}"
    assert [unwrapped(sequence) for sequence in written] == [TEXT]


async def test_without_a_tmux_program_the_terminal_is_used(tmp_path):
    written: list[str] = []
    told = await copied(TEXT, written.append, {"TMUX": "/x,1,0", "PATH": str(tmp_path)})
    assert told == f"tmux was not found. {SENT}"
    assert len(written) == 1


async def test_tmux_gets_none_of_our_secrets(stand_in, tmp_path):
    environ = stand_in(f"env > {tmp_path / 'kept'}")
    await copy_text(TEXT, refuse, environ | {"CRM_PW": "hunter2"})
    kept = (tmp_path / "kept").read_text()
    assert "TMUX=/nowhere,1,0" in kept
    assert "hunter2" not in kept


async def test_a_terminal_gets_one_sequence():
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    told = await copied(TEXT, lambda sequence: os.write(theirs, sequence.encode()), {})
    assert told == SENT
    assert unwrapped(os.read(ours, 4096).decode()) == TEXT
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("size", [1, 100, 10_000, MAX_OSC52_BYTES])
async def test_gnu_screen_gets_it_in_pieces_that_it_passes_on(size):
    written: list[str] = []
    assert await copied("x" * size, written.append, {"STY": "1.pts-0.host"}) == SENT
    pieces = re.findall(r"\x1bP([^\x1b]*|\x1b[^\x1b]*)\x1b\\", written[0])
    assert "".join(f"\x1bP{piece}\x1b\\" for piece in pieces) == written[0]
    assert all(0 < len(piece) <= 256 for piece in pieces)
    assert unwrapped("".join(pieces)) == "x" * size


async def test_a_text_that_is_too_long_is_not_sent():
    written: list[str] = []
    told = await copied("é" * (MAX_OSC52_BYTES // 2 + 1), written.append, {})
    assert told.startswith("Too long for a terminal's clipboard (more than 74,994 bytes)")
    assert not written
    assert await copied("é" * (MAX_OSC52_BYTES // 2), written.append, {}) == SENT
    assert len(written[0]) <= 100_000


async def test_a_closed_terminal_is_reported():
    told = await copied(TEXT, refuse, {})
    assert told == "Could not reach the terminal's clipboard: the text stays here for you to select."
