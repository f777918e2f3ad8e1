"""The table ``[history]`` of the config: where the history is kept, and for how long."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dazos_tui.config.field_checks import (
    VARIABLE_NAME,
    check_command,
    check_keyring,
    require_visible,
    resolve_path,
)
from dazos_tui.config.history_url import PostgresAddress, parse_postgres_url


class OfflinePolicy(StrEnum):
    """What happens to a send while the history's server cannot be reached."""

    STOP = "stop"
    """Nothing is sent."""
    QUEUE = "queue"
    """The record is kept on this machine and brought to the server later."""


class SslMode(StrEnum):
    """How the server's certificate is checked (libpq, sslmode)."""

    VERIFY_FULL = "verify-full"
    VERIFY_CA = "verify-ca"
    REQUIRE = "require"
    """Encrypted, but nobody knows to whom."""
    DISABLE = "disable"


class HistoryTable(BaseModel):
    """Where the history is kept: without a `url`, in a file of the state folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str | None = Field(
        default=None,
        description='the address of a database, such as "postgresql://kim@db.example.com/support"',
    )
    password_env: str | None = Field(
        default=None,
        pattern=VARIABLE_NAME,
        description='the name of an environment variable, such as "HISTORY_PASSWORD"',
    )
    password_command: tuple[str, ...] | None = Field(
        default=None, description='a program and its arguments, such as ["pass", "show", "history"]'
    )
    keyring: bool = Field(default=False, strict=True, description="true or false")
    ca_file: Path | None = Field(default=None, description="the path of a file with certificates (PEM)")
    sslmode: SslMode | None = Field(
        default=None, description='"verify-full", "verify-ca", "require" or "disable"'
    )
    offline: OfflinePolicy = Field(default=OfflinePolicy.STOP, description='"stop" or "queue"')
    keep_days: int = Field(
        default=0, ge=0, le=36500, strict=True, description="whole days from 1 to 36500, or 0 (for ever)"
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        if value is not None:
            parse_postgres_url(require_visible(value))
        return value

    @field_validator("password_command")
    @classmethod
    def _check_command(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        return check_command(value, info)

    @field_validator("keyring")
    @classmethod
    def _check_keyring(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - given by place
        return check_keyring(value, info)

    @field_validator("ca_file", mode="before")
    @classmethod
    def _resolve_ca_file(cls, value: object, info: ValidationInfo) -> object:
        return resolve_path(value, info)

    @field_validator("password_env", "password_command", "keyring", "ca_file", "sslmode", "offline")
    @classmethod
    def _check_has_server(cls, value: object, info: ValidationInfo) -> object:
        # A wrong address is not in the data: it is a mistake of its own.
        if "url" in info.data and info.data["url"] is None:
            raise ValueError("needs url, which is missing")
        return value

    @property
    def address(self) -> PostgresAddress | None:
        """Return the database of a team's history; None if it is a local file."""
        return parse_postgres_url(self.url) if self.url is not None else None
