import os
import pty
import sys
import termios
import tty
from datetime import UTC, datetime

import pytest

from dazos_tui.cli._support.exit_codes import (
    CommandError,
    ExitCode,
    echo_error,
    exit_code_for,
    exit_code_for_outcome,
)
from dazos_tui.cli._support.output import format_table
from dazos_tui.cli._support.terminal_keys import keys_read, keys_suspended
from dazos_tui.config.errors import ConfigError
from dazos_tui.crm import errors as crm
from dazos_tui.demo.errors import DemoError
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryError
from dazos_tui.secrets import SecretError

NOW = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(""), 2),
        (DemoError(""), 2),
        (HistoryError("", advice=""), 3),
        (crm.ForbiddenItemError(""), 3),
        (crm.UserNotFoundError(""), 4),
        (SecretError(""), 5),
        (crm.SignInError(""), 5),
        (crm.SignedOutError(""), 5),
        (crm.PermissionDeniedError(""), 6),
        (crm.UnclearAnswerError(""), 7),
        (crm.UnreachableError(""), 8),
        (crm.TlsError(""), 8),
        (crm.ConnectionLostError(""), 8),
        (crm.WrongHostError(""), 8),
        (crm.NotACrmError(""), 8),
        (crm.UnexpectedPageError(""), 8),
        (CommandError(ExitCode.NO_MATCH, "", advice=""), 4),
        (ValueError(""), None),
    ],
)
def test_every_error_has_its_code(error, code):
    assert exit_code_for(error) == code


def test_all_crm_errors_have_an_exit_code():
    classes = [cls for cls in vars(crm).values() if isinstance(cls, type)]
    assert all(exit_code_for(cls("")) is not None for cls in classes if issubclass(cls, crm.CrmError))


@pytest.mark.parametrize(
    ("outcome", "error", "code"),
    [
        (Outcome.SENT, None, 0),
        (Outcome.REFUSED, None, 3),
        (Outcome.REFUSED, crm.PermissionDeniedError(""), 6),
        (Outcome.NOT_SENT, crm.UnreachableError(""), 3),
        (Outcome.UNKNOWN, crm.ConnectionLostError(""), 7),
    ],
)
def test_every_outcome_has_its_code(outcome, error, code):
    assert exit_code_for_outcome(outcome, error) == code


def test_columns_are_aligned_by_terminal_cells():
    assert format_table([("王小明", "x", "1"), ("Zoe\u0301", "", "22"), ("", "yy", "")]) == [
        "王小明  x   1",
        "Zoe\u0301         22",
        "        yy",
    ]
    assert format_table([]) == []


def test_no_message_can_control_the_terminal(capsys):
    echo_error(HistoryError("The file a\x1b[31m\nis damaged.", advice="Move it\x07 away."))
    assert capsys.readouterr().err == "The file a\ufffd[31m\nis damaged.\nMove it\ufffd away.\n"


async def test_a_terminal_that_cannot_be_set_leaves_a_batch_without_keys(monkeypatch):
    def refuse(*_):
        raise termios.error(5, "Input/output error")

    ours, theirs = pty.openpty()
    with os.fdopen(ours), os.fdopen(theirs) as terminal:
        for name in ("stdin", "stderr"):
            monkeypatch.setattr(sys, name, terminal)
        monkeypatch.setattr(tty, "setcbreak", refuse)
        with keys_read(pytest.fail), keys_suspended():
            pass
