"""The ``[keys]`` table of ``config.toml``: which key runs which command of the app."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator

from dazos_tui.config.keymap import DEFAULT_KEYS, CommandName, Keys, check_keys, effective_keys, parse_key

_EXPECTED_KEYS = 'a key such as "s", "?", "f4" or "ctrl+t", or a list of such keys'


def _parse_keys(value: object) -> Keys:
    """Return the keys that the user wrote, each once. Raises ValueError."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError("is not a key")
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
    def effective(self) -> dict[CommandName, Keys]:
        """Return the keys of every command; configured keys take precedence over defaults."""
        return effective_keys(self.configured)


_FIELDS: dict[str, Any] = {
    name: (Annotated[Keys, BeforeValidator(_parse_keys)], Field(default=keys, description=_EXPECTED_KEYS))
    for name, keys in DEFAULT_KEYS.items()
}

KeyTable = create_model("KeyTable", __base__=_KeyTable, **_FIELDS)
"""One field for each command: its keys, as Textual names them."""
