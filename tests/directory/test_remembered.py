"""The list of people that is kept in the state folder."""

import json
import os
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dazos_tui.directory.remembered import (
    ListSource,
    RememberedPeople,
    RememberedPerson,
    forget_all_people,
    forget_outdated,
    forget_people,
    forget_person,
    people_path,
    remember_people,
    remembered_people,
)
from dazos_tui.directory.remembered_users import ListRenewal, RememberedList, to_user
from dazos_tui.system.event_log import start_log, stop_log

SOURCE = ListSource("acme", "crm.example.com/", "kim.lead")
NOW = datetime(2026, 11, 29, 9, 12, tzinfo=UTC)
ANN = RememberedPerson("12", "ann.bell", "Ann Bell", "ann.bell@example.com", "Case Manager", "active")
ZOE = RememberedPerson("19", "zoë", "Zoë Łukaś", "zoe@example.com", "", "inactive")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "events.log"
    start_log(path)
    yield path
    stop_log()


def keep(state: Path, *people: RememberedPerson, source=SOURCE, read_at=NOW, hours=24) -> Path:
    assert remember_people(state, RememberedPeople.from_people(source, read_at, hours, people))
    return people_path(state, source.instance)


def kept(state: Path, name="acme", now=NOW) -> list[RememberedPerson] | None:
    found = remembered_people(state, name, now=now)
    return None if found is None else list(found)


def test_a_list_comes_back_as_it_was(tmp_path):
    keep(tmp_path, ANN, ZOE)
    found = remembered_people(tmp_path, "acme", now=NOW + timedelta(hours=3))
    assert found is not None
    assert list(found) == [ANN, ZOE]
    assert (len(found), found[1]) == (2, ZOE)
    assert (found.source, found.read_at, found.keep_hours) == (SOURCE, NOW, 24)


def test_two_people_with_one_record_id_are_one_once_the_list_is_read_again(tmp_path):
    other = ANN._replace(user_name="ann.other", name="Ann Other", email="other@example.com")
    keep(tmp_path, ANN, ZOE, other)
    found = remembered_people(tmp_path, "acme", now=NOW)
    assert found is not None
    remembered = RememberedList(found).directory
    renewal = ListRenewal(remembered, NOW)
    assert all(renewal.is_remembered(user.id) for user in remembered.users)
    read = renewal.completed([to_user(ANN), to_user(ZOE)], is_partial=False)
    again = remembered.with_users(read).with_only({ANN.id, ZOE.id})
    assert [user.name for user in again.users] == [ANN.name, ZOE.name]


def test_an_empty_list_is_a_list(tmp_path):
    keep(tmp_path)
    assert kept(tmp_path) == []


def test_nothing_was_kept(tmp_path):
    assert kept(tmp_path) is None
    assert kept(tmp_path / "missing" / "state") is None
    assert not forget_people(tmp_path, "acme")
    assert forget_all_people(tmp_path) == []


def test_the_file_is_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        path = keep(tmp_path / "state", ANN)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_nothing_else_is_kept(tmp_path):
    head, _, body = keep(tmp_path, ANN).read_text().partition("\n")
    assert body == "\t".join(ANN)
    assert set(json.loads(head)) == {
        "kind", "version", "instance", "server", "operator", "read_at", "keep_hours", "people", "check",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["../../evil", "a/b", "ACME", "Łódź " * 40, "x" * 300, ".", "a\x00b"])
def test_a_name_stays_in_the_folder(tmp_path, name):
    path = keep(tmp_path, ANN, source=SOURCE._replace(instance=name))
    assert path.parent == tmp_path / "people"
    assert kept(tmp_path, name) == [ANN]
    assert kept(tmp_path, "acme") is None


@pytest.mark.parametrize(
    ("later", "shown"),
    [
        (timedelta(hours=23, minutes=59), True),
        (timedelta(hours=24), False),
        (timedelta(days=400), False),
        (timedelta(minutes=-4), True),
        (timedelta(minutes=-6), False),
    ],
)
def test_a_list_that_is_too_old_or_from_the_future_is_removed(tmp_path, later, shown):
    path = keep(tmp_path, ANN)
    assert kept(tmp_path, now=NOW + later) == ([ANN] if shown else None)
    assert path.exists() is shown


