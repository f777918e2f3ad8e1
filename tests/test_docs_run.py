"""The commands of the documents do what the documents say, typed into a shell one after the other."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import tomli_w

from dazos_tui.demo.presets import default_presets
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from tests.docs_shell import Shell
from tests.learning.copied import Copied
from tests.learning.recorder import Browser
from tests.test_docs import PAGES, blocks_of, code_blocks

QUIT = "\x1b[21~"  # F10
END_OF_INPUT = "\x04"
STOP = "\x03"

NOT_RUN = {
    r"^pipx |^uv tool |pip install |uv tool dir": "needs a package index; tried by tools/check_wheel.py",
    r"pytest|^git clone|\btools/|-m benchmarks": "would run these tests inside of themselves",
}
"""Commands that are only read, as patterns, and why."""

ANSWERS = {
    r"^dazos-tui( -i acme.*)?( #.*)?$": [("acme", QUIT)],
    r"^dazos-tui demo$": [("Which CRM instance?", QUIT)],
    r"^dazos-tui --plain demo$": [("Number of the instance:", END_OF_INPUT)],
    r"--serve-only": [('"outbox"', STOP)],
    r"^dazos-tui send -i acme ann.bell@example.com": [("[y/N]", "y\n")],
    r"^dazos-tui send -i acme --from people.csv --ticket": [("number of links, 2:", "2\n")],
    r"--har walk.har": [("[y/N]", "y\n")],
}
"""What a user types, by patterns of commands: for each text that appears, an answer."""

BEFORE = dict.fromkeys(
    ("back-in.md", "ticket-note.md"), "dazos-tui send -i acme maria.garcia --ticket T-1042 --yes"
)
"""What was done earlier that day, by the page that reads on."""

EXIT_CODES = {
    r"send -i acme ann.bell --yes": 3,
    r"--from-ticket T-1042": 3,
}
"""Exit codes other than 0, by patterns of commands: Ann Bell was sent a link by an earlier command."""


@dataclass(frozen=True)
class Desk:
    """A home with the files that the documents mention, and a demo CRM that its config calls acme."""

    home: Path
    demo: DemoServer

    def prepare(self) -> None:
        [crm] = self.demo.instances
        table = demo_config([crm])["instances"][crm.name] | {"tags": ["west"]}
        ticket = {"ticket_command": ["echo", "{ticket}: Ann Bell <ann.bell@example.com> cannot sign in"]}
        folder = self.home / ".config" / "dazos-tui"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(tomli_w.dumps(ticket | {"instances": {"acme": table}}))
        (self.home / ".config" / "fish" / "completions").mkdir(parents=True)
        (self.home / "people.csv").write_text("e-mail\nbo.bell@example.com\ncy.bell@example.com\n")
        browser = Browser(crm)
        browser.walk(1)
        browser.send_form(1)
        browser.close()
        browser.save(self.home / "walk.har")

    def pasted(self) -> str:
        [crm] = self.demo.instances
        body = "__vtrftk=sid%3A0123456789&module=Users&parent=Settings&action=SendResetLink&record=1"
        return Copied(url=f"{crm.url}index.php", body=body).as_text("chrome bash") + "\n" + END_OF_INPUT

    def answers(self, command: str) -> list[tuple[str, str]]:
        if "--curl -" in command:
            return [("Ctrl+D", self.pasted()), *([] if "--dry-run" in command else [("[y/N]", "y\n")])]
        return next((texts for pattern, texts in ANSWERS.items() if re.search(pattern, command)), [])


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    """Return one demo for all pages."""
    with DemoServer(replace(default_presets(45)[0], name="acme")) as server:
        for name in ("ann.bell", "bo.bell", "cy.bell", "maria.garcia"):
            person = server.instances[0].add_person(name, *name.title().split("."))
            person.email1 = f"{name}@example.com"
        yield server


@pytest.fixture
def desk(demo, tmp_path) -> Desk:
    made = Desk(tmp_path / "kim", demo)
    made.prepare()
    return made


def commands_of(block: str) -> list[str]:
    """Return the commands of a block; a line that ends with a backslash continues."""
    return [line for line in re.split(r"(?<!\\)\n", block) if line and not line.startswith("#")]


PAGES_WITH_COMMANDS = [page for page in PAGES if any(map(commands_of, blocks_of(page, "sh")))]


def shown(output: str) -> str:
    """Return what a terminal shows in the end of output with colours and lines that were overwritten."""
    lines = (line.rpartition("\x1b[K")[2].rpartition("\r")[2] for line in output.split("\n"))
    return "\n".join(re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in lines).strip("\n")


def is_shown(expected: str, output: str) -> bool:
    """Return whether this is the output. `…` is any text."""
    return (
        re.fullmatch(re.escape(expected.strip("\n")).replace("…", ".*"), shown(output), re.DOTALL) is not None
    )


def check_command(shell: Shell, desk: Desk, command: str) -> str:
    """Type a command, check how it ends, and return its output."""
    code, output = shell.run(command, desk.answers(command))
    expected = next((code for text, code in EXIT_CODES.items() if re.search(text, command)), 0)
    assert code == expected, f"{command}\n{output}"
    assert "Traceback" not in output
    return output


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=lambda page: page.name)
def test_every_command_of_a_page_does_what_it_says(page, desk):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "DAZOS_"))}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    output = ""
    with Shell(desk.home, inherited | {"PATH": path, "TZ": "UTC"}) as shell:
        if page.name in BEFORE:
            check_command(shell, desk, BEFORE[page.name])
        for language, block in code_blocks(page):
            for command in commands_of(block) if language == "sh" else ():
                if not any(re.search(pattern, command) for pattern in NOT_RUN):
                    output = check_command(shell, desk, command)
            if language == "text":
                assert is_shown(block, output), f"{block}\n{shown(output)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_is_of_a_known_kind(page):
    kinds = {language for language, _ in code_blocks(page)}
    # TOML is loaded by tests/test_docs.py, which also knows the figures.
    assert kinds <= {"sh", "toml", "text"} | ({""} if page.name == "performance.md" else set())
