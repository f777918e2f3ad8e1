"""Which files are trusted, and how private the files are that the app creates."""

import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dazos_tui.config.edit import set_instance_key
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.demo.settings import write_demo_config
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.store import HistoryStore
from dazos_tui.system.files import UnsafeFileError, check_path, create_private_file

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def make(folder: Path) -> Path:
    path = folder / "history.db"
    create_private_file(path, expected_prefixes=("history.db", "demo"))
    return path


def refusal(folder: Path) -> UnsafeFileError:
    before = sorted(folder.parent.iterdir())
    with pytest.raises(UnsafeFileError) as caught:
        make(folder)
    assert sorted(folder.parent.iterdir()) == before
    assert caught.value.advice
    return caught.value


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_created_files_are_private_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        path = make(tmp_path / "new" / "state")
    finally:
        os.umask(before)
    assert [mode_of(one) for one in (path, path.parent, path.parent.parent)] == [0o600, 0o700, 0o700]


def test_the_config_of_the_demo_is_private_and_can_be_read_whatever_the_umask(tmp_path):
    before = os.umask(0o777)
    try:
        write_demo_config(tmp_path / "demo.toml", [])
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "demo.toml") == 0o600


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o711, 0o700])
def test_an_own_folder_that_others_can_read_is_made_private(state, mode):
    state.chmod(mode)
    (state / "history.db-wal").touch()
    (state / "demo").mkdir()
    make(state)
    assert mode_of(state) == 0o700


def test_a_folder_with_other_files_keeps_its_mode(state):
    state.chmod(0o755)
    (state / "public_html").mkdir()
    assert mode_of(make(state)) == 0o600
    assert mode_of(state) == 0o755


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o702])
def test_a_folder_that_everybody_may_write_to_is_refused(state, mode):
    state.chmod(mode)
    error = refusal(state)
    assert str(error) == f"Everybody may write to {state}."
    assert "chmod go-w" in error.advice
    assert mode_of(state) == mode


def test_a_file_that_everybody_may_write_to_is_refused(state):
    (state / "history.db").touch()
    (state / "history.db").chmod(0o606)
    assert "Everybody may write" in str(refusal(state))


def test_a_folder_in_one_that_everybody_may_write_to_is_refused_unless_that_is_sticky(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    assert str(refusal(shared / "state")) == f"Everybody may write to {shared}."
    assert not (shared / "state").exists()
    shared.chmod(0o1777)
    assert mode_of(make(shared / "state").parent) == 0o700


@needs_root
def test_a_group_of_others_counts_as_others_and_that_of_the_owner_does_not(state):
    state.chmod(0o770)
    os.chown(state, -1, NOBODY)
    assert str(refusal(state)) == f"A group (id {NOBODY}) may write to {state}."
    os.chown(state, -1, 0)
    make(state)
    assert mode_of(state) == 0o700


@needs_root
@pytest.mark.parametrize("what", ["folder", "file", "way"])
def test_files_of_another_user_are_refused(tmp_path, what):
    path = make(tmp_path / "way" / "state")
    theirs = {"folder": path.parent, "file": path, "way": path.parent.parent}[what]
    os.chown(theirs, NOBODY, -1)
    assert str(refusal(path.parent)) == f"{theirs} belongs to another user (user id {NOBODY})."


def test_a_link_in_the_place_of_the_folder_is_refused(tmp_path, state):
    link = tmp_path / "link"
    link.symlink_to(state)
    assert str(refusal(link)) == f"{link} is a symbolic link, which is not followed here."
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("target", ["elsewhere", "missing"])
def test_a_link_in_the_place_of_the_file_is_refused(tmp_path, state, target):
    (tmp_path / "elsewhere").write_text("kept")
    (state / "history.db").symlink_to(tmp_path / target)
    assert "history.db is a symbolic link" in str(refusal(state))
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert not (tmp_path / "missing").exists()


def test_links_on_the_path_are_followed(tmp_path, state):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to(state / ".." / "state")
    make(tmp_path / "a" / "deep")
    assert mode_of(state / "deep" / "history.db") == 0o600


def test_folders_behind_a_link_on_the_path_are_checked(tmp_path, state):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "link").symlink_to(state)
    shared.chmod(0o777)
    (tmp_path / "first").symlink_to(shared / "link")
    assert str(refusal(tmp_path / "first" / "deep")) == f"Everybody may write to {shared}."


@needs_root
def test_another_users_link_on_the_path_is_refused(tmp_path, state):
    link = tmp_path / "link"
    link.symlink_to(state)
    os.chown(link, NOBODY, -1, follow_symlinks=False)
    assert "belongs to another user" in str(refusal(link / "deep"))


def test_a_relative_path_is_checked_from_the_root(tmp_path, state, monkeypatch):
    tmp_path.chmod(0o777)
    monkeypatch.chdir(state)
    with pytest.raises(UnsafeFileError):
        check_path(Path("x"))
    tmp_path.chmod(0o700)
    check_path(Path("x"))


# -- how the history and the config use these checks ------------------------------------------------


def test_the_history_says_what_is_wrong_and_what_to_do(state):
    state.chmod(0o777)
    with HistoryStore(state / "history.db") as store, pytest.raises(HistoryError) as caught:
        store.require_writable()
    assert str(caught.value) == (
        f"The history {state / 'history.db'} is not used: Everybody may write to {state}."
    )
    assert "chmod go-w" in caught.value.advice
    assert "You can use another folder" in caught.value.advice


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('[instances.acme]\nurl="https://a.example"\nusername="u"\nenvironment="sandbox"\n')
    return path


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o444])
def test_a_config_that_others_can_read_is_fine(config, mode):
    config.chmod(mode)
    assert load_config(config).instances


