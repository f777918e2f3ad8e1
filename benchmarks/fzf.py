"""fzf, the fuzzy finder that search and drawing are compared with (github.com/junegunn/fzf)."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

MISSING = (
    "There is no fzf with --bench (0.70 or later). “pip install 'dazos-tui[bench]'” installs it. Skipping it."
)

_UNITS = {"s": 1000.0, "ms": 1.0, "µs": 0.001}
_AVERAGE = re.compile(r"avg: ([\d.]+)(s|ms|µs)")
_FOUND_ONE, _FOUND_NONE = 0, 1


@cache
def find_fzf() -> str | None:
    """Return the path of an fzf with --bench: that of PATH, else that of the `bench` extra, else None."""
    beside = str(Path(sys.executable).parent / "fzf")
    return next((path for path in (shutil.which("fzf"), beside) if path and _measures_itself(path)), None)


def _measures_itself(path: str) -> bool:
    try:
        done = _run([path, "--filter", "a", "--bench=1ms"], b"a\n")
    except OSError:
        return False
    return done.returncode == 0 and _AVERAGE.search(done.stdout.decode()) is not None


def average(path: str, query: str, lines: bytes, *, exact: bool = False, milliseconds: int = 1000) -> float:
    """Return the average milliseconds that fzf takes to find `query`, without reading the lines.

    It repeats the search for about `milliseconds`. Raises RuntimeError if it prints no result.
    """
    command = [path, "--filter", query, f"--bench={milliseconds}ms", *(["--exact"] if exact else [])]
    done = _run(command, lines)
    told = _AVERAGE.search(done.stdout.decode())
    if done.returncode not in {_FOUND_ONE, _FOUND_NONE} or told is None:
        raise RuntimeError(f"fzf did not measure itself: {done.stderr.decode().strip()}")
    return float(told[1]) * _UNITS[told[2]]


def _run(command: list[str], lines: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(command, input=lines, capture_output=True, check=False, env=plain_environment())


def plain_environment() -> dict[str, str]:
    """Return this environment without the user's own options for fzf."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FZF_")}
