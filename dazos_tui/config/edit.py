"""Changes to ``config.toml`` that keep every other byte of the file."""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from errno import EACCES
from pathlib import Path
from typing import TypeVar

from dazos_tui.config.errors import ConfigError
from dazos_tui.config.load import load_config
from dazos_tui.config.models import Config
from dazos_tui.config.sources import own_instance_names
from dazos_tui.config.toml_edit import Change, Keys, Value, apply_change, dotted_text, key_text
from dazos_tui.system.files import UnsafeFileError, check_path, create_private_file
from dazos_tui.system.new_file import new_private_file
from dazos_tui.text.sanitize import safe_text

KeyT = TypeVar("KeyT", bound=str | Keys)
"""The key of a value, or several, down into a table such as ``("labels", "yes")``."""

_CHECK_FILE_ADVICE = "Check the file, or change it yourself in an editor: nothing in it was changed."

_LOCK_SECONDS = 5.0
"""How long to wait for another change, which takes a fraction of a second."""


def set_key(path: Path, key: str, value: Value) -> None:
    """Set a top-level key, in place or else on a new first line.

    Raises ConfigError; then the file is unchanged, as with each function here.
    """
    with _locked(path):
        _edit(path, {(key,): value}, by_hand=f"Write {key_text((key,), value)} above all tables yourself.")


def set_instance_key(path: Path, instance: str, key: str, value: Value) -> None:
    """Set one key of an instance, as `change_instance` does. Raises ConfigError."""
    change_instance(path, instance, {key: value})


def change_instance(path: Path, name: str, keys: Mapping[KeyT, Value]) -> None:
    """Set keys of an instance, in place or else below its table's header. Raises ConfigError.

    A dictionary becomes a table of its own, ``[instances.NAME.reset_request]``, in place of the one there;
    dictionaries in it are inline tables. An instance of an included file gets a table in this one, with only
    these keys.
    """
    by_hand = _advice_by_hand(name, keys)
    with _locked(path):
        with _advising(by_hand):
            changes = _instance_changes(path, name, keys)
        _edit(path, changes, by_hand=by_hand, is_new=False)


def preview_instance(path: Path, name: str, keys: Mapping[KeyT, Value]) -> tuple[str, str]:
    """Return the file's text before and after `change_instance`, without writing. Raises ConfigError."""
    config = load_config(path)
    changes = _instance_changes(path, name, keys)
    _check_name(config, name, is_new=False)
    try:
        before = path.resolve().read_bytes().decode()
        return before, _changed_text(before, changes)
    except (OSError, ValueError) as error:
        raise ConfigError(_cannot_change(path, error), advice=_advice_by_hand(name, keys)) from None


def _advice_by_hand(name: str, keys: Mapping[KeyT, Value]) -> str:
    lines = ", ".join(key_text(_as_keys(key), value) for key, value in keys.items())
    return f"Write {lines} under [{dotted_text(('instances', name))}] yourself."


def _instance_changes(path: Path, name: str, keys: Mapping[KeyT, Value]) -> dict[Keys, Change]:
    """Return the changes of an instance's table; if the file has none, a new one. Raises ConfigError."""
    if name in own_instance_names(path):
        return _key_changes(name, keys)
    return _table_changes(name, keys)


def _key_changes(name: str, keys: Mapping[KeyT, Value]) -> dict[Keys, Change]:
    return {("instances", name, *_as_keys(key)): value for key, value in keys.items()}


def _table_changes(name: str, keys: Mapping[KeyT, Value]) -> dict[Keys, Change]:
    """Return the changes that add an instance's table; each dictionary becomes a table of its own below."""
    plain: dict[str, Value] = {}
    others: dict[Keys, Value] = {}
    for key, value in keys.items():
        if isinstance(key, str) and not isinstance(value, dict):
            plain[key] = value
        else:
            others[_as_keys(key)] = value
    return {("instances", name): plain, **_key_changes(name, others)}


def _as_keys(key: str | Keys) -> Keys:
    return (key,) if isinstance(key, str) else key


def add_instance(path: Path, name: str, keys: Mapping[str, Value]) -> None:
    """Add an instance as the last table. A missing file is created, readable only by its owner.

    A dictionary becomes a table of its own below, as `change_instance` writes it.
    Raises ConfigError; then no file is created, either.
    """
    created = _create_missing(path)
    try:
        with _locked(path):
            _edit(path, _table_changes(name, keys), is_new=True)
    finally:
        if created is not None:
            with suppress(OSError):
                _delete_if_empty(created)


