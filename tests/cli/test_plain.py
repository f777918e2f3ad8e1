"""Plain mode, heard as a screen reader hears it: line by line, with nothing but text in them."""

import asyncio
import io
import os
import re
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing, contextmanager

import pytest

from dazos_tui.cli._support.output import OutputClosedError, OutputFailedError
from dazos_tui.cli._support.upgrade_line import UpgradeLine
from dazos_tui.cli.plain import console as plain_console
from dazos_tui.cli.plain.console import Console, IdleError, StepCancelledError, StepGivenUpError
from dazos_tui.demo.faults import Fault
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.upgrade_progress import UpgradeProgress
from tests.patience import patience
from tests.smoke.own_terminal import PATIENCE, OwnTerminal

_NOT_READ_ALOUD = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xe2[\x94-\x96].")
"""Control codes, lines that are written over, and box drawing (U+2500 to U+25BF in UTF-8)."""
ASKS = "Name, number, or ? for help:"


class Listener(OwnTerminal):
    """Hears what a program says at a terminal, and answers."""

    def __init__(self, command, **environment):
        super().__init__(command, **environment)
        self._heard = 0

    def hears(self, *texts):
        """Wait until each text is said, one after the other."""
        deadline = time.monotonic() + patience(PATIENCE)
        for text in texts:
            while (at := self.seen.find(text.replace("\n", "\r\n").encode(), self._heard)) < 0:
                assert time.monotonic() < deadline, f"never heard {text!r} after: {self.said}"
                assert self.process.poll() is None or self.read_on(), f"ended: {self.said}"
                self.read(0.1)
            self._heard = at + len(text.encode())

    def types(self, line):
        self.send(f"{line}\n".encode())

    def answers(self, line, *texts):
        """Type a line, and wait until each text is said, one after the other."""
        self.types(line)
        self.hears(*texts)

    def cancels(self, step, *texts):
        """Press Ctrl+C in the step of this name, and wait until each text is said."""
        self.hears(f"{step}, please wait. Ctrl+C cancels.")
        self.send(b"\x03")
        self.hears(*texts)

    @property
    def said(self):
        """Return all lines."""
        return self.seen.decode().replace("\r\n", "\n")

    def ends_well(self):
        """Wait for the end, and check that everything that was said can be read aloud."""
        assert self.ends() == 0
        assert not _NOT_READ_ALOUD.search(self.seen), self.seen


@pytest.fixture
def store(desk):
    with HistoryStore(desk.state / "history.db") as opened:
        yield opened


