"""`send --from`: a file of people, its plan, the question, the links one after another, the report."""

import csv
import io
import json
import resource
import shutil
import signal
import subprocess
from datetime import timedelta

import pytest
import tomli_w

from dazos_tui.cli._support import send_batch
from dazos_tui.cli.app import run_cli
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.settings import demo_config
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore, utc_now
from tests.crm.html import DENIED
from tests.faults.scenario import ordinary
from tests.patience import patience
from tests.reset_requests import request
from tests.support import eventually

PROD = ("send", "-i", "harbor-prod")
SANDBOX = ("send", "-i", "harbor-sandbox")
LOCKED = "anna.beacon@harbor.example.com"
REFUSAL = '{"success":false,"error":{"message":"No."}}'
SHARED = "front.desk@harbor.example.com"


@pytest.fixture
def desk(desk, demo):
    configure(desk, demo)
    return desk


def configure(desk, demo, **batch):
    tables = demo_config(demo.instances)
    desk.config.write_text(tomli_w.dumps({"batch": {"links_per_minute": 6000} | batch, **tables}))


@pytest.fixture
def store(desk):
    with HistoryStore(desk.state / "history.db") as store:
        yield store


@pytest.fixture
def some(harbor):
    """Return six people to whom nothing speaks against a link."""
    found = [person for person in harbor.people if ordinary(person) and person.email1 != SHARED]
    return found[:6]


def write(desk, *rows, name="people.csv", header="Name;E-Mail"):
    file = desk.folder / name
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return str(file)


def rows_of(people):
    return [f"{person.last_name};{person.email1}" for person in people]


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_line(done):
    return {one["line"]: one for one in records(done)}


def sent_to(crm):
    return [mail.to for mail in crm.outbox]


def test_everybody_in_a_file_gets_one_link_and_each_row_has_the_batch(desk, harbor, some, store):
    file = write(desk, *rows_of(some))
    done = desk.run(*PROD, "--from", file, "--yes", "--json", "--ticket", "T-7")
    assert done.returncode == 0
    assert sent_to(harbor) == [person.email1 for person in some]
    sent = records(done)
    assert {(one["outcome"], one["verdict"], one["ticket"]) for one in sent} == {("sent", "link", "T-7")}
    assert [one["line"] for one in sent] == [2, 3, 4, 5, 6, 7]
    (batch,) = {one["batch"] for one in sent}
    assert {entry.request.batch for entry in store.search()} == {batch}
    assert len(store.entries_of_batch(batch)) == 6
    assert "People are read from the column “E-Mail”." in done.stderr
    assert f"1 of 6: sent  {some[0].full_name}" in done.stderr
    assert f"Batch {batch}: 6 sent." in done.stderr


def test_the_json_of_a_send_keeps_its_keys(desk, harbor, some):
    single = desk.call(*PROD, "--yes", "--json", some[0].user_name)
    file = write(desk, *rows_of(some[1:2]))
    many = desk.call(*PROD, "--from", file, "--yes", "--json")
    [one], [of_batch] = records(single), records(many)
    assert list(of_batch)[: len(one)] == list(one)
    assert set(of_batch) - set(one) == {"argument", "line", "batch", "verdict"}


def test_a_dry_run_names_everybody_and_sends_nothing(desk, harbor, some, store):
    inactive = next(person for person in harbor.people if not person.active and person.email1)
    others = (LOCKED, inactive.email1, SHARED, "nobody@example.com")
    file = write(desk, *rows_of(some[:1]), *(f"x;{one}" for one in others), *rows_of(some[:1]), "x;")
    done = desk.run(*PROD, "--from", file, "--dry-run", "--json")
    assert done.returncode == 4
    found = by_line(done)
    assert {line: one["verdict"] for line, one in found.items()} == {
        2: "link", 3: "stopped", 4: "skipped", 5: "ambiguous", 6: "unknown person", 7: "repeated",
        8: "unknown person",
    }  # fmt: skip
    assert {one["outcome"] for one in found.values()} == {"not sent"}
    assert found[2]["message"] == "Not requested: this is a dry run."
    assert "This login is locked" in found[3]["message"]
    assert found[3]["findings"] == ["locked"]
    assert "This account is inactive" in found[4]["message"]
    assert found[5]["message"] == f"2 people match “{SHARED}”: arlo.candle, arlo.orchard."
    assert found[6]["message"] == "Nobody matches “nobody@example.com”."
    assert found[7]["message"] == f"The same person as “{some[0].email1}” in line 2."
    assert found[8]["message"] == "The row names nobody."
    assert (
        "7 named: 1 to get a link, 1 stopped by a guard, 1 without a way to get one, 1 ambiguous, 2 unknown, "
        "1 named twice. Nothing was sent: this is a dry run." in done.stderr
    )
    assert harbor.outbox == []
    assert not (desk.state / "history.db").exists()


