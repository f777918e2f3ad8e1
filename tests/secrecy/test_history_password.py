"""The password of a team's history: whatever happens, it is left nowhere."""

from contextlib import closing

import pytest
import tomli_w
from psycopg import sql

from tests.clusters import cluster
from tests.secrecy.machine import new_secret
from tests.secrecy.sources import from_command, from_variable
from tests.secrecy.test_command_line import SEND, ordinary_people

__all__ = ["cluster"]


@pytest.mark.parametrize("way", [from_command, from_variable])
@pytest.mark.parametrize("trouble", ["none", "a wrong password", "no server"])
def test_a_send_with_a_shared_history(machine, harbor, password, cluster, way, trouble):
    secret = machine.secrets["the history's password"] = new_secret("history")
    database = cluster.new_database()
    role = sql.Identifier(f"{database}_kim")
    with closing(cluster.admin(database)) as admin:
        right = secret if trouble == "none" else "another"
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(right)))
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(sql.Identifier(database), role))
    crm = from_command(machine, harbor, "password", password)
    machine.configure(harbor, **crm.keys)
    port = 1 if trouble == "no server" else cluster.port
    keys = {"url": f"postgresql://{database}_kim@127.0.0.1:{port}/{database}"}
    path = machine.root / "home/config/dazos-tui/config.toml"
    with path.open("a") as file:
        file.write("\n" + tomli_w.dumps({"history": keys | way(machine, harbor, "password", secret).keys}))
    expected = 0 if trouble == "none" else 3
    assert machine.run(*SEND, ordinary_people(harbor)[0]) == expected
    assert machine.run("history", "--json") == expected
    assert len(harbor.outbox) == (1 if trouble == "none" else 0)
    assert machine.leaks() == []
