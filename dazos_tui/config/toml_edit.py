"""One change to a TOML document that keeps every other byte of it.

TOML has many ways to write the same thing (tables, dotted keys, inline tables, different quotes). A document
is cut into statements, each of which is valid TOML by itself; only the changed ones are rewritten.
"""

import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Keys = tuple[str, ...]
"""The keys from the top of a document down to a value."""

Value = str | int | bool | list["Value"] | dict[str, "Value"]
"""A value of a key; a dictionary is written as an inline table."""
Change = Value | None
"""The new content at some keys: a value, a table with a header of its own (a dictionary), or None to remove
them."""

_BOM = "\ufeff"
_CLOSING = re.compile(r"\"\"\"|'''|[]}]")
"""What the last line of a multi-line value contains."""
_INEXACT = "dazos-tui cannot make this change without changing something else in the file"


@dataclass(frozen=True, slots=True)
class _Statement:
    """A table's header, or a key with its value, in the lines from `start` up to, not including, `end`."""

    start: int
    end: int
    keys: Keys
    table: Keys
    """The table it is in; a header is in its own."""

    @property
    def is_header(self) -> bool:
        return self.keys == self.table


def apply_change(text: str, keys: Keys, change: Change) -> str:
    """Return the document with only this change. Raises ValueError if that is impossible, or for bad TOML."""
    mark = _BOM if text.startswith(_BOM) else ""
    lines = re.findall(r".*\n|.+", text.removeprefix(_BOM))
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    statements = [*_statements(lines)]
    holder = next((one for one in statements if not one.is_header and _starts_with(keys, one.keys)), None)
    if holder is not None and (change is not None or holder.keys != keys):
        old = "".join(lines[holder.start : holder.end])
        lines[holder.start : holder.end] = [_rewrite_statement(old, keys[len(holder.table) :], change)]
    elif change is None:
        _remove(lines, statements, keys)
    elif isinstance(change, dict):
        if any(one.is_header and one.keys == keys for one in statements):
            # Some ways to write a table cannot be changed key by key: it is then replaced.
            with suppress(ValueError):
                return mark + _update_table("".join(lines), keys, change)
        _set_table(lines, statements, keys, table_text(keys, change), newline)
    else:
        at, table = _insertion_point(statements, keys[:-1])
        _insert(lines, at, f"{key_text(keys[len(table) :], change)}\n", newline)
    result = mark + "".join(lines)
    _require_only_change(text, result, keys, change)
    return result


def _update_table(text: str, keys: Keys, values: dict[str, Value]) -> str:
    """Return the document with a table's keys changed one by one, which keeps its header and comments.

    Raises ValueError as `apply_change`.
    """
    table: Any = _parse(text)
    for key in keys:
        table = table[key]
    if not isinstance(table, dict):
        raise ValueError(_INEXACT)
    result = text
    for key, value in values.items():
        if key in table and table[key] != value:
            result = apply_change(result, (*keys, key), value)
    result = _add_keys(result, keys, {key: values[key] for key in values if key not in table})
    for key in table:
        if key not in values:
            result = apply_change(result, (*keys, key), None)
    _require_only_change(text, result, keys, values)
    return result


def _add_keys(text: str, keys: Keys, values: dict[str, Value]) -> str:
    """Return the document with new keys below those of a table that has a header."""
    lines = re.findall(r".*\n|.+", text)
    at = max(one.end for one in _statements(lines) if one.table == keys)
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    _insert(lines, at, "".join(f"{key_text((key,), values[key])}\n" for key in values), newline)
    return "".join(lines)


def key_text(keys: Keys, value: Value) -> str:
    """Return a line that sets a key, without its line break."""
    import tomlkit

    return f"{dotted_text(keys)} = {tomlkit.item(_inline(value)).as_string()}"


def table_text(keys: Keys, values: dict[str, Value]) -> str:
    """Return the lines of a table."""
    return "\n".join([f"[{dotted_text(keys)}]", *(key_text((key,), values[key]) for key in values), ""])


def _inline(value: Value) -> Any:  # noqa: ANN401 - the library's own types of values
    """Return a value whose tables are inline, as the library writes it."""
    import tomlkit

    if isinstance(value, list):
        # The library would make a list of tables into tables with headers.
        array = tomlkit.array()
        array.extend(_inline(one) for one in value)
        return array
    if not isinstance(value, dict):
        return value
    table = tomlkit.inline_table()
    table.update({key: _inline(inner) for key, inner in value.items()})
    return table


def dotted_text(keys: Keys) -> str:
    """Return keys as they are written: ``instances."my crm".url``."""
    # Imported here, only for a write, as it takes 60 ms.
    import tomlkit

    return tomlkit.key(keys).as_string()


def _statements(lines: list[str]) -> Iterator[_Statement]:
    start, table = 0, Keys()
    while start < len(lines):
        # A string or list may take several lines: its first lines are not valid TOML by themselves.
        end = start + 1
        while end < len(lines) and not _is_toml("".join(lines[start:end])):
            end += 1
            # Not tried at each line: with a long string that would take seconds.
            while end < len(lines) and not _CLOSING.search(lines[end - 1]):
                end += 1
        statement = "".join(lines[start:end])
        if statement.lstrip().startswith("["):
            table = _only_keys(tomllib.loads(statement))
            yield _Statement(start, end, table, table)
        elif tomllib.loads(statement):
            yield _Statement(start, end, table + _keys_set(statement), table)
        start = end


