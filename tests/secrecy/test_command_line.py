"""Whole runs on the command line, good and bad: no secret is left anywhere afterwards."""

import signal
import sys
import threading
from urllib.parse import urlsplit

import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from dazos_tui.demo.instance import DemoInstance
from tests.faults.scenario import ordinary
from tests.secrecy.conftest import HASHES, KEYS, redirect_with_secrets
from tests.secrecy.machine import new_secret
from tests.secrecy.sources import (
    OF_A_COOKIE,
    OF_A_PASSWORD,
    from_command,
    from_keyring,
    from_person,
    from_variable,
)

USERS = ("users", "-i", "harbor-prod")
SEND = ("send", "-i", "harbor-prod", "--yes")
# Prompts up to the space, which is printed after the echo of input was turned off.
PASSWORD = "Password of demo.admin in harbor-prod: "
CODE = "One-time code: "
COOKIE = "Session cookie of demo.admin in harbor-prod: "
DELAY = 30.0


def ordinary_people(crm: DemoInstance) -> list[str]:
    """Return the record ids of users to whom a link can be sent without any warning."""
    return [str(person.id) for person in crm.people if ordinary(person)]


@pytest.mark.parametrize("way", OF_A_PASSWORD)
def test_the_list_is_read_and_the_session_ends_meanwhile(machine, harbor, wire, password, way):
    pages = iter(range(100))

    def end_once(query: str) -> None:
        if "view=List" in query and next(pages) == 1:
            harbor.expire_sessions()

    source = way(machine, harbor, "password", password)
    machine.configure(harbor, **source.keys)
    wire.watch = end_once
    # The session is renewed, which needs the password again.
    assert machine.run(*USERS, typed=source.typed(PASSWORD, password) * 2) == 0
    assert machine.run(*USERS, "--json", typed=source.typed(PASSWORD, password)) == 0
    assert wire.carried(password)
    assert {"session cookie 1", "CSRF token 1"} <= wire.secrets().keys()
    assert '"event": "request"' in machine.log
    assert machine.leaks() == []


ODD_ANSWERS = {
    "a page": lambda: HTMLResponse(f"<p>Fatal error: accesskey {KEYS}, hash {HASHES}</p>", 500),
    "half an answer": lambda: PlainTextResponse(f'{{"success": true, "result": {{"accesskey": "{KEYS}"'),
    "no yes and no no": lambda: JSONResponse({"success": "yes", "result": {"accesskey": KEYS}}),
    "secrets beside a no": lambda: JSONResponse(
        {"success": False, "error": {"code": "Mail not sent", "message": "No mail.", "trace": HASHES}}
    ),
    "secrets beside a yes": lambda: JSONResponse({"success": True, "result": {"message": "OK", "key": KEYS}}),
}


def test_links_are_sent_refused_and_unknown(machine, harbor, wire, password):
    source = from_variable(machine, harbor, "password", password)
    machine.configure(harbor, **source.keys)
    people = ordinary_people(harbor)
    codes = {"a yes": machine.run(*SEND, people.pop(), "--ticket", "T-1")}
    for name, odd in ODD_ANSWERS.items():
        wire.replace_answer("action=SendResetLink", lambda _form, odd=odd: odd())
        # Some of them share a mailbox.
        codes[name] = machine.run(*SEND, people.pop(), "--again", "--json")
    assert list(codes.values()) == [0, 7, 7, 7, 3, 0]
    for command in (["history", "--csv"], ["config", "check"]):
        assert machine.run(*command) == 0
    assert wire.carried(HASHES)
    assert machine.leaks() == []


def trace_of(form: dict[str, str]) -> Response:
    """Answer as PHP does when it displays errors: with the arguments of its functions."""
    said = f"PHP Fatal error: Uncaught Error in Login.php:41 #0 Users->doLogin('{form['password']}')"
    return HTMLResponse(f"<pre>{said}</pre>{form['__vtrftk']}", 500)


BAD_ANSWERS = {
    "a trace": ("action=Login", lambda _wire: trace_of, 8),
    "a redirect of the sign-in": ("action=Login", redirect_with_secrets, 8),
    "a redirect of the list": ("view=List", redirect_with_secrets, 8),
    "plain text in place of a page": (
        "view=List",
        lambda _wire: lambda _form: PlainTextResponse(KEYS * 9),
        8,
    ),
}


@pytest.mark.parametrize("problem", BAD_ANSWERS)
def test_an_answer_with_secrets_in_it_is_not_quoted(machine, harbor, wire, password, problem):
    source = from_command(machine, harbor, "password", password)
    machine.configure(harbor, **source.keys)
    request, answer, exit_code = BAD_ANSWERS[problem]
    wire.replace_answer(request, answer(wire))
    assert machine.run(*USERS) == exit_code
    assert wire.carried(password)
    assert machine.leaks() == []


@pytest.mark.parametrize("way", [from_keyring, from_person])
def test_a_wrong_password(machine, harbor, wire, way):
    machine.secrets["wrong password"] = wrong = new_secret("wrong")
    source = way(machine, harbor, "password", wrong)
    machine.configure(harbor, **source.keys)
    # A user who types it is asked again, twice.
    assert machine.run(*USERS, typed=source.typed(PASSWORD, wrong) * 3) == 5
    assert wire.carried(wrong)
    assert machine.leaks() == []


