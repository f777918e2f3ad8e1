"""Signing in, which all commands do in the same way. Most tests use `users`."""

import json
import re
import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from dazos_tui.demo import presets
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from tests.challenge_server import gate
from tests.cli.conftest import Desk
from tests.faults.scenario import ordinary
from tests.patience import patience
from tests.support import eventually

BRANCH = "<form method=post><label for=c>Branch</label><select id=c name=c></select></form>"
"""A page after the password that cannot be answered: its field has no options."""
USERS = ("users", "-i", "harbor-prod", "--json")


def attempts(harbor):
    return harbor.sign_in_attempts


def test_a_wrong_password_is_tried_exactly_once(desk, demo, harbor):
    desk.configure(demo, password_command=["echo", "wrong-hunter2"])
    done = desk.run(*USERS)
    assert (done.returncode, done.stdout, attempts(harbor)) == (5, "", 1)
    assert "did not accept this user name and password" in done.stderr
    assert "Each failed try counts" in done.stderr
    assert "hunter2" not in done.stderr


def left(crm):
    """Return the number of sign-outs."""
    return sum("action=Logout" in request.query for request in crm.requests)


@pytest.mark.parametrize(
    "command",
    [
        USERS,
        ("send", "-i", "harbor-prod", "anna.beacon", "--yes"),
        ("doctor", "-i", "harbor-prod"),
        ("find", "anna"),
    ],
)
def test_a_sign_in_that_fails_after_the_password_leaves_no_session_open(desk, demo, harbor, command):
    desk.configure(demo)
    harbor.faults.inject("sign-in", Fault(body=BRANCH, content_type="text/html", runs=True))
    done = desk.call(*command)
    assert done.returncode == (0 if command[0] == "find" else 8)
    assert eventually(lambda: left(harbor) == 1)
    assert attempts(harbor) == 1
    assert all(record.signed_out is not None for record in harbor.accounts.history)


def test_without_a_code_the_session_is_ended(desk, demo):
    ridge = demo.instance("ridge-prod")
    desk.configure(demo, one_time_code_command=None)
    done = desk.call("users", "-i", "ridge-prod")
    assert (done.returncode, attempts(ridge)) == (5, 1)
    assert eventually(lambda: left(ridge) == 1)


def test_an_interrupt_at_the_prompt_for_a_code_leaves_no_session_open(desk, demo):
    ridge = demo.instance("ridge-prod")
    desk.configure(demo, one_time_code_command=None)
    terminal = desk.start("users", "-i", "ridge-prod")
    terminal.wait_for("ode: ")
    terminal.interrupt()
    assert (terminal.end()[0], attempts(ridge)) == (130, 1)
    assert eventually(lambda: left(ridge) == 1)


def test_a_failed_sign_in_does_not_wait_for_the_sign_out(desk, demo, harbor):
    desk.configure(demo)
    harbor.faults.inject("sign-in", Fault(body=BRANCH, content_type="text/html", runs=True))
    harbor.faults.delay("sign-out", 40)
    before = time.monotonic()
    assert desk.call(*USERS).returncode == 8
    assert time.monotonic() - before < patience(9)


def test_a_refused_password_needs_no_sign_out(desk, demo, harbor):
    desk.configure(demo, password_command=["echo", "wrong"])
    assert desk.call(*USERS).returncode == 5
    assert (attempts(harbor), left(harbor)) == (1, 0)


