"""Changes to ``config.toml`` that the app makes for a person. Comments and order of the file survive."""

import os
import tempfile
from pathlib import Path
from typing import Any

from dazos_tui.config import ConfigError, load_config
from dazos_tui.text import safe_text


def remember(path: Path, instance: str, key: str, value: str) -> None:
    """Set a key of an instance in the config file, which is replaced whole or not at all.

    Raises ConfigError if the file cannot be read or written, or would not be a config any more.
    """
    # A link, as in a folder of dotfiles, stays one.
    file = path.resolve()
    try:
        changed = _with_key(file.read_text("utf-8"), instance, key, value)
        draft = _draft_beside(file, changed)
        try:
            load_config(draft)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = safe_text(error.strerror or "it cannot be written")
        raise _not_remembered(path, instance, key, value, reason) from None
    except (ValueError, LookupError, TypeError):
        raise _not_remembered(path, instance, key, value, "it is not written as expected") from None


def _with_key(text: str, instance: str, key: str, value: str) -> str:
    import tomlkit

    document: Any = tomlkit.parse(text)
    document["instances"][instance][key] = value
    return tomlkit.dumps(document)


def _draft_beside(file: Path, text: str) -> Path:
    """Write the text to a new file in the same folder, as private as the one it will replace."""
    mode = file.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".config-", suffix=".toml")
    with os.fdopen(handle, "w", encoding="utf-8") as draft:
        draft.write(text)
        draft.flush()
        os.fsync(draft.fileno())
    Path(name).chmod(mode)
    return Path(name)


def _not_remembered(path: Path, instance: str, key: str, value: str, reason: str) -> ConfigError:
    return ConfigError(
        f"{safe_text(str(path))} was not changed: {reason}.",
        advice=f'Write {key} = "{value}" under [instances.{instance}] yourself.',
    )
