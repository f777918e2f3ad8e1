"""Runs all benchmarks, each in its own process, and writes their figures into a document with --write.

``python -m benchmarks [--strict] [--small] [--write docs/performance.md]``
"""

import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from benchmarks.document import load, this_machine, with_figures
from benchmarks.harness import options, say

SMALL: dict[str, Sequence[str]] = {
    "filter": ("--rounds", "1"),
    "million": (),
    "keys": ("--people", "10000"),
    "bytes": (),
    "slow_line": (),
    "load": ("--people", "1000", "--rounds", "3"),
    "send": ("--rounds", "5"),
    "start": ("--rounds", "5"),
    "commands": ("--rounds", "7", "--rows", "20000"),
    "memory": ("--people", "10000"),
    "long_use": ("--part", "10"),
    "history": ("--rows", "50000", "--rounds", "30"),
    "team_history": ("--people", "100", "--kills", "3", "--rows", "50000", "--rounds", "10"),
    "batch": ("--people", "100", "--kills", "5"),
    "find": ("--instances", "40"),
    "addresses": (),
}
"""The benchmarks in order, each with the arguments of a quick run.

`filter` and `million` keep their people: with fewer, the time to start a search hides the search itself."""

_ALWAYS_STRICT = "addresses"
"""The benchmark of a check's accuracy, which a busy machine does not affect."""


def main() -> int:
    """Run the benchmarks one after the other; return the largest exit code."""
    parser = options(__doc__)
    parser.add_argument("--small", action="store_true", help="few people and few rounds, for a quick look")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the figures into this document")
    chosen = parser.parse_args()
    load_before = load()
    outcomes = [_run(name, chosen) for name in SMALL]
    if chosen.write is not None:
        busy = f"Load: {load_before:.1f} at the beginning, {load():.1f} at the end."
        how = f"Command: `python -m benchmarks{' --small' if chosen.small else ''} --write {chosen.write}`."
        _write(chosen.write, f"{this_machine()}\n{busy} {how}", [table for _, table in outcomes])
    return max(code for code, _ in outcomes)


def _write(document: Path, about: str, tables: Sequence[str]) -> None:
    text = document.read_text(encoding="utf-8")
    document.write_text(with_figures(text, about, tables), encoding="utf-8")


def _run(name: str, chosen: Namespace) -> tuple[int, str]:
    """Run a benchmark and show its output as it comes; return its exit code and its output."""
    strict = ["--strict"] if chosen.strict and name != _ALWAYS_STRICT else []
    command = [sys.executable, "-m", f"benchmarks.{name}", *strict, *(SMALL[name] if chosen.small else ())]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            say(line.rstrip("\n"))
            lines.append(line)
    return process.returncode, "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
