"""Loading ``config.toml``, with every problem of the file reported at once."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.history_table import HistoryTable
from dazos_tui.config.keymap_table import KeyTable
from dazos_tui.config.models import Config, Instance
from dazos_tui.config.renamed import rename_keys
from dazos_tui.config.sources import (
    DEFAULTS,
    ConfigFile,
    MergedInstances,
    find_source,
    merge_instances,
    parse_config_file,
    read_config_file,
    read_included_files,
)
from dazos_tui.config.validation_messages import (
    describe_validation_error,
    dotted_key,
    unknown_key_message,
)
from dazos_tui.crm.dialect import Labels, Paths
from dazos_tui.crm.request_template import RequestTemplate, SuccessRule
from dazos_tui.crm.user_list_template import UserListFields, UserListTemplate
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

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

_OWN_KEYS = {
    "name": "is unknown here; the name of an instance's table is its name",
    "url": "belongs to one instance; write it under [instances.NAME]",
}
"""Keys that each instance has for itself, and why they cannot be in ``[defaults]``."""

_INSTANCE_TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): Instance,
    ("labels",): Labels,
    ("paths",): Paths,
    **{(key,): RequestTemplate for key in _REQUEST_KEYS},
    **{(key, "success"): SuccessRule for key in _REQUEST_KEYS},
    ("user_list",): UserListTemplate,
    ("user_list", "fields"): UserListFields,
}

_TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): Config,
    ("keys",): KeyTable,
    ("history",): HistoryTable,
    ("batch",): BatchTable,
    **{("instances", "*", *keys): model for keys, model in _INSTANCE_TABLES.items()},
    **{(DEFAULTS, *keys): model for keys, model in _INSTANCE_TABLES.items()},
}


def load_config(path: Path, *, changed: bytes | None = None) -> Config:
    """Read and check a config file and those it includes.

    `changed` is what the file is about to be replaced with, to check that before it is written. Raises
    ConfigError with every problem of the files, one a line.
    """
    own = read_config_file(path) if changed is None else parse_config_file(path, changed)
    deprecations = [f"{own.shown}: {warning}" for warning in rename_keys(own.data)]
    included = read_included_files(own)
    files = [own, *included]
    for file in files:
        file.problems += [
            *_remove_secrets(file.data),
            *_refuse_names(file.data),
            *_remove_unknown_defaults(file),
        ]
    merged = merge_instances(own, included)
    problems = [problem for file in files for problem in file.described_problems]
    try:
        config = Config.model_validate(_merged_data(own, merged), context={"folder": path.absolute().parent})
    except ValidationError as error:
        problems += [
            _describe_error(details, own, merged)
            for details in error.errors(include_url=False, include_input=False)
            # A default that depends on a wrong key is not another mistake in the file.
            if details["type"] != "default_factory_not_called"
        ]
    else:
        if not problems:
            is_plain = not included and not own.table(DEFAULTS)
            paths = [file.path for file in included]
            if not is_plain:
                config.record_sources(own.path, paths, merged.sources)
            config.record_deprecations(deprecations)
            return config
    # A wrong key of [defaults] is a problem of each instance.
    raise ConfigError("\n".join(dict.fromkeys(problems)))


def _merged_data(own: ConfigFile, merged: MergedInstances) -> dict[str, Any]:
    """Return the data of the whole config: the own file's, with all instances, named as their tables."""
    instances = {
        name: {**table, "name": name} if isinstance(table, dict) else table
        for name, table in merged.tables.items()
    }
    if not instances or not isinstance(own.data.get("instances", {}), dict):
        return own.data
    return {**own.data, "instances": instances}


def _describe_error(details: "ErrorDetails", own: ConfigFile, merged: MergedInstances) -> str:
    """Return the message about one of pydantic's errors, with the file and the key as they are there."""
    match [part for part in details["loc"] if isinstance(part, str)]:
        case ["instances", name, *keys] if keys and name in merged.sources:
            sources = merged.sources[name]
            source = find_source(sources, *keys) or sources["name"]
            if source.is_default:
                details["loc"] = (DEFAULTS, *details["loc"][2:])
            path = source.path
        case _:
            path = own.path
    return f"{safe_text(str(path))}: {describe_validation_error(details, _TABLES)}"


def _remove_secrets(data: dict[str, Any]) -> list[str]:
    """Remove secrets that do not belong into the file, so that no later message can show them."""
    problems = []
    for keys, table in _iter_tables(data):
        for key in list(table):
            if words := _SECRET_KEYS.get(re.sub(r"[\W_]", "", key).lower()):
                del table[key]
                problems.append(f"{dotted_key(*keys, key)}: {words}")
    return problems


def _refuse_names(data: dict[str, Any]) -> list[str]:
    """Remove the key `name` of instances, whose name is that of their table."""
    problems = []
    for keys, table in _iter_tables(data):
        if keys[:1] == ("instances",) and len(keys) == 2 and "name" in table:
            del table["name"]
            problems.append(f"{dotted_key(*keys)}.name: unknown key; the table's own name is the name")
    return problems


def _remove_unknown_defaults(file: ConfigFile) -> list[str]:
    """Remove the keys of ``[defaults]`` that no instance can have from there."""
    known = [name for name in Instance.model_fields if name not in _OWN_KEYS]
    defaults, problems = file.table(DEFAULTS), []
    for key in [key for key in defaults if key not in known]:
        del defaults[key]
        reason = _OWN_KEYS.get(key)
        keys = (DEFAULTS, key)
        problems.append(f"{dotted_key(*keys)}: {reason}" if reason else unknown_key_message(keys, known))
    return problems


def _iter_tables(data: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the known tables with their keys in the file."""
    yield (), data
    for name in ("history", "batch"):
        if isinstance(data.get(name), dict):
            yield (name,), data[name]
    if isinstance(data.get(DEFAULTS), dict):
        yield from _iter_instance_tables((DEFAULTS,), data[DEFAULTS])
    instances = data.get("instances")
    for name, table in instances.items() if isinstance(instances, dict) else ():
        if isinstance(table, dict):
            yield from _iter_instance_tables(("instances", name), table)


def _iter_instance_tables(
    keys: tuple[str, ...], table: dict[str, Any]
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    yield keys, table
    for key in ("labels", "paths", "user_list", *_REQUEST_KEYS):
        if isinstance(table.get(key), dict):
            yield (*keys, key), table[key]
