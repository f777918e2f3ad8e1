"""Reading a ticket with real programs: what they print, and everything that can go wrong with them."""

import asyncio
import json
import sys
import time

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.notes.ticket_command import TicketCommandError, read_ticket, require_ticket
from tests.patience import patience
from tests.support import is_running, until

ACME = Instance(name="acme", url="https://crm.acme.example/", username="jo", environment="production")


def prints(code: str) -> list[str]:
    """Return a command that runs Python code; the ticket is its argument."""
    return [sys.executable, "-c", f"import sys\n{code}", "{ticket}"]


async def read(command, ticket="T-1042", **options):
    seconds = options.pop("seconds", patience(10))
    return await read_ticket(command, ticket, ACME, secret_variables=(), seconds=seconds, **options)


async def problem(command, ticket="T-1042", **options):
    with pytest.raises(TicketCommandError) as caught:
        await read(command, ticket, **options)
    return str(caught.value)


async def test_the_ticket_and_the_instance_are_arguments_and_no_shell_reads_them(tmp_path):
    code = "print(sys.argv[1:])"
    command = [*prints(code), "{instance}/{environment}", "{host}", "{operator}"]
    shown = await read(command, "$(touch x); `touch y` | cat")
    assert eval(shown.text) == [  # noqa: S307 - what the command printed
        "$(touch x); `touch y` | cat", "acme/production", "crm.acme.example", "jo",
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ticket", ["-x", "--help", "", "  ", "a\nb", "a\x1bb", "x" * 201])
async def test_a_ticket_that_is_no_argument_is_refused_before_anything_runs(ticket, tmp_path):
    ran = tmp_path / "ran"
    await problem(prints(f"open({str(ran)!r}, 'w')"), ticket)
    assert not ran.exists()
    with pytest.raises(TicketCommandError):
        require_ticket(ticket)


async def test_the_strings_of_json_are_read(tmp_path):
    shown = {
        "title": "Login",
        "body": "Hi\nbea@example.com\r\n",
        "n": 3,
        "c": [{"t": "<b>ann@example.com</b>"}],
    }
    file = tmp_path / "ticket.json"
    file.write_text(json.dumps(shown))
    text = (await read(prints(f"print(open({str(file)!r}).read())"))).text
    assert text.split() == ["Login", "Hi", "bea@example.com", "ann@example.com"]


async def test_an_html_mail_is_read_without_its_tags():
    html = "<p>From: Bea&nbsp;<b>Amber</b> &lt;bea&#64;example.com&gt;<br>x</p><bea.b@example.com>"
    text = (await read(prints(f"print({html!r})"))).text
    assert text.split() == ["From:", "Bea", "Amber", "<bea@example.com>", "x", "<bea.b@example.com>"]


async def test_a_long_ticket_is_read_at_its_start_and_end_also_if_it_is_json():
    parts = "['first@example.com\\n', 'x\\n' * 90_000, 'a\\nlast@example.com']"
    shown = await read(prints(f"import json\nprint(json.dumps({parts}))"))
    assert shown.is_cut
    assert "first@example.com" in shown.text.split()[0]
    assert "last@example.com" in shown.text.split()[-1]
    assert "nlast" not in shown.text


async def test_the_last_line_of_a_command_that_fails_is_its_reason():
    said = await problem(prints("print('one\\n\\x1b[31mno such ticket\\n', file=sys.stderr); sys.exit(3)"))
    assert said.endswith(" ended with exit code 3: �[31mno such ticket")
    assert "exit code 4: on stdout" in await problem(prints("print('on stdout'); sys.exit(4)"))


async def test_a_missing_command_and_one_that_others_can_change(tmp_path):
    assert "could not be started: " in await problem(["/no/such/program", "{ticket}"])
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o777)
    assert "was not run: " in await problem([str(script), "{ticket}"])


async def test_a_command_that_hangs_is_killed_with_everything_it_started(tmp_path):
    pid = tmp_path / "pid"
    command = ["sh", "-c", f"sleep 600 & echo $! > {pid}; wait", "{ticket}"]
    said = await problem(command, seconds=1)
    assert said == "The ticket command “sh” did not end within 1 seconds."
    await until(lambda: not is_running(int(pid.read_text())))


async def test_a_command_that_floods_is_stopped_in_time_and_uses_little_memory():
    began = time.monotonic()
    assert "did not end within" in await problem(["sh", "-c", "yes bea@example.com", "{ticket}"], seconds=1)
    assert time.monotonic() - began < patience(5)


async def test_cancelling_kills_the_command(tmp_path):
    pid = tmp_path / "pid"
    command = ["sh", "-c", f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 600", "{ticket}"]
    task = asyncio.create_task(read(command))
    await until(pid.exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not is_running(int(pid.read_text())))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.stdout.buffer.write(bytes(range(256)) * 10)", "printed something that is not text."),
        ("sys.stdout.buffer.write(b'\\xff\\xfe' * 100)", "printed something that is not text."),
        ("print()", "printed nothing."),
        ("", "printed nothing."),
    ],
)
async def test_output_that_is_not_text_is_a_problem(code, said):
    assert (await problem(prints(code))).endswith(said)


async def test_no_secret_reaches_the_command(monkeypatch):
    monkeypatch.setenv("ACME_PASSWORD", "hunter2")
    command = prints("import os; print(os.environ.get('ACME_PASSWORD', 'none'))")
    shown = await read_ticket(command, "T-1", ACME, secret_variables={"ACME_PASSWORD"}, seconds=patience(10))
    assert shown.text.strip() == "none"
