"""``dazos-tui db`` on a real file, and on PostgreSQL where the two differ."""

import json
import re
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import tomli_w

from dazos_tui.history import upgrade_progress
from dazos_tui.history.audit import check_chain
from dazos_tui.history.backend import Statement
from dazos_tui.history.export import entry_to_record
from dazos_tui.history.models import BackIn, BackInProof, Outcome
from dazos_tui.history.postgres import PostgresBackend
from dazos_tui.history.search_index import indexed_search
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore, utc_now
from tests.cli.test_history_command import filled, request
from tests.cli.test_json_schemas import require_valid
from tests.clusters import cluster
from tests.history.older_files import older_file

__all__ = ["cluster", "filled"]


def rows(desk):
    done = desk.call("history", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def change(desk, statement):
    """Change the history's file with another program."""
    with closing(SqliteBackend(desk.state / "history.db")) as backend:
        backend.write(Statement(statement, {}))


@pytest.fixture
def team(desk, cluster):
    """Return the desk with a config that names a database, and that database."""
    server = cluster.server(cluster.new_database())
    address = server.address
    url = f"postgresql://{address.user}@/{address.database}?host={address.host}"
    table = {"history": {"url": f"{url}"}}
    # The port is in the name of the socket.
    table["history"]["url"] = url.replace("@/", f"@:{address.port}/")
    desk.config.write_text(desk.config.read_text() + "\n" + tomli_w.dumps(table))
    desk.server = server
    return desk


def in_database(desk):
    with HistoryStore(PostgresBackend(desk.server)) as store:
        assert check_chain(store.backend).problem == ""
        return store.search()


# -- check --------------------------------------------------------------------------------------------


def test_an_untouched_history_passes_and_gives_a_mark(filled):
    done = filled.call("db", "check")
    assert done.returncode == 0
    assert re.fullmatch(r"OK: 3 rows; nothing was changed\.\nMark: 5:[0-9a-f]{64}\n", done.stdout)
    mark = done.stdout.split()[-1]
    with HistoryStore(filled.state / "history.db") as store:
        store.record_request(request("Dee"))
    assert filled.call("db", "check", "--mark", mark).returncode == 0
    assert filled.call("db", "check", "--mark", f"5:{'0' * 64}").returncode == 3
    assert filled.call("db", "check", "--mark", "x").returncode == 2


def test_a_changed_row_is_named(filled):
    change(filled, "UPDATE resets SET outcome = 'refused' WHERE id = 2")
    done = filled.call("db", "check")
    assert (done.returncode, done.stdout) == (3, "")
    assert "Row 2 was changed after it was recorded." in done.stderr
    record = json.loads(filled.call("db", "check", "--json").stdout)
    assert record["ok"] is False
    assert record["problem"] == "Row 2 was changed after it was recorded."


def test_no_history_is_no_problem(desk):
    assert desk.call("db", "check").stdout.startswith("OK: 0 rows")
    assert not desk.state.exists()


# -- backup and import --------------------------------------------------------------------------------


def test_a_backup_is_private_whole_and_can_be_brought_in(filled, tmp_path):
    file = tmp_path / "backup.db"
    done = filled.call("db", "backup", str(file))
    assert (done.returncode, done.stderr) == (0, f"3 rows written to {file}.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before, content = rows(filled), file.read_bytes()
    for name in ("history.db", "history.db-wal", "history.db-shm"):
        (filled.state / name).unlink(missing_ok=True)
    for count in ("3 rows", "0 rows"):
        done = filled.call("db", "import", str(file))
        assert done.stderr == f"{count} brought in from {file}.\n"
        assert rows(filled) == before
    assert filled.call("db", "check").returncode == 0
    assert file.read_bytes() == content
    assert list(tmp_path.glob("backup.db-*")) == []


def test_a_backup_never_replaces_a_file(filled, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("mine")
    done = filled.call("db", "backup", str(file))
    assert done.returncode == 3
    assert "File exists" in done.stderr
    assert file.read_text() == "mine"


def test_a_backup_while_others_send_is_the_state_of_one_moment(filled, tmp_path):
    stop = threading.Event()

    def send():
        with HistoryStore(filled.state / "history.db") as store:
            while not stop.is_set():
                store.record_outcome(store.record_request(request("Dee")).id, Outcome.SENT, "yes")

    thread = threading.Thread(target=send)
    thread.start()
    try:
        for number in range(5):
            assert filled.call("db", "backup", str(tmp_path / f"{number}.db")).returncode == 0
    finally:
        stop.set()
        thread.join()
    for number in range(5):
        with closing(SqliteBackend(tmp_path / f"{number}.db")) as backend:
            assert check_chain(backend).problem == ""


def test_nothing_to_back_up(desk, tmp_path):
    done = desk.call("db", "backup", str(tmp_path / "backup.db"))
    assert done.returncode == 3
    assert "There is no history" in done.stderr
    assert not (tmp_path / "backup.db").exists()


KEYBOARD = {"os_user": "kim", "os_host": "desk", "sudo_user": "rob", "batch": "spring"}


def record_noted(store):
    """Record a send in a batch, with who was at the keyboard, and a note about it."""
    store.record_noted(store.record_request(request("Dee", **KEYBOARD)).id)


def test_an_export_can_be_brought_in_elsewhere(filled, tmp_path):
    with HistoryStore(filled.state / "history.db") as store:
        record_noted(store)
    export = tmp_path / "history.json"
    before = rows(filled)
    export.write_text(filled.call("history", "--json").stdout)
    for name in ("history.db", "history.db-wal", "history.db-shm"):
        (filled.state / name).unlink(missing_ok=True)
    assert KEYBOARD.items() <= before[0].items()
    assert before[0]["noted_at"] is not None
    for count in ("4 rows", "0 rows"):
        assert filled.call("db", "import", str(export)).stderr == f"{count} brought in from {export}.\n"
    assert rows(filled) == before
    assert filled.call("db", "check").returncode == 0


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda record: record | {"outcome": "sendt"}, "line 2: “outcome” cannot be “sendt”"),
        (
            lambda record: record | {"requested_at": "yesterday"},
            "line 2: “requested_at” is not a time such as",
        ),
        (lambda record: record | {"requested_at": None}, "line 2: “requested_at” is not a time"),
        (
            lambda record: record | {"finished_at": None},
            "line 2: the outcome is “not sent”, but “finished_at”",
        ),
        (lambda record: record | {"user": None}, "line 2: “user” is missing"),
        (lambda record: record | {"user": {"id": 7}}, "line 2: “user.id” is missing or not a text"),
        (lambda record: record | {"operator": 7}, "line 2: “operator” is missing or not a text"),
        (lambda record: record | {"uid": "x"}, "line 2: “uid” is not 32 digits"),
        (lambda record: record | {"uid": "", "history_id": True}, "line 2: “history_id” is missing"),
        (lambda record: record | {"os_user": 7}, "line 2: “os_user” is missing or not a text"),
        (lambda record: record | {"noted_at": "soon"}, "line 2: “noted_at” is not a time such as"),
        (lambda record: record | {"proof": "person"}, "line 2: “back_in_at” and “proof” belong together"),
        (lambda record: record | {"action": "x\x1b[31m"}, "line 2: “action” cannot be “x�[31m”"),
    ],
)
def test_an_export_edited_by_hand_names_the_line_and_changes_nothing(filled, tmp_path, edit, words):
    export = tmp_path / "history.json"
    records = rows(filled)
    records[1] = edit(records[1])
    export.write_text("".join(json.dumps(record) + "\n" for record in records))
    done = filled.call("--state", str(tmp_path / "other"), "db", "import", str(export))
    assert done.returncode == 3
    assert words in done.stderr
    assert "Nothing was brought in" in done.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("text", ["not json\n", "[]\n", "{\n", '{"user": ' + "[" * 100_000])
