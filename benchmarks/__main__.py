"""Runs all benchmarks, each in a process of its own: ``python -m benchmarks [--strict]``."""

import subprocess
import sys

from benchmarks.harness import options

NAMES = ("filter", "keys", "bytes", "load", "start", "memory", "history")


def main() -> int:
    """Run them one after the other; return the largest exit code."""
    chosen = options(__doc__).parse_args()
    strict = ["--strict"] if chosen.strict else []
    return max(
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *strict], check=False).returncode
        for name in NAMES
    )


if __name__ == "__main__":
    sys.exit(main())
