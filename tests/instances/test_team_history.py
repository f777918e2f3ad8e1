"""Opening the history that the config names, with a password and over TLS."""

import os
import pwd
import shutil
import sys
from contextlib import closing
from dataclasses import dataclass

import pytest
import tomli_w

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.history.errors import HistoryServerError, HistoryUnreachableError
from dazos_tui.history.models import Outcome
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.postgres import PostgresBackend
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.instances.team_history import open_history
from tests.clusters import cluster
from tests.crm.certificates import self_signed
from tests.history.cutting_proxy import cutting
from tests.reset_requests import request

__all__ = ["cluster"]

PASSWORD = "a-secret-of-the-history"


def config_with(tmp_path, **table):
    path = tmp_path / "config.toml"
    path.write_text(tomli_w.dumps({"history": table}))
    return load_config(path)


def problem(tmp_path, **table):
    with pytest.raises(ConfigError) as caught:
        config_with(tmp_path, **table)
    assert "a-secret" not in str(caught.value)
    return str(caught.value).partition("history.")[2]


URL = "postgresql://kim@db.example.com/support"


# -- the table ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            {"url": "postgresql://kim:a-secret@db.example.com/support"},
            "url: contains a password",
        ),
        ({"url": "mysql://kim@db.example.com/support"}, "url: does not start with postgresql://"),
        ({"url": "postgresql://db.example.com/support"}, "url: needs the names of a user and of a database"),
        ({"url": "postgresql://kim@db.example.com"}, "url: needs the names of a user and of a database"),
        ({"url": "postgresql://kim@db.example.com/a/b"}, "url: needs the names of a user and of a database"),
        ({"url": "postgresql://kim@/support"}, "url: names no host"),
        ({"url": "postgresql://kim@a.example,b.example/support"}, "url: names more than one host"),
        ({"url": "postgresql://kim@db.example.com:x/support"}, "url: is not a valid address"),
        ({"url": "postgresql://kim@db.example.com/support?sslmode=disable"}, "url: contains an option after"),
        (
            {"url": "postgresql://kim@db.example.com/support?password=a-secret"},
            "url: contains an option after",
        ),
        ({"url": "postgresql://kim @db.example.com/support"}, "url: contains a space"),
        ({"url": URL, "password": "a-secret"}, "password: passwords are never read from a file"),
        (
            {"url": URL, "password_env": "A", "password_command": ["b"]},
            "password_command: cannot be",
        ),
        ({"url": URL, "password_command": [" "]}, "password_command: names no program"),
        ({"offline": "wait"}, 'offline: is not valid; expected "stop" or "queue"'),
        ({"sslmode": "prefer"}, 'sslmode: is not valid; expected "verify-full"'),
        ({"keep_days": -1}, "keep_days: is not valid; expected whole days"),
        ({"keep_day": 1}, "keep_day: unknown key (did you mean “keep_days”?)"),
    ],
)
def test_a_wrong_table_says_what_is_wrong_without_the_secret(tmp_path, table, words):
    assert problem(tmp_path, **table).startswith(words)


def test_without_a_url_it_is_the_local_file(tmp_path):
    with open_history(config_with(tmp_path, keep_days=3), tmp_path / "history.db") as store:
        assert isinstance(store.backend, SqliteBackend)


def test_a_queue_is_used_only_where_the_config_says_so(tmp_path):
    for offline, is_queue in (("queue", True), ("stop", False)):
        config = config_with(tmp_path, url=URL, offline=offline, sslmode="disable")
        with open_history(config, tmp_path / "history.db") as store:
            assert isinstance(store.backend, QueueingBackend) is is_queue
        with open_history(config, tmp_path / "history.db", can_queue=False) as store:
            assert not isinstance(store.backend, QueueingBackend)