def test_the_config_may_keep_it_shorter_but_not_longer():
    people = RememberedPeople(SOURCE, NOW, 24, [])
    later = NOW + timedelta(hours=2)
    assert people.is_current(later)
    assert not people.is_current(later, keep_hours=1)
    assert not people.is_current(later, keep_hours=0)
    assert not people.is_current(NOW + timedelta(hours=30), keep_hours=100)


def rewritten(path: Path, **changes: object) -> None:
    head, _, body = path.read_bytes().partition(b"\n")
    changes = {"check": zlib.crc32(body), **changes}
    path.write_bytes(json.dumps(json.loads(head) | changes).encode() + b"\n" + body)


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 0x20
    path.write_bytes(content)


def changed(old: bytes, new: bytes) -> Callable[[Path], None]:
    """Return what replaces bytes of a file and makes its checksum right again."""

    def change(path: Path) -> None:
        path.write_bytes(path.read_bytes().replace(old, new))
        rewritten(path)

    return change


def become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


BAD_FILES: dict[str, Callable[[Path], object]] = {
    "a changed letter": damaged,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-5]),
    "empty": lambda path: path.write_bytes(b""),
    "no JSON": lambda path: path.write_bytes(b"[[[" * 100_000),
    "other JSON": lambda path: path.write_text("[]\n"),
    "another kind": lambda path: rewritten(path, kind="history"),
    "a later version": lambda path: rewritten(path, version=2),
    "no date": lambda path: rewritten(path, read_at="yesterday"),
    "a date that is none": lambda path: rewritten(path, read_at=None),
    "kept for no number": lambda path: rewritten(path, keep_hours="x"),
    "kept for ever": lambda path: rewritten(path, keep_hours=float("inf")),
    "kept for too long": lambda path: rewritten(path, keep_hours=10**12),
    "kept for less than nothing": lambda path: rewritten(path, keep_hours=-(10**12)),
    "another instance": lambda path: rewritten(path, instance="other"),
    "another number": lambda path: rewritten(path, people=7),
    "not UTF-8": changed(b"active", b"acti\xff"),
    "a control code": changed(b"Ann", b"A\x1bn"),
    "a right-to-left override": changed(b"Ann", "A\u202en".encode()),
    "a field too few": changed(b"\tactive", b"active"),
    "a letter cut in two": changed(b"\tactive", "é".encode()[:1] + b"\t" + "é".encode()[1:] + b"active"),
    "a folder": become_folder,
    "a pipe": become_pipe,
    "writable by others": lambda path: path.chmod(0o666),
}


