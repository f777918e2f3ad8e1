"""The demo CRM in its own process, so that it does not slow down what is measured.

    python -m benchmarks.server FOLDER PEOPLE PAGE_SIZE

It writes the app's configuration and the list of its people into the folder, and serves until stdin ends.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config

INSTANCE = "harbor-prod"


@dataclass(frozen=True)
class Shown:
    """A person as the list shows them."""

    name: str
    user_name: str
    email: str
    role: str
    active: bool


@dataclass(frozen=True)
class Server:
    """A running demo CRM: how to sign in to its instance, and the folder of the app's configuration."""

    url: str
    username: str
    password: str
    folder: Path

    @property
    def people(self) -> list[Shown]:
        """Return all people of its list."""
        return [Shown(**row) for row in json.loads(_people_file(self.folder).read_text())]

    @property
    def app(self) -> list[str]:
        """Return the command that opens the app on this CRM."""
        state = str(self.folder / "state")
        files = ["--config", str(_config_file(self.folder)), "--state", state]
        return [sys.executable, "-m", "dazos_tui", *files, "-i", INSTANCE]


@contextmanager
def demo_server(people: int, *, page_size: int) -> Iterator[Server]:
    """Run the demo CRM with this number of active and inactive people, until the context ends."""
    with tempfile.TemporaryDirectory(prefix="dazos-tui-bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.server", folder, str(people), str(page_size)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            ready, _ = process.stdout, process.stdin
            assert ready is not None  # noqa: S101 - asked for above
            yield Server(**json.loads(ready.readline()), folder=Path(folder))
        finally:
            process.communicate()


def main() -> None:
    """Serve with the arguments of this process."""
    folder, people, page_size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    preset = InstancePreset(
        INSTANCE, "Harbor Recovery (demo)", "harbor.example.com", users=people, page_size=page_size
    )
    with DemoServer(preset) as server:
        instance = server.instance(INSTANCE)
        write_demo_config(_config_file(folder), server.instances)
        rows = [
            asdict(Shown(person.full_name, person.user_name, person.email1, person.roleid, person.active))
            for person in instance.people
        ]
        _people_file(folder).write_text(json.dumps(rows))
        ready = {"url": instance.url, "username": instance.username, "password": instance.password}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def _config_file(folder: Path) -> Path:
    return folder / "config.toml"


def _people_file(folder: Path) -> Path:
    return folder / "people.json"


if __name__ == "__main__":
    main()
