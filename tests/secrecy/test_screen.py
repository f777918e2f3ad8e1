"""Whole runs on the screen, good and bad: no secret is left anywhere afterwards."""

import signal
import threading
from functools import partial

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.secrecy.conftest import HASHES, KEYS, redirect_with_secrets
from tests.secrecy.machine import new_secret
from tests.secrecy.sources import from_command, from_person, from_variable
from tests.secrecy.terminal import Terminal
from tests.secrecy.wiretap import Form, Wire

IN_TIME = ("tests.secrecy.broken", "idle_on_signal")
HISTORY, F10 = "\x1bOR", "\x1b[21~"
ESCAPE, ENTER, PALETTE, SELECT_ALL, COPY, CUT = "\x1b", "\r", "\x10", "\x1b[65;6u", "\x03", "\x18"
DELAY = 30.0


def test_a_day_with_a_typed_password(machine, harbor, wire, password):
    machine.secrets["wrong password"] = wrong = new_secret("wrong")
    machine.configure(harbor, **from_person(machine, harbor, "password", password).keys)
    with machine.start(module=IN_TIME) as terminal:
        sign_in(terminal, wrong)
        terminal.shows("did not accept this user name and password", "Try 1 from here")
        sign_in(terminal, password)
        terminal.shows("inactive")
        look_around(terminal)
        send_links(terminal, wire)
        terminal.signal(signal.SIGUSR1)
        terminal.shows("Signed out", "No input for")
        terminal.type(ENTER)
        sign_in(terminal, password)
        terminal.shows("inactive")
        terminal.type(F10)
        assert terminal.ends() == 0
    assert all(wire.carried(secret) for secret in (wrong, password, KEYS))
    assert machine.leaks() == []


def sign_in(terminal: Terminal, password: str) -> None:
    """Type a password into the box that asks for it."""
    terminal.shows("Sign in to ", "Password")
    terminal.type(password)
    terminal.type(ENTER)


def look_around(terminal: Terminal) -> None:
    """Search for a user; open the profile, the menu and the palette."""
    terminal.type("garcia")
    terminal.shows("1 match")
    terminal.type(ENTER)
    terminal.shows("odd.garcia@harbor.example.com", "User Login & Role")
    terminal.type("m")
    terminal.shows("More ·", "Change Access Key")
    terminal.type(ESCAPE)
    terminal.shows_no("More ·")
    terminal.type(PALETTE)
    terminal.shows("Search for commands")
    terminal.type(ESCAPE)
    terminal.shows_no("Search for commands")


def send_links(terminal: Terminal, wire: Wire) -> None:
    """Send links that the CRM refuses, answers unclearly and sends; then open the history."""
    for title, answer in ANSWERS.items():
        if answer is not None:
            wire.replace_answer("action=SendResetLink", partial(_always, answer))
        terminal.type(f"{ENTER}s")
        # After a link that may have been sent, the next one must be confirmed explicitly.
        button = "A send anyway" if answer is None else "y send"
        terminal.shows(button, "last link: ")
        terminal.type(button[0])
        terminal.shows(title)
        terminal.shows_no("Esc cancel")
        if answer is not None:
            terminal.type(ENTER)
            terminal.shows_no(title)
    terminal.type(HISTORY)
    terminal.type(ENTER)
    terminal.shows("Close (Esc)", "Ticket")
    terminal.type(ENTER)


def _always(answer: Response, _form: Form) -> Response:
    return answer


def refused() -> Response:
    error = {"code": "Mail not sent", "message": "No mail.", "trace": KEYS}
    return JSONResponse({"success": False, "error": error})


def odd() -> Response:
    return HTMLResponse(f"<pre>Fatal error: {HASHES}</pre><input name=accesskey value='{KEYS}'>", 500)


ANSWERS: dict[str, Response | None] = {
    "Refused by the CRM": refused(),
    "Unknown whether it was sent": odd(),
    "Success": None,
}


API_PROBLEMS = {
    "none": (),
    "no to the key": (
        "operation=login",
        {"success": False, "error": {"code": KEYS[-24:], "message": HASHES}},
    ),
    "odd rows": ("operation=query", [KEYS, {"x": HASHES}]),
}


@pytest.mark.parametrize("problem", API_PROBLEMS)
def test_the_access_key_and_a_session_that_ends_meanwhile(machine, harbor, wire, password, problem):
    pages = iter(range(100))

    def end_once(query: str) -> None:
        if "view=List" in query and next(pages) == 1:
            harbor.expire_sessions()

    source = from_variable(machine, harbor, "password", password)
    machine.configure(harbor, **source.keys, access_key_command=machine.command(harbor.access_key))
    wire.watch = end_once
    if problem != "none":
        request, content = API_PROBLEMS[problem]
        wire.replace_answer(request, lambda _form: JSONResponse(content))
    with machine.start() as terminal:
        terminal.shows("6 inactive")
        terminal.type("garcia")
        terminal.shows("1 match")
        terminal.type(f"{ENTER}")
        terminal.shows("Case Manager")
        terminal.type("q")
        assert terminal.ends() == 0
    secrets = wire.secrets().keys()
    assert {"session cookie 1", "CSRF token 1", "proof of the access key 0", "API challenge 0"} <= secrets
    assert ("API session 0" in secrets) is (problem != "no to the key")
    assert wire.carried(HASHES)
    assert harbor.sign_in_attempts == 2
    assert machine.leaks() == []