@pytest.mark.parametrize("spoil", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_used_is_left_out_and_logged(tmp_path, log, spoil):
    path = keep(tmp_path, ANN)
    spoil(path)
    assert kept(tmp_path) is None
    assert "remembered list" in log.read_text()
    assert "Ann" not in log.read_text()


@pytest.mark.parametrize("what", [what for what in BAD_FILES if what != "a folder"])
def test_a_file_that_cannot_be_used_is_replaced(tmp_path, what):
    path = keep(tmp_path, ANN)
    BAD_FILES[what](path)
    keep(tmp_path, ZOE)
    assert kept(tmp_path) == [ZOE]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_is_replaced_and_its_target_is_not(tmp_path):
    path = keep(tmp_path, ANN)
    target = tmp_path / "target"
    path.rename(target)
    path.symlink_to(target)
    keep(tmp_path, ZOE)
    assert not path.is_symlink()
    assert "Ann Bell" in target.read_text()


def test_nothing_is_written_where_others_may_write(tmp_path, log):
    state = tmp_path / "state"
    keep(state, ANN)
    (state / "people").chmod(0o777)
    assert not remember_people(state, RememberedPeople.from_people(SOURCE, NOW, 24, [ZOE]))
    assert "UnsafeFileError" in log.read_text()


def test_a_text_with_control_codes_is_not_kept(tmp_path, log):
    hostile = ANN._replace(name="Ann\tBell")
    assert not remember_people(tmp_path, RememberedPeople.from_people(SOURCE, NOW, 24, [hostile]))
    assert "cannot be remembered" in log.read_text()
    assert not (tmp_path / "people").exists()


def test_a_list_that_is_too_long_is_not_kept(tmp_path, log, monkeypatch):
    monkeypatch.setattr("dazos_tui.directory.remembered.MAX_PEOPLE", 1)
    assert not remember_people(tmp_path, RememberedPeople.from_people(SOURCE, NOW, 24, [ANN, ZOE]))
    assert "too long" in log.read_text()


def test_forgetting_removes_what_was_never_finished_too(tmp_path):
    path = keep(tmp_path, ANN)
    draft = path.with_name(f".{path.name}.0a1b2c3d")
    draft.write_text("Ann Bell")
    other = keep(tmp_path, ZOE, source=SOURCE._replace(instance="other"))
    assert forget_people(tmp_path, "acme")
    assert list(path.parent.iterdir()) == [other]
    assert not forget_people(tmp_path, "acme")


def test_forgetting_everything_names_the_instances(tmp_path):
    keep(tmp_path, ANN)
    damaged(keep(tmp_path, ZOE, source=SOURCE._replace(instance="other")))
    assert forget_all_people(tmp_path) == ["acme", people_path(tmp_path, "other").name]
    assert not (tmp_path / "people").exists()


def test_an_old_unfinished_file_goes_with_the_next_list(tmp_path):
    path = keep(tmp_path, ANN)
    for name, age in (("old", 3_600), ("new", 0)):
        draft = path.with_name(f".{path.name}.{name}")
        draft.write_text("")
        os.utime(draft, (draft.stat().st_atime, draft.stat().st_mtime - age))
    keep(tmp_path, ANN)
    assert sorted(one.name for one in path.parent.iterdir()) == [f".{path.name}.new", path.name]


def test_a_person_is_taken_out_of_all_lists(tmp_path):
    keep(tmp_path, ANN, ZOE)
    keep(tmp_path, ANN, source=SOURCE._replace(instance="other"))
    keep(tmp_path, ZOE, source=SOURCE._replace(instance="third"))
    bad = keep(tmp_path, ANN, source=SOURCE._replace(instance="spoilt"))
    damaged(bad)
    assert forget_person(tmp_path, lambda _, person: person.email == ANN.email) == 2
    assert (kept(tmp_path), kept(tmp_path, "other"), kept(tmp_path, "third")) == ([ZOE], [], [ZOE])
    assert not bad.exists()
    assert b"ann.bell" not in b"".join(one.read_bytes() for one in bad.parent.iterdir())


@pytest.mark.without_coverage
def test_reading_imports_nothing_slow():
    code = (
        "import sys, pathlib; from dazos_tui.directory.remembered import remembered_people as read; "
        "read(pathlib.Path('/nowhere'), 'acme'); "
        "print([name for name in ('httpx', 'textual', 'pydantic', 'click', 'logging', 'inspect') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_outdated_lists_go_whatever_their_instance(tmp_path):
    new = keep(tmp_path, ANN)
    old = keep(tmp_path, ZOE, source=SOURCE._replace(instance="old"), read_at=NOW - timedelta(hours=25))
    bad = keep(tmp_path, ZOE, source=SOURCE._replace(instance="bad"))
    bad.write_bytes(b"x" * 10_000)
    ahead = keep(tmp_path, ZOE, source=SOURCE._replace(instance="ahead"), read_at=NOW + timedelta(days=9))
    draft = new.with_name(f".{new.name}.0a1b2c3d")
    draft.write_text("")
    os.utime(draft, (1, 1))
    forget_outdated(tmp_path, 24, NOW)
    assert [path.exists() for path in (new, old, bad, ahead, draft)] == [True, False, False, False, False]
    forget_outdated(tmp_path, 0, NOW)
    assert not new.exists()
    forget_outdated(tmp_path / "missing", 24, NOW)
