"""What lies beneath an error of the HTTP library: the system's and OpenSSL's own words."""

import os
import ssl
from collections.abc import Iterator

from dazos_tui.text import safe_text


def reason_of(error: OSError) -> str:
    """Return the system's words; those of a failed look-up of a name have codes below zero."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or ""


def tls_words(error: ssl.SSLError) -> str:
    """Return what OpenSSL calls the error, such as “tlsv13 alert certificate required”."""
    reason = getattr(error, "reason", None)
    return safe_text(reason).replace("_", " ").lower() if isinstance(reason, str) else "an error in TLS"


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """Return an error and all that led to it, the members of groups among them."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from causes_of(member)
        error = error.__cause__ or error.__context__