def test_a_dry_run_as_text_is_the_plan_in_the_file_s_order(desk, harbor, some):
    file = write(desk, *rows_of(some[:1]), f"x;{LOCKED}")
    done = desk.call(*PROD, "--from", file, "--dry-run", "--skip")
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert first.startswith(f"line 2  link     {some[0].full_name} <{some[0].email1}>")
    assert second.startswith("line 3  stopped  Anna Beacon")


@pytest.mark.parametrize(
    ("rows", "code", "options"),
    [
        ([f"x;{LOCKED}"], 3, "--skip leaves out the 1 who cannot get a link now."),
        (["x;nobody@example.com"], 4, "--skip-unmatched leaves out the 1 who match nobody or several."),
        (
            ["x;nobody@example.com", f"x;{SHARED}", f"x;{LOCKED}"],
            4,
            "--skip-unmatched leaves out the 2 who match nobody or several. "
            "--skip leaves out the 1 who cannot get a link now.",
        ),
    ],
)
def test_somebody_who_cannot_get_a_link_stops_all_unless_they_are_left_out(
    desk, harbor, some, rows, code, options
):
    file = write(desk, *rows_of(some[:2]), *rows)
    done = desk.call(*PROD, "--from", file, "--yes", "--json")
    assert done.returncode == code
    assert "Nothing was sent to anybody." in done.stderr
    assert options in done.stderr
    assert {one["outcome"] for one in records(done)} == {"not sent"}
    assert len(records(done)) == 2 + len(rows)
    assert harbor.outbox == []
    done = desk.call(*PROD, "--from", file, "--yes", "--skip", "--skip-unmatched")
    assert done.returncode == 0
    assert sent_to(harbor) == [person.email1 for person in some[:2]]
    assert f"2 sent, {len(rows)} left out." in done.stderr


def test_what_is_not_sent_comes_first_in_the_report(desk, harbor, some):
    file = write(desk, *rows_of(some[:2]), f"x;{LOCKED}")
    done = desk.call(*PROD, "--from", file, "--yes", "--skip", "--csv")
    table = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["outcome"] for row in table] == ["not sent", "sent", "sent"]
    assert [row["line"] for row in table] == ["4", "2", "3"]
    assert table[1]["email"] == some[0].email1
    assert table[1]["user_id"] == str(some[0].id)
    assert table[1]["history_id"] == "1"


def test_a_guard_is_overridden_for_all_who_need_it(desk, harbor, some):
    file = write(desk, f"x;{LOCKED}", *rows_of(some[:1]))
    assert desk.call(*PROD, "--from", file, "--yes", "--allow", "locked").returncode == 0
    assert sorted(sent_to(harbor)) == sorted([LOCKED, some[0].email1])


def test_a_guard_names_the_batch_that_a_changed_file_probably_was(desk, harbor, some):
    first = desk.call(*PROD, "--from", write(desk, *rows_of(some[:3])), "--yes", "--json")
    batch = records(first)[0]["batch"]
    changed = write(desk, *rows_of(some[:5]))
    stopped = desk.call(*PROD, "--from", changed, "--yes")
    assert stopped.returncode == 3
    assert (
        f"Some got their link in batch {batch}. If this is the same list, changed, use --batch {batch}"
        in (stopped.stderr)
    )
    assert len(harbor.outbox) == 3
    done = desk.call(*PROD, "--from", changed, "--yes", "--batch", batch)
    assert done.returncode == 0
    assert sent_to(harbor) == [person.email1 for person in some[:5]]


