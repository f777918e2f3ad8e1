"""The remembered list is on the screen before Textual is loaded, and stays until the instance is open."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from datetime import timedelta
from fcntl import ioctl
from pathlib import Path
from struct import pack

import pytest

from dazos_tui.config.load import load_config
from dazos_tui.config.peek import InstancePeek, peek_instance
from dazos_tui.crm.models import Status, User
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.remembered_users import RememberedList
from dazos_tui.history.times import utc_now
from dazos_tui.instances.remembered_list import keep_list, read_remembered
from dazos_tui.text.cells import cell_width
from dazos_tui.tui.first_frame import PLACEHOLDER, frame_lines
from tests.patience import patience

NEEDED = {
    "cli", "config", "crm", "directory", "system", "text", "tui", "tui.app", "tui.early_keys",
    "tui.early_list", "tui.first_frame", "tui.launch", "tui.layout", "tui.list_columns", "tui.terminal",
    "tui.terminal.colour_support",
}  # fmt: skip
"""Our packages, and the modules of `tui`, for the first frame."""
NAME = "harbor-prod"
PEEK = InstancePeek(NAME, "crm.example.com/", "kim", "production", 24)
ELENA = User("12", "elena.garcia", "Elena García", "elena.garcia@example.com", "Lead", Status.ACTIVE, None)
OTTO = User("19", "otto.garcet", "Otto Garcet", "otto.garcet@example.com", "Billing", Status.INACTIVE, None)


def colleagues(count: int) -> list[User]:
    return [
        User(str(n), f"user.{n}", f"Person {n:06}", f"user.{n}@example.com", "Lead", Status.ACTIVE, None)
        for n in range(100, 100 + count)
    ]


@pytest.fixture
def config(tmp_path):
    """The config of an instance that nobody answers at."""
    with DemoServer(users=5) as server:
        path = tmp_path / "config.toml"
        write_demo_config(path, server.instances)
    return path


def remember(config: Path, state: Path, users: list[User], **options) -> None:
    instance = load_config(config).instance(NAME)
    age = options.get("age", timedelta(minutes=5))
    keep_list(state, instance, 24, Directory.from_users(users), utc_now() - age)


class Starting:
    """The program in a pseudo-terminal; with `held`, Textual is never imported."""

    def __init__(self, config: Path, state: Path, *words: str, held: Path | None, size=(80, 24)) -> None:
        self.master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, pack("HHHH", size[1], size[0], 0, 0))
        self.settings = termios.tcgetattr(slave)
        command = [sys.executable, "-m", "dazos_tui", "--config", str(config), "--state", str(state)]
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(held or "")}
        self.process = subprocess.Popen(
            [*command, "-i", NAME, *words],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.text = ""

    def sees(self, *words: str) -> None:
        deadline = time.monotonic() + patience(10)
        while not all(word in self.text for word in words):
            assert time.monotonic() < deadline, f"never saw {words}: {self.text!r}"
            self.read(0.1)

    def read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.text += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                time.sleep(0.01)

    def ends(self) -> int:
        deadline = time.monotonic() + patience(10)
        while (code := self.process.poll()) is None:
            assert time.monotonic() < deadline, self.text
            self.read(0.05)
        self.read(0.2)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def starting():
    made: list[Starting] = []

    def start(*args, **options) -> Starting:
        made.append(Starting(*args, **options))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def held(tmp_path):
    """A folder with a Textual whose import takes for ever."""
    folder = tmp_path / "held" / "textual"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("import time\ntime.sleep(600)\n")
    return folder.parent


def test_the_person_is_on_the_screen_while_textual_is_imported(config, tmp_path, starting, held):
    remember(config, tmp_path, [ELENA, OTTO, *colleagues(50)])
    app = starting(config, tmp_path, "garc", held=held)
    app.sees("Elena García", ELENA.email, "Otto Garcet", "inactive", "2 match", NAME, "PRODUCTION", "as of ")
    assert "Person" not in app.text


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, None)])
def test_ending_it_there_gives_the_screen_back(config, tmp_path, starting, held, number, code):
    remember(config, tmp_path, [ELENA])
    app = starting(config, tmp_path, held=held)
    app.sees("Elena García")
    app.process.send_signal(number)
    ended = app.ends()
    assert ended == code or code is None
    assert app.text.index("\x1b[?1049l") > app.text.index("Elena García")
    assert termios.tcgetattr(app.master) == app.settings


def test_an_error_there_gives_the_screen_back(config, tmp_path, starting, held):
    (held / "textual" / "__init__.py").write_text("raise ImportError('broken')\n")
    remember(config, tmp_path, [ELENA])
    app = starting(config, tmp_path, held=held)
    assert app.ends() != 0
    assert "\x1b[?1049l" in app.text
    assert "broken" in app.text.rpartition("\x1b[?1049l")[2]


def test_the_app_takes_over_without_clearing_the_screen(config, tmp_path, starting):
    remember(config, tmp_path, [ELENA, *colleagues(50)])
    app = starting(config, tmp_path, "garcia", held=None)
    app.sees("Elena García", "starting", "F5")
    assert app.text.count("\x1b[?1049h") == 1
    assert app.text.count("Elena García") >= 1
    os.write(app.master, b"\x1b[21~")
    assert app.ends() == 0
    assert app.text.count("\x1b[?1049l") >= 1


def test_a_long_list_does_not_hold_up_the_first_frame(config, tmp_path, starting, held):
    remember(config, tmp_path, [ELENA, *colleagues(30_000)])
    app = starting(config, tmp_path, "garcia", held=held)
    app.sees("\x1b[3;1H garcia")
    assert "Elena" not in app.text
    later = starting(config, tmp_path, "garcia", held=None)
    later.sees("garcia", ELENA.email)


@pytest.mark.parametrize("spoil", ["none", "old", "never", "moved", "unsafe"])
def test_nothing_is_shown_that_may_not_be(config, tmp_path, starting, held, spoil):
    remember(config, tmp_path, [ELENA], age=timedelta(hours=25 if spoil == "old" else 1))
    text = config.read_text()
    if spoil == "none":
        text = text.replace(f"[instances.{NAME}]", f"[instances.{NAME}-2]")
    elif spoil == "never":
        text = f"keep_people_hours = 0\n{text}"
    elif spoil == "moved":
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", text)
    config.write_text(text)
    if spoil == "unsafe":
        config.chmod(0o666)
    app = starting(config, tmp_path, held=held)
    app.sees(PLACEHOLDER)
    assert "Elena" not in app.text


@pytest.mark.parametrize("size", [(120, 40), (100, 30), (80, 24), (70, 17), (45, 20), (40, 15)])
def test_every_line_fits(config, tmp_path, size):
    remember(config, tmp_path, [ELENA, OTTO, *colleagues(60)])
    found = read_remembered(tmp_path, load_config(config).instance(NAME), 24)
    assert isinstance(found, RememberedList)
    columns, rows = size
    for search in ("", "garc", "x" * 200):
        lines = [re.sub(r"\x1b\[\d*m", "", line) for line in frame_lines(PEEK, found, search, columns, rows)]
        assert len(lines) <= rows
        assert max(map(cell_width, lines)) <= columns
        assert any("as of" in line for line in lines)


def test_the_first_look_at_the_config_agrees_with_the_check(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        'keep_people_hours = 3\n[instances.acme]\nurl = "HTTPS://CRM.example.com:443/crm/index.php?module=Home"\n'
        'username = "kim"\nenvironment = "staging"\nauth = "cookie"\n'
    )
    checked = load_config(path)
    instance = checked.instance("acme")
    for name in ("acme", None):
        assert peek_instance(path, name) == (
            "acme", instance.server, instance.operator, "staging", checked.keep_people_hours,
        )  # fmt: skip
    assert peek_instance(path, "other") is None
    assert peek_instance(tmp_path / "missing.toml", None) is None
    path.write_text("instances = 3")
    assert peek_instance(path, None) is None


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 15)])
def test_what_was_typed_is_shown_without_control_codes(config, tmp_path, size):
    remember(config, tmp_path, [ELENA])
    found = read_remembered(tmp_path, load_config(config).instance(NAME), 24)
    assert found is not None
    lines = list(frame_lines(PEEK, found, "\x1b]0;x\x07garc\x1b[2J\r\n", *size))
    assert all(re.sub(r"\x1b\[\d?m", "", line).isprintable() for line in lines)
    assert any("garc" in line for line in lines)


@pytest.mark.parametrize(
    ("search", "column"), [("", 2), ("garc", 6), ("日本", 6), ("e\u0301", 3), ("x" * 200, 37)]
)
def test_the_cursor_is_behind_what_is_shown(config, tmp_path, starting, held, search, column):
    remember(config, tmp_path, [ELENA])
    app = starting(config, tmp_path, *filter(None, [search]), held=held)
    app.sees("as of ", "H")
    app.sees(f"\x1b[3;{column}H")


def test_more_matches_than_were_looked_at_are_said_to_be_more(config, tmp_path):
    remember(config, tmp_path, colleagues(400))
    found = read_remembered(tmp_path, load_config(config).instance(NAME), 24)
    assert found is not None
    assert any(" · 300+ match" in line for line in frame_lines(PEEK, found, "person", 120, 40))
    assert len(found.directory) == 400
    assert any(" · 400 match" in line for line in frame_lines(PEEK, found, "person", 120, 40))


def test_what_is_typed_is_seen_before_textual_is_loaded(config, tmp_path, starting, held):
    app = starting(config, tmp_path, held=held)
    os.write(app.master, b"ga")
    app.sees(PLACEHOLDER, "dazos-tui", "starting")
    # Ctrl+Z and Ctrl+\ wait for the app: here they would leave the terminal on this screen.
    signs = termios.tcgetattr(app.master)[6]
    assert (signs[termios.VSUSP], signs[termios.VQUIT]) == (b"\0", b"\0")
    assert signs[termios.VINTR] == b"\x03"
    os.write(app.master, "rcíxx\x7f\b \x1b[A".encode() + b"after")
    # Nothing that an arrow key may have changed is guessed.
    app.sees("\x1b[3;1H garcí ")
    assert "after" not in app.text.rpartition(PLACEHOLDER)[2]
    assert "^[" not in app.text
    app.process.send_signal(signal.SIGINT)
    app.ends()
    assert termios.tcgetattr(app.master) == app.settings


def test_what_is_typed_is_searched_for_before_textual_is_loaded(config, tmp_path, starting, held):
    remember(config, tmp_path, [ELENA, *colleagues(50)])
    app = starting(config, tmp_path, held=held)
    app.sees("Elena García", "Person 000100")
    os.write(app.master, b"garc")
    app.sees("1 match")
    last = app.text.rpartition("\x1b[2J")[2]
    assert "Elena García" in last
    assert "Person" not in last


def test_the_app_gets_what_was_typed_before_it_was_loaded(config, tmp_path, starting):
    remember(config, tmp_path, [ELENA, *colleagues(50)])
    app = starting(config, tmp_path, held=None)
    app.sees(PLACEHOLDER)
    os.write(app.master, b"garcxx\x7f\x7fia\x1b[D\x1b[Dl")
    app.sees("garcl")
    assert "garcial" not in app.text


@pytest.mark.parametrize(("search", "typed"), [("x", "garc"), ("", "xgarc")])
def test_an_error_of_the_frame_is_no_error_of_the_start(config, tmp_path, starting, search, typed):
    (tmp_path / "sitecustomize.py").write_text(
        "import time\n"
        "from dazos_tui.tui import first_frame\n"
        "take_over = first_frame.FirstFrame.take_over\n"
        "def take_over_late(frame):\n"
        "    while not frame.errors: time.sleep(0.01)\n"
        "    return take_over(frame)\n"
        "first_frame.FirstFrame.take_over = take_over_late\n"
        "lines = first_frame.frame_lines\n"
        "def failing(*args):\n    return 1 / 0 if 'x' in args[2] else lines(*args)\n"
        "first_frame.frame_lines = failing\n"
    )
    log = tmp_path / "log.jsonl"
    app = starting(config, tmp_path, "--log", str(log), *filter(None, [search]), held=tmp_path)
    app.sees(PLACEHOLDER if not search else "\x1b[?1049h")
    os.write(app.master, typed.encode())
    app.sees("xgarc")
    # Until the app itself is there, the key would end the start.
    while not log.exists() or "first frame" not in log.read_text():
        app.read(0.05)
    os.write(app.master, b"\x1b[21~")
    assert app.ends() == 0
    assert "Error" not in app.text
    assert termios.tcgetattr(app.master) == app.settings
    lines = map(json.loads, log.read_text().splitlines())
    line = next(line for line in lines if line["event"] == "the first frame could not be drawn")
    assert line["error"] == "ZeroDivisionError"
    assert re.match(r"tui/(first_frame|early_keys)\.py:\d", line["trace"][0])


def test_only_what_it_needs_is_imported_before_it_is_shown(config, tmp_path, starting):
    listed, held = tmp_path / "modules", tmp_path / "asyncio"
    held.mkdir()
    # The first that is imported after it.
    (held / "__init__.py").write_text(
        "import sys, time\n"
        f"with open({str(listed)!r}, 'w') as file:\n    print(*sys.modules, '.', file=file)\n"
        "time.sleep(600)\n"
    )
    remember(config, tmp_path, [ELENA])
    app = starting(config, tmp_path, held=tmp_path)
    app.sees("Elena García")
    deadline = time.monotonic() + patience(10)
    while not listed.exists() or not listed.read_text().endswith(" .\n"):
        assert time.monotonic() < deadline
        app.read(0.05)
    modules = set(listed.read_text().split())
    assert modules & {"logging", "platformdirs", "pydantic", "rich", "ssl", "subprocess", "textual"} == set()
    ours = [name.removeprefix("dazos_tui.") for name in modules if name.startswith("dazos_tui.")]
    assert {name if name.startswith("tui.") else name.partition(".")[0] for name in ours} == NEEDED
