"""What caused an error of the HTTP library, in the words of the operating system and OpenSSL."""

import os
import ssl
from collections.abc import Iterator

from dazos_tui.text.sanitize import safe_text


def os_error_reason(error: OSError) -> str:
    """Return the system's message for an error; the codes of failed name look-ups are below zero."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or ""


def tls_error_text(error: ssl.SSLError) -> str:
    """Return what OpenSSL calls the error, such as “tlsv13 alert certificate required”."""
    reason = getattr(error, "reason", None)
    return safe_text(reason).replace("_", " ").lower() if isinstance(reason, str) else "an error in TLS"


_OLD_TLS_REASONS = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"})
"""OpenSSL's reasons if the server supports neither TLS 1.2 nor 1.3."""

_NOT_TLS_REASONS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""OpenSSL's reasons if the answer is not TLS; the last one since 3.2 (urllib3 reads it this way too)."""


def describe_handshake_failure(error: ssl.SSLError, host: str) -> tuple[str, str | None]:
    """Return what a failed handshake means, and the advice; None means TlsError's own, about certificates."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or tls_error_text(error)
        return f"The certificate of {host} was not accepted: {safe_text(reason)}.", None
    if error.reason in _OLD_TLS_REASONS:
        return (
            f"{host} only supports TLS versions before 1.2, which are not secure and not used here.",
            "Tell the server's administrator that it needs TLS 1.2 or later.",
        )
    if error.reason in _NOT_TLS_REASONS:
        return (
            f"{host} answered without encryption, as a plain http server does.",
            "Check the address and its port. If the instance really has no https, write http:// and set "
            "allow_http = true, but then everybody on the way can read the password.",
        )
    return (
        f"Could not make an encrypted connection to {host}: {tls_error_text(error)}.",
        "Compare the address with the one in your browser, and tell the server's administrator.",
    )


def iter_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and everything that caused it, including the members of exception groups."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from iter_causes(member)
        error = error.__cause__ or error.__context__