def test_the_same_file_again_asks_nobody_again(desk, harbor, some):
    file = write(desk, *rows_of(some))
    assert desk.call(*PROD, "--from", file, "--yes").returncode == 0
    again = desk.call(*PROD, "--from", file, "--yes", "--json")
    assert again.returncode == 0
    assert {one["verdict"] for one in records(again)} == {"done"}
    assert {one["outcome"] for one in records(again)} == {"sent"}
    assert "Nobody is left to send to in batch" in again.stderr
    assert len(harbor.outbox) == 6
    repeated = desk.call(*PROD, "--from", file, "--yes", "--new-batch", "--again")
    assert repeated.returncode == 0
    assert len(harbor.outbox) == 12


def test_refused_people_are_asked_again_and_unknown_ones_are_not(desk, harbor, some, store):
    file = write(desk, *rows_of(some[:3]))
    harbor.faults.answer_with("action", REFUSAL)
    harbor.faults.drop_connection("action", runs=True)
    done = desk.call(*PROD, "--from", file, "--yes", "--json")
    assert done.returncode == 7
    assert [(one["line"], one["outcome"]) for one in records(done)] == [
        (3, "unknown"), (2, "refused"), (4, "not sent"),
    ]  # fmt: skip
    assert "Stopped: " in done.stderr
    assert "To continue with who got no link: the same command again." in done.stderr
    again = desk.call(*PROD, "--from", file, "--yes", "--json")
    assert [(one["line"], one["outcome"], one["verdict"]) for one in records(again)] == [
        (3, "unknown", "done"), (2, "sent", "link"), (4, "sent", "link"),
    ]  # fmt: skip
    assert again.returncode == 7
    assert sorted(sent_to(harbor)) == sorted(person.email1 for person in some[:3])


def test_a_run_of_failures_stops_the_batch(desk, demo, harbor, some):
    configure(desk, demo, stop_after_failures=2)
    for _ in range(6):
        harbor.faults.answer_with("action", REFUSAL)
    done = desk.call(*PROD, "--from", write(desk, *rows_of(some)), "--yes", "--json")
    assert done.returncode == 3
    assert [one["outcome"] for one in records(done)] == ["refused"] * 2 + ["not sent"] * 4
    assert "Stopped: 2 in a row failed, the last one with: No." in done.stderr


def test_a_session_that_ends_is_renewed_in_the_middle(desk, harbor, some):
    file = write(desk, *rows_of(some[:4]))
    harbor.faults.expire_before = "action"
    done = desk.call(*PROD, "--from", file, "--yes")
    assert done.returncode == 0
    assert sent_to(harbor) == [person.email1 for person in some[:4]]
    assert "The session has ended. Signing in to harbor-prod again." in done.stderr


def test_a_batch_of_another_instance_is_not_continued(desk, harbor, some):
    file = write(desk, *rows_of(some[:1]))
    assert desk.call(*PROD, "--from", file, "--yes").returncode == 0
    other = desk.call("send", "-i", "summit-prod", "--from", file, "--yes")
    assert other.returncode == 2
    assert "was begun in harbor-prod, not in summit-prod." in other.stderr
    assert "--new-batch" in other.stderr