def test_a_config_that_others_can_write_is_refused(config):
    config.chmod(0o646)
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    assert f"{config}: is not used, since it names commands to run: Everybody may write to" in str(
        caught.value
    )
    assert "chmod go-w" in caught.value.advice
    assert "use another file" in caught.value.advice


def test_a_config_in_a_folder_that_others_can_write_is_refused_unless_that_is_sticky(config):
    config.parent.chmod(0o777)
    with pytest.raises(ConfigError, match="Everybody may write to"):
        load_config(config)
    config.parent.chmod(0o1777)
    assert load_config(config).instances


def test_a_config_may_be_a_link_but_not_to_what_others_can_write(config, tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    assert load_config(link).instances
    config.chmod(0o666)
    with pytest.raises(ConfigError, match="Everybody may write to"):
        load_config(link)


@needs_root
def test_another_users_config_is_refused(config):
    os.chown(config, NOBODY, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        load_config(config)


@pytest.mark.without_coverage
@needs_root
def test_a_config_of_root_is_fine_for_everybody(config):
    # Read once before: Python itself may be installed where other users cannot read it.
    code = (
        "import os, sys; from pathlib import Path; from dazos_tui.config.load import load_config;"
        f"path = Path(sys.argv[1]); load_config(path); os.setgid({NOBODY}); os.setuid({NOBODY});"
        "print(*load_config(path).instances)"
    )
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o755)
        path = shutil.copy(config, open_to_all)
        command = [sys.executable, "-c", code, path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("acme\n", "")


def test_a_config_from_a_pipe_is_refused(config):
    read_end, write_end = os.pipe()
    os.write(write_end, config.read_bytes())
    with pytest.raises(ConfigError, match="is a pipe, a device or a socket"):
        load_config(Path(f"/dev/fd/{read_end}"))
    assert os.read(read_end, 10)
    os.close(read_end)
    os.close(write_end)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_config_from_a_device_is_refused(device):
    with pytest.raises(ConfigError, match="is a pipe, a device or a socket"):
        load_config(Path(device))


def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "config.toml", 0o600)
    for change in (load_config, lambda path: set_instance_key(path, "acme", "reset_route", "menu")):
        with pytest.raises(ConfigError, match="is a pipe, a device or a socket"):
            change(tmp_path / "config.toml")


# -- access lists -----------------------------------------------------------------------------------

OWNER, USER, OWN_GROUP, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
READ, WRITE = 4, 6
SOMEBODY = 54321


def give(path: Path, kind: int, number: int, rights: int, *, mask: int = WRITE) -> None:
    """Add one entry to the access list, as “setfacl” would; the owning group itself may only read."""
    none = 0xFFFFFFFF
    entries = sorted(
        [
            (OWNER, 7, none),
            (OWN_GROUP, READ, none),
            (kind, rights, number),
            (MASK, mask, none),
            (OTHER, 0, none),
        ]
    )
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", packed)
    except OSError as error:
        pytest.skip(f"this file system keeps no access lists: {error}")


@pytest.mark.skipif(sys.platform != "linux", reason="POSIX access lists are read only on Linux")
@pytest.mark.parametrize("place", ["file", "folder"])
@pytest.mark.parametrize(("kind", "who"), [(USER, "User id"), (GROUP, "A group (id")])
def test_a_config_that_an_access_list_lets_others_write_is_refused(config, place, kind, who):
    path = config if place == "file" else config.parent
    give(path, kind, SOMEBODY, WRITE)
    with pytest.raises(ConfigError) as caught:
        load_config(config)
    assert f"{who} {SOMEBODY}" in str(caught.value)
    assert "by its access list (ACL)" in str(caught.value)
    assert f"setfacl -b '{path}'" in caught.value.advice


@pytest.mark.skipif(sys.platform != "linux", reason="POSIX access lists are read only on Linux")
def test_an_access_list_that_lets_others_only_read_is_fine(config):
    give(config, USER, SOMEBODY, READ)
    assert load_config(config).instances
    give(config, USER, SOMEBODY, WRITE, mask=READ)
    assert load_config(config).instances


@pytest.mark.skipif(sys.platform != "linux", reason="POSIX access lists are read only on Linux")
def test_an_access_list_that_names_only_you_and_root_is_fine(config):
    give(config, USER, 0, WRITE)
    assert load_config(config).instances
    give(config, USER, os.geteuid(), WRITE)
    assert load_config(config).instances


@pytest.mark.skipif(sys.platform != "linux", reason="POSIX access lists are read only on Linux")
def test_a_history_that_an_access_list_lets_others_write_is_refused(state):
    give(state, USER, SOMEBODY, WRITE)
    assert f"User id {SOMEBODY} may write to {state} by its access list" in str(refusal(state))


def test_tools_of_the_system_see_the_list_that_the_tests_make(config):
    if shutil.which("getfacl") is None:
        pytest.skip("getfacl is not installed")
    give(config, USER, SOMEBODY, WRITE)
    shown = subprocess.run(["getfacl", "-cn", str(config)], capture_output=True, text=True, check=True).stdout
    assert f"user:{SOMEBODY}:rw-" in shown
