"""What every command that signs in has in common: `users` stands for all of them."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

USERS = ("users", "-i", "harbor-prod", "--json")


def attempts(harbor):
    return harbor.sign_in_attempts


def test_a_wrong_password_is_tried_exactly_once(desk, demo, harbor):
    desk.configure(demo, password_command=["echo", "wrong-hunter2"])
    done = desk.run(*USERS)
    assert (done.returncode, done.stdout, attempts(harbor)) == (5, "", 1)
    assert "did not take this user name and password" in done.stderr
    assert "Each failed try counts" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_person_without_admin_rights_is_told(desk, demo, harbor):
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


def test_nobody_there_is_told(desk, demo):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    desk.configure(demo, url=f"http://127.0.0.1:{port}/")
    done = desk.call(*USERS)
    assert (done.returncode, done.stdout) == (8, "")
    assert done.stderr.startswith(f"No connection to 127.0.0.1:{port}")


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


def test_what_is_no_crm_is_told(desk, demo, elsewhere):
    desk.configure(demo, url=f"{elsewhere}/")
    done = desk.call(*USERS)
    assert done.returncode == 8
    assert "is not the CRM's login page" in done.stderr
    assert "Compare the url in the config" in done.stderr


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


def test_which_of_several_instances_must_be_said(desk):
    done = desk.call("users")
    assert done.returncode == 2
    assert "Say it with -i NAME" in done.stderr
    assert "harbor-prod, summit-prod, harbor-sandbox, valley-staging, ridge-prod" in done.stderr


def test_the_only_instance_need_not_be_said(desk):
    text = desk.config.read_text()
    desk.config.write_text(text[: text.index("[instances.summit-prod]")])
    assert desk.call("users").stdout.count("\n") == 453


def test_a_mistake_in_the_config_is_told(desk):
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
