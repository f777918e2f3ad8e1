"""`login` and `logout`, and how other commands use the system's keyring."""

import json
import subprocess
import sys

import pytest

from tests import keyrings

USERS = ("users", "-i", "harbor-prod", "--json")
LOGIN = ("login", "-i", "harbor-prod")
LOGOUT = ("logout", "-i", "harbor-prod")
QUESTION = "Password of demo.admin in harbor-prod: "


@pytest.fixture(autouse=True)
def _no_source(desk, demo, tmp_path):
    """Configure instances whose password comes only from the keyring, which works."""
    desk.configure(demo, password_command=None)
    desk.environment |= {"PYTHON_KEYRING_BACKEND": keyrings.FILE, keyrings.PLACE: str(tmp_path / "keyring")}


def held(desk) -> dict[str, str]:
    path = desk.folder / "keyring"
    return json.loads(path.read_text()) if path.exists() else {}


def log_in(desk, password):
    terminal = desk.start(*LOGIN)
    terminal.wait_for(QUESTION)
    terminal.type(f"{password}\n")
    code, stdout = terminal.end()
    assert stdout == ""
    assert password not in terminal.seen
    return code, terminal.seen


def test_a_password_that_was_stored_is_not_asked_for_again(desk, harbor):
    code, seen = log_in(desk, harbor.password)
    assert code == 0
    assert "The password of demo.admin in harbor-prod is now in the keyring." in seen
    assert held(desk) == {f"dazos-tui|{harbor.url} demo.admin": harbor.password}
    done = desk.run(*USERS)
    assert (done.returncode, done.stderr) == (0, "")
    assert [attempt.succeeded for attempt in harbor.accounts.attempts] == [True, True]


def test_a_wrong_password_is_asked_for_again_and_not_stored(desk, harbor):
    terminal = desk.start(*LOGIN)
    for _ in range(3):
        terminal.wait_for(QUESTION)
        seen, terminal.seen = terminal.seen, ""
        terminal.type("wrong-hunter2\n")
    code, _ = terminal.end()
    assert code == 5
    assert "did not accept this user name and password" in seen
    assert (held(desk), harbor.sign_in_attempts) == ({}, 3)
    assert "hunter2" not in seen + terminal.seen
    assert "into the keyring" not in terminal.seen


def test_a_name_with_a_space_is_quoted_in_the_suggested_command(desk, harbor):
    log_in(desk, harbor.password)
    harbor.accounts.set_password(harbor.person("demo.admin"), "changed meanwhile")
    desk.config.write_text(desk.config.read_text().replace("[instances.harbor-prod]", '[instances."my crm"]'))
    done = desk.run("users", "-i", "my crm", "--json")
    assert done.returncode == 5
    assert "Use “dazos-tui login -i 'my crm'” to put another password into the keyring." in done.stderr


def test_a_stored_password_that_is_out_of_date_is_reported_with_advice(desk, harbor):
    log_in(desk, harbor.password)
    harbor.accounts.set_password(harbor.person("demo.admin"), "changed meanwhile")
    done = desk.run(*USERS)
    assert done.returncode == 5
    assert "Use “dazos-tui login -i harbor-prod” to put another password into the keyring." in done.stderr
    assert harbor.sign_in_attempts == 2
    assert log_in(desk, "changed meanwhile")[0] == 0
    assert desk.run(*USERS).returncode == 0


def test_logout_removes_it_and_reports_if_it_is_missing(desk, demo, harbor):
    log_in(desk, harbor.password)
    done = desk.run(*LOGOUT)
    assert (done.returncode, done.stdout, held(desk)) == (0, "", {})
    assert done.stderr == "The password of demo.admin in harbor-prod was removed from the keyring.\n"
    done = desk.run(*LOGOUT)
    assert (done.returncode, done.stderr) == (
        0,
        "The keyring has no password of demo.admin in harbor-prod.\n",
    )
    assert desk.run(*USERS).returncode == 5


SOURCES = [
    ({"password_command": ["echo", "x"]}, "it has a password_command"),
    ({"password_env": "CRM_PASSWORD"}, "it has a password_env"),
    ({"keyring": False}, "its keyring is false"),
]


@pytest.mark.parametrize("command", [LOGIN, LOGOUT])
@pytest.mark.parametrize(("source", "why"), SOURCES)
def test_a_keyring_that_is_not_used_is_not_changed(desk, demo, harbor, command, source, why):
    desk.configure(demo, **{"password_command": None} | source)
    done = desk.run(*command)
    assert (done.returncode, harbor.sign_in_attempts) == (2, 0)
    assert f"The keyring is not used for the password of harbor-prod: {why}" in done.stderr
    assert ("To use the keyring" in done.stderr) is (command is LOGIN)
    assert ("write keyring = true for this one instead" in done.stderr) is (command is LOGIN)


def test_without_a_keyring_logout_says_where_the_password_is(desk, demo):
    desk.configure(demo, password_command=["echo", "x"])
    desk.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    done = desk.run(*LOGOUT)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "The keyring is not used for the password of harbor-prod: it has a password_command in the config.",
        "Nothing was changed. There is nothing to sign out of: no session is kept.",
    ]


def test_a_password_stored_before_the_config_changed_can_be_removed(desk, demo, harbor):
    log_in(desk, harbor.password)
    desk.configure(demo, password_command=["echo", "x"])
    assert (desk.run(*LOGOUT).returncode, held(desk)) == (0, {})


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("keyring.backends.fail.Keyring", "No keyring service here: "),
        ("keyring.backends.null.Keyring", "No keyring service here: "),
        ("keyrings.alt.file.PlaintextKeyring", "keyrings.alt.file.PlaintextKeyring is just a file"),
        ("no.such.Keyring", "The keyring cannot be used"),
    ],
)
def test_without_a_keyring_login_explains_the_alternatives(desk, harbor, backend, said):
    desk.environment["PYTHON_KEYRING_BACKEND"] = backend
    for command in (LOGIN, LOGOUT):
        terminal = desk.start(*command)
        assert terminal.end() == (2, "")
        assert said in terminal.seen
        assert "password_command" in terminal.seen
        assert QUESTION not in terminal.seen
    assert harbor.sign_in_attempts == 0


def test_without_a_keyring_one_line_explains_the_prompt(desk, harbor):
    desk.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    terminal = desk.start(*USERS)
    terminal.wait_for(QUESTION)
    terminal.type(f"{harbor.password}\n")
    code, stdout = terminal.end()
    assert (code, len(stdout.splitlines())) == (0, 453)
    assert terminal.seen.count("No keyring service here: ") == 1
    assert terminal.seen.index("No keyring service here: ") < terminal.seen.index(QUESTION)


def test_a_keyring_that_is_turned_off_is_not_mentioned(desk, demo, harbor):
    desk.configure(demo, password_command=None, keyring=False)
    desk.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    done = desk.run(*USERS)
    assert done.returncode == 5
    assert "keyring service" not in done.stderr


def test_without_a_terminal_the_missing_keyring_is_reported(desk):
    desk.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    done = desk.run(*USERS)
    assert done.returncode == 5
    assert "no terminal to ask for it. No keyring service here: " in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert desk.run(*LOGOUT).returncode == 2


@pytest.mark.parametrize("arguments", [["--help"], ["history"], ["config", "check"], ["login", "--help"]])
def test_the_keyring_is_not_imported_without_need(desk, arguments):
    code = (
        "import sys; from dazos_tui.cli.app import run_cli; run_cli(sys.argv[1:]);"
        "sys.exit('keyring' in sys.modules and 'imported')"
    )
    command = [sys.executable, "-c", code, *desk.places(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
