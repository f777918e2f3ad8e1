"""Writes files that are generated from the app, or only compares them."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def only_checks(about: str | None) -> bool:
    """Parse the arguments of a program that `about` describes; return whether it should only compare."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")
    return bool(parser.parse_args().check)


def write(made: Mapping[Path, str]) -> None:
    """Write each text to its file (UTF-8). Raises OSError if one cannot be written."""
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


def check(made: Mapping[Path, str]) -> int:
    """Compare each text with its file, name the files that differ, and return the exit code.

    A missing file differs too. Raises OSError if one cannot be read.
    """
    stale = [path for path, text in made.items() if not _holds(path, text)]
    for path in stale:
        sys.stderr.write(f"{path} is out of date. Run this without --check, and review what changed.\n")
    return 1 if stale else 0


def write_or_check(made: Mapping[Path, str], *, only_check: bool) -> int:
    """Write all files, or only compare them; return the exit code."""
    if only_check:
        return check(made)
    write(made)
    return 0


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