def test_a_file_that_is_neither_a_backup_nor_an_export(desk, tmp_path, text):
    (tmp_path / "file").write_text(text)
    done = desk.call("db", "import", str(tmp_path / "file"))
    assert done.returncode == 3
    assert "line 1: this is not" in done.stderr


def test_a_file_that_is_not_there(desk, tmp_path):
    done = desk.call("db", "import", str(tmp_path / "file"))
    assert (done.returncode, "No such file" in done.stderr) == (2, True)


def test_a_damaged_backup_is_an_error(desk, tmp_path):
    (tmp_path / "file").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    done = desk.call("db", "import", str(tmp_path / "file"))
    assert done.returncode == 3
    assert "damaged or not a database" in done.stderr


def test_a_row_that_was_completed_since_the_backup_is_completed(filled, tmp_path):
    file = tmp_path / "backup.db"
    newest = rows(filled)[0]["history_id"]
    filled.call("db", "backup", str(file))
    with HistoryStore(file) as later:
        later.record_outcome(newest, Outcome.SENT, "later")
        later.record_back_in(newest, BackIn(utc_now(), BackInProof.PERSON))
        noted = later.record_noted(newest)
    assert filled.call("db", "import", str(file)).stderr.startswith("0 rows")
    assert [rows(filled)[0][key] for key in ("outcome", "message", "proof")] == ["sent", "later", "person"]
    assert rows(filled)[0]["noted_at"] == entry_to_record(noted)["noted_at"]
    assert filled.call("db", "check").returncode == 0


