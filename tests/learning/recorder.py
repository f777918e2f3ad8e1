"""A browser that walks through the demo over real HTTP, and records it as Chrome and Firefox do."""

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from dazos_tui.demo.instance import DemoInstance

LIST = "index.php?module=Users&parent=Settings&view=List"
INACTIVE = f"{LIST}&search_key=status&search_value=Inactive&operator=e"
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
    "Accept-Language": "en-US,en;q=0.9",
    "sec-ch-ua": '"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"',
}
AJAX = {"X-Requested-With": "XMLHttpRequest", "Accept": "*/*"}


def profile_path(record: int) -> str:
    return f"index.php?module=Users&view=Detail&parent=Settings&record={record}"


def send_path(record: int) -> str:
    return f"index.php?module=Users&parent=Settings&action=SendResetLink&record={record}"


@dataclass
class Browser:
    """A browser with its network list. Each hop of a redirect is an entry of its own."""

    instance: DemoInstance
    entries: list[dict[str, Any]] = field(default_factory=list)
    token: str = ""

    def __post_init__(self) -> None:
        self.http = httpx.Client(headers=HEADERS, timeout=20)

    def close(self) -> None:
        self.http.close()

    def load(self, path: str, **options: Any) -> httpx.Response:
        """Load a page, following its redirects as a browser does."""
        response = self.request("GET", path, **options)
        for _ in range(9):
            if not response.is_redirect:
                return response
            response = self.request("GET", urljoin(str(response.url), response.headers["location"]))
        raise AssertionError("the redirects do not end")

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = path if "://" in path else f"{self.instance.url}{path}"
        response = self.http.request(method, url, **options)
        response.read()
        self.entries.append(entry_of(response))
        if found := re.search(r'csrfMagicToken = "(sid:[0-9a-f]+,\d+)"', response.text):
            self.token = found[1]
        return response

    def sign_in(self) -> None:
        self.load("index.php")
        form = {"__vtrftk": self.token, "module": "Users", "action": "Login"}
        credentials = {"username": self.instance.username, "password": self.instance.password}
        response = self.request("POST", "index.php", data=form | credentials)
        self.load(urljoin(str(response.url), response.headers["location"]))

    def send(self, record: int) -> httpx.Response:
        """Run the menu item of the profile that was just loaded, as its address says."""
        headers = AJAX | {"Referer": f"{self.instance.url}{profile_path(record)}"}
        return self.request("POST", send_path(record), data={"__vtrftk": self.token}, headers=headers)

    def send_form(self, record: int) -> httpx.Response:
        """Run a menu item that is a script: everything is in the form."""
        fields = {"module": "Users", "parent": "Settings", "action": "SendResetLink", "record": str(record)}
        return self.request("POST", "index.php", data={"__vtrftk": self.token} | fields, headers=AJAX)

    def send_json(self, record: int) -> httpx.Response:
        """Run a menu item whose script posts JSON."""
        headers = AJAX | {"X-CSRF-Token": self.token, "Content-Type": "application/json"}
        body = json.dumps({"userId": str(record), "notify": True})
        return self.request("POST", "api/users/reset", content=body, headers=headers)

    def walk(self, record: int) -> None:
        """Sign in, look at the lists, and open a profile."""
        self.sign_in()
        self.load(LIST)
        self.load(INACTIVE)
        self.load(profile_path(record))

    def save(self, path: Path, **flavour: Any) -> Path:
        """Save all as HAR."""
        path.write_text(json.dumps(har_of(self.entries, **flavour)), encoding="utf-8")
        return path


def entry_of(response: httpx.Response) -> dict[str, Any]:
    """Return an entry of a HAR, with everything that a browser records, secrets and all."""
    request = response.request
    body = request.read().decode()
    recorded: dict[str, Any] = {
        "method": request.method,
        "url": str(request.url),
        "httpVersion": "http/1.1",
        "headers": pairs_of(request.headers),
        "queryString": [],
        "cookies": [{"name": "PHPSESSID", "value": request.headers.get("cookie", "")}],
    }
    if body:
        recorded["postData"] = {"mimeType": request.headers.get("content-type", ""), "text": body}
    return {
        "startedDateTime": "2026-11-29T10:00:00.000Z",
        "request": recorded,
        "response": {
            "status": response.status_code,
            "statusText": response.reason_phrase,
            "headers": pairs_of(response.headers),
            "cookies": [],
            "content": {
                "size": len(response.content),
                "mimeType": response.headers.get("content-type", ""),
                "text": response.text,
            },
            "redirectURL": response.headers.get("location", ""),
        },
    }


def pairs_of(headers: httpx.Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.multi_items()]


def har_of(
    entries: list[dict[str, Any]], *, browser: str = "chrome", bodies: bool = True, encoded: bool = False
) -> dict[str, Any]:
    """Return a HAR of entries, as a browser writes it: with or without bodies, or with those in base64."""
    saved = json.loads(json.dumps(entries))
    for one in saved:
        content = one["response"]["content"]
        if not bodies:
            content.pop("text")
        elif encoded:
            content["text"] = base64.b64encode(content["text"].encode()).decode()
            content["encoding"] = "base64"
    creators = {
        "chrome": {"name": "WebInspector", "version": "537.36"},
        "firefox": {"name": "Firefox", "version": "132.0"},
    }
    log = {"version": "1.2", "creator": creators[browser], "pages": [{"id": "page_1", "title": "Users"}]}
    if browser == "firefox":
        log["browser"] = creators[browser]
    return {"log": {**log, "entries": saved}}
