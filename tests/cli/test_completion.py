"""What completion answers, without a shell: the words, the quoting for bash, and where values come from."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import tomli_w
from click.shell_completion import ShellComplete
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.cli._support.command_line import FISH, parse_typed_line
from dazos_tui.cli._support.complete import complete, load_table
from dazos_tui.cli._support.quick_help import help_page
from dazos_tui.cli.app import cli
from dazos_tui.directory.remembered import ListSource, RememberedPeople, RememberedPerson, remember_people
from docs.command_tree import completion_table, root_context, subcommands, walk
from tests.cli.conftest import Desk

TABLE = load_table()
HOSTILE = 'q it\'s "odd" $(touch pwned) `touch pwned` & ; | * ~ ! \\ é'


def config_of(*names):
    url = "https://crm{}.example.com/"
    tables = {
        name: {"url": url.format(number), "username": "admin", "environment": "sandbox"}
        for number, name in enumerate(names)
    }
    return tomli_w.dumps({"instances": tables})


def remember(state, name, number, *people, hours=24, age=timedelta()):
    """Keep a list of people for an instance of `config_of`, which was read a while ago."""
    source = ListSource(name, f"crm{number}.example.com/", "admin")
    kept = [
        RememberedPerson(str(index), user_name, f"Person {index}", email, "Sales", "active")
        for index, (user_name, email) in enumerate(people)
    ]
    assert remember_people(state, RememberedPeople.from_people(source, datetime.now(UTC) - age, hours, kept))


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    desk.config.write_text(config_of("acme", "harbor-prod", "harbor-test"))
    desk.environment |= {"DAZOS_TUI_CONFIG": str(desk.config), "DAZOS_TUI_STATE": str(desk.state)}
    return desk


def reply(desk, shell, *arguments):
    """Return the lines that a shell's script gets."""
    done = subprocess.run(
        [sys.executable, "-m", "dazos_tui", *arguments],
        env={**desk.all_environment(), "_DAZOS_TUI_COMPLETE": shell},
        capture_output=True,
        check=True,
        cwd=desk.folder,
    )
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


def words(desk, *arguments):
    """Return the words that zsh is given for these words, the last of which is being typed."""
    kind, *lines = reply(desk, "zsh", *arguments)
    return [line.partition("\t")[0] for line in lines] if kind == "words" else kind


def test_the_table_is_what_the_commands_would_make_now():
    assert completion_table(root_context()) == TABLE


def by_click(before, word):
    """Return what click's own completion offers, which imports every command."""
    found = ShellComplete(cli, {}, "dazos-tui", "_X").get_completions([*before], word)
    return [item.value for item in found if item.type == "plain"]


def by_table(before, word):
    return [one.word for one in complete(TABLE, before, word, lambda *_: ()).candidates]


def command_table(names):
    table = TABLE
    for name in names:
        table = table["commands"][name]
    return table


@st.composite
def lines(draw):
    """Draw the words before the cursor: valid ones, since click offers anything after others; and a word."""
    names = draw(st.sampled_from([(), *(names for names, _ in walk(root_context()))]))
    table = command_table(names)
    before = draw(st.sampled_from([[], ["-i", "acme"], ["--instance=acme"], ["-iacme"], ["--config", "8"]]))
    before = [*before, *names]
    for option in draw(st.lists(st.sampled_from(table["options"]), max_size=3)) if names else ():
        name = draw(st.sampled_from(option["names"]))
        value = option["takes"][0] if isinstance(option.get("takes"), list) else "8"
        before += (
            [name] if "takes" not in option else draw(st.sampled_from([[name, value], [*glued(name, value)]]))
        )
    before += draw(st.lists(st.just("8"), max_size=2)) if not table["commands"] else []
    starts = [
        "",
        "-",
        "--",
        "--a",
        "s",
        "h",
        "b",
        *(f"{one['names'][-1]}=" for one in table["options"] if "takes" in one),
    ]
    word = draw(st.sampled_from(starts))
    taking = [one["names"][0] for one in table["options"] if "takes" in one]
    if taking and names and not word.startswith("-"):
        before += draw(st.sampled_from([[], *([name] for name in taking)]))
    return before, word


def glued(name, value):
    yield f"{name}={value}" if name.startswith("--") else f"{name}{value}"


@given(lines())
def test_it_offers_what_clicks_own_completion_offers(line):
    ours, theirs = by_table(*line), by_click(*line)
    # Only values that we look up are unknown to click.
    assert set(theirs) <= set(ours)
    assert set(ours) - set(theirs) <= set(OUTCOMES)