def test_missing_admin_rights_are_reported(desk, demo, harbor):
    account = harbor.non_admin
    desk.configure(demo, username=account.username, password_command=["echo", account.password])
    for command in (USERS, ("send", "-i", "harbor-prod", "anna.beacon", "--yes")):
        done = desk.call(*command)
        assert (done.returncode, done.stdout) == (6, "")
        assert "administrator's account" in done.stderr
    assert harbor.outbox == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"password_command": ["false"]}, "The password command “false” ended with exit code 1."),
        ({"password_command": ["no-such-program-here"]}, "could not be started: No such file"),
        ({"password_command": ["true"]}, "printed no password"),
        ({"password_env": "NO_SUCH_VARIABLE", "password_command": None}, "NO_SUCH_VARIABLE"),
        ({"password_command": None}, "no terminal to ask for it"),
    ],
)
def test_no_password_means_no_attempt(desk, demo, harbor, source, said):
    desk.configure(demo, **source)
    done = desk.call(*USERS)
    assert (done.returncode, attempts(harbor)) == (5, 0)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_variable_can_hold_the_password(desk, demo, harbor):
    desk.configure(demo, password_command=None, password_env="CRM_PASSWORD")
    desk.environment["CRM_PASSWORD"] = harbor.password
    assert desk.run(*USERS).returncode == 0


def test_the_password_is_asked_for_and_not_shown(desk, demo, harbor):
    desk.configure(demo, password_command=None)
    terminal = desk.start(*USERS)
    terminal.wait_for("Password of demo.admin in harbor-prod: ")
    terminal.type(f"{harbor.password}\n")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines())) == (0, 453)
    assert harbor.password not in terminal.seen
    assert "Signing in to harbor-prod (PRODUCTION) as demo.admin" in terminal.seen


def test_a_wrong_password_is_asked_for_again_at_most_twice(desk, demo, harbor):
    desk.configure(demo, password_command=None)
    terminal = desk.start(*USERS)
    for said in ("", "did not accept this user name", "Try 2 from here"):
        terminal.wait_for(said)
        terminal.wait_for("Password of demo.admin in harbor-prod: ")
        terminal.seen = ""
        terminal.type("wrong-hunter2\n")
    code, stdout = terminal.end()
    assert (code, stdout, attempts(harbor)) == (5, "", 3)
    assert "locks an account for an hour" in terminal.seen
    assert "hunter2" not in terminal.seen


def test_the_right_password_at_the_second_attempt_continues(desk, demo, harbor):
    desk.configure(demo, password_command=None)
    terminal = desk.start(*USERS)
    for password in ("wrong", harbor.password):
        terminal.wait_for("Password of demo.admin in harbor-prod: ")
        terminal.seen = ""
        terminal.type(f"{password}\n")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines()), attempts(harbor)) == (0, 453, 2)


@pytest.fixture
def ridge(tmp_path):
    """Return an instance that asks for a code in place of its pages, and a desk whose user types it."""
    with DemoServer(replace(presets.RIDGE, code_asked="on every page")) as server:
        desk = Desk(tmp_path)
        desk.configure(server, one_time_code_command=None)
        yield server.instance("ridge-prod"), desk


def ordinary_people(crm, count):
    return [person.user_name for person in crm.people if ordinary(person)][:count]


def test_a_code_after_a_renewed_sign_in_that_is_given_up_is_recorded_as_not_sent(ridge):
    """The CRM asks in place of the page with the token, when the password was accepted long ago."""
    crm, desk = ridge
    [name] = ordinary_people(crm, 1)
    terminal = desk.start("send", "-i", "ridge-prod", name, "--json")
    terminal.wait_for("ode: ")
    terminal.type(f"{crm.one_time_code}\n")
    terminal.wait_for("[y/N]: ")
    crm.expire_sessions()
    terminal.seen = ""
    terminal.type("y\n")
    terminal.wait_for("ode: ")
    terminal.type("\x04")
    code, stdout = terminal.end()
    assert (code, json.loads(stdout)["outcome"]) == (3, "not sent")
    assert "The session has ended, and nobody signed in again." in terminal.seen
    with HistoryStore(desk.state / "history.db") as store:
        # The second try has a row if its record had begun before the code was asked for.
        assert {entry.outcome for entry in store.search()} == {Outcome.NOT_SENT}
    assert not crm.outbox
    assert eventually(lambda: left(crm) == 1)


