"""A password command that asks the user gets the terminal until it ends."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dazos_tui.demo.server import DemoServer
from tests.faults.scenario import ordinary
from tests.smoke.own_terminal import OwnTerminal
from tests.support import eventually, is_running

PASSPHRASE = "hunter7"

ASKS = """
import getpass, os, sys, time
given = getpass.getpass("Passphrase? ")
if given != "{passphrase}":
    sys.exit("wrong")
print("demo-admin-password")
"""
STAYS = """
import os, time
open("/dev/tty").close()
os.write(2, b"Passphrase? ")
open({pid!r}, "w").write(str(os.getpid()))
time.sleep(300)
"""

needs_gpg = pytest.mark.skipif(
    shutil.which("gpg") is None or shutil.which("pinentry-curses") is None,
    reason="gpg or pinentry-curses is not installed",
)


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=45) as server:
        yield server


def app_with(demo, folder, command, *arguments, **environment):
    """Return the app in its own terminal, with an instance that has this password command.

    `arguments` are a command and its options, without `-i`: a shell with job control runs it.
    """
    url = next(one.url for one in demo.instances if one.name == "harbor-sandbox")
    config = folder / "config.toml"
    quoted = ", ".join(f'"{part}"' for part in command)
    config.write_text(
        f'[instances.x]\nurl = "{url}"\nusername = "demo.admin"\nenvironment = "sandbox"\n'
        f"password_command = [{quoted}]\n"
    )
    config.chmod(0o600)
    started = [sys.executable, "-m", "dazos_tui", "--config", str(config), "--state", str(folder / "state")]
    shell = ["bash", "--norc", "-c", 'set -m; "$@"; echo code $?', "bash"] if arguments else []
    return OwnTerminal([*shell, *started, "-i", "x", *arguments], **environment)


def script(folder, text):
    path = folder / "command.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def type_slowly(app, text):
    for letter in text:
        app.send(letter.encode())
        app.read(0.05)


def test_a_command_that_asks_in_the_middle_of_a_batch_gets_the_keys(tmp_path):
    with DemoServer(users=45) as server:
        crm = server.instance("harbor-sandbox")
        people = [person.email1 for person in crm.people if ordinary(person)][:3]
        file = tmp_path / "people.txt"
        file.write_text("\n".join(people))
        crm.faults.expire_before = "action"
        send = ["send", "--from", str(file), "--yes"]
        with app_with(server, tmp_path, script(tmp_path, ASKS.format(passphrase=PASSPHRASE)), *send) as app:
            for _ in range(2):
                app.sees("Passphrase?")
                type_slowly(app, PASSPHRASE)
                app.send(b"\r")
            app.sees("3 sent.")
            app.sees("code 0")
        assert sorted(mail.to for mail in crm.outbox) == sorted(people)


def test_typing_for_a_command_is_neither_shown_nor_read_by_the_app(demo, tmp_path):
    with app_with(demo, tmp_path, script(tmp_path, ASKS.format(passphrase=PASSPHRASE))) as app:
        # Blanks are ignored.
        app.sees(f"the password command of x (“{sys.executable}”) has this terminal now.")
        app.sees("Passphrase?")
        type_slowly(app, PASSPHRASE)
        assert not any(letter in app.text for letter in PASSPHRASE)
        app.send(b"\r")
        app.sees("active")
        app.send(b"zz")
        app.sees("Nobody matches")
        assert PASSPHRASE not in app.text


def test_a_failing_command_is_reported_with_its_first_words(demo, tmp_path):
    with app_with(demo, tmp_path, script(tmp_path, "import sys; sys.exit('there is no such entry')")) as app:
        app.sees("there is no such entry")


def test_a_command_stopped_with_ctrl_c_returns_to_the_app(demo, tmp_path):
    pid = tmp_path / "pid"
    with app_with(demo, tmp_path, script(tmp_path, STAYS.format(pid=str(pid)))) as app:
        app.sees("Passphrase?")
        assert eventually(lambda: pid.exists() and pid.read_text())
        app.send(b"\x03")
        app.sees("Not signed in")
        assert not is_running(pid.read_text())


@pytest.mark.parametrize("way", ["SIGTERM", "SIGHUP", "hang up"])
def test_no_process_of_the_command_outlives_the_app(demo, tmp_path, way):
    pid = tmp_path / "pid"
    with app_with(demo, tmp_path, script(tmp_path, STAYS.format(pid=str(pid)))) as app:
        app.sees("Passphrase?")
        assert eventually(lambda: pid.exists() and pid.read_text())
        if way == "hang up":
            app.hang_up()
        else:
            app.process.send_signal(getattr(signal, way))
        assert app.ends() in {128 + signal.SIGTERM, 128 + signal.SIGHUP}
        assert eventually(lambda: not is_running(pid.read_text()))


@pytest.fixture
def key_ring(tmp_path):
    """Return a GPG home whose agent asks with pinentry-curses, and a file encrypted with its key."""
    # In a folder with a short name: the path of a socket is limited.
    home = Path(tempfile.mkdtemp(prefix="gpg"))
    (home / "gpg-agent.conf").write_text(f"pinentry-program {shutil.which('pinentry-curses')}\n")

    def run(*command, text=b""):
        environment = {**os.environ, "GNUPGHOME": str(home)}
        subprocess.run(command, env=environment, check=True, capture_output=True, input=text)

    gpg = "gpg", "--batch", "-q"
    make = "--pinentry-mode", "loopback", "--passphrase", PASSPHRASE, "--quick-gen-key"
    run(*gpg, *make, "t@example.test", "default", "default", "never")
    file = tmp_path / "password.gpg"
    run(*gpg, "-r", "t@example.test", "-e", "-o", str(file), text=b"demo-admin-password\n")
    run("gpgconf", "--kill", "gpg-agent")
    yield home, file
    run("gpgconf", "--kill", "gpg-agent")
    shutil.rmtree(home, ignore_errors=True)


def dialogs(home):
    """Return the open dialogs of the agent of this GPG home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            named = (process / "comm").read_text().startswith("pinentry")
            if named and f"GNUPGHOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
        except OSError:
            continue
    return found


@needs_gpg
@pytest.mark.parametrize("told", [True, False])
def test_a_passphrase_can_be_given_to_gpg(demo, tmp_path, key_ring, told):
    """With and without GPG_TTY, which the manual of gpg-agent requires."""
    home, file = key_ring
    command = ["gpg", "-q", "-d", str(file)]
    told = {"GPG_TTY": "/dev/null"} if told else {}
    with app_with(demo, tmp_path, command, GNUPGHOME=str(home), **told) as app:
        app.sees("Passphrase:")
        type_slowly(app, PASSPHRASE)
        app.send(b"\r")
        app.sees("active")
        assert PASSPHRASE not in app.text
    assert eventually(lambda: not dialogs(home))


@needs_gpg
def test_a_dialog_of_gpg_does_not_outlive_the_app(demo, tmp_path, key_ring):
    home, file = key_ring
    with app_with(demo, tmp_path, ["gpg", "-q", "-d", str(file)], GNUPGHOME=str(home)) as app:
        app.sees("Passphrase:")
        assert dialogs(home)
        app.process.send_signal(signal.SIGTERM)
        assert app.ends() == 128 + signal.SIGTERM
        assert eventually(lambda: not dialogs(home))
