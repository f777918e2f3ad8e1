"""``dazos-tui config``: the settings in force, and where they come from."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dazos_tui.cli._support.exit_codes import ExitCode
from dazos_tui.cli._support.groups import SuggestingGroup
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_err, json_line, write_stdout
from dazos_tui.cli._support.output_options import json_options
from dazos_tui.cli._support.tables import Column, format_columns
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.keymap import DEFAULT_KEYS, display_key
from dazos_tui.system.paths import is_existing_file
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from pydantic import BaseModel

    from dazos_tui.config.batch_table import BatchTable
    from dazos_tui.config.history_table import HistoryTable
    from dazos_tui.config.models import Config, Instance
    from dazos_tui.crm.request_template import RequestTemplate

_COLUMNS = (Column("setting", fixed=True), Column("value"), Column("source", fixed=True))
_PLAIN_KEYS = (
    "url", "username", "environment", "auth", "ca_file", "allow_http", "reset_route", "proxy",
    "requests_per_second", "cooldown_minutes", "time_zone", "date_format", "pinned", "tags",
)  # fmt: skip
_APP_KEYS = ("sign_in_check_seconds", "keep_people_hours", "accessible", "mouse", "title")


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def config(context: click.Context) -> int:
    """Show and check the config."""
    if context.invoked_subcommand is not None:
        return ExitCode.DONE
    echo_err(context.get_help())
    return ExitCode.USAGE


@config.command()
@json_options
@click.pass_obj
def path(settings: Settings, *, as_json: bool) -> None:
    """Print the path of the config file, whether it exists or not."""
    shown = _display_path(settings.config_path)
    record = {
        "path": shown,
        "source": settings.config_source,
        "exists": is_existing_file(settings.config_path),
    }
    write_stdout([json_line(record) if as_json else shown])


@config.command()
@json_options
@click.pass_obj
def check(settings: Settings, *, as_json: bool) -> int:
    """Check the config. The exit code is 2 if something is wrong."""
    try:
        count = _check(settings)
    except ConfigError as error:
        if as_json:
            write_stdout([json_line(_check_record(settings, None, str(error).splitlines()))])
        raise
    summary = f"OK: {count} instance{'' if count == 1 else 's'}"
    write_stdout([json_line(_check_record(settings, count, [])) if as_json else summary])
    return ExitCode.DONE


def _check_record(settings: Settings, count: int | None, problems: list[str]) -> dict[str, object]:
    path = _display_path(settings.config_path)
    return {"ok": not problems, "path": path, "instances": count, "problems": problems}


def _check(settings: Settings) -> int:
    """Return how many instances the config has. Raises ConfigError."""
    found = settings.config()
    file = _display_path(settings.config_path)
    missing = [
        f"{_place_of(found, settings.config_path, one, 'ca_file')}: there is no file "
        f"{_display_path(one.ca_file)}"
        for one in found.instances.values()
        if one.ca_file is not None and not is_existing_file(one.ca_file)
    ]
    authorities = found.history.ca_file
    if authorities is not None and not is_existing_file(authorities):
        missing.append(f"{file}: history.ca_file: there is no file {_display_path(authorities)}")
    if missing:
        raise ConfigError("\n".join(dict.fromkeys(missing)))
    _check_themes(settings, found)
    return len(found.instances)


def _check_themes(settings: Settings, found: "Config") -> None:
    """Warn about themes that cannot be used. Raises ConfigError if the configured theme is one of them."""
    from dazos_tui.tui.theming.themes import load_themes, user_theme_folder

    file = _display_path(settings.config_path)
    for problem in load_themes(user_theme_folder(settings.config_path)).resolve(found.theme)[1]:
        if found.theme in problem.names:
            raise ConfigError(f"{file}: {problem}", advice=problem.advice)
        echo_err(f"Warning: {problem} {problem.advice}")


@config.command()
@json_options
@click.pass_obj
def show(settings: Settings, *, as_json: bool) -> None:
    """Print the settings in force, and where each one comes from. No password is shown."""
    found = settings.config()
    rows = [
        ("config", _display_path(settings.config_path), settings.config_source),
        ("state", _display_path(settings.state_dir), settings.state_source),
        ("theme", found.theme, _origin(found, "theme")),
        ("lock_minutes", str(found.lock_minutes), _origin(found, "lock_minutes")),
        *_note_rows(found),
        *((key, _display_value(getattr(found, key)), _origin(found, key)) for key in _APP_KEYS),
        *_key_rows(found),
        *_history_rows(found.history),
        *_batch_rows(found.batch),
    ]
    rows += [("include", _display_path(file), "config") for file in found.included_files]
    for instance in found.instances.values():
        rows += _instance_rows(instance, partial(_key_origin, found, settings.config_path, instance))
    records = ({"key": key, "value": value, "source": source} for key, value, source in rows)
    write_stdout(map(json_line, records) if as_json else format_columns(_COLUMNS, rows))


def _note_rows(found: "Config") -> list[tuple[str, str, str]]:
    lines = found.note_template.strip().count("\n") + 1
    # Only the program: its arguments may contain what others should not read.
    program = safe_text(found.note_command[0]) if found.note_command else "-"
    return [
        ("note_template", f"{lines} line{'' if lines == 1 else 's'}", _origin(found, "note_template")),
        ("note_command", program, _origin(found, "note_command")),
        (
            "ticket_command",
            safe_text(found.ticket_command[0]) if found.ticket_command else "-",
            _origin(found, "ticket_command"),
        ),
        ("ticket_pattern", safe_text(found.ticket_pattern), _origin(found, "ticket_pattern")),
        ("note_mask_address", _display_value(found.note_mask_address), _origin(found, "note_mask_address")),
    ]


def _history_rows(table: "HistoryTable") -> list[tuple[str, str, str]]:
    rows = [
        (
            "history.keep_days",
            str(table.keep_days) if table.keep_days else "for ever",
            _origin(table, "keep_days"),
        )
    ]
    if table.url is None:
        return [("history", "in the state folder", "default"), *rows]
    password = _secret_source(table.password_command, table.password_env) or ("none", "default")
    if table.keyring:
        password = "from the keyring, or asked for", "config"
    return [
        ("history.url", safe_text(table.url), "config"),
        ("history.password", *password),
        ("history.sslmode", _display_value(table.sslmode), _origin(table, "sslmode")),
        ("history.ca_file", _display_value(table.ca_file), _origin(table, "ca_file")),
        ("history.offline", table.offline.value, _origin(table, "offline")),
        *rows,
    ]


def _batch_rows(table: "BatchTable") -> list[tuple[str, str, str]]:
    return [(f"batch.{key}", str(value), _origin(table, key)) for key, value in table]


def _key_rows(found: "Config") -> list[tuple[str, str, str]]:
    configured = found.keys.configured
    # This includes commands that lost a key to a configured one.
    rows = [
        (
            f"keys.{name}",
            " ".join(map(display_key, keys)) or "-",
            "config" if name in configured else "default",
        )
        for name, keys in found.keys.effective.items()
        if name in configured or keys != DEFAULT_KEYS[name]
    ]
    return [*rows, ("keys", "the others unchanged" if rows else "unchanged", "default")]


_Origin = Callable[[str], str]
"""Returns where the value of an instance's key comes from."""