UNUSABLE = {
    "empty": (b"", 4, "The file is empty."),
    "only titles": (b"email\n", 4, "The file has only titles (line 1), and no people."),
    "a workbook": (b"PK\x03\x04", 2, "This is an Excel workbook or another zip file"),
    "binary": (b"\x00\x01", 2, "This is no text"),
    "ten columns": (
        b"a,b,c,d,e,f,g,h,i,j\n" * 2,
        2,
        "None of the 10 columns is clearly e-mail, user name",
    ),
    "100,000 rows": (b"a\n" * 100_000, 2, "The file has 100,000 rows. One batch has at most 10,000 people."),
}


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.parametrize("is_stdin", [False, True])
def test_a_file_that_cannot_be_used_ends_in_a_sentence(desk, harbor, kind, is_stdin):
    content, code, words = UNUSABLE[kind]
    file = desk.folder / "people"
    file.write_bytes(content)
    if is_stdin:
        with file.open("rb") as stdin:
            done = desk.run(*PROD, "--from", "-", "--yes", stdin=stdin)
    else:
        done = desk.call(*PROD, "--from", str(file), "--yes")
    assert (done.returncode, done.stdout) == (code, "")
    assert f"{'stdin' if is_stdin else file}: {words}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (desk.state / "history.db").exists()


@pytest.mark.parametrize("place", ["missing.csv", "."])
def test_a_file_that_cannot_be_read(desk, place):
    done = desk.call(*PROD, "--from", str(desk.folder / place), "--yes")
    assert done.returncode == 2
    assert f"Could not read {desk.folder / place}: " in done.stderr


def test_people_come_from_stdin(desk, harbor, some):
    addresses = "".join(f"{person.user_name}\n" for person in some[:2])
    done = desk.run(*PROD, "--from", "-", "--yes", stdin=None, input=addresses)
    assert done.returncode == 0
    assert sent_to(harbor) == [person.email1 for person in some[:2]]
    asked = desk.run(*PROD, "--from", "-", stdin=None, input=addresses)
    assert asked.returncode == 2
    assert "Could not ask before sending: stdin has the people." in asked.stderr


def test_stdin_is_closed(desk):
    command = subprocess.list2cmdline(desk.command(*PROD, "--from", "-", "--yes"))
    done = subprocess.run(
        ["sh", "-c", f"{command} <&-"], env=desk.all_environment(), capture_output=True, text=True,
        check=False, timeout=patience(60),
    )  # fmt: skip
    assert done.returncode == 2
    assert "Stdin is closed." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument 'USER...': name people, or a file with --from FILE."),
        (("--from", "x", "bea"), "Name people, a file or a ticket, only one of them."),
        (("--column", "2", "bea"), "--column and --new-batch need --from FILE."),
        (("--from", "x", "--batch", "a", "--new-batch"), "--batch and --new-batch cannot be combined."),
        (("--from", "x", "--batch", "a b"), "is not the id of a batch"),
        (("--from", "x", "--json", "--csv"), "--json and --csv cannot be combined."),
    ],
)
def test_options_that_do_not_go_together(desk, arguments, words):
    done = desk.call(*PROD, "--yes", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_batch_that_is_named_by_hand_begins_under_that_name(desk, harbor, some, store):
    file = write(desk, *rows_of(some[:1]))
    done = desk.call(*PROD, "--from", file, "--yes", "--batch", "incident-42")
    assert done.returncode == 0
    assert "Nobody has a link from batch incident-42 yet: it begins now." in done.stderr
    assert len(store.entries_of_batch("incident-42")) == 1


def test_a_dry_run_begins_no_batch(desk, some):
    file = write(desk, *rows_of(some[:1]))
    done = desk.call(*PROD, "--from", file, "--dry-run", "--batch", "incident-42")
    assert "Nobody has a link from batch incident-42 yet.\n" in done.stderr


def test_how_to_continue_a_new_batch_is_a_command_that_works(desk, harbor, some):
    harbor.faults.answer_with("action", REFUSAL)
    file = write(desk, *rows_of(some[:1]))
    done = desk.call(*PROD, "--from", file, "--yes", "--json", "--new-batch")
    [batch] = {one["batch"] for one in records(done)}
    assert f"the same command with --batch {batch} in place of --new-batch." in done.stderr
    assert desk.call(*PROD, "--from", file, "--yes", "--batch", batch).returncode == 0


def test_stderr_is_closed(desk, harbor, some):
    command = subprocess.list2cmdline(desk.command(*PROD, "--from", write(desk, *rows_of(some[:2])), "--yes"))
    done = subprocess.run(
        ["sh", "-c", f"{command} 2>&-"], env=desk.all_environment(), stdout=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL, check=False, timeout=patience(60),
    )  # fmt: skip
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(harbor.outbox) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("send", "-i", "nowhere", "--yes"), 2, "There is no instance “nowhere” in the config."),
        (PROD, 2, "Could not ask before sending: there is no terminal."),
    ],
)
def test_a_command_that_ends_before_the_plan_has_a_line_for_each(desk, harbor, some, arguments, code, words):
    done = desk.run(*arguments, "--from", write(desk, *rows_of(some[:2])), "--json")
    assert done.returncode == code
    assert words in done.stderr
    assert [(one["outcome"], one["argument"], one["line"], one["verdict"]) for one in records(done)] == [
        ("not sent", some[0].email1, 2, None), ("not sent", some[1].email1, 3, None),
    ]  # fmt: skip
    assert all(one["message"] == words for one in records(done))


