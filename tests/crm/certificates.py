"""Self-signed certificates for tests."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """The files of a self-signed certificate and of its key (both PEM)."""

    file: Path
    key: Path


def self_signed(folder: Path, *, name: str = "crm") -> Certificate:
    """Create a certificate for 127.0.0.1 in this folder."""
    created = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name} "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {created.key} -out {created.file}"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return created


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """Return the TLS context of a server with this certificate."""
    # Not the default context, which obeys SSLKEYLOGFILE: some tests check that the client does not.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    return context
