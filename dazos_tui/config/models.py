"""The models of ``config.toml``: which CRM instances there are and how they are signed in to."""

import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.field_checks import (
    VARIABLE_NAME,
    SingleLine,
    Tag,
    check_command,
    check_keyring,
    fill_instance_name,
    require_visible,
    resolve_path,
)
from dazos_tui.config.history_table import HistoryTable
from dazos_tui.config.instance_url import is_loopback_url, normalize_base_url, operator_name, server_of
from dazos_tui.config.keymap_table import KeyTable
from dazos_tui.config.note_template import (
    DEFAULT_TEMPLATE,
    check_note_command,
    check_template,
    check_ticket_command,
)
from dazos_tui.config.peek import DEFAULT_KEEP_PEOPLE_HOURS
from dazos_tui.config.sources import KeySource, find_source
from dazos_tui.config.ticket_pattern import DEFAULT_TICKET_PATTERN, check_ticket_pattern
from dazos_tui.config.validation_messages import did_you_mean
from dazos_tui.crm.dialect import Labels, Paths
from dazos_tui.crm.login_times import DateFormat, load_time_zone
from dazos_tui.crm.request_template import Offered, RequestTemplate
from dazos_tui.crm.user_list_template import UserListTemplate
from dazos_tui.system.paths import bundled_path
from dazos_tui.text.sanitize import safe_text


class Environment(StrEnum):
    """The purpose of an instance."""

    PRODUCTION = "production"
    STAGING = "staging"
    SANDBOX = "sandbox"


class ResetRoute(StrEnum):
    """How links are sent where no menu of the CRM has the item."""

    MENU = "menu"
    """Not at all: only a menu item sends links."""
    FORGOT_PASSWORD = "forgot_password"  # noqa: S105 - no secret
    """With the CRM's public forgot-password form."""


class Auth(StrEnum):
    """How to sign in to an instance."""

    PASSWORD = "password"  # noqa: S105 - no secret
    COOKIE = "cookie"
    """With the session of a browser that is already signed in, for example by single sign-on."""


def _default_requests_per_second(fields: dict[str, Any]) -> int:
    """Return the default limit of requests per second: none for this machine itself."""
    return 0 if is_loopback_url(fields.get("url", "")) else 20


_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})


def _parse_proxy_url(text: str) -> SplitResult:
    # The library's message about an invalid address quotes it, and it may contain a password.
    with suppress(ValueError):
        parts = urlsplit(text)
        rest = parts.path.strip("/") or parts.query or parts.fragment
        if parts.scheme in _PROXY_SCHEMES and parts.hostname and parts.port != 0 and not rest:
            return parts
    raise ValueError("is not the address of a proxy, such as http://proxy.example.com:3128")