def test_a_sign_in_that_fails_has_a_line_for_each(desk, harbor, some):
    desk.config.write_text(desk.config.read_text().replace('"demo-admin-password"', '"wrong"'))
    done = desk.run(*PROD, "--from", write(desk, *rows_of(some[:2])), "--json", "--yes")
    assert done.returncode == 5
    assert [one["outcome"] for one in records(done)] == ["not sent"] * 2
    assert harbor.outbox == []


def test_people_named_as_arguments_can_be_left_out_too(desk, harbor, some):
    done = desk.call(*PROD, "--yes", "--skip", "--json", some[0].user_name, "anna.beacon", some[1].email1)
    assert done.returncode == 0
    assert [one["outcome"] for one in records(done)] == ["not sent", "sent", "sent"]
    assert sent_to(harbor) == [some[0].email1, some[1].email1]
    plan = desk.call(*PROD, "--dry-run", some[2].user_name)
    assert plan.stdout == f"link  {some[2].full_name} <{some[2].email1}>\n"


def test_a_name_that_is_also_an_id_is_named_as_both(desk, harbor, some):
    harbor.people[5].user_name = str(some[0].id)
    done = desk.call(*PROD, "--from", write(desk, f"{some[0].id}", header="id"), "--yes", "--json")
    assert done.returncode == 4
    [one] = records(done)
    assert one["verdict"] == "ambiguous"
    assert f"“{some[0].id}” is the user name of " in one["message"]
    assert f"the record id of {some[0].full_name}" in one["message"]


def test_many_are_matched_in_one_reading_of_the_list(desk, harbor):
    everybody = [person for person in harbor.people if ordinary(person)][:150]
    file = write(desk, *rows_of(everybody), "x;nobody@example.com")
    done = desk.call(*PROD, "--from", file, "--dry-run", "--json")
    verdicts = [one["verdict"] for one in records(done)]
    assert verdicts.count("link") >= 145
    assert verdicts[-1] == "unknown person"
    searches = [one.query for one in harbor.requests if "email1" in one.query]
    assert len(searches) == 2, "only who is not in the list is looked for, among the inactive, too"


def test_a_number_that_may_not_be_read_concerns_only_its_row(desk, harbor, some):
    file = write(desk, some[0].email1, header="99999")
    harbor.faults.answer_with("profile", DENIED)
    done = desk.call(*PROD, "--from", file, "--yes", "--json", "--skip-unmatched")
    assert done.returncode == 0
    first, second = records(done)
    assert (first["argument"], first["verdict"]) == ("99999", "unknown person")
    assert "permission" in first["message"].lower()
    assert (second["outcome"], sent_to(harbor)) == ("sent", [some[0].email1])


def test_an_error_in_the_middle_says_of_nobody_that_nothing_was_sent(desk, harbor, some, monkeypatch, capsys):
    def fail(run):
        if run.results:
            raise ZeroDivisionError

    monkeypatch.setattr(send_batch, "show_run", fail)
    file = write(desk, *rows_of(some))
    with pytest.raises(ZeroDivisionError):
        run_cli([*desk.places(), *PROD, "--from", file, "--yes", "--json"])
    assert len(harbor.outbox) == 1
    assert capsys.readouterr().out == ""


