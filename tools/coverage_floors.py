"""Prints the coverage of each package from the data of `tools/check --coverage`, and fails below a floor."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

FLOORS = dict.fromkeys(
    ("crm", "resets", "verification", "directory", "history", "text", "config", "secrets"), 95.0
)
"""The least percentage of branches that tests of these packages reach."""

OVERALL = 88.0
"""The least percentage of branches over all packages."""


def main() -> int:
    """Print a line for each package; returns 1 if any is below its floor."""
    branches, reached = _count(_report())
    failed = 0
    for name in [*sorted(branches), ""]:
        of, done = (branches[name], reached[name]) if name else (branches.total(), reached.total())
        percentage = 100 * done / of if of else 100.0
        floor = FLOORS.get(name, 0.0) if name else OVERALL
        is_low = percentage < floor
        failed |= is_low
        remark = f"  below {floor:.0f} %" if is_low else f"  (at least {floor:.0f} %)" if floor else ""
        print(f"{name or 'all':16}{percentage:6.1f} % of {of} branches{remark}")  # noqa: T201
    return int(failed)


def _count(report: dict[str, dict[str, dict[str, dict[str, int]]]]) -> tuple[Counter[str], Counter[str]]:
    """Return the number of branches of each package, and of those that were reached."""
    branches, reached = Counter[str](), Counter[str]()
    for path, found in report["files"].items():
        parts = Path(path).parts
        package = parts[1] if len(parts) > 2 else "(top)"
        branches[package] += found["summary"]["num_branches"]
        reached[package] += found["summary"]["covered_branches"]
    return branches, reached


def _report() -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", str(path)], check=True)
        loaded: dict[str, dict[str, dict[str, dict[str, int]]]] = json.loads(path.read_text())
        return loaded


if __name__ == "__main__":
    sys.exit(main())