def remove_instance(path: Path, name: str) -> None:
    """Remove an instance, with its subtables and the comments between its keys.

    Comments before its header and after its last key stay: they may be about something else. Raises
    ConfigError, also for an instance of an included file.
    """
    with _locked(path):
        _edit(path, {("instances", name): None}, is_new=False)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep every other dazos-tui from changing the file meanwhile. Raises ConfigError.

    Locked is the folder, since each change replaces the file. Where that cannot be done, as on some network
    file systems, there is no lock.
    """
    with ExitStack() as stack:
        with suppress(OSError, ValueError):
            folder = os.open(Path(os.path.realpath(path)).parent, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, folder)
            _wait_for_lock(folder, path)
        yield


def _wait_for_lock(folder: int, path: Path) -> None:
    """Lock an open folder. Raises ConfigError if another program does not release it, else OSError."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise ConfigError(
                    f"{_not_changed(path)}: another program keeps its folder locked.",
                    advice="Try again in a moment.",
                ) from None
        time.sleep(0.01)


def _edit(
    path: Path, changes: Mapping[Keys, Change], *, by_hand: str = "", is_new: bool | None = None
) -> None:
    """Make all changes in one write, locked; a symbolic link is followed and kept. Raises ConfigError.

    `by_hand` says how the user can do the same in an editor; `is_new` whether the instance is a new one, None
    if the changes are of no instance.
    """
    with _advising(by_hand):
        # Before the file is read: this refuses a pipe, which would block, and a file that others can write.
        config = load_config(path)
    if is_new is not None:
        name = next(iter(changes))[1]
        _check_name(config, name, is_new=is_new)
        if None in changes.values():
            require_removable(config, name)
    try:
        _replace_file(path, changes)
    except (OSError, ValueError) as error:
        raise ConfigError(_cannot_change(path, error), advice=by_hand or _CHECK_FILE_ADVICE) from None


@contextmanager
def _advising(by_hand: str) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        error.advice = f"{error.advice} {by_hand}".rstrip()
        raise


def _check_name(config: Config, name: str, *, is_new: bool) -> None:
    """Raise ConfigError for a new instance whose name is taken, and for a change to a missing one."""
    shown = safe_text(name)
    if is_new and name in config.instances:
        raise ConfigError(f"There is already an instance “{shown}”.", advice="Choose another name.")
    if not is_new and name not in config.instances:
        raise ConfigError(f"There is no instance “{shown}” in the file.", advice=_CHECK_FILE_ADVICE)


def require_removable(config: Config, name: str) -> None:
    """Raise ConfigError for an instance of an included file, which is only read."""
    file = config.included_from(name)
    if file is not None:
        raise ConfigError(
            f"“{safe_text(name)}” is in {safe_text(str(file))}, which dazos-tui only reads.",
            advice="Remove it from that file, or that file from include.",
        )


def _replace_file(path: Path, changes: Mapping[Keys, Change]) -> None:
    """Replace the file that `path` leads to with a changed one. Raises ConfigError, OSError, ValueError."""
    file = path.resolve()
    text = _changed_text(file.read_bytes().decode(), changes)
    _check_changed(path, text)
    # The folder's permissions decide whether a file can be replaced, so a read-only file is checked for here.
    if not os.access(file, os.W_OK):
        raise PermissionError(EACCES, "it is read-only for you")
    with new_private_file(file, replace=True) as draft:
        draft.write(text)
        draft.flush()
        os.fchmod(draft.fileno(), file.stat().st_mode & 0o777)
        os.fsync(draft.fileno())


def _changed_text(text: str, changes: Mapping[Keys, Change]) -> str:
    for keys, change in changes.items():
        text = apply_change(text, keys, change)
    return text


def _cannot_change(path: Path, error: OSError | ValueError) -> str:
    reason = safe_text(getattr(error, "strerror", None) or str(error))
    return f"{_not_changed(path)}: {reason}."


def _not_changed(path: Path) -> str:
    return f"{safe_text(str(path))} was not changed"


def _check_changed(path: Path, text: str) -> None:
    try:
        load_config(path, changed=text.encode())
    except ConfigError as error:
        problems = str(error).replace(f"{safe_text(str(path))}: ", "")
        raise ConfigError(
            f"{_not_changed(path)}, because it would no longer be a valid config: {problems}",
            advice=_CHECK_FILE_ADVICE,
        ) from None


def _create_missing(path: Path) -> Path | None:
    """Create a missing file, empty, at the target of a symbolic link; return its path, None if it exists."""
    try:
        if path.exists():
            return None
        check_path(path)
        file = path.resolve()
        create_private_file(file, expected_prefixes=["config", ".config."])
    except UnsafeFileError as error:
        raise ConfigError(str(error), advice=error.advice) from None
    except OSError as error:
        reason = safe_text(error.strerror or "it cannot be written")
        raise ConfigError(
            f"{safe_text(str(path))} cannot be created: {reason}.", advice=_CHECK_FILE_ADVICE
        ) from None
    return file


def _delete_if_empty(path: Path) -> None:
    if not path.stat().st_size:
        path.unlink()
