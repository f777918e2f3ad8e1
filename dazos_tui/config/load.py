"""Loading ``config.toml``, with every problem of the file reported at once."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.errors import ConfigError, MissingConfigError, UnusableConfigError
from dazos_tui.config.history_table import HistoryTable
from dazos_tui.config.keymap_table import KeyTable
from dazos_tui.config.models import Config, Instance
from dazos_tui.config.validation_messages import describe_validation_error, dotted_key
from dazos_tui.crm.dialect import Labels, Paths
from dazos_tui.crm.request_template import RequestTemplate, SuccessRule
from dazos_tui.crm.user_list_template import UserListFields, UserListTemplate
from dazos_tui.system.files import UnsafeFileError, open_trusted
from dazos_tui.text.sanitize import safe_text

MAX_CONFIG_BYTES = 1_000_000
"""The largest config file that is read, in bytes."""

_SECRET_KEYS = {
    **dict.fromkeys(
        ("password", "passwd", "passphrase", "pass", "pwd", "pw", "secret", "token"),
        "passwords are never read from a file: use password_command, password_env or be asked",
    ),
    **dict.fromkeys(
        ("accesskey", "apikey"),
        "access keys are never read from a file: use access_key_command or access_key_env",
    ),
    **dict.fromkeys(
        ("cookie", "sessioncookie", "phpsessid"),
        "session cookies are never read from a file: use cookie_command, cookie_env or be asked",
    ),
    **dict.fromkeys(
        ("otp", "onetimecode", "totp", "totpsecret", "otpsecret"),
        "one-time codes are never read from a file: use one_time_code_command or be asked",
    ),
}
"""Messages for keys whose value would be a secret, by the key's letters in lower case."""

_REQUEST_KEYS = ("reset_request", "enable_login_request")
"""Keys of an instance whose value describes a request."""

_TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): Config,
    ("keys",): KeyTable,
    ("history",): HistoryTable,
    ("batch",): BatchTable,
    ("instances", "*"): Instance,
    ("instances", "*", "labels"): Labels,
    ("instances", "*", "paths"): Paths,
    **{("instances", "*", key): RequestTemplate for key in _REQUEST_KEYS},
    **{("instances", "*", key, "success"): SuccessRule for key in _REQUEST_KEYS},
    ("instances", "*", "user_list"): UserListTemplate,
    ("instances", "*", "user_list", "fields"): UserListFields,
}


def load_config(path: Path) -> Config:
    """Read and check a config file. Raises ConfigError with every problem of the file, one a line."""
    shown = safe_text(str(path))
    data = _parse_toml(_read_text(path, shown), shown)
    problems = _remove_secrets(data) + _set_names(data)
    try:
        config = Config.model_validate(data, context={"folder": path.absolute().parent})
    except ValidationError as error:
        problems += [
            describe_validation_error(details, _TABLES)
            for details in error.errors(include_url=False, include_input=False)
            # A default that depends on a wrong key is not another mistake in the file.
            if details["type"] != "default_factory_not_called"
        ]
    else:
        if not problems:
            return config
    raise ConfigError("\n".join(f"{shown}: {one}" for one in problems))


def _read_text(path: Path, shown: str) -> str:
    try:
        with open_trusted(path) as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
    except UnsafeFileError as error:
        raise UnusableConfigError(
            f"{shown}: is not used, since it names commands to run: {error}",
            advice=f"{error.advice} Or use another file.",
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        raise MissingConfigError(f"{shown}: there is no config file here.") from None
    except IsADirectoryError:
        raise UnusableConfigError(f"{shown}: is a folder.") from None
    except PermissionError:
        raise ConfigError(
            f"{shown}: you are not allowed to read this file.", advice="Check who owns it: “ls -l”."
        ) from None
    except (OSError, ValueError) as error:
        reason = safe_text(getattr(error, "strerror", None) or "not a path")
        raise UnusableConfigError(f"{shown}: cannot be read ({reason}).") from None
    if len(content) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{shown}: is larger than {MAX_CONFIG_BYTES:,} bytes, so it is not a config file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise ConfigError(
        f"{shown}: is not UTF-8 (line {line}).", advice="Save the file as UTF-8 in your editor."
    )


def _parse_toml(text: str, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = safe_text(str(error))
    except RecursionError:
        reason = "tables or lists are nested too deeply"
    except ValueError:
        reason = "it contains a number that is too long"
    raise ConfigError(f"{shown}: is not valid TOML: {reason}.")


def _remove_secrets(data: dict[str, Any]) -> list[str]:
    """Remove secrets that do not belong into the file, so that no later message can show them."""
    problems = []
    for keys, table in _iter_tables(data):
        for key in list(table):
            if words := _SECRET_KEYS.get(re.sub(r"[\W_]", "", key).lower()):
                del table[key]
                problems.append(f"{dotted_key(*keys, key)}: {words}")
    return problems


def _set_names(data: dict[str, Any]) -> list[str]:
    """Set every instance's name to the name of its table in the file."""
    problems = []
    for keys, table in _iter_tables(data):
        if len(keys) == 2:
            if "name" in table:
                problems.append(f"{dotted_key(*keys)}.name: unknown key; the table's own name is the name")
            table["name"] = keys[1]
    return problems


def _iter_tables(data: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the known tables with their keys in the file."""
    yield (), data
    for name in ("history", "batch"):
        if isinstance(data.get(name), dict):
            yield (name,), data[name]
    instances = data.get("instances")
    for name, table in instances.items() if isinstance(instances, dict) else ():
        if isinstance(table, dict):
            yield ("instances", name), table
            for key in ("labels", "paths", "user_list", *_REQUEST_KEYS):
                if isinstance(table.get(key), dict):
                    yield ("instances", name, key), table[key]
