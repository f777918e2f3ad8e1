#!/usr/bin/env python3
"""Checks what is published: the wheel and the sdist.

Builds both twice and compares the bytes, and looks at what is in the wheel. Then, for each Python
given, with the lowest and with the newest dependencies allowed, installs it into a new environment
with a new home and the C locale, and runs the program on the demo CRM and a part of the tests
there.

python3 tools/check_wheel.py [--python 3.12 …] [--no-tests]

Needs uv on the PATH, and a package index.
"""

import argparse
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]
RESOLUTIONS = ("highest", "lowest-direct")
BUILT_AT = "1767225600"
"""The time of the files in the archives, in seconds since 1970: any, but the same each time."""

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLS = re.compile(r"pipx install |uv tool install |python3 -m venv .* install \.$")
"""Commands of the documents that install the program."""

NEEDED = (
    "dazos_tui/py.typed",
    "dazos_tui/config.example.toml",
    "dazos_tui/cli/commands.json",
    "dazos_tui/tui/styles/app.tcss",
    "dazos_tui/history/report.css",
    "dazos_tui/reports/words.txt",
    "dazos_tui/reports/phrases.txt",
    "*.data/data/share/man/man1/dazos-tui.1",
    "*.dist-info/entry_points.txt",
    "*.dist-info/licenses/LICENSE",
)
"""What must be in the wheel, beside modules and what `FOLDERS` names."""

FOLDERS = {
    "themes": "dazos_tui/themes",
    "dazos_tui/schemas": "dazos_tui/schemas",
    "dazos_tui/demo/templates": "dazos_tui/demo/templates",
    "dazos_tui/cli/completion_scripts": "dazos_tui/cli/completion_scripts",
}
"""Folders whose files must all be in the wheel, and where."""

TESTS = (
    "tests/text",
    "tests/notes",
    "tests/config/test_config.py",
    "tests/history/test_store.py",
    "tests/cli/test_json_schemas.py",
    "tests/tui/test_message.py",
)
"""Tests that are quick, and need no file of the repository beside themselves."""

INSIDE = """
from dazos_tui.cli.schema import schema_names
from dazos_tui.config.load import load_config
from dazos_tui.reports.vocabulary import is_known_phrase
from dazos_tui.system.paths import bundled_path
from dazos_tui.tui.theming.themes import load_themes
assert len(load_themes(None).known) == 5
assert is_known_phrase("Send Reset Link")
assert load_config(bundled_path("config.example.toml")).instances
assert "site-packages" in str(bundled_path("themes"))
assert {"users", "send", "history"} < set(schema_names())
"""
"""What is asked inside of the installed package."""

TEST_TOOLS = (
    "pytest>=8.3,<9",
    "pytest-asyncio",
    "pytest-timeout",
    "pytest-xdist",
    "hypothesis",
    "jsonschema",
    "psycopg[binary]",
)


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