def batch_that_asks_again(crm, desk, place):
    """Send to three people until the session ends at this place, and the code is asked for once more."""
    names = ordinary_people(crm, 3)
    terminal = desk.start("send", "-i", "ridge-prod", *names, "--skip", "--yes", "--json")
    terminal.wait_for("ode: ")
    terminal.type(f"{crm.one_time_code}\n")
    assert eventually(lambda: crm.outbox, seconds=20)
    crm.faults.expire_before = place
    terminal.wait_for("ode: ", times=2)
    return terminal


@pytest.mark.parametrize("place", ["action", "profile"])
def test_a_code_in_the_middle_of_a_batch_that_is_given_up_ends_it_with_a_report(ridge, place):
    crm, desk = ridge
    terminal = batch_that_asks_again(crm, desk, place)
    terminal.type("\x04")
    code, stdout = terminal.end()
    outcomes = [json.loads(line)["outcome"] for line in stdout.splitlines()]
    assert (code, sorted(outcomes)) == (3, ["not sent", "not sent", "sent"])
    with HistoryStore(desk.state / "history.db") as store:
        assert Outcome.UNKNOWN not in [entry.outcome for entry in store.search()]
    assert len(crm.outbox) == 1


def test_a_code_typed_in_the_middle_of_a_batch_continues_it(ridge):
    crm, desk = ridge
    terminal = batch_that_asks_again(crm, desk, "action")
    # Line editing: the keys of the batch are not read meanwhile.
    terminal.type(f"x\x7f{crm.one_time_code}\n")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines()), len(crm.outbox)) == (0, 3, 3)


def test_further_fields_of_the_sign_in_form_are_asked_or_named_before_the_password(tmp_path):
    with DemoServer(replace(HARBOR, asks_at_sign_in=True)) as server:
        harbor = server.instance("harbor-prod")
        desk = Desk(tmp_path)
        desk.configure(server)
        done = desk.run(*USERS)
        assert (done.returncode, done.stdout, attempts(harbor)) == (5, "", 0)
        assert "more than user name and password: Type the letters K7M2." in done.stderr
        done = desk.run("doctor", "-i", "harbor-prod")
        assert (done.returncode, attempts(harbor)) == (5, 0)
        assert "It asks for more than user name and password: Type the letters K7M2." in done.stdout
        terminal = desk.start(*USERS)
        terminal.wait_for("Type the letters K7M2: ")
        terminal.type("K7M2\n")
        assert terminal.end()[0] == 0
        assert attempts(harbor) == 1


def test_a_server_that_does_not_answer_is_reported(desk, demo):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    desk.configure(demo, url=f"http://127.0.0.1:{port}/")
    done = desk.call(*USERS)
    assert (done.returncode, done.stdout) == (8, "")
    assert done.stderr.startswith(f"Could not connect to 127.0.0.1:{port}")


class _Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved/index.php":
            self.send_response(302)
            self.send_header("Location", "http://other.example/")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_args):
        pass


@pytest.fixture
def elsewhere():
    with HTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_server_that_is_not_a_crm_is_reported(desk, demo, elsewhere):
    desk.configure(demo, url=f"{elsewhere}/")
    done = desk.call(*USERS)
    assert done.returncode == 8
    assert "is not the CRM's login page" in done.stderr
    assert "Compare the address of the instance" in done.stderr


def test_another_host_gets_nothing(desk, demo, elsewhere):
    desk.configure(demo, url=f"{elsewhere}/moved/")
    done = desk.call(*USERS)
    assert done.returncode == 8
    assert "other.example" in done.stderr


def test_an_unknown_instance_is_a_mistake_in_the_command(desk, harbor):
    done = desk.call("users", "-i", "harbor-prd")
    assert (done.returncode, attempts(harbor)) == (2, 0)
    assert done.stderr.splitlines() == [
        "There is no instance “harbor-prd” in the config (did you mean “harbor-prod”?).",
        "Instances in the config: harbor-prod, summit-prod, harbor-sandbox, valley-staging, ridge-prod.",
    ]


def test_one_of_several_instances_has_to_be_chosen(desk):
    done = desk.call("users")
    assert done.returncode == 2
    assert "Choose one with -i NAME" in done.stderr
    assert "harbor-prod, summit-prod, harbor-sandbox, valley-staging, ridge-prod" in done.stderr


