"""The remembered list of the instance that is about to be opened, read while Textual is being imported."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dazos_tui.config.peek import InstancePeek
    from dazos_tui.directory.remembered_users import RememberedList

_AT_ONCE_BYTES = 1_000_000
"""Up to this size, some 15,000 people, a list is read at once; a longer one after the first frame."""


class EarlyPaths(NamedTuple):
    """Where to look: the config, the state folder, and the instance by name, None for the only one."""

    config: Path
    state: Path
    instance: str | None


class EarlyList:
    """Reads a remembered list in a thread. What the config says is only looked at here, and checked later."""

    def __init__(self, find_paths: Callable[[], EarlyPaths | None]) -> None:
        """Begin to read; `find_paths` says where, and is called in the thread."""
        self._find_paths = find_paths
        self._found: RememberedList | None = None
        self._instance: InstancePeek | None = None
        self._is_wanted = True
        self._is_decided, self._is_shown, self._is_read = Event(), Event(), Event()
        Thread(target=self._run, name="early list", daemon=True).start()

    def _run(self) -> None:
        try:
            found = self._read()
            if self._is_wanted:
                self._found = found
        except Exception as error:  # noqa: BLE001 - it would be written over the first frame
            from dazos_tui.system.event_log import log_error

            log_error("a remembered list could not be used", error)
        finally:
            self._is_read.set()
            self._is_decided.set()

    def _read(self) -> "RememberedList | None":
        from dazos_tui.config.peek import peek_instance
        from dazos_tui.directory.remembered import ListSource, people_path, remembered_people

        paths = self._find_paths()
        peek = peek_instance(paths.config, paths.instance) if paths is not None else None
        if paths is None or peek is None or not peek.keep_people_hours:
            return None
        path = people_path(paths.state, peek.name)
        try:
            if os.stat(path).st_size > _AT_ONCE_BYTES:  # noqa: PTH116 - the path may be anything
                self._is_decided.set()
                self._is_shown.wait()
        except OSError:
            return None
        people = remembered_people(paths.state, peek.name)
        source = ListSource(peek.name, peek.server, peek.operator)
        if people is None or people.source != source:
            return None
        if not people.is_current(datetime.now(UTC), peek.keep_people_hours):
            return None
        from dazos_tui.directory.remembered_users import RememberedList

        self._instance = peek
        return RememberedList(people)

    @property
    def found(self) -> "RememberedList | None":
        """Return the list if it has been read; None without one, and before that."""
        return self._found if self._is_read.is_set() else None

    def first(self, seconds: float) -> "tuple[InstancePeek | None, RememberedList | None]":
        """Return the list with what the config seems to say of its instance; wait at most this long.

        A long list is not waited for. Without one, both are None.
        """
        self._is_decided.wait(seconds)
        found = self.found
        return (self._instance, found) if found is not None else (None, None)

    def forget(self) -> None:
        """Let the list go: a screen has it now, or nobody shows it."""
        self._is_wanted, self._found = False, None

    def wait(self) -> "RememberedList | None":
        """Wait until the list has been read with all its indexes; return it, or None. For a thread."""
        self._is_shown.set()
        self._is_read.wait()
        found = self._found
        if found is not None:
            # Built here, and not when somebody types.
            _ = found.directory
        return found
