"""``dazos-tui config``: the settings in force, and where they come from."""

from pathlib import Path

import click
from pydantic import BaseModel

from dazos_tui.cli._support.exit_codes import ExitCode
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_err, format_table, write_stdout
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.history_table import HistoryTable
from dazos_tui.config.keymap import DEFAULT_KEYS, display_key
from dazos_tui.config.models import Auth, Config, Instance
from dazos_tui.crm.request_template import Offered, RequestTemplate
from dazos_tui.text.sanitize import safe_text

_PLAIN_KEYS = (
    "url", "username", "environment", "auth", "ca_file", "allow_http", "reset_route", "proxy",
    "requests_per_second", "time_zone", "date_format", "pinned",
)  # fmt: skip


@click.group(invoke_without_command=True)
@click.pass_context
def config(context: click.Context) -> int:
    """Show and check the config."""
    if context.invoked_subcommand is not None:
        return ExitCode.DONE
    echo_err(context.get_help())
    return ExitCode.USAGE


@config.command()
@click.pass_obj
def path(settings: Settings) -> None:
    """Print the path of the config file."""
    write_stdout([_display_path(settings.config_path)])


@config.command()
@click.pass_obj
def check(settings: Settings) -> int:
    """Check the config. The exit code is 2 if something is wrong."""
    found = settings.config()
    file = _display_path(settings.config_path)
    missing = [
        f"{file}: instances.{one.name}.ca_file: there is no file {_display_path(one.ca_file)}"
        for one in found.instances.values()
        if one.ca_file is not None and not one.ca_file.is_file()
    ]
    authorities = found.history.ca_file
    if authorities is not None and not authorities.is_file():
        missing.append(f"{file}: history.ca_file: there is no file {_display_path(authorities)}")
    if missing:
        raise ConfigError("\n".join(missing))
    _check_themes(settings, found)
    count = len(found.instances)
    write_stdout([f"OK: {count} instance{'' if count == 1 else 's'}"])
    return ExitCode.DONE


def _check_themes(settings: Settings, found: Config) -> None:
    """Warn about themes that cannot be used. Raises ConfigError if the configured theme is one of them."""
    from dazos_tui.tui.theming.themes import load_themes, user_theme_folder

    file = _display_path(settings.config_path)
    for problem in load_themes(user_theme_folder(settings.config_path)).resolve(found.theme)[1]:
        if found.theme in problem.names:
            raise ConfigError(f"{file}: {problem}", advice=problem.advice)
        echo_err(f"Warning: {problem} {problem.advice}")


@config.command()
@click.pass_obj
def show(settings: Settings) -> None:
    """Print the settings in force, and where each one comes from. No password is shown."""
    found = settings.config()
    rows = [
        ("config", _display_path(settings.config_path), settings.config_source),
        ("state", _display_path(settings.state_dir), settings.state_source),
        ("theme", found.theme, _origin(found, "theme")),
        ("lock_minutes", str(found.lock_minutes), _origin(found, "lock_minutes")),
        *_note_rows(found),
        ("sign_in_check_seconds", str(found.sign_in_check_seconds), _origin(found, "sign_in_check_seconds")),
        ("mouse", _display_value(found.mouse), _origin(found, "mouse")),
        *_key_rows(found),
        *_history_rows(found.history),
    ]
    for instance in found.instances.values():
        rows += _instance_rows(instance)
    write_stdout(format_table(rows))


def _note_rows(found: Config) -> list[tuple[str, str, str]]:
    lines = found.note_template.strip().count("\n") + 1
    # Only the program: its arguments may contain what others should not read.
    program = safe_text(found.note_command[0]) if found.note_command else "-"
    return [
        ("note_template", f"{lines} line{'' if lines == 1 else 's'}", _origin(found, "note_template")),
        ("note_command", program, _origin(found, "note_command")),
        ("note_mask_address", _display_value(found.note_mask_address), _origin(found, "note_mask_address")),
    ]


def _history_rows(table: HistoryTable) -> list[tuple[str, str, str]]:
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


def _key_rows(found: Config) -> list[tuple[str, str, str]]:
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


def _instance_rows(instance: Instance) -> list[tuple[str, str, str]]:
    prefix = f"instances.{instance.name}"
    rows = [
        (f"{prefix}.{key}", _display_value(getattr(instance, key)), _origin(instance, key))
        for key in _PLAIN_KEYS
    ]
    keyring_or_prompt = (
        "from the keyring, or asked for" if instance.keyring else "asked for",
        _origin(instance, "keyring"),
    )
    unused = ("not used", "default")
    prompted = ("asked for", "default")
    by_cookie = instance.auth is Auth.COOKIE
    password = _secret_source(instance.password_command, instance.password_env) or keyring_or_prompt
    cookie = _secret_source(instance.cookie_command, instance.cookie_env) or prompted
    rows += [
        (f"{prefix}.password", *(unused if by_cookie else password)),
        (f"{prefix}.cookie", *(cookie if by_cookie else unused)),
        (f"{prefix}.one_time_code", *(_secret_source(instance.one_time_code_command, None) or prompted)),
        (
            f"{prefix}.access_key",
            *(_secret_source(instance.access_key_command, instance.access_key_env) or unused),
        ),
    ]
    rows += [
        (f"{prefix}.{key}", _display_request(getattr(instance, key)), _origin(instance, key))
        for key in ("reset_request", "enable_login_request")
    ]
    for name, table in (("labels", instance.labels), ("paths", instance.paths)):
        changed = table.model_dump(include=table.model_fields_set)
        rows += [(f"{prefix}.{name}.{key}", str(value), "config") for key, value in changed.items()]
        if len(changed) < len(type(table).model_fields):
            others = "the others" if changed else "all"
            rows.append((f"{prefix}.{name}", f"{others} unchanged", "default"))
    return rows + _user_list_rows(f"{prefix}.user_list", instance)


def _user_list_rows(prefix: str, instance: Instance) -> list[tuple[str, str, str]]:
    if instance.user_list is None:
        return [(prefix, "the CRM's pages", "default")]
    values = instance.user_list.model_dump(exclude_unset=True)
    values |= {f"fields.{key}": value for key, value in values.pop("fields").items()}
    return [(f"{prefix}.{key}", _display_value(value), "config") for key, value in values.items()]


def _secret_source(command: tuple[str, ...] | None, variable: str | None) -> tuple[str, str] | None:
    """Return where a secret comes from according to the config, None if it does not say."""
    if command is not None:
        # Only the program: its arguments may contain what others should not read.
        return f"from the command {safe_text(command[0])}", "config"
    if variable is not None:
        return f"from the variable {variable}", "config"
    return None


def _display_request(template: RequestTemplate | None) -> str:
    """Return how a configured request is sent and where to; a checked template holds no secret."""
    if template is None:
        return "-"
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
        case _:
            return str(value)


def _origin(model: Config | BaseModel, key: str) -> str:
    return "config" if key in model.model_fields_set else "default"


def _display_path(path: Path) -> str:
    return safe_text(str(path))
