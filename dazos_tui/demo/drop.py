"""An answer that is none: the connection is cut."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

DROPPED = "demo.drop"
"""The message by which an answer asks the server to cut the connection."""


class DroppedResponse(Response):
    """Cut the connection without a word."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have it cut, and wait until that is done."""
        del scope
        await send({"type": DROPPED})
        while (await receive())["type"] != "http.disconnect":
            pass
