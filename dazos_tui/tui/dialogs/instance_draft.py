"""An instance being edited: the problems of each field, and the instance that results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dazos_tui.config.edit import add_instance, change_instance
from dazos_tui.config.instance_url import normalize_base_url
from dazos_tui.config.models import Auth, Config, Instance
from dazos_tui.config.toml_edit import Value

LABELS: Mapping[str, str] = {
    "url": "Address",
    "name": "Name",
    "username": "User name",
    "environment": "Environment",
}
"""The label of each field, in the order of the form."""

_FROM_KEYRING = "password from the keyring, else asked for"


@dataclass(slots=True)
class Draft:
    """The typed values, by field. With `existing`, that instance is changed, except its name."""

    config: Config
    existing: Instance | None = None
    typed: dict[str, str] = field(default_factory=dict)
    taught: dict[str, Any] | None = None
    """The request that sends a link, as the config describes it, if it was taught."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the fields of the form, in order."""
        return tuple(key for key in LABELS if key != "name" or self.existing is None)

    @property
    def at_first(self) -> dict[str, str]:
        """Return the initial values of the fields; none for a new instance."""
        old = self.existing
        return {key: str(getattr(old, key)) for key in self.keys} if old is not None else {}

    def instance(self) -> Instance | None:
        """Return the instance; None if it is invalid."""
        try:
            return None if self._is_taken else Instance.model_validate(self._values())
        except ValidationError:
            return None

    def problems(self) -> dict[str, str]:
        """Return the problem of each invalid field as a sentence, in the order of the fields."""
        found = self._refused()
        for key in self.keys:
            if not self.typed.get(key):
                found[key] = f"{LABELS[key]} is still missing."
        if self._is_taken:
            found["name"] = "Name is taken by another instance."
        # A problem of a key without a field, such as a proxy, is shown at the address.
        others = [words for key, words in found.items() if key not in LABELS]
        if others:
            found.setdefault("url", others[0])
        return {key: found[key] for key in self.keys if key in found}

    def _refused(self) -> dict[str, str]:
        try:
            Instance.model_validate(self._values())
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
            reasons = {str(one["loc"][0]): _reason(one) for one in errors}
            return {key: f"{LABELS.get(key, key)} {reason}." for key, reason in reasons.items() if reason}
        return {}

    def answer(self, step: str) -> str:
        """Return the answers of a step so far, in one line."""
        match step:
            case "address":
                name = self.typed.get("name", "")
                return " · ".join(filter(None, (self._base, name)))
            case "account":
                user = self.typed.get("username", "")
                return f"{user}, {self._source}" if user else ""
            case _:
                return self.typed.get("environment", "")

    @property
    def account(self) -> tuple[str, str]:
        """Return the URL and the user name of the session that a check would need."""
        return self._base, self.typed.get("username", "")

    def write(self, path: Path, instance: Instance) -> None:
        """Write the instance to the config file; of an existing one only the changed keys.

        Raises ConfigError if the file cannot be written, or was changed in a way that conflicts.
        """
        keys = {key: str(getattr(instance, key)) for key in ("url", "username", "environment")}
        old = self.existing
        if old is None:
            add_instance(path, instance.name, {**keys, **self._taught})
            return
        differing = {key: value for key, value in keys.items() if value != str(getattr(old, key))}
        changed = {**differing, **self._taught}
        if changed:
            change_instance(path, instance.name, changed)

    @property
    def _taught(self) -> dict[str, Value]:
        return {"reset_request": self.taught} if self.taught is not None else {}

    def _values(self) -> dict[str, object]:
        old = self.existing.model_dump(exclude_unset=True, by_alias=True) if self.existing else {}
        return {
            **old,
            **self._taught,
            **{key: text for key, text in self.typed.items() if text or key != "environment"},
        }

    @property
    def _is_taken(self) -> bool:
        return self.existing is None and self.typed.get("name") in self.config.instances

    @property
    def _base(self) -> str:
        try:
            return normalize_base_url(self.typed.get("url", ""))
        except ValueError:
            return ""

    @property
    def _source(self) -> str:
        old = self.existing
        if old is None or old.uses_keyring:
            return _FROM_KEYRING
        if old.auth is Auth.COOKIE:
            return "with a browser's session"
        if old.password_env is not None:
            return f"password from the variable {old.password_env}"
        if old.password_command is not None:
            return f"password from {old.password_command[0]}"
        return "password asked for"


def _reason(error: ErrorDetails) -> str:
    """Return the reason; empty if it only follows from another invalid or missing field."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return "" if error["type"] in {"missing", "default_factory_not_called"} else f"is refused: {error['msg']}"