def test_the_only_instance_is_chosen_by_default(desk):
    text = desk.config.read_text()
    desk.config.write_text(text[: text.index("[instances.summit-prod]")])
    assert desk.call("users").stdout.count("\n") == 454


def test_a_mistake_in_the_config_is_reported(desk):
    desk.config.write_text("them = 1\n[instances.acme]\npassword = 'hunter2'")
    done = desk.call("users")
    assert done.returncode == 2
    assert "them: unknown key (did you mean “theme”?)" in done.stderr
    assert "passwords are never read from a file" in done.stderr
    assert "hunter2" not in done.stderr


def test_no_config_leads_to_the_demo(desk):
    desk.config.unlink()
    done = desk.call("users")
    assert done.returncode == 2
    assert "dazos-tui demo" in done.stderr


# -- more than a password ---------------------------------------------------------------------------------

RIDGE = ("users", "-i", "ridge-prod", "--json")


def test_a_one_time_code_comes_from_its_command(desk, demo):
    ridge = demo.instance("ridge-prod")
    done = desk.call(*RIDGE)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 60)
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (1, 1)


def test_without_the_command_it_is_asked_for_at_the_terminal_and_not_shown(desk, demo):
    ridge = demo.instance("ridge-prod")
    desk.configure(demo, one_time_code_command=None)
    terminal = desk.start(*RIDGE)
    terminal.wait_for("you also need a one-time code")
    terminal.wait_for("One-time code: ")
    terminal.seen = ""
    terminal.type("000000\n")
    terminal.wait_for("This code is not right.")
    terminal.wait_for("One-time code: ")
    terminal.type(f"{ridge.one_time_code}\n")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines())) == (0, 60)
    assert "000000" not in terminal.seen
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (2, 1)


@pytest.mark.parametrize(
    ("command", "said", "attempts"),
    [
        (None, "asks for something more: One-time code", 0),
        (["false"], "The one-time code command “false” ended with exit code 1.", 0),
        (["echo", "000000"], "asks for something more: One-time code", 1),
    ],
)
def test_without_a_valid_code_and_a_terminal_the_sign_in_fails(desk, demo, command, said, attempts):
    ridge = demo.instance("ridge-prod")
    desk.configure(demo, one_time_code_command=command)
    done = desk.call(*RIDGE)
    assert (done.returncode, done.stdout) == (5, "")
    assert said in done.stderr
    assert (ridge.code_attempts, ridge.sign_in_attempts) == (attempts, 1)


def sign_in_with_challenge(desk, demo, server):
    """Start a sign-in at a terminal to a CRM that asks a challenge."""
    desk.configure(demo, url=server.url)
    return desk.start(*USERS)


def test_one_of_several_buttons_has_to_be_chosen(desk, demo):
    buttons = "<button name=do value=no>Decline</button><button name=do value=yes>I accept</button>"
    with gate(buttons, "<p>The terms.</p>") as server:
        terminal = sign_in_with_challenge(desk, demo, server)
        terminal.wait_for("1  Decline")
        terminal.wait_for("2  I accept")
        terminal.wait_for("Which button? (1-2): ")
        terminal.type("\n")
        terminal.wait_for("Which button? (1-2): \r\n")
        terminal.type("2\n")
        terminal.end()
    assert server.answers == [{"do": "yes"}]


def test_with_several_buttons_a_field_may_stay_empty(desk, demo):
    buttons = "<button name=do value=go>Verify</button><button name=do value=new>Send again</button>"
    with gate(f"<input name=code>{buttons}") as server:
        terminal = sign_in_with_challenge(desk, demo, server)
        terminal.wait_for("code: ")
        terminal.type("\n")
        terminal.wait_for("Which button? (1-2): ")
        terminal.type("2\n")
        terminal.end()
    assert server.answers == [{"code": "", "do": "new"}]


