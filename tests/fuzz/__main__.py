"""The fuzzer's command: ``python -m tests.fuzz --inputs 1000000 [--seed N] [--jobs 2] [--folder DIR]``.

Exit code 0: every input was read or ended in a documented error. 1: some did not; each is saved, with what it
did beside it. ``python -m tests.fuzz --again FILE`` tries a saved input once more.
"""

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.run import Found, Plan, fuzz
from tests.fuzz.targets import TARGETS, try_one


def main(arguments: list[str]) -> int:
    """Run the fuzzer, print what came of it, and return the exit code."""
    asked = _asked(arguments)
    if asked.again is not None:
        _say(_again(asked.again))
        return 0
    begun = time.monotonic()
    found = fuzz(Plan(asked.inputs, asked.seed, asked.jobs, asked.folder))
    _say(*summary(found), f"{asked.inputs:,} inputs, seed {asked.seed}, {time.monotonic() - begun:.0f} s")
    return 1 if found.failures else 0


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def summary(found: Found) -> list[str]:
    """Return a line for each target: how often it ended how, and its slowest input."""
    lines = []
    for name in TARGETS:
        counts = {outcome: count for (target, outcome), count in found.counts.items() if target == name}
        shown = ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(counts.items()))
        lines.append(
            f"{name:8} {sum(counts.values()):>9,}  slowest {found.slowest.get(name, 0):.2f} s  {shown}"
        )
    return [*lines, *(f"FAILED {file}" for file in found.failures)]


def _again(file: Path) -> str:
    text = file.read_bytes().decode("utf-8", "surrogatepass")
    return try_one(TARGETS[file.name.partition("-")[0]], text)


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000, help="how many, over all targets")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--folder", type=Path, default=Path("fuzz-failures"), help="where failing inputs go")
    parser.add_argument("--again", type=Path, metavar="FILE", help="try one saved input again")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
