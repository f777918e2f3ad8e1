"""Keyrings for tests, chosen by name in PYTHON_KEYRING_BACKEND."""

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

FILE = "tests.keyrings.FileKeyring"
PLACE = "TEST_KEYRING_FILE"
"""The variable that names the file of `FILE`."""


class FileKeyring(KeyringBackend):
    """A keyring that works: what it holds is there for the next process."""

    priority = 5
    place: Path | None = None

    @property
    def _file(self) -> Path:
        return self.place or Path(os.environ[PLACE])

    def _all(self) -> dict[str, str]:
        return json.loads(self._file.read_text()) if self._file.exists() else {}

    def get_password(self, service, username):
        return self._all().get(f"{service}|{username}")

    def set_password(self, service, username, password):
        self._file.write_text(json.dumps({**self._all(), f"{service}|{username}": password}))

    def delete_password(self, service, username):
        held = self._all()
        if held.pop(f"{service}|{username}", None) is None:
            raise PasswordDeleteError("No such password!")
        self._file.write_text(json.dumps(held))


class LockedKeyring(FileKeyring):
    """One that nobody unlocks."""

    def get_password(self, service, username):
        raise KeyringLocked("Failed to unlock the collection! (hunter2)")


class ForgetfulKeyring(FileKeyring):
    """One that takes a password and has nowhere to put it."""

    def set_password(self, service, username, password):
        pass


class LoudKeyring(FileKeyring):
    """One that fails, and quotes what it was given."""

    def set_password(self, service, username, password):
        raise OSError(f"no room for {password}")


class HangingKeyring(FileKeyring):
    """One whose service does not answer, until the test lets it."""

    answers = threading.Event()

    def get_password(self, service, username):
        self.answers.wait()
        return super().get_password(service, username)