@contextmanager
def busy(store):
    """Hold the lock of a history for a while, as another process that writes to it does."""
    with closing(sqlite3.connect(store.place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def listen(desk, *arguments, **environment):
    return Listener(desk.command(*arguments), **desk.environment, **environment)


def test_the_main_job_is_heard_line_by_line(desk, demo, harbor, store):
    desk.configure(demo, password_command=None, keyring=False)
    with listen(desk, "--plain", "-i", "harbor-prod", "garcía") as reader:
        reader.hears("Password of demo.admin in harbor-prod:")
        reader.types(harbor.password)
        reader.hears("Signed in to harbor-prod, PRODUCTION", "453 people.", "1. Elena García, ", ASKS)
        reader.answers("12", "“12” is not a number from 1 to 1.", ASKS)
        reader.types("1")
        reader.hears("Profile of: Elena García", "Status: active", "1. Send Reset Link", "or ? for the list:")
        reader.types("1")
        reader.hears("e-mail: odd.garcia@harbor.example.com", "Ticket, or Enter for none:")
        reader.types("T-7")
        reader.hears(
            "Send a link to Elena García, odd.garcia@harbor.example.com, in harbor-prod, PRODUCTION?"
        )
        assert not harbor.outbox
        reader.types("y")
        reader.hears(
            "Sent: Elena García", "The CRM said: Reset Password Instruction has been sent successfully!"
        )
        reader.hears("A link to set a new password was sent to odd.garcia@", "End of the note.")
        reader.types("1")
        reader.hears("STOP: A link was requested less than a minute ago", "Ticket, or Enter for none:")
        reader.types("")
        reader.hears("PRODUCTION, despite 1 STOP? A and Enter sends, anything else does not:")
        reader.types("y")
        reader.hears("Nothing was sent.")
        assert len(harbor.outbox) == 1
        reader.types("2")
        reader.hears("1. Elena García, sent ", "ticket T-7, not back in yet", "Enter to go back:")
        reader.types("1")
        reader.hears("Outcome: sent", "Requested: ", "Enter to go back:")
        reader.types("")
        reader.hears("or ? for the list:")
        harbor.expire_sessions()
        reader.types("3")
        reader.hears("The session has ended. Signing in to harbor-prod again.", "Password of demo.admin")
        reader.types(harbor.password)
        reader.hears("Elena García: not back in yet.", "or ? for the list:")
        reader.types("4")
        reader.hears(
            "1 of 10. Ask the person: Mail.", "10 of 10. In order:", "2. Look in another", "go back:"
        )
        reader.types("3")
        reader.hears("Looked into why Elena García", "End of the note.")
        reader.types("6")
        reader.hears(ASKS)
        reader.types("i")
        reader.hears("1. harbor-prod, PRODUCTION", "Number of the instance:")
        reader.types("harbor")
        reader.hears("“harbor” is none of them. q quits.\nNumber of the instance:")
        reader.types("q")
        reader.ends_well()
    [row] = store.search()
    assert (row.outcome, row.request.ticket, row.noted_at is not None) == (Outcome.SENT, "T-7", True)


def test_ctrl_c_cancels_the_step_and_a_send_is_then_unknown(desk, harbor, store):
    with listen(desk, "--plain", "-i", "harbor-prod", "garcía") as reader:
        reader.hears(ASKS)
        reader.types("t")
        reader.hears("Ticket for the next link, or Enter for none:")
        reader.types("T-1")
        reader.hears(ASKS)
        reader.types("1")
        reader.hears("or ? for the list:")
        reader.types("1")
        reader.hears("Ticket, or Enter for T-1, or - for none:")
        reader.send(b"\x03")
        reader.hears("Cancelled.", "or ? for the list:")
        harbor.faults.delay("action", 60)
        reader.types("1")
        reader.hears("Ticket, or Enter for T-1, or - for none:")
        reader.types("")
        reader.hears("y and Enter for yes")
        reader.types("y")
        reader.cancels(
            "Requesting the link",
            "The outcome is unknown: it may have been sent. It is row 1 of the history.",
        )
        reader.hears("before you send again.\nWhat for Elena García?")
        # Else the next request waits for the one before it, as it does in PHP.
        harbor.expire_sessions()
        with busy(store):
            reader.types("1")
            reader.hears("Ticket, or Enter for none:")
            reader.types("")
            reader.hears("despite 1 STOP?")
            reader.types("A")
            reader.cancels("Requesting the link")
            reader.cancels(
                "Reading the history", "The outcome is unknown: it may have been sent.\nLook in the mailbox"
            )
        reader.hears("or ? for the list:")
        # Its record is not given up, and may come after the lock.
        reader.types("6")
        reader.hears(ASKS)
        reader.types("=1+1")
        reader.hears(ASKS)
        reader.types("1")
        reader.hears("or ? for the list:")
        reader.types("1")
        reader.hears("Ticket, or Enter for none:")
        reader.send(b"\x04")
        reader.hears("Goodbye.")
        reader.ends_well()
    *_, oldest = store.search()
    assert (oldest.outcome, oldest.request.ticket) == (Outcome.UNKNOWN, "T-1")


def test_a_login_is_enabled_only_while_it_is_locked_and_a_cancelled_request_is_unknown(desk, harbor, store):
    person = harbor.person("odd.garcia")
    harbor.accounts.lock(person, time.time())
    harbor.faults.delay("action", 60)
    with listen(desk, "--plain", "-i", "harbor-prod", "garcía") as reader:
        reader.hears(ASKS)
        reader.types("t")
        reader.types("T-1")
        reader.hears(ASKS)
        reader.types("1")
        reader.hears("8. Enable the locked login", "or ? for the list:")
        reader.types("8")
        reader.hears("Ticket, or Enter for T-1, or - for none:")
        reader.types("")
        reader.hears("Enable Login for Elena García (odd.garcia) in harbor-prod, PRODUCTION?")
        reader.types("y")
        reader.cancels(
            "Enabling the login",
            "unknown: it may have been enabled. It is row 1 of the history.",
            "Read the profile",
        )
        reader.hears("offers to enable it.\nWhat for Elena García?")
        harbor.expire_sessions()
        reader.types("8")
        reader.hears("Ticket, or Enter for none:")
        reader.types("T-2")
        reader.hears("y and Enter for yes")
        harbor.accounts.unlock(person)
        reader.types("y")
        reader.hears("The CRM does not offer “Enable Login” for this person.", "or ? for the list:")
        harbor.accounts.lock(person, time.time())
        reader.types("8")
        reader.hears("Ticket, or Enter for none:")
        reader.types("")
        reader.hears("y and Enter for yes")
        reader.types("y")
        reader.hears("Enabled: Elena García", "The CRM said: Login has been enabled", "or ? for the list:")
        reader.answers("3", "No link to this person is recorded that went out", "or ? for the list:")
        reader.answers("2", "1. Elena García, enabled", "Enter to go back:")
        reader.answers("7", "“7” is not a number from 1 to 2.", "Enter to go back:")
        reader.answers("1", "Outcome: enabled", "\n1. Note for the ticket\nNumber, or Enter to go back:")
        reader.answers("", "or ? for the list:")
        reader.answers("6", ASKS)
        reader.types("h")
        reader.answers("nobody", "Nothing in the history of harbor-prod matches “nobody”.", ASKS)
        for _ in range(99):
            store.record_request(store.search()[-1].request)
        reader.types("h")
        reader.answers("elena", "Only the newest 100", "10. Elena", "m for 90 more, or Enter to go back:")
        reader.send(b"\x04")
        reader.ends_well()
    assert [(row.outcome_label, row.request.ticket) for row in store.search()[99:]] == [
        ("enabled", ""), ("unknown", "T-1")
    ]  # fmt: skip


def test_an_older_list_hides_nobody_who_is_in_the_crm(desk, harbor):
    assert desk.call("users", "-i", "harbor-prod", "--json").returncode == 0
    [first, _] = [harbor.add_person(name, "Eleno", name.title()) for name in ("garcix", "garciy")]
    desk.config.write_text(
        f'ticket_command = ["cat", "--", "{desk.folder}/{{ticket}}.txt"]\n{desk.config.read_text()}'
    )
    (desk.folder / "T-1.txt").write_text(f"{first.email1} and stranger@example.net")
    with listen(desk, "--plain", "-i", "harbor-prod", "--from-ticket", "T-1") as reader:
        reader.hears(
            "Ticket for the next link: T-1.", "453 people, as of", "T-1 names 1 person of harbor-prod."
        )
        reader.hears("nobody has the address stranger@example.net.", "1. Eleno Garcix", ASKS)
        reader.answers("status:active garciy", "1 of 455 people match", "1. Eleno Garciy", ASKS)
        reader.answers("r", "455 people.", ASKS)
        harbor.add_person("garciz", "Eleno", "Garciz").roleid = "Clinical Superintendent"
        harbor.faults.delay("list", 60)
        reader.types("r")
        reader.cancels("Reading the people of harbor-prod", "Cancelled.", ASKS)
        harbor.expire_sessions()
        reader.answers("eleno superintendent", "1. Eleno Garciz", ASKS)
        harbor.faults.delay("list", 60)
        reader.types("nobody.like.this")
        reader.cancels("Asking the CRM", "Cancelled.", ASKS)
        harbor.expire_sessions()
        reader.answers("w", "w is for a name that nobody matches", ASKS)
        in_the_list = "In the list, as far as it is known, nobody matches"
        reader.answers("ж", f"{in_the_list} “ж”", ASKS)
        reader.answers("eleno zzz", f"{in_the_list} “eleno zzz”", ASKS)
        harbor.faults.inject("list", Fault(body="Fatal error", status=500), times=None)
        reader.types("nobody.like.this")
        reader.hears("HTTP 500", f"{in_the_list} “nobody.like.this”", ASKS)
        reader.types("w")
        reader.hears("1 of 4. Found: Users. In the list, as far as it is known, nobody matches", ASKS)
        (desk.folder / "T-2.txt").write_text("a@example.net b@example.net")
        failed = reader.said.count("HTTP 500")
        reader.types("t")
        reader.answers("T-2", "T-2 names 0 people", "the address a@example.net, b@example.net.", ASKS)
        assert reader.said.count("HTTP 500") == failed + 1
        reader.types("t")
        reader.answers("T-404", "T-404.txt", ASKS)
        reader.answers("garciy", "1. Eleno Garciy", ASKS)
        reader.answers("1", "or ? for the list:")
        reader.answers("4", "2. Look in another instance", "Enter to go back:")
        reader.answers("2", "Number of the instance:")
        reader.answers("harbor-prod", "next link: T-404.", "T-404.txt", "1. Eleno Garciy", ASKS)
        reader.types("t")
        reader.hears("Ticket for the next link, or Enter for none:")
        reader.types("-")
        reader.hears("Ticket for the next link: none.", ASKS)
        reader.types("q")
        reader.ends_well()


def test_no_name_hides_what_is_asked_and_only_an_a_sends_in_spite_of_a_stop(desk, harbor, store):
    person = harbor.add_person("hostile", f"\x1b[2J\u202e{'Long ' * 300}", "Hostile")
    desk.config.write_text(f'note_command = ["sleep", "600"]\n{desk.config.read_text()}')
    with listen(desk, "--plain", "-i", "harbor-prod", "hostile@harbor.example.com") as reader:
        reader.hears("1. \ufffd[2J\ufffdLong Long", ASKS)
        reader.types("1")
        reader.hears("What for \ufffd[2J\ufffdLong Long", "Long…? Number, or ? for the list:")
        reader.types("1")
        reader.hears("Ticket, or Enter for none:")
        reader.types("")
        asks = "Long…, hostile@harbor.example.com, in harbor-prod, PRODUCTION"
        reader.hears(f"{asks}? y and Enter for yes")
        assert desk.call("send", "-i", "harbor-prod", "hostile", "--yes").returncode == 0
        reader.types("y")
        reader.hears("Nothing was sent", "or ? for the list:")
        assert len(harbor.outbox) == 1
        reader.types("1")
        reader.hears("STOP: A link was requested less than a minute ago", "Ticket, or Enter for none:")
        reader.types("T-9")
        reader.hears(f"{asks}, despite 1 STOP? A and Enter sends, anything else does not:")
        harbor.faults.delay("login-history", 60)
        reader.types("A")
        reader.hears("Sent: ")
        reader.cancels(
            "Reading the sign-ins so far",
            "A link to set a new password",
            "End of the note.",
            "over to T-9 with sleep? y and Enter",
        )
        reader.types("y")
        reader.cancels(
            "Handing the note over",
            "sleep was stopped. Look in the ticket: it may have the note",
            "or ? for the list:",
        )
        harbor.expire_sessions()
        assert len(harbor.outbox) == 2
        for answer in ("2", "1", "3"):
            reader.types(answer)
            reader.hears(":")
        reader.hears("Record that \ufffd[2J\ufffdLong", "y and Enter for yes")
        with busy(store):
            reader.types("y")
            reader.hears("Recording it, please wait. Ctrl+C cancels.")
        reader.hears("Noted: \ufffd[2J\ufffdLong", "back in, they say.", "or ? for the list:")
        harbor.set_status(person, active=False)
        reader.types("1")
        reader.hears("Blocked: This account is inactive", "No link can be sent.\nWhat for ")
        reader.send(b"\x04")
        reader.ends_well()


def test_the_form_is_asked_for_once_in_an_instance(desk, demo):
    person = next(one for one in demo.instance("valley-staging").people if one.active)
    with listen(desk, "--plain", "-i", "valley-staging", person.email1) as reader:
        reader.hears(ASKS)
        reader.types("1")
        reader.hears("or ? for the list:")
        reader.types("1")
        reader.hears("Blocked: The CRM does not offer", "for this instance from now on? y and Enter for yes")
        reader.types("y")
        reader.hears("Note: The CRM does not offer", "Ticket, or Enter for none:")
        reader.send(b"\x03")
        reader.hears("Cancelled.", "or ? for the list:")
        reader.types("6")
        reader.hears(ASKS)
        reader.types("i")
        reader.hears("Number of the instance:")
        reader.types("valley-staging")
        reader.hears(ASKS)
        reader.types(person.email1)
        reader.hears(ASKS)
        reader.types("1")
        reader.hears("or ? for the list:")
        reader.types("1")
        reader.hears("Note: The CRM does not offer", "Ticket, or Enter for none:")
        reader.send(b"\x04")
        reader.ends_well()
    assert reader.said.count("from now on?") == 1


def test_a_slow_history_can_be_left_and_it_is_said_what_it_does_not_know(desk, harbor):
    """A server that takes connections and never answers: each attempt to reach it takes seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://administrator@127.0.0.1:{silent.getsockname()[1]}/resets"
        desk.config.write_text(f'{desk.config.read_text()}\n[history]\nurl = "{url}"\noffline = "queue"\n')
        with listen(desk, "--plain", "-i", "harbor-prod", "garcía") as reader:
            reader.cancels("Reading the history", "Cancelled.", "1. Elena García", ASKS)
            reader.types("1")
            unknown = "cannot be reached: what others sent is not known here."
            reader.hears("Last link: none from here", unknown, "or ? for the list:")
            reader.types("2")
            reader.hears(unknown, "No reset is recorded.", "or ? for the list:")
            reader.types("1")
            reader.hears("last reset: none known", unknown, "Ticket, or Enter for none:")
            reader.types("")
            reader.hears("y and Enter for yes")
            reader.types("y")
            notice = "1 row waits on this machine, and is brought there later. What others sent meanwhile"
            reader.hears("Sent: Elena García", notice, "or ? for the list:")
            reader.types("1")
            reader.hears("STOP: A link was requested", notice, "Ticket, or Enter for none:")
            reader.send(b"\x03")
            reader.hears("or ? for the list:")
            reader.types("6")
            reader.hears(ASKS)
            reader.types("h")
            reader.hears("Words to find")
            reader.types("")
            reader.hears(notice, "1. Elena García, sent ", "Enter to go back:")
            reader.send(b"\x04")
            reader.ends_well()


def test_without_the_history_people_are_looked_up(desk):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"postgresql://administrator@127.0.0.1:{closed.getsockname()[1]}/resets"
    desk.config.write_text(f'{desk.config.read_text()}\n[history]\nurl = "{url}"\n')
    done = desk.run("--plain", "-i", "harbor-prod", "garcía", input="1\n7", stdin=None)
    assert done.stderr.startswith("The history's server postgresql://")
    for line in ("Last link: not known.", "2. History of this person", "User Login & Role:"):
        assert f"\n{line}\n" in done.stdout


@pytest.mark.parametrize("way", ["dumb", "config"])
def test_it_takes_the_place_of_the_app(desk, way):
    if way == "config":
        desk.config.write_text(f"\ufeffaccessible = true\n{desk.config.read_text()}")
    with listen(desk, "-i", "harbor-prod", TERM="dumb" if way == "dumb" else "xterm-256color") as reader:
        reader.hears("plain mode", ASKS)
        reader.types("garcía")
        reader.hears("1. Elena García", ASKS)
        for command, answer in (("m", "That was everybody."), ("w", "w is for a name that nobody matches")):
            reader.types(command)
            reader.hears(answer, ASKS)
        reader.types("nobody.like.this")
        reader.hears("Nobody matches “nobody.like.this”", ASKS)
        reader.types("w")
        reader.hears("1 of 4. Found: Users.", ASKS)
        reader.types("q")
        reader.ends_well()


def test_a_dumb_terminal_gets_no_line_that_is_rewritten(desk):
    with listen(desk, "users", "-i", "harbor-prod", "odd.garcia", TERM="dumb") as reader:
        reader.hears("odd.garcia@harbor.example.com")
        reader.ends_well()


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("quiet", [False, True])
def test_a_dumb_terminal_hears_of_a_long_conversion_once(monkeypatch, quiet):
    monkeypatch.setattr("dazos_tui.cli._support.quiet._Quiet.is_on", quiet)
    stderr, line = _Terminal(), UpgradeLine()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "dumb")
    for progress in (UpgradeProgress(0.1, 90), UpgradeProgress(0.2, 80), None):
        line(progress)
    said = "Updating the history: 10%, about 90 s left. It stays as it was if this is stopped.\n"
    assert stderr.getvalue() == ("" if quiet else said)


def test_without_a_terminal_nothing_is_sent_and_the_end_of_input_ends_it(desk, harbor, store):
    done = desk.run("--plain", "-i", "harbor-prod", "garcía", input="1\n1\n", stdin=None)
    assert (done.returncode, harbor.outbox, store.search()) == (0, [], [])
    assert done.stdout.endswith("\nGoodbye.\n")
    refused = "Could not ask whether to send: input and output are not both a terminal."
    assert f"{refused}\nTo send without being asked, use dazos-tui send --yes.\n" in done.stderr
    log, errors = desk.folder / "log", desk.folder / "errors"
    plain = desk.command("--plain", "-i", "harbor-prod", "garcía")
    with Listener(["sh", "-c", f'"$@" >{log}', "sh", *plain], **desk.environment) as blind:
        for line in ("1", "1", "", "y"):
            blind.types(line)
        blind.hears(refused)
        blind.send(b"\x04")
        assert blind.ends() == 0
    with Listener(["sh", "-c", f'"$@" 2>{errors}', "sh", *plain], **desk.environment) as reader:
        for line in ("1", "1"):
            reader.types(line)
        reader.hears("Ticket, or Enter for none:")
        reader.send(b"\x04")
        reader.ends_well()
    assert (harbor.outbox, errors.read_text()) == ([], "")
    command = ["sh", "-c", '"$@" <&-', "sh", *desk.command("--plain", "-i", "harbor-prod")]
    closed = subprocess.run(command, env=desk.all_environment(), capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, "")
    assert closed.stdout.endswith("\nGoodbye.\n")


def test_an_output_that_cannot_be_written_ends_it():
    with pytest.raises(OutputFailedError):
        Console(0).report(OutputFailedError("The disk is full."))


class _ClosedPipe(io.StringIO):
    """Fails as a pipe does whose reader has ended, and tells a thread."""

    def __init__(self):
        super().__init__()
        self.has_failed = threading.Event()

    def write(self, _text):
        self.has_failed.set()
        raise BrokenPipeError


async def test_a_step_is_carried_out_though_nobody_hears_of_it(monkeypatch):
    pipe, done = _ClosedPipe(), []

    async def work():
        await asyncio.to_thread(pipe.has_failed.wait)
        done.append("recorded")

    monkeypatch.setattr(plain_console, "_QUIET_SECONDS", 0)
    monkeypatch.setattr("sys.stdout", pipe)
    with pytest.raises(OutputClosedError):
        await Console(0).during("Requesting the link", work())
    assert done == ["recorded"]


async def test_a_ctrl_c_between_the_answer_and_the_step_cancels_the_step():
    console, done = Console(0), []

    async def work():
        done.append("requested")

    console.on_interrupt()
    with pytest.raises(StepCancelledError) as cancelled:
        await console.during("Requesting the link", work())
    assert not isinstance(cancelled.value, StepGivenUpError)
    assert done == []
    await console.during("Requesting the link", work())
    assert done == ["requested"]


def test_a_question_ends_after_the_configured_time(monkeypatch, capsys):
    clock = iter(range(0, 1000, 30))
    monkeypatch.setattr(plain_console, "_clock", lambda: next(clock))
    monkeypatch.setattr(plain_console, "_IDLE_CHECK_SECONDS", 0)
    ours, theirs = os.pipe()
    with os.fdopen(ours) as stdin, os.fdopen(theirs, "w") as keyboard:
        monkeypatch.setattr("sys.stdin", stdin)
        with pytest.raises(IdleError):
            Console(1).ask("Name:")
        keyboard.write("ann\n")
        keyboard.flush()
        assert Console(1).ask("Name:") == "ann"
        clock = iter(range(0, 1000, 100))
        keyboard.write("2\n")
        keyboard.flush()
        assert Console(1).ask("Number of the instance:", is_timed=False) == "2"
    assert capsys.readouterr().out.startswith("Name: ")
