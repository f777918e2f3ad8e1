#!/usr/bin/env python3
"""Mutation testing: changes the code in many small ways, and says which changes no test notices.

.venv/bin/python tools/mutants.py [PACKAGE…] [--only PATTERN…] [--fresh] [--show]

Packages are those of `PACKAGES`; without any, all of them. mutmut (the extra `mutation`) does the work, in a
folder of its own in `.mutants/`, where the next run goes on: it tests what is new, what has changed, and what
has survived. `--fresh` begins again, which also finds tests that reach code they did not reach before.
`--only` takes patterns of the names of mutants, `--show` prints each that survives as a difference.
Survivors that are known, with their reasons, are in `tests/mutants.md`.

mypy comes first: a mutant that it refuses would not get past `tools/check`, and is counted as killed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".mutants"
SCRIPTS = Path(sys.executable).parent

COPIED = ("config.example.toml", "docs", "themes", "tests")
"""What tests read, beside the program."""

KILLED = {1: "killed", 3: "killed", 37: "refused by mypy", 36: "timed out", 24: "timed out", -24: "timed out"}
"""mutmut's codes for mutants that do not survive. One that never ends is noticed, too."""

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a private folder in it
"""Where there is one, tests write to memory: a history that waits for a disk takes four times as long."""

LEAST = 90
"""Percent of the mutants that are killed: a run with less of a package fails."""


@dataclass(frozen=True)
class Package:
    """Which modules are changed, and the tests that run for them: those of one process, that are quick."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    without: str = ""
    """A pytest expression for tests that are left out."""
    unchanged: tuple[str, ...] = ()
    """Modules that only other tests reach, and protocols, whose classes have to fit them."""


def _crm_tests(names: str) -> tuple[str, ...]:
    return tuple(f"tests/crm/test_{name}.py" for name in names.split())


PACKAGES = {
    "text": Package(("text/*",), ("tests/text", "tests/directory"), "not imports_nothing_slow"),
    "resets": Package(("resets/*",), ("tests/resets",)),
    "client": Package(
        ("crm/client.py",),
        _crm_tests(
            "client client_menus challenge demo dialect forgot_password json_list login_history own_settings"
            " pagination preparation profile_page sign_in sign_in_form statuses users_page webservice"
        ),
        "not broken_connections_lose_nobody and not no_answer_needs_much_memory",
    ),
    "pages": Package(
        ("crm/pages/*",),
        _crm_tests(
            "action_results challenge error_pages forgot_password json_list login_history login_page"
            " own_settings profile_page sign_in_form user_rows users_page webservice"
        ),
        "not broken_connections_lose_nobody and not no_answer_needs_much_memory",
    ),
    "history": Package(
        ("history/*",),
        ("tests/history",),
        # Servers, processes that are killed, and what takes seconds.
        "not postgres and not server and not killed and not browser and not processes and not on_the_disk"
        " and not offline_queue and not stopped and not says_how_far and not on_paper and not at_once"
        " and not closing_a_moved and not failed_checkpoint and not no_text_breaks_it and not 10000"
        " and not up_to_date and not troubleshooter and not America and not Asia"
        " and not (whatever_happened_since and Australia)",
        (
            "history/backend.py",
            "history/postgres*",
            "history/server_index.py",
            "history/offline_queue.py",
            "history/open_line.py",
        ),
    ),
}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


def toml(values: Iterable[str]) -> str:
    """Return texts as a TOML list."""
    return json.dumps(list(values))


def make_settings(package: Package) -> str:
    """Return the project's `pyproject.toml` with mutmut's settings for a package."""
    modules = [f"dazos_tui/{module}" for module in package.modules]
    arguments = ["-p", "no:cacheprovider", *(["-k", package.without] if package.without else [])]
    # Each mutant of a constructor defines its attributes once more.
    mypy = ["mypy", "--output", "json", "--no-warn-unreachable", "--disable-error-code", "no-redef"]
    paths = [found for module in modules for found in _paths(module, package)]
    types = [*mypy, "--no-warn-unused-ignores", *paths]
    return (
        (ROOT / "pyproject.toml").read_text()
        + f"""
