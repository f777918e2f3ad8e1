"""Writes the figures of all benchmarks, and the machine they were measured on, into a document."""

import os
import platform
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

BEGIN = "<!-- figures: written by python -m benchmarks --write docs/performance.md -->"
END = "<!-- end of figures -->"

_LIBRARIES = ("textual", "httpx", "selectolax")


def with_figures(text: str, about: str, tables: Iterable[str]) -> str:
    """Return a document with these tables, and the text about them, between its two marks.

    Raises ValueError if the document does not have each mark once, in this order, or if a table is empty.
    """
    tables = tuple(tables)
    if not all(table.strip() for table in tables):
        raise ValueError("A benchmark has printed nothing.")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in after:
        raise ValueError(f"The document must have {BEGIN!r} and {END!r} once, in this order.")
    blocks = "\n\n".join(f"```\n{table.strip()}\n```" for table in tables)
    return f"{before}{BEGIN}\n{about}\n\n{blocks}\n{END}{after}"


def this_machine() -> str:
    """Return one sentence about this machine: processors, memory, system and versions."""
    parts = (
        f"{os.cpu_count()} processors{_model()}",
        f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB of memory",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in _LIBRARIES),
    )
    return f"Measured with {', '.join(parts)}."


def load() -> float:
    """Return how many processes were ready to run, on average over the last minute.

    If that is above the number of processors, all times are longer than on an idle machine.
    """
    return os.getloadavg()[0]


def _model() -> str:
    """Return the processor's name in brackets, or "" if it is not known."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return f" ({found[1].strip()})" if found else ""
