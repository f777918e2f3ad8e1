"""A change to ``config.toml`` that the app makes for a person: one line more, and all else as it was."""

import os
import tempfile
import tomllib
from pathlib import Path

from dazos_tui.config import ConfigError, load_config
from dazos_tui.text import safe_text


def remember(path: Path, instance: str, key: str, value: str) -> None:
    """Add a key to an instance's table in the config file, which is replaced whole or not at all.

    `value` is plain text without quotes. Raises ConfigError if the file cannot be read or written, is
    written in an unusual way, or would not be a config any more.
    """
    # A link, as in a folder of dotfiles, stays one.
    file = path.resolve()
    try:
        content = file.read_bytes()
        load_config(file)
        draft = _draft_beside(file, _with_line(content, instance, key, value))
        try:
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = safe_text(error.strerror or "it cannot be written")
        raise _not_remembered(path, instance, key, value, reason) from None
    except ValueError:
        raise _not_remembered(path, instance, key, value, "it is written in an unusual way") from None


def _with_line(content: bytes, instance: str, key: str, value: str) -> bytes:
    """Return the file with the line below the table's head. Raises ValueError if more than that changes."""
    lines = content.splitlines(keepends=True)
    place = next((number for number, line in enumerate(lines) if _is_head(line, instance)), None)
    if place is None:
        raise ValueError(instance)
    ending = b"\r\n" if lines[place].endswith(b"\r\n") else b"\n"
    if not lines[place].endswith(ending):
        lines[place] += ending
    changed = b"".join([*lines[: place + 1], f'{key} = "{value}"'.encode(), ending, *lines[place + 1 :]])
    wanted = _read(content)
    wanted["instances"][instance][key] = value
    if _read(changed) != wanted:
        raise ValueError(instance)
    return changed


def _is_head(line: bytes, instance: str) -> bool:
    try:
        return _read(line) == {"instances": {instance: {}}}
    except ValueError:
        return False


def _read(content: bytes) -> dict[str, dict[str, dict[str, object]]]:
    return tomllib.loads(content.decode("utf-8-sig"))


def _draft_beside(file: Path, content: bytes) -> Path:
    """Write to a new file in the same folder, as private as the one it will replace."""
    mode = file.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".config-", suffix=".toml")
    with os.fdopen(handle, "wb") as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(name).chmod(mode)
    return Path(name)


def _not_remembered(path: Path, instance: str, key: str, value: str, reason: str) -> ConfigError:
    return ConfigError(
        f"{safe_text(str(path))} was not changed: {reason}.",
        advice=f'Write {key} = "{value}" under [instances.{instance}] yourself.',
    )
