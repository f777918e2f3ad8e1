"""Notices when the config file, or one that it includes, has changed since it was read."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dazos_tui.config.models import Config

Stamp = tuple[int, int, int]
"""What changes with a file: its modification time, size and inode number."""


class ConfigWatch:
    """Reads a config file again after it or an included one changed; `path` is None if there is no file."""

    def __init__(self, path: Path | None, included: Sequence[Path] = ()) -> None:
        self._path, self._included = path, included
        self._stamps = self._stamps_now()

    def changed(self, *, had_instances: bool) -> "Config | None":
        """Return the config if one of its files changed since it was read, else None. Raises ConfigError.

        An invalid file raises at each call. A missing file is an empty config, unless the config
        `had_instances`.
        """
        from dazos_tui.config.errors import MissingConfigError
        from dazos_tui.config.load import load_config
        from dazos_tui.config.models import Config

        stamps = self._stamps_now()
        if self._path is None or stamps == self._stamps:
            return None
        try:
            config = load_config(self._path)
        except MissingConfigError:
            if had_instances:
                raise
            config = Config()
        self._stamps = stamps
        if config.included_files != self._included:
            self._included = config.included_files
            self._stamps = self._stamps_now()
        return config

    def _stamps_now(self) -> list[Stamp | None]:
        return [_stamp_of(path) for path in (self._path, *self._included)]


def _stamp_of(path: Path | None) -> Stamp | None:
    with suppress(OSError):
        if path is not None:
            state = path.stat()
            return state.st_mtime_ns, state.st_size, state.st_ino
    return None


def session_settings(instance: object) -> dict[str, object]:
    """Return the settings of an instance that its session depends on."""
    from dazos_tui.config.models import Instance

    # Neither its position in the picker nor what a menu item runs affects its session.
    apart = {"pinned", "tags", "reset_request", "enable_login_request"}
    return instance.model_dump(exclude=apart) if isinstance(instance, Instance) else {}
