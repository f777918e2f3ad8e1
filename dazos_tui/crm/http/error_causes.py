"""What lies beneath an error of the HTTP library: the system's and OpenSSL's own words."""

import os
import ssl
from collections.abc import Iterator

from dazos_tui.text.sanitize import safe_text


def os_error_reason(error: OSError) -> str:
    """Return the system's words; those of a failed look-up of a name have codes below zero."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or ""


def tls_error_text(error: ssl.SSLError) -> str:
    """Return what OpenSSL calls the error, such as “tlsv13 alert certificate required”."""
    reason = getattr(error, "reason", None)
    return safe_text(reason).replace("_", " ").lower() if isinstance(reason, str) else "an error in TLS"


_OLD_TLS_REASONS = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"})
"""OpenSSL's reasons where a server knows no version of TLS that is used here: 1.2 and 1.3."""

_NOT_TLS_REASONS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""Its reasons where what comes is not TLS; the last one since OpenSSL 3.2 (urllib3 takes it so as well)."""


def describe_handshake_failure(error: ssl.SSLError, host: str) -> tuple[str, str | None]:
    """Return what a failed handshake means, and what to do; None for what to do about a certificate."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = error.verify_message or tls_error_text(error)
        return f"The certificate of {host} was not accepted: {safe_text(words)}.", None
    if error.reason in _OLD_TLS_REASONS:
        return (
            f"{host} only knows versions of TLS before 1.2, which are not secure and not used here.",
            "Tell whoever runs the instance: it needs TLS 1.2 or later.",
        )
    if error.reason in _NOT_TLS_REASONS:
        return (
            f"{host} answered without encryption, as a plain http server does.",
            "Check the address, and its port. If the instance really has no https: write http:// and set "
            "allow_http = true, but everybody on the way can then read the password.",
        )
    return (
        f"No encrypted connection to {host}: {tls_error_text(error)}.",
        "Compare the address with the one in your browser, and tell whoever runs the instance.",
    )


def iter_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Return an error and all that led to it, the members of groups among them."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from iter_causes(member)
        error = error.__cause__ or error.__context__
