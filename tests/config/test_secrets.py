import asyncio
import os
import sys
import traceback
from typing import Any

import pytest

from dazos_tui.config import Environment, Instance
from dazos_tui.secrets import SecretError, access_key_for, password_for

SECRET = "hunter2 with ünï"


def instance(**source: Any) -> Instance:
    return Instance(
        name="a", url="https://a.example", username="u", environment=Environment.SANDBOX, **source
    )


def python(code: str) -> Instance:
    return instance(password_command=(sys.executable, "-c", code))


async def refusal(of: Instance, **options) -> SecretError:
    with pytest.raises(SecretError) as caught:
        await password_for(of, **options)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "hunter2" not in told.replace(repr(of), "")
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize("end", ["", "\\n", "\\r\\n", "\\nsecond line\\n"])
async def test_the_first_line_is_the_password(end):
    secret = await password_for(python(f"import sys; sys.stdout.buffer.write('{SECRET}{end}'.encode())"))
    assert secret is not None
    assert secret.get_secret_value() == SECRET
    assert "hunter2" not in repr(secret) + str(secret)


async def test_spaces_are_part_of_a_password():
    secret = await password_for(python("print('  a b  ')"))
    assert secret is not None
    assert secret.get_secret_value() == "  a b  "


async def test_no_source_means_that_a_person_is_asked():
    assert await password_for(instance()) is None


async def test_a_variable_holds_the_password(monkeypatch):
    monkeypatch.setenv("CRM_PW", SECRET)
    secret = await password_for(instance(password_env="CRM_PW"))
    assert secret is not None
    assert secret.get_secret_value() == SECRET


async def test_a_variable_that_is_missing_or_empty_is_named(monkeypatch):
    monkeypatch.delenv("CRM_PW", raising=False)
    assert "variable CRM_PW" in str(error := await refusal(instance(password_env="CRM_PW")))
    assert "is not set" in str(error)
    monkeypatch.setenv("CRM_PW", "")
    assert "is empty" in str(await refusal(instance(password_env="CRM_PW")))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; print('hunter2'); sys.exit(3)", "ended with exit code 3."),
        (
            "import sys; print('hunter2'); sys.exit('no \\x1b[31mkey\\nmore')",
            "ended with exit code 1: no \ufffd[31mkey",
        ),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9."),
        ("pass", "printed no password"),
        ("print(); print('hunter2')", "printed no password"),
        ("import sys; sys.stdout.buffer.write(b'hunter2\\xff')", "not UTF-8"),
    ],
)
async def test_a_command_that_fails_is_named_with_its_exit_code(code, said):
    message = str(await refusal(python(code)))
    assert f"“{sys.executable}”" in message
    assert said in message


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("no-such-program-anywhere",), "could not be started: No such file"),
        (("/",), "could not be started: Permission denied"),
        (("a\0b",), "could not be started: not a program"),
    ],
)
async def test_a_program_that_cannot_be_started(command, said):
    of = instance().model_copy(update={"password_command": command})
    assert said in str(await refusal(of))


async def test_the_command_cannot_read_from_the_terminal():
    secret = await password_for(python("import sys; print(repr(sys.stdin.read()))"))
    assert secret is not None
    assert secret.get_secret_value() == "''"


async def test_a_command_that_takes_too_long_is_killed_with_its_children(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read_end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    of = instance(password_command=("sh", "-c", f"exec 3>{pipe}; sleep 600 & echo ready >&3; wait"))
    assert "did not end within 1 seconds" in str(await refusal(of, seconds=1))
    assert os.read(read_end, 100) == b"ready\n"
    # The end comes when the last of the two is gone; as long as one lives, this waits.
    os.set_blocking(read_end, True)
    assert await asyncio.wait_for(asyncio.to_thread(os.read, read_end, 100), 20) == b""
    os.close(read_end)


async def test_a_command_that_never_stops_printing_is_cut_off():
    of = python("import sys\nwhile True: sys.stdout.write('x' * 4096)")
    assert "did not end" in str(await refusal(of, seconds=0.3))


async def test_what_a_command_leaves_running_is_not_waited_for():
    of = instance(password_command=("sh", "-c", "sleep 30 & echo hunter2"))
    secret = await password_for(of, seconds=20)
    assert secret is not None
    assert secret.get_secret_value() == "hunter2"


async def test_giving_up_kills_the_command(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    of = instance(password_command=("sh", "-c", f"exec 3>{pipe}; echo ready >&3; exec sleep 600"))
    task = asyncio.create_task(password_for(of))
    read_end = await asyncio.to_thread(os.open, pipe, os.O_RDONLY)
    assert await asyncio.to_thread(os.read, read_end, 100) == b"ready\n"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(os.read, read_end, 100) == b""
    os.close(read_end)


async def test_an_access_key_comes_from_its_own_command_or_variable(monkeypatch):
    monkeypatch.setenv("CRM_KEY", "key of hunter2")
    assert await access_key_for(instance(password_env="CRM_KEY")) is None
    assert await password_for(instance(access_key_env="CRM_KEY")) is None
    for of in (instance(access_key_env="CRM_KEY"), instance(access_key_command=("echo", "key of hunter2"))):
        key = await access_key_for(of)
        assert key is not None
        assert key.get_secret_value() == "key of hunter2"
        assert "hunter2" not in repr(key) + str(key)


@pytest.mark.parametrize(
    ("source", "said", "advised"),
    [
        (
            ("sh", "-c", "echo hunter2; exit 3"),
            "The access key command “sh” ended with exit code 3.",
            "COMMAND",
        ),
        (("true",), "The access key command “true” printed no access key", "COMMAND"),
        (("no-such-program-anywhere",), "The access key command “no-such-", "COMMAND"),
        (("sleep", "600"), "The access key command “sleep” did not end within 0.3 seconds.", "COMMAND"),
        (
            "NO_SUCH_KEY",
            "NO_SUCH_KEY, which should hold the access key, is not set.",
            "or use COMMAND instead",
        ),
    ],
)
async def test_an_access_key_that_cannot_be_had_is_called_so(source, said, advised):
    of = instance(**{"access_key_env" if isinstance(source, str) else "access_key_command": source})
    with pytest.raises(SecretError) as caught:
        await access_key_for(of, seconds=0.3)
    assert said in str(caught.value)
    assert advised.replace("COMMAND", "access_key_command") in caught.value.advice
    assert "password" not in str(caught.value) + caught.value.advice
    told = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in told
    assert "_FailedError" not in told
