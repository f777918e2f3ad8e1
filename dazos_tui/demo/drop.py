"""A response that cuts the connection instead of answering."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

DROPPED = "demo.drop"
"""The ASGI message by which a response asks the server to cut the connection."""


class DroppedResponse(Response):
    """Cuts the connection without answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the server to cut the connection, and wait until it has."""
        del scope
        await send({"type": DROPPED})
        while (await receive())["type"] != "http.disconnect":
            pass
