"""Rows of a history from its JSON, which somebody may have edited by hand."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from dazos_tui.history.chain import legacy_uid
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import BackInProof, CrmAction, Outcome, ResetRequest
from dazos_tui.history.search_text import storable
from dazos_tui.history.times import format_time, parse_time
from dazos_tui.history.transfer import PortableRow
from dazos_tui.history.writing import ERASED_NAME
from dazos_tui.text.sanitize import safe_text

_TEXTS = ("instance", "environment", "host", "operator", "ticket", "message")
_OPTIONAL_TEXTS = ("server", "os_user", "os_host", "sudo_user", "batch")
_USER_TEXTS = ("id", "user_name", "name", "email")
_UID = re.compile(r"[0-9a-f]{32}")
_MAX_LINE = 1_000_000


class UnreadableRowError(HistoryError):
    """A line of a file is not a row of a history: `str(error)` names the line."""


def iter_json_rows(path: Path) -> Iterator[PortableRow]:
    """Yield the rows in a file of JSON Lines, the oldest first, whatever their order in the file.

    The whole file is checked before the first row. Raises UnreadableRowError, OSError.
    """
    with path.open("rb") as file:
        # Only where the rows are is kept in memory.
        places = sorted((row.requested_at, number, offset) for number, offset, row in _iter_lines(file, path))
        for _, number, offset in places:
            file.seek(offset)
            yield _row_in(file.readline(_MAX_LINE + 1), number, path)


def _iter_lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, int, PortableRow]]:
    """Yield number, place in the file and row of each line that is not empty."""
    number, offset = 0, 0
    while line := file.readline(_MAX_LINE + 1):
        number += 1
        if line.strip():
            yield number, offset, _row_in(line, number, path)
        offset += len(line)


def _row_in(line: bytes, number: int, path: Path) -> PortableRow:
    try:
        return _row_of(_parsed(line))
    except ValueError as error:
        raise UnreadableRowError(
            f"{safe_text(str(path))}, line {number}: {error}.",
            advice="Nothing was brought in. Correct the line, or export the history again.",
        ) from None


def _parsed(line: bytes) -> dict[str, Any]:
    if len(line) > _MAX_LINE:
        raise ValueError("the line is too long")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("this is not JSON") from None
    if not isinstance(record, dict):
        raise ValueError("this is not an object in braces")
    return record


def _row_of(record: Mapping[str, Any]) -> PortableRow:
    user = record.get("user")
    if not isinstance(user, dict):
        raise ValueError("“user” is missing or not an object")
    texts = {key: _text(record, key) for key in _TEXTS}
    texts |= {key: _text(record, key, default="") for key in _OPTIONAL_TEXTS}
    person = {key: _text(user, key, of="user.") for key in _USER_TEXTS}
    requested_at = _time(record, "requested_at")
    back_in_at, proof = _optional_time(record, "back_in_at"), record.get("proof")
    if (back_in_at is None) != (proof is None):
        raise ValueError("“back_in_at” and “proof” belong together")
    outcome, finished_at = _word(record, "outcome", Outcome), _optional_time(record, "finished_at")
    if finished_at is None and outcome != Outcome.UNKNOWN:
        raise ValueError(f"the outcome is “{outcome}”, but “finished_at” is missing")
    request = ResetRequest(
        instance=texts["instance"], environment=texts["environment"], host=texts["host"],
        operator=texts["operator"], user_id=person["id"], user_name=person["user_name"], name=person["name"],
        email=person["email"], ticket=texts["ticket"], **{key: texts[key] for key in _OPTIONAL_TEXTS},
    )  # fmt: skip
    return PortableRow(
        uid=_uid(record, requested_at, request),
        request=request,
        requested_at=requested_at,
        finished_at=finished_at,
        outcome=outcome,
        message=texts["message"] if finished_at else "",
        action=_word(record, "action", CrmAction),
        back_in_at=back_in_at,
        proof=_word(record, "proof", BackInProof) if proof is not None else None,
        erased_at=(finished_at or requested_at) if _is_erased(request) else None,
        noted_at=_optional_time(record, "noted_at"),
    )


def _is_erased(request: ResetRequest) -> bool:
    return request.name == ERASED_NAME and not (request.user_id or request.user_name or request.email)


def _uid(record: Mapping[str, Any], requested_at: str, request: ResetRequest) -> str:
    if record.get("uid"):
        uid = _text(record, "uid")
        if not _UID.fullmatch(uid):
            raise ValueError("“uid” is not 32 digits and letters from a to f")
        return uid
    number = record.get("history_id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError("“history_id” is missing or not a whole number")
    return legacy_uid(number, requested_at, request.instance, request.host, request.operator)


def _text(record: Mapping[str, Any], key: str, *, of: str = "", default: str | None = None) -> str:
    value = record.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"“{of}{key}” is missing or not a text")
    return storable(value)


def _time(record: Mapping[str, Any], key: str) -> str:
    try:
        return format_time(parse_time(_text(record, key)))
    except ValueError:
        raise ValueError(f"“{key}” is not a time such as 2026-11-23T13:37:00.000Z") from None


def _optional_time(record: Mapping[str, Any], key: str) -> str | None:
    return None if record.get(key) is None else _time(record, key)


def _word(record: Mapping[str, Any], key: str, kind: Callable[[str], str]) -> str:
    value = _text(record, key)
    try:
        return str(kind(value))
    except ValueError:
        raise ValueError(f"“{key}” cannot be “{safe_text(value, limit=40)}”") from None
