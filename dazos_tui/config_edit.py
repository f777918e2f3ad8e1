"""Changes to ``config.toml`` that the app makes for a person: what is meant, and all else byte for byte."""

import os
import tempfile
import tomllib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from errno import EACCES
from pathlib import Path

from dazos_tui.config import ConfigError, load_config
from dazos_tui.files import UnsafeError, make_private
from dazos_tui.text import safe_text

Simple = str | int | bool
"""What the value of a key may be that is written here."""

_SEE = "Look at the file, or change it yourself with an editor: nothing in it was touched."
_UNUSUAL = "it is written in an unusual way"


def remember(path: Path, instance: str, key: str, value: str) -> None:
    """Add a key to an instance's table in the config file, which is replaced whole or not at all.

    `value` is plain text without quotes. Raises ConfigError if the file cannot be read or written, is
    written in an unusual way, or would not be a config any more.
    """
    # A link, as in a folder of dotfiles, stays one.
    file = path.resolve()
    try:
        # Fails for a file that is gone, so that the advice is the line to write.
        file.stat()
        # Before it is read: this refuses a pipe, which would be waited for.
        load_config(file)
        content = file.read_bytes()
        draft = _draft_beside(file, _with_line(content, instance, key, value))
        try:
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = safe_text(error.strerror or "it cannot be written")
        raise _not_remembered(path, instance, key, value, reason) from None
    except ValueError:
        raise _not_remembered(path, instance, key, value, "it is written in an unusual way") from None


def _with_line(content: bytes, instance: str, key: str, value: str) -> bytes:
    """Return the file with the line below the table's head. Raises ValueError if more than that changes."""
    lines = content.splitlines(keepends=True)
    place = next((number for number, line in enumerate(lines) if _is_head(line, instance)), None)
    if place is None:
        raise ValueError(instance)
    ending = b"\r\n" if lines[place].endswith(b"\r\n") else b"\n"
    if not lines[place].endswith(ending):
        lines[place] += ending
    changed = b"".join([*lines[: place + 1], f'{key} = "{value}"'.encode(), ending, *lines[place + 1 :]])
    wanted = _read(content)
    wanted["instances"][instance][key] = value
    if _read(changed) != wanted:
        raise ValueError(instance)
    return changed


def _is_head(line: bytes, instance: str) -> bool:
    try:
        return _read(line) == {"instances": {instance: {}}}
    except ValueError:
        return False


def _read(content: bytes) -> dict[str, dict[str, dict[str, object]]]:
    return tomllib.loads(content.decode("utf-8-sig"))


def _draft_beside(file: Path, content: bytes) -> Path:
    """Write to a new file in the same folder, as private as the one it will replace. Raises OSError.

    The folder alone decides whether a file can be replaced: one that may only be read is left as it is.
    """
    if not os.access(file, os.W_OK):
        raise PermissionError(EACCES, "you may only read it")
    mode = file.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".config-", suffix=".toml")
    with os.fdopen(handle, "wb") as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    Path(name).chmod(mode)
    return Path(name)


def _not_remembered(path: Path, instance: str, key: str, value: str, reason: str) -> ConfigError:
    return ConfigError(
        f"{safe_text(str(path))} was not changed: {reason}.",
        advice=f'Write {key} = "{value}" under [instances.{instance}] yourself.',
    )


def remember_setting(path: Path, key: str, value: str) -> None:
    """Give a key above all tables this value: on its own line, whose comment stays, else on a new first one.

    `value` is plain text without quotes. A link, as in a folder of dotfiles, stays one. Raises ConfigError.
    """
    try:
        _change(path.resolve(), lambda content: _with_setting(content, key, value))
    except ConfigError as error:
        advice = f'Write {key} = "{value}" above all tables yourself.'
        raise ConfigError(str(error), advice=advice) from None


def add_instance(path: Path, name: str, keys: Mapping[str, Simple]) -> None:
    """Append the table ``[instances.NAME]`` with these keys; a file that is missing is made, yours alone.

    The file is replaced only by one that is a config with just this instance more. Raises ConfigError.
    """
    made = _make_missing(path)
    try:
        _change(path, lambda content: _with_table(content, name, keys))
    finally:
        if made:
            with suppress(OSError):
                _drop_if_empty(path)


def change_instance(path: Path, name: str, keys: Mapping[str, Simple]) -> None:
    """Set keys of an instance's table, each on its own line, whose comment stays. Raises ConfigError."""
    _change(path, lambda content: _with_values(content, name, keys))


def remove_instance(path: Path, name: str) -> None:
    """Take out an instance's table, and those below it, with the comments between its keys.

    The comments before its head and after its last key stay: they may be about something else. Raises
    ConfigError.
    """
    _change(path, lambda content: _without_table(content, name))


