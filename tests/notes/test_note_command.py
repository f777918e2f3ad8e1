"""Passing the note to a program: real programs, some of which misbehave."""

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dazos_tui.notes.note_command import NoteCommandError, run_note_command
from tests.notes.test_note import ENTRY
from tests.patience import patience

TEXT = "Grüße,\nthe link is on its way ✓"
KEEP = "import sys; open({!r}, 'wb').write(sys.stdin.buffer.read())"


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


async def give(command: tuple[str, ...], text: str = TEXT, *, ticket: str = "HELP-1", **options) -> None:
    entry = replace(ENTRY, request=replace(ENTRY.request, ticket=ticket))
    await run_note_command(command, entry, text, **({"secret_variables": ()} | options))


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


async def refusal(command: tuple[str, ...], **options) -> NoteCommandError:
    with pytest.raises(NoteCommandError) as caught:
        await give(command, **options)
    assert "What was sent is not affected." in caught.value.advice
    assert str(caught.value).isprintable()
    return caught.value


async def test_a_program_that_others_can_change_is_not_run(tmp_path):
    program = tmp_path / "ticket-system"
    program.write_text('#!/bin/sh\ncat > "$0.took"\n')
    program.chmod(0o777)
    error = await refusal((str(program),))
    assert f"was not run: Everybody may write to {program}." in str(error)
    assert "by hand" in error.advice
    assert not (tmp_path / "ticket-system.took").exists()


@pytest.mark.parametrize("text", [TEXT, f"{TEXT}\n"])
async def test_the_text_arrives_on_stdin_as_lines(tmp_path, text):
    kept = tmp_path / "note"
    await give(python(KEEP.format(str(kept))), text)
    assert kept.read_text(encoding="utf-8") == f"{TEXT}\n"


async def test_stdin_can_be_opened_by_its_name(tmp_path):
    kept = tmp_path / "note"
    await give(("cp", "/dev/stdin", str(kept)))
    assert kept.read_text(encoding="utf-8") == f"{TEXT}\n"


async def test_a_long_text_arrives_whole(tmp_path):
    kept = tmp_path / "note"
    await give(python(KEEP.format(str(kept))), "x" * 1_000_000)
    assert kept.stat().st_size == 1_000_001


async def test_fields_are_filled_in_without_a_shell(tmp_path):
    code = f"import sys; open({str(tmp_path / 'args')!r}, 'w').write(repr(sys.argv[1:]))"
    await give(python(code, "{ticket}", "--to={email}", "{{}}", "-"), ticket="#88; $(id) 'x'")
    assert (tmp_path / "args").read_text() == repr(
        ["#88; $(id) 'x'", "--to=ann.bell@acme.example", "{}", "-"]
    )


async def test_a_mask_hides_the_address_in_the_arguments_too(tmp_path):
    code = f"import sys; open({str(tmp_path / 'args')!r}, 'w').write(sys.argv[1])"
    await give(python(code, "{email}"), mask_address=True)
    assert (tmp_path / "args").read_text() == "a***@acme.example"


@pytest.mark.parametrize(
    ("command", "ticket", "said", "advised"),
    [
        (("gh", "{ticket}"), "", "was not run: it needs the ticket, which is missing.", "which ticket"),
        (("gh", "--t={ticket}"), "", "was not run: it needs the ticket, which is missing.", "which ticket"),
        (("gh", "{ticket}"), "--web", "it would take a value that starts with “-” for an option.", "by hand"),
    ],
)
async def test_a_command_that_is_not_run_says_so(command, ticket, said, advised):
    error = await refusal(command, ticket=ticket)
    assert str(error).startswith("The note command “gh” was not run: ")
    assert said in str(error)
    assert advised in error.advice


async def test_no_ticket_is_needed_if_the_command_does_not_use_it():
    await give(("true",), ticket="")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("no-such-program-anywhere",), "could not be started: No such file or directory."),
        (("/",), "could not be started: Permission denied."),
    ],
)
async def test_a_program_that_cannot_be_started(command, said):
    assert str(await refusal(command)) == f"The note command “{command[0]}” {said}"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("exit 3", "ended with exit code 3."),
        (
            "echo first >&2; echo 'no such issue' >&2; echo >&2; exit 1",
            "ended with exit code 1: no such issue",
        ),
        (
            r"printf 'a\033[31m\033]52;c;eA==\007b\n' >&2; exit 1",
            "code 1: a\ufffd[31m\ufffd]52;c;eA==\ufffdb",
        ),
        ("echo 'said on stdout'; exit 4", "ended with exit code 4: said on stdout"),
        ("echo out; echo err >&2; exit 4", "ended with exit code 4: err"),
        (r"printf '\377\376' >&2; exit 5", "ended with exit code 5: \ufffd\ufffd"),
        ("kill -9 $$", "was ended by signal 9."),
    ],
)
async def test_a_program_that_fails_is_quoted_by_its_last_line(code, said):
    error = await refusal(("sh", "-c", code))
    assert str(error).startswith("The note command “sh” ")
    assert str(error).endswith(said)
    assert "already in the ticket" in error.advice


async def test_a_long_last_line_is_shortened():
    assert len(str(await refusal(python("import sys; sys.exit('x' * 100_000)")))) < 350


async def test_the_last_line_of_megabytes_is_found():
    code = "import sys\nfor _ in range(200_000): print('some noise', file=sys.stderr)\nsys.exit('the end')"
    assert str(await refusal(python(code))).endswith("ended with exit code 1: the end")


async def test_megabytes_on_stdout_do_not_matter():
    await give(python("print('x' * 5_000_000)"))


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("code", ["import os; os.close(0)", "pass", "import sys; sys.stdin.read(3)"])
async def test_a_program_need_not_read_its_stdin(code, size):
    await give(python(code), "x" * size, seconds=20)


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read_end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    error = await refusal(("sh", "-c", f"exec 3>{pipe}; sleep 600 & echo ready >&3; wait"), seconds=1)
    assert str(error) == "The note command “sh” did not end within 1 seconds."
    assert "already in the ticket" in error.advice
    assert os.read(read_end, 100) == b"ready\n"
    # The pipe ends when the last of the two is gone; while one lives, this waits.
    os.set_blocking(read_end, True)
    assert await asyncio.wait_for(asyncio.to_thread(os.read, read_end, 100), patience(20)) == b""
    os.close(read_end)


@pytest.mark.parametrize("size", [10, 1_000_000])
async def test_cancelling_kills_the_program(tmp_path, size):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    task = asyncio.create_task(
        give(("sh", "-c", f"exec 3>{pipe}; echo ready >&3; exec sleep 600"), "x" * size)
    )
    read_end = await asyncio.to_thread(os.open, pipe, os.O_RDONLY)
    assert await asyncio.to_thread(os.read, read_end, 100) == b"ready\n"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(os.read, read_end, 100) == b""
    os.close(read_end)


async def test_the_program_does_not_see_our_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_PW", "hunter2")
    monkeypatch.setenv("CRM_OTHER", "of a friend")
    kept = tmp_path / "environment"
    await give(("sh", "-c", f"env > {kept}"), secret_variables={"CRM_PW"})
    assert "CRM_OTHER=of a friend" in kept.read_text()
    assert "hunter2" not in kept.read_text()


@pytest.mark.parametrize("command", ["true", "cat", "no-such-program-anywhere"])
@pytest.mark.parametrize("size", [10, 1_000_000])
async def test_nothing_stays_open(command, size):
    before = open_files()
    with suppress(NoteCommandError):
        await give((command,), "x" * size)
    # Files are closed at the loop's next iteration.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert open_files() == before
