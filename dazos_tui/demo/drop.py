"""An answer that is none: the connection is cut."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class DropConnection(Response):
    """Cut the connection without a word. The server puts the transport into the scope's state."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut it, and wait until the server has noticed."""
        del send
        scope["state"]["transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass
