"""The ``[keys]`` table of ``config.toml``: which key runs which command of the app."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator

from dazos_tui.config.keymap import DEFAULT_KEYS, CommandName, Keys, check_keys, keys_in_force, parse_key

_EXPECTED = 'a key such as "s", "?", "f4" or "ctrl+t", or a list of such keys'


def _parsed(value: object) -> Keys:
    """Return the keys that a person wrote, each once. Raises ValueError."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError("is no key")
    return tuple(dict.fromkeys(map(parse_key, texts)))


class _KeyTable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_keys(self.configured)
        return self

    @property
    def configured(self) -> dict[CommandName, Keys]:
        """Return the keys that are configured, by command, in the order of the commands."""
        return {name: getattr(self, name) for name in DEFAULT_KEYS if name in self.model_fields_set}

    @property
    def in_force(self) -> dict[CommandName, Keys]:
        """Return the keys of every command; what is configured goes before what is usual."""
        return keys_in_force(self.configured)


_FIELDS: dict[str, Any] = {
    name: (Annotated[Keys, BeforeValidator(_parsed)], Field(default=keys, description=_EXPECTED))
    for name, keys in DEFAULT_KEYS.items()
}

KeyTable = create_model("KeyTable", __base__=_KeyTable, **_FIELDS)
"""One field for each command: its keys, as Textual names them."""
