"""The commands as a whole: help, what is imported, config, demo."""

import json
import platform
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from dazos_tui import __version__
from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.history_table import HistoryTable
from dazos_tui.config.models import Config, Instance
from tests.patience import patience

COMMANDS = [
    "users", "find", "send", "history", "note", "verify", "instances", "login", "logout", "forget", "doctor",
    "learn", "db", "config", "schema", "completion", "demo",
]  # fmt: skip

_LIST_MODULES = """
import sys
from dazos_tui.cli.app import run_cli
code = run_cli(sys.argv[1:])
imported = {name.partition(".")[0] for name, module in sys.modules.items() if module}
sys.stderr.write("MODULES " + " ".join(imported))
sys.exit(code)
"""


def modules_of(desk, *arguments):
    places = ["--config", str(desk.config), "--state", str(desk.state)]
    done = subprocess.run(
        [sys.executable, "-c", _LIST_MODULES, *places, *arguments],
        env=desk.all_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, set(done.stderr.partition("MODULES ")[2].split())


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--help"], {"textual", "httpx", "pydantic", "starlette", "uvicorn", "selectolax", "asyncio"}),
        (["--version"], {"textual", "httpx", "pydantic", "starlette", "uvicorn", "selectolax", "asyncio"}),
        (["history"], {"textual", "httpx", "pydantic", "starlette", "uvicorn", "selectolax", "asyncio"}),
        (["config", "check"], {"textual", "httpx", "starlette", "uvicorn", "selectolax"}),
        (["users", "-i", "harbor-prod"], {"textual", "starlette", "uvicorn", "jinja2"}),
        (
            ["send", "-i", "harbor-prod", "--yes", "cara.beacon"],
            {"textual", "starlette", "uvicorn", "jinja2"},
        ),
    ],
)
def test_a_command_imports_only_what_it_needs(desk, arguments, without):
    code, modules = modules_of(desk, *arguments)
    assert (code, modules & without) == (0, set())
    assert "click" in modules


def test_help_lists_every_command_and_every_exit_code(desk):
    done = desk.run("--help")
    assert done.returncode == 0
    listed = re.findall(r"^  ([a-z]+)  ", done.stdout.partition("Commands:")[2], flags=re.M)
    assert listed == COMMANDS
    codes = re.findall(r"^    (\d+)  ", done.stdout, flags=re.M)
    assert codes == ["0", "2", "3", "4", "5", "6", "7", "8", "130"]