def test_an_older_row_that_is_brought_in_is_placed_by_its_time(filled, tmp_path):
    other = tmp_path / "other"
    with HistoryStore(other / "history.db") as store:
        store.record_request(request("Newest"))
    filled.call("db", "backup", str(tmp_path / "backup.db"))
    done = filled.call("--state", str(other), "db", "import", str(tmp_path / "backup.db"))
    assert done.returncode == 0, done.stderr
    found = filled.call("--state", str(other), "history", "--json").stdout.splitlines()
    assert [json.loads(line)["user"]["name"] for line in found] == ["Newest", "Cy", "Bob", "Zoë"]


# -- erase and retention ------------------------------------------------------------------------------


def contents(folder):
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


TRACES = (b"Zo\xc3\xab", b"zoe", b"zo\xc3\xab@acme.example", b"=HD-1", b"Dear Z")


@pytest.fixture
def with_zoe(filled):
    """Many rows, with a person whose traces are unlike all others', also in the CRM's words."""
    with HistoryStore(filled.state / "history.db") as store:
        for number in range(300):
            entry = store.record_request(request(f"Other{number}"))
            store.record_outcome(entry.id, Outcome.SENT, "yes" * (number % 40))
        entry = store.record_request(request("Zoë", ticket="=HD-1"))
        store.record_outcome(entry.id, Outcome.REFUSED, "Dear Zoë, no" + "!" * 500)
        for number in range(50):
            store.record_request(request(f"After{number}"))
    assert any(trace in contents(filled.state) for trace in TRACES)
    return filled


