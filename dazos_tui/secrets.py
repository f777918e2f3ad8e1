"""Where the password of an instance comes from."""

from pydantic import SecretStr

from dazos_tui.config import Instance


class SecretError(Exception):
    """The password could not be had: `str(error)` says why, without ever holding it."""


async def password_for(instance: Instance) -> SecretStr | None:
    """Return the password from the instance's command or variable, or None if a person must be asked."""
    raise NotImplementedError
