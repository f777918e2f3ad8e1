"""How much memory the app uses with all people loaded, compared with fzf, and how much the directory uses."""

import gc
import os
import subprocess
import sys

from benchmarks import fzf
from benchmarks.app import app_with_everybody
from benchmarks.harness import Figure, options, report, say
from benchmarks.people import people
from benchmarks.server import Server, demo_server
from benchmarks.terminal import Terminal, resident_megabytes
from dazos_tui.directory.directory import Directory

PAGE_SIZE = 100
MOST_MEGABYTES = 110.0
_DIRECTORY_ONLY = "--directory-only"


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, people=100_000)
    parser.add_argument(_DIRECTORY_ONLY, action="store_true", help="print the memory of a directory, in MB")
    chosen = parser.parse_args()
    if chosen.directory_only:
        say(f"{_directory(chosen.people):.1f}")
        return 0
    with demo_server(chosen.people, page_size=PAGE_SIZE) as server:
        with app_with_everybody(server) as app:
            app.press(b"a")
            ours = app.resident_megabytes
        theirs = _fzf(server)
    figures = [
        Figure("the app with all people", "MB", ours, theirs, most=MOST_MEGABYTES),
        Figure("the directory only", "MB", _in_a_process_of_its_own(chosen.people)),
    ]
    return report(f"memory: {chosen.people:,} people", figures, strict=chosen.strict)


def _fzf(server: Server) -> float | None:
    """Return the memory of fzf with the same people, or None without fzf."""
    tool = fzf.find_fzf()
    if tool is None:
        say(fzf.MISSING)
        return None
    file = server.folder / "rows.txt"
    rows = [f"{one.name}  {one.user_name}  {one.email}  {one.role}\n" for one in server.people]
    file.write_text("".join(rows))
    with Terminal([tool, "--layout=reverse"], stdin=file) as terminal:
        terminal.ready(lambda screen: f"{len(rows)}/{len(rows)}" in screen)
        terminal.press(b"a")
        return terminal.resident_megabytes


def _in_a_process_of_its_own(count: int) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", _DIRECTORY_ONLY, "--people", str(count)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def _directory(count: int) -> float:
    """Return the growth of this process by a directory that has been searched, in millions of bytes."""
    before = resident_megabytes(os.getpid())
    directory = Directory.from_users(people(count))
    len(directory.search("maria"))
    gc.collect()
    return resident_megabytes(os.getpid()) - before


if __name__ == "__main__":
    sys.exit(main())