@pytest.mark.parametrize("command", [*COMMANDS, "config check", "config show", "config path"])
def test_every_command_explains_itself(desk, command):
    done = desk.call(*command.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Usage: dazos-tui {command} " in done.stdout


def test_the_version(desk):
    assert desk.run("--version").stdout == f"dazos-tui {__version__}\n"


def test_the_details_of_a_version_name_all_that_a_report_needs_and_no_secret(desk, demo):
    url = "postgresql://kim@db.example.com/support"
    history = f'[history]\nurl = "{url}"\npassword_command = ["echo", "hidden"]\n'
    desk.config.write_text(desk.config.read_text() + history)
    shown = desk.call("--version", "--verbose").stdout
    rows = dict(line.split(maxsplit=1) for line in shown.splitlines())
    assert rows["dazos-tui"] == __version__
    assert rows["python"].endswith(platform.python_version())
    assert {"platform", "textual", "httpx", "pydantic", "selectolax", "sqlite", "openssl", "terminal"} < set(
        rows
    )
    assert rows["config"] == f"{desk.config} (--config)"
    assert rows["history"] == "PostgreSQL, offline = stop"
    assert not re.search(r"db\.example|kim|hidden", shown)
    desk.config.write_text("theme = 3")
    assert "(--config)" in desk.call("--version", "--verbose").stdout
    bare = desk.call("--verbose")
    assert (bare.returncode, bare.stdout) == (2, "")


@pytest.mark.parametrize("arguments", ["nonsense", "--nonsense", "config", "config x", "users --status x"])
def test_wrong_usage(desk, arguments):
    done = desk.call(*arguments.split())
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_config_without_a_command_shows_its_help(desk):
    done = desk.call("config")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.findall(r"^  ([a-z]+)  ", done.stderr, flags=re.M) == ["check", "path", "show"]


def test_no_file_name_can_control_the_terminal(desk, tmp_path):
    done = desk.call(
        "--state", str(tmp_path / "a\x1b[31m\nb"), "--config", str(tmp_path / "c\x1b[2J"), "users"
    )
    assert done.returncode == 2
    assert "\x1b" not in done.stderr


def test_the_screen_needs_a_terminal(desk):
    done = desk.run()
    assert (done.returncode, done.stdout) == (2, "")
    assert "terminal" in done.stderr


def test_the_screen_checks_the_config_first(desk):
    desk.config.unlink()
    done = desk.call()
    assert done.returncode == 2
    assert "there is no config file here" in done.stderr


def test_config_path_prints_the_path_in_force(desk, tmp_path):
    assert desk.call("config", "path").stdout == f"{desk.config}\n"
    plain = [sys.executable, "-m", "dazos_tui", "config", "path"]
    environment = desk.all_environment() | {"DAZOS_TUI_CONFIG": str(tmp_path / "other.toml")}
    done = subprocess.run(plain, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path / 'other.toml'}\n"


def test_config_check_counts_the_instances(desk):
    done = desk.call("config", "check")
    assert (done.returncode, done.stdout) == (0, "OK: 5 instances\n")


def test_config_check_reports_all_mistakes(desk):
    desk.config.write_text("them = 1\n[instances.acme]\nurll = 'x'\n")
    done = desk.run("config", "check")
    assert (done.returncode, done.stdout) == (2, "")
    for said in (
        "them: unknown key",
        "instances.acme.urll: unknown key",
        "instances.acme.username: is missing",
    ):
        assert f"{desk.config}: {said}" in done.stderr


def test_config_check_looks_for_certificates(desk, demo):
    desk.configure(demo, ca_file="no-such.pem")
    done = desk.call("config", "check")
    assert done.returncode == 2
    assert f"instances.harbor-prod.ca_file: there is no file {desk.folder / 'no-such.pem'}" in done.stderr


def test_config_show_prints_where_everything_comes_from(desk, demo, harbor):
    desk.configure(demo, labels={"yes": "Ja"}, access_key_env="HARBOR_KEY")
    done = desk.call("config", "show")
    rows = {tuple(re.split(r"  +", line)) for line in done.stdout.splitlines()}
    assert ("config", str(desk.config), "--config") in rows
    assert ("state", str(desk.state), "--state") in rows
    assert ("theme", "dazos-dark", "default") in rows
    assert ("instances.harbor-prod.url", harbor.url, "config") in rows
    assert ("instances.harbor-prod.allow_http", "false", "default") in rows
    assert ("instances.harbor-prod.password", "from the command echo", "config") in rows
    assert ("instances.harbor-prod.access_key", "from the variable HARBOR_KEY", "config") in rows
    assert ("instances.harbor-prod.labels.yes", "Ja", "config") in rows
    assert harbor.password not in done.stdout + done.stderr


_OTHERWISE = {
    **dict.fromkeys(("password_command", "password_env", "keyring"), "password"),
    **dict.fromkeys(("cookie_command", "cookie_env"), "cookie"),
    **dict.fromkeys(("access_key_command", "access_key_env"), "access_key"),
    "one_time_code_command": "one_time_code",
}
"""What `config show` calls keys that it does not show under their own names."""


@pytest.mark.parametrize("history", ["", '[history]\nurl = "postgresql://kim@db.example.com/support"\n'])
def test_config_show_leaves_out_no_setting(desk, demo, history):
    desk.configure(demo, environment="staging")
    (desk.folder / "more.toml").write_text("")
    desk.config.write_text(f'include = ["more.toml"]\n{desk.config.read_text()}{history}')
    lines = desk.call("config", "show", "--json").stdout.splitlines()
    shown = {json.loads(line)["key"] for line in lines}

    def missing(model: type[BaseModel], prefix: str = "") -> set[str]:
        names = {f"{prefix}{_OTHERWISE.get(name, name)}" for name in model.model_fields}
        return {name for name in names if not any(f"{key}.".startswith(f"{name}.") for key in shown)}

    # What is in [defaults] is shown at each instance.
    assert missing(Config) == {"defaults"}
    assert missing(Instance, "instances.harbor-prod.") == {"instances.harbor-prod.name"}
    assert missing(BatchTable, "batch.") == set()
    # Without a server, nothing about one is allowed.
    assert missing(HistoryTable, "history.") == set() if history else "history.keep_days" in shown


def test_config_show_keeps_roles_with_spaces_apart(desk, demo):
    desk.configure(demo, cooldown_minutes=7)
    rows = {tuple(re.split(r"  +", line)) for line in desk.call("config", "show").stdout.splitlines()}
    prefix = "instances.harbor-prod"
    assert (f"{prefix}.roles_without_sign_in", "No Access, Disabled Reps", "default") in rows
    assert (f"{prefix}.cooldown_minutes", "7", "config") in rows
    assert {("keep_people_hours", "24", "default"), ("title", "true", "default")} <= rows


def test_config_show_names_a_source_that_the_way_to_sign_in_leaves_unused(desk, demo):
    def rows() -> set[tuple[str, ...]]:
        shown = desk.call("config", "show").stdout.splitlines()
        return {row for line in shown if len(row := tuple(re.split(r"  +", line))) == 3}

    prefix = "instances.harbor-prod"
    desk.configure(demo, auth="cookie")
    assert (f"{prefix}.password", 'not used: auth = "cookie"', "config") in rows()
    desk.configure(demo, cookie_env="HARBOR_COOKIE")
    assert (f"{prefix}.cookie", 'not used: auth = "password"', "config") in rows()
    desk.configure(demo)
    assert (f"{prefix}.cookie", "not used", "default") in rows()


@pytest.fixture
def served(desk):
    config = desk.folder / "demo.toml"
    command = desk.command("demo", "--serve-only", "--users", "30", "--write-config", str(config))
    process = subprocess.Popen(
        command, env=desk.all_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process, json.loads(process.stdout.readline()), config
    process.kill()
    process.communicate()


def test_the_demo_serves_what_its_config_reaches(desk, served):
    process, ready, config = served
    assert [instance["name"] for instance in ready["instances"]] == [
        "harbor-prod",
        "summit-prod",
        "harbor-sandbox",
        "valley-staging",
        "ridge-prod",
    ]
    done = desk.run("--config", str(config), "users", "-i", "harbor-prod", "--json")
    assert len(done.stdout.splitlines()) == 30
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=patience(30))
    assert (process.returncode, stdout, stderr) == (0, "", "")


def test_the_demo_says_when_its_port_is_taken(desk, served):
    _, ready, _ = served
    port = ready["url"].rpartition(":")[2]
    done = desk.run("demo", "--serve-only", "--port", port)
    assert done.returncode == 2
    assert "already in use" in done.stderr


def test_write_config_needs_serve_only(desk):
    assert desk.call("demo", "--write-config", str(Path(desk.folder, "x"))).returncode == 2


def test_an_unexpected_error_is_not_hidden(desk):
    code = "import dazos_tui.cli.app as app; app.cli.main = lambda **_: 1 / 0; app.run_cli([])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
