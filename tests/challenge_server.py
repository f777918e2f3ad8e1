"""A CRM server that asks a challenge during the sign-in, with any form."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from tests.crm.html import HOME, LOGIN, TOKEN_SCRIPT

Fields = dict[str, str]


@dataclass
class Gate:
    """Its URL, and the answers that it received, without their token."""

    url: str
    answers: list[Fields] = field(default_factory=list)


def asking(inside: str, around: str = "") -> str:
    """Return a page with a form: `inside` is the content of the form, `around` the HTML in front of it."""
    return f'<!DOCTYPE html>{TOKEN_SCRIPT}{around}<form method="post" action="index.php">{inside}</form>'


@contextmanager
def gate(inside: str, around: str = "") -> Iterator[Gate]:
    """Serve a CRM that accepts any password, shows this form once, and accepts any answer to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(HOME if opened.answers else LOGIN)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = dict(parse_qsl(body, keep_blank_values=True))
            if fields.get("action") == "Login":
                return self._say(asking(inside, around))
            opened.answers.append({name: value for name, value in fields.items() if name != "__vtrftk"})
            return self._say(HOME)

        def _say(self, page: str) -> None:
            content = page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        opened = Gate(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield opened
        finally:
            server.shutdown()
            thread.join()
