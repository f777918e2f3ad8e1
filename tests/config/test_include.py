"""A config of several files: included ones, and what holds for all instances."""

import os
from pathlib import Path

import pytest

from dazos_tui.config.edit import add_instance, change_instance, remove_instance
from dazos_tui.config.errors import ConfigError, MissingConfigError
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.config.peek import peek_instance, peek_names
from dazos_tui.config.sources import KeySource
from dazos_tui.tui.config_watch import ConfigWatch

OWN = """\
include = ["team.toml"]

[instances.own]
url = "https://own.example/"
username = "jo"
environment = "sandbox"
"""
TEAM = """\
[instances.east]
url = "https://east.example/"
username = "team"
environment = "production"

[instances.west]
url = "https://west.example/"
username = "team"
environment = "staging"
tags = ["west"]
"""


class Files:
    """The own config and the files beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.own = folder, folder / "config.toml"

    def write(self, content: str, name: str = "config.toml") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return path

    def problem(self) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load_config(self.own)
        return caught.value


@pytest.fixture
def files(tmp_path: Path) -> Files:
    files = Files(tmp_path)
    files.write(OWN)
    files.write(TEAM, "team.toml")
    return files


def test_instances_of_an_included_file_follow_the_own_ones(files):
    config = load_config(files.own)
    assert list(config.instances) == ["own", "east", "west"]
    assert config.included_files == (files.folder / "team.toml",)
    assert config.included_from("west") == files.folder / "team.toml"
    assert config.included_from("own") is None
    assert list(peek_names(files.own)) == ["own", "east", "west"]


def test_a_first_look_knows_included_instances_and_what_holds_for_all(files):
    files.write(OWN + '\n[defaults]\nusername = "kim"\n')
    files.write(TEAM.replace('username = "team"\n', ""), "team.toml")
    found = peek_instance(files.own, "west")
    assert found is not None
    assert (found.server, found.operator, found.environment) == ("west.example/", "kim", "staging")


def test_a_first_look_does_not_need_the_included_files(files):
    (files.folder / "team.toml").unlink()
    assert list(peek_names(files.own)) == ["own"]


def test_the_own_file_wins_key_by_key(files):
    files.write(OWN + '\n[instances.east]\nusername = "kim"\n')
    config = load_config(files.own)
    east = config.instance("east")
    assert (east.username, east.url) == ("kim", "https://east.example/")
    assert config.source_of("east", "username") == KeySource(files.own)
    assert config.source_of("east", "url") == KeySource(files.folder / "team.toml")
    assert config.included_from("east") is not None


def test_defaults_hold_for_all_instances_that_do_not_say_otherwise(files):
    files.write(
        OWN + "\n[defaults]\ncooldown_minutes = 5\npassword_command = ['pass', 'show', 'crm/{instance}']\n"
    )
    files.write(TEAM + "\n[defaults]\ncooldown_minutes = 9\n", "team.toml")
    config = load_config(files.own)
    assert {one.cooldown_minutes for one in config.instances.values()} == {5}
    assert config.instance("west").password_command == ("pass", "show", "crm/west")
    assert config.source_of("west", "cooldown_minutes") == KeySource(files.own, is_default=True)


def test_defaults_of_an_included_file_hold_for_its_instances_only(files):
    files.write("[defaults]\ncooldown_minutes = 9\n" + TEAM, "team.toml")
    config = load_config(files.own)
    assert config.instance("west").cooldown_minutes == 9
    assert config.instance("own").cooldown_minutes == 15


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [("password_command = ['pass']", "password_env = 'PW'"), ("cookie_env = 'C'", "cookie_command = ['c']")],
)
def test_a_secret_of_the_instance_replaces_the_other_kind_in_the_defaults(files, weaker, stronger):
    files.write(f"[defaults]\n{weaker}\n{OWN.partition(chr(10))[2]}{stronger}\n")
    own = load_config(files.own).instance("own")
    kept, dropped = stronger.partition(" ")[0], weaker.partition(" ")[0]
    assert getattr(own, kept) is not None
    assert getattr(own, dropped) is None


@pytest.mark.parametrize("other", ["password_command = ['pass']", "password_env = 'PW'"])
@pytest.mark.parametrize("place", ["[defaults]", "[instances.west]"])
def test_the_keyring_can_be_chosen_in_place_of_a_source_of_another_file(files, other, place):
    team = "[defaults]\n" + other + "\n" + TEAM if place == "[defaults]" else TEAM + other + "\n"
    files.write(team, "team.toml")
    assert not load_config(files.own).instance("west").uses_keyring
    files.write(OWN + "\n[instances.west]\nkeyring = true\n")
    config = load_config(files.own)
    assert config.instance("west").uses_keyring
    assert config.source_of("west", "keyring") == KeySource(files.own)
    assert config.source_of("west", other.partition(" ")[0]) is None
    files.write(OWN + "\n[instances.west]\nkeyring = false\n")
    assert load_config(files.own).source_of("west", other.partition(" ")[0]) is not None


def test_a_command_replaces_a_keyring_from_elsewhere(files):
    files.write(TEAM + "keyring = true\n", "team.toml")
    files.write(OWN + "\n[instances.west]\npassword_command = ['pass']\n")
    config = load_config(files.own)
    assert config.instance("west").password_command == ("pass",)
    assert config.source_of("west", "keyring") is None


def test_a_keyring_turned_off_for_all_stays_so_beside_a_command(files):
    files.write(OWN + "password_command = ['pass']\n\n[defaults]\nkeyring = false\n")
    config = load_config(files.own)
    assert [one.keyring for one in config.instances.values()] == [False] * 3


@pytest.mark.parametrize("other", ["password_command = ['pass']", "password_env = 'PW'"])
@pytest.mark.parametrize("place", ["defaults", "instances.own"])
def test_the_keyring_beside_another_source_in_one_table_is_refused(files, other, place):
    table = f"keyring = true\n{other}\n"
    files.write(OWN + (table if place == "instances.own" else f"\n[defaults]\n{table}"))
    key = other.partition(" ")[0]
    message = f"{files.own}: {place}.keyring: cannot be combined with {key}: keep one of them"
    assert str(files.problem()).startswith(message)
    assert str(files.problem()).count("cannot be combined") == 1


def test_both_kinds_in_one_table_are_still_refused(files):
    files.write(OWN + "\n[defaults]\npassword_env = 'PW'\npassword_command = ['pass']\n")
    message = "defaults.password_command: cannot be combined with password_env: keep one of them"
    # Once, although it is so for each instance.
    assert str(files.problem()).startswith(f"{files.own}: {message}")
    assert str(files.problem()).count(message) == 1


def test_other_braces_in_a_command_stay(files):
    files.write(OWN + "password_command = ['sh', '-c', 'awk {print}', '{instance}-{instance}']\n")
    assert load_config(files.own).instance("own").password_command == ("sh", "-c", "awk {print}", "own-own")


def test_a_name_that_would_be_an_option_is_refused(files):
    files.write(OWN.replace("[instances.own]", "[instances.-x]") + "password_command = ['p', '{instance}']\n")
    assert "instances.-x.password_command: would take the instance's name" in str(files.problem())


def test_relative_paths_start_at_the_folder_of_their_file(files):
    files.write(OWN.replace("team.toml", "team/crm.toml") + "ca_file = 'ca.pem'\n")
    files.write(TEAM + "ca_file = 'team.pem'\n", "team/crm.toml")
    config = load_config(files.own)
    assert config.instance("own").ca_file == files.folder / "ca.pem"
    assert config.instance("west").ca_file == files.folder / "team" / "team.pem"


def test_a_home_folder_is_found(files, monkeypatch):
    monkeypatch.setenv("HOME", str(files.folder))
    files.write(OWN.replace("team.toml", "~/team.toml"))
    assert "west" in load_config(files.own).instances


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("theme = 'x'", "theme: is only read in your own config"),
        ("[keys]\nsend = 's'", "keys: is only read in your own config"),
        ("include = ['more.toml']", "include: only your own config can include files"),
        ("[instance.x]\nurl = 'x'", "instance: is only read in your own config (did you mean “instances”?)"),
        ("instances = 3", "instances: is not valid; expected a table"),
        ("[defaults]\nurl = 'https://x.example/'", "defaults.url: belongs to one instance"),
        ("[defaults]\ntag = 3", "defaults.tag: unknown key (did you mean “tags”?)"),
        ("[defaults]\npassword = 'x'", "defaults.password: passwords are never read from a file"),
        ("[defaults]\npinned = 'x'\n" + TEAM, "defaults.pinned: is not valid; expected true or false"),
        (TEAM + "reset_route = 3", "instances.west.reset_route: is not valid"),
        ("[instances.new]\nurl = 'https://n.example/'", "instances.new.environment: is missing"),
        ("[instances.own2", "is not valid TOML"),
        ("[instances.west]\nname = 'x'", "instances.west.name: unknown key"),
    ],
)  # fmt: skip
def test_a_problem_names_the_file_and_the_key_there(files, content, message):
    team = files.write(content, "team.toml")
    lines = [line for line in str(files.problem()).splitlines() if message in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"{team}: {message}")


def test_a_problem_of_a_label_or_path_names_the_file_that_has_it_not_the_one_with_the_others(files):
    team = files.write(
        TEAM + 'labels = { active = 3, acitve = "x" }\n\n[defaults]\npaths = { sign_out = 4 }\n', "team.toml"
    )
    files.write(
        OWN + '\n[instances.west]\nlabels = { yes = "Ja", inactive = 5 }\npaths = { users = "index.php" }\n'
    )
    lines = str(files.problem()).splitlines()
    for start in (
        f"{team}: instances.west.labels.active: is not valid",
        f"{team}: instances.west.labels.acitve: unknown key",
        f"{team}: defaults.paths.sign_out: is not valid",
        f"{files.own}: instances.west.labels.inactive: is not valid",
    ):
        assert len([line for line in lines if line.startswith(start)]) == 1, (start, lines)


def test_labels_and_paths_have_sources_of_their_own(files):
    files.write(TEAM + 'labels = { active = "Aktiv" }\n', "team.toml")
    files.write(OWN + '\n[instances.west.labels]\nyes = "Ja"\n')
    config = load_config(files.own)
    assert config.source_of("west", "labels", "active") == KeySource(files.folder / "team.toml")
    assert config.source_of("west", "labels", "yes") == KeySource(files.own)
    assert config.source_of("west", "paths", "users") is None


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ('["config.toml"]', "include: names this file itself"),
        ('["team.toml", "./team.toml"]', "include: names "),
        ('[""]', "include: has an entry that is not a path"),
        ('["~nobody-has-this-name/x"]', "that home folder is not known"),
        ("3", "include: is not valid; expected a list of files"),
        ("[3]", "include: is not valid; expected a list of files"),
        (str([f"{n}.toml" for n in range(51)]), "include: has more than 50 files"),
    ],
)
def test_a_wrong_list_is_a_problem_of_the_own_file(files, include, message):
    files.write(OWN.replace('["team.toml"]', include))
    assert str(files.problem()).startswith(f"{files.own}: ")
    assert message in str(files.problem())


def test_a_missing_file_is_named_and_is_no_missing_config(files):
    (files.folder / "team.toml").unlink()
    error = files.problem()
    assert not isinstance(error, MissingConfigError)
    assert str(error) == f"{files.folder / 'team.toml'}: there is no config file here."
    assert "remove it from include" in error.advice


@pytest.mark.parametrize("mode", [0o666, 0o602])
def test_a_file_that_others_can_write_is_refused(files, mode):
    team = files.folder / "team.toml"
    team.chmod(mode)
    assert str(files.problem()).startswith(f"{team}: is not used, since it names commands to run: ")
    assert "chmod go-w" in files.problem().advice


def test_a_pipe_is_refused_at_once(files):
    (files.folder / "team.toml").unlink()
    os.mkfifo(files.folder / "team.toml")
    assert "is a pipe, a device or a socket, not a regular file." in str(files.problem())


def test_an_instance_in_two_included_files_is_refused(files):
    files.write(OWN.replace('["team.toml"]', '["team.toml", "more.toml"]'))
    more = files.write(TEAM, "more.toml")
    lines = str(files.problem()).splitlines()
    assert lines[0] == f"{more}: instances.east: is already in {files.folder / 'team.toml'}"


def test_an_included_instance_is_changed_in_the_own_file_only(files):
    files.write(TEAM + 'labels = { active = "Aktiv" }\n', "team.toml")
    change_instance(files.own, "west", {"pinned": True, ("labels", "yes"): "Ja"})
    assert (files.folder / "team.toml").read_text() == TEAM + 'labels = { active = "Aktiv" }\n'
    west = load_config(files.own).instance("west")
    assert (west.pinned, west.labels.yes, west.labels.active) == (True, "Ja", "Aktiv")
    assert files.own.read_text() == OWN + '\n[instances.west]\nlabels.yes = "Ja"\npinned = true\n'
    change_instance(files.own, "west", {"pinned": False})
    assert files.own.read_text().count("[instances.west]") == 1


def test_an_included_instance_is_not_removed(files):
    with pytest.raises(ConfigError, match="which dazos-tui only reads"):
        remove_instance(files.own, "west")
    assert files.own.read_text() == OWN
    with pytest.raises(ConfigError, match="There is already an instance “west”"):
        add_instance(files.own, "west", {"url": "https://x.example/"})


def test_a_change_of_an_included_file_is_noticed(files):
    config = load_config(files.own)
    watch = ConfigWatch(files.own, config.included_files)

    def changed() -> Config | None:
        return watch.changed(had_instances=True)

    assert changed() is None
    files.write(TEAM + "pinned = true\n", "team.toml")
    now = changed()
    assert now is not None
    assert now.instance("west").pinned
    assert changed() is None
    files.write(OWN.replace('["team.toml"]', '["team.toml", "more.toml"]'))
    files.write("", "more.toml")
    assert changed() is not None
    files.write(TEAM.replace("east", "far").replace("west", "near"), "more.toml")
    now = changed()
    assert now is not None
    assert "near" in now.instances


@pytest.mark.parametrize("tag", ["two words", "a:b", "-x", ""])
def test_a_tag_is_one_word(files, tag):
    files.write(OWN + f"tags = ['{tag}']\n")
    assert f"{files.own}: instances.own.tags: " in str(files.problem())


def test_two_hundred_instances_are_read_soon(files):
    files.write(
        "".join(f"[instances.site-{n}]\nurl = 'https://site-{n}.example/'\n" for n in range(200))
        + "[defaults]\nusername = 'kim'\nenvironment = 'production'\n", "team.toml",
    )  # fmt: skip
    assert len(load_config(files.own).instances) == 201