def _change(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Replace the file by what `change` makes of it, if that is a config. Raises ConfigError."""
    shown = safe_text(str(path))
    if path.is_symlink():
        raise ConfigError(
            f"{shown} was not changed: it is a link.",
            advice=f"Name what it leads to: --config {safe_text(str(path.resolve()))}",
        )
    try:
        load_config(path)
        draft = _draft_beside(path, change(path.read_bytes()))
        try:
            _check_draft(draft, shown)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        reason = safe_text(error.strerror or "it cannot be written")
        raise ConfigError(f"{shown} was not changed: {reason}.", advice=_SEE) from None
    except ValueError:
        raise ConfigError(f"{shown} was not changed: {_UNUSUAL}.", advice=_SEE) from None


def _check_draft(draft: Path, shown: str) -> None:
    try:
        load_config(draft)
    except ConfigError as error:
        told = str(error).replace(f"{safe_text(str(draft))}: ", "")
        raise ConfigError(f"{shown} was not changed, as it would not be right: {told}", advice=_SEE) from None


def _make_missing(path: Path) -> bool:
    """Make an empty file where there is none; tell whether that was so. Raises ConfigError."""
    if os.path.lexists(path):
        return False
    try:
        make_private(path, beside=["config", ".config-"])
    except UnsafeError as error:
        raise ConfigError(str(error), advice=error.advice) from None
    except OSError as error:
        reason = safe_text(error.strerror or "it cannot be written")
        raise ConfigError(f"{safe_text(str(path))} cannot be made: {reason}.", advice=_SEE) from None
    return True


def _drop_if_empty(path: Path) -> None:
    if not path.stat().st_size:
        path.unlink()


def _with_setting(content: bytes, key: str, value: str) -> bytes:
    wanted = tomllib.loads(content.decode("utf-8-sig"))
    is_there, wanted[key] = key in wanted, value
    lines = content.splitlines(keepends=True)
    if is_there:
        place = next((number for number, line in enumerate(lines) if _key(line) == key), None)
        if place is None:
            raise ValueError(key)
        lines[place] = _line_with(lines[place], key, value)
    else:
        mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
        ending = b"\r\n" if b"\r\n" in content else b"\n"
        lines = [mark, _line(key, value), ending, content.removeprefix(mark)]
    return _proved(b"".join(lines), wanted)


def _with_table(content: bytes, name: str, keys: Mapping[str, Simple]) -> bytes:
    import tomli_w

    wanted = _read(content)
    if name in wanted.setdefault("instances", {}):
        raise ConfigError(f"There is an instance “{safe_text(name)}” already.", advice="Take another name.")
    wanted["instances"][name] = dict(keys)
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    table = tomli_w.dumps({"instances": {name: dict(keys)}}).encode().replace(b"\n", ending)
    end = b"" if not content or content.endswith(b"\n") else ending
    gap = ending if content.strip(b"\xef\xbb\xbf \r\n") else b""
    return _proved(content + end + gap + table, wanted)


def _with_values(content: bytes, name: str, keys: Mapping[str, Simple]) -> bytes:
    wanted = _read(content)
    old = wanted.get("instances", {}).get(name)
    if old is None:
        raise _not_there(name)
    wanted["instances"][name] = {**old, **keys}
    lines = content.splitlines(keepends=True)
    for key, value in keys.items():
        head, end = next(_spans(lines, name, below=False), (None, 0))
        if head is None:
            raise ValueError(name)
        place = next((number for number in range(head, end) if _key(lines[number]) == key), None)
        if place is not None:
            lines[place] = _line_with(lines[place], key, value)
            continue
        ending = b"\r\n" if lines[head].endswith(b"\r\n") else b"\n"
        lines[head] = lines[head].rstrip(b"\r\n") + ending
        lines.insert(head + 1, _line(key, value) + ending)
    return _proved(b"".join(lines), wanted)


def _without_table(content: bytes, name: str) -> bytes:
    wanted = _read(content)
    if wanted.get("instances", {}).pop(name, None) is None:
        raise _not_there(name)
    lines = content.splitlines(keepends=True)
    for head, end in reversed(list(_spans(lines, name, below=True))):
        # With the blank line that set it off.
        start = head - 1 if head and not lines[head - 1].strip() else head
        del lines[start:end]
    return _proved(b"".join(lines), wanted)


def _not_there(name: str) -> ConfigError:
    return ConfigError(f"There is no instance “{safe_text(name)}” in the file.", advice=_SEE)


def _proved(changed: bytes, wanted: dict[str, dict[str, dict[str, object]]]) -> bytes:
    """Return what was changed. Raises ValueError if it does not hold what is wanted."""
    if {"instances": {}, **_read(changed)} != {"instances": {}, **wanted}:
        raise ValueError("something else would change")
    return changed


def _spans(lines: list[bytes], name: str, *, below: bool) -> Iterator[tuple[int, int]]:
    """Yield from where to where an instance's table, and those `below` it, stand: the end is past it.

    Blank lines and comments after the last key are not among them.
    """
    heads = [number for number, line in enumerate(lines) if _head(line)]
    for head, following in zip(heads, [*heads[1:], len(lines)], strict=True):
        keys = _head(lines[head])
        if keys == ("instances", name) or (below and keys[:2] == ("instances", name)):
            end = following
            while end > head + 1 and lines[end - 1].strip()[:1] in {b"", b"#"}:
                end -= 1
            yield head, end


def _head(line: bytes) -> tuple[str, ...]:
    """Return the keys of the table that a line is the head of; none if it is no head."""
    if not line.lstrip(b"\xef\xbb\xbf \t").startswith(b"["):
        return ()
    keys: list[str] = []
    with suppress(ValueError):
        table: object = _read(line)
        while isinstance(table, dict) and table:
            [(key, table)] = table.items()
            keys.append(key)
    return tuple(keys)


def _key(line: bytes) -> str | None:
    """Return the key that a line gives a value to; None if it is no such line."""
    with suppress(ValueError):
        return next(iter(_read(line)), None)
    return None


def _line(key: str, value: Simple) -> bytes:
    import tomli_w

    return tomli_w.dumps({key: value}).rstrip("\n").encode()


def _line_with(line: bytes, key: str, value: Simple) -> bytes:
    """Return a line with another value; what stands before the key and after the old value stays."""
    table = _read(line)
    indent = line[: len(line) - len(line.lstrip())]
    for end in range(len(line) + 1):
        rest = line[end:]
        if rest.strip()[:1] in {b"", b"#"} and _reads_as(line[:end], table):
            return indent + _line(key, value) + rest
    raise ValueError(key)


def _reads_as(text: bytes, table: dict[str, dict[str, dict[str, object]]]) -> bool:
    try:
        return _read(text) == table
    except ValueError:
        return False
