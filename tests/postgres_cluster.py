"""A real PostgreSQL for tests: a cluster in a temporary folder, run by an unprivileged user."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import psycopg

from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.history.postgres import PostgresServer
from tests.patience import patience

ADMIN = "administrator"

# Waits at a pipe that closes when the test process is gone, however it ended. A line says that all is well.
_WATCHER = """
read -r line || {
    kill -QUIT "$0"
    while kill -0 "$0"; do sleep 0.1; done
    rm -rf "$1"
}
"""
_names = count(1)


def programs_folder() -> Path | None:
    """Return the folder with initdb and postgres, where Debian or the PATH has them; else None."""
    found = shutil.which("initdb")
    if found and Path(found).resolve().with_name("postgres").exists():
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


MISSING = "" if programs_folder() else "initdb is missing: apt-get install postgresql"
"""Why there is no PostgreSQL here; empty if there is one."""


class Cluster:
    """A running server with its own data, on 127.0.0.1 and a socket."""

    def __init__(self, folder: Path) -> None:
        programs = programs_folder()
        assert programs is not None
        self.folder, self.port, self._programs = folder, _free_port(), programs
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        # The server refuses to be run by root.
        self._as_user = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as_user:
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        options = ["--no-sync", "--encoding=UTF8", "--locale=C", f"--username={ADMIN}"]
        self._run(
            "initdb", "-D", str(folder / "data"), "--auth-local=trust", "--auth-host=scram-sha-256", *options
        )

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self._as_user)  # type: ignore[call-overload]

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = (
            "fsync=off", "max_connections=60", "autovacuum=off", "log_min_messages=panic",
            f"unix_socket_directories={self.folder}", "listen_addresses=127.0.0.1",
        )  # fmt: skip
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += [part for setting in settings for part in ("-c", setting)]
        self._process = subprocess.Popen(  # type: ignore[call-overload]
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **self._as_user
        )
        self._watcher = subprocess.Popen(
            ["sh", "-c", _WATCHER, str(self._process.pid), str(self.folder)],
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        )  # fmt: skip
        deadline = monotonic() + patience(20)
        while True:
            with suppress(psycopg.OperationalError):
                self.admin("postgres").close()
                return
            assert monotonic() < deadline, "the server does not answer"
            sleep(0.05)

    @property
    def pid(self) -> int:
        """Return the id of the server's first process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End the server at once, as a crash does."""
        self._stop(signal.SIGQUIT)

    def stop(self) -> None:
        """Stop the server; open connections are ended."""
        self._stop(signal.SIGINT)

    def _stop(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(patience(20))
            self._process = None
        if self._watcher is not None:
            self._watcher.communicate(b"stopped\n", patience(20))
            self._watcher = None

    def admin(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection of the administrator; every statement commits by itself."""
        return psycopg.connect(
            host=str(self.folder), port=self.port, user=ADMIN, dbname=database, autocommit=True
        )

    def new_database(self) -> str:
        """Create an empty database and return its name."""
        name = f"test_{next(_names)}"
        with closing(self.admin("postgres")) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name

    def server(self, database: str, user: str = ADMIN) -> PostgresServer:
        """Return a database by the local socket, where every user is trusted."""
        address = PostgresAddress(str(self.folder), self.port, database, user)
        return PostgresServer(address, lambda: None, sslmode="prefer")


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a cluster in a temporary folder of its own, outside pytest's, which only root may enter."""
    with tempfile.TemporaryDirectory(prefix="dazos-pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        cluster = Cluster(Path(name))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