OUTCOMES = ["sent", "refused", "not-sent", "unknown"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ([""], list(TABLE["commands"])),
        (["us"], ["users"]),
        (["users", "--status", "in"], ["inactive"]),
        (["history", "--outcome", ""], OUTCOMES),
        (["history", "--outcome=s"], ["sent"]),
        (["send", "--allow", "i"], ["invalid_email"]),
        (["send", "--json", "--js"], []),
        (["send", "--allow", "role", "--al"], ["--allow"]),
        (["db", "b"], ["backup"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["--config", ""], "files"),
        (["--state="], "folders"),
        (["db", "backup", ""], "files"),
        (["-i", "h"], ["harbor-prod", "harbor-test"]),
        (["-i", "acme", "users", "--instance", "a"], ["acme"]),
        (["users", "--", "--st"], []),
        (["no-such-command", "--"], []),
        (["note", "--ticket", ""], []),
    ],
)
def test_what_is_offered(desk, typed, offered):
    assert words(desk, *typed) == offered


def test_the_config_is_the_one_that_the_line_names(desk, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(config_of("elsewhere"))
    assert words(desk, "--config", str(other), "-i", "") == ["elsewhere"]
    assert words(desk, f"--config={other}", "users", "-i", "") == ["elsewhere"]
    desk.environment["OTHER"] = str(other)
    assert words(desk, "--config", "$OTHER", "-i", "") == ["elsewhere"]
    assert words(desk, "--config", "~no-such-user/x.toml", "-i", "") == []
    desk.environment["HOME"] = str(tmp_path)
    assert words(desk, "--config", "~/other.toml", "-i", "") == ["elsewhere"]
    del desk.environment["DAZOS_TUI_CONFIG"]
    default = tmp_path / ".config" / "dazos-tui"
    default.mkdir(parents=True)
    (default / "config.toml").write_text(config_of("by-default"))
    desk.environment["XDG_CONFIG_HOME"] = str(tmp_path / ".config")
    assert words(desk, "-i", "") == ["by-default"]


@pytest.mark.parametrize(
    "config",
    [
        None,
        "",
        "instances = 3",
        "[instances]\nacme = 1",
        "[instances.acme",
        "\xff",
        '[instances."--yes"]\nurl = 1',
    ],
)
def test_a_config_that_cannot_be_used_offers_no_instance(desk, config):
    if config is None:
        desk.config.unlink()
    else:
        desk.config.write_bytes(config.encode("latin-1"))
    assert words(desk, "-i", "") == []
    assert words(desk, "-i", "acme", "send", "") == []


def test_a_config_that_others_may_change_offers_no_instance(desk):
    desk.config.chmod(0o666)
    assert words(desk, "-i", "") == []


def test_people_come_from_the_list_that_is_kept_of_the_instance(desk):
    remember(desk.state, "acme", 0, ("ann.b", "ann@example.com"), ("bo", "bo@example.com"))
    remember(
        desk.state, "harbor-prod", 1, ("cy", ""), ("one", "same@example.com"), ("two", "same@example.com")
    )
    both = ["ann@example.com", "bo@example.com"]
    assert words(desk, "send", "-i", "acme", "") == both
    assert words(desk, "-i", "acme", "send", "bo", "An") == ["ann@example.com"]
    assert words(desk, "-i", "acme", "users", "ann.") == ["ann.b"]
    assert words(desk, "find", "") == [*both, "cy", "one", "two"]
    assert words(desk, "-i", "acme", "verify", "") == both
    assert words(desk, "-i", "acme", "history", "--user", "") == both
    # An address of two people names neither.
    assert words(desk, "-i", "harbor-prod", "send", "") == ["cy", "one", "two"]
    assert words(desk, "send", "") == []
    assert words(desk, "-i", "harbor-test", "send", "") == []


def test_without_a_name_the_only_instance_is_meant(desk):
    desk.config.write_text(config_of("acme"))
    remember(desk.state, "acme", 0, ("ann", "ann@example.com"))
    assert words(desk, "send", "") == ["ann@example.com"]
    assert words(desk, "--state", str(desk.folder), "send", "") == []
    del desk.environment["DAZOS_TUI_STATE"]
    assert words(desk, f"--state={desk.state}", "send", "") == ["ann@example.com"]


def test_a_list_that_may_not_be_shown_is_not_offered(desk):
    remember(desk.state, "acme", 0, ("ann", "ann@example.com"), age=timedelta(hours=3))
    assert words(desk, "-i", "acme", "send", "") == ["ann@example.com"]
    desk.config.write_text(f"keep_people_hours = 2\n{config_of('acme')}")
    assert words(desk, "send", "") == []
    desk.config.write_text(config_of("other", "acme"))  # the same name, another CRM
    assert words(desk, "-i", "acme", "send", "") == []
    remember(desk.state, "acme", 1, ("ann", "ann@example.com"), age=timedelta(hours=30))
    assert words(desk, "-i", "acme", "send", "") == []


def test_what_a_terminal_would_obey_is_not_offered(desk):
    desk.config.write_text(config_of("acme", "a\x1b[2Jb", "a\nb", "a\tb", "--yes", "a\u202eb"))
    assert words(desk, "-i", "") == ["acme"]
    remember(desk.state, "acme", 0, ("--again", ""), ("-x", "-y@example.com"), ("ok", ""))
    assert words(desk, "-i", "acme", "send", "--", "") == ["ok"]


@pytest.mark.parametrize("quote", ["", '"', "'"])
@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1))
def test_bash_reads_back_what_was_offered(quote, name):
    from dazos_tui.cli._support.shell_reply import _quote_for_bash

    typed = _quote_for_bash(name, quote)
    if typed:
        assert parse_typed_line(f"x {quote}{typed}{quote} ").words == ("x", name)


