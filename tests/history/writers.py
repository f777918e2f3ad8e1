"""Processes that send to the same people at the same time, into one history on PostgreSQL.

Each process prints ``ready``, waits for a line, and then begins a send to every person; it prints the number
of each person whose send it recorded. People have numbers that follow one another, from `first` on.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.history import postgres
from dazos_tui.history.errors import ConcurrentResetError
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.postgres import PostgresBackend, PostgresServer
from dazos_tui.history.store import HistoryStore
from tests.patience import patience


@dataclass
class Writers:
    """Running processes."""

    processes: Sequence["subprocess.Popen[str]"]

    @classmethod
    def start(cls, server: PostgresServer, count: int, people: int, *, first: int = 0) -> "Writers":
        """Start processes that all begin at the same moment; return once they have begun."""
        address = server.address
        place = [address.host, str(address.port), address.database, address.user]
        processes = [
            subprocess.Popen(
                [
                    sys.executable, "-m", "tests.history.writers", *place, f"writer{number}",
                    str(first), str(first + people),
                ],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for number in range(count)
        ]  # fmt: skip
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return cls(processes)

    @property
    def are_running(self) -> bool:
        """Return whether at least one process has not ended."""
        return any(process.poll() is None for process in self.processes)

    def sent(self) -> list[int]:
        """Return the people whose send was recorded, by all processes, once these have ended."""
        ended = [process.communicate(timeout=patience(300)) for process in self.processes]
        assert [error for _, error in ended] == [""] * len(ended), ended
        assert [process.returncode for process in self.processes] == [0] * len(ended)
        return [int(number) for output, _ in ended for number in output.split()]


def main(host: str, port: str, database: str, user: str, name: str, first: str, end: str) -> None:
    """Send to everybody to whom no other process has sent."""
    address = PostgresAddress(host, int(port), database, user)
    # On a busy machine, a server takes longer to start again.
    postgres.RETRY_SECONDS = patience(postgres.RETRY_SECONDS)
    server = PostgresServer(address, lambda: None, sslmode="prefer")
    with HistoryStore(PostgresBackend(server)) as store:
        store.require_writable()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for number in range(int(first), int(end)):
            person = (str(number), f"u{number}", "n", f"{number}@example.com")
            request = ResetRequest("acme", "production", "h", name, *person, "", "crm.example/")
            try:
                entry = store.record_request(request, unless_after=0)
            except ConcurrentResetError:
                continue
            store.record_outcome(entry.id, Outcome.SENT, name)
            sys.stdout.write(f"{number}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
