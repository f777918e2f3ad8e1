import json
from datetime import timedelta

import pytest

from dazos_tui.history.models import BackInProof, Outcome
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.verification.service import Verdict
from tests.reset_requests import request, request_to
from tests.support import demo_instance


@pytest.fixture
def sent(desk, demo, harbor):
    """Two resets from an hour ago. Half an hour later the first person signed in."""
    instance = demo_instance(demo)
    clock = iter([utc_now() - timedelta(hours=1)] * 4)
    with HistoryStore(desk.state / "history.db", clock=lambda: next(clock)) as store:
        for user_name in ("odd.garcia", "odd.obrien"):
            row = store.record_request(request_to(harbor.person(user_name), instance, ticket="HD-7"))
            store.record_outcome(row.id, Outcome.SENT, "Success")
    harbor.accounts.record_sign_in(harbor.person("odd.garcia"), "198.51.100.7", harbor.clock() - 1800)
    return desk


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_who_is_back_in_is_shown_and_recorded(sent, harbor):
    done = sent.call("verify", "-i", "harbor-prod", "--json")
    assert done.returncode == 0, done.stderr
    first, second = records(done)
    assert list(first) == [
        "verdict", "words", "history_id", "instance", "user", "ticket", "outcome", "requested_at",
        "back_in_at", "proof",
    ]  # fmt: skip
    assert (first["verdict"], first["user"]["user_name"], first["proof"]) == (
        "back in",
        "odd.garcia",
        "sign-in",
    )
    assert (second["verdict"], second["back_in_at"], second["proof"]) == ("waiting", None, None)
    [kept] = records(sent.call("history", "odd.garcia", "--json"))
    assert kept["back_in_at"] == first["back_in_at"]
    people = [
        one.query.partition("search_value=")[2] for one in harbor.requests if "LoginHistory" in one.query
    ]
    assert people == ["demo.admin", "", "odd.garcia", "odd.garci", "odd.obrien"]
    sent.call("verify", "-i", "harbor-prod")
    again = [one.query for one in harbor.requests if one.query.endswith("search_value=odd.garcia")]
    assert len(again) == 1


def test_the_table_has_one_line_for_each(sent):
    titles, elena, nora = sent.call("verify", "-i", "harbor-prod").stdout.splitlines()
    assert titles.split() == ["ID", "STATE", "PERSON", "REQUESTED", "EXPLANATION"]
    assert elena.startswith(("1   back in 29 min later  Elena", "1   back in 30 min later  Elena"))
    assert nora.startswith("2   waiting")
    assert "  sent 20" in nora


def test_a_query_narrows(sent):
    done = sent.call("verify", "-i", "harbor-prod", "obrien", "--json")
    assert [one["user"]["user_name"] for one in records(done)] == ["odd.obrien"]


def test_if_nobody_is_waiting_it_does_not_sign_in(sent, harbor):
    done = sent.call("verify", "-i", "harbor-prod", "--since", "30min")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("Nobody is waiting in harbor-prod: no reset since 20")
    assert harbor.sign_in_attempts == 0


