"""The password of the history's server: in the system's keyring, or asked for at the terminal."""

import json
import sys
from contextlib import closing

import pytest
import tomli_w

from tests import keyrings
from tests.cli.test_json_schemas import require_valid
from tests.clusters import cluster
from tests.smoke.terminal import Terminal, needs_tmux

__all__ = ["cluster"]

PASSWORD = "a-secret-of-the-history"


@pytest.fixture
def team(desk, cluster, tmp_path):
    """Return the desk, whose history is on a server that wants a password from the keyring."""
    database = cluster.new_database()
    with closing(cluster.admin(database)) as admin:
        admin.execute(f"CREATE ROLE {database}_kim LOGIN PASSWORD '{PASSWORD}'")
        admin.execute(f"GRANT CREATE ON DATABASE {database} TO {database}_kim")
    desk.url = f"postgresql://{database}_kim@127.0.0.1:{cluster.port}/{database}"
    table = {"history": {"url": desk.url, "keyring": True}}
    desk.config.write_text(desk.config.read_text() + "\n" + tomli_w.dumps(table))
    desk.environment |= {"PYTHON_KEYRING_BACKEND": keyrings.FILE, keyrings.PLACE: str(tmp_path / "keyring")}
    yield desk
    with closing(cluster.admin(database)) as admin:
        admin.execute(f"DROP OWNED BY {database}_kim CASCADE")


def held(desk):
    path = desk.folder / "keyring"
    return json.loads(path.read_text()) if path.exists() else {}


def answer(desk, password, *command):
    terminal = desk.start(*command)
    terminal.wait_for(f"Password of {desk.url}: ")
    terminal.type(f"{password}\n")
    code, stdout = terminal.end()
    assert password not in terminal.seen
    return code, stdout, terminal.seen


def test_a_stored_password_is_used_and_not_asked_for(team):
    code, stdout, seen = answer(team, PASSWORD, "login", "--history", "--json")
    assert code == 0, seen
    assert require_valid("login", stdout)[0]["instance"] is None
    assert held(team) == {f"dazos-tui|{team.url} {team.url.partition('//')[2].partition('@')[0]}": PASSWORD}
    done = team.run("history")
    assert (done.returncode, "No resets recorded yet" in done.stderr) == (0, True)
    removed = team.run("logout", "--history", "--json")
    assert (removed.returncode, held(team)) == (0, {})
    assert require_valid("logout", removed.stdout)[0]["removed"] is True
    assert "The keyring has no password" in team.run("logout", "--history").stderr


def test_a_password_that_does_not_work_is_not_stored(team):
    code, _, seen = answer(team, "wrong-hunter2", "login", "--history")
    assert (code, held(team)) == (3, {})
    assert "password authentication failed" in seen


def test_without_a_stored_password_it_is_asked_for_once(team):
    code, stdout, seen = answer(team, PASSWORD, "history", "--json")
    assert (code, stdout) == (0, "")
    assert seen.count("Password of") == 1
    assert held(team) == {}


def test_without_a_keyring_the_question_says_why(team):
    team.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    _, _, seen = answer(team, PASSWORD, "history", "--json")
    assert "No keyring service here" in seen


def test_without_a_terminal_nobody_is_asked(team):
    done = team.run("history")
    assert done.returncode == 3
    assert f"There is no password for {team.url}, and no terminal to ask for it." in done.stderr
    assert "dazos-tui login --history" in done.stderr


@pytest.mark.parametrize("command", ["login", "logout"])
def test_a_history_without_the_keyring_has_nothing_to_store(desk, command):
    done = desk.run(command, "--history")
    assert done.returncode == 2
    assert "keyring = true in [history]" in done.stderr


def test_the_config_shows_where_it_comes_from(team):
    assert "from the keyring, or asked for" in team.run("config", "show").stdout


@needs_tmux
def test_the_app_asks_before_it_opens(team):
    variables = [f"{name}={value}" for name, value in team.environment.items()]
    app = [sys.executable, "-m", "dazos_tui", "--config", str(team.config), "--state", str(team.state)]
    with Terminal(["env", *variables, *app]) as terminal:
        terminal.sees("Password of ")
        terminal.type(PASSWORD)
        terminal.press("Enter")
        terminal.sees("Which CRM instance?")