def test_an_erased_person_is_in_no_byte_of_the_file_and_the_chain_holds(with_zoe):
    done = with_zoe.call("db", "erase", "ZOË@acme.example".lower(), "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("2 rows erased.\n")
    found = contents(with_zoe.state)
    assert [trace for trace in TRACES if trace in found] == []
    assert b"Other7" in found
    done = with_zoe.call("db", "check")
    assert "OK: 354 rows, 2 of them erased" in done.stdout
    erased = [row for row in rows(with_zoe) if row["user"]["name"] == "(erased)"]
    assert [row["outcome"] for row in erased] == ["refused", "sent"]
    assert [(row["user"]["email"], row["ticket"], row["message"]) for row in erased] == [("", "", "")] * 2


def test_a_backup_does_not_bring_an_erased_person_back(filled, tmp_path):
    filled.call("db", "backup", str(tmp_path / "backup.db"))
    filled.call("db", "erase", "zoë", "--yes")
    assert filled.call("db", "import", str(tmp_path / "backup.db")).stderr.startswith("0 rows")
    assert [row["user"]["name"] for row in rows(filled)] == ["Cy", "Bob", "(erased)"]
    assert filled.call("db", "check").returncode == 0


def test_all_rows_of_the_account_are_erased_also_those_under_another_address(desk):
    with HistoryStore(desk.state / "history.db") as store:
        for email in ("before@acme.example", "after@acme.example"):
            person = request("Zoë", user_id="7", server="crm.example/", email=email)
            store.record_outcome(store.record_request(person).id, Outcome.SENT, "")
    assert desk.call("db", "erase", "after@acme.example", "--yes").stderr.endswith("2 rows erased.\n")
    assert b"before@" not in contents(desk.state)


def test_a_name_that_means_several_people_erases_nobody(desk):
    with HistoryStore(desk.state / "history.db") as store:
        for instance in ("one", "two"):
            store.record_outcome(
                store.record_request(
                    request("Zoë", user_id="7", instance=instance, email=f"{instance}@acme.example")
                ).id,
                Outcome.SENT,
                "",
            )
    done = desk.call("db", "erase", "7", "--yes")
    assert done.returncode == 4
    assert "more than one person: one@acme.example in one, two@acme.example in two." in done.stderr
    assert desk.call("db", "erase", "7", "-i", "two", "--yes").returncode == 0
    assert [row["user"]["name"] for row in rows(desk)] == ["(erased)", "Zoë"]


def test_a_log_that_somebody_reads_is_named_and_emptied_later(with_zoe):
    with closing(sqlite3.connect(with_zoe.state / "history.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM resets").fetchone()
        done = with_zoe.call("db", "erase", "zoë", "--yes")
        assert done.returncode == 3
        assert "another program" in done.stderr
        assert "dazos-tui db erase --rewrite" in done.stderr
        reader.execute("ROLLBACK")
        assert with_zoe.call("db", "erase", "--rewrite").returncode == 0
        found = contents(with_zoe.state)
        assert [trace for trace in TRACES if trace in found] == []


def test_erasing_nobody(filled):
    assert filled.call("db", "erase", "nobody", "--yes").returncode == 4
    assert filled.call("db", "erase").returncode == 2
    assert filled.call("db", "erase", "zoë", "--expired").returncode == 2
    done = filled.call("db", "erase", "zoë")
    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert len(filled.call("history", "zoë", "--json").stdout.splitlines()) == 1


def test_rows_older_than_keep_days_lose_their_person(with_zoe):
    with HistoryStore(with_zoe.state / "history.db") as store:
        first = store.search("zoe")[-1].id
    assert with_zoe.call("db", "erase", "--expired").returncode == 2
    with with_zoe.config.open("a") as file:
        file.write("\n[history]\nkeep_days = 4\n")
    done = with_zoe.call("db", "erase", "--expired")
    assert done.stderr == "1 row older than 4 days erased.\n"
    assert b"Success" not in contents(with_zoe.state)
    assert [row["history_id"] for row in rows(with_zoe) if row["user"]["name"] == "(erased)"] == [first]
    assert with_zoe.call("db", "check").returncode == 0
    assert with_zoe.call("db", "erase", "--expired").stderr == "0 rows older than 4 days erased.\n"


# -- a team's history ---------------------------------------------------------------------------------


def test_a_local_history_is_moved_and_compared_and_stays(team):
    with HistoryStore(team.state / "history.db") as store:
        for name in ("Ann", "Bob"):
            store.record_outcome(store.record_request(request(name)).id, Outcome.SENT, "yes")
        store.record_back_in(1, BackIn(utc_now(), BackInProof.SIGN_IN))
        record_noted(store)
        before = store.search()
    for count in ("3 rows", "0 rows"):
        done = team.call("db", "move")
        assert done.returncode == 0, done.stderr
        assert f"{count} brought to postgresql://" in done.stderr
        assert "all 3 are there" in done.stderr
    moved = team.call("db", "move", "--json", "--quiet")
    assert (require_valid("db-move", moved.stdout), moved.stderr) == ([{"rows": 0, "total": 3}], "")
    assert in_database(team) == before
    assert (team.state / "history.db").exists()
    assert [row["user"]["name"] for row in rows(team)] == ["Dee", "Bob", "Ann"]


def test_what_both_histories_recorded_since_is_no_difference(team):
    with HistoryStore(team.state / "history.db") as local:
        local.record_outcome(local.record_request(request("Ann")).id, Outcome.SENT, "yes")
        assert team.call("db", "move").returncode == 0
        with HistoryStore(PostgresBackend(team.server)) as store:
            for one, minutes in ((store, 1), (local, 2)):
                one.record_noted(1)
                one.record_back_in(1, BackIn(utc_now() + timedelta(minutes=minutes), BackInProof.SIGN_IN))
    done = team.call("db", "move")
    assert (done.returncode, "0 rows brought" in done.stderr) == (0, True), done.stderr


def test_moving_without_a_url(filled):
    done = filled.call("db", "move")
    assert (done.returncode, "There is no url in [history]" in done.stderr) == (2, True)


def test_a_row_that_another_program_wrote_is_named(team):
    with HistoryStore(team.state / "history.db") as store:
        store.record_request(request("Zoë"))
    change(team, "UPDATE resets SET requested_at = 'yesterday'")
    done = team.call("db", "move")
    assert done.returncode == 3
    assert "Row 1 of the history" in done.stderr
    assert "has a time that dazos-tui never writes" in done.stderr


def test_moving_nothing(team):
    done = team.call("db", "move")
    assert (done.returncode, "There is no history in" in done.stderr) == (3, True)


def test_a_backup_of_a_server_is_the_same_kind_of_file(team, tmp_path):
    with HistoryStore(PostgresBackend(team.server)) as store:
        entry = store.record_request(request("Zoë"))
        store.record_outcome(entry.id, Outcome.SENT, "yes")
        record_noted(store)
        mark = check_chain(store.backend).mark
    file = tmp_path / "backup.db"
    assert team.call("db", "backup", str(file)).returncode == 0
    with HistoryStore(file) as copy:
        assert check_chain(copy.backend).mark == mark
        assert check_chain(copy.backend).problem == ""
        assert copy.search() == in_database(team)


def test_an_erased_person_is_in_no_table_of_the_server(team, cluster):
    with HistoryStore(PostgresBackend(team.server)) as store:
        for name in ("Other", "Zoequivalent"):
            store.record_outcome(store.record_request(request(name)).id, Outcome.SENT, f"Dear {name}")
        path = store.backend.read("SELECT current_setting('data_directory') || '/base'", {})[0][0]
    with closing(cluster.admin(team.server.address.database)) as admin:
        admin.execute("CHECKPOINT")
    assert b"Zoequivalent" in contents(Path(path))
    done = team.call("db", "erase", "zoequivalent", "--yes")
    assert done.returncode == 0, done.stderr
    found = contents(Path(path))
    assert b"Zoequivalent" not in found
    assert b"zoequivalent" not in found
    assert [entry.request.name for entry in in_database(team)] == ["(erased)", "Other"]


def test_erasing_deletes_the_local_cache_of_a_servers_history(team):
    with HistoryStore(PostgresBackend(team.server), cache_folder=team.state) as store:
        store.record_outcome(store.record_request(request("Zoequivalent")).id, Outcome.SENT, "Dear Zoe")
        with closing(indexed_search(store)) as search:
            search.catch_up()
    assert list(team.state.glob("history-*.db-search"))
    # Also one of a database that was configured earlier.
    (team.state / "history-0123456789ab.db-search").touch()
    assert team.call("db", "erase", "zoequivalent", "--yes").returncode == 0
    assert not list(team.state.glob("history-*.db-search"))


def test_the_printed_roles_set_a_database_up(desk, cluster):
    done = desk.call("db", "roles", "--owner", "keepers", "--sender", "senders", "--reader", "readers")
    assert done.returncode == 0
    database = cluster.new_database()
    with closing(cluster.admin(database)) as admin:
        admin.execute(done.stdout)
        admin.execute("CREATE ROLE lee LOGIN IN ROLE senders")
    with HistoryStore(PostgresBackend(cluster.server(database, "lee"))) as store:
        store.record_outcome(store.record_request(request("Zoë")).id, Outcome.SENT, "yes")
    assert desk.call("db", "roles", "--owner", "x; DROP TABLE y").returncode == 2


def test_an_older_history_is_brought_up_to_date(desk):
    older_file(desk.state / "history.db")
    done = desk.call("db", "upgrade")
    assert (done.returncode, done.stdout) == (0, "")
    assert "history.db is up to date." in done.stderr
    assert desk.call("db", "check").returncode == 0


def test_a_long_conversion_says_how_far_it_is(desk, monkeypatch):
    monkeypatch.setattr(upgrade_progress, "SILENT_SECONDS", 0.0)
    older_file(desk.state / "history.db")
    done = desk.call("history", "--json")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 4)
    assert done.stderr.startswith("Updating the history: ")
    assert done.stderr.endswith("left. It stays as it was if this is stopped.\n")
    assert desk.call("history", "--json").stderr == ""


def test_a_history_that_does_not_exist_is_not_brought_up_to_date(desk):
    done = desk.call("db", "upgrade")
    assert done.returncode != 0
    assert "There is no history in" in done.stderr
    assert not (desk.state / "history.db").exists()


def test_the_config_in_force_says_where_the_history_is(desk):
    assert re.search(r"^history +in the state folder +default$", desk.call("config", "show").stdout, re.M)
    table = {"url": "postgresql://kim@db.example.com/support", "password_command": ["pass", "a-secret"]}
    with desk.config.open("a") as file:
        file.write("\n" + tomli_w.dumps({"history": table | {"keep_days": 30, "ca_file": "missing.pem"}}))
    shown = desk.call("config", "show").stdout
    for line in (
        r"history\.url +postgresql://kim@db\.example\.com/support +config",
        r"history\.password +from the command pass +config",
        r"history\.offline +stop +default",
        r"history\.keep_days +30 +config",
    ):
        assert re.search(f"^{line}$", shown, re.M), line
    assert "a-secret" not in shown
    done = desk.call("config", "check")
    assert done.returncode == 2
    assert re.search(r"history\.ca_file: there is no file .*missing\.pem", done.stderr)
