"""The config file as the app read it, and whether it has changed since."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dazos_tui.config.models import Config

Stamp = tuple[int, int, int]
"""What shows that a file has changed: when it was written, its size and its number."""


class ConfigWatch:
    """Reads a config file again when it changed; `path` is None if there is none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp = self._stamp_now()

    def changed(self, *, had_instances: bool) -> "Config | None":
        """Return the config if its file changed since it was read, else None. Raises ConfigError.

        What is wrong with it is raised each time. A file that is gone is an empty config, unless it
        `had_instances`.
        """
        from dazos_tui.config.errors import MissingConfigError
        from dazos_tui.config.load import load_config
        from dazos_tui.config.models import Config

        stamp = self._stamp_now()
        if self._path is None or stamp == self._stamp:
            return None
        try:
            config = load_config(self._path)
        except MissingConfigError:
            if had_instances:
                raise
            config = Config()
        self._stamp = stamp
        return config

    def _stamp_now(self) -> Stamp | None:
        with suppress(OSError):
            if self._path is not None:
                state = self._path.stat()
                return state.st_mtime_ns, state.st_size, state.st_ino
        return None


def session_settings(instance: object) -> dict[str, object]:
    """Return what of an instance's table its session depends on."""
    from dazos_tui.config.models import Instance

    # Its place in the picker does not matter to its session.
    return instance.model_dump(exclude={"pinned"}) if isinstance(instance, Instance) else {}