class Instance(BaseModel):
    """One CRM instance, as configured. `url` always ends with a slash."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: SingleLine
    # Before the fields whose validators use it: pydantic validates in this order.
    allow_http: StrictBool = Field(default=False, description="true or false")
    url: str = Field(description='the address people sign in at, such as "https://crm.example.com/"')
    username: SingleLine = Field(description="the user name the CRM knows you by")
    environment: Environment = Field(description='"production", "staging" or "sandbox"')
    auth: Auth = Field(default=Auth.PASSWORD, description='"password" or "cookie"')
    password_env: str | None = Field(
        default=None,
        pattern=VARIABLE_NAME,
        description='the name of an environment variable, such as "ACME_PASSWORD"',
    )
    password_command: tuple[str, ...] | None = Field(
        default=None, description='a program and its arguments, such as ["pass", "show", "crm/acme"]'
    )
    access_key_env: str | None = Field(
        default=None,
        pattern=VARIABLE_NAME,
        description='the name of an environment variable, such as "ACME_ACCESS_KEY"',
    )
    access_key_command: tuple[str, ...] | None = Field(
        default=None, description='a program and its arguments, such as ["pass", "show", "crm/acme-key"]'
    )
    cookie_env: str | None = Field(
        default=None,
        pattern=VARIABLE_NAME,
        description='the name of an environment variable, such as "ACME_COOKIE"',
    )
    cookie_command: tuple[str, ...] | None = Field(
        default=None, description='a program and its arguments, such as ["acme-cookie", "--print"]'
    )
    one_time_code_command: tuple[str, ...] | None = Field(
        default=None, description='a program and its arguments, such as ["pass", "otp", "crm/acme"]'
    )
    keyring: StrictBool = Field(default=True, description="true or false")
    cooldown_minutes: int = Field(
        default=15,
        ge=0,
        le=7 * 24 * 60,
        strict=True,
        description="whole minutes from 0 (no warning) to 10080 (a week)",
    )
    roles_without_sign_in: tuple[SingleLine, ...] = Field(
        default=("No Access", "Disabled Reps"), description='a list of roles, such as ["No Access"]'
    )
    reset_route: ResetRoute | None = Field(
        default=None, description='"menu" or "forgot_password"; left out: you are asked when it matters'
    )
    time_zone: SingleLine | None = Field(
        default=None, description='the name of a time zone, such as "America/New_York"'
    )
    date_format: DateFormat | None = Field(
        default=None, description='"mm-dd-yyyy", "dd-mm-yyyy" or "yyyy-mm-dd"'
    )
    ca_file: Path | None = Field(default=None, description="the path of a file with certificates (PEM)")
    proxy: str | None = Field(
        default=None, description='the address of a proxy, such as "http://proxy.example.com:3128"'
    )
    requests_per_second: int = Field(
        default_factory=_default_requests_per_second,
        ge=0,
        le=1000,
        strict=True,
        description="whole requests a second from 1 to 1000, or 0 (no limit)",
    )
    pinned: StrictBool = Field(default=False, description="true or false")
    tags: tuple[Tag, ...] = Field(default=(), description='a list of words, such as ["west", "clinic"]')
    labels: Labels = Field(default=Labels(), description="a table, [instances.NAME.labels]")
    paths: Paths = Field(default=Paths(), description="a table, [instances.NAME.paths]")
    reset_request: RequestTemplate | None = Field(
        default=None, description="a table, [instances.NAME.reset_request]"
    )
    enable_login_request: RequestTemplate | None = Field(
        default=None, description="a table, [instances.NAME.enable_login_request]"
    )
    user_list: UserListTemplate | None = Field(
        default=None, description="a table, [instances.NAME.user_list]"
    )
    _all_secret_variables: frozenset[str] = PrivateAttr(default=frozenset())

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str, info: ValidationInfo) -> str:
        url = normalize_base_url(value)
        if url.startswith("http:") and not info.data.get("allow_http") and not is_loopback_url(url):
            raise ValueError(
                "would send the password unencrypted: write https://, or set allow_http = true "
                "(only localhost itself and addresses such as 127.0.0.1 need neither)"
            )
        return url

    @field_validator("password_command", "access_key_command", "cookie_command", "one_time_code_command")
    @classmethod
    def _check_command(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        return check_command(fill_instance_name(value, info), info)

    @field_validator("keyring")
    @classmethod
    def _check_keyring(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - given by place
        return check_keyring(value, info)

    @field_validator("time_zone")
    @classmethod
    def _check_time_zone(cls, value: str | None) -> str | None:
        if value is not None:
            load_time_zone(value)
        return value

    @field_validator("ca_file", mode="before")
    @classmethod
    def _resolve_ca_file(cls, value: object, info: ValidationInfo) -> object:
        return resolve_path(value, info)

    @field_validator("proxy")
    @classmethod
    def _check_proxy(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        parts = _parse_proxy_url(require_visible(value))
        if parts.username is not None or parts.password is not None:
            raise ValueError("contains a user name or password: set HTTPS_PROXY in the environment instead")
        if is_loopback_url(info.data.get("url", "")):
            raise ValueError("cannot be combined with a url on this machine, which no proxy can reach")
        return value

    @field_validator("labels", "paths")
    @classmethod
    def _check_visible(cls, value: Labels | Paths) -> Labels | Paths:
        for text in value.model_dump().values():
            require_visible(text)
        return value

    @field_validator("paths")
    @classmethod
    def _check_paths(cls, value: Paths) -> Paths:
        for key, text in value.model_dump().items():
            if text.startswith(("/", "\\")) or ":" in text.partition("?")[0]:
                raise ValueError(f"{key} leads outside the instance: write an address relative to url")
        return value

    @field_validator("reset_request", "enable_login_request")
    @classmethod
    def _check_request(cls, value: RequestTemplate | None, info: ValidationInfo) -> RequestTemplate | None:
        if value is not None and value.foreign_address_in(info.data.get("url", "")):
            raise ValueError(
                "has an address that is not within url: write one of this instance, or leave it out"
            )
        return value

    @field_validator("enable_login_request")
    @classmethod
    def _check_needs_menu(cls, value: RequestTemplate | None) -> RequestTemplate | None:
        if value is not None and value.offered is Offered.ALWAYS:
            raise ValueError(
                "cannot be offered always, since the item in the menu is how a locked login is seen: leave "
                "offered out"
            )
        return value

    @property
    def secret_variables(self) -> frozenset[str]:
        """Return the names of the variables that hold a secret of this or another instance of the config."""
        return self._all_secret_variables.union(
            filter(None, (self.password_env, self.access_key_env, self.cookie_env))
        )

    @property
    def uses_keyring(self) -> bool:
        """Return whether the password may come from the system's keyring."""
        elsewhere = self.password_command is not None or self.password_env is not None
        return self.keyring and self.auth is Auth.PASSWORD and not elsewhere

    @property
    def operator(self) -> str:
        """Return who acts here, for screen and history. Whose session a browser's is, is not checked."""
        return operator_name(self.username, is_cookie=self.auth is Auth.COOKIE)

    @property
    def credential_name(self) -> str:
        """Return the name of the credential in messages."""
        return "session cookie" if self.auth is Auth.COOKIE else "password"

    @property
    def host(self) -> str:
        """Return host and port, as in the address: the port only if it is not the default one."""
        return urlsplit(self.url).netloc

    @property
    def server(self) -> str:
        """Return the address without its scheme: two instances with one server are the same CRM."""
        return server_of(self.url)