def _is_toml(text: str) -> bool:
    try:
        _parse(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _keys_set(statement: str) -> Keys:
    """Return the keys before the equals sign. A quoted key may contain one, too."""
    starts = (statement[: sign.start()] + "= {}" for sign in re.finditer("=", statement))
    return _only_keys(next(tomllib.loads(start) for start in starts if _is_toml(start)))


def _only_keys(table: object) -> Keys:
    keys = list[str]()
    while isinstance(table, dict) and table:
        [(key, table)] = table.items()
        keys.append(key)
    return tuple(keys)


def _starts_with(keys: Keys, outer: Keys) -> bool:
    return keys[: len(outer)] == outer


def _rewrite_statement(statement: str, keys: Keys, change: Change) -> str:
    """Return a statement with its value changed, or a key inside it: the value may be an inline table.

    The library gets only one statement. In the whole document it would put a new key below the comment on the
    next table, and remove that comment with the previous table. Raises ValueError.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document: Any = tomlkit.parse(statement)
        table = document
        for key in keys[:-1]:
            table = table[key]
        if change is None:
            del table[keys[-1]]
        else:
            table[keys[-1]] = _inline(change)
    except (TOMLKitError, TypeError):
        raise ValueError(_INEXACT) from None
    return tomlkit.dumps(document)


def _remove(lines: list[str], statements: list[_Statement], keys: Keys) -> None:
    """Remove all statements within `keys`, and the comments between those of one table."""
    gone, last = set[int](), None
    for one in statements:
        is_gone = _starts_with(one.keys, keys)
        start = one.start if last is None or one.is_header else last
        if is_gone and one.is_header and start and not lines[start - 1].strip():
            # The blank line before the table.
            start -= 1
        gone.update(range(start, one.end) if is_gone else ())
        last = one.end if is_gone else None
    lines[:] = [line for number, line in enumerate(lines) if number not in gone]


def _set_table(
    lines: list[str], statements: list[_Statement], keys: Keys, content: str, newline: str
) -> None:
    """Put a table in place of the one at `keys`, else below the table it belongs to, else at the end."""
    if any(_starts_with(one.keys, keys) for one in statements):
        _remove(lines, statements, keys)
        statements = [*_statements(lines)]
    at = _end_of_table(lines, statements, keys[:-1])
    above = "\n" if any(line.strip() for line in lines[:at]) else ""
    below = "\n" if at < len(lines) and lines[at].strip() else ""
    _insert(lines, at, above + content + below, newline)


def _end_of_table(lines: list[str], statements: list[_Statement], table: Keys) -> int:
    """Return the line index below a table with keys of its own and its subtables, else of the end.

    Comments directly above the next table belong to that one, all others to this.
    """
    inside = [one for one in statements if _starts_with(one.keys, table)]
    if not table or not any(one.table == table and not one.is_header for one in inside):
        return len(lines)
    end = next((one.start for one in statements if one.start >= inside[-1].end), len(lines))
    while end < len(lines) and end > inside[-1].end and lines[end - 1].startswith("#"):
        end -= 1
    while end > inside[-1].end and not lines[end - 1].strip():
        end -= 1
    return end


def _insertion_point(statements: list[_Statement], table: Keys) -> tuple[int, Keys]:
    """Return the line index where a new key of a table is inserted, and the table whose lines those are.

    If the table does not exist, it is written with dotted keys in the one that it belongs to.
    """
    for depth in range(len(table), 0, -1):
        if (found := _insertion_point_in(statements, table[:depth])) is not None:
            return found
    return 0, ()


def _insertion_point_in(statements: list[_Statement], table: Keys) -> tuple[int, Keys] | None:
    for one in statements:
        if one.is_header and one.keys == table:
            return one.end, table
    for one in reversed(statements):
        # Without a header, dotted keys make the table.
        if not one.is_header and _starts_with(one.keys, table) and _starts_with(table, one.table):
            return one.end, one.table
    return None


def _insert(lines: list[str], at: int, new: str, newline: str) -> None:
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += newline
    lines.insert(at, new.replace("\n", newline))


def _require_only_change(old: str, new: str, keys: Keys, change: Change) -> None:
    """Raise ValueError unless the new document has the old one's values plus the change."""
    wanted = _parse(old)
    table = wanted
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    if change is None:
        table.pop(keys[-1], None)
    else:
        table[keys[-1]] = change
    if not _is_toml(new) or _without_empty_tables(_parse(new), keys) != _without_empty_tables(wanted, keys):
        raise ValueError(_INEXACT)


def _without_empty_tables(table: dict[str, Any], keys: Keys) -> dict[str, Any]:
    """Return a table without empty tables along the keys: a removal may leave their headers."""
    inner = table.get(keys[0]) if keys else None
    kept = {keys[0]: _without_empty_tables(inner, keys[1:])} if isinstance(inner, dict) else {}
    return {key: value for key, value in (table | kept).items() if value != {} or key not in keys[:1]}


def _parse(text: str) -> dict[str, Any]:
    return tomllib.loads(text.removeprefix(_BOM))
