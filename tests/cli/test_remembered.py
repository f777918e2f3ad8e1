"""Answers from the list of an earlier reading, and removing what is kept."""

import json
import socket
from datetime import timedelta

import pytest

from dazos_tui.directory.remembered import people_path, remembered_people
from dazos_tui.history.times import utc_now

HARBOR = ("-i", "harbor-prod")


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def read(desk, harbor):
    """The list of an instance, read once; from then on nothing reaches the CRM."""
    done = desk.call("users", *HARBOR, "--json")
    assert done.returncode == 0
    harbor.requests.clear()
    return records(done)


def test_users_answer_without_the_network_and_say_how_old_it_is(desk, harbor, read):
    done = desk.call("users", *HARBOR, "--remembered", "--json")
    assert done.returncode == 0
    assert records(done) == [{**person, "admin": None} for person in read]
    assert done.stderr.startswith("harbor-prod as of ")
    assert done.stderr.endswith("just now; the CRM was not asked.\n")
    assert not harbor.requests
    assert desk.call("users", *HARBOR, "--remembered", "--quiet").stderr == ""


def test_a_query_narrows_what_is_remembered(desk, harbor, read):
    done = desk.call("users", *HARBOR, "--remembered", "anna", "beacon", "--json")
    assert [person["user_name"] for person in records(done)] == ["anna.beacon"]
    done = desk.call("users", *HARBOR, "--remembered", "--status", "inactive", "--json")
    assert len(records(done)) == 64
    done = desk.call("users", *HARBOR, "--remembered", "nobody-at-all")
    assert (done.returncode, done.stdout) == (4, "")
    assert not harbor.requests


def test_find_answers_without_the_network(desk, harbor, read):
    done = desk.call("find", "--remembered", "anna.beacon", "--json")
    assert done.returncode == 0
    assert [(one["instance"], one["user_name"]) for one in records(done)] == [("harbor-prod", "anna.beacon")]
    assert "harbor-prod as of " in done.stderr
    assert "No list of the people of summit-prod is remembered." in done.stderr
    assert not harbor.requests


@pytest.mark.parametrize("command", [("users", *HARBOR), ("find", "anna")])
def test_nothing_is_remembered(desk, harbor, command):
    done = desk.call(*command, "--remembered", "--json")
    assert (done.returncode, done.stdout) == (8, "")
    assert "No list of the people of harbor-prod is remembered." in done.stderr
    assert "“dazos-tui users” keep one once they have read all of it" in done.stderr
    assert not harbor.requests


def test_it_answers_while_the_crm_is_gone(desk, demo, harbor, read):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = unused.getsockname()[1]
    text = desk.config.read_text()
    assert desk.call("users", *HARBOR, "--remembered", "--json").returncode == 0
    # Another address is another CRM: its people must not be shown.
    desk.config.write_text(text.replace(harbor.url.split("/")[2], f"127.0.0.1:{closed}"))
    done = desk.call("users", *HARBOR, "--remembered", "--json")
    assert (done.returncode, done.stdout) == (8, "")


def test_a_part_of_the_list_is_not_kept(desk, harbor):
    assert desk.call("users", *HARBOR, "--status", "inactive").returncode == 0
    assert remembered_people(desk.state, "harbor-prod") is None


def test_never_means_never(desk, harbor, read):
    desk.config.write_text("keep_people_hours = 0\n" + desk.config.read_text())
    done = desk.call("users", *HARBOR, "--remembered")
    assert done.returncode == 8
    assert "Lists are never kept: keep_people_hours is 0 in the config." in done.stderr
    assert not people_path(desk.state, "harbor-prod").exists()
    assert desk.call("users", *HARBOR).returncode == 0
    assert not people_path(desk.state, "harbor-prod").exists()


def test_an_old_list_is_not_shown(desk, harbor, read):
    path = people_path(desk.state, "harbor-prod")
    head, _, body = path.read_text().partition("\n")
    old = (utc_now() - timedelta(hours=25)).isoformat()
    path.write_text(json.dumps(json.loads(head) | {"read_at": old}) + "\n" + body)
    assert desk.call("users", *HARBOR, "--remembered").returncode == 8
    assert not path.exists()


def test_forget_says_what_it_removed(desk, harbor, read):
    assert desk.call("users", "-i", "summit-prod").returncode == 0
    done = desk.call("forget", "-i", "summit-prod")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Removed the list of the people of summit-prod.\n"
    assert people_path(desk.state, "harbor-prod").exists()
    done = desk.call("forget", "--json")
    assert records(done) == [{"removed": ["harbor-prod"]}]
    assert not (desk.state / "people").exists()
    done = desk.call("forget")
    assert (done.returncode, done.stderr) == (0, "No list was kept.\n")
    assert desk.call(*HARBOR, "forget").stderr == "No list of harbor-prod was kept.\n"


def test_a_person_who_is_erased_is_taken_out_too(desk, harbor, read):
    assert desk.call("send", *HARBOR, "ben.linden", "--yes").returncode == 0
    done = desk.call("db", "erase", "ben.linden", "--yes")
    assert done.returncode == 0
    assert "Also taken out of the remembered list." in done.stderr
    assert b"ben.linden@" not in people_path(desk.state, "harbor-prod").read_bytes()
    assert len(records(desk.call("users", *HARBOR, "--remembered", "--json"))) == 452
