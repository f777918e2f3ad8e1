"""A headless Chromium that sends a link as a person does, through the screens of the demo CRM.

The demo's pages are as long as a real CRM's but load nothing else. `WithFiles` adds scripts and styles to
them, as many and as large as a browser was seen to load from a vtiger 8.0 server on this walk. They contain
no code: to load them is all that they cost, while a real CRM's also have to run.
"""

import tempfile
from pathlib import Path
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from tests.recordings.chromium import Chromium
from tests.recordings.walk import sign_in

SCRIPTS, SCRIPT_BYTES = 190, 50_000
STYLES, STYLE_BYTES = 120, 15_000
"""Together with the pages, these make the 320 requests and 12 MB that were seen."""

_FILES = {
    **{f"{number}.js": ("text/javascript", SCRIPT_BYTES) for number in range(SCRIPTS)},
    **{f"{number}.css": ("text/css", STYLE_BYTES) for number in range(STYLES)},
}
_FOLDER = "/files/"
_TAGS = "".join(
    f'<script defer src="{_FOLDER}{name}"></script>'
    if name.endswith(".js")
    else f'<link rel="stylesheet" href="{_FOLDER}{name}">'
    for name in _FILES
).encode()


class WithFiles:
    """A web application whose signed-in pages load files, while `is_on`; it counts what it sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.is_on = False
        self.requests = self.sent_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        self.requests += 1
        if scope["path"].startswith(_FOLDER):
            await self._send_file(scope["path"].removeprefix(_FOLDER), send)
            return
        begun: list[Message] = []

        async def add_tags(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body = message.get("body", b"")
            if self.is_on and b"_USERMETA" in body:
                body = body.replace(b"</head>", _TAGS + b"</head>", 1)
            self.sent_bytes += len(body)
            while begun:
                kept = [(name, value) for name, value in begun[0]["headers"] if name != b"content-length"]
                length = (b"content-length", str(len(body)).encode())
                await send({**begun.pop(), "headers": [*kept, length]})
            await send({**message, "body": body})

        await self._app(scope, receive, add_tags)

    async def _send_file(self, name: str, send: Send) -> None:
        kind, size = _FILES[name]
        body = b"/*" + b" " * (size - 4) + b"*/"
        self.sent_bytes += len(body)
        length = (b"content-length", str(size).encode())
        headers = [(b"content-type", kind.encode()), (b"cache-control", b"max-age=86400"), length]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def send_by_browser(instance: DemoInstance, person: Person) -> float:
    """Start Chromium and send a link to a person on the first page of the list; return the seconds it took.

    Nobody reads or thinks: each click comes as soon as its page is there. The end of the browser is not
    counted.
    """
    with tempfile.TemporaryDirectory(prefix="dazos-tui-bench-", ignore_cleanup_errors=True) as folder:
        start = perf_counter()
        with Chromium(Path(folder)) as browser:
            page = browser.open_page(lambda _method, _params: None)
            page.go_to(f"{instance.url}index.php")
            sign_in(page, instance)
            page.click("nav a", "Users")
            page.click(f"main tbody a[href$='record={person.id}']")
            page.click("main button.dropdown-toggle", "More")
            page.click("main .dropdown.open a", "Send Reset Link")
            page.sees(".toast:not(.bad)")
            return perf_counter() - start
