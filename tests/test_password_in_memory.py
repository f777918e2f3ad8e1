"""After a sign-in, successful or not, no object of the process holds the password any longer."""

import os
import sys
from pathlib import Path

import pytest
import tomli_w

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.secrets.keyring import SERVICE_NAME, keyring_user
from tests import keyrings
from tests.cli.conftest import Terminal
from tests.support import demo_instance

PASSWORD = "hunter2xMarkerxOfxThisxTest"
WRONG = PASSWORD.replace("hunter2", "hunter3")


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        harbor = server.instance("harbor-prod")
        harbor.accounts.set_password(harbor.person("demo.admin"), PASSWORD)
        yield server


@pytest.fixture
def machine(demo, tmp_path):
    return Machine(demo, tmp_path)


class Machine:
    """An admin's machine, where the password comes from a command, the keyring or the admin."""

    def __init__(self, demo: DemoServer, folder: Path) -> None:
        self.demo, self.folder = demo, folder
        self.environment = {**os.environ, "PYTHON_KEYRING_BACKEND": keyrings.FILE}
        self.environment[keyrings.PLACE] = str(folder / "keyring")

    def remains(self, way: str, source: str, password: str) -> list[str]:
        config = self._configure(source, password)
        command = [sys.executable, "-m", "tests.password_in_memory", way, str(config), password[::-1]]
        terminal = Terminal(command, self.environment)
        if way == "cli" and source == "person":
            # A wrong password is asked for again, twice.
            for time in range(3 if password == WRONG else 1):
                terminal.wait_for("Password of", times=time + 1)
                terminal.type(f"{password}\n")
        code, stdout = terminal.end()
        assert code == 0, terminal.seen
        return stdout.split()

    def _configure(self, source: str, password: str) -> Path:
        table = demo_config(self.demo.instances)["instances"]["harbor-prod"]
        del table["password_command"]
        if source == "command":
            (self.folder / "password").write_text(password)
            table["password_command"] = ["cat", str(self.folder / "password")]
        elif source == "keyring":
            self._store(password)
        path = self.folder / "config.toml"
        path.write_text(tomli_w.dumps({"instances": {"harbor-prod": table}}))
        return path

    def _store(self, password: str) -> None:
        keyring = keyrings.FileKeyring()
        keyring.place = self.folder / "keyring"
        key = keyring_user(demo_instance(self.demo, password_command=None))
        keyring.set_password(SERVICE_NAME, key, password)


@pytest.mark.parametrize("source", ["command", "keyring", "person"])
@pytest.mark.parametrize("way", ["cli", "screen"])
def test_nothing_holds_the_password_after_the_sign_in(machine, way, source):
    assert machine.remains(way, source, PASSWORD) == []


@pytest.mark.parametrize("source", ["keyring", "person"])
@pytest.mark.parametrize("way", ["cli", "screen"])
def test_nothing_holds_it_after_a_sign_in_that_failed(machine, way, source):
    assert machine.remains(way, source, WRONG) == ["SignInError"]
