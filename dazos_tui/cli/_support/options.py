"""The options that come before the command: the config, the state folder, the instance, the log."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dazos_tui import __version__
from dazos_tui.system.paths import UnknownHomeError, default_config_path, default_state_dir

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dazos_tui.config.models import Config, Instance
    from dazos_tui.history.store import HistoryStore

instance_option = click.option(
    "-i", "--instance", metavar="NAME", help="The CRM instance, by its name in the config."
)
"""The option that names an instance. It is accepted before and after the command."""


@dataclass(frozen=True)
class Settings:
    """The options that all commands share, and where each value comes from."""

    config_option: Path | None
    config_source: str
    state_option: Path | None
    state_source: str
    instance: str | None

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
        """Read the config. Raises ConfigError."""
        from dazos_tui.config.load import load_config

        return load_config(self.config_path)

    def open_history(self, *, can_queue: bool = True) -> "HistoryStore":
        """Return the store of the configured history. Raises ConfigError, HistoryError.

        While an older history is brought up to date, stderr says so.

        Without a table [history] in the config, that is the local one, and the rest of the config does not
        matter. `can_queue` as in `team_history.open_history`.
        """
        from dazos_tui.cli._support.upgrade_line import UpgradeLine
        from dazos_tui.history.upgrade_progress import UPGRADE_LISTENER

        UPGRADE_LISTENER.set(UpgradeLine())
        if not self._has_history_table():
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

    def _has_history_table(self) -> bool:
        return self._history_table() is not None

    def _mentions_keyring(self) -> bool:
        return "keyring" in (self._history_table() or {})

    def _history_table(self) -> "dict[str, object] | None":
        """Return the table [history] of the config: None without one, empty if the config cannot be read."""
        # Checking the whole config would take as long as reading the history.
        import tomllib

        from dazos_tui.system.files import UnsafeFileError, open_trusted

        try:
            with open_trusted(self.config_path) as file:
                table = tomllib.loads(file.read().decode("utf-8-sig")).get("history")
        except (FileNotFoundError, UnknownHomeError):
            return None
        except (OSError, UnsafeFileError, ValueError, RecursionError):
            # Loading the config says what is wrong with it.
            return {}
        return table if isinstance(table, dict) or table is None else {}

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
