"""The app's changes to a config that a user wrote."""

import errno
import fcntl
import os
import resource
import stat
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dazos_tui.config.edit import (
    add_instance,
    change_instance,
    remove_instance,
    set_instance_key,
    set_key,
)
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Instance, ResetRoute

TEXT = """# Ours, with care.
theme = "dazos-dark"   # the dark one

[instances.acme]
url = "https://acme.example.com/"   # never the old one
username = "admin"
environment = "production"

# The lab.
[instances."lab two"]
url = "https://lab.example.com/"
username = "admin"
environment = "sandbox"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    path.chmod(0o600)
    return path


NEW = {"url": "https://new.example.com/", "username": "admin", "environment": "staging"}


def form(path, instance="acme"):
    set_instance_key(path, instance, "reset_route", ResetRoute.FORGOT_PASSWORD)


@pytest.mark.parametrize("name", ["acme", "lab two"])
def test_one_line_is_added_and_every_other_line_stays(file, name):
    form(file, name)
    config = load_config(file)
    assert config.instance(name).reset_route is ResetRoute.FORGOT_PASSWORD
    others = {one.reset_route for one in config.instances.values() if one.name != name}
    assert others == {None}
    lines = file.read_text().splitlines()
    assert [line for line in lines if "reset_route" not in line] == TEXT.splitlines()
    head = lines[lines.index('reset_route = "forgot_password"') - 1]
    assert head in {f"[instances.{name}]", f'[instances."{name}"]'}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_endings_and_byte_order_mark_are_kept(file, ending, start):
    before = (start + TEXT.replace("\n", ending)).encode()
    file.write_bytes(before)
    form(file)
    added = f'reset_route = "forgot_password"{ending}'.encode()
    assert file.read_bytes().replace(added, b"") == before
    assert load_config(file).instance("acme").reset_route is ResetRoute.FORGOT_PASSWORD


INLINE = (
    'instances = {acme = {url = "https://a.example.com/", username = "u2", environment = "sandbox"}}  # c'
)
DOTTED = """[instances]  # all
acme.url = "https://a.example.com/"  # c
acme.username = "u2"
acme.environment = "sandbox"
"""
WAYS = [
    INLINE,
    DOTTED,
    'note_template = """\n[instances.acme]\nusername = "x"\n"""\n' + TEXT,
    TEXT.replace("[instances.acme]", '[instances.acme]\nreset_route = "menu"  # until May'),
    TEXT.replace("[instances.acme]", '[\'instances\'."acme"]\n\'reset_route\' = """\\\n menu"""  # May'),
    '[instances.acme.labels]\nsend_reset_link = "Link"\n\n' + TEXT.partition("\n\n")[2],
]


def comments_of(text):
    return [comment for line in text.splitlines() if (comment := line.partition("#")[2])]


@pytest.mark.parametrize("text", WAYS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_change_works_with_any_toml_style(file, text, newline):
    file.write_bytes(text.replace("\n", newline).encode())
    others = load_config(file).model_dump(exclude={"instances": {"acme"}})
    for route in (ResetRoute.FORGOT_PASSWORD, ResetRoute.MENU):
        set_instance_key(file, "acme", "reset_route", route)
    add_instance(file, "new", NEW)
    change_instance(file, "acme", {"username": "u", "pinned": True})
    acme = load_config(file).instance("acme")
    assert (acme.reset_route, acme.username, acme.pinned) == (ResetRoute.MENU, "u", True)
    assert comments_of(file.read_text()) == comments_of(text)
    remove_instance(file, "new")
    assert load_config(file).model_dump(exclude={"instances": {"acme"}}) == others
    remove_instance(file, "acme")
    assert load_config(file).model_dump() == others
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(newline.encode())


def test_the_file_keeps_its_mode_and_no_draft_stays_in_its_folder(file):
    file.chmod(0o640)
    form(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("text", ["", "[instances]\n", "instances = 3\n", "not toml", TEXT + "bad = 1\n"])
def test_an_invalid_file_is_not_changed_and_the_line_to_write_is_named(file, text):
    file.write_text(text)
    with pytest.raises(ConfigError):
        form(file)
    assert file.read_text() == text
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


def test_a_missing_file_is_not_created_again(file):
    file.unlink()
    with pytest.raises(ConfigError) as caught:
        form(file)
    assert 'reset_route = "forgot_password" under [instances.acme]' in caught.value.advice
    assert not file.exists()


@pytest.mark.parametrize("name", ["new", "new one", "näu", 'a "quoted" \\ name', "a.b", "#"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_an_instance_is_added_at_the_end(file, name, start, ending):
    before = (start + TEXT.replace("\n", ending)).encode()
    file.write_bytes(before)
    add_instance(file, name, NEW)
    assert file.read_bytes().startswith(before)
    config = load_config(file)
    assert list(config.instances) == ["acme", "lab two", name]
    assert (config.instance(name).url, config.instance(name).environment) == (NEW["url"], "staging")
    remove_instance(file, name)
    assert file.read_bytes() == before


def test_the_first_instance_creates_a_private_file(tmp_path):
    file = tmp_path / "made" / "config.toml"
    add_instance(file, "new", NEW)
    assert list(load_config(file).instances) == ["new"]
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("keys", [{**NEW, "url": "http://plain.example.com/"}, {**NEW, "usr": "x"}])
def test_an_invalid_config_is_not_written(file, keys, tmp_path):
    with pytest.raises(ConfigError) as caught:
        add_instance(file, "new", keys)
    assert "instances.new" in str(caught.value)
    assert ".config." not in str(caught.value)
    assert file.read_text() == TEXT
    with pytest.raises(ConfigError):
        add_instance(tmp_path / "other.toml", "new", keys)
    assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("name", ["acme", "lab two"])
def test_a_name_can_be_used_only_once(file, name):
    with pytest.raises(ConfigError, match="already"):
        add_instance(file, name, NEW)
    assert file.read_text() == TEXT


def test_a_table_is_removed_with_its_subtables_and_every_other_line_stays(file):
    below = """