[tool.mutmut]
source_paths = ["dazos_tui"]
only_mutate = {toml(modules)}
do_not_mutate = {toml(f"dazos_tui/{module}" for module in package.unchanged)}
also_copy = {toml(COPIED)}
pytest_add_cli_args = {toml(arguments)}
pytest_add_cli_args_test_selection = {toml(package.tests)}
type_check_command = {toml(types)}
timeout_constant = 5.0
timeout_multiplier = 3.0
track_dependencies = false
use_git_change_detection = false
"""
    )


def _paths(module: str, package: Package) -> list[str]:
    left_out = {path for name in package.unchanged for path in ROOT.glob(f"dazos_tui/{name}")}
    found = set(ROOT.glob(module)) - left_out
    return sorted(str(path.relative_to(ROOT)) for path in found if path.suffix == ".py")


def prepare(package: Package, folder: Path) -> None:
    """Make the folder that mutmut runs in: links to the project, and the settings."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("dazos_tui", *COPIED):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(ROOT / name)
    (folder / "pyproject.toml").write_text(make_settings(package))


def forget_survivors(folder: Path) -> None:
    """Have all that survived tested again: it may be that tests have changed."""
    for path in outcome_files(folder):
        meta = json.loads(path.read_text())
        codes = meta["exit_code_by_key"]
        meta["exit_code_by_key"] = {name: code if code in KILLED else None for name, code in codes.items()}
        path.write_text(json.dumps(meta))


def outcome_files(folder: Path) -> list[Path]:
    """Return the files with mutmut's outcomes."""
    return sorted(folder.glob("mutants/dazos_tui/**/*.meta"))


def outcomes(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield the name and the outcome of each mutant, and its module's path."""
    others = {0: "survived", 33: "survived", 5: "survived", None: "not run"}
    for path in outcome_files(folder):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            outcome = KILLED.get(code) or others.get(code, f"exit code {code}")
            yield name, outcome, path.relative_to(folder / "mutants").with_suffix("")


def run_mutmut(folder: Path, options: argparse.Namespace) -> None:
    """Run mutmut, which prints how far it is. Ends this program if it fails."""
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    command = [SCRIPTS / "mutmut", "run", "--max-children", str(options.processes), *options.only]
    environment = {**os.environ, "PATH": path, "HYPOTHESIS_PROFILE": "mutants"}
    if os.access(MEMORY, os.W_OK):
        environment["TMPDIR"] = str(MEMORY)
    if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:
        sys.exit("mutmut failed")


def difference(mutant: str, module: Path) -> str:
    """Return the difference that a mutant makes. mutmut reads it from the working directory."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    lines = get_diff_for_mutant(mutant, path=module).splitlines()
    changed = [line for line in lines if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))]
    return "\n".join((f"# {mutant}", *changed))


def run_package(name: str, options: argparse.Namespace) -> bool:
    """Run the mutants of a package, print the figures, and return whether enough of them were killed."""
    folder = FOLDER / name
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    prepare(PACKAGES[name], folder)
    if not options.only:
        forget_survivors(folder)
    run_mutmut(folder, options)
    found = [
        one for one in outcomes(folder) if any(fnmatch(one[0], wanted) for wanted in options.only or ["*"])
    ]
    survivors = [one for one in found if one[1] not in KILLED.values()]
    os.chdir(folder)
    for mutant, _, module in survivors:
        say(difference(mutant, module) if options.show else mutant)
    counted = Counter(outcome for _, outcome, _ in found)
    score = 100 * (1 - len(survivors) / max(1, len(found)))
    parts = ", ".join(f"{outcome} {count}" for outcome, count in counted.most_common())
    say(f"{name}: {score:.1f} % of {len(found)} ({parts})")
    return score >= LEAST


def main(arguments: Sequence[str] | None = None) -> int:
    """Test the packages named, and return 1 if too many mutants of one survive."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=f"of {', '.join(PACKAGES)}")
    parser.add_argument("--only", nargs="+", default=[], metavar="PATTERN")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    if unknown := {*options.packages} - {*PACKAGES}:
        parser.error(f"no such package: {', '.join(sorted(unknown))}")
    enough = [run_package(name, options) for name in options.packages or PACKAGES]
    return 0 if all(enough) else 1


if __name__ == "__main__":
    sys.exit(main())
