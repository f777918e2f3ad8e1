"""Completion in the real shells, as a user installs it: type, press Tab, read what is on the line."""

import re
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tomli_w

from dazos_tui.directory.remembered import ListSource, RememberedPeople, RememberedPerson, remember_people
from docs.written import ROOT
from tests.smoke.terminal import Terminal, needs_tmux
from tests.support import eventually

pytestmark = needs_tmux

HOSTILE = 'q it\'s "odd" $(touch pwned) `touch pwned` & ; | * ~ ! \\ é'
HOSTILE_USER = "x'y $(touch pwned)\";touch pwned"
COMMANDS = {"bash": ["bash", "--noprofile", "-i"], "zsh": ["zsh", "-i"], "fish": ["fish", "-i"]}
FILES = {
    ".bashrc": "PS1='> '\n",
    # Without this file, zsh asks a new user questions.
    ".zshrc": "PS1='> '\nunsetopt PROMPT_SP\n",
    ".config/fish/config.fish": "set -g fish_greeting\nfunction fish_prompt; echo -n '> '; end\n",
    # Without this folder, fish reads all man pages of the machine first.
    ".local/share/fish/generated_completions/none.fish": "",
    "bin/arguments": "#!/bin/sh\nfor each; do printf '<%s>\\n' \"$each\"; done\n",
    "folder/it's.toml": "",
}


class Shell(Terminal):
    """A shell at a terminal, in a home folder of its own."""

    def __init__(self, name: str, home: Path) -> None:
        path = f"{home / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
        environment = {
            "HOME": home, "PATH": path, "TERM": "screen", "LANG": "C.UTF-8", "PYTHONPATH": ROOT,
            "DAZOS_TUI_CONFIG": home / "config.toml", "DAZOS_TUI_STATE": home / "state",
        }  # fmt: skip
        settings = [f"{key}={value}" for key, value in environment.items()]
        super().__init__(["env", "-i", "-C", str(home), *settings, *COMMANDS[name]])

    def complete(self, line: str, *sees: str) -> str:
        """Type a line in place of the last one, press Tab, and wait for these words; return the screen."""
        self.press("C-e", "C-u", "C-l")
        assert eventually(lambda: self.text.strip() == ">", seconds=15), self.text
        self.type(line)
        self.press("Tab")
        return self.sees(*sees)

    def arguments(self) -> list[str]:
        """Return the words that the shell itself reads in the line, now that it is complete."""
        self.press("C-a")
        self.type("arguments ")
        self.press("C-e")
        self.type(" END")
        self.press("Enter")
        *words, _ = re.findall(r"^<(.*)>$", self.sees("<END>"), re.MULTILINE)
        return words


def documented_command(shell: str) -> str:
    """Return the command in docs/install.md that installs the completion of a shell."""
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    found: str
    [found] = re.findall(rf"^(.*\S) +# {shell}\b", page, re.MULTILINE)
    return found


@pytest.fixture
def silent_port():
    """Yield the port of a server; at the end, nobody may have connected to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.fixture
def home(tmp_path, silent_port):
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o700)
    server = f"127.0.0.1:{silent_port}/"
    tables = {
        name: {"url": f"http://{server}", "username": "admin", "environment": "sandbox"}
        for name in ("acme", "harbor-prod", "harbor-test", HOSTILE)
    }
    (tmp_path / "config.toml").write_text(tomli_w.dumps({"instances": tables}))
    people = [
        RememberedPerson("1", "ann", "Ann Bell", "ann@example.com", "Sales", "active"),
        RememberedPerson("2", HOSTILE_USER, "$(touch pwned)", "", "Sales", "active"),
    ]
    source = ListSource("acme", server, "admin")
    assert remember_people(
        tmp_path / "state", RememberedPeople.from_people(source, datetime.now(UTC), 24, people)
    )
    return tmp_path


@pytest.fixture(params=COMMANDS)
def shell(request, home):
    """Yield a new shell of a user who has installed the completion as it is documented."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    with Shell(request.param, home) as first:
        first.sees(">")
        first.type(f"{documented_command(request.param)} && echo ins''talled")
        first.press("Enter")
        first.sees("installed")
    with Shell(request.param, home) as installed:
        installed.sees(">")
        yield installed
    assert not list(home.rglob("pwned"))


def test_a_line_is_completed(shell):
    shell.complete("dazos-tui us", "dazos-tui users")
    shell.complete("dazos-tui history --outc", "dazos-tui history --outcome")
    shell.complete("dazos-tui history --outcome=ref", "dazos-tui history --outcome=refused")
    shell.complete("dazos-tui send --allow inv", "--allow invalid_email")
    shell.complete("dazos-tui -i harbor-p", "dazos-tui -i harbor-prod")
    shell.complete("dazos-tui send --instance=harbor-p", "--instance=harbor-prod")
    shell.complete("dazos-tui -i acme send an", "send ann@example.com")
    shell.complete("dazos-tui -i acme send ann@ex", "send ann@example.com")
    shell.complete("dazos-tui users --sta", "dazos-tui users --status")


def test_several_are_listed(shell):
    shell.complete("dazos-tui -i harbor-", "dazos-tui -i harbor-")
    shell.press("Tab")
    shell.sees("harbor-prod", "harbor-test")


def test_files_are_completed_where_a_file_is_wanted(shell):
    shell.complete("dazos-tui --config fold", "--config folder/")
    shell.complete("dazos-tui --config=fold", "--config=folder/")
    shell.complete("dazos-tui --state fold", "--state folder/")
    shell.complete("dazos-tui db backup fold", "db backup folder/")
    shell.complete("dazos-tui --config folder/it", "toml")
    assert shell.arguments() == ["dazos-tui", "--config", "folder/it's.toml"]


def test_files_are_not_offered_elsewhere(shell):
    for line in ("dazos-tui note --ticket fold", "dazos-tui fold"):
        shell.complete(line, "fold")
        shell.settles()
        assert "folder" not in shell.text


def test_a_hostile_name_is_typed_as_it_is(shell):
    shell.complete("dazos-tui -i q", "pwned")
    assert shell.arguments() == ["dazos-tui", "-i", HOSTILE]
    shell.complete("dazos-tui --instance=q", "pwned")
    assert shell.arguments() == ["dazos-tui", f"--instance={HOSTILE}"]
    shell.complete("dazos-tui -i acme send x", "pwned")
    assert shell.arguments() == ["dazos-tui", "-i", "acme", "send", HOSTILE_USER]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_an_open_quote_is_kept(shell, quote):
    shell.complete(f"dazos-tui -i {quote}harbor-p", f"-i {quote}harbor-prod")
    assert shell.arguments() == ["dazos-tui", "-i", "harbor-prod"]


def test_what_is_typed_is_not_run(shell, home):
    for line in ("-i $(touch pwned) us", "--config `touch pwned` -i har", "--config '$(touch pwned)' -i har"):
        shell.complete(f"dazos-tui {line}", "pwned")
        shell.settles()
        assert not list(home.rglob("pwned"))


def test_another_command_may_be_on_the_line(shell):
    shell.complete("true; dazos-tui us", "dazos-tui users")
    shell.complete("dazos-tui users > fold", "> folder/")


def test_the_scripts_have_no_mistake():
    for name in COMMANDS:
        if shutil.which(name):
            script = subprocess.run(
                [sys.executable, "-m", "dazos_tui", "completion", name], capture_output=True, check=True
            ).stdout
            done = subprocess.run([name, "-n"], input=script, capture_output=True, check=True)
            assert done.stderr == b""
