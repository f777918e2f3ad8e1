"""The statements that write to the history: each changes a row and appends the event to the chain."""

import os
from dataclasses import replace

from dazos_tui.history.backend import Statement, Value
from dazos_tui.history.chain import back_in_facts, outcome_facts, personal_text, request_facts
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.search_text import search_text
from dazos_tui.history.statements import (
    ADVANCE_HEAD,
    APPEND_BACK_IN,
    APPEND_ERASED,
    APPEND_FINISHED,
    APPEND_NOTED,
    APPEND_REQUESTED,
    INSERT_REQUEST,
    REQUEST_COLUMNS,
    UPDATE_BACK_IN,
    UPDATE_ERASED,
    UPDATE_NOTED,
    UPDATE_OUTCOME,
)

ERASED_NAME = "(erased)"
"""The name of a person whose data was erased."""


def erased_request(request: ResetRequest) -> ResetRequest:
    """Return what stays of a request once its person is erased: nothing that may lead to them."""
    return replace(request, user_id="", user_name="", name=ERASED_NAME, email="", ticket="", batch="")


def request_values(uid: str, request: ResetRequest, action: str, *, now: str | None) -> dict[str, Value]:
    """Return the values of `INSERT_REQUEST`, without a guard; `now` is None for the clock that counts."""
    return {name: getattr(request, name) for name in REQUEST_COLUMNS} | {
        "uid": uid,
        "salt": os.urandom(16),
        "action": action,
        "outcome": Outcome.UNKNOWN.value,
        "folded": search_text(request, Outcome.UNKNOWN, "", action),
        "now": now,
        "is_brought_in": 0,
        "is_guarded": 0,
        "unless_after": 0,
    }


def request_statements(values: dict[str, Value], request: ResetRequest) -> tuple[Statement, ...]:
    """Return the statements that record a request, from its `request_values`."""
    uid = str(values["uid"])
    return (
        Statement(INSERT_REQUEST, values),
        Statement(APPEND_REQUESTED, {"uid": uid, "personal": personal_text(request)}),
        Statement(ADVANCE_HEAD, {"facts": request_facts(uid, request, str(values["action"]))}),
    )


def outcome_statements(
    entry_id: int, outcome: str, message: str, folded: str, now: str | None
) -> tuple[Statement, ...]:
    """Return the statements that record an outcome, unless there is one. The first returns the row's id."""
    values: dict[str, Value] = {
        "id": entry_id, "outcome": outcome, "message": message, "folded": folded, "now": now
    }  # fmt: skip
    return (
        Statement(UPDATE_OUTCOME, values),
        Statement(APPEND_FINISHED, {"id": entry_id}),
        Statement(ADVANCE_HEAD, {"facts": outcome_facts(outcome)}),
    )


def back_in_statements(entry_id: int, at: str, proof: str) -> tuple[Statement, ...]:
    """Return the statements that record that somebody is back in, unless the row says so."""
    return (
        Statement(UPDATE_BACK_IN, {"id": entry_id, "at": at, "proof": proof}),
        Statement(APPEND_BACK_IN, {"id": entry_id}),
        Statement(ADVANCE_HEAD, {"facts": back_in_facts(at, proof)}),
    )


def noted_statements(entry_id: int, now: str | None) -> tuple[Statement, ...]:
    """Return the statements that record that a note about a row was taken, unless the row says so."""
    return (
        Statement(UPDATE_NOTED, {"id": entry_id, "now": now}),
        Statement(APPEND_NOTED, {"id": entry_id}),
        Statement(ADVANCE_HEAD, {"facts": ""}),
    )


def erasing_statements(
    entry_id: int, request: ResetRequest, outcome: str, action: str, now: str | None
) -> tuple[Statement, ...]:
    """Return the statements that erase whom a row was for, unless that is done."""
    folded = search_text(erased_request(request), outcome, "", action)
    values: dict[str, Value] = {"id": entry_id, "name": ERASED_NAME, "folded": folded, "now": now}
    return (
        Statement(UPDATE_ERASED, values),
        Statement(APPEND_ERASED, {"id": entry_id}),
        Statement(ADVANCE_HEAD, {"facts": ""}),
    )