def run(*command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a command and return its stdout. Ends this program with its output if it fails."""
    environment = None if env is None else dict(env)
    done = subprocess.run(
        command,
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}exit code {done.returncode}")
    return done.stdout


def build(folder: Path, umask: str) -> list[Path]:
    """Build wheel and sdist from a new clone with this umask; return both."""
    clone, dist = folder / "clone", folder / "dist"
    script = f'umask {umask} && git clone -q "$1" "$2" && uv build -q -o "$3" "$2"'
    run("sh", "-c", script, "sh", ROOT, clone, dist, env={**os.environ, "SOURCE_DATE_EPOCH": BUILT_AT})
    return sorted(path for path in dist.iterdir() if path.suffix in {".whl", ".gz"})


def build_twice(folder: Path) -> Path:
    """Build in two places, compare the bytes, and return the wheel."""
    once, again = (build(folder / name, umask) for name, umask in (("a", "022"), ("another-place", "077")))
    if [path.name for path in once] != [path.name for path in again] or len(once) != 2:
        sys.exit(f"Not the same files: {once}, {again}")
    for one, other in zip(once, again, strict=True):
        if not filecmp.cmp(one, other, shallow=False):
            sys.exit(f"{one.name} has other bytes when it is built again.")
        say(f"{one.name}: {one.stat().st_size:,} bytes, the same twice")
    return next(path for path in once if path.suffix == ".whl")


def check_content(wheel: Path) -> None:
    """End this program if something is missing from the wheel, or is in it that should not be."""
    with ZipFile(wheel) as archive:
        names = [Path(name) for name in archive.namelist()]
    missing = [wanted for wanted in NEEDED if not any(name.match(wanted) for name in names)]
    for folder, inside in FOLDERS.items():
        files = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
        missing += [
            str(path) for path in files if Path(inside) / path.relative_to(ROOT / folder) not in names
        ]
    strangers = [str(name) for name in names if not str(name).startswith("dazos_tui")]
    if missing or strangers:
        sys.exit(f"Missing from the wheel: {missing}. Not ours: {strangers}.")


def install(wheel: Path, python: str, resolution: str, folder: Path, tools: Sequence[str]) -> Path:
    """Install the wheel and these tools into a new environment; return its folder of programs."""
    requirements = folder / "requirements.txt"
    options = ("--python", python, "--resolution", resolution, "-o", requirements)
    # Of a wheel, uv would take the lowest versions of nothing but itself.
    run("uv", "pip", "compile", "-q", ROOT / "pyproject.toml", *options)
    run("uv", "venv", "-q", "--python", python, folder / "venv")
    into = ("uv", "pip", "install", "-q", "--python", folder / "venv" / "bin" / "python")
    run(*into, "-r", requirements)
    run(*into, "--no-deps", wheel)
    if tools:
        run(*into, "-c", requirements, *tools)
    return folder / "venv" / "bin"


def walk(bin_: Path, folder: Path, version: str) -> None:
    """Use the installed program as on the first day, in a new home with the C locale."""
    home = folder / "home"
    home.mkdir()
    env = {"HOME": str(home), "PATH": f"{bin_}:/usr/bin:/bin", "LC_ALL": "C", "TERM": "xterm"}
    program, config = bin_ / "dazos-tui", home / "demo.toml"

    def output(*arguments: str) -> str:
        return run(program, *arguments, env=env, cwd=home)

    assert output("--version") == f"dazos-tui {version}\n"
    assert "Usage: dazos-tui" in output("--help")
    run(bin_ / "python", "-c", INSIDE, env=env, cwd=home)
    for shell in filter(shutil.which, ("bash", "zsh", "fish")):
        (home / shell).write_text(output("completion", shell))
        run(shell, "-n", home / shell)
    assert (
        run(program, "hist", env=env | {"_DAZOS_TUI_COMPLETE": "zsh"}).splitlines()[-1].startswith("history")
    )
    page = bin_.parent / "share" / "man" / "man1" / "dazos-tui.1"
    assert filecmp.cmp(page, ROOT / "docs" / "dazos-tui.1", shallow=False)
    served = subprocess.Popen(
        [program, "demo", "--serve-only", "--write-config", config], env=env, cwd=home, stdout=subprocess.PIPE
    )
    try:
        assert served.stdout is not None
        assert json.loads(served.stdout.readline())["instances"]
        at = ("--config", str(config))
        [row] = output(*at, "users", "-i", "harbor-prod", "odd.garcia", "--json").splitlines()
        assert json.loads(row)["user_name"] == "odd.garcia"
        sent = json.loads(output(*at, "send", "-i", "harbor-prod", "odd.garcia", "--yes", "--json"))
        assert sent["outcome"] == "sent"
        assert "sent" in output(*at, "history")
        assert output(*at, "doctor", "-i", "harbor-prod")
        assert output(*at, "db", "check")
    finally:
        served.terminate()
        assert served.wait(20) == 0


def figures(bin_: Path) -> str:
    """Return how large the environment is, and how long the imports take, in processor time."""
    packages = run(bin_ / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    size = sum(path.stat().st_size for path in Path(packages).rglob("*") if path.suffix != ".pyc")
    seconds = []
    for module in ("dazos_tui.cli.app", "dazos_tui.tui.app"):
        code = (
            f"import time; begin = time.process_time(); import {module}; print(time.process_time() - begin)"
        )
        seconds.append(min(float(run(bin_ / "python", "-c", code)) for _ in range(5)))
    return f"{size / 1e6:.0f} MB installed; imports: commands {seconds[0]:.2f} s, app {seconds[1]:.2f} s"


def tests(bin_: Path, folder: Path) -> str:
    """Run a part of the tests on the installed package; return pytest's last line."""
    place = folder / "tests-only"
    place.mkdir()
    shutil.copytree(ROOT / "tests", place / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "config.example.toml"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / "themes", place / "themes")
    out = run(bin_ / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, cwd=place)
    return out.strip().splitlines()[-1]


def check(wheel: Path, python: str, resolution: str, *, with_tests: bool) -> None:
    """Install the wheel, and use it. Ends this program if something fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bin_ = install(wheel, python, resolution, folder, TEST_TOOLS if with_tests else ())
        version = wheel.name.split("-")[1]
        walk(bin_, folder, version)
        exact = run(bin_ / "python", "-c", "import platform; print(platform.python_version())").strip()
        tested = tests(bin_, folder) if with_tests else "no tests"
        say(f"Python {exact}, {resolution} dependencies: the walk is good; {figures(bin_)}; {tested}")


def try_instructions() -> None:
    """Run the commands with which the documents install it, each in a new clone with a new home."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/install.md")]
    lines = [line for text in texts for block in BLOCK.findall(text) for line in block.splitlines()]
    for line in dict.fromkeys(line for line in lines if INSTALLS.match(line)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            run("git", "clone", "-q", ROOT, folder / "clone")
            home = folder / "home"
            (home / "bin").mkdir(parents=True)
            # Without pipx, uv runs it.
            (home / "bin" / "pipx").write_text('#!/bin/sh\nexec uv tool run pipx "$@"\n')
            (home / "bin" / "pipx").chmod(0o755)
            path = f"{home}/.local/bin:{folder}/clone/.venv/bin:{os.environ['PATH']}:{home}/bin"
            env = {**os.environ, "HOME": str(home), "PATH": path, "LC_ALL": "C"}
            run("sh", "-c", f"{line} && dazos-tui --version", env=env, cwd=folder / "clone")
        say(f"{line}: dazos-tui runs")


def main() -> None:
    """Do all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", action="append", help="a version or a path; this one if not given")
    parser.add_argument("--instructions", action="store_true", help="also install it as the documents say")
    parser.add_argument("--no-tests", action="store_true", help="leave out the tests")
    options = parser.parse_args()
    if shutil.which("uv") is None:
        sys.exit("This needs uv: pip install uv.")
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    with tempfile.TemporaryDirectory() as name:
        wheel = build_twice(Path(name))
        check_content(wheel)
        say(f"Everything is in the wheel. It asks for Python {least}.")
        for python in options.python or [sys.executable]:
            for resolution in RESOLUTIONS:
                check(wheel, python, resolution, with_tests=not options.no_tests)
        if options.instructions:
            try_instructions()


if __name__ == "__main__":
    main()