def test_a_batch_leaves_the_warning_about_an_interrupted_send_to_the_app(desk, harbor, some, store):
    cut_off = request(instance="harbor-prod")
    with HistoryStore(desk.state / "history.db", clock=lambda: utc_now() - timedelta(minutes=6)) as earlier:
        row = earlier.record_request(cut_off)
    assert desk.call(*PROD, "--from", write(desk, *rows_of(some[:1])), "--yes").returncode == 0
    assert [entry.id for entry in store.mark_interrupted("harbor-prod")] == [row.id]


# -- the question -----------------------------------------------------------------------------------------


def test_in_production_the_number_is_typed(desk, harbor, some):
    file = write(desk, *rows_of(some[:3]))
    terminal = desk.start(*PROD, "--from", file)
    terminal.wait_for("Send 3 reset links in harbor-prod (PRODUCTION)? Type the number of links, 3")
    terminal.type("y\n")
    code, stdout = terminal.end()
    assert (code, stdout, harbor.outbox) == (3, "", [])
    assert "Nothing was sent." in terminal.seen
    terminal = desk.start(*PROD, "--from", file)
    terminal.wait_for("Type the number of links, 3")
    terminal.type("3\n")
    code, stdout = terminal.end()
    assert code == 0
    assert len(stdout.splitlines()) == len(harbor.outbox) == 3


def test_on_a_narrow_terminal_a_reason_has_a_line_of_its_own(desk, harbor):
    terminal = desk.start(*PROD, "--from", write(desk, f"x;{LOCKED}"), "--yes")
    assert terminal.end()[0] == 3
    lines = [line.strip("\r") for line in terminal.seen.split("\n")]
    at = lines.index(f"  line 2  stopped  Anna Beacon <{LOCKED}>")
    assert lines[at + 1].startswith("    This login is locked: a new password helps only after")


def test_elsewhere_a_yes_is_enough(desk, demo):
    sandbox = demo.instance("harbor-sandbox")
    people = [person for person in sandbox.people if ordinary(person)][:2]
    terminal = desk.start(*SANDBOX, "--from", write(desk, *rows_of(people)))
    terminal.wait_for("Send 2 reset links in harbor-sandbox (SANDBOX)?")
    terminal.type("y\n")
    assert terminal.end()[0] == 0
    assert len(sandbox.outbox) == 2


# -- stopping ---------------------------------------------------------------------------------------------


def test_p_pauses_and_continues(desk, harbor, some):
    file = write(desk, *rows_of(some))
    harbor.faults.delay("action", 0.3, times=None)
    terminal = desk.start(*PROD, "--from", file, "--yes")
    terminal.wait_for("1 sent")
    terminal.type("p")
    terminal.wait_for("paused: p continues")
    assert len(harbor.outbox) < 6
    terminal.type("p")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines()), len(harbor.outbox)) == (0, 6, 6)


def test_a_password_typed_in_the_middle_can_be_corrected_and_then_p_works_again(desk, demo, harbor, some):
    tables = demo_config(demo.instances)
    del tables["instances"]["harbor-prod"]["password_command"]
    desk.config.write_text(tomli_w.dumps({"batch": {"links_per_minute": 6000}, **tables}))
    file = write(desk, *rows_of(some))
    harbor.faults.expire_before = "action"
    harbor.faults.delay("action", 0.3, times=None)
    terminal = desk.start(*PROD, "--from", file, "--yes")
    question = "Password of demo.admin in harbor-prod: "
    terminal.wait_for(question)
    terminal.type(f"{harbor.password}\n")
    terminal.wait_for(question, times=2)
    terminal.type(f"x\x7f{harbor.password}\n")
    terminal.wait_for("1 sent")
    terminal.type("p")
    terminal.wait_for("paused: p continues")
    terminal.type("p")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines()), len(harbor.outbox)) == (0, 6, 6)
    assert harbor.sign_in_attempts == 2