def test_https_to_a_plain_http_server(machine, harbor, wire, password):
    source = from_command(machine, harbor, "password", password)
    machine.configure(harbor, **source.keys, url=harbor.url.replace("http:", "https:"))
    assert machine.run(*USERS) == 8
    assert not wire.carried(password)
    assert machine.leaks() == []


def test_a_command_that_fails_after_it_printed_the_secret(machine, harbor, password):
    [program] = machine.command(password)
    machine.configure(harbor, password_command=["sh", "-c", f"{program}; {program} | base64; exit 1"])
    assert machine.run(*USERS) == 5
    assert machine.leaks() == []


@pytest.mark.parametrize("by", ["command", "person"])
def test_a_one_time_code(machine, ridge, wire, password, by):
    source = from_command(machine, ridge, "password", password)
    machine.secrets["wrong code"] = wrong = new_secret("wrong")
    code = machine.command(ridge.one_time_code) if by == "command" else machine.command(wrong)
    machine.configure(ridge, **source.keys, one_time_code_command=code)
    typed = [(CODE, wrong), (CODE, ridge.one_time_code)]
    assert machine.run("users", typed=typed if by == "person" else ()) == 0
    assert ridge.code_attempts == (3 if by == "person" else 1)
    assert wire.carried(ridge.one_time_code)
    assert machine.leaks() == []


@pytest.mark.parametrize("way", OF_A_COOKIE)
def test_a_browser_session_that_then_ends(machine, harbor, cookie, way):
    source = way(machine, harbor, "cookie", f"PHPSESSID={cookie}")
    keys = {key: value for key, value in source.keys.items() if key != "keyring"}
    machine.configure(harbor, **keys, auth="cookie")
    typed = source.typed(COOKIE, cookie)
    assert machine.run(*USERS, typed=typed) == 0
    harbor.expire_sessions()
    assert machine.run(*USERS, typed=typed * 3) == 5
    assert machine.leaks() == []


def test_a_password_goes_into_the_keyring_and_a_wrong_one_does_not(machine, harbor, password):
    machine.secrets["wrong password"] = wrong = new_secret("wrong")
    machine.configure(harbor)
    assert machine.run("login", typed=[(PASSWORD, wrong)] * 3) == 5
    assert machine.run("login", typed=[(PASSWORD, password)]) == 0
    assert password in (machine.vault / "keyring").read_text(encoding="unicode_escape")
    assert machine.run("logout") == 0
    assert machine.leaks() == []


def test_ctrl_c_at_the_password_prompt(machine, harbor, password):
    machine.configure(harbor, **from_person(machine, harbor, "password", password).keys)
    with machine.start(*USERS) as terminal:
        terminal.sees(PASSWORD)
        terminal.type(password)
        terminal.type("\x03")
        assert terminal.ends() == 130
    assert machine.leaks() == []


ENDS = {signal.SIGINT: 130, signal.SIGABRT: -signal.SIGABRT, signal.SIGSEGV: -signal.SIGSEGV}


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_in_the_middle_of_the_list(machine, harbor, wire, password, number):
    list_requested = threading.Event()
    wire.watch = lambda query: list_requested.set() if "view=List" in query else None
    harbor.faults.delay("list", DELAY)
    machine.configure(harbor, **from_person(machine, harbor, "password", password).keys)
    machine.environment |= {"PYTHONFAULTHANDLER": "1", "PYTHONASYNCIODEBUG": "1"}
    with machine.start(*USERS) as terminal:
        terminal.sees(PASSWORD)
        terminal.type(f"{password}\n")
        assert list_requested.wait(DELAY)
        terminal.signal(number)
        assert terminal.ends() == ENDS[number]
        assert (b"Fatal Python error" in terminal.raw) is (number is not signal.SIGINT)
    assert machine.leaks() == []


@pytest.mark.parametrize("bug", ["in_a_form", "in_a_profile"])
def test_a_crash_of_the_app(machine, harbor, wire, password, bug):
    machine.configure(harbor, **from_command(machine, harbor, "password", password).keys)
    with machine.start(*SEND, ordinary_people(harbor)[0], module=("tests.secrecy.broken", bug)) as terminal:
        assert terminal.ends() == 1
        assert b"Traceback" in terminal.raw
    assert machine.leaks() == []


def test_output_without_a_terminal(machine, harbor, password):
    """As in a script: output to files is searched as well."""
    machine.configure(harbor, **from_variable(machine, harbor, "password", password).keys)
    send = f"send --yes {ordinary_people(harbor)[0]} --json"
    command = f'for way in "users --json" "{send}" "history --json" "config show"; do '
    command += f'"$0" -m dazos_tui $way > {machine.root}/work/out 2>&1 </dev/null; echo code $?; '
    command += f"cat {machine.root}/work/out >> {machine.root}/work/all; done"
    with machine.open(["/bin/sh", "-c", command, sys.executable]) as terminal:
        assert terminal.ends() == 0
        assert terminal.raw.count(b"code 0") == 4
    assert urlsplit(harbor.url).netloc in (machine.root / "work/all").read_text()
    assert machine.leaks() == []
