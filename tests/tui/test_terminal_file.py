"""The terminal's file: what it takes without waiting is written at once, and everything in order."""

import os
import pty
import select
import tty
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Thread

from dazos_tui.tui.terminal.terminal_file import TerminalFile


def read(master: int) -> bytes:
    out = b""
    while select.select([master], [], [], 0.05)[0]:
        out += os.read(master, 65536)
    return out


def test_what_does_not_fit_is_left_for_the_writer_thread_and_what_follows_too():
    master, slave = pty.openpty()
    tty.setraw(slave)
    with os.fdopen(slave, "w") as stream:
        file = TerminalFile(stream)
        file.open()
        assert file.write_now("é") == b""
        assert read(master) == "é".encode()

        much = "ü" * 200_000
        rest, late = file.write_now(much), file.write_now("late")
        assert rest
        assert late == b"late"
        taken = read(master)
        assert taken + rest == much.encode()

        # The writer thread writes the rest as the terminal reads it; then the line is free again.
        writer = Thread(target=deque, args=(map(file.write, (rest, late)),))
        writer.start()
        out = b""
        while not out.endswith(late):
            out += os.read(master, 65536)
        writer.join()
        assert out == rest + late
        assert file.write_now("free") == b""
        assert read(master) == b"free"

        file.close()
        assert file.write_now("closed") == b"closed"
    os.close(master)


def test_a_terminal_that_another_program_left_without_waiting_gets_everything_in_order():
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(slave, False)
    with os.fdopen(slave, "w") as stream:
        file = TerminalFile(stream)
        file.open()
        much = "ü" * 200_000
        rest = file.write_now(much)
        writer = Thread(target=file.write, args=(rest,))
        writer.start()
        late = file.write_now("late")
        out = b""
        while len(out) < len(much.encode()):
            out += os.read(master, 65536)
        writer.join()
        file.write(late)
        assert out + read(master) == f"{much}late".encode()
        file.close()
    os.close(master)


def test_a_terminal_that_has_gone_is_no_error():
    master, slave = pty.openpty()
    ended = False
    # Closing the stream writes its buffer.
    with suppress(OSError), os.fdopen(slave, "w") as stream:
        file = TerminalFile(stream)
        file.open()
        os.close(master)
        rest = file.write_now("text")
        assert rest == b"text"
        file.write(rest)
        file.close()
        ended = True
    assert ended


def test_without_a_name_by_which_to_open_it_everything_is_left_for_the_writer_thread():
    out, into = os.pipe()
    with os.fdopen(into, "w") as stream:
        file = TerminalFile(stream)
        file.open()
        rest = file.write_now("text")
        assert rest == b"text"
        file.write(rest)
        assert file.write_now("more") == b"more"
        file.close()
    assert os.read(out, 100) == b"text"
    os.close(out)


def test_opened_again_it_writes_to_the_terminal_and_leaves_nothing_open():
    master, slave = pty.openpty()
    tty.setraw(slave)
    before = sorted(Path("/dev/fd").iterdir())
    with os.fdopen(slave, "w") as stream:
        file = TerminalFile(stream)
        for text in ("first", "second"):
            # As after another program had the terminal.
            os.set_blocking(slave, False)
            file.open()
            assert os.get_blocking(slave)
            assert file.write_now(text) == b""
            assert read(master) == text.encode()
        file.close()
        file.close()
        assert sorted(Path("/dev/fd").iterdir()) == before
    os.close(master)
