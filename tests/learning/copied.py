"""A request as browsers copy it: “Copy as cURL” for bash and for cmd.exe, and “Copy as fetch”.

Written after the browsers' own sources: `NetworkLogView.ts` of Chrome's developer tools, `curl.js` of
Firefox's, and `Resource.js` of WebKit's inspector.
"""

import json
import re
from dataclasses import dataclass

FLAVOURS = (
    "chrome bash",
    "chrome cmd",
    "old chrome cmd",
    "firefox posix",
    "old firefox windows",
    "safari",
    "fetch",
)


@dataclass(frozen=True)
class Copied:
    """A request that a browser made."""

    url: str
    body: str = ""
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = (("accept", "*/*"), ("sec-ch-ua", '"Chromium";v="131", "x"'))
    content_type: str = "application/x-www-form-urlencoded; charset=UTF-8"
    cookie: str = "PHPSESSID=planted-session"

    def as_text(self, flavour: str) -> str:
        """Return the command of this flavour."""
        return {
            "chrome bash": self._chrome_bash,
            "chrome cmd": lambda: self._chrome_cmd(_chrome_cmd, '^"'),
            "old chrome cmd": lambda: self._chrome_cmd(_old_chrome_cmd, '"'),
            "firefox posix": self._firefox_posix,
            "old firefox windows": self._old_firefox_windows,
            "safari": self._safari,
            "fetch": self._fetch,
        }[flavour]()

    def _all_headers(self) -> list[tuple[str, str]]:
        return [*self.headers, *([("content-type", self.content_type)] if self.body else [])]

    def _chrome_bash(self) -> str:
        url = re.sub(r"[\[\]{}]", r"\\\g<0>", self.url)
        parts = [f"curl {_bash(url)}"]
        parts += [f"-X {self.method}"] if self.method != ("POST" if self.body else "GET") else []
        parts += [f"-H {_bash(f'{name}: {value}')}" for name, value in self._all_headers()]
        parts += [f"-b {_bash(self.cookie)}"]
        parts += [f"--data-raw {_bash(self.body)}"] if self.body else []
        return " \\\n  ".join([*parts, "--insecure"])

    def _chrome_cmd(self, quoted, quote) -> str:
        parts = [f"curl {quoted(re.sub(r'[{}]', r'[{}]', self.url))}"]
        parts += [f"-X {self.method}"] if self.method != ("POST" if self.body else "GET") else []
        parts += [f"-H {quoted(f'{name}: {value}')}" for name, value in self._all_headers()]
        parts += [f"-b {quoted(self.cookie)}"]
        parts += [f"--data-raw {quoted(self.body)}"] if self.body else []
        return " ^\n  ".join([*parts, "--insecure"])

    def _firefox_posix(self) -> str:
        parts = [f"curl {_bash(self.url)}", "--compressed", f"-X {self.method}"]
        parts += [f"-H {_bash(f'{name}: {value}')}" for name, value in self._all_headers()]
        parts += [f"-H {_bash(f'Cookie: {self.cookie}')}"]
        parts += [f"--data-raw {_bash(self.body)}"] if self.body else []
        return " \\\n  ".join(parts)

    def _old_firefox_windows(self) -> str:
        parts = [f"curl {_old_firefox(self.url)}", "--compressed", f"-X {self.method}"]
        parts += [f"-H {_old_firefox(f'{name}: {value}')}" for name, value in self._all_headers()]
        parts += [f"-H {_old_firefox(f'Cookie: {self.cookie}')}"]
        parts += [f"--data-raw {_old_firefox(self.body)}"] if self.body else []
        return " ".join(parts)

    def _safari(self) -> str:
        parts = [f"curl {_bash(self.url)}", f"-X {_bash(self.method)}"]
        parts += [f"-H {_bash(f'{name}: {value}')}" for name, value in self._all_headers()]
        parts += [f"-H {_bash(f'Cookie: {self.cookie}')}"]
        parts += [f"--data-binary {_bash(self.body)}"] if self.body else []
        return " \\\n".join(parts)

    def _fetch(self) -> str:
        options = {
            "headers": dict(self._all_headers()),
            "referrer": "https://crm.example.com/index.php",
            "body": self.body or None,
            "method": self.method,
            "mode": "cors",
            "credentials": "include",
        }
        return f"fetch({json.dumps(self.url)}, {json.dumps(options, indent=2, ensure_ascii=False)});"


def _bash(text: str) -> str:
    """Return text as `escapeStringPosix` of Chrome writes it, and in other characters Firefox and Safari."""
    if not re.search(r"[\0-\x1f\x7f-\x9f!']", text):
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return "$'" + re.sub(r"[\0-\x1f\x7f-\x9f!]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + "'"


def _chrome_cmd(text: str) -> str:
    """Return text as `escapeStringWin` of Chrome writes it today."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = re.sub(r"[^a-zA-Z0-9\s_\-:=+~'/.',?;()*`]", r"^\g<0>", escaped)
    escaped = re.sub(r"%(?=[a-zA-Z0-9_])", "%^", escaped)
    return '^"' + re.sub(r"\r?\n", "^\n\n", escaped) + '^"'


def _old_chrome_cmd(text: str) -> str:
    """Return the same of some years ago: a caret before the outer quotes only if there are several lines."""
    quote = '^"' if "\n" in text or "\r" in text else '"'
    return quote + _chrome_cmd(text)[2:-2] + quote


def _old_firefox(text: str) -> str:
    """Return text as `escapeStringWin` of Firefox wrote it, for cmd.exe and PowerShell alike."""
    escaped = text.replace("\\", "\\\\").replace("`", "``").replace("$", "`$").replace('"', '""')
    escaped = re.sub(r"\r?\n", '"^\n\n"', escaped.replace("%", '"%"'))
    return f'"{escaped}"'