class Config(BaseModel):
    """The whole config. `instances` keeps the order of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    theme: SingleLine = Field(default="dazos-dark", description='the name of a theme, such as "dazos-dark"')
    lock_minutes: int = Field(
        default=15, ge=0, le=24 * 60, strict=True, description="whole minutes from 0 (never) to 1440 (a day)"
    )
    note_template: Annotated[str, AfterValidator(check_template)] = Field(
        default=DEFAULT_TEMPLATE, description="text with fields in braces, such as {email} and {time}"
    )
    note_command: Annotated[tuple[str, ...] | None, AfterValidator(check_note_command)] = Field(
        default=None,
        description='a program and its arguments, such as ["gh", "issue", "comment", "{ticket}", '
        '"--body-file", "-"]',
    )
    ticket_command: Annotated[tuple[str, ...] | None, AfterValidator(check_ticket_command)] = Field(
        default=None,
        description='a program and its arguments, such as ["gh", "issue", "view", "{ticket}"]',
    )
    ticket_pattern: Annotated[str, AfterValidator(check_ticket_pattern)] = Field(
        default=DEFAULT_TICKET_PATTERN, description=r"a regular expression in single quotes, such as 'T-\d+'"
    )
    note_mask_address: StrictBool = Field(default=False, description="true or false")
    sign_in_check_seconds: int = Field(
        default=60, ge=0, le=3600, strict=True, description="whole seconds from 0 (never) to 3600 (an hour)"
    )
    keep_people_hours: int = Field(
        default=DEFAULT_KEEP_PEOPLE_HOURS,
        ge=0,
        le=720,
        strict=True,
        description="whole hours from 0 (never) to 720 (30 days)",
    )
    accessible: StrictBool = Field(default=False, description="true or false")
    mouse: StrictBool = Field(default=True, description="true or false")
    title: StrictBool = Field(default=True, description="true or false")
    keys: KeyTable = Field(default=KeyTable(), description="a table, [keys]")
    history: HistoryTable = Field(default=HistoryTable(), description="a table, [history]")
    batch: BatchTable = Field(default=BatchTable(), description="a table, [batch]")
    include: tuple[str, ...] = Field(
        default=(), description='a list of files, such as ["/etc/dazos-tui/instances.toml"]'
    )
    defaults: dict[str, Any] = Field(default={}, description="a table, [defaults]", repr=False)
    instances: dict[str, Instance] = Field(default={}, description="tables, [instances.NAME]")
    _own_file: Path | None = PrivateAttr(default=None)
    _included_files: tuple[Path, ...] = PrivateAttr(default=())
    _sources: Mapping[str, Mapping[str, KeySource]] = PrivateAttr(default={})
    _deprecations: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _share_secret_variables(self) -> Self:
        names = self.secret_variables
        for instance in self.instances.values():
            instance._all_secret_variables = names
        return self

    def record_sources(
        self, own: Path, included: Iterable[Path], sources: Mapping[str, Mapping[str, KeySource]]
    ) -> None:
        """Keep the files this config was read from, and the source of each instance's keys."""
        self._own_file, self._included_files, self._sources = own, tuple(included), sources

    def record_deprecations(self, warnings: Iterable[str]) -> None:
        """Keep what is still read in this config, but should be written differently."""
        self._deprecations = tuple(warnings)

    @property
    def deprecations(self) -> tuple[str, ...]:
        """Return a warning for each key that should be written differently, with file and key."""
        return self._deprecations

    @property
    def included_files(self) -> tuple[Path, ...]:
        """Return the files that the config includes, whose content is in it. They are never written."""
        return self._included_files

    def source_of(self, instance: str, *keys: str) -> KeySource | None:
        """Return where a key of an instance comes from; None for a default, and without a file.

        A key of its labels or paths may come from another file than others there: these are two `keys`.
        """
        return find_source(self._sources.get(instance, {}), *keys)

    def included_from(self, instance: str) -> Path | None:
        """Return the included file that has an instance; None for one of the own file."""
        source = self.source_of(instance, "name")
        return source.path if source is not None and source.path != self._own_file else None

    @property
    def secret_variables(self) -> frozenset[str]:
        """Return the names of the variables that hold a secret of any instance, or of the history."""
        others = frozenset(filter(None, [self.history.password_env]))
        return others.union(*(instance.secret_variables for instance in self.instances.values()))

    def instance(self, name: str) -> Instance:
        """Return the instance with this name. Raises ConfigError, which suggests the most similar one."""
        found = self.instances.get(name) or self.instances.get(unicodedata.normalize("NFC", name))
        if found is not None:
            return found
        if not self.instances:
            raise ConfigError(
                f"There is no instance “{safe_text(name)}”: the config has no instances.",
                advice="Add an [instances.NAME] table to it; "
                f"{bundled_path('config.example.toml')} shows how.",
            )
        near = did_you_mean(name, self.instances)
        raise ConfigError(
            f"There is no instance “{safe_text(name)}” in the config{near}.",
            advice=f"Instances in the config: {', '.join(self.instances)}.",
        )
