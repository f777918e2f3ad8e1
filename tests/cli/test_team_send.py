"""``dazos-tui send`` with a history that a team shares."""

import json
from contextlib import closing, nullcontext

import pytest
import tomli_w

from dazos_tui.history.errors import HistoryError, OutdatedHistoryError
from dazos_tui.history.models import Outcome
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.postgres import PostgresBackend
from dazos_tui.history.store import HistoryStore
from tests.clusters import cluster
from tests.faults.scenario import ordinary
from tests.history.cutting_proxy import cutting
from tests.history.older_files import older_database
from tests.support import eventually

__all__ = ["cluster"]

PASSWORD = "a-password"


@pytest.fixture
def line(cluster):
    with cutting(cluster.port) as proxy:
        yield proxy


@pytest.fixture
def team(desk, cluster, line, harbor):
    """Return a function that configures the desk's history; it returns a person to send to."""
    database = cluster.new_database()
    desk.server = cluster.server(database)
    with closing(cluster.admin(database)) as admin:
        admin.execute(f"ALTER ROLE administrator PASSWORD '{PASSWORD}'")

    def configure(**table):
        url = f"postgresql://administrator@127.0.0.1:{line.port}/{database}"
        keys = {"url": url, "password_command": ["echo", PASSWORD], **table}
        desk.config.write_text(desk.config.read_text() + "\n" + tomli_w.dumps({"history": keys}))
        return next(person.user_name for person in harbor.people if ordinary(person))

    return configure


def send(desk, person, *options):
    return desk.call("send", "-i", "harbor-prod", person, "--yes", "--json", *options)


def kept(desk):
    with HistoryStore(PostgresBackend(desk.server)) as store:
        return [(entry.request.user_name, entry.outcome) for entry in store.search()]


def test_a_send_is_recorded_for_the_whole_team(desk, team, harbor):
    person = team()
    assert send(desk, person).returncode == 0
    assert [mail.user_name for mail in harbor.outbox] == [person]
    assert kept(desk) == [(person, Outcome.SENT)]
    again = send(desk, person)
    assert (again.returncode, json.loads(again.stdout)["findings"]) == (3, ["sent_recently"])
    assert len(harbor.outbox) == 1
    assert not desk.state.exists()


def test_a_wrong_password_is_named_without_a_word_of_other_files(desk, team, harbor):
    done = send(desk, team(password_command=["echo", "a-wrong-secret"]))
    assert done.returncode == 3
    assert "password authentication failed" in done.stderr
    assert "[history]" in done.stderr
    assert "--state" not in done.stderr
    assert "a-wrong-secret" not in done.stderr
    assert harbor.outbox == []


@pytest.mark.parametrize("role", ["owner", "sender"])
def test_plain_mode_of_the_owner_brings_an_older_history_up_to_date(desk, cluster, tmp_path, role):
    database = older_database(cluster, tmp_path)
    with closing(cluster.admin(database)) as admin:
        admin.execute(f"ALTER ROLE {database}_{role}_person PASSWORD '{PASSWORD}'")
    url = f"postgresql://{database}_{role}_person@127.0.0.1:{cluster.port}/{database}"
    table = tomli_w.dumps({"history": {"url": url, "password_command": ["echo", PASSWORD]}})
    desk.config.write_text(f"{desk.config.read_text()}\n{table}")
    done = desk.call("--plain", "-i", "harbor-prod", "garcía")
    assert "1. Elena García" in done.stdout
    outdated = nullcontext() if role == "owner" else pytest.raises(OutdatedHistoryError)
    server = cluster.server(database, f"{database}_owner_person")
    with HistoryStore(PostgresBackend(server)) as store, outdated:
        assert len(store.search()) == 4
    assert ("this user may not bring it up to date" in done.stderr) == (role == "sender")


def test_nothing_is_sent_while_the_server_is_away(desk, team, harbor, line):
    person = team()
    line.refuse()
    done = send(desk, person)
    assert done.returncode == 3
    assert "The history's server postgresql://administrator@127.0.0.1" in done.stderr
    assert "cannot be reached" in done.stderr
    assert "Nothing was sent." in done.stderr
    assert harbor.outbox == []


def test_with_a_queue_a_send_goes_on_and_is_brought_later(desk, team, harbor, line):
    person = team(offline="queue")
    line.refuse()
    done = send(desk, person)
    assert done.returncode == 0, done.stderr
    assert "1 row waits on this machine" in done.stderr
    assert [mail.user_name for mail in harbor.outbox] == [person]
    assert "1 row waits" in desk.call("history").stderr
    # Another send to the same person is stopped by what waits here.
    assert send(desk, person).returncode == 3
    line.refuse(refuse=False)

    def is_brought():
        done = desk.call("history")
        return done.stderr == "" and person.partition(".")[0] in done.stdout.lower()

    # On a busy machine, the server may take longer to answer than a command waits, each time.
    assert eventually(is_brought)
    assert kept(desk) == [(person, Outcome.SENT)]
    assert len(harbor.outbox) == 1


def test_a_queue_that_cannot_be_read_afterwards_hides_no_outcome(desk, team, harbor, monkeypatch):
    def fail(_backend):
        raise HistoryError("The queue cannot be read.", advice="")

    person = team(offline="queue")
    monkeypatch.setattr(QueueingBackend, "notice", fail)
    done = send(desk, person)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "sent"


def test_a_batch_is_not_continued_while_nobody_knows_who_has_a_link(desk, team, harbor, line):
    person = team(offline="queue")
    file = desk.folder / "people.txt"
    file.write_text(f"{person}\n")
    batch = ("send", "-i", "harbor-prod", "--from", str(file), "--yes", "--json", "--again")
    assert desk.call(*batch).returncode == 0
    line.refuse()
    away = desk.call(*batch)
    assert away.returncode == 3
    assert "cannot be reached" in away.stderr
    assert "Nothing was sent." in away.stderr
    line.refuse(refuse=False)
    again = desk.call(*batch)
    assert (again.returncode, json.loads(again.stdout)["verdict"]) == (0, "done")
    assert len(harbor.outbox) == 1