def test_certificates_are_checked_unless_nothing_crosses_a_network(tmp_path):
    for url, mode in (
        (URL, "verify-full"),
        ("postgresql://kim@127.0.0.1/support", "prefer"),
        ("postgresql://kim@localhost/support", "prefer"),
        ("postgresql://kim@/support?host=/run/postgresql", "prefer"),
        ("postgresql://kim@localhost.example.com/support", "verify-full"),
    ):
        with open_history(config_with(tmp_path, url=url), tmp_path / "history.db") as store:
            assert isinstance(store.backend, PostgresBackend)
            assert store.backend.server.sslmode == mode
            assert (store.backend.server.ca_file is not None) is (mode == "verify-full")


def test_a_missing_driver_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "dazos_tui.history.postgres", raising=False)
    monkeypatch.delitem(sys.modules, "dazos_tui.history.postgres_errors", raising=False)
    with pytest.raises(HistoryServerError, match="the driver for it is missing") as caught:
        open_history(config_with(tmp_path, url=URL), tmp_path / "history.db")
    assert "dazos-tui[postgres]" in caught.value.advice


# -- password and TLS ---------------------------------------------------------------------------------


@dataclass
class Served:
    """A database that is reached by TCP with a password, with TLS."""

    url: str
    authority: str


@pytest.fixture
def served(cluster, tmp_path):
    database, certificate = cluster.new_database(), self_signed(tmp_path, name="database")
    role = f"{database}_kim"
    for source, name in ((certificate.file, "server.crt"), (certificate.key, "server.key")):
        target = cluster.folder / "data" / name
        shutil.copy(source, target)
        target.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(target, pwd.getpwnam("nobody").pw_uid, -1)
    with closing(cluster.admin(database)) as admin:
        admin.execute("ALTER SYSTEM SET ssl = on")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        admin.execute(f"GRANT CREATE ON DATABASE {database} TO {role}")
    yield Served(f"postgresql://{role}@127.0.0.1:{cluster.port}/{database}", str(certificate.file))
    with closing(cluster.admin(database)) as admin:
        admin.execute("ALTER SYSTEM RESET ssl")
        admin.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize(
    "secret", [{"password_command": ["echo", PASSWORD]}, {"password_env": "HISTORY_PASSWORD"}], ids=str
)
def test_a_send_with_a_password_over_tls(served, tmp_path, monkeypatch, secret):
    monkeypatch.setenv("HISTORY_PASSWORD", PASSWORD)
    table = {"url": served.url, "ca_file": served.authority, "sslmode": "verify-full"}
    with open_history(config_with(tmp_path, **table, **secret), tmp_path / "history.db") as store:
        assert store.record_request(request()).id == 1
        rows = store.backend.read("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", {})
        assert rows == [(True,)]
        assert PASSWORD not in store.place
    assert not (tmp_path / "history.db").exists()


@pytest.mark.parametrize("is_named", [True, False])
def test_a_server_with_another_certificate_is_not_trusted(served, tmp_path, is_named):
    table = {"ca_file": str(self_signed(tmp_path, name="other").file)} if is_named else {}
    config = config_with(tmp_path, url=served.url, sslmode="verify-full", **table)
    with (
        open_history(config, tmp_path / "history.db") as store,
        pytest.raises(HistoryServerError, match="was not trusted") as caught,
    ):
        store.record_request(request())
    assert "ca_file" in caught.value.advice


def test_an_authority_that_others_could_change_is_not_used(served, tmp_path):
    file = tmp_path / "authority.pem"
    shutil.copy(served.authority, file)
    file.chmod(0o666)
    config = config_with(tmp_path, url=served.url, sslmode="verify-full", ca_file=str(file))
    with pytest.raises(HistoryServerError, match="is not used: Everybody may write to"):
        open_history(config, tmp_path / "history.db")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["false"], "The history's password command “false” ended with exit code 1"),
        (["echo", "a-wrong-secret"], "password authentication failed"),
        (["/nowhere/program"], "The history's password command “/nowhere/program”"),
    ],
)
def test_a_password_that_does_not_come_is_a_clear_error(served, tmp_path, command, words):
    config = config_with(tmp_path, url=served.url, sslmode="require", password_command=command)
    with (
        open_history(config, tmp_path / "history.db") as store,
        pytest.raises(HistoryServerError) as caught,
    ):
        store.record_request(request())
    said = str(caught.value) + caught.value.advice
    assert words in said
    assert "a-wrong-secret" not in said


