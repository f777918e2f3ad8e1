"""The options that come before the command: the config, the state folder, the instance, the log."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dazos_tui import __version__
from dazos_tui.cli._support.params import instance_option
from dazos_tui.system.paths import UnknownHomeError, default_config_path, default_state_dir

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dazos_tui.config.models import Config, Instance
    from dazos_tui.history.store import HistoryStore

__all__ = ["Settings", "instance_option"]


@dataclass(frozen=True)
class Settings:
    """The options that all commands share, and where each value comes from."""

    config_option: Path | None
    config_source: str
    state_option: Path | None
    state_source: str
    instance: str | None
    ticket: str = ""
    """The ticket that the app begins with."""
    plain: bool = False
    """Whether plain mode was asked for."""

    @cached_property
    def _warned(self) -> set[str]:
        """The warnings that were written already."""
        return set()

    @cached_property
    def config_path(self) -> Path:
        """Return the path of the config file in force, whether it exists or not."""
        return self.config_option or default_config_path()

    @cached_property
    def state_dir(self) -> Path:
        """Return the folder that holds the history, whether it exists or not."""
        return self.state_option or default_state_dir()

    @property
    def history_path(self) -> Path:
        """Return the path of the history's file."""
        return self.state_dir / "history.db"

    def config(self) -> "Config":
        """Read the config, and warn on stderr of what should be written differently. Raises ConfigError."""
        from dazos_tui.cli._support.output import echo_err
        from dazos_tui.config.load import load_config

        config = load_config(self.config_path)
        for warning in config.deprecations:
            if warning not in self._warned:
                self._warned.add(warning)
                echo_err(f"Warning: {warning}.")
        return config

    def open_history(self, *, can_queue: bool = True) -> "HistoryStore":
        """Return the store of the configured history. Raises ConfigError, HistoryError.

        While an older history is brought up to date, stderr says so.

        Without a table [history] in the config, that is the local one, and the rest of the config does not
        matter. `can_queue` as in `team_history.open_history`.
        """
        from dazos_tui.cli._support.upgrade_line import UpgradeLine
        from dazos_tui.history.upgrade_progress import UPGRADE_LISTENER

        UPGRADE_LISTENER.set(UpgradeLine())
        if not self.config_has("history"):
            from dazos_tui.history.store import HistoryStore

            return HistoryStore(self.history_path)
        from dazos_tui.instances.team_history import open_history

        return open_history(
            self.config(), self.history_path, can_queue=can_queue, password=self.history_password
        )

    @cached_property
    def history_password(self) -> "SecretStr | None":
        """Return the password of the history's server, if the config wants the keyring or the user asked.

        Otherwise None. Raises ConfigError; HistoryError if there is nobody to ask.
        """
        return self.find_history_password()

    def find_history_password(self, *, may_ask: bool = True) -> "SecretStr | None":
        """Return it as `history_password` does; raise MustAskError if it has to be asked for and may not."""
        if not self._mentions_keyring():
            return None
        from dazos_tui.cli._support.history_password import find_history_password

        return find_history_password(self.config(), may_ask=may_ask)

    def config_has(self, *keys: str) -> bool:
        """Return whether the config has one of these keys, at its top level. Nothing in it is checked.

        What needs none of them can do without the config, whose check takes three times as long as reading
        the history. True also if the config cannot be read: loading it says what is wrong.
        """
        return self._unchecked_config is None or not self._unchecked_config.keys().isdisjoint(keys)

    @property
    def is_plain(self) -> bool:
        """Return whether plain mode replaces the app: asked for, or all that the terminal can do."""
        if self.plain or (self._unchecked_config or {}).get("accessible") is True:
            return True
        from dazos_tui.tui.launch import is_dumb_terminal

        return is_dumb_terminal()

    def _mentions_keyring(self) -> bool:
        table = (self._unchecked_config or {}).get("history")
        return isinstance(table, dict) and "keyring" in table

    @cached_property
    def _unchecked_config(self) -> "dict[str, object] | None":
        """The config as it is in the file, empty without one; None if it cannot be read."""
        import tomllib

        from dazos_tui.system.files import UnsafeFileError, open_trusted

        try:
            with open_trusted(self.config_path) as file:
                return tomllib.loads(file.read().decode("utf-8-sig"))
        except (FileNotFoundError, UnknownHomeError):
            return {}
        except (OSError, UnsafeFileError, ValueError, RecursionError):
            return None

    def resolve_instance(self, name: str | None) -> "Instance":
        """Return the named instance, or the only one in the config. Raises ConfigError."""
        from dazos_tui.config.errors import ConfigError

        config = self.config()
        wanted = name if name is not None else self.instance
        if wanted is not None:
            return config.instance(wanted)
        if len(config.instances) == 1:
            return next(iter(config.instances.values()))
        raise ConfigError(
            "Which instance? Choose one with -i NAME.",
            advice=f"Instances in the config: {', '.join(config.instances) or 'none'}.",
        )

    def unknown_instance(self, name: str | None) -> str:
        """Return a sentence if the config has no such instance, with the one that was probably meant.

        Empty if it has, if no name is given, and if there is no config with instances that can be read.
        """
        from dazos_tui.config.errors import ConfigError

        try:
            config = self.config()
        except ConfigError:
            return ""
        try:
            _ = name is None or not config.instances or config.instance(name)
        except ConfigError as error:
            return str(error)
        return ""

    @property
    def own_files(self) -> tuple[Path, ...]:
        """Return the files that the log must not go to: config, histories, and SQLite's files beside them."""
        from dazos_tui.history.search_files import search_index_path, server_index_paths
        from dazos_tui.instances.team_history import QUEUE_NAME

        histories = (
            self.history_path,
            search_index_path(self.history_path),
            self.history_path.with_name(QUEUE_NAME),
            self.state_dir / "demo" / self.history_path.name,
            *server_index_paths(self.state_dir),
        )
        return (
            self.config_path,
            *(
                path.with_name(path.name + end)
                for path in histories
                for end in ("", "-wal", "-shm", "-journal")
            ),
        )

    def start_log(self, path: Path) -> None:
        """Start logging to a file. Raises LogFileError."""
        import platform

        from dazos_tui.system.event_log import log, start_log

        start_log(path, reserved=self.own_files)
        log("start", version=__version__, python=platform.python_version(), system=platform.system())
