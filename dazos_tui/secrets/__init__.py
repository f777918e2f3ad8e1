"""Where the password and the access key of an instance come from.

A secret is kept as a `SecretStr` only as long as it is used: callers drop it after the sign-in. That drops
the last reference, but cannot promise more. Python does not overwrite the memory of a text, and copies (in
the posted form, in the buffers of the HTTP, TLS and terminal libraries) stay in freed memory until that is
used again. The variable of a `password_env` stays in this process's own environment, where the shell put it.
"""

from dazos_tui.secrets.errors import SecretError
from dazos_tui.secrets.sources import (
    COMMAND_SECONDS,
    access_key_for,
    credential_for,
    history_password_for,
    one_time_code_for,
    password_for,
)
from dazos_tui.system.subprocesses import child_environment

__all__ = [
    "COMMAND_SECONDS", "SecretError", "access_key_for", "child_environment", "credential_for",
    "history_password_for", "one_time_code_for", "password_for",
]  # fmt: skip
