"""A team's history on a server that can be away, and people in it."""

from contextlib import closing, contextmanager
from dataclasses import replace

from dazos_tui.history.audit import check_chain
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.postgres import PostgresBackend, PostgresServer
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from tests.reset_requests import request


class Team:
    """A server behind a line that can be cut, and two machines."""

    def __init__(self, cluster, folder, proxy):
        self.direct = cluster.server(cluster.new_database(), "administrator")
        with closing(cluster.admin("postgres")) as admin:
            admin.execute("ALTER ROLE administrator PASSWORD 'a-password'")
        address = replace(self.direct.address, host="127.0.0.1", port=proxy.port)
        self._far = PostgresServer(address, lambda: "a-password", sslmode="disable")
        self._folder, self.line = folder, proxy

    @property
    def queue(self):
        return self._folder / "history-queue.db"

    def machine(self):
        return HistoryStore(QueueingBackend(PostgresBackend(self._far), SqliteBackend(self.queue)))

    @contextmanager
    def away(self):
        self.line.refuse()
        yield
        self.line.refuse(refuse=False)

    def rows(self):
        """Return what the server has, oldest first; the chain is whole."""
        with HistoryStore(PostgresBackend(self.direct)) as store:
            assert check_chain(store.backend).problem == ""
            return store.search()[::-1]


def someone(person):
    return request(user_id=person, email=f"{person}@acme.example", server="crm.example/")