def _instance_rows(instance: "Instance", origin: _Origin) -> list[tuple[str, str, str]]:
    prefix = f"instances.{instance.name}"
    rows = [(f"{prefix}.{key}", _display_value(getattr(instance, key)), origin(key)) for key in _PLAIN_KEYS]
    # Between commas, since there are spaces in their names.
    roles = ", ".join(instance.roles_without_sign_in) or "-"
    return [
        *rows,
        (f"{prefix}.roles_without_sign_in", roles, origin("roles_without_sign_in")),
        *_secret_rows(prefix, instance, origin),
        *(
            (f"{prefix}.{key}", _display_request(getattr(instance, key)), origin(key))
            for key in ("reset_request", "enable_login_request")
        ),
        *_changed_rows(f"{prefix}.labels", instance.labels, partial(origin, "labels")),
        *_changed_rows(f"{prefix}.paths", instance.paths, partial(origin, "paths")),
        *_user_list_rows(f"{prefix}.user_list", instance, origin("user_list")),
    ]


def _secret_rows(prefix: str, instance: "Instance", origin: _Origin) -> list[tuple[str, str, str]]:
    from dazos_tui.config.models import Auth

    def source(what: str, otherwise: tuple[str, str], *, is_used: bool = True) -> tuple[str, str]:
        command, variable = getattr(instance, f"{what}_command"), getattr(instance, f"{what}_env", None)
        found = _secret_source(command, variable)
        if found is None:
            return otherwise
        key = f"{what}_command" if command is not None else f"{what}_env"
        return found[0] if is_used else f'not used: auth = "{instance.auth.value}"', origin(key)

    by_cookie = instance.auth is Auth.COOKIE
    unused = ("not used", "default")
    prompted = ("asked for", "default")
    keyring_or_prompt = (
        "from the keyring, or asked for" if instance.keyring else "asked for",
        origin("keyring"),
    )
    password = source("password", unused if by_cookie else keyring_or_prompt, is_used=not by_cookie)
    return [
        (f"{prefix}.password", *password),
        (f"{prefix}.cookie", *source("cookie", prompted if by_cookie else unused, is_used=by_cookie)),
        (f"{prefix}.one_time_code", *source("one_time_code", prompted)),
        (f"{prefix}.access_key", *source("access_key", unused)),
    ]


