"""Connections to this machine without a look-up: to a resolver, ``localhost`` is a name like any other."""

import ssl

import httpx

from dazos_tui.crm.http import hosts
from dazos_tui.crm.http.error_causes import iter_causes


class LocalhostTransport(httpx.AsyncBaseTransport):
    """Connects to a loopback address in place of ``localhost``, so that the name is never looked up."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        """Wrap the transport that makes the connections."""
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the first loopback address that accepts a connection. Raises what the first one raised."""
        failures = []
        for address in hosts.LOOPBACK_ADDRESSES:
            try:
                return await self._transport.handle_async_request(_with_host(request, address))
            except httpx.ConnectError as error:
                if any(isinstance(cause, ssl.SSLError) for cause in iter_causes(error)):
                    raise
                failures.append(error)
        raise failures[0]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _with_host(request: httpx.Request, address: str) -> httpx.Request:
    """Return the same request for a connection to this address, with Host and TLS server name unchanged."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
