"""``config.toml`` and its models: which CRM instances there are and how they are signed in to."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from dazos_tui.crm.dialect import Labels, Paths


class ConfigError(Exception):
    """The config cannot be used: `str(error)` names file, key and what was expected."""


class Environment(StrEnum):
    """What an instance is for."""

    PRODUCTION = "production"
    STAGING = "staging"
    SANDBOX = "sandbox"


class Instance(BaseModel):
    """One CRM instance, as configured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    url: str
    username: str
    environment: Environment
    password_env: str | None = None
    password_command: tuple[str, ...] | None = None
    ca_file: Path | None = None
    allow_http: bool = False
    labels: Labels = Labels()
    paths: Paths = Paths()

    @property
    def host(self) -> str:
        """Return host and port, as the address has them."""
        raise NotImplementedError


class Config(BaseModel):
    """All that is configured. `instances` keeps the order of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme: str = "dazos-dark"
    instances: dict[str, Instance] = {}

    def instance(self, name: str) -> Instance:
        """Return the instance of this name. Raises ConfigError naming the nearest one."""
        raise NotImplementedError


def load_config(path: Path) -> Config:
    """Read and check a config file. Raises ConfigError."""
    raise NotImplementedError


def default_config_path() -> Path:
    """Return where the config lies if nothing else is said."""
    raise NotImplementedError


def default_state_dir() -> Path:
    """Return the folder for what the app keeps, if nothing else is said."""
    raise NotImplementedError