def _changed_rows(
    prefix: str, table: "BaseModel", origin: Callable[[str], str]
) -> list[tuple[str, str, str]]:
    changed = table.model_dump(include=table.model_fields_set)
    rows = [(f"{prefix}.{key}", str(value), origin(key)) for key, value in changed.items()]
    if len(changed) < len(type(table).model_fields):
        rows.append((prefix, f"{'the others' if changed else 'all'} unchanged", "default"))
    return rows


def _user_list_rows(prefix: str, instance: "Instance", origin: str) -> list[tuple[str, str, str]]:
    if instance.user_list is None:
        return [(prefix, "the CRM's pages", "default")]
    values = instance.user_list.model_dump(exclude_unset=True)
    values |= {f"fields.{key}": value for key, value in values.pop("fields").items()}
    return [(f"{prefix}.{key}", _display_value(value), origin) for key, value in values.items()]


def _secret_source(command: tuple[str, ...] | None, variable: str | None) -> tuple[str, str] | None:
    """Return where a secret comes from according to the config, None if it does not say."""
    if command is not None:
        # Only the program: its arguments may contain what others should not read.
        return f"from the command {safe_text(command[0])}", "config"
    if variable is not None:
        return f"from the variable {variable}", "config"
    return None


def _display_request(template: "RequestTemplate | None") -> str:
    """Return how a configured request is sent and where to; a checked template holds no secret."""
    if template is None:
        return "-"
    from dazos_tui.crm.request_template import Offered

    always = ", offered always" if template.offered is Offered.ALWAYS else ""
    return f"{template.method} {template.path}{always}"


def _display_value(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case Path():
            return _display_path(value)
        case tuple():
            return " ".join(map(str, value)) or "-"
        case _:
            return str(value)


def _place_of(found: "Config", own: Path, instance: "Instance", key: str) -> str:
    """Return file and key of an instance's value, as in the messages about a wrong one."""
    source = found.source_of(instance.name, key)
    table = "defaults" if source is not None and source.is_default else f"instances.{instance.name}"
    return f"{_display_path(source.path if source is not None else own)}: {table}.{key}"


def _key_origin(found: "Config", own: Path, instance: "Instance", *keys: str) -> str:
    """Return where the value of an instance's key comes from, with the file if it is an included one."""
    source = found.source_of(instance.name, *keys)
    if source is None:
        return _origin(instance, keys[0])
    file = "config" if source.path == own else _display_path(source.path)
    return f"{file} [defaults]" if source.is_default else file


def _origin(model: "Config | BaseModel", key: str) -> str:
    return "config" if key in model.model_fields_set else "default"


def _display_path(path: Path) -> str:
    return safe_text(str(path))