def test_the_password_is_asked_for_once(served, tmp_path):
    script = tmp_path / "password"
    script.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/log\necho {PASSWORD}\n")
    script.chmod(0o700)
    config = config_with(tmp_path, url=served.url, sslmode="require", password_command=[str(script)])
    with open_history(config, tmp_path / "history.db") as store, store.reopen() as other:
        store.record_request(request())
        assert len(other.search()) == 1
    assert (tmp_path / "log").read_text() == "asked\n"


def test_a_connection_over_tls_that_is_cut_at_any_packet_loses_and_doubles_nothing(served, tmp_path, cluster):
    with cutting(cluster.port) as proxy:
        url = served.url.replace(f":{cluster.port}/", f":{proxy.port}/")
        config = config_with(tmp_path, url=url, ca_file=served.authority, sslmode="verify-ca", **_password())
        cut = 0
        while cut == 0 or proxy.passed >= cut:
            cut += 1
            with open_history(config, tmp_path / "history.db") as store:
                store.require_writable()
                proxy.restart_count(cut)
                entry = store.record_request(request(user_id=str(cut)))
                assert store.record_outcome(entry.id, Outcome.SENT, "yes").outcome is Outcome.SENT
    with open_history(config_with(tmp_path, url=served.url, **_password()), tmp_path / "history.db") as store:
        assert sorted(int(row.request.user_id) for row in store.search()) == list(range(1, cut + 1))


def test_a_connection_over_tls_that_is_cut_while_it_is_made_is_no_lack_of_trust(served, tmp_path, cluster):
    with cutting(cluster.port) as proxy:
        url = served.url.replace(f":{cluster.port}/", f":{proxy.port}/")
        config = config_with(tmp_path, url=url, ca_file=served.authority, sslmode="verify-ca", **_password())
        cut = 0
        while cut == 0 or proxy.passed >= cut:
            cut += 1
            proxy.restart_count(cut)
            with open_history(config, tmp_path / "history.db") as store:
                try:
                    store.search()
                except HistoryUnreachableError:
                    continue
        assert cut > 3


def _password():
    return {"password_command": ["echo", PASSWORD]}


def test_a_password_that_is_not_configured_is_named_and_no_send_waits_for_it(served, tmp_path):
    config = config_with(tmp_path, url=served.url, sslmode="require", offline="queue")
    with (
        open_history(config, tmp_path / "history.db") as store,
        pytest.raises(HistoryServerError, match="wants a password, and none is configured") as caught,
    ):
        store.record_request(request())
    assert "keyring = true" in caught.value.advice


@pytest.mark.parametrize(
    "other", [{"password_command": ["echo", "x"]}, {"password_env": "HISTORY_PASSWORD"}], ids=str
)
def test_the_keyring_is_the_only_source(tmp_path, other):
    assert "cannot be combined" in problem(tmp_path, url=URL, keyring=True, **other)


@pytest.mark.parametrize(
    "table",
    [
        {"keyring": True},
        {"keyring": False},
        {"offline": "stop"},
        {"sslmode": "require"},
        {"ca_file": "ca.pem"},
        {"password_env": "HISTORY_PASSWORD"},
        {"password_command": ["echo", "x"], "keep_days": 3},
    ],
    ids=str,
)
def test_what_is_about_a_server_needs_the_address_of_one(tmp_path, table):
    [key] = table.keys() - {"keep_days"}
    assert problem(tmp_path, **table).startswith(f"{key}: needs url, which is missing; expected ")


def test_a_wrong_address_of_the_server_is_the_only_mistake(tmp_path):
    assert "needs url" not in problem(tmp_path, url="mysql://db.example.com/x", sslmode="require")


def test_a_local_history_can_be_kept_for_a_time(tmp_path):
    assert config_with(tmp_path, keep_days=3).history.keep_days == 3