def test_ctrl_c_stops_after_the_one_under_way(desk, demo, harbor, some, store):
    configure(desk, demo, links_per_minute=60)
    file = write(desk, *rows_of(some))
    harbor.faults.delay("action", 0.5, times=None)
    terminal = desk.start(*PROD, "--from", file, "--yes", "--json")
    assert eventually(lambda: len(store.search()) == 1)
    terminal.process.send_signal(signal.SIGINT)
    code, stdout = terminal.end()
    assert code == 130
    assert "Stopping after the one under way." in terminal.seen
    assert [json.loads(line)["outcome"] for line in stdout.splitlines()] == ["not sent"] * 5 + ["sent"]
    assert "To continue with who got no link: the same command again." in terminal.seen
    assert [entry.outcome for entry in store.search()] == [Outcome.SENT]
    configure(desk, demo)
    assert desk.call(*PROD, "--from", file, "--yes").returncode == 0
    assert sent_to(harbor) == [person.email1 for person in some]


def test_a_second_ctrl_c_stops_at_once_and_that_one_is_unknown(desk, harbor, some, store):
    file = write(desk, *rows_of(some))
    harbor.faults.inject("action", Fault(delay=patience(30)))
    terminal = desk.start(*PROD, "--from", file, "--yes", "--json")
    assert eventually(lambda: len(store.search()) == 1)
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("Ctrl+C again stops at once")
    terminal.process.send_signal(signal.SIGINT)
    code, stdout = terminal.end()
    assert code == 130
    first, *others = [json.loads(line) for line in stdout.splitlines()]
    assert (first["outcome"], first["line"], first["history_id"]) == ("unknown", 2, 1)
    assert {one["outcome"] for one in others} == {"not sent"}
    assert [entry.outcome for entry in store.search()] == [Outcome.UNKNOWN]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_the_one_under_way_end(desk, harbor, some, store, number):
    file = write(desk, *rows_of(some))
    harbor.faults.delay("action", 60)
    process = subprocess.Popen(
        desk.command(*PROD, "--from", file, "--yes", "--json"), env=desk.all_environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert eventually(lambda: len(store.search()) == 1)
    process.send_signal(number)
    harbor.faults.clear()
    stdout, _ = process.communicate(timeout=patience(60))
    assert process.returncode == 130
    assert sum(json.loads(line)["outcome"] == "sent" for line in stdout.splitlines()) == len(harbor.outbox)
    assert {entry.outcome for entry in store.search()} == {Outcome.SENT}


def fill_the_disk(desk, process):
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def move_the_history(desk, process):
    shutil.move(desk.state, desk.folder / "moved")


@pytest.mark.without_coverage
@pytest.mark.parametrize("break_history", [fill_the_disk, move_the_history])
def test_a_history_that_cannot_be_written_any_longer_stops_the_batch(
    desk, harbor, some, store, break_history
):
    file = write(desk, *rows_of(some))
    harbor.faults.delay("action", 0.5, times=None)
    process = subprocess.Popen(
        desk.command(*PROD, "--from", file, "--yes", "--json"), env=desk.all_environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert eventually(store.search)
    break_history(desk, process)
    stdout, stderr = process.communicate(timeout=patience(60))
    assert process.returncode == 3
    assert "Stopped: " in stderr
    assert "Traceback" not in stderr
    assert len(harbor.outbox) == 1
    assert [json.loads(line)["outcome"] for line in stdout.splitlines()] == ["not sent"] * 5 + ["sent"]


@pytest.mark.without_coverage
def test_after_a_full_disk_the_same_file_asks_for_the_others_only(desk, harbor, some, store):
    test_a_history_that_cannot_be_written_any_longer_stops_the_batch(desk, harbor, some, store, fill_the_disk)
    harbor.faults.clear()
    assert [entry.outcome for entry in store.search()] == [Outcome.UNKNOWN]
    again = desk.run(*PROD, "--from", str(desk.folder / "people.csv"), "--yes", "--json")
    assert again.returncode == 7
    assert [one["outcome"] for one in records(again)] == ["unknown"] + ["sent"] * 5
    assert sent_to(harbor) == [person.email1 for person in some]