@pytest.mark.parametrize("arguments", [["nobody"], ["garcia", "--since", "30min"]])
def test_a_query_that_matches_no_reset_is_reported(sent, harbor, arguments):
    done = sent.call("verify", "-i", "harbor-prod", *arguments)
    assert (done.returncode, done.stdout) == (4, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("No reset in harbor-prod since 20")
    assert first.endswith(f" matches “{arguments[0]}”.")
    assert second == "Others may be waiting: leave out QUERY, or look further back with --since."
    assert harbor.sign_in_attempts == 0


def test_a_query_whose_people_are_all_back_in(sent, harbor):
    sent.call("verify", "--confirm", "1")
    done = sent.call("verify", "-i", "harbor-prod", "garcia")
    assert (done.returncode, done.stdout.splitlines()[1][4:11]) == (0, "back in")
    assert done.stderr.startswith("Nobody who matches “garcia” is waiting in harbor-prod: no reset since 20")
    assert harbor.sign_in_attempts == 0


@pytest.mark.parametrize("before", [True, False])
def test_a_row_of_another_instance_is_not_confirmed(sent, before):
    option, row = ["-i", "summit-prod"], ["--confirm", "1"]
    done = sent.call(*option, "verify", *row) if before else sent.call("verify", *option, *row)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Row 1 of the history belongs to harbor-prod, not to summit-prod." in done.stderr
    assert records(sent.call("history", "garcia", "--json"))[0]["back_in_at"] is None
    assert sent.call("verify", "-i", "harbor-prod", *row).returncode == 0


def test_without_a_history_nobody_is_waiting(desk):
    assert desk.call("verify", "-i", "harbor-prod").returncode == 0
    assert not desk.state.exists()


def test_the_persons_word_is_recorded_without_the_crm(sent, harbor):
    done = sent.call("verify", "--confirm", "2", "--json")
    [record] = records(done)
    assert (done.returncode, record["verdict"], record["proof"]) == (0, Verdict.BACK_IN, BackInProof.PERSON)
    assert harbor.requests == type(harbor.requests)()
    shown = sent.call("verify", "-i", "harbor-prod", "obrien")
    assert shown.stdout.splitlines()[1].startswith("2   back in 1 h 0 min later")
    assert "confirmed by the person" in shown.stdout
    assert harbor.sign_in_attempts == 0


@pytest.mark.parametrize("number", ["9", "1"])
def test_a_row_that_cannot_be_confirmed_is_refused(desk, number):
    if number == "1":
        with HistoryStore(desk.state / "history.db") as store:
            row = store.record_request(request())
            store.record_outcome(row.id, Outcome.REFUSED, "No")
    done = desk.call("verify", "--confirm", number)
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 2
    assert desk.state.exists() is (number == "1")


def test_a_login_history_without_permission_is_reported(sent, harbor):
    rep = harbor.non_admin
    config = sent.config.read_text()
    sent.config.write_text(
        config.replace('"demo.admin"', f'"{rep.username}"').replace(harbor.password, rep.password)
    )
    done = sent.call("verify", "-i", "harbor-prod")
    assert (done.returncode, done.stdout) == (6, "")
    assert "Permission denied" in done.stderr
    assert [one["back_in_at"] for one in records(sent.call("history", "--json"))] == [None, None]


def test_a_login_history_that_fails_is_reported(sent, harbor):
    harbor.faults.answer_with("login-history", "", status=500)
    done = sent.call("verify", "-i", "harbor-prod")
    assert (done.returncode, done.stdout) == (8, "")
    assert "verify --confirm" in done.stderr


def test_an_unclear_result_names_what_to_do(sent):
    config = sent.config.read_text()
    sent.config.write_text(
        config.replace("[instances.harbor-prod]", '[instances.harbor-prod]\ntime_zone = "Asia/Tokyo"')
    )
    done = sent.call("verify", "-i", "harbor-prod", "garcia")
    assert (done.returncode, done.stdout.splitlines()[1][4:11]) == (0, "unclear")
    assert "does not fit the time_zone or date_format in the config." in done.stdout
    assert done.stderr == "If Elena García says they are back in: dazos-tui verify --confirm 1\n"


def test_a_session_that_ends_is_renewed(sent, harbor):
    harbor.faults.expire_before = "login-history"
    done = sent.call("verify", "-i", "harbor-prod", "--json")
    assert [one["verdict"] for one in records(done)] == ["back in", "waiting"]
    assert harbor.sign_in_attempts == 2


@pytest.mark.parametrize("arguments", [["--since", "soon"], ["--confirm", "0"], ["--confirm", "1", "garcia"]])
def test_invalid_arguments_are_refused(desk, arguments):
    done = desk.call("verify", "-i", "harbor-prod", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr
