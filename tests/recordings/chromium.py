"""A headless Chromium, driven through its debugging interface (the DevTools protocol).

The protocol's messages go through a pipe (``--remote-debugging-pipe``) rather than a socket: each is JSON
that ends with a zero byte. So no port is open to others, and the browser ends with the pipe.
"""

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.patience import patience

Result = dict[str, Any]
EventHandler = Callable[[str, Result], None]

_SECONDS = 20.0
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--no-proxy-server", "--window-size=1280,1000",
    # Nothing but the demo, whatever else the browser would like to look up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def find_chromium() -> str | None:
    """Return the path of Chromium, or None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class ChromiumError(Exception):
    """The browser refused a command, or did not do something in time."""


class Chromium:
    """A browser with a new, empty profile in `folder`. Use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last_id = 0
        self._received = b""
        self._callbacks: dict[int, Callable[[Result], None]] = {}
        self.handlers: dict[str, EventHandler] = {}
        """Who gets the events of a page, by its session."""

    def __enter__(self) -> Self:
        program = find_chromium()
        assert program is not None
        # The browser reads commands from descriptor 3, and writes to 4.
        read_end, self._write = os.pipe()
        self._read, write_end = os.pipe()
        shell = f'exec "$@" 3<&{read_end} 4>&{write_end}'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", program, *_FLAGS, "--remote-debugging-pipe",
             f"--user-data-dir={self._folder}", "about:blank"],
            pass_fds=(read_end, write_end), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(self._folder)},
        )  # fmt: skip
        os.close(read_end)
        os.close(write_end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._write)
        os.close(self._read)
        try:
            self._process.wait(patience(10))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def open_page(self, on_event: EventHandler) -> "BrowserPage":
        """Open a page without cookies or a cache of other pages. `on_event` gets its events."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})
        attached = self.call("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        self.handlers[attached["sessionId"]] = on_event
        return BrowserPage(self, attached["sessionId"])

    def call(self, method: str, params: Result | None = None, session: str = "") -> Result:
        """Run a command and return its result."""
        results: list[Result] = []
        self.send(method, params, session, results.append)
        self.wait_for(lambda: bool(results), method)
        if "error" in results[0]:
            raise ChromiumError(f"{method}: {results[0]['error']}")
        found: Result = results[0]["result"]
        return found

    def send(
        self, method: str, params: Result | None, session: str, on_answer: Callable[[Result], None]
    ) -> None:
        """Send a command without waiting. `on_answer` gets the answer, with a result or an error."""
        self._last_id += 1
        self._callbacks[self._last_id] = on_answer
        command = {"id": self._last_id, "method": method, "params": params or {}}
        if session:
            command["sessionId"] = session
        os.write(self._write, json.dumps(command).encode() + b"\0")

    def wait_for(self, holds: Callable[[], bool], what: str) -> None:
        """Handle answers and events until `holds()`. Raises ChromiumError if that takes too long."""
        deadline = time.monotonic() + patience(_SECONDS)
        while not holds():
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self._read, 1_000_000) if ready else b""
            if not chunk:
                raise ChromiumError(f"{what}: the browser did not do it in time, or ended.")
            *messages, self._received = (self._received + chunk).split(b"\0")
            for message in messages:
                self._handle(json.loads(message))

    def _handle(self, message: Result) -> None:
        if "id" in message:
            self._callbacks.pop(message["id"])(message)
        elif (on_event := self.handlers.get(message.get("sessionId", ""))) is not None:
            on_event(message["method"], message["params"])


class BrowserPage:
    """A page of the browser, used as a person does: with the mouse and the keyboard."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser, self.session = browser, session
        for domain in ("Page", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, params: Result | None = None) -> Result:
        """Run a command of this page and return its result."""
        return self._browser.call(method, params, self.session)

    def send(self, method: str, params: Result, on_answer: Callable[[Result], None]) -> None:
        """Send a command of this page; `on_answer` gets the answer."""
        self._browser.send(method, params, self.session, on_answer)

    def go_to(self, url: str) -> None:
        """Type an address, and wait until its page is there."""
        self.call("Page.navigate", {"url": url})
        self.sees("body")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; None while the page is being replaced."""
        try:
            answer = self.call("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        except ChromiumError:
            return None
        return answer["result"].get("value")

    def sees(self, selector: str, text: str = "") -> None:
        """Wait until the page is complete and has a visible element that contains this text."""
        self.until(f"Boolean({_element(selector, text)})", f"{selector} with {text!r}")

    def until(self, expression: str, what: str) -> None:
        """Wait until a JavaScript expression is true and the page is complete."""
        self._browser_until(f"document.readyState === 'complete' && ({expression})", what)

    def click(self, selector: str, text: str = "") -> None:
        """Click on the middle of the first visible element that contains this text."""
        self.sees(selector, text)
        found = self.evaluate(
            f"(() => {{ const found = {_element(selector, text)}; found.scrollIntoView({{block: 'center'}});"
            " const box = found.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        place = {"x": found[0], "y": found[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", {"type": kind, **place})

    def type_into(self, selector: str, text: str) -> None:
        """Click into a field and type."""
        self.click(selector)
        self.call("Input.insertText", {"text": text})

    def _browser_until(self, expression: str, what: str) -> None:
        deadline = time.monotonic() + patience(_SECONDS)
        while not self.evaluate(expression):
            if time.monotonic() > deadline:
                body = self.evaluate("document.body.innerText.slice(0, 2000)")
                raise ChromiumError(f"{what} never came. The page says: {body}")
            time.sleep(0.02)


def _element(selector: str, text: str) -> str:
    """Return an expression for the first visible element, or undefined."""
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})].find((one) => one.getClientRects().length"
        f" && one.textContent.includes({json.dumps(text)}))"
    )
