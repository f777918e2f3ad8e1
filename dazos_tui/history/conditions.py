"""Conditions on the rows of the history, without SQL, and the SQL that both databases understand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dazos_tui.history.backend import Value
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.search_text import PERSON_END
from dazos_tui.history.times import format_time
from dazos_tui.text.normalize import fold
from dazos_tui.text.sanitize import safe_text


class HistoryField(StrEnum):
    """What a condition is about, and what rows can be sorted by."""

    ANYTHING = "anything"
    """Any text of the row; only for `contains`."""
    PERSON = "person"
    """Name, user name or e-mail; only for `contains`."""
    INSTANCE = "instance"
    ENVIRONMENT = "environment"
    OPERATOR = "operator"
    TICKET = "ticket"
    OUTCOME = "outcome"
    ACTION = "action"
    NAME = "name"
    EMAIL = "email"
    USER_ID = "user_id"
    REQUESTED_AT = "requested_at"
    FINISHED_AT = "finished_at"
    BACK_IN_AT = "back_in_at"


class Comparison(StrEnum):
    """How a condition compares. Texts of `contains` are folded: without case and accents."""

    IS = "is"
    CONTAINS = "contains"
    SINCE = "since"
    BEFORE = "before"
    IS_KNOWN = "is known"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a row; `negated` turns it round.

    `value` is a text, or a time for `since` (inclusive) and `before` (exclusive); `is known` needs none.
    """

    field: HistoryField
    comparison: Comparison
    value: str | datetime = ""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class RowOrder:
    """How rows are sorted. Without a field: in the order in which they were recorded."""

    field: HistoryField | None = None
    newest_first: bool = True


_NULLABLE = frozenset({HistoryField.FINISHED_AT, HistoryField.BACK_IN_AT})


def where(conditions: Sequence[Condition]) -> tuple[str, dict[str, Value]]:
    """Return the SQL of conditions that all hold, and its values. Raises ValueError for one without sense."""
    parts, values = [], dict[str, Value]()
    for number, one in enumerate(conditions):
        name = f"value_{number}"
        sql = _sql_of(one, f":{name}")
        parts.append(f"NOT ({sql})" if one.negated else sql)
        if one.comparison is not Comparison.IS_KNOWN:
            values[name] = _value_of(one)
    return " AND ".join(parts) or "1 = 1", values


def after(row: HistoryEntry, order: RowOrder) -> tuple[str, dict[str, Value]]:
    """Return the SQL that selects the rows that follow `row` in this order, and its values."""
    sign = "<" if order.newest_first else ">"
    values: dict[str, Value] = {"after_key": row.sort_key, "after_id": row.id}
    if order.field is None:
        return f"(sort_key, id) {sign} (:after_key, :after_id)", values
    values["after_value"] = _sorted_value(row, order.field)
    return f"({_sorted_by(order.field)}, sort_key, id) {sign} (:after_value, :after_key, :after_id)", values


def order_by(order: RowOrder) -> str:
    """Return the ORDER BY clause."""
    direction = "DESC" if order.newest_first else "ASC"
    columns = ["sort_key", "id"] if order.field is None else [_sorted_by(order.field), "sort_key", "id"]
    return "ORDER BY " + ", ".join(f"{column} {direction}" for column in columns)


def storable(text: str) -> str:
    """Return `text` as it is stored: safe for a terminal, with “?” for what UTF-8 cannot encode."""
    return safe_text(text.encode("utf-8", "replace").decode())


_COMPARED: Mapping[Comparison, str] = {
    Comparison.IS: "{column} = {value}",
    Comparison.SINCE: "{column} >= {value}",
    Comparison.BEFORE: "{column} < {value}",
    Comparison.IS_KNOWN: "{column} IS NOT NULL",
    Comparison.CONTAINS: "instr(lower({column}), {value}) > 0",
}
_CONTAINED: Mapping[HistoryField, str] = {
    HistoryField.ANYTHING: "instr(folded, {value}) > 0",
    # The second comparison on its own would be enough, but is slower.
    HistoryField.PERSON: "instr(folded, {value}) > 0 "
    f"AND instr(substr(folded, 1, instr(folded, '{PERSON_END}')), {{value}}) > 0",
}


def _sql_of(one: Condition, value: str) -> str:
    if one.field not in _CONTAINED:
        return _COMPARED[one.comparison].format(column=one.field.value, value=value)
    if one.comparison is not Comparison.CONTAINS:
        raise ValueError(f"{one.field} cannot be compared with “{one.comparison}”")
    return _CONTAINED[one.field].format(value=value)


def _value_of(one: Condition) -> str:
    if isinstance(one.value, datetime):
        return format_time(one.value)
    text = storable(one.value)
    return fold(text) if one.comparison is Comparison.CONTAINS else text


def _sorted_by(field: HistoryField) -> str:
    return f"COALESCE({field.value}, '')" if field in _NULLABLE else field.value


def _sorted_value(row: HistoryEntry, field: HistoryField) -> str:
    match field:
        case HistoryField.OUTCOME | HistoryField.ACTION:
            return str(getattr(row, field.value))
        case HistoryField.REQUESTED_AT:
            return format_time(row.requested_at)
        case HistoryField.FINISHED_AT:
            return format_time(row.finished_at) if row.finished_at else ""
        case HistoryField.BACK_IN_AT:
            return format_time(row.back_in.at) if row.back_in else ""
        case HistoryField.ANYTHING | HistoryField.PERSON:
            raise ValueError(f"rows cannot be sorted by {field}")
        case _:
            return str(getattr(row.request, field.value))
