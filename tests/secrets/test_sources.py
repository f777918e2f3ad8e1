import asyncio
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from pydantic import SecretStr

from dazos_tui.config.models import Config, Environment, Instance
from dazos_tui.secrets import SecretError, access_key_for, child_environment, password_for
from dazos_tui.secrets.keyring import (
    KeyringError,
    delete_password,
    keyring_user,
    store_password,
    stored_password,
)
from tests import keyrings
from tests.patience import patience

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


async def test_without_a_source_the_user_is_asked():
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
        ("print('hunter2' * 9_500)", "printed a first line of 65,536 bytes or more"),
        ("print('hunter2' * 20_000)", "printed a first line of 65,536 bytes or more"),
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


async def test_a_long_first_line_arrives_whole_whatever_follows():
    code = "print('x' * 65_535); print('more' * 100_000)"
    secret = await password_for(python(code))
    assert secret is not None
    assert secret.get_secret_value() == "x" * 65_535


def program(folder: Path) -> Path:
    path = folder / "crm-password"
    path.write_text("#!/bin/sh\necho hunter2\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("by_name", [False, True])
async def test_a_program_that_others_can_change_is_not_run(tmp_path, monkeypatch, by_name):
    path = program(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    of = instance(password_command=("crm-password" if by_name else str(path),))
    assert (await password_for(of)) is not None
    path.chmod(0o757)
    assert f"was not run: Everybody may write to {path}. Remove that permission: chmod go-w '{path}'" in str(
        await refusal(of)
    )
    path.chmod(0o755)
    tmp_path.chmod(0o777)
    assert f"was not run: Everybody may write to {tmp_path}." in str(await refusal(of))


async def test_a_link_to_a_program_that_others_can_change_is_not_run(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    path = program(folder)
    (tmp_path / "link").symlink_to(path)
    of = instance(password_command=(str(tmp_path / "link"),))
    assert (await password_for(of)) is not None
    folder.chmod(0o777)
    assert f"Everybody may write to {folder}." in str(await refusal(of))


async def test_a_program_keeps_the_name_it_was_called_with(tmp_path, monkeypatch):
    (tmp_path / "crm-password").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    secret = await password_for(instance(password_command=("crm-password", "-c", 'echo "$0"')))
    assert secret is not None
    assert secret.get_secret_value() == "crm-password"


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
    # The pipe ends when the last of the two is gone; while one lives, this waits.
    os.set_blocking(read_end, True)
    assert await asyncio.wait_for(asyncio.to_thread(os.read, read_end, 100), patience(20)) == b""
    os.close(read_end)


async def test_a_command_that_never_stops_printing_is_cut_off():
    of = python("import sys\nwhile True: sys.stdout.write('x' * 4096)")
    assert "did not end" in str(await refusal(of, seconds=0.3))


async def test_processes_left_running_are_not_waited_for():
    of = instance(password_command=("sh", "-c", "sleep 30 & echo hunter2"))
    secret = await password_for(of, seconds=20)
    assert secret is not None
    assert secret.get_secret_value() == "hunter2"


async def test_cancelling_kills_the_command(tmp_path):
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
async def test_an_error_about_an_access_key_names_it(source, said, advised):
    of = instance(**{"access_key_env" if isinstance(source, str) else "access_key_command": source})
    with pytest.raises(SecretError) as caught:
        await access_key_for(of, seconds=0.3)
    assert said in str(caught.value)
    assert advised.replace("COMMAND", "access_key_command") in caught.value.advice
    assert "password" not in str(caught.value) + caught.value.advice
    told = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in told
    assert "_FailedError" not in told


def test_no_program_of_ours_gets_the_variables_that_hold_secrets(monkeypatch):
    monkeypatch.setenv("CRM_PW", "hunter2")
    monkeypatch.setenv("CRM_OTHER", "of a friend")
    environment = child_environment({"CRM_PW", "CRM_KEY"})
    assert "CRM_PW" not in environment
    assert environment["CRM_OTHER"] == "of a friend"


async def test_a_command_does_not_see_the_secrets_of_any_instance(monkeypatch):
    for name in ("OWN_KEY", "THEIR_PW", "THEIR_KEY", "OF_NOBODY"):
        monkeypatch.setenv(name, name.lower())
    code = "import os; print(sorted({'OWN_KEY', 'THEIR_PW', 'THEIR_KEY', 'OF_NOBODY'} & {*os.environ}))"
    mine = instance(password_command=(sys.executable, "-c", code), access_key_env="OWN_KEY")
    theirs = instance(password_env="THEIR_PW", access_key_env="THEIR_KEY")
    config = Config(instances={"mine": mine, "theirs": theirs})
    seen = await password_for(config.instances["mine"])
    assert seen is not None
    assert seen.get_secret_value() == "['OF_NOBODY']"


@pytest.fixture
def keyring_file(monkeypatch, tmp_path):
    """A keyring that works."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", keyrings.FILE)
    monkeypatch.setenv(keyrings.PLACE, str(tmp_path / "keyring.json"))


def use(monkeypatch, kind: type) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"{kind.__module__}.{kind.__qualname__}")


async def kept(of: Instance) -> str | None:
    secret = await password_for(of)
    return None if secret is None else secret.get_secret_value()


@pytest.mark.usefixtures("keyring_file")
async def test_the_keyring_returns_a_stored_password_until_it_is_deleted():
    assert await kept(instance()) is None
    await store_password(instance(), SecretStr("first"))
    await store_password(instance(), SecretStr(SECRET))
    assert await kept(instance()) == SECRET
    assert await delete_password(instance())
    assert not await delete_password(instance())
    assert await kept(instance()) is None


@pytest.mark.usefixtures("keyring_file")
async def test_another_address_or_user_does_not_get_the_password():
    await store_password(instance(), SecretStr(SECRET))
    moved = instance().model_copy(update={"url": "https://b.example/"})
    assert await kept(moved) is None
    assert await kept(instance().model_copy(update={"username": "v"})) is None
    assert len({keyring_user(one) for one in (instance(), moved)}) == 2


@pytest.mark.usefixtures("keyring_file")
async def test_the_keyring_is_not_used_if_another_source_is_configured(monkeypatch):
    await store_password(instance(), SecretStr("of the keyring"))
    monkeypatch.setenv("CRM_PW", "of the variable")
    assert await kept(instance(password_env="CRM_PW")) == "of the variable"
    assert await kept(python("print('of the command')")) == "of the command"
    assert await kept(instance(keyring=False)) is None
    assert await kept(instance(keyring=True)) == "of the keyring"
    assert await access_key_for(instance()) is None


async def told_by(of: Instance, **options) -> list[str]:
    """Return the warnings about a keyring that gives no password."""
    lines: list[str] = []
    assert await password_for(of, on_warning=lines.append, **options) is None
    return lines


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("keyring.backends.fail.Keyring", "No keyring service here: "),
        ("keyring.backends.null.Keyring", "No keyring service here: "),
        ("keyrings.alt.file.PlaintextKeyring", "keyrings.alt.file.PlaintextKeyring is just a file"),
        ("tests.keyrings.LockedKeyring", "The keyring is locked."),
        ("no.such.Keyring", "The keyring cannot be used (ModuleNotFoundError)."),
        ("tests.keyrings.NoSuchKeyring", "The keyring cannot be used (AttributeError)."),
    ],
)
@pytest.mark.usefixtures("keyring_file")
async def test_an_unusable_keyring_is_reported_in_one_line_and_the_user_is_asked(monkeypatch, backend, said):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    (line,) = await told_by(instance())
    assert said in line
    assert "hunter2" not in line
    assert len(line.splitlines()) == 1
    with pytest.raises(KeyringError) as caught:
        await stored_password(instance())
    assert str(caught.value) == line
    assert "password_command" in caught.value.advice
    assert await told_by(instance(keyring=False)) == []


def test_a_plain_file_that_the_library_finds_by_itself_is_not_used(tmp_path):
    # In a process of its own, since the library remembers the backend it found.
    code = (
        "import asyncio; from keyring import get_keyring; from dazos_tui.secrets import keyring as k;"
        "print(type(get_keyring()).__module__)\n"
        "try: asyncio.run(k.require_keyring())\nexcept k.KeyringError as error: print(error)"
    )
    nothing_else = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], env=nothing_else, capture_output=True, text=True, check=True
    )
    chosen, told = done.stdout.splitlines()
    assert chosen == "keyrings.alt.file"
    assert "keyrings.alt.file.PlaintextKeyring is just a file, and is not used" in told


@pytest.mark.parametrize("kind", [keyrings.ForgetfulKeyring, keyrings.LoudKeyring])
@pytest.mark.usefixtures("keyring_file")
async def test_a_keyring_that_stores_nothing_is_reported_without_the_password(monkeypatch, kind):
    use(monkeypatch, kind)
    with pytest.raises(KeyringError) as caught:
        await store_password(instance(), SecretStr(SECRET))
    assert "does not return it" in str(caught.value) or "(OSError)" in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.usefixtures("keyring_file")
async def test_a_hanging_keyring_is_waited_for_once_and_blocks_nothing(monkeypatch):
    await store_password(instance(), SecretStr(SECRET))
    use(monkeypatch, keyrings.HangingKeyring)
    asked = asyncio.create_task(told_by(instance(), keyring_seconds=0.3))
    turns = 0
    while not asked.done():
        await asyncio.sleep(0)
        turns += 1
    assert await asked == ["The keyring did not answer within 0.3 seconds."]
    assert turns > 100
    before = monotonic()
    assert await told_by(instance(), keyring_seconds=60) == [
        "The keyring has not answered the previous request yet."
    ]
    assert monotonic() - before < patience(10)
    keyrings.HangingKeyring.answers.set()
    for thread in threading.enumerate():
        if thread.name == "keyring":
            await asyncio.to_thread(thread.join, 20)
    assert await kept(instance()) == SECRET
    keyrings.HangingKeyring.answers.clear()


def test_a_hanging_keyring_does_not_keep_the_program_from_ending(monkeypatch):
    use(monkeypatch, keyrings.HangingKeyring)
    code = (
        "import asyncio; from dazos_tui.secrets import keyring as k;"
        "from dazos_tui.config.models import Instance;"
        "i = Instance(name='a', url='https://a.example', username='u', environment='sandbox')\n"
        "try: asyncio.run(k.stored_password(i, seconds=0.1))\nexcept k.KeyringError as e: print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=patience(60)
    )
    assert (done.stdout, done.stderr) == ("The keyring did not answer within 0.1 seconds.\n", "")
