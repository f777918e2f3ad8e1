"""--quiet, --limit and --csv, and what is suggested for a misspelt word."""

import csv
import io
import json

import pytest

from dazos_tui.history.store import HistoryStore

HARBOR = ("-i", "harbor-prod")


def in_order(records):
    """Sort by instance: `find` prints the people of an instance as soon as it has answered."""
    return sorted(records, key=lambda record: record.get("instance", ""))


def rows_of(done):
    return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.mark.parametrize(
    "arguments",
    [["users", *HARBOR, "anna"], ["find", "anna"], ["instances"], ["history"], ["verify", *HARBOR]],
)
def test_csv_has_what_json_has(desk, arguments):
    desk.call("send", *HARBOR, "cara.beacon", "ben.linden", "--again", "--yes")
    table = desk.call(*arguments)
    found, records = rows_of(desk.call(*arguments, "--csv")), []
    for line in desk.call(*arguments, "--json").stdout.splitlines():
        record = json.loads(line)
        user = record.pop("user", {})
        user = {"user_id" if key == "id" else key: value for key, value in user.items()}
        records.append({**record, **user})
    assert len(found) == len(records) == len(table.stdout.splitlines()) - 1 > 0
    for row, record in zip(in_order(found), in_order(records), strict=True):
        # The CSV of the history has neither of them.
        expected = {key: value for key, value in record.items() if key not in {"uid", "server"}}
        assert set(row) == set(expected)
        for key, text in row.items():
            value = expected[key]
            assert text == (str(value).lower() if isinstance(value, bool) else str(value or ""))
    assert desk.call(*arguments, "--csv", "--json").returncode == 2


def test_a_spreadsheet_takes_no_name_for_a_formula(desk, harbor):
    harbor.person("anna.beacon").last_name = '=HYPERLINK("http://x.example")'
    harbor.person("anna.beacon").first_name = ""
    harbor.user_list.invalidate()
    [row] = rows_of(desk.call("users", *HARBOR, "anna.beacon", "--csv"))
    assert row["name"].startswith("'=HYPERLINK")


@pytest.mark.parametrize(
    "arguments", [["users", *HARBOR], ["find", "demo.admin"], ["instances"], ["verify", *HARBOR]]
)
def test_a_limit_is_kept_and_said(desk, arguments):
    desk.call("send", *HARBOR, "cara.beacon", "ben.linden", "--again", "--yes")
    everything = desk.call(*arguments, "--json").stdout.splitlines()
    done = desk.call(*arguments, "--json", "--limit", "1")
    [row] = done.stdout.splitlines()
    assert done.returncode == 0
    assert row in everything if arguments[0] == "find" else row == everything[0]
    assert f"The first 1 of {len(everything)}." in done.stderr
    assert desk.call(*arguments, "--json", "--limit", "1", "--quiet").stderr == ""
    assert desk.call(*arguments, "--limit", "0").returncode == 2


@pytest.mark.parametrize("before", [True, False])
def test_quiet_leaves_out_remarks_and_keeps_errors(desk, before):
    def quiet(*arguments):
        return desk.call(*(["-q", *arguments] if before else [*arguments, "--quiet"]))

    assert desk.call("history").stderr.startswith("No resets recorded yet")
    assert quiet("history").stderr == ""
    assert quiet("verify", *HARBOR).stderr == ""
    done = quiet("users", *HARBOR, "nobody-at-all")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        4,
        "Nobody in harbor-prod matches “nobody-at-all”.",
    )
    assert "There is no field “mail”" in quiet("users", *HARBOR, "mail:x").stderr
    done = quiet("send", *HARBOR, "cara.beacon", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sent  Cara Beacon")


def test_quiet_keeps_the_warnings_of_a_send_and_what_is_asked_about(desk, harbor):
    done = desk.call("send", *HARBOR, "anna.nettle", "--allow", "role", "--yes", "--quiet")
    assert done.returncode == 0
    assert "! " in done.stderr
    assert "instance " not in done.stderr
    terminal = desk.start("send", *HARBOR, "cara.beacon", "--quiet")
    terminal.wait_for("[y/N]: ")
    assert "cara.beacon@harbor.example.com" in terminal.seen
    terminal.type("n\n")
    assert terminal.end()[0] == 3
    assert len(harbor.outbox) == 1


def test_quiet_shows_no_progress(desk):
    terminal = desk.start("users", *HARBOR, "--json", "-q")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines()), terminal.seen) == (0, 453, "")
    # The choice ends with the command.
    assert desk.call("-q", "history").stderr == ""
    assert desk.call("history").stderr != ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hitsory"], "There is no command “hitsory” (did you mean “history”?)."),
        (["garcia"], "To open the app on a search for it: dazos-tui -i NAME garcia"),
        (["config", "shwow"], "There is no command “shwow” (did you mean “show”?)."),
        (["db", "bakkup"], "There is no command “bakkup” (did you mean “backup”?)."),
        (["hits\x1b[31mory"], "There is no command “hits�[31mory” (did you mean “history”?)."),
        ([*HARBOR, "hitsory"], "There is no command “hitsory” (did you mean “history”?), and no terminal"),
        (["users", "--limt", "3"], "--limit"),
        (["users", "--status", "inactve"], "(did you mean “inactive”?)"),
        (["send", "x", "--allow", "lokced"], "(did you mean “locked”?)"),
        (["users", "-i", "habor-prod"], "in the config (did you mean “harbor-prod”?)"),
        (["history", "--outcome", "refusd"], "(did you mean “refused”?)"),
        (["history", "outcome:sentt"], "(did you mean “sent”?)"),
        (["history", "--since", "1m"], "“1m” could mean months or minutes: use 1mo or 1min."),
        (["verify", "--since", "1m"], "“1m” could mean months or minutes: use 1mo or 1min."),
        (["schema", "usrs"], "(did you mean “users”?)"),
    ],
)  # fmt: skip
def test_a_misspelt_word_is_named_with_what_was_meant(desk, arguments, said):
    done = desk.call(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["history"], 0), (["note"], 4), (["db", "erase", "nobody", "--yes"], 4)],
)
def test_an_instance_that_nothing_knows_is_named_where_nothing_is_found(desk, arguments, code):
    HistoryStore(desk.state / "history.db").close()
    done = desk.call(*arguments, "-i", "habor-prod")
    assert (done.returncode, done.stdout) == (code, "")
    assert "There is no instance “habor-prod” in the config (did you mean “harbor-prod”?)" in done.stderr
    assert "There is no instance" not in desk.call(*arguments, *HARBOR).stderr


def test_an_instance_that_was_removed_from_the_config_is_still_in_the_history(desk):
    desk.call("send", *HARBOR, "cara.beacon", "--yes")
    desk.config.write_text(desk.config.read_text().replace("[instances.harbor-prod]", "[instances.other]"))
    assert "There is no instance" not in desk.call("history", *HARBOR, "nobody").stderr


@pytest.mark.parametrize("word", ["outcome:lost", "outcome:won"])
def test_a_word_that_resembles_nothing_is_not_guessed_at(desk, word):
    done = desk.call("history", word)
    assert done.returncode == 2
    assert "did you mean" not in done.stderr


@pytest.mark.parametrize("status", ["status:acti", "status:activve"])
def test_a_status_that_is_not_one(desk, status):
    said = desk.call("users", *HARBOR, status).stderr
    assert ("(did you mean “active”?)" in said) is (status == "status:activve")
