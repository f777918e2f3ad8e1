"""Files that nobody else may change: the app's own files, the config, and what the config trusts or runs.

The rules, for a file and for every folder and link on its path:

- It belongs to you or to root; the app's own files belong only to you.
- Only you may write to it. A folder on the path may be writable by others if it is sticky, as /tmp is: there
  nobody can rename or delete other users' files (inode(7), "sticky bit").
- The app's own folder and database are not symbolic links: somebody else could choose their targets.

A group of your own, which many systems give each user, counts as you. Users and groups who can write because
of an access list (ACL) count like all others.
"""

import errno
import os
import stat
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from dazos_tui.text.sanitize import safe_text

_MAX_LINKS = 40
"""As many as Linux follows in one path (path_resolution(7))."""

_USER, _GROUP_OBJ, _GROUP, _MASK = 0x02, 0x04, 0x08, 0x10
"""Kinds of entries of an access list (linux/posix_acl.h)."""

_ROOTS_GROUPS = {0, 80} if sys.platform == "darwin" else set[int]()
"""Groups whose members may become root anyway: macOS's wheel and admin; Homebrew's folders are admin's."""


class UnsafeFileError(Exception):
    """Another user could change a file: `str(error)` says who and which, `advice` what to do."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


def check_path(path: Path) -> None:
    """Raise UnsafeFileError if another user could put another file in the place of `path`.

    What does not exist yet is no danger. Raises OSError for a path that cannot be read.
    """
    for place, state in _iter_path(path):
        _require_owner(place, state, allowed={os.geteuid(), 0})
        if stat.S_ISDIR(state.st_mode) and not state.st_mode & stat.S_ISVTX:
            _require_no_other_writers(place, state)


def open_trusted(path: Path) -> BinaryIO:
    """Open a regular file for reading that only you and root can change.

    A pipe or a device is refused, so that nothing waits for it. Raises UnsafeFileError, OSError.
    """
    # O_NONBLOCK: opening a pipe without a writer would block.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        # The open file is checked: its path may lead to another file now.
        _check_trusted(path, os.fstat(handle), handle)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def check_program(path: Path) -> None:
    """Raise UnsafeFileError if anyone but you and root can change a program. Raises OSError."""
    _check_trusted(path, path.stat(), path)


def _check_trusted(path: Path, state: os.stat_result, opened: int | Path) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(state.st_mode):
        raise UnsafeFileError(
            f"{_display_path(path)} is a pipe, a device or a socket, not a regular file.",
            advice="Name a regular file instead.",
        )
    check_path(path)
    _require_owner(path, state, allowed={os.geteuid(), 0})
    _require_no_other_writers(path, state, opened)


STATE_PREFIXES = ("history", "demo", "exports", "people")
"""How the names of files in the state folder begin; the history may have a name of the user's own."""


def create_private_file(path: Path, *, expected_prefixes: Iterable[str]) -> None:
    """Make `path` a private file (0600) in a private folder (0700), whatever the umask.

    An existing file is kept, and made private if others could only read it. A folder that also has other
    files than those with the `expected_prefixes` keeps its mode: it may be a home folder. Raises
    UnsafeFileError if others own it or can write there, OSError if it cannot be created.
    """
    path = path.absolute()
    check_path(path.parent)
    _make_folder(path.parent)
    _require_own(path.parent)
    # Again: in a folder such as /tmp another user may have been quicker.
    check_path(path.parent)
    if path.parent.stat().st_mode & 0o077 and _holds_only(path.parent, tuple(expected_prefixes)):
        path.parent.chmod(0o700)
    _make_file(path)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)


def _make_file(path: Path) -> None:
    # Only a file that did not exist is opened here: closing one that SQLite has open in this process would
    # drop SQLite's locks on it.
    with suppress(FileExistsError):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.fchmod(handle, 0o600)
        os.close(handle)
        return
    state = _require_own(path)
    if stat.S_ISREG(state.st_mode) and state.st_mode & 0o077:
        path.chmod(0o600)


