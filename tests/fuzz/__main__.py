"""The fuzzer's command: ``python -m tests.fuzz --inputs 1000000 [--seed N] [--jobs 2] [--folder DIR]``.

Exit code 0: every input was read or ended in a documented error. 1: some were not; each is saved, together
with what it caused. ``python -m tests.fuzz --again FILE`` tries a saved input again.
"""

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.run import FuzzResult, Plan, fuzz
from tests.fuzz.targets import TARGETS, try_one


def main(arguments: list[str]) -> int:
    """Run the fuzzer, print a summary, and return the exit code."""
    options = _parse_arguments(arguments)
    if options.again is not None:
        _print_lines(_try_saved(options.again))
        return 0
    start = time.monotonic()
    result = fuzz(Plan(options.inputs, options.seed, options.jobs, options.folder))
    _print_lines(
        *summary(result),
        f"{options.inputs:,} inputs, seed {options.seed}, {time.monotonic() - start:.0f} s",
    )
    return 1 if result.failures else 0


def _print_lines(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def summary(result: FuzzResult) -> list[str]:
    """Return a line for each target, with the count of each outcome and its slowest input."""
    lines = []
    for name in TARGETS:
        counts = {outcome: count for (target, outcome), count in result.counts.items() if target == name}
        shown = ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(counts.items()))
        lines.append(
            f"{name:8} {sum(counts.values()):>9,}  slowest {result.slowest.get(name, 0):.2f} s  {shown}"
        )
    return [*lines, *(f"FAILED {file}" for file in result.failures)]


def _try_saved(file: Path) -> str:
    text = file.read_bytes().decode("utf-8", "surrogatepass")
    return try_one(TARGETS[file.name.partition("-")[0]], text)


def _parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=20_000, help="how many, in all targets together")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes")
    parser.add_argument(
        "--folder", type=Path, default=Path("fuzz-failures"), help="where failing inputs are saved"
    )
    parser.add_argument("--again", type=Path, metavar="FILE", help="try one saved input again")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