def test_a_one_time_code_is_typed(machine, ridge, wire, password):
    source = from_command(machine, ridge, "password", password)
    machine.secrets["wrong code"] = wrong = new_secret("wrong")
    machine.configure(ridge, **source.keys, one_time_code_command=machine.command(wrong))
    with machine.start() as terminal:
        terminal.shows("one more step", "code is not right")
        terminal.type(ridge.one_time_code)
        terminal.type(ENTER)
        terminal.shows("inactive")
        terminal.type(F10)
        assert terminal.ends() == 0
    assert wire.carried(wrong)
    assert wire.carried(ridge.one_time_code)
    assert machine.leaks() == []


def test_text_typed_right_after_a_secret_is_treated_as_secret(machine, ridge, password):
    """A password manager types several secrets at once; none of them may end up in the filter."""
    machine.secrets["wrong password"] = wrong = new_secret("wrong")
    machine.configure(ridge, keyring=False)
    with machine.start(module=("tests.secrecy.broken", "in_no_time")) as terminal:
        sign_in(terminal, wrong)
        terminal.shows("did not accept this user name and password", "Try 1 from here")
        sign_in(terminal, password)
        terminal.shows("one more step")
        terminal.type(ridge.one_time_code)
        terminal.type(ENTER)
        terminal.shows("inactive")
        terminal.type(F10)
        assert terminal.ends() == 0
    assert machine.leaks() == []


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGTERM])
def test_a_cookie_is_typed_and_the_app_is_ended(machine, harbor, wire, cookie, number):
    second_page_requested = threading.Event()
    wire.watch = lambda query: second_page_requested.set() if "page=2" in query else None
    machine.configure(harbor, auth="cookie")
    machine.environment |= {"PYTHONFAULTHANDLER": "1", "PYTHONASYNCIODEBUG": "1"}
    with machine.start() as terminal:
        terminal.shows("Sign in to harbor-prod", "Session cookie")
        terminal.type(cookie)
        terminal.type(ENTER)
        assert second_page_requested.wait(DELAY)
        terminal.signal(number)
        assert terminal.ends() == (128 + number if number is signal.SIGTERM else -number)
    assert machine.leaks() == []


def test_a_typed_password_can_be_neither_cut_nor_copied(machine, harbor, password):
    machine.configure(harbor, **from_person(machine, harbor, "password", password).keys)
    with machine.start() as terminal:
        terminal.shows("Sign in to harbor-prod", "Password")
        terminal.type(password)
        terminal.type(SELECT_ALL + CUT)
        terminal.type(password)
        terminal.type(SELECT_ALL + COPY)
        terminal.shows("Not signed in")
        terminal.type(ENTER + F10)
        assert terminal.ends() == 0
    assert machine.leaks() == []


def test_a_pasted_request_leaves_nothing_of_the_session_or_the_person(machine, harbor, password):
    machine.configure(harbor, **from_command(machine, harbor, "password", password).keys)
    pasted = {f"pasted {what}": f"{what}5ecret{'x' * 40}" for what in ("cookie", "token", "bearer", "header")}
    pasted["pasted e-mail"] = "zenobia.5ecret@example.com"
    machine.secrets |= pasted
    cookie, token, bearer, header, email = pasted.values()
    request = (
        f"curl '{harbor.url}index.php?module=Users&action=SendResetLink&record=12' \\\r"
        f"  -b 'PHPSESSID={cookie}; tracker={'y' * 6000}' \\\r  -H 'Authorization: Bearer {bearer}' \\\r"
        f"  -H 'X-Company: {header}' \\\r  --data-raw '__vtrftk={token}&email={email}'"
    )
    with machine.start() as terminal:
        terminal.shows("inactive")
        for number, broken in enumerate((request[:-60], request, request.replace("5ecret", "5ecret'"))):
            terminal.type(PALETTE)
            terminal.shows("Search for commands")
            terminal.type(f"teach{ENTER}")
            terminal.shows("Paste the request")
            terminal.type(f"\x1b[200~{broken}\x1b[201~" if number else broken)
            terminal.shows("record=◂person▸" if number == 1 else "nothing was kept")
            if number == 1:
                terminal.type(ENTER)
                terminal.shows("Enter done")
            terminal.type(ESCAPE)
            terminal.shows_no("Teach harbor-prod")
        terminal.type(F10)
        assert terminal.ends() == 0
    assert "reset_request" in (machine.root / "home/config/dazos-tui/config.toml").read_text()
    assert machine.leaks() == []


def test_https_to_a_plain_http_server_and_a_redirect_to_another_host(machine, harbor, wire, password):
    source = from_command(machine, harbor, "password", password)
    machine.configure(harbor, **source.keys, url=harbor.url.replace("http:", "https:"))
    with machine.start() as terminal:
        terminal.shows("Close (Esc)", "answered without encryption")
        terminal.type(ENTER)
        terminal.type(F10)
        assert terminal.ends() == 0
    machine.configure(harbor, **source.keys)
    wire.replace_answer("view=List", redirect_with_secrets(wire))
    with machine.start() as terminal:
        terminal.shows("Close (Esc)", "other.example.com")
        terminal.type(ENTER)
        terminal.type(F10)
        assert terminal.ends() == 0
    assert machine.leaks() == []


@pytest.mark.parametrize("bug", ["in_a_form", "in_cookies", "in_a_profile"])
def test_a_crash_of_the_app(machine, harbor, password, cookie, bug):
    if bug == "in_cookies":
        machine.configure(harbor, auth="cookie", cookie_command=machine.command(cookie))
    else:
        machine.configure(harbor, **from_command(machine, harbor, "password", password).keys)
    with machine.start(module=("tests.secrecy.broken", bug)) as terminal:
        if bug == "in_a_profile":
            terminal.shows("inactive")
            terminal.type("garcia")
            terminal.shows("1 match")
            terminal.type(ENTER)
        assert terminal.ends() == 1
        assert b"Traceback" in terminal.raw
    assert machine.leaks() == []