def _require_own(path: Path) -> os.stat_result:
    """Return the state of `path`. Raises UnsafeFileError if it is a link, or others own or can write it."""
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        raise UnsafeFileError(
            f"{_display_path(path)} is a symbolic link, which is not followed here.",
            advice="Remove the link.",
        )
    _require_owner(path, state, allowed={os.geteuid()})
    _require_no_other_writers(path, state)
    return state


def _holds_only(folder: Path, prefixes: tuple[str, ...]) -> bool:
    return all(name.startswith(prefixes) for name in os.listdir(folder))  # noqa: PTH208 - only names


def _iter_path(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield every folder and link that the system passes on its way to `path`, with its state."""
    here, ahead = Path("/"), [*path.absolute().parts[:0:-1]]
    yield here, here.lstat()
    links = 0
    while ahead:
        name = ahead.pop()
        # `here` was reached without a link, so ".." leads to its parent.
        place = here.parent if name == ".." else here / name
        try:
            state = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
        yield place, state
        if not stat.S_ISLNK(state.st_mode):
            here = place
            continue
        links += 1
        target = place.readlink()
        if links > _MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        here = Path("/") if target.is_absolute() else here
        ahead += reversed(target.parts[1:] if target.is_absolute() else target.parts)


def _require_owner(path: Path, state: os.stat_result, *, allowed: set[int]) -> None:
    if state.st_uid not in allowed:
        raise UnsafeFileError(
            f"{_display_path(path)} belongs to another user (user id {state.st_uid}).",
            advice="Make yourself its owner: “chown”.",
        )


def _require_no_other_writers(path: Path, state: os.stat_result, opened: int | Path | None = None) -> None:
    """Raise UnsafeFileError if others may write; `opened` is the open file, or what `path` leads to."""
    mode, by, remedy = state.st_mode, "", "chmod go-w"
    who = "Everybody" if mode & stat.S_IWOTH else ""
    # With an access list, these bits are its mask: the most that anyone named in it can have.
    if not who and mode & stat.S_IWGRP:
        entries = _access_list(path if opened is None else opened)
        if entries is not None:
            by, remedy = " by its access list (ACL)", "setfacl -b"
        who = _find_other_writer(state, [(_GROUP_OBJ, 0)] if entries is None else entries)
    if who:
        raise UnsafeFileError(
            f"{who} may write to {_display_path(path)}{by}.",
            advice=f"Remove that permission: {remedy} '{_display_path(path)}'",
        )


def _find_other_writer(state: os.stat_result, entries: Iterable[tuple[int, int]]) -> str:
    """Return the first of these users and groups that is not the owner, you or root; else “”."""
    for kind, number in entries:
        if kind == _USER:
            if number not in {state.st_uid, os.geteuid(), 0}:
                return f"User id {number}"
            continue
        group = state.st_gid if kind == _GROUP_OBJ else number
        if group not in _ROOTS_GROUPS and not _is_own_group(state.st_uid, group):
            return f"A group (id {group})"
    return ""


def _access_list(opened: int | Path) -> list[tuple[int, int]] | None:
    """Return kind and id of the users and groups who may write by an access list; None if there is no list.

    The attribute has a version of four bytes, then for each entry kind, rights and id, in two, two and four
    bytes, all little-endian (linux/posix_acl_xattr.h).
    """
    if sys.platform != "linux":
        return None
    try:
        packed = os.getxattr(opened, "system.posix_acl_access")
    except OSError:  # no list, or a file system without them
        return None
    entries = list(struct.iter_unpack("<HHI", packed[4 : len(packed) // 8 * 8 + 4]))
    mask = next((rights for kind, rights, _ in entries if kind == _MASK), 7)
    named = {_USER, _GROUP_OBJ, _GROUP}
    return [(kind, number) for kind, rights, number in entries if kind in named and rights & mask & 2]


def _is_own_group(user_id: int, group_id: int) -> bool:
    """Return whether a group has the user's name and no other members."""
    import grp
    import pwd

    try:
        owner, group = pwd.getpwuid(user_id), grp.getgrgid(group_id)
    except KeyError:
        return False
    return group.gr_name == owner.pw_name and set(group.gr_mem) <= {owner.pw_name}


def _display_path(path: Path) -> str:
    return safe_text(str(path))
