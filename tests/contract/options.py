"""The options with which the contract tests run against an instance of your own."""

import shlex
from pathlib import Path

import pytest

from dazos_tui.config.load import load_config
from dazos_tui.config.models import Instance

NAME = "contract"
"""The name of the instance that the options describe."""


def add_options(parser: pytest.Parser) -> None:
    """Add the options of ``pytest tests/contract``."""
    group = parser.getgroup("contract", "contract tests against an instance (tests/contract)")
    for name, words in (
        ("--crm-url", "the address of the instance; without it, the tests run on the demo's instances"),
        ("--crm-user", "the user name of an administrator"),
        ("--crm-password-command", "a command that prints the password"),
        ("--crm-access-key-command", "a command that prints the account's access key, for the API"),
        ("--crm-plain-user", "the user name of an account without admin rights"),
        ("--crm-plain-password-command", "a command that prints that account's password"),
        ("--crm-config", "a config file that has the instance, instead of --crm-url"),
        ("--crm-instance", "the instance's name in that file"),
        ("--mail-to", "send one real reset link to this user name"),
    ):
        group.addoption(name, metavar=name.rpartition("-")[2].upper(), help=words)


def configured_instance(config: pytest.Config) -> Instance | None:
    """Return the instance that the options describe, or None if there are none. Raises UsageError."""
    file, name = config.getoption("--crm-config"), config.getoption("--crm-instance")
    url, user = config.getoption("--crm-url"), config.getoption("--crm-user")
    if not file and not url:
        return None
    key = shlex.split(config.getoption("--crm-access-key-command") or "") or None
    if file:
        if not name:
            raise pytest.UsageError("--crm-config needs --crm-instance NAME")
        instance = load_config(Path(file)).instance(name)
        return instance.model_copy(update={"access_key_command": tuple(key)}) if key else instance
    password = shlex.split(config.getoption("--crm-password-command") or "")
    if not user or not password:
        raise pytest.UsageError("--crm-url needs --crm-user and --crm-password-command")
    return Instance(
        name=NAME, url=url, username=user, environment="sandbox", password_command=password,
        access_key_command=key,
    )  # fmt: skip


def plain_account(config: pytest.Config) -> tuple[str, tuple[str, ...]] | None:
    """Return an account without admin rights: its user name, and the command that prints its password."""
    user = config.getoption("--crm-plain-user")
    command = shlex.split(config.getoption("--crm-plain-password-command") or "")
    return (user, tuple(command)) if user and command else None
