"""``send --from-ticket`` and ``--from-ticket`` of the app, with a real program as the ticket's command."""

import json

import pytest
import tomli_w

from dazos_tui.demo.settings import demo_config
from dazos_tui.history.store import HistoryStore


@pytest.fixture
def ticketed(desk, demo):
    """The demo's config, with a command that prints a file of the ticket's name."""
    tables = demo_config(demo.instances)
    command = ["cat", "--", f"{desk.folder}/{{ticket}}.txt"]
    desk.config.write_text(tomli_w.dumps({"ticket_command": command, **tables}))
    return desk


def a_person(harbor, number=3):
    return [one for one in harbor.people if one.active and not one.is_admin and one.email1][number]


def send(desk, *options):
    return desk.run("send", "-i", "harbor-prod", "--from-ticket", *options)


def test_the_one_person_of_a_ticket_gets_a_link_for_it(ticketed, harbor):
    person = a_person(harbor)
    (ticketed.folder / "T-1042.txt").write_text(f"From: X <{person.email1}>\nI cannot log in")
    done = send(ticketed, "T-1042", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["outcome"], record["ticket"]) == ("sent", "T-1042")
    assert record["user"]["user_name"] == person.user_name
    assert [mail.to for mail in harbor.outbox] == [person.email1]
    with HistoryStore(ticketed.state / "history.db") as store:
        assert [entry.request.ticket for entry in store.search()] == ["T-1042"]


def test_another_ticket_may_be_recorded(ticketed, harbor):
    (ticketed.folder / "T-1.txt").write_text(a_person(harbor).email1)
    done = send(ticketed, "T-1", "--ticket", "HD-9", "--yes", "--json")
    assert json.loads(done.stdout)["ticket"] == "HD-9"


def test_several_are_listed_and_none_gets_a_link(ticketed, harbor):
    one, other = a_person(harbor), a_person(harbor, 5)
    (ticketed.folder / "T-2.txt").write_text(f"{one.email1} for {other.full_name}")
    done = send(ticketed, "T-2", "--yes")
    assert (done.returncode, done.stdout) == (4, "")
    assert one.user_name in done.stderr
    assert other.user_name in done.stderr
    assert "T-2 names 2 people of harbor-prod." in done.stderr
    assert "dazos-tui send -i harbor-prod USER --ticket T-2" in done.stderr
    assert harbor.outbox == []


def test_nobody_here_says_which_addresses_were_seen(ticketed, harbor):
    (ticketed.folder / "T-3.txt").write_text("stranger@example.net, \x1b[31mb@example.net")
    done = send(ticketed, "T-3", "--yes", "--json")
    assert done.returncode == 4
    assert "No address of T-3 is a person of harbor-prod: stranger@example.net, " in done.stderr
    assert "dazos-tui find stranger@example.net" in done.stderr
    assert "\x1b" not in done.stderr
    assert json.loads(done.stdout)["outcome"] == "not sent"
    (ticketed.folder / "T-4.txt").write_text("nothing")
    assert (
        "T-4 has no e-mail address, and names nobody of harbor-prod." in send(ticketed, "T-4", "--yes").stderr
    )


@pytest.mark.parametrize(
    ("ticket", "said"),
    [
        ("T-404", "“cat” ended with exit code 1: cat: "),
        ("-x", "starts with “-”"),
        ("a\nb", "cannot be shown"),
    ],
)
def test_a_ticket_that_cannot_be_read_ends_before_the_sign_in(ticketed, harbor, ticket, said):
    done = send(ticketed, ticket, "--yes")
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert harbor.sign_in_attempts == 0


def test_without_a_command_no_ticket_can_be_read(desk):
    done = send(desk, "T-1", "--yes")
    assert done.returncode == 2
    assert "There is no ticket_command in the config" in done.stderr


def test_people_and_a_ticket_are_not_both_named(ticketed):
    assert send(ticketed, "T-1", "garcia", "--yes").returncode == 2
    assert ticketed.run("send", "-i", "harbor-prod", "--yes").returncode == 2
    done = ticketed.run("--from-ticket", "T-1", "users", "-i", "harbor-prod")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('ticket_command = ["gh", "{tickt}"]', "ticket_command: has an unknown field in argument 1"),
        ('ticket_command = ["gh", "view"]', "ticket_command: has no {ticket} in its arguments"),
        ('ticket_command = ["{ticket}"]', "ticket_command: has braces in the program's name"),
        ("ticket_command = []", "ticket_command: names no program"),
        ("ticket_pattern = '(a'", "ticket_pattern: has a “(” without “)”"),
        ("ticket_pattern = ''", "ticket_pattern: is empty"),
        ("ticket_pattern = 3", "ticket_pattern: is not valid; expected a regular expression"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_explained(desk, line, problem):
    desk.config.write_text(line + "\n")
    done = desk.call("config", "check")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{desk.config}: {problem}")


def test_the_config_shows_only_the_program(ticketed):
    shown = ticketed.call("config", "show").stdout.splitlines()
    assert [line.split() for line in shown if line.startswith("ticket_command")] == [
        ["ticket_command", "cat", "config"]
    ]
