"""Keyring backends for tests, chosen by name in PYTHON_KEYRING_BACKEND."""

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

FILE = "tests.keyrings.FileKeyring"
PLACE = "TEST_KEYRING_FILE"
"""The variable that names the file of `FileKeyring`."""


class FileKeyring(KeyringBackend):
    """A keyring that works. The next process sees what it stored."""

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
    """A keyring that stays locked."""

    def get_password(self, service, username):
        raise KeyringLocked("Failed to unlock the collection! (hunter2)")


class ForgetfulKeyring(FileKeyring):
    """A keyring that accepts a password but does not store it."""

    def set_password(self, service, username, password):
        pass


class LoudKeyring(FileKeyring):
    """A keyring whose error message quotes the password."""

    def set_password(self, service, username, password):
        raise OSError(f"no room for {password}")


class HangingKeyring(FileKeyring):
    """A keyring whose service does not answer until the test lets it."""

    answers = threading.Event()

    def get_password(self, service, username):
        self.answers.wait()
        return super().get_password(service, username)