[instances.acme.labels]
# Ours is called otherwise.
yes = "Ja"

# A thought at the end.
"""
    file.write_text(TEXT + below)
    remove_instance(file, "acme")
    assert list(load_config(file).instances) == ["lab two"]
    kept = TEXT.splitlines()[:2] + TEXT.splitlines()[7:] + ["", "# A thought at the end."]
    assert file.read_text().splitlines() == kept


def test_a_value_changes_and_its_comment_stays(file):
    change_instance(file, "acme", {"url": "https://new.example.com/", "cooldown_minutes": 5})
    lines = TEXT.replace("https://acme.example.com/", "https://new.example.com/").splitlines()
    lines.insert(4, "cooldown_minutes = 5")
    assert file.read_text().splitlines() == lines
    change_instance(file, "acme", {"cooldown_minutes": 50})
    assert load_config(file).instance("acme").cooldown_minutes == 50
    assert load_config(file).instance("lab two").cooldown_minutes == 15


@pytest.mark.parametrize(
    "text", ["", "[instances]\n", TEXT.partition("[")[0], TEXT[TEXT.index("# The lab") :]]
)
@pytest.mark.parametrize(
    "change",
    [
        lambda path: change_instance(path, "acme", {"pinned": True}),
        lambda path: remove_instance(path, "acme"),
    ],
)
def test_an_instance_removed_by_another_editor_is_reported(file, text, change):
    file.write_text(text)
    with pytest.raises(ConfigError, match="There is no instance “acme” in the file"):
        change(file)
    assert file.read_text() == text


def test_a_hash_in_a_value_is_not_a_comment(file):
    change_instance(file, "acme", {"username": "a # b"})
    change_instance(file, "acme", {"username": "c"})
    assert file.read_text() == TEXT.replace('"admin"', '"c"', 1)


each_change = pytest.mark.parametrize(
    "change",
    [
        form,
        lambda path: set_key(path, "theme", "dazos-light"),
        lambda path: add_instance(path, "new", NEW),
        lambda path: change_instance(path, "acme", {"username": "u"}),
        lambda path: remove_instance(path, "acme"),
    ],
    ids=["instance key", "key", "add", "change", "remove"],
)


@each_change
class TestRefused:
    @pytest.mark.parametrize("text", ["not toml", TEXT + "bad = 1\n"])
    def test_a_file_that_is_wrong(self, file, change, text):
        file.write_text(text)
        with pytest.raises(ConfigError):
            change(file)
        assert file.read_text() == text
        assert [one.name for one in file.parent.iterdir()] == ["config.toml"]

    def test_a_file_that_others_may_write(self, file, change):
        file.chmod(0o666)
        with pytest.raises(ConfigError, match="Everybody may write"):
            change(file)
        assert file.read_text() == TEXT


@each_change
def test_a_read_only_file_is_not_replaced(file, change, monkeypatch):
    file.chmod(0o400)
    # Root can write every file.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(ConfigError, match="was not changed: it is read-only for you") as caught:
        change(file)
    assert caught.value.advice
    assert (file.read_text(), file.stat().st_mode & 0o777) == (TEXT, 0o400)
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


@each_change
def test_a_symbolic_link_stays_and_its_target_changes(file, change):
    file.chmod(0o640)
    (file.parent / "dotfiles").mkdir()
    target = file.rename(file.parent / "dotfiles" / "dazos.toml")
    file.symlink_to("dotfiles/dazos.toml")
    change(file)
    assert file.is_symlink()
    assert target.read_text() != TEXT
    assert load_config(file) == load_config(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [one.name for one in target.parent.iterdir()] == ["dazos.toml"]
    assert {one.name for one in file.parent.iterdir()} == {"dotfiles", "config.toml"}


@each_change
def test_paths_in_a_linked_config_start_at_the_folder_of_the_link(file, change):
    (file.parent / "dotfiles").mkdir()
    target = file.rename(file.parent / "dotfiles" / "dazos.toml")
    target.write_text('include = ["team.toml"]\n' + TEXT)
    file.symlink_to("dotfiles/dazos.toml")
    team = file.with_name("team.toml")
    team.write_text('[instances.team]\nurl = "https://team.example.com/"\nusername = "t"\n')
    with team.open("a") as lines:
        lines.write('environment = "staging"\n')
    change(file)
    assert file.is_symlink()
    assert target.read_text() != TEXT
    assert load_config(file).included_files == (team,)


def test_a_mistake_in_a_linked_config_is_named_as_there(file):
    target = file.rename(file.with_name("dazos.toml"))
    file.symlink_to(target)
    with pytest.raises(ConfigError) as caught:
        change_instance(file, "acme", {"url": "http://plain.example.com/"})
    start = f"{file} was not changed, because it would no longer be a valid config: instances.acme.url: "
    assert str(caught.value).startswith(start)


def test_changes_at_the_same_time_are_all_kept(file):
    names = [f"new-{number}" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: add_instance(file, name, NEW), names))
    assert set(load_config(file).instances) == {"acme", "lab two", *names}


def test_an_included_instance_gets_one_table_from_two_changes_at_the_same_time(file):
    file.with_name("team.toml").write_text(TEXT[TEXT.index("[instances.acme]") :])
    file.write_text('include = ["team.toml"]\n')
    keys = {"pinned": True, "cooldown_minutes": 5, "requests_per_second": 7, "username": "kim"}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda item: set_instance_key(file, "acme", *item), keys.items()))
    acme = load_config(file).instance("acme")
    assert {key: getattr(acme, key) for key in keys} == keys


@each_change
def test_a_folder_that_another_program_keeps_locked_ends_the_wait(file, change, monkeypatch):
    monkeypatch.setattr("dazos_tui.config.edit._LOCK_SECONDS", 0.0)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="was not changed: another program keeps its folder locked"):
            change(file)
    finally:
        os.close(folder)
    assert file.read_text() == TEXT
    change(file)
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


@each_change
def test_a_file_system_without_locks_is_no_obstacle(file, change, monkeypatch):
    def refuse(_handle: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    change(file)
    assert file.read_text() != TEXT


@each_change
def test_a_full_disk_leaves_the_folder_as_it_was(file, change):
    before = TEXT + "# A long comment.\n" * 100
    file.write_text(before)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(ConfigError, match=r"was not changed: File too large\."):
            change(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_text() == before
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


def test_the_first_instance_creates_the_target_of_a_link(tmp_path):
    link, target = tmp_path / "config.toml", tmp_path / "dotfiles" / "dazos.toml"
    link.symlink_to(target)
    with pytest.raises(ConfigError, match="username"):
        add_instance(link, "new", {**NEW, "username": ""})
    assert not target.exists()
    add_instance(link, "new", NEW)
    assert link.is_symlink()
    assert list(load_config(target).instances) == ["new"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_circular_link_is_reported(tmp_path):
    link = tmp_path / "config.toml"
    link.symlink_to(link)
    with pytest.raises(ConfigError, match="cannot be created"):
        add_instance(link, "new", NEW)


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
comments = st.lists(words.map(lambda text: f"# {text}"), max_size=2)


def can_be_seen(text):
    """Return whether a name is allowed: the config refuses invisible characters."""
    try:
        Instance.model_validate(NEW | {"name": text})
    except ValidationError:
        return False
    return True


names = words.filter(can_be_seen)


@st.composite
def configs(draw):
    """Return the text of a config with comments anywhere."""
    lines = [*draw(comments), 'theme = "dazos-dark"', ""]
    for name in draw(st.lists(names, max_size=3, unique=True)):
        head, *keys = tomli_w.dumps({"instances": {name: NEW}}).splitlines()
        lines += [*draw(comments), f"{head}  # {draw(words)}"]
        for key in keys:
            lines += [*draw(comments), f"{key} # {draw(words)}"]
        lines += [*draw(comments), *[""] * draw(st.integers(0, 2))]
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(text=configs(), name=names, user=names)
def test_adding_changing_and_removing_leaves_every_comment(tmp_path_factory, text, name, user):
    file = tmp_path_factory.mktemp("any") / "config.toml"
    file.write_text(text)
    before = tomllib.loads(text)
    if name in before.get("instances", {}):
        return
    add_instance(file, name, NEW)
    change_instance(file, name, {"username": user})
    assert load_config(file).instance(name).username == user
    remove_instance(file, name)
    assert file.read_text() in {text, text + "\n"}
    assert tomllib.loads(file.read_text()) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(text=configs(), at=st.integers(0, 2))
def test_removing_one_leaves_the_others_and_the_comments_outside_it(tmp_path_factory, text, at):
    file = tmp_path_factory.mktemp("any") / "config.toml"
    file.write_text(text)
    before = tomllib.loads(text)
    names = list(before.get("instances", {}))
    if len(names) <= at:
        return
    remove_instance(file, names[at])
    del before["instances"][names[at]]
    assert {"instances": {}, **tomllib.loads(file.read_text())} == {"instances": {}, **before}


def theme(path, name="crm-light"):
    set_key(path, "theme", name)


@pytest.mark.parametrize("quoted", ['"dazos-dark"', "'dazos-dark'", '"dazos\\u002ddark"'])
def test_a_setting_changes_on_its_line_and_every_other_byte_stays(file, quoted):
    before = TEXT.replace('"dazos-dark"', quoted)
    file.write_text(before)
    theme(file)
    assert file.read_text() == before.replace(quoted, '"crm-light"')
    assert load_config(file).theme == "crm-light"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("text", [TEXT.replace('theme = "dazos-dark"   ', ""), "[instances]\n"])
def test_a_setting_that_is_missing_comes_first(file, text, ending, start):
    before = (start + text.replace("\n", ending)).encode()
    file.write_bytes(before)
    theme(file)
    line = f'{start}theme = "crm-light"{ending}'.encode()
    assert file.read_bytes() == line + before.removeprefix(start.encode())
    assert load_config(file).theme == "crm-light"
    theme(file, "high-contrast")
    assert load_config(file).theme == "high-contrast"


def test_a_top_level_key_is_set_in_any_toml_style(file):
    file.write_text('"theme" = """dazos-\\\n  dark""" # c\n' + TEXT.partition("\n\n")[2])
    theme(file)
    assert file.read_text() == '"theme" = "crm-light" # c\n' + TEXT.partition("\n\n")[2]


def test_a_line_of_a_multi_line_string_is_not_a_key(file):
    text = 'note_template = """\ntheme = "a line of the note"\n"""\n' + TEXT
    file.write_text(text)
    theme(file)
    assert file.read_text() == text.replace("dazos-dark", "crm-light")


@pytest.mark.parametrize("text", ["not toml", "them = 1\n"])
def test_a_key_of_an_invalid_file_is_left_to_the_user(file, text):
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"is not valid TOML|unknown key") as caught:
        theme(file)
    assert caught.value.advice.endswith(' Write theme = "crm-light" above all tables yourself.')
    assert file.read_text() == text
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda path: set_key(path, "theme", 'a "b"'),
            'Write theme = "a \\"b\\"" above all tables yourself.',
        ),
        (
            lambda path: change_instance(path, "lab two", {"username": "u", "pinned": True}),
            'Write username = "u", pinned = true under [instances."lab two"] yourself.',
        ),
    ],
)
def test_the_lines_to_write_are_shown_as_toml(file, monkeypatch, change, line):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(ConfigError) as caught:
        change(file)
    assert caught.value.advice == line


@each_change
def test_the_replacement_is_on_disk_before_it_replaces_the_config(file, monkeypatch, change):
    kept, system = list[tuple[int, bytes, bytes]](), os.fsync

    def record(handle: int) -> None:
        number = os.fstat(handle).st_ino
        draft = next(one for one in file.parent.iterdir() if one.stat().st_ino == number)
        kept.append((number, draft.read_bytes(), file.read_bytes()))
        system(handle)

    monkeypatch.setattr(os, "fsync", record)
    before = file.read_bytes()
    change(file)
    assert kept == [(file.stat().st_ino, file.read_bytes(), before)]
    assert file.read_bytes() != before