def test_bash_itself_reads_back_what_was_offered(desk):
    desk.config.write_text(config_of(HOSTILE))
    for quote in ("", '"'):
        [_, *offered] = reply(desk, "bash", f"dazos-tui -i {quote}q", "q")
        done = subprocess.run(
            ["bash", "-c", "".join(f"printf '%s\\n' {quote}{one}{quote};" for one in offered)],
            capture_output=True, text=True, check=True, cwd=desk.folder,
        )  # fmt: skip
        assert done.stdout == (f"{HOSTILE}\n" if not quote else "")
    assert [path.name for path in desk.folder.iterdir()] == ["config.toml"]


def test_bash_gets_only_what_follows_the_part_that_stays(desk):
    remember(desk.state, "acme", 0, ("ann", "ann@example.com"))
    assert reply(desk, "bash", "dazos-tui --instance=ha", "ha") == ["words", "harbor-prod", "harbor-test"]
    assert reply(desk, "bash", "dazos-tui -i acme send ann@ex", "@ex") == ["words", "@example.com"]
    assert reply(desk, "bash", "dazos-tui history --outcome=", "") == ["words", *OUTCOMES]
    assert reply(desk, "bash", "dazos-tui users > fi", "fi") == ["files"]


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_the_command_may_follow_others(desk, shell):
    for line in ("sudo dazos-tui us", "X=1 dazos-tui us", "/usr/bin/dazos-tui us", "alias us"):
        assert reply(desk, shell, line, "us")[1].startswith("users")


def test_an_unknown_shell_gets_nothing(desk):
    assert reply(desk, "tcsh", "dazos-tui us") == []
    assert reply(desk, "bash") == []


@pytest.mark.parametrize(
    ("line", "before", "word", "quote"),
    [
        ("dazos-tui us", ("dazos-tui",), "us", ""),
        ("dazos-tui ", ("dazos-tui",), "", ""),
        ("dazos-tui a\\ b 'c d' \"e f", ("dazos-tui", "a b", "c d"), "e f", '"'),
        ("dazos-tui 'a\"b", ("dazos-tui",), 'a"b', "'"),
        ("dazos-tui a\\", ("dazos-tui",), "a", ""),
        ("echo x; dazos-tui us", ("dazos-tui",), "us", ""),
        ("dazos-tui users >/tmp/x 2>&1 --js", ("dazos-tui", "users"), "--js", ""),
        ("dazos-tui $(touch x) `y` $HOME", ("`y`",), "$HOME", ""),
        ("", (), "", ""),
    ],
)
def test_a_line_is_split_as_bash_does_it(line, before, word, quote):
    found = parse_typed_line(line)
    assert (found.words[-len(before) :] if before else found.words, found.word, found.quote) == (
        before,
        word,
        quote,
    )


def test_fish_has_escapes_in_single_quotes():
    assert parse_typed_line(r"x 'it\'s \\ \n' ", FISH).words == ("x", r"it's \ \n")


@given(st.text())
def test_any_line_is_split(line):
    for shell in ("", FISH):
        assert line.endswith(parse_typed_line(line, shell).raw)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(desk, shell):
    done = desk.run("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_DAZOS_TUI_COMPLETE" in done.stdout


def test_another_shell_is_refused(desk):
    assert desk.call("completion", "tcsh").returncode == 2


def test_the_table_is_small_enough_to_be_read_at_each_tab():
    assert len(json.dumps(TABLE)) < 60_000


@pytest.mark.parametrize("names", [(), *(names for names, _ in walk(root_context()))], ids=" ".join)
def test_help_from_the_table_is_what_click_writes(names):
    context, command = root_context(), TABLE
    for name in names:
        context, command = subcommands(context)[name], command["commands"][name]
    for width in (50, 67, 78, 98):
        context.terminal_width = width
        assert help_page(command, width) == f"{context.get_help()}\n"
