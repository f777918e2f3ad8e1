"""Which certificate authorities are trusted: the system's, and a company's own from a file.

`truststore` finds the system's on every platform: the keychain of macOS, the files where Linux distributions
keep them, SSL_CERT_FILE and SSL_CERT_DIR as OpenSSL reads them. Unlike `ssl.create_default_context`, it
ignores SSLKEYLOGFILE, which would write the keys of every connection to a file and so expose the password.
"""

import os
import ssl
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dazos_tui.crm.errors import TlsError
from dazos_tui.crm.http.error_causes import os_error_reason
from dazos_tui.system.files import UnsafeFileError, open_trusted
from dazos_tui.text.sanitize import safe_text


def trusting_tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a TLS context that trusts the system's authorities and those in `ca_file` (PEM), if given.

    Raises TlsError if that file, or that of SSL_CERT_FILE, cannot be used or is writable by others, or if the
    folder of SSL_CERT_DIR cannot be used.
    """
    # Imported late: an instance on this machine needs no TLS.
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # OpenSSL reads what its own variables name without being asked, but the keychain of macOS does not.
    reads_variables = sys.platform != "darwin"
    if cert_file := os.environ.get("SSL_CERT_FILE"):
        load = partial(context.load_verify_locations, cafile=cert_file)
        setting = "SSL_CERT_FILE in the environment"
        _load_certificates(Path(cert_file), setting, (lambda: None) if reads_variables else load)
    if os.environ.get("SSL_CERT_DIR") and not reads_variables:
        _load_environment_folder(context)
    if ca_file is not None:
        # The file may hold only an intermediate authority, whose own issuer is not known here.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        _load_certificates(
            ca_file, "ca_file in the config", partial(context.load_verify_locations, cafile=ca_file)
        )
    return context


def untrusting_tls_context() -> ssl.SSLContext:
    """Return a TLS context that trusts no authority, for unencrypted connections: it reads no file."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _load_certificates(file: Path, setting: str, load: Callable[[], object]) -> None:
    """Load a certificate file named by `setting`. Raises TlsError if it is unusable or writable by others."""
    advice = f"Check {setting}."
    try:
        with open_trusted(file):
            load()
        return
    except UnsafeFileError as error:
        reason, advice = str(error).removesuffix("."), error.advice
    except ssl.SSLError:
        reason = "it holds no certificate"
    except OSError as error:
        reason = os_error_reason(error)
    except ValueError:
        reason = "its name is not a path"
    raise TlsError(f"The certificate file {safe_text(str(file))} cannot be used: {reason}.", advice=advice)


def _load_environment_folder(context: ssl.SSLContext) -> None:
    """Add the certificates in the folder of SSL_CERT_DIR, if there is one. Raises TlsError."""
    folder = ssl.get_default_verify_paths().capath
    try:
        if folder:
            context.load_verify_locations(capath=folder)
    except OSError as error:
        raise TlsError(
            f"The certificate folder {safe_text(folder)} cannot be used: {os_error_reason(error)}.",
            advice="Check SSL_CERT_DIR in the environment.",
        ) from None
