"""Looking for a person in many instances, one of which never answers.

Beside the best that so many at once could need: one instance asked by itself, as often as there are rounds.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import get_args

from benchmarks.harness import Figure, options, report
from dazos_tui.config.load import load_config
from dazos_tui.demo.faults import Fault, FaultPlace
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config
from dazos_tui.instances.find_user import FIND_SECONDS, find_user
from dazos_tui.instances.many import MAX_AT_ONCE

_ANSWER_SECONDS = 0.3
"""How long each request to an instance takes."""
_QUERY = "demo.admin"


def main() -> int:
    """Run the benchmark; return its exit code."""
    parser = options(__doc__)
    parser.add_argument("--instances", type=int, default=200, metavar="N", help="default 200")
    chosen = parser.parse_args()
    with _server(chosen.instances) as config:
        single = median(asyncio.run(_ask_one(config)) for _ in range(3))
        first, whole, lines = _find_everywhere(config)
    if lines != chosen.instances - 1:
        sys.exit(f"{lines} of {chosen.instances - 1} instances answered")
    # Few instances are done before the one that never answers is given up.
    best = max(single * ceil(chosen.instances / MAX_AT_ONCE), FIND_SECONDS)
    title = f"find in {chosen.instances} instances, {_ANSWER_SECONDS:g} s a request, one never answers"
    figures = [
        Figure("whole command, beside the best for 16 at once", "s", whole, best, most_ratio=2.0),
        Figure("first person printed, beside one instance by itself", "s", first, single),
    ]
    return report(title, figures, strict=chosen.strict)


async def _ask_one(config: Path) -> float:
    """Return the seconds that one instance takes by itself."""
    instance = next(iter(load_config(config).instances.values()))
    began = perf_counter()
    answers = [one async for one in find_user([instance], _QUERY)]
    if not answers[0].value:
        sys.exit(f"{instance.name}: {answers[0].error}")
    return perf_counter() - began


def _find_everywhere(config: Path) -> tuple[float, float, int]:
    """Return the seconds to the first line and to the end of the command, and the number of lines."""
    command = [sys.executable, "-m", "dazos_tui", "--config", str(config), "find", _QUERY, "--json"]
    began = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        arrived = [perf_counter() - began for _ in process.stdout or ()]
    return arrived[0], perf_counter() - began, len(arrived)


@contextmanager
def _server(instances: int) -> Iterator[Path]:
    """Run the demo with this number of instances in its own process; yield the path of their config."""
    with tempfile.TemporaryDirectory(prefix="dazos-tui-bench-") as folder:
        config = Path(folder, "config.toml")
        command = [sys.executable, "-m", "benchmarks.find", "--serve", str(config), str(instances)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                if process.stdout is None or not process.stdout.readline():
                    sys.exit("The demo did not start.")
                yield config
            finally:
                process.communicate()


def _serve(config: Path, instances: int) -> None:
    presets = [
        InstancePreset(f"site-{number:03}", f"Site {number}", f"site-{number}.example.com", users=5)
        for number in range(instances)
    ]
    with DemoServer(*presets) as server:
        for number, instance in enumerate(server.instances):
            # The one in the middle never answers.
            seconds = 3600.0 if number == instances // 2 else _ANSWER_SECONDS
            for place in get_args(FaultPlace):
                instance.faults.inject(place, Fault(delay=seconds), times=None)
        write_demo_config(config, server.instances)
        sys.stdout.write(json.dumps({"instances": instances}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        _serve(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(main())