def test_the_prompt_for_an_only_button_has_its_label(desk, demo):
    with gate("<button name=do value=yes>I accept</button>", "<p>The terms.</p>") as server:
        terminal = sign_in_with_challenge(desk, demo, server)
        terminal.wait_for("Press “I accept”? [y/N]: ")
        terminal.type("y\n")
        terminal.end()
    assert server.answers == [{"do": "yes"}]


def test_choices_and_checkboxes_have_the_defaults_of_the_page(desk, demo):
    form = """<select name=c><option value=a>Ash</option><option value=b selected>Birch</option></select>
        <input type=checkbox name=on checked><input type=checkbox name=off>"""
    with gate(form) as server:
        terminal = sign_in_with_challenge(desk, demo, server)
        for asked in ("c (1-2) [2]: ", "on [Y/n]: ", "off [y/N]: "):
            terminal.wait_for(asked)
            terminal.type("\n")
        terminal.end()
    assert server.answers == [{"c": "b", "on": "on"}]


def test_a_choice_without_options_is_reported_without_a_prompt(desk, demo):
    with gate("<label for=c>Branch</label><select id=c name=c></select>") as server:
        terminal = sign_in_with_challenge(desk, demo, server)
        code, _ = terminal.end()
    assert (code, server.answers) == (8, [])
    assert "nothing to choose from for “Branch”" in terminal.seen
    assert 'auth = "cookie"' in terminal.seen


@pytest.fixture
def cookie(harbor):
    """The session cookie of a browser that is signed in."""
    with httpx.Client(base_url=harbor.url) as browser:
        token = re.findall(r'name="__vtrftk" value="([^"]+)"', browser.get("index.php").text)[0]
        form = {"__vtrftk": token, "module": "Users", "action": "Login", "username": harbor.username}
        browser.post("index.php", data={**form, "password": harbor.password})
        return browser.cookies["PHPSESSID"]


def test_a_browsers_session_cookie_serves_and_the_browser_stays_signed_in(desk, demo, harbor, cookie):
    desk.configure(demo, auth="cookie", cookie_command=["echo", cookie], password_command=None)
    for _ in range(2):
        assert desk.call(*USERS).returncode == 0
    assert harbor.sign_in_attempts == 1


def test_a_cookie_whose_session_has_ended_fails_the_sign_in(desk, demo, harbor, cookie):
    harbor.expire_sessions()
    desk.configure(demo, auth="cookie", cookie_env="MY_COOKIE", password_command=None)
    desk.environment["MY_COOKIE"] = cookie
    done = desk.run(*USERS)
    assert (done.returncode, done.stdout) == (5, "")
    assert "did not accept this session cookie" in done.stderr
    assert "copy the cookie again" in done.stderr
    assert cookie not in done.stderr


def test_without_a_cookie_and_a_terminal_the_config_keys_are_named(desk, demo):
    desk.configure(demo, auth="cookie", password_command=None)
    done = desk.call(*USERS)
    assert done.returncode == 5
    assert "no session cookie for harbor-prod" in done.stderr
    assert "Set cookie_command or cookie_env" in done.stderr


# -- the log ----------------------------------------------------------------------------------------------


def test_the_log_has_events_and_nothing_personal(desk, demo, harbor):
    file = desk.folder / "log.jsonl"
    done = desk.run(
        "--log", str(file), "send", "-i", "harbor-prod", "cara.beacon", "--yes", "--ticket", "T-7"
    )
    assert done.returncode == 0
    text = file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    events = [line["event"] for line in lines]
    assert events[0] == "start"
    assert [line["outcome"] for line in lines if line["event"] == "sent"] == ["sent"]
    assert {"signed in", "request", "checked", "send"} <= set(events)
    for secret in ("cara", "Beacon", "example.com", harbor.password, harbor.username, "127.0.0.1", "T-7"):
        assert secret not in text


def test_a_log_that_cannot_be_written_is_a_mistake_in_the_command(desk):
    done = desk.run("--log", str(desk.folder), "history")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be logged to" in done.stderr
