"""How connections are made: whose certificates are trusted, and where ``localhost`` leads."""

import os
import ssl
import sys
from pathlib import Path

import certifi
import httpx

from dazos_tui.crm import hosts
from dazos_tui.crm.causes import causes_of, reason_of
from dazos_tui.crm.errors import TlsFailed
from dazos_tui.files import UnsafeError, open_trusted
from dazos_tui.text import safe_text


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that checks certificates: by this file (PEM), else by the environment or certifi.

    The environment's `SSL_CERT_FILE` and `SSL_CERT_DIR` count, as for httpx. `SSLKEYLOGFILE` does not, which
    is why this is not `ssl.create_default_context`: that would write the keys of every connection there.

    Raises TlsFailed if the file is missing, holds no certificate, or others may write to it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        # The rest of what create_default_context sets.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    named = ca_file or os.environ.get("SSL_CERT_FILE")
    folder = os.environ.get("SSL_CERT_DIR")
    if named:
        _load(context, Path(named), key="ca_file" if ca_file else "SSL_CERT_FILE")
    elif folder:
        context.load_verify_locations(capath=folder)
    else:
        context.load_verify_locations(certifi.where())
    return context


def _load(context: ssl.SSLContext, file: Path, *, key: str) -> None:
    advice = f"Check {key} in the {'config' if key == 'ca_file' else 'environment'}."
    try:
        with open_trusted(file):
            context.load_verify_locations(file)
        return
    except UnsafeError as error:
        reason, advice = str(error).removesuffix("."), error.advice
    except ssl.SSLError:
        reason = "it holds no certificate"
    except OSError as error:
        reason = reason_of(error)
    except ValueError:
        reason = "its name is not a path"
    raise TlsFailed(f"The certificate file {safe_text(str(file))} cannot be used: {reason}.", advice=advice)


class LocalhostTransport(httpx.AsyncBaseTransport):
    """Connects to a loopback address in place of ``localhost``, so that the name is never looked up."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        """Wrap the transport that makes the connections."""
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the first loopback address that takes the connection. Raises what the first one raised."""
        failures = []
        for address in hosts.LOOPBACK_ADDRESSES:
            try:
                return await self._transport.handle_async_request(_addressed(request, address))
            except httpx.ConnectError as error:
                if any(isinstance(cause, ssl.SSLError) for cause in causes_of(error)):
                    raise
                failures.append(error)
        raise failures[0]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _addressed(request: httpx.Request, address: str) -> httpx.Request:
    """Return the same request for a connection to this address; the Host and the name for TLS stay."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
